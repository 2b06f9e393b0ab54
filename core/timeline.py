"""Positions of the walk, by arithmetic: what the n-th operation of an iteration is, and where each grain ends.

An iteration is cut into segments (one a phase; forward and backward one a stage of the network), a segment into time
steps, a time step into entries (equations), an entry into operations. ``index`` counts the operations that are done.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence as Items
from functools import cached_property

import msgspec
import numpy as np

from core.errors import SessionError
from core.frame import Cursor, Grain, Phase, Position
from core.language.derive import order_of_operations
from core.network import HEAD, LOSS, Block, Network
from core.operators.expression import operations
from core.segments import Entry, Progress, Segment
from core.stages import Stage


class Timeline(msgspec.Struct, frozen=True, eq=False, dict=True):
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

    def progresses(self, index: int) -> list[Progress]:
        """How far every segment is done at ``index``."""
        pairs = zip(self.segments, self.offsets, strict=False)
        return [segment.progress(max(0, index - offset)) for segment, offset in pairs]

    def progress(self, index: int) -> dict[Phase, Progress]:
        """How far every phase is done at ``index``; of a phase of several stages, the stage that was begun last."""
        found: dict[Phase, Progress] = {}
        for segment, offset, done in zip(self.segments, self.offsets, self.progresses(index), strict=False):
            if index > offset or segment.phase not in found:
                found[segment.phase] = done
        return found

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
        """The index at which this is done: a phase, a time step in it (in its last stage), or an equation there.

        Raises SessionError where the walk has no such place.
        """
        number = self._number(phase, block)
        return self.offsets[number] + self._end_in(self.segments[number], t, block, equation)

    def _number(self, phase: Phase, block: str = "") -> int:
        """The segment of a phase that walks a block; where none does, the last one of the phase."""
        found = [number for number, segment in enumerate(self.segments) if segment.phase is phase]
        if not found:
            raise SessionError(f"this walk has no phase {phase}")
        return next((number for number in found if block in self.segments[number].blocks), found[-1])

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

    def times(self, phase: Phase, block: str = "") -> range | tuple[int, ...]:
        """The time steps at which a phase walks a block, in walking order; none where it does not."""
        if phase not in self.phases:
            return ()
        return self.segments[self._number(phase, block)].times

    def end_of_time(self, t: int, index: int) -> int | None:
        """Where time step ``t`` is done in the segment that ``index`` stands in, or the last one before that visits it.

        None where none does.
        """
        here = max(bisect_right(self.offsets, index - 1) - 1, 0)
        for number in range(here, -1, -1):
            segment = self.segments[number]
            if t in segment.times:
                return self.offsets[number] + int(segment.starts[segment.times.index(t) + 1])
        return None

    def walks(self, phase: Phase, t: int, block: str, equation: str) -> bool:
        """Whether a phase comes to this equation at time step ``t``."""
        return any(
            (entry.block, entry.equation) == (block, equation)
            for segment in self.segments
            if segment.phase is phase and t in segment.times
            for entry in segment.step_entries(segment.times.index(t))
        )

    def nearest(self, position: Position) -> int:
        """The index of a place of another walk in this one; without such a place, of the last one before it."""
        if position.cursor.index == 0:
            return 0
        if position.phase in self.phases:
            number = self._number(position.phase, position.block)
            return self.offsets[number] + self.segments[number].nearest(position)
        order = list(Phase)
        later = (n for n, s in enumerate(self.segments) if order.index(s.phase) > order.index(position.phase))
        return self.offsets[next(later, len(self.segments))]

    def starts_phase(self, phase: Phase) -> int:
        """The index just before the first operation of a phase. Raises SessionError where there is none."""
        for segment, offset in zip(self.segments, self.offsets, strict=False):
            if segment.phase is phase:
                return offset
        raise SessionError(f"this walk has no phase {phase}")


def timeline_of(network: Network, steps: int, loss_steps: Items[bool], regularised: str = "") -> Timeline:
    """The walk of one iteration: ``steps`` time steps, with a loss where ``loss_steps`` says so.

    ``regularised`` names the block whose terms of the regulariser are walked, as its gradients were; "" for none.
    """
    segments = [_forward(stage, steps) for stage in network.stages]
    visited = tuple(t for t in range(steps) if loss_steps[t]) if network.loss else ()
    if visited:
        segments.append(Segment(Phase.LOSS, visited, (_entry(network.head, LOSS),)))
        segments += [_backward(stage, steps, loss_steps) for stage in reversed(network.stages)]
        if regularised:
            segments.append(_terms(network.block(regularised), steps))
        segments.append(Segment(Phase.CLIP, (), (Entry("", "", 1),)))
        updates = tuple(Entry(path.split("/")[0], path.split("/")[1], 1) for path in network.trainable)
        if updates:
            segments.append(Segment(Phase.UPDATE, (), updates))
    return Timeline(tuple(segments))


def _forward(stage: Stage, steps: int) -> Segment:
    entries = tuple(
        _entry(block, name)
        for block in stage.blocks
        for name in block.cell.definition.variables
        if (block.name, name) != (HEAD, LOSS)
    )
    return Segment(Phase.FORWARD, stage.times(steps), entries, falling=stage.reverse)


def _entry(block: Block, name: str) -> Entry:
    expression = block.cell.definition.equation(name).expression
    return Entry(block.name, name, max(1, sum(1 for _ in operations(expression))))


def _backward(stage: Stage, steps: int, loss_steps: Items[bool]) -> Segment:
    """The exact reverse of a stage; the readout only where there is a loss."""
    entries = tuple(entry for block in reversed(stage.blocks) for entry in _backward_entries(block))
    times: range | tuple[int, ...] = stage.times(steps)[::-1]
    skipped = sum(entry.block == HEAD for entry in entries)
    if not skipped:
        return Segment(Phase.BACKWARD, times, entries, falling=not stage.reverse)
    if skipped == len(entries):
        return Segment(Phase.BACKWARD, tuple(t for t in times if loss_steps[t]), entries, falling=True)
    return Segment(Phase.BACKWARD, times, entries, skipped, tuple(bool(loss_steps[t]) for t in times), True)


def _terms(block: Block, steps: int) -> Segment:
    """One term of the regulariser a time step, in the order in which gradients walked back through the block."""
    times = range(steps) if block.reverse else range(steps - 1, -1, -1)
    return Segment(Phase.REGULARISER, times, (Entry(block.name, "", 1),), falling=not block.reverse)


def _backward_entries(block: Block) -> list[Entry]:
    """The entries of a block in the order of the backward walk."""
    names = [equation.name for equation in reversed(block.cell.definition.equations) if equation.name in block.path]
    return [Entry(block.name, name, max(1, len(order_of_operations(block.backward(name))))) for name in names]
