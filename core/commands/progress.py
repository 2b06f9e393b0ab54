"""Progress of long work on the command line, and stopping it by Ctrl-C without losing what is done."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_EVERY = 0.1  # seconds between two paints of the line
_MARKS = 20  # lines where nobody watches: one every 5 %


class Lines:
    """One line that is written over on a terminal; elsewhere one line every 5 %."""

    def __init__(self, total: int) -> None:
        self._total, self._note, self._shown, self._width = total, "", 0.0, 0
        self._watched = sys.stdout.isatty()

    def is_mark(self, number: int) -> bool:
        """Whether ``number`` is the first, the last, or one at a further 5 %."""
        crossed = number * _MARKS // self._total > (number - 1) * _MARKS // self._total
        return crossed or number in (1, self._total)

    def note(self, text: str) -> None:
        """A text that stays behind the numbers until there is another."""
        self._note = text

    def show(self, number: int, text: str) -> None:
        """Says where the work is, if it is time to."""
        now = time.monotonic()
        if not self.is_mark(number) and (not self._watched or now - self._shown < _EVERY):
            return
        line = "   ".join(filter(None, [f"{number} of {self._total}", text, self._note]))
        if self._watched:
            print(f"\r{line:<{self._width}}", end="", flush=True)
        else:
            print(line, flush=True)
        self._shown, self._width = now, len(line)

    def end(self) -> None:
        """Leaves the line."""
        if self._watched and self._width:
            print(flush=True)


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Says whether Ctrl-C (or a request to terminate) came; a second one ends the program as usual."""
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came.is_set  # only the main thread gets signals
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: FrameType | None) -> None:
        came.set()
        signal.signal(number, before[signal.Signals(number)] or signal.SIG_DFL)

    for number in before:
        signal.signal(number, stop)
    try:
        yield came.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
