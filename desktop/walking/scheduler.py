"""At most one frame per tick of the display; the last one wins."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

TICK_MS = 16


class FrameScheduler(QObject):
    """Takes frames as fast as they come and hands on what a display can show.

    The first frame after a pause goes out in the same turn of the event loop, so a key press is answered at once.
    """

    frame_due = Signal(object)

    def __init__(self, tick_ms: int = TICK_MS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tick_ms = tick_ms
        self._waiting: object | None = None
        self._since_last = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.flush)

    def submit(self, frame: object) -> None:
        """Show this frame at the next tick, instead of any that still waits."""
        self._waiting = frame
        if not self._timer.isActive():
            self._timer.start(self._pause_ms())

    def flush(self) -> None:
        """Hand on what waits, now."""
        self._timer.stop()
        frame, self._waiting = self._waiting, None
        if frame is not None:
            self._since_last.restart()
            self.frame_due.emit(frame)

    def drop(self) -> None:
        """Forget what waits."""
        self._timer.stop()
        self._waiting = None

    def _pause_ms(self) -> int:
        """What is left of the tick of the last frame."""
        return max(0, self._tick_ms - self._since_last.elapsed()) if self._since_last.isValid() else 0
