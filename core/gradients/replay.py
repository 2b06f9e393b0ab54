"""The loss of a problem in which some numbers are a little different, for many such differences at once.

A walk over the equations, one operator at a time, that shares nothing with the compiled step of a run: it reads only
the problem and, before the step where the difference enters, the values of the run. Shape letters: ``R`` copies of the
walk side by side, ``B`` batch, ``H`` size of a variable. Everything has the axes (R or 1, B, H); copies share what does
not differ. Samples of a batch never meet, so one copy can change every sample at once; its losses stay apart.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluate import Evaluator
from core.language import CellDefinition
from core.network import LOSS, Block
from core.operators import OPERATORS, Expression
from core.operators.expression import INPUT, PARAMETER, TIME, VARIABLE, operations
from core.run import Problem, Run

Array = NDArray[Any]
PARAM, INITIAL = "param/", "initial/"  # before a path, as in the keys of a trace file
INPUT_PATH = "input"
_NEAR = 1024  # a value this many units in the last place beside a kink stands at it


@dataclass(frozen=True, eq=False)
class Nudge:
    """What is added to one value in each copy of the walk.

    ``path`` is "param/l0/W_f", "input", "initial/l0/h" or, for a variable right after its equation, "l0/h"; ``t`` is
    the time step, for an initial value its row, for a parameter None. ``addend`` is (R, 1, *shape) for a parameter,
    else (R, B, H).
    """

    path: str
    t: int | None
    addend: Array


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the copies gave, each (R, B), from the step on at which the walk began."""

    losses: Array  # the loss, summed over time
    kinks: NDArray[np.bool_]  # real walk: on another side of a kink than copy 0; complex walk: at a kink
    size: Array  # sum of |L_t|, (1 or R, B), which the rounding of the loss goes with


def replay(run: Run, nudges: Iterable[Nudge], copies: int, start: int = 0) -> Outcome:
    """Walk ``copies`` copies from step ``start`` on; everything before it stands as in the run.

    A complex addend makes the walk complex: the imaginary part of the loss carries the derivative.
    """
    walk = _Walk(run.problem, _by_place(nudges), copies)
    walk.remember(run, start)
    with np.errstate(all="ignore"):
        for step in range(start, _last_loss(run.problem) + 1):
            walk.step(step)
    return Outcome(walk.losses, walk.kinks, walk.size)


def _last_loss(problem: Problem) -> int:
    """The last step with a loss; what comes after it cannot matter."""
    steps = np.flatnonzero(problem.loss_weights.any(axis=1))
    return int(steps[-1]) if steps.size else -1


def _by_place(nudges: Iterable[Nudge]) -> dict[tuple[str, int | None], Array]:
    return {(nudge.path, nudge.t): nudge.addend for nudge in nudges}


