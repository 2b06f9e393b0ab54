"""Playing: one step after the other by itself, as fast as asked for but never faster than it paints."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from desktop.settings import DEFAULT_SPEED
from desktop.walking.scheduler import TICK_MS


class Player(QObject):
    """Calls ``step`` until that says no, or somebody stops it."""

    def __init__(self, step: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._step = step
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)
        self.set_speed(DEFAULT_SPEED)

    @property
    def playing(self) -> bool:
        """Whether it goes on by itself."""
        return self._timer.isActive()

    def set_speed(self, steps_a_second: float) -> None:
        """How fast; infinity is as fast as it paints."""
        self._timer.setInterval(max(TICK_MS, round(1000.0 / steps_a_second)))

    def start(self) -> None:
        """Go on by itself."""
        self._timer.start()

    def stop(self) -> bool:
        """Go on no longer. Whether it was playing."""
        playing = self.playing
        self._timer.stop()
        return playing

    def _go_on(self) -> None:
        if not self._step():
            self.stop()
