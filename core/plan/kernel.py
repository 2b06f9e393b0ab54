"""The compiled step: a list of NumPy calls over one workspace row, bound to parameters and to a batch shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.operators import OPERATORS
from core.operators.expression import NUMBER
from core.operators.shapes import is_elementwise
from core.plan.layout import Layout, Stack, lay_out
from core.plan.lowering import lower
from core.plan.nodes import LEAF, VIEW, GradientTerm, Map, Node

if TYPE_CHECKING:
    from core.cell import Cell

Array = NDArray[Any]
Call = tuple[Callable[..., Any], tuple[Any, ...]]


def _store(out: Array, function: Callable[..., Array], args: tuple[Any, ...]) -> None:
    out[...] = function(*args)


class Plan(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A cell's step, compiled once for its sizes; ``bind`` gives it numbers to work on.

    ``path`` are the variables gradients can reach, ``inboxes`` those that receive gradient from outside the step.
    """

    cell: Cell
    path: frozenset[str]
    inboxes: frozenset[str]

    @cached_property
    def layout(self) -> Layout:
        """Columns and program order."""
        return lay_out(lower(self.cell, self.path, self.inboxes))

    def kept_columns(self, node: Node) -> slice:
        """Columns of a forward result within a stored row. Raises KeyError for what a run does not store."""
        return _within(self._columns(node), self.layout.kept)

    def sent_columns(self, node: Node) -> slice:
        """Columns of a backward result within a stored row. Raises KeyError for what a run does not store."""
        return _within(self._columns(node), self.layout.sent)

    def is_kept(self, node: Node) -> bool:
        """Whether a run stores this with the forward step (and not with the backward step)."""
        return self._columns(node).stop <= self.layout.kept.stop

    def _columns(self, node: Node) -> slice:
        first = self.layout.columns[node.whole].start + node.offset
        return slice(first, first + node.width)

    def inbox_columns(self, name: str) -> slice:
        """Columns of a variable's inbox within a stored inbox row."""
        return _within(self.layout.columns[self.layout.inboxes[name]], self.layout.inbox)

    @property
    def gradients(self) -> list[GradientTerm]:
        """The terms of all parameter gradients."""
        return self.layout.lowered.gradients

    def bind(self, parameters: Mapping[str, Array], batch: tuple[int, ...], dtype: np.dtype[Any]) -> Kernel:
        """The step on these parameters; they must not change afterwards."""
        return Kernel(self, parameters, batch, dtype)


def _within(columns: slice, section: slice) -> slice:
    return slice(columns.start - section.start, columns.stop - section.start)


