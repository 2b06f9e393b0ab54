"""Linear recurrences: z_t = J z_{t-1} + what the input brings, taken apart along the eigenvectors of J.

J = V diag(lambda) V^-1, with complex lambda where they must be; of a symmetric J, V is orthogonal: J = Q diag(lambda)
Q^T (Goodfellow, Bengio & Courville 2016, section 10.7). Without input a component is lambda^t times its start: those
with abs(lambda) < 1 die, those with abs(lambda) > 1 blow up, forward and backward alike. Any cell is linear whose
derived backward equations read nothing but parameters. Shape letters: ``S`` steps of the walk, ``N`` size of the state.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.bulk.graph import in_order
from core.frame import Sentence
from core.gradients.backward.walked_block import WalkedBlock
from core.gradients.jacobians.jacobian import Jacobians
from core.gradients.jacobians.state_space import StatePart
from core.gradients.numbers import ratio_text
from core.operators.expression import INBOX, VARIABLE
from core.plan.nodes import Node
from core.run import Run

Array = NDArray[Any]
CROWDED = 1e8  # condition of the eigenvectors from which on they hardly are a basis


class LinearRecurrence(msgspec.Struct, frozen=True, eq=False):
    """The state of a linear cell, along the eigenvectors of its matrix, by falling abs(eigenvalue).

    ``matrix`` (N, N) is J, ``parts`` its rows. ``eigenvalues`` (N,), ``vectors`` (N, N) in columns, complex where need
    be; ``inverse`` (N, N): its rows give components. ``is_symmetric``: the vectors are orthonormal. ``is_defective``:
    there are too few eigenvectors, or they are so close together (``crowding``, their condition number) that components
    mean little; then only ``eigenvalues`` should be drawn, and all components are NaN.

    ``components`` (S + 1, N): of the state, from the initial one on. ``free`` (S + 1, N): what they would be without
    input, lambda^t times the first. ``backward`` (S + 1, N): of the gradient that comes to each state from later steps
    and from what reads it, NaN where nothing was walked back; ``free_backward``: lambda^(S - t) times the last one.
    ``times`` (S + 1,): the time step behind which each stands; -1 (or S, in a reverse walk) is the initial state.
    """

    block: str
    parts: tuple[StatePart, ...]
    matrix: Array
    eigenvalues: Array
    vectors: Array
    inverse: Array
    is_symmetric: bool
    is_defective: bool
    crowding: float
    components: Array
    free: Array
    backward: Array
    free_backward: Array
    times: tuple[int, ...]
    sentence: Sentence


class NotLinear(msgspec.Struct, frozen=True):
    """A cell whose state is no linear recurrence, and why."""

    block: str
    sentence: Sentence


def linear_recurrence(run: Run, block: str, sample: int = 0) -> LinearRecurrence | NotLinear:
    """The recurrence of a block. Raises SessionError as ``Jacobians`` does."""
    jacobians = Jacobians(run, block, sample)
    reason = _why_not(jacobians)
    if reason:
        values = {"layer": jacobians.block.title, "cell": jacobians.block.cell.definition.short_name, "reason": reason}
        return NotLinear(block, Sentence("{layer} ({cell}) is no linear recurrence: {reason}.", values))
    return _taken_apart(jacobians)


def _why_not(jacobians: Jacobians) -> str:
    """In words why a cell is not linear; "" where it is."""
    walked = jacobians.walked
    if any(not _is_fixed(walked, node) for node in _read_by_gradients(jacobians)):
        return "what a step passes back depends on its numbers, not on parameters alone"
    for name in walked.block.cell.definition.variables:
        if any(walked.tape.overwritten(walked.first + row, name) for row in range(walked.count)):
            return f"{name} is overwritten at some steps"
    return "" if walked.count else "the sequence has no steps"


def _is_fixed(walked: WalkedBlock, node: Node) -> bool:
    """Whether a value is made of parameters alone, though a run may keep it at every step: ``a = alpha``."""
    return walked.is_constant(node) or (bool(node.sources) and all(_is_fixed(walked, each) for each in node.sources))


def _read_by_gradients(jacobians: Jacobians) -> set[Node]:
    """The forward values that the backward equations of the state multiply gradients by."""
    sends = jacobians.block.plan.layout.lowered.sends
    alive: set[Node] = set()
    read: set[Node] = set()
    for node in in_order([sent for (kind, _, _), sent in sends.items() if kind == VARIABLE]):
        if node.key[0] == INBOX or not alive.isdisjoint(node.sources):
            alive.add(node)
            read.update(node.sources)
    return read - alive


def _taken_apart(jacobians: Jacobians) -> LinearRecurrence:
    matrix = np.asarray(jacobians.rows(slice(0, 1))[0], float)
    eigenvalues, vectors, inverse, crowding = eigenvectors(matrix)
    is_defective = not crowding < CROWDED
    states, gradients = _states(jacobians), _gradients(jacobians)
    steps = np.arange(len(states))[:, None]
    with np.errstate(all="ignore"):
        components, backward = states @ inverse.T, gradients @ vectors
        free, free_backward = components[0] * eigenvalues**steps, backward[-1] * eigenvalues ** steps[::-1]
    if is_defective:
        components, backward, free, free_backward = (np.full(components.shape, np.nan) for _ in range(4))
    start = jacobians.times[0] - jacobians.block.direction
    return LinearRecurrence(
        jacobians.block.name, jacobians.space.parts, matrix, eigenvalues, vectors, inverse,
        bool((matrix == matrix.T).all()), is_defective, crowding, components, free, backward, free_backward,
        (start, *jacobians.times), _sentence(jacobians.block.title, eigenvalues, crowding, is_defective),
    )  # fmt: skip


def eigenvectors(matrix: Array) -> tuple[Array, Array, Array, float]:
    """Eigenvalues by falling size, eigenvectors in columns, their inverse, and their condition number.

    Of a symmetric matrix all are real and the inverse is the transpose. NaN for a matrix that is not finite.
    """
    if not np.isfinite(matrix).all():
        nothing = np.full(matrix.shape, np.nan)
        return nothing[0], nothing, nothing, float("inf")
    if (matrix == matrix.T).all():
        values, vectors = np.linalg.eigh(matrix)
        order = np.argsort(-np.abs(values), kind="stable")
        return values[order], vectors[:, order], vectors[:, order].T, 1.0
    values, vectors = np.linalg.eig(matrix)
    order = np.argsort(-np.abs(values), kind="stable")
    values, vectors = values[order], vectors[:, order]
    sizes = np.linalg.svd(vectors, compute_uv=False)
    crowding = float(sizes[0] / sizes[-1]) if sizes[-1] > 0 else float("inf")
    inverse = np.linalg.inv(vectors) if crowding < CROWDED else np.full(vectors.shape, np.nan)
    return values, vectors, inverse, crowding


def _states(jacobians: Jacobians) -> Array:
    """The state before the first step and after each one, (S + 1, N)."""
    walked, found = jacobians.walked, np.empty((jacobians.count + 1, jacobians.space.size))
    for part in jacobians.space.parts:
        for row in range(jacobians.count + 1):
            found[row, part.columns] = _value(jacobians, part.name, row - 1 - part.back)
    return found if walked.count else found[:1]


def _value(jacobians: Jacobians, name: str, row: int) -> Array:
    """A variable after a row of the walk; before the first one, its initial values."""
    walked = jacobians.walked
    if row >= 0:
        return np.asarray(walked.values(name)[row])
    return np.asarray(walked.earlier(name, -row)[0])


def _gradients(jacobians: Jacobians) -> Array:
    """What comes to each state from later steps and from what reads it, (S + 1, N); NaN before it is walked back."""
    run, count = jacobians.run, jacobians.count
    found = np.full((count + 1, jacobians.space.size), np.nan)
    if not run.has_loss or run.backward_done < run.steps:
        return found
    for part in jacobians.space.parts:
        found[:, part.columns] = _to_part(jacobians, part)
    return found


def _to_part(jacobians: Jacobians, part: StatePart) -> Array:
    """The gradient of a part of each state: of a value carried along, only what comes from later steps than it."""
    walked, tape, count = jacobians.walked, jacobians.walked.tape, jacobians.count
    own = (walked.steps, jacobians.sample) if tape.batch else (walked.steps,)
    found = np.zeros((count + 1, part.last - part.first))
    inbox = tape.inbox_of(part.name)
    if not part.back and inbox is not None:
        found[1:] = inbox[tape.lead :][own]
    open_rows = count + 1 if part.back else 1  # behind the steps themselves the inbox has it already
    for delay in jacobians.block.cell.definition.delays[part.name]:
        sends, shift = tape.sends(VARIABLE, part.name, delay), delay - part.back
        if sends is not None and shift > 0:  # row r reads what then was this part of the state behind row r - shift
            rows = sends[own]
            for place in range(min(open_rows, count + 1 - shift)):
                found[place] += rows[place + shift - 1]
    return found


def _sentence(title: str, eigenvalues: Array, crowding: float, is_defective: bool) -> Sentence:
    sizes = np.abs(eigenvalues)
    values = {
        "layer": title, "most": ratio_text(float(sizes[0])), "grow": str(int((sizes > 1).sum())),
        "die": str(int((sizes < 1).sum())), "keep": str(int((sizes == 1).sum())), "crowding": ratio_text(crowding),
    }  # fmt: skip
    if not np.isfinite(sizes).all():
        return Sentence("{layer}: the matrix of the recurrence is not finite.", values)
    words = (
        "{layer}: {grow} of the eigenvalues lie outside the unit circle, {keep} on it, {die} inside; the largest is "
        "{most} in size."
    )
    if is_defective:
        return Sentence(
            words
            + " The matrix is defective or nearly so: its eigenvectors are no basis (condition {crowding}), so that "
            "components along them say nothing, and its powers are larger than those of its eigenvalues.",
            values,
        )
    return Sentence(
        words
        + " Along each eigenvector the state is multiplied by its eigenvalue at every step, and so is the gradient.",
        values,
    )