@dataclass(eq=False)
class _Walk:
    problem: Problem
    nudges: Mapping[tuple[str, int | None], Array]
    copies: int
    past: dict[str, list[Array]] = field(default_factory=dict)  # path -> rows before the current step, latest last
    parameters: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        batch = self.problem.batch_size
        self.is_complex = any(np.iscomplexobj(addend) for addend in self.nudges.values())
        self.losses = np.zeros((self.copies, batch), complex if self.is_complex else float)
        self.size = np.zeros((1, batch))
        self.kinks = np.zeros((self.copies, batch), bool)
        for path in self.problem.network.parameter_shapes:
            value = np.asarray(self.problem.parameters[path], float)
            self.parameters[path] = self.nudged(f"{PARAM}{path}", None, value)

    def nudged(self, path: str, t: int | None, value: Array) -> Array:
        addend = self.nudges.get((path, t))
        return value if addend is None else value + addend

    def remember(self, run: Run, start: int) -> None:
        """Take the rows that step ``start`` reads from the run."""
        for block in run.network.blocks:
            for name, delays in block.cell.definition.delays.items():
                path, depth = f"{block.name}/{name}", max(delays)
                rows = np.concatenate([run.initial(path)[-depth:], run.values(path)[:start]])[-depth:].astype(float)
                initial = depth - start  # so many of these rows are initial values
                self.past[path] = [
                    self.nudged(f"{INITIAL}{path}", start + number, row[None]) if number < initial else row[None]
                    for number, row in enumerate(rows)
                ]

    def step(self, t: int) -> None:
        """One time step of every block, and its loss."""
        signal = self.nudged(INPUT_PATH, t, np.asarray(self.problem.inputs[t], float)[None])
        for block in self.problem.network.layers:
            definition = block.cell.definition
            signal = self._block(block, t, {definition.inputs[0]: signal})[definition.output]
        self._head(t, signal)

    def _head(self, t: int, signal: Array) -> None:
        problem, head = self.problem, self.problem.network.head
        weights = problem.loss_weights[t]
        if problem.targets is None or not weights.any():
            return
        target = np.asarray(problem.targets[t], float)[None]
        inside = {head.cell.definition.inputs[0]: signal, "target": target}
        values = self._block(head, t, inside, counted=weights > 0)
        loss = np.where(weights > 0, values[LOSS][..., 0], 0.0) * weights
        self.losses += loss
        self.size = self.size + np.abs(loss[:1].real)

    def _block(self, block: Block, t: int, inputs: Mapping[str, Array], counted: Any = True) -> dict[str, Array]:
        """The variables of one block at one step."""
        values: dict[str, Array] = {}
        branches: list[Array] | None = None if self.is_complex else []

        def read(leaf: Expression) -> Array:
            if leaf.operator == PARAMETER:
                return self.parameters[f"{block.name}/{leaf.name}"]
            if leaf.operator == INPUT:
                return inputs[leaf.name]
            if leaf.operator == TIME:
                return np.array([float(t)])
            assert leaf.operator == VARIABLE
            return self.past[f"{block.name}/{leaf.name}"][-leaf.delay] if leaf.delay else values[leaf.name]

        evaluator = Evaluator(read, branches)
        for equation in block.cell.definition.equations:
            value = evaluator.value(equation.expression)
            if self.is_complex:
                self._mark_near_kinks(evaluator, equation.expression, counted)
            values[equation.name] = self._finished(block, equation.name, t, value)
        self._mark_crossed(branches or [], counted)
        self._push(block.name, block.cell.definition, values)
        return values

    def _finished(self, block: Block, name: str, t: int, value: Array) -> Array:
        """A variable with its full shape, overwritten and nudged."""
        size = block.cell.variable_sizes[name]
        shape = np.broadcast_shapes(value.shape, (1, self.problem.batch_size, size))
        value = np.broadcast_to(value, shape)
        for intervention in self.problem.interventions:
            if (intervention.block, intervention.variable, intervention.t) == (block.name, name, t):
                value = np.array(value)
                value[..., intervention.unit] = intervention.value
        return self.nudged(f"{block.name}/{name}", t, value)

    def _push(self, block: str, definition: CellDefinition, values: Mapping[str, Array]) -> None:
        for name in definition.delays:
            rows = self.past[f"{block}/{name}"]
            rows.append(values[name])
            del rows[0]

    def _mark_crossed(self, branches: list[Array], counted: Any) -> None:
        """Note the copies that took another branch than copy 0, in the samples that count."""
        for branch in branches:
            if branch.ndim > 2 and branch.shape[0] == self.copies > 1:
                differs = np.asarray(branch != branch[:1])
                self.kinks |= differs.any(axis=tuple(range(2, branch.ndim))) & counted

    def _mark_near_kinks(self, evaluator: Evaluator, root: Expression, counted: Any) -> None:
        """Note the copies in which an arbitrarily small step to either side would take another branch."""
        for node in operations(root):
            branch = OPERATORS[node.operator].branch
            if branch is None:
                continue
            args = [np.asarray(evaluator.value(arg)) for arg in node.args]
            if not any(arg.imag.any() for arg in args):
                continue
            here = branch(*(arg.real for arg in args), *node.attributes)
            for direction in (1.0, -1.0):
                self._note(np.asarray(branch(*_moved(args, direction), *node.attributes) != here), counted)

    def _note(self, differs: NDArray[np.bool_], counted: Any) -> None:
        if differs.ndim > 2 and differs.any():
            self.kinks |= differs.any(axis=tuple(range(2, differs.ndim))) & counted


def _moved(args: list[Array], direction: float) -> list[Array]:
    """The real parts, moved by a few units in the last place in proportion to the imaginary parts."""
    reach = functools.reduce(np.maximum, (np.abs(arg.imag) for arg in args))
    unit = functools.reduce(np.maximum, (np.spacing(np.abs(arg.real)) for arg in args))
    scale = direction * _NEAR * unit
    return [arg.real + np.divide(arg.imag, reach, out=np.zeros_like(reach), where=reach > 0) * scale for arg in args]
