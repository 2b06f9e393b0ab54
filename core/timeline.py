"""Positions of the walk, by arithmetic: what the n-th operation of an iteration is, and where each grain ends.

An iteration is cut into segments (one a phase here), a segment into time steps, a time step into entries (equations),
an entry into operations. ``index`` counts the operations that are done.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence as Items
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.errors import SessionError
from core.frame import Cursor, Grain, Phase, Position
from core.language.derive import order_of_operations
from core.network import LOSS, Block, Network
from core.operators.expression import operations


@dataclass(frozen=True)
class Entry:
    """One equation of one block; in the update phase one parameter."""

    block: str
    equation: str
    operations: int


@dataclass(frozen=True)
class Progress:
    """How far a segment is done: whole steps, whole entries of the next step, operations of the next entry."""

    steps: int
    entries: int
    operations: int


@dataclass(frozen=True, eq=False)
class Segment:
    """A stretch of steps with the same phase. ``short`` steps walk ``entries[skipped:]`` only."""

    phase: Phase
    times: range | tuple[int, ...]  # time step of each step, in walking order; empty for a phase without time
    entries: tuple[Entry, ...]
    skipped: int = 0  # leading entries that short steps leave out (readout and loss where there is no loss)
    full: tuple[bool, ...] | None = None  # which steps are not short; None: all

    @property
    def steps(self) -> int:
        """Number of steps; a phase without time is one step."""
        return len(self.times) or 1

    @cached_property
    def starts(self) -> np.ndarray:
        """Index of the first operation of each step within the segment, and the length at the end, (steps + 1,)."""
        whole = sum(entry.operations for entry in self.entries)
        part = sum(entry.operations for entry in self.entries[self.skipped :])
        full = np.ones(self.steps, bool) if self.full is None else np.array(self.full, bool)
        return np.concatenate([[0], np.cumsum(np.where(full, whole, part))])

    @property
    def length(self) -> int:
        """Number of operations."""
        return int(self.starts[-1])

    def step_entries(self, step: int) -> tuple[Entry, ...]:
        """The entries that a step walks."""
        return self.entries if self.full is None or self.full[step] else self.entries[self.skipped :]

    def nearest(self, position: Position) -> int:
        """How many operations are done at a place of another walk: its time step, if the equation is missing."""
        step = 0
        if position.t is not None:
            back = self.phase is Phase.BACKWARD
            step = sum(t > position.t if back else t < position.t for t in self.times)
            if position.t not in self.times:
                return int(self.starts[step])
        index = int(self.starts[step])
        for entry in self.step_entries(step):
            if (entry.block, entry.equation) == (position.block, position.equation):
                return index + min(position.operation + 1, entry.operations)
            index += entry.operations
        return index

    def progress(self, done: int) -> Progress:
        """What ``done`` operations of this segment amount to."""
        if done >= self.length:
            return Progress(self.steps, 0, 0)
        step = int(np.searchsorted(self.starts, done, side="right")) - 1
        rest = done - int(self.starts[step])
        for number, entry in enumerate(self.step_entries(step)):
            if rest < entry.operations:
                return Progress(step, number, rest)
            rest -= entry.operations
        raise AssertionError("an index inside a step lies inside one of its entries")


@dataclass(frozen=True, eq=False)
class Timeline:
    """All segments of one iteration."""

    segments: tuple[Segment, ...]

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Index at which each segment begins, and the length of the iteration at the end."""
        lengths = [segment.length for segment in self.segments]
        return tuple(int(n) for n in np.concatenate([[0], np.cumsum(lengths)]))

    @property
    def length(self) -> int:
        """Operations in one iteration."""
        return self.offsets[-1]

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases that are walked, in order."""
        return tuple(dict.fromkeys(segment.phase for segment in self.segments))

    def progress(self, index: int) -> dict[Phase, Progress]:
        """How far every phase is done at ``index``."""
        pairs = zip(self.segments, self.offsets, strict=False)
        return {segment.phase: segment.progress(max(0, index - offset)) for segment, offset in pairs}

    def position(self, cursor: Cursor) -> Position:
        """The operation that was done last. Raises SessionError for an index outside the iteration."""
        self._check(cursor.index)
        if cursor.index == 0:
            return Position(cursor, self.length, self.segments[0].phase)
        number, step, entry, operation = self._locate(cursor.index - 1)
        segment = self.segments[number]
        t = segment.times[step] if segment.times else None
        found = segment.step_entries(step)[entry]
        return Position(cursor, self.length, segment.phase, t, found.block, found.equation, operation, found.operations)

    def _locate(self, operation_index: int) -> tuple[int, int, int, int]:
        number = bisect_right(self.offsets, operation_index) - 1
        progress = self.segments[number].progress(operation_index - self.offsets[number])
        return number, progress.steps, progress.entries, progress.operations

    def _check(self, index: int) -> None:
        if not 0 <= index <= self.length:
            raise SessionError(f"position {index} is outside this iteration, which has {self.length} operations")

    def next(self, index: int, grain: Grain) -> int:
        """The index after one step of ``grain`` forward; the end of the iteration at the end."""
        if index >= self.length:
            return self.length
        return self._unit(index, grain)[1]

    def previous(self, index: int, grain: Grain) -> int:
        """The index after one step of ``grain`` back; 0 at the start."""
        return self._unit(index - 1, grain)[0] if index > 0 else 0

    def _unit(self, operation_index: int, grain: Grain) -> tuple[int, int]:
        """First index and end of the unit that the operation lies in."""
        if grain is Grain.OPERATION:
            return operation_index, operation_index + 1
        number, step, entry, operation = self._locate(operation_index)
        segment, offset = self.segments[number], self.offsets[number]
        if grain is Grain.PASS:
            return offset, self.offsets[number + 1]
        if grain is Grain.TIME_STEP:
            return offset + int(segment.starts[step]), offset + int(segment.starts[step + 1])
        first = operation_index - operation
        return first, first + segment.step_entries(step)[entry].operations

    def end_of(self, phase: Phase, t: int | None = None, block: str = "", equation: str = "") -> int:
        """The index at which this is done: a phase, a time step in it, or an equation there.

        Raises SessionError where the walk has no such place.
        """
        for segment, offset in zip(self.segments, self.offsets, strict=False):
            if segment.phase is phase:
                return offset + self._end_in(segment, t, block, equation)
        raise SessionError(f"this walk has no phase {phase}")

    @staticmethod
    def _end_in(segment: Segment, t: int | None, block: str, equation: str) -> int:
        if t is None:
            step = segment.steps - 1
        elif t in segment.times:
            step = segment.times.index(t)
        else:
            raise SessionError(f"the {segment.phase} phase does not visit t = {t + 1}")
        if not equation:
            return int(segment.starts[step + 1])
        index = int(segment.starts[step])
        for entry in segment.step_entries(step):
            index += entry.operations
            if (entry.block, entry.equation) == (block, equation):
                return index
        raise SessionError(f"the {segment.phase} phase does not walk {block}/{equation} there")

    def times(self, phase: Phase) -> range | tuple[int, ...]:
        """The time steps of a phase in walking order; none for a phase that is not walked or has no time."""
        return next((segment.times for segment in self.segments if segment.phase is phase), ())

    def walks(self, phase: Phase, t: int, block: str, equation: str) -> bool:
        """Whether a phase comes to this equation at time step ``t``."""
        for segment in self.segments:
            if segment.phase is phase and t in segment.times:
                entries = segment.step_entries(segment.times.index(t))
                return any((entry.block, entry.equation) == (block, equation) for entry in entries)
        return False

    def nearest(self, position: Position) -> int:
        """The index of a place of another walk in this one; without such a place, of the last one before it."""
        if position.cursor.index == 0:
            return 0
        order = list(Phase)
        for segment, offset in zip(self.segments, self.offsets, strict=False):
            if segment.phase is position.phase:
                return offset + segment.nearest(position)
            if order.index(segment.phase) > order.index(position.phase):
                return offset
        return self.length

    def starts_phase(self, phase: Phase) -> int:
        """The index just before the first operation of a phase. Raises SessionError where there is none."""
        for segment, offset in zip(self.segments, self.offsets, strict=False):
            if segment.phase is phase:
                return offset
        raise SessionError(f"this walk has no phase {phase}")


def timeline_of(network: Network, steps: int, loss_steps: Items[bool]) -> Timeline:
    """The walk of one iteration: ``steps`` time steps, with a loss where ``loss_steps`` says so."""
    forward = _forward_entries(network)
    segments = [Segment(Phase.FORWARD, range(steps), forward)]
    visited = tuple(t for t in range(steps) if loss_steps[t]) if network.loss else ()
    if visited:
        segments.append(Segment(Phase.LOSS, visited, (_entry(network.head, LOSS),)))
        head, layers = _backward_entries(network)
        full = tuple(bool(loss_steps[t]) for t in reversed(range(steps)))
        segments.append(Segment(Phase.BACKWARD, range(steps - 1, -1, -1), head + layers, len(head), full))
        segments.append(Segment(Phase.CLIP, (), (Entry("", "", 1),)))
        updates = tuple(Entry(path.split("/")[0], path.split("/")[1], 1) for path in network.trainable)
        if updates:
            segments.append(Segment(Phase.UPDATE, (), updates))
    return Timeline(tuple(segments))


def _entry(block: Block, name: str) -> Entry:
    expression = block.cell.definition.equation(name).expression
    return Entry(block.name, name, max(1, sum(1 for _ in operations(expression))))


def _forward_entries(network: Network) -> tuple[Entry, ...]:
    layers = tuple(_entry(b, n) for b in network.layers for n in b.cell.definition.variables)
    return (*layers, *(_entry(network.head, name) for name in network.readout_equations()))


def _backward_entries(network: Network) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Entries of the readout and of the layers in the order of the backward walk."""
    head = tuple(_backward_entry(network.head, e.name) for e in reversed(network.head.cell.definition.equations)
                 if e.name in network.head.path)  # fmt: skip
    layers = tuple(
        _backward_entry(block, e.name)
        for block in reversed(network.layers)
        for e in reversed(block.cell.definition.equations)
        if e.name in block.path
    )
    return head, layers


def _backward_entry(block: Block, name: str) -> Entry:
    return Entry(block.name, name, max(1, len(order_of_operations(block.backward(name)))))