class Kernel:
    """One workspace and the calls that work on it. Not to be shared between threads.

    Run it where NumPy's floating-point warnings are off, once around all steps: infinities and NaN are results to show.
    """

    def __init__(
        self, plan: Plan, parameters: Mapping[str, Array], batch: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        layout = plan.layout
        self.plan, self.parameters = plan, parameters
        self._dtype, self._batch = dtype, batch
        self.workspace = np.zeros((*batch, layout.width), dtype)
        self._matrices = {node: self._new_matrix(node) for node in layout.matrices}
        self.inputs = {name: self._of(node) for name, node in layout.inputs.items()}
        self.delayed = {key: self._of(node) for key, node in layout.delayed.items()}
        self.time = self._of(layout.time) if layout.time else None
        self.kept = self.workspace[..., layout.kept]
        self.inbox = self.workspace[..., layout.inbox]
        self.sent = self.workspace[..., layout.sent]
        self.forward_calls = [call for item in layout.forward for call in self._calls(item)]
        self.backward_calls = [call for item in layout.backward for call in self._calls(item)]

    def run_forward(self) -> None:
        """Compute *kept* from what is loaded."""
        for function, args in self.forward_calls:
            function(*args)

    def run_backward(self) -> None:
        """Compute *sent* from what is loaded, kept and in the inbox."""
        for function, args in self.backward_calls:
            function(*args)

    def run_forward_overwritten(self, values: Mapping[str, Mapping[int, float]]) -> None:
        """As ``run_forward``, with units of some variables overwritten right after their equation."""
        waiting = dict(values)
        self._run_watching(self.plan.layout.forward, self.plan.layout.lowered.variables, waiting, self._overwrite)

    def run_backward_overwritten(self, values: Mapping[str, Mapping[int, float]]) -> None:
        """As ``run_backward``; the adjoint of an overwritten unit is stored, but does not enter its equation."""
        arrived: list[tuple[Array, Array]] = []

        def stop(out: Array, units: Mapping[int, float]) -> None:
            arrived.append((out, out.copy()))
            out[..., list(units)] = 0.0

        self._run_watching(self.plan.layout.backward, self.plan.layout.lowered.adjoints, dict(values), stop)
        for out, adjoint in arrived:
            out[...] = adjoint

    @staticmethod
    def _overwrite(out: Array, units: Mapping[int, float]) -> None:
        out[..., list(units)] = list(units.values())

    def _run_watching(
        self,
        items: list[Node | Stack],
        named: Mapping[str, Node],
        waiting: dict[str, Mapping[int, float]],
        act: Callable[[Array, Mapping[int, float]], None],
    ) -> None:
        """Run a program and ``act`` on each named result that ``waiting`` names, as soon as it is there."""
        for item in items:
            for function, args in self._calls(item):
                function(*args)
            written = item.members if isinstance(item, Stack) else (item,)
            for name in [name for name in waiting if named.get(name) in written]:
                act(self._of(named[name]), waiting.pop(name))

    def matrix(self, node: Node) -> Array:
        """The array that holds a computed matrix, (*batch, m, n)."""
        return self._matrices[node]

    def _new_matrix(self, node: Node) -> Array:
        batch = () if _only_constants(node) else self._batch
        return np.zeros((*batch, *node.shape), self._dtype)

    def _of(self, node: Node) -> Any:
        """The array (or number) behind a node."""
        if node.kind == LEAF and node.key[0] == NUMBER:
            return node.key[1]
        if node.is_constant:
            return self.parameters[str(node.key[1])]
        if node.kind == VIEW:
            return self._of(node.whole)[..., node.offset : node.offset + node.width]
        return self._matrices[node] if node.rank == 2 else self.workspace[..., self.plan.layout.columns[node]]

    def _calls(self, item: Node | Stack) -> list[Call]:
        if isinstance(item, Stack):
            return self._stack_calls(item)
        return [] if item.kind == VIEW else self._operation_calls(item)

    def _operation_calls(self, node: Node) -> list[Call]:
        name = str(node.key[0])
        operator = OPERATORS[name]
        out, args = self._of(node), [self._of(arg) for arg in node.args]
        attributes = tuple(part for part in node.key[1:] if isinstance(part, float))
        if operator.kernel is not None and node.rank == 1:
            return operator.kernel(out, *args, *attributes)
        arrays = [np.array([arg], self._dtype) if isinstance(arg, float) else arg for arg in args]
        if node.rank == 2 and is_elementwise(name):
            arrays = [
                array if arg.rank == 2 else array[..., None] for array, arg in zip(arrays, node.args, strict=True)
            ]
        return [(_store, (out, operator.value, (*arrays, *attributes)))]

    def _stack_calls(self, stack: Stack) -> list[Call]:
        layout = self.plan.layout
        sources = sorted(stack.sources, key=self._column)
        out = self.workspace[..., layout.stack_columns[stack]]
        gathered, calls = self._gather(sources)
        weights = self._weights(stack, sources)
        calls.append((np.matmul if self._batch else np.dot, (gathered, weights, out)))
        if any(member.biases for member in stack.members):
            calls.append((np.add, (out, self._bias(stack), out)))
        first = layout.stack_columns[stack].start
        for member in stack.members:
            if layout.columns[member].start != first:
                written = self.workspace[..., first : first + member.width]
                calls.append((np.copyto, (self._of(member), written)))
            first += member.width
        return calls

    def _column(self, node: Node) -> int:
        """Where a source begins in the workspace; -1 for a parameter, which is not there."""
        return -1 if node.whole.is_constant else self.plan.layout.columns[node.whole].start + node.offset

    def _gather(self, sources: list[Node]) -> tuple[Array, list[Call]]:
        """One stretch that holds all sources: the workspace itself where they stand side by side, else a copy."""
        starts = [self._column(source) for source in sources]
        ends = [start + source.width for start, source in zip(starts, sources, strict=True)]
        if starts[0] >= 0 and starts[1:] == ends[:-1]:
            return self.workspace[..., starts[0] : ends[-1]], []
        gathered = np.zeros((*self._batch, sum(source.width for source in sources)), self._dtype)
        calls: list[Call] = []
        for source, place in _places(sources).items():
            calls.append((np.copyto, (gathered[..., place], self._of(source))))
        return gathered, calls

    def _weights(self, stack: Stack, sources: list[Node]) -> Array:
        """The stacked matrix (sources, members), laid out for vector times matrix."""
        rows = _places(sources)
        weights = np.zeros((sum(source.width for source in sources), stack.width), self._dtype)
        for member, columns in _places(stack.members).items():
            for product in member.maps:
                weights[rows[product.source], columns] += self._block(product).T
        return weights

    def _block(self, product: Map) -> Array:
        matrix = self.parameters[product.parameter]
        if product.transposed:
            matrix = matrix.T
        return matrix if product.columns is None else matrix[:, slice(*product.columns)]

    def _bias(self, stack: Stack) -> Array:
        parts = [sum((self.parameters[name] for name in m.biases), np.zeros(m.width)) for m in stack.members]
        return np.concatenate(parts).astype(self._dtype)


def _places(nodes: Iterable[Node]) -> dict[Node, slice]:
    """Where each node stands when they stand behind each other."""
    places, first = {}, 0
    for node in nodes:
        places[node] = slice(first, first + node.width)
        first += node.width
    return places


def _only_constants(node: Node) -> bool:
    return node.is_constant or (bool(node.sources) and all(_only_constants(source) for source in node.sources))
