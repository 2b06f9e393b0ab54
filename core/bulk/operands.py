"""What the calls of a recursion read and write: arrays that hold one chunk of steps, and are used for every chunk.

The views of single rows are made once. A chunk's arrays stay in the processor's cache, and so do the views; those of
all steps would not. What others need is copied to rows for all steps behind each chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.bulk.rows import Rows, Stretch
from core.bulk.schedule import Schedule
from core.plan.nodes import Node

Array = NDArray[Any]
Fill: TypeAlias = Callable[[Rows, Array], None]
CHUNK, LEAST = 128, 16  # steps
CACHED = 1 << 20  # bytes of a chunk that stay in a processor's second cache


class Each(msgspec.Struct, frozen=True, eq=False):
    """An array for each step of a chunk, in the order of computing; ``shift``: they belong to a step so much later."""

    views: list[Array]
    shift: int = 0

    def lifted(self) -> Each:
        """The same with one more axis at the end."""
        return Each([view[..., None] for view in self.views], self.shift)


Operand: TypeAlias = Array | Each  # the same at all steps, or one for each


class Fixed:
    """What is the same at all steps, as parameters are; ``fill`` computes it once an iteration."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Fill) -> None:
        self.array, self._fill = np.zeros(shape, dtype), fill

    def compute(self, rows: Rows) -> None:
        """The numbers of this iteration."""
        self._fill(rows, self.array)


class Known:
    """Rows that need no recursion, a chunk at a time, in the order they are read; ``fill`` computes them."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Fill) -> None:
        """``shape``: (steps of a chunk, *batch, ·)."""
        self._rows, self._fill = np.zeros(shape, dtype), fill
        self.each = Each(list(self._rows))

    def compute(self, rows: Rows, step: int) -> None:
        """The chunk that ``rows`` are; ``step`` is -1 where the last row is read first."""
        self._fill(rows, self._rows[: rows.steps][::step])


def chunk_of(schedule: Schedule, rows: Rows, steps: int) -> int:
    """How many steps a chunk has: few enough to stay in the cache, and not many more than there are."""
    width = sum(prod(node.shape) for group in schedule.groups for node in group.members)
    size = max(prod(rows.batch) * width * rows.dtype.itemsize, 1)
    wanted = max(LEAST, 1 << (steps - 1).bit_length())
    return min(wanted, max(LEAST, min(CHUNK, CACHED // size)))


class Kept:
    """The rows of all steps of what others need; with ``lead`` rows before the first and ``behind`` the last step."""

    def __init__(self, schedule: Schedule, rows: Rows, lead: int, behind: int) -> None:
        self._schedule, self._lead = schedule, lead
        self.arrays: dict[int, Array] = {}
        for run in filter(schedule.is_kept, range(len(schedule.runs))):
            shape = (lead + rows.steps + behind, *rows.batch, *row_shape(schedule, run))
            array = self.arrays[run] = rows.pool.empty(shape, rows.dtype)
            array[:lead] = 0.0
            array[lead + rows.steps :] = 0.0
        for leaf, link in schedule.core.read.items():
            if link.shift < 0:
                place = schedule.places[link.source]
                columns = slice(place.start, place.start + leaf.width)
                self.arrays[place.run][lead + link.shift : lead, ..., columns] = rows.first_rows(leaf)

    def hand_over(self, rows: Rows) -> None:
        """Give the computed rows to the block's."""
        for node, place in self._schedule.places.items():
            if place.run in self.arrays:
                rows.stretches[node] = Stretch(self.arrays[place.run], place.start, self._lead)

    def are_finite(self) -> bool:
        """Whether all rows are finite (a sum that overflows counts as not finite)."""
        return all(bool(np.isfinite(array.sum())) for array in self.arrays.values())


def row_shape(schedule: Schedule, run: int) -> tuple[int, ...]:
    """The shape of one row of a run's array."""
    first = schedule.runs[run][0].members[0]
    return first.shape if first.rank > 1 else (schedule.width(run),)


class RunArrays:
    """The arrays of a schedule's runs: rows for a chunk's steps where somebody needs them, else one row for all."""

    def __init__(self, schedule: Schedule, like: Rows, chunk: int, step: int) -> None:
        """For rows ``like`` these; ``step`` is -1 where a pass goes down."""
        self._schedule, self.chunk, self._step = schedule, chunk, step
        shifts = [link.shift for link in schedule.core.read.values()]
        self.lead, self.behind = max(0, *(-shift for shift in shifts)), max(0, *shifts)
        self._arrays = [self._new(run, like) for run in range(len(schedule.runs))]
        self._linked = {schedule.places[link.source].run for link in schedule.core.read.values()}
        self._views: dict[tuple[object, ...], Operand] = {}

    def _new(self, run: int, like: Rows) -> Array:
        steps = (self.lead + self.chunk + self.behind,) if self._schedule.is_kept(run) else ()
        return np.zeros((*steps, *like.batch, *row_shape(self._schedule, run)), like.dtype)

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

    def at(self, first: Node, width: int, shape: tuple[int, ...] = ()) -> Operand:
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

    def _each(self, array: Array, shift: int) -> Each:
        first = self.lead + shift
        return Each(list(array[first : first + self.chunk])[:: self._step], shift)

    def load(self, kept: Kept, steps: Sequence[int]) -> None:
        """Bring what the steps of a chunk read of those computed before."""
        first, last = min(steps), max(steps) + 1
        for run in self._linked:
            array, rows = self._arrays[run], kept.arrays[run]
            array[: self.lead] = rows[first : first + self.lead]
            array[self.lead + self.chunk :] = rows[self.lead + last : self.lead + last + self.behind]

    def store(self, kept: Kept, steps: Sequence[int]) -> None:
        """Put the steps of a chunk with those computed before."""
        first, count = self.lead + min(steps), len(steps)
        begin = self.lead if self._step > 0 else self.lead + self.chunk - count
        for run, rows in kept.arrays.items():
            rows[first : first + count] = self._arrays[run][begin : begin + count]


def views_of(operand: Operand, steps: int, cut: Mapping[int, Sequence[int]]) -> Sequence[Array]:
    """An argument at each step of a chunk; ``cut``: by shift, the places at which nothing comes from there."""
    if not isinstance(operand, Each):
        return [operand] * steps
    views = operand.views
    if operand.shift in cut:
        views, nothing = list(views), np.zeros_like(views[0])
        for place in cut[operand.shift]:
            views[place] = nothing
    return views
