"""The compiled step: a list of NumPy calls over one workspace row, bound to parameters and to a batch shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.operators import OPERATORS
from core.operators.expression import INPUT, NUMBER, VARIABLE
from core.plan.layout import Layout, Stack, lay_out
from core.plan.lowering import LEAF, VIEW, GradientTerm, Map, Node, lower

if TYPE_CHECKING:
    from core.cell import Cell

Array = NDArray[Any]
Call = tuple[Callable[..., Any], tuple[Any, ...]]


def _store(out: Array, function: Callable[..., Array], args: tuple[Any, ...]) -> None:
    out[...] = function(*args)


@dataclass(frozen=True, eq=False)
class Plan:
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
        """Columns of a forward result within a stored row."""
        return _within(self.layout.columns[node], self.layout.kept)

    def sent_columns(self, node: Node) -> slice:
        """Columns of a backward result within a stored row."""
        offset = node.key[1] if node.kind == VIEW else 0
        base = node.args[0] if node.kind == VIEW else node
        columns = _within(self.layout.columns[base], self.layout.sent)
        return slice(columns.start + offset, columns.start + offset + node.width)  # type: ignore[operator]

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
    """One workspace and the calls that work on it. Not to be shared between threads."""

    def __init__(self, plan: Plan, parameters: Mapping[str, Array], batch: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        layout = plan.layout
        self.plan, self.parameters = plan, parameters
        self._dtype, self._batch = dtype, batch
        self.workspace = np.zeros((*batch, layout.width), dtype)
        self._matrices = {node: self._matrix(node) for node in layout.matrices}
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

    def _matrix(self, node: Node) -> Array:
        batch = () if _only_constants(node) else self._batch
        return np.zeros((*batch, *node.shape), self._dtype)

    def _of(self, node: Node) -> Any:
        """The array (or number) behind a node."""
        if node.kind == LEAF and node.key[0] == NUMBER:
            return node.key[1]
        if node.is_constant:
            return self.parameters[str(node.key[1])]
        if node.kind == VIEW:
            first = int(node.key[1])  # type: ignore[call-overload]
            return self._of(node.args[0])[..., first : first + node.width]
        return self._matrices[node] if node.rank == 2 else self.workspace[..., self.plan.layout.columns[node]]

    def _calls(self, item: Node | Stack) -> list[Call]:
        if isinstance(item, Stack):
            return self._stack_calls(item)
        return [] if item.kind == VIEW else self._operation_calls(item)

    def _operation_calls(self, node: Node) -> list[Call]:
        operator = OPERATORS[str(node.key[0])]
        out, args = self._of(node), tuple(self._of(arg) for arg in node.args)
        attributes = tuple(part for part in node.key[1:] if isinstance(part, float))
        if operator.kernel is not None and node.rank < 2:
            return operator.kernel(out, *args, *attributes)
        arrays = tuple(np.array([arg], self._dtype) if isinstance(arg, float) else arg for arg in args)
        return [(_store, (out, operator.value, (*arrays, *attributes)))]

    def _stack_calls(self, stack: Stack) -> list[Call]:
        layout = self.plan.layout
        sources = sorted(stack.sources, key=lambda node: self._column(node))
        out = self.workspace[..., layout.stack_columns[stack]]
        gathered, calls = self._gather(sources)
        weights = self._weights(stack, sources)
        calls.append((np.dot if not self._batch else np.matmul, (gathered, weights, out)))
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
        if node.kind == VIEW:
            return self._column(node.args[0]) + int(node.key[1])  # type: ignore[call-overload]
        return self.plan.layout.columns[node].start if not node.is_constant else 0

    def _gather(self, sources: list[Node]) -> tuple[Array, list[Call]]:
        """One stretch that holds all sources: the workspace itself where they stand side by side, else a copy."""
        if not any(source.is_constant for source in sources):
            first, width = self._column(sources[0]), sum(source.width for source in sources)
            starts = [first + sum(s.width for s in sources[:index]) for index in range(len(sources))]
            if [self._column(source) for source in sources] == starts:
                return self.workspace[..., first : first + width], []
        gathered = np.zeros((*self._batch, sum(source.width for source in sources)), self._dtype)
        calls: list[Call] = []
        column = 0
        for source in sources:
            calls.append((np.copyto, (gathered[..., column : column + source.width], self._of(source))))
            column += source.width
        return gathered, calls

    def _weights(self, stack: Stack, sources: list[Node]) -> Array:
        """The stacked matrix (sources, members), laid out for vector times matrix."""
        rows, row = {}, 0
        for source in sources:
            rows[source] = slice(row, row + source.width)
            row += source.width
        weights = np.zeros((row, stack.width), self._dtype)
        column = 0
        for member in stack.members:
            for product in member.maps:
                weights[rows[product.source], column : column + member.width] += self._block(product).T
            column += member.width
        return weights

    def _block(self, product: Map) -> Array:
        matrix = self.parameters[product.parameter]
        if product.transposed:
            matrix = matrix.T
        return matrix if product.columns is None else matrix[:, slice(*product.columns)]

    def _bias(self, stack: Stack) -> Array:
        parts = [sum((self.parameters[name] for name in m.biases), np.zeros(m.width)) for m in stack.members]
        return np.concatenate(parts).astype(self._dtype)


def _only_constants(node: Node) -> bool:
    return node.is_constant or (bool(node.sources) and all(_only_constants(source) for source in node.sources))


def source_kind(node: Node) -> str:
    """What the source of a weight gradient is: an input, a delayed variable, or a kept result."""
    return str(node.key[0]) if node.kind == LEAF and node.key[0] in (INPUT, VARIABLE) else "kept"
