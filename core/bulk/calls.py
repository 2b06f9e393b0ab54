"""The groups of a schedule as NumPy calls, each with where its arguments are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bulk.operands import Each, Fill, Fixed, Known, Operand, RunArrays
from core.bulk.rows import Rows, is_constant
from core.bulk.schedule import Group, Kind, Schedule, core_sources, is_number, scaled_base
from core.operators import OPERATORS
from core.operators.shapes import is_elementwise
from core.plan.nodes import Node

Array = NDArray[Any]
Call = tuple[Callable[..., Any], tuple[Operand, ...]]


class Calls:
    """Makes the calls of one step.

    What they read beforehand is in ``fixed`` where it is the same at all steps, else in ``known``.
    """

    def __init__(self, schedule: Schedule, like: Rows, arrays: RunArrays) -> None:
        """For rows ``like`` these; no number in them is read."""
        self._schedule, self._arrays = schedule, arrays
        self._batch, self._dtype = like.batch, like.dtype
        self.fixed: list[Fixed] = []
        self.known: list[Known] = []

    def all(self) -> list[Call]:
        """The calls of one step, in order."""
        return [call for group in self._schedule.groups for call in self._of(group)]

    def _of(self, group: Group) -> list[Call]:
        match group.kind:
            case Kind.STACK:
                return self._stack(group)
            case Kind.SCALED:
                return self._scaled(group)
            case Kind.SAME:
                return [call for part in self._parts(group.members) for call in self._operator(part)]
        return self._alone(group.members[0])

    # Matrix products.

    def _stack(self, group: Group) -> list[Call]:
        sources = sorted(core_sources(self._schedule.core, group.members[0]), key=self._arrays.columns)
        out = self._arrays.at(group.members[0], group.width)
        gathered, calls = self._gathered(sources)
        calls.append((_product_into(out), (gathered, self._weights(group, sources), out)))
        known = self._known_terms(group, sources)
        return calls if known is None else [*calls, (np.add, (out, known, out))]

    def _gathered(self, sources: list[Node]) -> tuple[Operand, list[Call]]:
        """The sources as one vector: where they stand, or copied together."""
        width = sum(source.width for source in sources)
        if all(self._arrays.are_beside(a, b) for a, b in pairwise(sources)):
            return self._arrays.at(sources[0], width), []
        gathered = np.zeros((*self._batch, width), self._dtype)
        calls: list[Call] = []
        for source, columns in _columns(sources).items():
            calls.append((np.copyto, (gathered[..., columns], self._arrays.at(source, source.width))))
        return gathered, calls

    def _sign(self, member: Node) -> float:
        return -1.0 if member in self._schedule.turned else 1.0

    def _weights(self, group: Group, sources: list[Node]) -> Array:
        """What a stack multiplies its sources with, (sources, members): laid out for vector times matrix."""
        at = _columns(sources)
        parts = [
            (at[product.source], columns, product, self._sign(member))
            for member, columns in _columns(group.members).items()
            for product in member.maps
            if product.source in at
        ]

        def fill(rows: Rows, out: Array) -> None:
            out[...] = 0.0
            for place, columns, product, sign in parts:
                out[place, columns] += sign * rows.block(product).T

        return self._fix((sum(source.width for source in sources), group.width), fill)

    def _known_terms(self, group: Group, sources: list[Node]) -> Operand | None:
        """Everything in the sums of a stack that needs no recursion; None where there is nothing."""
        bias = self._bias(group)
        read = dict.fromkeys(m.source for member in group.members for m in member.maps if m.source not in sources)
        if not read:
            return bias if any(member.biases for member in group.members) else None
        weights = [(source, self._weights(group, [source])) for source in read]

        def fill(rows: Rows, out: Array) -> None:
            (source, matrix), *others = weights
            np.matmul(rows.full(source), matrix, out)
            for source, matrix in others:
                out += rows.full(source) @ matrix
            out += bias

        return self._note((group.width,), fill)

    def _bias(self, group: Group) -> Array:
        parts = [
            (columns, name, self._sign(member))
            for member, columns in _columns(group.members).items()
            for name in member.biases
        ]

        def fill(rows: Rows, out: Array) -> None:
            out[...] = 0.0
            for columns, name, sign in parts:
                out[columns] += sign * rows.parameters[name]

        return self._fix((group.width,), fill)

    # Products with known factors.

    def _scaled(self, group: Group) -> list[Call]:
        """One product of a base with all its factors; they have an axis of their own."""
        members = group.members
        base = scaled_base(self._schedule.core, members[0])
        assert base is not None
        factors = [next(arg for arg in node.args if arg is not base) for node in members]
        if len(members) == 1:
            inner, out = self._arrays.at(base, base.width), self._arrays.at(members[0], group.width)
            return [(np.multiply, (self._outer(factors), inner, out))]
        out = self._arrays.at(members[0], group.width, (len(members), base.width))
        inner, calls = self._spread(base, len(members))
        return [*calls, (np.multiply, (self._factors(factors, base.width), inner, out))]

    def _spread(self, base: Node, times: int) -> tuple[Operand, list[Call]]:
        """A base as so many factors are multiplied with it: copying a short vector costs less than stretching it."""
        if self._batch:
            return self._arrays.at(base, base.width, (1, base.width)), []
        spread = np.zeros((times, base.width), self._dtype)
        return spread, [(np.copyto, (spread, self._arrays.at(base, base.width)))]

    def _factors(self, factors: list[Node], width: int) -> Operand:
        def fill(rows: Rows, out: Array) -> None:
            for place, factor in enumerate(factors):
                out[..., place, :] = rows.of(factor)

        make = self._fix if all(is_constant(factor) for factor in factors) else self._note
        return make((len(factors), width), fill)

    # Operators of the table.

    def _parts(self, members: list[Node]) -> list[list[Node]]:
        """The members in stretches whose arguments stand side by side as they do."""
        parts = [members[:1]]
        for node in members[1:]:
            before = parts[-1][-1]
            if all(self._follow(a, b) for a, b in zip(before.args, node.args, strict=True)):
                parts[-1].append(node)
            else:
                parts.append([node])
        return parts

    def _follow(self, first: Node, second: Node) -> bool:
        """Whether two arguments can be read as one."""
        inner = self._schedule.is_core(first), self._schedule.is_core(second)
        if any(inner):
            return all(inner) and self._arrays.are_beside(first, second)
        if is_number(first) or is_number(second):
            return first.key == second.key
        return is_constant(first) == is_constant(second)

    def _operator(self, part: list[Node]) -> list[Call]:
        """An operator with a kernel, on members side by side."""
        first, width = part[0], sum(node.width for node in part)
        operator = OPERATORS[str(first.key[0])]
        turned = bool(first.args) and first.args[0] in self._schedule.turned
        kernel = operator.kernel_of_negative if turned else operator.kernel
        assert kernel is not None
        out = self._arrays.at(first, width)
        arguments = [self._argument([node.args[n] for node in part]) for n in range(len(first.args))]
        return [(function, self._filled(args, out)) for function, args in kernel(out, *arguments, *_attributes(first))]

    def _argument(self, nodes: list[Node]) -> Any:
        if is_number(nodes[0]):
            return nodes[0].key[1]
        if self._schedule.is_core(nodes[0]):
            return self._arrays.at(nodes[0], sum(node.width for node in nodes))
        return self._outer(nodes)

    def _filled(self, args: tuple[Any, ...], out: Operand) -> tuple[Operand, ...]:
        """Arguments with an array in the place of each number: NumPy is slower with numbers."""
        shape = _one(out).shape
        return tuple(np.full(shape, arg, self._dtype) if isinstance(arg, float) else arg for arg in args)

    def _alone(self, node: Node) -> list[Call]:
        name = str(node.key[0])
        if OPERATORS[name].kernel is not None and node.rank == 1 and is_elementwise(name):
            return self._operator([node])
        operands = tuple(self._operand(node, arg, name) for arg in node.args)
        return [(_storing(OPERATORS[name].value, _attributes(node)), (self._arrays.at(node, node.width), *operands))]

    def _operand(self, node: Node, arg: Node, name: str) -> Operand:
        """An argument as an operator without a kernel reads it: beside matrices, vectors get an axis."""
        inner = self._schedule.is_core(arg)
        found: Operand = self._arrays.at(arg, arg.width) if inner else self._outer([arg])
        if node.rank == 1 or arg.rank == 2 or not is_elementwise(name):
            return found
        return found.lifted() if isinstance(found, Each) else found[..., None]

    # What is known before.

    def _outer(self, nodes: Sequence[Node]) -> Operand:
        """Nodes that need no recursion, behind each other."""
        make = self._fix if all(is_constant(node) for node in nodes) else self._note
        if len(nodes) == 1:
            return make(nodes[0].shape, lambda rows, out: np.copyto(out, rows.of(nodes[0])))
        places = _columns(nodes)

        def fill(rows: Rows, out: Array) -> None:
            for node, columns in places.items():
                out[..., columns] = rows.of(node)

        return make((sum(node.width for node in nodes),), fill)

    def _fix(self, shape: tuple[int, ...], fill: Fill) -> Array:
        self.fixed.append(Fixed(shape, self._dtype, fill))
        return self.fixed[-1].array

    def _note(self, shape: tuple[int, ...], fill: Fill) -> Each:
        self.known.append(Known((self._arrays.chunk, *self._batch, *shape), self._dtype, fill))
        return self.known[-1].each


def _columns(nodes: Sequence[Node]) -> dict[Node, slice]:
    """Where nodes stand when they stand behind each other."""
    places, first = {}, 0
    for node in nodes:
        places[node] = slice(first, first + node.width)
        first += node.width
    return places


def _attributes(node: Node) -> list[float]:
    return [part for part in node.key[1:] if isinstance(part, float)]


def _one(operand: Operand) -> Array:
    return operand.views[0] if isinstance(operand, Each) else operand


def _product_into(out: Operand) -> Callable[..., Any]:
    """The fastest product that can write there."""
    return np.dot if _one(out).flags.c_contiguous else np.matmul


def _storing(function: Callable[..., Array], attributes: list[float]) -> Callable[..., None]:
    def store(out: Array, *args: Array) -> None:
        out[...] = function(*args, *attributes)

    return store
