"""Walking far without freezing the window: time steps are computed in slices of a few milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

from PySide6.QtCore import QObject, QTimer

from core.breakpoints import Breakpoint, Event, first_event
from core.run import Run

SLICE_S = 0.025  # well under what a hand notices
FIRST_STRIDE = 32  # operations

Beside = Callable[[int], Iterator[None]]
Done = Callable[[Event | None], object]


def _nothing(_index: int) -> Iterator[None]:
    return iter(())


class LongWalk(QObject):
    """Computes a run up to an index and looks for the first breakpoint on the way; then what stands beside it.

    The first slice is done at once, so that what is short is finished when ``start`` returns.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self._breakpoints: tuple[Breakpoint, ...] = ()
        self._index = self._until = 0
        self._stride = FIRST_STRIDE
        self._done: Done = lambda event: None
        self._event: Event | None = None
        self._beside: Beside = _nothing
        self._work: Iterator[None] | None = None  # of the lanes beside the run, once it has come to its end
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._slice)

    @property
    def active(self) -> bool:
        """Whether it is still on the way."""
        return self._timer.isActive()

    @property
    def share(self) -> float:
        """How much of the way is done, 0 to 1."""
        return self._index / max(1, self._until)

    def start(
        self,
        run: Run,
        after: int,
        until: int,
        breakpoints: tuple[Breakpoint, ...],
        done: Done,
        beside: Beside = _nothing,
    ) -> None:
        """Go from ``after`` up to ``until``; ``done`` gets the breakpoint that was met, or None.

        ``beside`` gives the work that the place needs where it comes to, in small parts.
        """
        self._run, self._index, self._until = run, after, until
        self._breakpoints, self._done, self._stride = breakpoints, done, FIRST_STRIDE
        self._beside, self._work, self._event = beside, None, None
        self._timer.start()
        self._slice()

    def prepare(self, work: Iterator[None], done: Done) -> None:
        """Do some work in small parts; ``done`` gets None."""
        self._run, self._index, self._until = None, 0, 0
        self._done, self._work, self._event = done, work, None
        self._timer.start()
        self._slice()

    def stop(self) -> bool:
        """Give up. Whether there was anything to give up."""
        active = self.active
        self._timer.stop()
        self._run = self._work = None
        return active

    def _slice(self) -> None:
        deadline = perf_counter() + SLICE_S
        try:
            while perf_counter() < deadline:
                if self._is_over():
                    self._finish(self._event)
                    return
        except BaseException:
            self.stop()
            raise

    def _is_over(self) -> bool:
        """A little further. Whether there is nothing more to do."""
        if self._work is None and self._index < self._until:
            self._event = self._advance()
            if self._event is not None:
                self._index = self._until = self._event.index
            return False
        if self._work is None:
            self._work = self._beside(self._index)
        return next(self._work, self) is self

    def _advance(self) -> Event | None:
        """A stride further; strides grow as long as they are quick."""
        first, began = self._index, perf_counter()
        self._index = min(first + self._stride, self._until)
        self._run.ensure(self._index)
        event = first_event(self._run, self._breakpoints, first, lambda: False, until=self._index)
        took = perf_counter() - began
        self._stride = max(1, self._stride // 2) if took > SLICE_S / 2 else self._stride * 2
        return event

    def _finish(self, event: Event | None) -> None:
        self.stop()
        self._done(event)
