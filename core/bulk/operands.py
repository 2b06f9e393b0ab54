"""What the calls of a recursion read and write: rows of what it computes, and chunks of what is known before.

What is known is computed a chunk of steps at a time, so that it is still in the processor's cache when it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.bulk.pool import Pool
from core.bulk.rows import Rows, Stretch
from core.bulk.schedule import Schedule
from core.plan.nodes import Node

Array = NDArray[Any]
CHUNK, LEAST = 128, 16  # steps
CACHED = 1 << 19  # bytes of known rows that stay in a processor's second cache


class Known:
    """Rows that need no recursion, a chunk at a time, in the order they are read; ``fill`` computes them."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Callable[[Rows, Array], None]) -> None:
        """``shape`` of one row."""
        self._shape, self._dtype, self._fill = shape, dtype, fill
        self._lifts = False
        self.bytes = prod(shape) * dtype.itemsize

    def provide(self, pool: Pool, steps: int) -> None:
        """Memory for chunks of so many steps."""
        self._rows = pool.empty((steps, *self._shape), self._dtype)
        self.views = list(self._rows[..., None] if self._lifts else self._rows)

    def compute(self, rows: Rows, step: int) -> None:
        """The chunk that ``rows`` are; ``step`` is -1 where the last row is read first."""
        self._fill(rows, self._rows[: rows.steps][::step])

    def lifted(self) -> Known:
        """The same with one more axis at the end of each row."""
        self._lifts = True
        return self


def chunk_of(known: Sequence[Known], steps: int) -> int:
    """How many steps a chunk has, so that what is known of them stays in the cache."""
    size = max(sum(each.bytes for each in known), 1)
    return min(steps, max(LEAST, min(CHUNK, CACHED // size)))


Operand: TypeAlias = Array | list[Array] | Known  # the same at all steps, one for each step, one for each of a chunk


class RunArrays:
    """The arrays of a schedule's runs: rows for all steps where somebody needs them, else one row for all."""

    def __init__(self, schedule: Schedule, rows: Rows, order: Sequence[int]) -> None:
        self._schedule, self._rows = schedule, rows
        self._ascending = order[0] == 0
        shifts = [link.shift for link in schedule.core.read.values()]
        self._lead, self._behind = max(0, *(-shift for shift in shifts)), max(0, *shifts)
        self._arrays = [self._new(number) for number in range(len(schedule.runs))]
        self._views: dict[tuple[object, ...], Array | list[Array]] = {}
        for leaf, link in schedule.core.read.items():
            if link.shift < 0:
                self._begin(leaf)

    def _new(self, run: int) -> Array:
        schedule, rows = self._schedule, self._rows
        first = schedule.runs[run][0].members[0]
        shape = first.shape if first.rank > 1 else (schedule.width(run),)
        if not schedule.is_kept(run):
            return np.zeros((*rows.batch, *shape), rows.dtype)
        array = rows.pool.empty((self._lead + rows.steps + self._behind, *rows.batch, *shape), rows.dtype)
        array[: self._lead] = 0.0
        array[self._lead + rows.steps :] = 0.0
        return array

    def _begin(self, leaf: Node) -> None:
        """The rows before the first step."""
        link = self._schedule.core.read[leaf]
        place, first = self._schedule.places[link.source], self._rows.first_rows(leaf)
        columns = slice(place.start, place.start + leaf.width)
        self._arrays[place.run][self._lead + link.shift : self._lead, ..., columns] = first

    def columns(self, node: Node) -> tuple[int, int, int]:
        """Run, shift in time, and first column of what the recursion computes."""
        core = self._schedule.core
        shift = core.links[node.whole].shift if node.whole in core.links else 0
        place = self._schedule.places[core.behind(node)]
        return place.run, shift, place.start + node.offset

    def are_beside(self, first: Node, second: Node) -> bool:
        """Whether the second stands right behind the first."""
        run, shift, start = self.columns(first)
        return self.columns(second) == (run, shift, start + first.width)

    def at(self, first: Node, width: int, shape: tuple[int, ...] = ()) -> Array | list[Array]:
        """A stretch of columns that begins with a node, at every step; with a ``shape`` in the place of its width."""
        run, shift, start = self.columns(first)
        key = (run, shift, start, width, shape)
        if key not in self._views:
            array = self._arrays[run]
            if first.rank == 1:
                array = array[..., start : start + width]
            if shape:
                array = array.reshape(*array.shape[:-1], *shape)
            self._views[key] = self._each(array, shift) if self._schedule.is_kept(run) else array
        return self._views[key]

    def _each(self, array: Array, shift: int) -> list[Array]:
        """A view for every step, in the order of computing; zeros where nothing comes from so many steps away."""
        first = self._lead + shift
        section = array[first : first + self._rows.steps]
        views = list(section)
        if shift and self._rows.is_cut(shift):
            nothing = np.zeros(section.shape[1:], section.dtype)
            for step in self._rows.cut_steps(shift):
                views[step] = nothing
        return views if self._ascending else views[::-1]

    def hand_over(self) -> None:
        """Give the computed rows to the block's."""
        for node, place in self._schedule.places.items():
            if self._schedule.is_kept(place.run):
                self._rows.stretches[node] = Stretch(self._arrays[place.run], place.start, self._lead)

    def are_finite(self) -> bool:
        """Whether all rows are finite (a sum that overflows counts as not finite)."""
        kept = [array for number, array in enumerate(self._arrays) if self._schedule.is_kept(number)]
        return all(bool(np.isfinite(array.sum())) for array in kept)
