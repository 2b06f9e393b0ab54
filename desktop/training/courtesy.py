"""Lets a thread beside the window stand back while the window has something to do.

Python runs one thread at a time; a thread that never stops computing makes every call of Qt's wait for its turn, and
a key press makes hundreds.
"""

from __future__ import annotations

import threading

from PySide6.QtCore import QAbstractEventDispatcher, QObject

PATIENCE_S = 0.05  # that is waited at most, so that the work goes on while the window is busy for long


class Courtesy(QObject):
    """Knows whether the event loop of this thread waits for something to happen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._free = threading.Event()
        self._free.set()
        self._listening = False

    def listen(self) -> None:
        """Follow the event loop, which costs a little at each of its turns."""
        dispatcher = QAbstractEventDispatcher.instance()
        if not self._listening and dispatcher is not None:
            self._listening = True
            dispatcher.awake.connect(self._free.clear)
            dispatcher.aboutToBlock.connect(self._free.set)

    def cease(self) -> None:
        """Follow it no longer; nobody waits."""
        dispatcher = QAbstractEventDispatcher.instance()
        if self._listening and dispatcher is not None:
            dispatcher.awake.disconnect(self._free.clear)
            dispatcher.aboutToBlock.disconnect(self._free.set)
        self._listening = False
        self._free.set()

    def wait(self) -> None:
        """Called by the thread between two pieces of work: until the window has nothing to do."""
        self._free.wait(PATIENCE_S)
