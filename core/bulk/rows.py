"""Values of a block's nodes over all time steps at once, computed when they are asked for.

Rows are in walking order, (S, *batch, *shape). What the recursion computes is put in; what stands side by side in one
array is read as one array, so that products over time are few and large.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.bulk.graph import Links
from core.bulk.pool import Pool
from core.operators import OPERATORS
from core.operators.expression import NUMBER, PARAMETER
from core.operators.shapes import is_elementwise
from core.plan.nodes import AFFINE, LEAF, VIEW, Map, Node

Array = NDArray[Any]


class Stretch(msgspec.Struct, frozen=True, eq=False):
    """A node's columns in an array of rows; the rows of step s stand at s + ``lead``."""

    array: Array
    start: int
    lead: int


class Rows:
    """The rows of one block: what it was given, what its recursions computed, and what follows from these."""

    def __init__(
        self, steps: int, batch: tuple[int, ...], dtype: np.dtype[Any], parameters: Mapping[str, Array], pool: Pool
    ) -> None:
        self.steps, self.batch, self.dtype, self.parameters = steps, batch, dtype, parameters
        self.pool = pool
        self.stretches: dict[Node, Stretch] = {}
        self._given: dict[Node, Array] = {}
        self._found: dict[Node, Array] = {}
        self._links: dict[Node, Any] = {}
        self._initial: dict[str, Array] = {}
        self._cut: Mapping[int, NDArray[np.bool_]] = {}
        self._whole: tuple[Rows, slice] | None = None  # where these are some of the rows

    def give(self, node: Node, rows: Array) -> None:
        """Rows that come from outside."""
        self._given[node] = rows

    def link(self, links: Links, initial: Mapping[str, Array], cut: Mapping[int, NDArray[np.bool_]]) -> None:
        """What links read: ``initial`` rows (K, *batch, H) of a variable where the walk begins, else zeros.

        ``cut``: by shift, the steps (S,) at which nothing comes from there.
        """
        self._links.update(links)
        self._initial.update(initial)
        self._cut = {**self._cut, **cut}

    def between(self, first: int, last: int) -> Rows:
        """The rows of some steps, computed without those of the others."""
        part = Rows(last - first, self.batch, self.dtype, self.parameters, self.pool)
        part.stretches = {n: Stretch(s.array, s.start, s.lead + first) for n, s in self.stretches.items()}
        part._links, part._initial, part._cut = self._links, self._initial, self._cut
        part._whole = self, slice(first, last)
        return part

    def forget(self) -> None:
        """Drop what can be computed again."""
        self._found.clear()

    def of(self, node: Node) -> Array:
        """The rows of a node, or an array that goes with (S, *batch, ·) rows."""
        found = self._found.get(node)
        if found is None:
            found = self._found[node] = self._compute(node)
        return found

    def full(self, node: Node) -> Array:
        """The rows of a node, one for each step and sequence, (S, *batch, *shape)."""
        found, shape = self.of(node), (self.steps, *self.batch, *node.shape)
        return found if found.shape == shape else np.broadcast_to(found, shape)

    def _compute(self, node: Node) -> Array:
        if node in self.stretches:
            return self._shifted(node, 0)
        if self._whole and self._comes_from_whole(node):
            rows, steps = self._whole
            return rows.of(node)[steps]
        if node in self._given:
            return self._given[node]
        if node in self._links:
            return self._linked(node)
        if node.kind == LEAF:
            return self._constant(node)
        if node.kind == VIEW:
            return self.full(node.whole)[..., node.offset : node.offset + node.width]
        return self._affine(node) if node.kind == AFFINE else self._operation(node)

    def _comes_from_whole(self, node: Node) -> bool:
        assert self._whole is not None
        if node in self._links:
            link = self._links[node]
            return link.source not in self.stretches or self.is_cut(link.shift)
        return node in self._whole[0]._given

    def _constant(self, leaf: Node) -> Array:
        if leaf.key[0] == NUMBER:
            return np.array([leaf.key[1]], self.dtype)
        assert leaf.key[0] == PARAMETER
        return self.parameters[str(leaf.key[1])]

    def _shifted(self, node: Node, shift: int) -> Array:
        """The rows ``shift`` steps later of a node that has a stretch."""
        stretch = self.stretches[node]
        first = stretch.lead + shift
        columns = slice(stretch.start, stretch.start + node.width)
        return stretch.array[first : first + self.steps, ..., columns]

    def _linked(self, leaf: Node) -> Array:
        link = self._links[leaf]
        if link.source in self.stretches and not self.is_cut(link.shift):
            return self._shifted(link.source, link.shift)
        rows, shift = np.zeros((self.steps, *self.batch, leaf.width), self.dtype), link.shift
        source = self.full(link.source)
        if shift < 0:
            rows[-shift:] = source[:shift]
            first = self.first_rows(leaf)
            rows[:-shift] = first[: self.steps]
        else:
            rows[: max(self.steps - shift, 0)] = source[shift:]
        if self.is_cut(shift):
            rows[self._cut[shift]] = 0.0
        return rows

    def is_cut(self, shift: int) -> bool:
        """Whether some steps read nothing from so many steps away."""
        return shift in self._cut and bool(self._cut[shift].any())

    def cut_steps(self, shift: int) -> list[int]:
        """The steps that read nothing from there."""
        return np.flatnonzero(self._cut[shift]).tolist() if shift in self._cut else []

    def first_rows(self, leaf: Node) -> Array:
        """What a link reads at the first steps, before it reads what was computed: (-shift, *batch, H)."""
        link = self._links[leaf]
        rows = np.zeros((-link.shift, *self.batch, leaf.width), self.dtype)
        initial = self._initial.get(link.name)
        if initial is not None:
            at = len(initial) + link.shift  # the earliest first
            rows[...] = initial[at : at - link.shift]
        return rows

    def _operation(self, node: Node) -> Array:
        name = str(node.key[0])
        args = [self.of(arg) for arg in node.args]
        if node.rank == 2 and is_elementwise(name):
            args = [a if n.rank == 2 else a[..., None] for a, n in zip(args, node.args, strict=True)]
        attributes = [part for part in node.key[1:] if isinstance(part, float)]
        return np.asarray(OPERATORS[name].value(*args, *attributes), self.dtype)

    def _affine(self, node: Node) -> Array:
        return self.affine(node.maps, node.biases)

    def affine(self, maps: Iterable[Map], biases: Iterable[str] = ()) -> Array:
        """Products with parameters and parameters added up: few products, each over all rows."""
        by_source: dict[Node, Array] = {}
        for product in maps:
            matrix = self.block(product)
            before = by_source.get(product.source)
            by_source[product.source] = matrix if before is None else before + matrix
        parts = []
        for run in self.side_by_side(by_source):
            sources = self.beside(run) if len(run) > 1 else self.of(run[0])
            parts.append(sources @ _side_by_side([by_source[node] for node in run]).T)
        return _total([*parts, *(self.parameters[name] for name in biases)])

    def side_by_side(self, nodes: Iterable[Node]) -> list[list[Node]]:
        """The nodes, those together that stand side by side in one array."""
        runs: list[list[Node]] = []
        for node in sorted(nodes, key=self._standing):
            if runs and self._are_beside(runs[-1][-1], node):
                runs[-1].append(node)
            else:
                runs.append([node])
        return runs

    def _standing(self, node: Node) -> tuple[int, int]:
        stretch = self.stretches.get(node)
        return (-1, 0) if stretch is None else (id(stretch.array), stretch.start)

    def _are_beside(self, first: Node, second: Node) -> bool:
        """Whether the second stands right behind the first."""
        one, other = self.stretches.get(first), self.stretches.get(second)
        if one is None or other is None or first.rank > 1:
            return False
        return one.array is other.array and one.start + first.width == other.start

    def beside(self, nodes: Sequence[Node]) -> Array:
        """The rows of nodes that stand side by side, as one array."""
        if len(nodes) == 1:
            return self.full(nodes[0])
        width, stretch = sum(node.width for node in nodes), self.stretches[nodes[0]]
        rows = stretch.array[stretch.lead : stretch.lead + self.steps]
        return rows[..., stretch.start : stretch.start + width]

    def block(self, product: Map) -> Array:
        """The matrix of a product."""
        matrix = self.parameters[product.parameter]
        if product.transposed:
            matrix = matrix.T
        return matrix if product.columns is None else matrix[:, slice(*product.columns)]


def is_constant(node: Node) -> bool:
    """Whether this is the same at all steps, as parameters and numbers are."""
    if node.is_constant:
        return True
    return bool(node.sources) and all(is_constant(source) for source in node.sources)


def _side_by_side(matrices: list[Array]) -> Array:
    return matrices[0] if len(matrices) == 1 else np.concatenate(matrices, axis=1)


def _total(parts: list[Array]) -> Array:
    """The sum; the first part that is as large as it is used for it."""
    total, *others = sorted(parts, key=lambda part: (-part.ndim, -part.size))
    for part in others:
        total += part
    return total
