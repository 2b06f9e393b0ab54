"""Lets a thread beside the window stand back while the window has something to do.

Python runs one thread at a time; a thread that never stops computing makes every call of Qt's wait for its turn, and
a key press makes hundreds. So the thread asks between two pieces of work; the window answers when it comes to it.
"""

from __future__ import annotations

import threading
from time import monotonic

from PySide6.QtCore import QObject, Qt, Signal

PATIENCE_S = 0.25  # that is waited at most, so that the work goes on while the window is stuck
TURN_S = 0.004  # of work before it asks again


class Courtesy(QObject):
    """Belongs to the window's thread; the other one calls ``wait``."""

    _asked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._free = threading.Event()
        self._since = 0.0  # when the window was heard of last
        self._asked.connect(self._free.set, Qt.ConnectionType.QueuedConnection)

    def wait(self) -> None:
        """Called by the thread between two pieces of work: until the window has come through what it had to do."""
        if monotonic() - self._since < TURN_S:
            return
        self._free.clear()
        self._asked.emit()
        self._free.wait(PATIENCE_S)
        self._since = monotonic()
