"""What an output gate multiplies, and what it does not: dh_t/dtanh(c_t) = o_t, but dh_t/dh_{t-1} is not o_t.

An article on LSTMs writes dh_t/dh_{t-1} = o_t. From h_t = o_t * tanh(c_t) follows dh_t/d(tanh c_t) = o_t, with o_t
held; h_{t-1} stands in every gate of the step and in none of its equations as a factor, so that the true dh_t/dh_{t-1}
is a full matrix of what comes through the gates. Both are derived here for any cell whose output is a gate times
something.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.evaluate import Evaluator
from core.frame import Sentence
from core.gradients.jacobians.direct_paths import named
from core.gradients.jacobians.jacobian import Jacobians
from core.gradients.numbers import ratio_text
from core.language.definition import CellDefinition
from core.language.gates import is_gate
from core.language.latex import latex_of
from core.operators import Expression
from core.operators.expression import ADJOINT, VARIABLE
from core.run import Run

Array = NDArray[Any]


class OutputGate(msgspec.Struct, frozen=True, eq=False):
    """The gate of an output, what it multiplies, and the true dependence of the output on its own past.

    ``factors`` (S, H): d(output_t)/d(inner_t), which is the gate. The truth is d(output_t)/d(output_{t-1}) with the
    rest of the state held, a matrix; ``diagonals`` (S, H) are those of it, ``truth_norms`` and ``claim_norms`` (S,) the
    Frobenius norms of it and of diag(gate), ``distances`` (S,) of the two from each other, relative to the truth's. All
    of these are NaN where no later step reads the output. ``step_jacobian`` gives the matrix at one step.
    """

    block: str
    output: str
    gate: str
    inner: str  # LaTeX of what the gate multiplies
    factors: Array
    diagonals: Array
    truth_norms: Array
    claim_norms: Array
    distances: Array
    times: tuple[int, ...]
    sentence: Sentence


class NoOutputGate(msgspec.Struct, frozen=True):
    """A block whose output is not a gate times something, in words."""

    block: str
    sentence: Sentence


def output_gate(run: Run, block: str, sample: int = 0) -> OutputGate | NoOutputGate:
    """The output gate of a block, if it has one. Raises SessionError as ``Jacobians`` does."""
    jacobians = Jacobians(run, block, sample)
    own = jacobians.block
    found = _gate_and_inner(own.cell.definition, own.output)
    if found is None:
        words = "{layer} ({cell}) has no output gate: {output} is not a gate times something."
        values = {"layer": own.title, "cell": own.cell.definition.short_name, "output": own.output}
        return NoOutputGate(block, Sentence(words, values))
    return _measured(jacobians, *found)


def _gate_and_inner(definition: CellDefinition, name: str) -> tuple[Expression, Expression] | None:
    """A gate of the same step, and what else of the same step it multiplies to give a variable."""
    root = definition.equation(name).expression
    if root.operator != "mul":
        return None
    for gate, inner in (root.args, root.args[::-1]):
        own = gate.operator == VARIABLE and not gate.delay and is_gate(definition, gate.name)
        if own and not _is_held(inner):
            return gate, inner
    return None


def _is_held(node: Expression) -> bool:
    """Whether nothing of the same step is in it."""
    if node.is_leaf:
        return node.operator != VARIABLE or bool(node.delay)
    return all(_is_held(arg) for arg in node.args)


def _measured(jacobians: Jacobians, gate: Expression, inner: Expression) -> OutputGate:
    block, walked = jacobians.block, jacobians.walked
    size = block.cell.outputs
    factors = np.broadcast_to(_sent_to(jacobians, inner), (walked.count, size))
    diagonals, truth_norms, distances = _truth(jacobians, factors)
    claim_norms = np.linalg.norm(factors, axis=1)
    sentence = _sentence(jacobians, gate, truth_norms, claim_norms, distances)
    return OutputGate(
        block.name, block.output, gate.name, latex_of(inner), factors, diagonals, truth_norms, claim_norms, distances,
        tuple(jacobians.times), sentence,
    )  # fmt: skip


def _sent_to(jacobians: Jacobians, inner: Expression) -> Array:
    """What the output's equation sends to one of its operations when 1 arrives at each unit."""
    block = jacobians.block
    values = jacobians.walked.evaluator().value
    sends = block.backward(block.output).sends
    sent = next(s.expression for s in sends if s.expression is not None and s.operation.args[s.argument] is inner)
    one = np.ones(block.cell.outputs)
    return np.asarray(Evaluator(lambda leaf: one if leaf.operator == ADJOINT else values(leaf)).value(sent))


def _truth(jacobians: Jacobians, factors: Array) -> tuple[Array, Array, Array]:
    """Diagonal and norm of d(output_t)/d(output_{t-1}), and how far it is from diag(gate), at every step."""
    output, (count, size) = jacobians.block.output, factors.shape
    diagonals, norms, distances = np.full((count, size), np.nan), np.full(count, np.nan), np.full(count, np.nan)
    if output in jacobians.space.names:
        columns = jacobians.space.part(output).columns
        for first, matrices in jacobians.chunks():
            rows, truth = slice(first, first + len(matrices)), matrices[:, columns, columns]
            diagonals[rows] = np.diagonal(truth, axis1=1, axis2=2)
            with np.errstate(all="ignore"):
                norms[rows] = np.linalg.norm(truth, axis=(1, 2))
                claim = factors[rows][:, :, None] * np.eye(size)
                distances[rows] = np.linalg.norm(truth - claim, axis=(1, 2)) / norms[rows]
    return diagonals, norms, distances


def _sentence(jacobians: Jacobians, gate: Expression, truth: Array, claim: Array, distances: Array) -> Sentence:
    block = jacobians.block
    with np.errstate(all="ignore"):
        middle = [float(np.median(row)) for row in (truth, claim, distances)]
    values = {
        "layer": block.title,
        "gate": named(block, gate.name),
        "output": block.output,
        "truth": ratio_text(middle[0]),
        "claim": ratio_text(middle[1]),
        "distance": ratio_text(100 * middle[2]),
    }
    start = "{layer}: {gate} is the derivative of {output} by what it multiplies, with the gate held"
    if np.isnan(truth).all():
        return Sentence(start + ".", values)
    return Sentence(
        start
        + ". It is not the derivative of {output} by {output} of the step before: that one goes through all gates; "
        "its norm is {truth} where the gate's is {claim}, and the two differ by {distance} % of it (medians in time).",
        values,
    )
