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

from core.block import INPUT_PATH, TARGET_PATH
from core.evaluate import Evaluator
from core.network import HEAD, LOSS, Block, Network
from core.operators import OPERATORS, Expression
from core.operators.expression import INPUT, PARAMETER, TIME, VARIABLE, operations
from core.run import Problem, Run
from core.stages import Stage, time_read

Array = NDArray[Any]
PARAM, INITIAL = "param/", "initial/"  # before a path, as in the keys of a trace file
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
    """What the copies gave, each (R, B), from the time step ``counted_from`` on."""

    losses: Array  # the loss, summed over time
    kinks: NDArray[np.bool_]  # real walk: on another side of a kink than copy 0; complex walk: at a kink
    size: Array  # sum of |L_t|, (1 or R, B), which the rounding of the loss goes with


def replay(run: Run, nudges: Iterable[Nudge], copies: int, start: int = 0) -> Outcome:
    """Walk ``copies`` copies where no nudge comes before time step ``start``; what that leaves alone is as in the run.

    A complex addend makes the walk complex: the imaginary part of the loss carries the derivative.
    """
    walk = _Walk(run.problem, _by_place(nudges), copies)
    walk.remember(run, start)
    with np.errstate(all="ignore"):
        for stage in run.network.stages:
            for t in _times(run.problem, stage, start):
                walk.step(stage, t)
    return Outcome(walk.losses, walk.kinks, walk.size)


def counted_from(network: Network, start: int) -> int:
    """The first time step whose loss a replay from ``start`` counts."""
    return _first(network, network.stages[network.stage(HEAD)], start)


def _first(network: Network, stage: Stage, start: int) -> int:
    """Where a stage begins to differ: at ``start``, but maybe anywhere if it reads other stages or walks in reverse."""
    read = {path.split("/")[0] for block in stage.blocks for path in block.reads.values()}
    waits = any(block.name in read for block in network.blocks if block not in stage.blocks)
    return 0 if waits or stage.reverse else start


def _times(problem: Problem, stage: Stage, start: int) -> range:
    """The time steps of a stage that must be walked; after the last loss no step of the readout matters."""
    first, times = _first(problem.network, stage, start), stage.times(problem.steps)
    if stage.reverse:
        return times
    losses = np.flatnonzero(problem.loss_weights.any(axis=1))
    last = int(losses[-1]) if losses.size else -1
    return times[first : last + 1] if problem.network.head in stage.blocks else times[first:]


def _by_place(nudges: Iterable[Nudge]) -> dict[tuple[str, int | None], Array]:
    return {(nudge.path, nudge.t): nudge.addend for nudge in nudges}


@dataclass(eq=False)
class _Walk:
    problem: Problem
    nudges: Mapping[tuple[str, int | None], Array]
    copies: int
    past: dict[str, list[Array]] = field(default_factory=dict)  # path -> rows before the current step, latest last
    read: dict[tuple[str, int], Array] = field(default_factory=dict)  # what other blocks read: path, time -> row
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
        """Take the rows from the run that are read and not walked."""
        for stage in run.network.stages:
            first = _first(run.network, stage, start)
            for block in stage.blocks:
                self._remember_block(run, block, first)

    def _remember_block(self, run: Run, block: Block, first: int) -> None:
        for t in range(first):
            self.read[block.output_path, t] = run.values(block.output_path)[t].astype(float)[None]
        for name, delays in block.cell.definition.delays.items():
            path, depth = f"{block.name}/{name}", max(delays)
            rows = np.concatenate([run.initial(path)[-depth:], run.values(path)[:first]])[-depth:].astype(float)
            initial = depth - first  # so many of these rows are initial values
            self.past[path] = [
                self.nudged(f"{INITIAL}{path}", first + number, row[None]) if number < initial else row[None]
                for number, row in enumerate(rows)
            ]

    def step(self, stage: Stage, t: int) -> None:
        """One time step of every block of a stage, and its loss."""
        for block in stage.blocks:
            inputs = {name: self._input(path, t) for name, path in block.reads.items()}
            if block.name == HEAD:
                self._head(t, inputs)
            else:
                values = self._block(block, t, inputs, counted=self.problem.valid[t])
                self.read[block.output_path, t] = values[block.output]

    def _input(self, path: str, t: int) -> Array:
        """What is read under a path at ``t``, with zeros in the padding of what was given."""
        problem = self.problem
        if path == INPUT_PATH:
            row = np.where(problem.valid[t][:, None], np.asarray(problem.inputs[t], float), 0.0)
            return self.nudged(INPUT_PATH, t, row[None])
        if path == TARGET_PATH:
            outputs = (problem.batch_size, problem.network.outputs)
            row = np.zeros(outputs) if problem.targets is None else np.asarray(problem.targets[t], float)
            return np.where(problem.valid[t][:, None], row, 0.0)[None]
        source = problem.network.block(path.split("/")[0])
        return self.read[path, time_read(source, t, problem.steps)]

    def _head(self, t: int, inputs: Mapping[str, Array]) -> None:
        problem, weights = self.problem, self.problem.loss_weights[t]
        if problem.targets is None or not weights.any():
            return
        values = self._block(problem.network.head, t, inputs, counted=weights > 0)
        loss = np.where(weights > 0, values[LOSS][..., 0], 0.0) * weights
        self.losses += loss
        self.size = self.size + np.abs(loss[:1].real)

    def _block(self, block: Block, t: int, inputs: Mapping[str, Array], counted: Any) -> dict[str, Array]:
        """The variables of one block at one step."""
        values: dict[str, Array] = {}
        branches: list[Array] | None = None if self.is_complex else []

        def read(leaf: Expression) -> Array:
            if leaf.operator == PARAMETER:
                return self.parameters[f"{block.owner}/{leaf.name}"]
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
        self._push(block, t, values)
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

    def _push(self, block: Block, t: int, values: Mapping[str, Array]) -> None:
        """The rows that the next step reads; where a reverse walk has not begun yet, its initial values stay."""
        waits = self.problem.is_padded and block.reverse
        begun = self.problem.valid[t][:, None]
        for name in block.cell.definition.delays:
            rows = self.past[f"{block.name}/{name}"]
            after = [*rows[1:], values[name]]
            rows[:] = [np.where(begun, new, old) for new, old in zip(after, rows, strict=True)] if waits else after

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
