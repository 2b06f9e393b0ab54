"""Rows of a finished run as the regulariser reads them: sequences of one length side by side, each block in the order
of its own walk. Shape letters: ``n`` steps, ``G`` sequences of that length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.block import Block
from core.evaluate import Evaluator
from core.network import Network
from core.operators.expression import ADJOINT, INPUT, PARAMETER, TIME, VARIABLE, Expression
from core.problem import Problem
from core.regulariser.equations import KEPT, BlockEquations, Key
from core.stages import runs_against
from core.wiring import given, turned

Array: TypeAlias = NDArray[Any]
Where: TypeAlias = int | slice
Own: TypeAlias = Mapping[tuple[str, Key], Array]  # rows of leaves that equations made, and ("adjoint", ...)


class Finished:
    """What is read of a finished run: ``core.run.Run`` and ``core.bulk``'s whole run both have it."""

    def __init__(
        self, problem: Problem, values: Callable[[str], Array], adjoints: Callable[[str], Array | None]
    ) -> None:
        self.problem, self.values, self.adjoints = problem, values, adjoints

    @property
    def network(self) -> Network:
        """The network that ran."""
        return self.problem.network


class Group:
    """Sequences of one length: the rows of every block."""

    def __init__(self, run: Finished, samples: NDArray[np.intp], steps: int) -> None:
        self.run, self.samples, self.steps = run, samples, steps
        self.network = run.network
        sources = {path: run.problem.outside(rows) for path, rows in given(run.problem).items()}
        self.blocks = {block.name: BlockRows(self, block, sources) for block in self.network.blocks}

    def of(self, by_time: Array) -> Array:
        """The part of (T, B, ·) that belongs to these sequences, (n, G, ·)."""
        return np.asarray(by_time[: self.steps, self.samples])

    @property
    def lead(self) -> tuple[int, int]:
        """(n, G)."""
        return self.steps, len(self.samples)


def groups_of(run: Finished) -> Iterator[Group]:
    """The sequences of a run, those of one length together."""
    problem = run.problem
    lengths = np.array([problem.length(sample) for sample in range(problem.batch_size)])
    for length in np.unique(lengths[lengths > 0]):
        yield Group(run, np.flatnonzero(lengths == length), int(length))


class BlockRows:
    """One block's forward values and adjoints, in the order of its walk, and what its leaves read."""

    def __init__(self, group: Group, block: Block, sources: Mapping[str, Array]) -> None:
        self.group, self.block, self.steps = group, block, group.steps
        problem = group.run.problem
        self.dtype = problem.dtype
        found = [each for each in problem.interventions if each.block == block.name]
        self.equations = BlockEquations(block, (each.variable for each in found))
        self.parameters = {n: np.asarray(v, self.dtype) for n, v in block.parameters(problem.parameters).items()}
        self._earliest = {name: max(delays) for name, delays in block.cell.definition.delays.items()}
        self._values = {name: self._with_initial(name) for name in block.cell.definition.variables}
        self._inputs = {name: self._read(path, sources) for name, path in block.reads.items()}
        self._times = turned(np.arange(self.steps, dtype=self.dtype), block.reverse).reshape(-1, 1, 1)
        self._kept = {each.variable: np.ones((*group.lead, self.size(each.variable))) for each in found}
        for each in found:
            if each.t < self.steps:
                row = self.steps - 1 - each.t if block.reverse else each.t
                self._kept[each.variable][row, :, each.unit] = 0.0

    def size(self, name: str) -> int:
        """Numbers in a variable."""
        return self.block.cell.variable_sizes[name]

    def _with_initial(self, name: str) -> Array:
        group, path, back = self.group, f"{self.block.name}/{name}", self._earliest.get(name, 0)
        rows = turned(group.of(group.run.values(path)), self.block.reverse)
        given_rows = group.run.problem.initial.get(path)
        before = np.zeros((back, *rows.shape[1:])) if given_rows is None else np.asarray(given_rows)[:, group.samples]
        return np.concatenate([before, rows]) if back else rows

    def _read(self, path: str, sources: Mapping[str, Array]) -> Array:
        group = self.group
        if path in sources:
            return turned(group.of(sources[path]), self.block.reverse)
        source = group.network.block(path.split("/")[0])
        rows = turned(group.of(group.run.values(path)), source.reverse)
        return turned(rows, runs_against(source, self.block))

    def kept(self, name: str) -> Array | None:
        """(n, G, H): 0 where a unit is overwritten; None where none is."""
        return self._kept.get(name)

    def through(self, name: str, adjoint: Array) -> Array:
        """What of an adjoint enters the variable's equation."""
        return adjoint * self._kept[name] if name in self._kept else adjoint

    def adjoints(self) -> dict[tuple[str, Key], Array]:
        """The adjoints of the run, as they enter the equations; those that nothing reaches are left out."""
        found: dict[tuple[str, Key], Array] = {}
        for name in self.block.cell.definition.variables:
            by_time = self.group.run.adjoints(f"{self.block.name}/{name}") if name in self.block.path else None
            if by_time is not None:
                rows = turned(self.group.of(by_time), self.block.reverse)
                found["adjoint", (VARIABLE, name, 0)] = self.through(name, rows)
        return found

    def cut(self, delay: int) -> NDArray[np.bool_]:
        """(n,): the steps at which truncated BPTT lets no gradient go ``delay`` steps back."""
        problem = self.group.run.problem
        first = problem.steps - self.steps if self.block.reverse else 0
        return problem.cut_steps(delay)[first : first + self.steps]

    def is_lost(self, delay: int) -> NDArray[np.bool_]:
        """(n,): the steps whose gradient does not come to a step that is walked."""
        lost = self.cut(delay).copy()
        lost[:delay] = True
        return lost

    def evaluator(self, where: Where, own: Own) -> Evaluator:
        """Values of the block's expressions at some steps."""
        made, earliest = self.equations.names, self._earliest

        def read(leaf: Expression) -> Array:
            kind, name = leaf.operator, leaf.name
            if kind == VARIABLE:
                return self._values[name][_later(where, earliest.get(name, 0) - leaf.delay)]
            if kind == PARAMETER:
                return self.parameters[name]
            if kind == INPUT:
                return self._inputs[name][where]
            if kind == TIME:
                return self._times[where]
            if kind == ADJOINT:
                return own["adjoint", (VARIABLE, name, 0)][where]
            what, key = made[leaf]
            return (self._kept[key[1]] if what == KEPT else own[what, key])[where]

        return Evaluator(read)


def _later(where: Where, steps: int) -> Where:
    return where + steps if isinstance(where, int) else slice(where.start + steps, where.stop + steps)


def summed(node: Expression, values: Evaluator, lead: tuple[int, int]) -> Array:
    """An expression added up over steps and sequences; outer products are not formed one by one."""
    if node.operator == "outer":
        left, right = (np.broadcast_to(v, (*lead, v.shape[-1])).reshape(-1, v.shape[-1]) for v in values(node.args))
        return np.asarray(left.T @ right)
    if node.operator == "transpose":
        return summed(node.args[0], values, lead).T
    if node.operator == "neg":
        return -summed(node.args[0], values, lead)
    if node.operator in ("add", "sub") and len({len(argument.shape) for argument in node.args}) == 1:
        first, second = (summed(argument, values, lead) for argument in node.args)
        return first + second if node.operator == "add" else first - second
    value, rank = values.value(node), max(len(node.shape), 1)
    return np.asarray(np.broadcast_to(value, (*lead, *value.shape[value.ndim - rank :])).sum(axis=(0, 1)))
