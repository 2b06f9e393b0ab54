"""The steps of a core, one after the other: a few NumPy calls each, driven from outside Python's own loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, starmap
from operator import call as call_it
from typing import Any, TypeAlias

from numpy.typing import NDArray

from core.bulk.calls import Calls
from core.bulk.operands import Kept, RunArrays, chunk_of, views_of
from core.bulk.rows import Rows
from core.bulk.schedule import Schedule

Array = NDArray[Any]
Cut: TypeAlias = tuple[tuple[int, tuple[int, ...]], ...]  # shifts, and places in a chunk that read nothing so far away
Laid: TypeAlias = list[tuple[Any, ...]]  # functions with their arguments, in the order of computing
_MOST = 8  # recursions that are remembered


class Recursion:
    """A schedule as calls on the arrays of a chunk: made once, run on the numbers of any iteration."""

    def __init__(self, schedule: Schedule, like: Rows, chunk: int, step: int) -> None:
        """For rows ``like`` these, which are read for their batch and dtype; ``step`` is -1 where a pass goes down."""
        self._schedule, self._step = schedule, step
        self._arrays = RunArrays(schedule, like, chunk, step)
        calls = Calls(schedule, like, self._arrays)
        self.calls = calls.all()
        self._known, self._fixed = calls.known, calls.fixed
        self._laid = self._laid_out(())

    def run(self, rows: Rows) -> Kept:
        """All steps, their rows given to the block's."""
        arrays, order = self._arrays, range(rows.steps)[:: self._step]
        for fixed in self._fixed:
            fixed.compute(rows)
        kept = Kept(self._schedule, rows, arrays.lead, arrays.behind)
        for first in range(0, rows.steps, arrays.chunk):
            steps = order[first : first + arrays.chunk]
            part = rows.between(min(steps), max(steps) + 1)
            for known in self._known:
                known.compute(part, self._step)
            arrays.load(kept, steps)
            deque(starmap(call_it, self._of(rows, steps)), maxlen=0)
            arrays.store(kept, steps)
        kept.hand_over(rows)
        return kept

    def _of(self, rows: Rows, steps: range) -> Laid:
        """The calls of some steps."""
        cut = tuple((shift, places) for shift in self._shifts if (places := _places(rows.cut_steps(shift), steps)))
        laid = self._laid_out(cut) if cut else self._laid
        return laid[: len(steps) * len(self.calls)]

    @property
    def _shifts(self) -> Sequence[int]:
        return sorted({link.shift for link in self._schedule.core.links.values()})

    def _laid_out(self, cut: Cut) -> Laid:
        """The calls of all steps of a chunk, one after the other."""
        chunk, places = self._arrays.chunk, dict(cut)
        columns = [self._column(function, operands, chunk, places) for function, operands in self.calls]
        return list(chain.from_iterable(zip(*columns, strict=True)))

    @staticmethod
    def _column(
        function: Callable[..., Any], operands: Sequence[Any], chunk: int, cut: Mapping[int, Sequence[int]]
    ) -> Laid:
        return list(zip([function] * chunk, *(views_of(operand, chunk, cut) for operand in operands), strict=True))


def _places(cut: Sequence[int], steps: range) -> tuple[int, ...]:
    """Where in a chunk's order the cut steps are."""
    return tuple(steps.index(step) for step in cut if step in steps)


class Recursions:
    """The recursions of a block that were made before, those that were used last."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Recursion] = {}

    def fitting(self, schedule: Schedule, rows: Rows, step: int) -> Recursion:
        """One that computes a schedule for rows like these."""
        chunk = chunk_of(schedule, rows, rows.steps)
        key = (schedule, rows.batch, rows.dtype, chunk, step)
        found = self._made.pop(key, None) or Recursion(schedule, rows, chunk, step)
        self._made[key] = found
        if len(self._made) > _MOST:
            del self._made[next(iter(self._made))]
        return found
