"""A segment of the walk: a stretch of time steps that walk the same equations in one direction."""

from __future__ import annotations

from functools import cached_property

import msgspec
import numpy as np

from core.places import Phase, Position


class Entry(msgspec.Struct, frozen=True):
    """One equation of one block; in the update phase one parameter."""

    block: str
    equation: str
    operations: int


class Progress(msgspec.Struct, frozen=True):
    """How far a segment is done: whole steps, whole entries of the next step, operations of the next entry."""

    steps: int
    entries: int
    operations: int

    @property
    def touched(self) -> int:
        """The steps that are done or begun."""
        return self.steps + (1 if self.entries or self.operations else 0)


class Segment(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A stretch of steps with the same phase and direction. ``short`` steps walk ``entries[skipped:]`` only."""

    phase: Phase
    times: range | tuple[int, ...]  # time step of each step, in walking order; empty for a phase without time
    entries: tuple[Entry, ...]
    skipped: int = 0  # leading entries that short steps leave out (readout and loss where there is no loss)
    full: tuple[bool, ...] | None = None  # which steps are not short; None: all
    falling: bool = False  # whether time goes down

    @cached_property
    def blocks(self) -> frozenset[str]:
        """Names of the blocks that are walked here."""
        return frozenset(entry.block for entry in self.entries)

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
            step = sum(t > position.t if self.falling else t < position.t for t in self.times)
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
