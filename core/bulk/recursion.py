"""The steps of a core, one after the other: a few NumPy calls each, driven from outside Python's own loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain, repeat, starmap
from operator import call as call_it
from typing import Any

from numpy.typing import NDArray

from core.bulk.calls import Call, Calls
from core.bulk.operands import Known, Operand, RunArrays, chunk_of
from core.bulk.rows import Rows
from core.bulk.schedule import Schedule

Array = NDArray[Any]


class Recursion:
    """A schedule bound to a block's numbers. ``order`` are the steps as they are computed: all up, or all down."""

    def __init__(self, schedule: Schedule, rows: Rows, order: range) -> None:
        self._rows, self._order = rows, order
        self._arrays = RunArrays(schedule, rows, order)
        calls = Calls(schedule, rows, self._arrays)
        self.calls = calls.all()
        self._known = calls.known

    def run(self) -> None:
        """Compute all steps and give their rows to the block's."""
        chunk = chunk_of(self._known, len(self._order))
        for known in self._known:
            known.provide(self._rows.pool, chunk)
        for first in range(0, len(self._order), chunk):
            steps = self._order[first : first + chunk]
            rows = self._rows.between(min(steps), max(steps) + 1)
            for known in self._known:
                known.compute(rows, self._order.step)
            deque(starmap(call_it, chain.from_iterable(self._steps(first, len(steps)))), maxlen=0)
        self._arrays.hand_over()

    def _steps(self, first: int, count: int) -> Iterator[tuple[tuple[Any, ...], ...]]:
        """For each step of a chunk its calls: a function and the arrays it is called with."""
        return zip(*(_repeated(call, first, count) for call in self.calls), strict=True)

    def is_finite(self) -> bool:
        """Whether all that was computed is finite."""
        return self._arrays.are_finite()


def _repeated(call: Call, first: int, count: int) -> Iterator[tuple[Any, ...]]:
    function, operands = call
    return zip(repeat(function, count), *(_each(operand, first, count) for operand in operands), strict=True)


def _each(operand: Operand, first: int, count: int) -> Iterator[Array]:
    """A call's argument for each step of a chunk."""
    if isinstance(operand, Known):
        return iter(operand.views[:count])
    return iter(operand[first : first + count]) if isinstance(operand, list) else repeat(operand, count)
