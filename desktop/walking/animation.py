"""Gliding from one frame to the next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal

DEFAULT_DURATION_MS = 180


class Tween(QObject):
    """Progress from 0 to 1, eased; views mix the previous and the new frame by it.

    ``animations_on`` is asked at every start, so that one flag of the application governs all tweens. Where it says
    no, or the duration is 0, a start goes straight to 1.
    """

    progressed = Signal(float)
    finished = Signal()

    def __init__(
        self,
        animations_on: Callable[[], bool] = lambda: True,
        duration_ms: int = DEFAULT_DURATION_MS,
        easing: QEasingCurve.Type = QEasingCurve.Type.OutCubic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._animations_on = animations_on
        self._duration_ms = duration_ms
        self._progress = 1.0
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setEasingCurve(QEasingCurve(easing))
        self._animation.valueChanged.connect(self._advance)
        self._animation.finished.connect(self.finished)

    @property
    def progress(self) -> float:
        """How far it has come; 1 at rest."""
        return self._progress

    @property
    def running(self) -> bool:
        """Whether something is moving."""
        return self._animation.state() == QVariantAnimation.State.Running

    def set_duration(self, duration_ms: int) -> None:
        """Take this long from the next start on; 0 is off."""
        self._duration_ms = max(0, duration_ms)

    def start(self, duration_ms: int | None = None) -> None:
        """Go from 0 to 1, also while on the way."""
        duration = self._duration_ms if duration_ms is None else duration_ms
        self._animation.stop()
        if duration <= 0 or not self._animations_on():
            self._advance(1.0)
            self.finished.emit()
            return
        self._progress = 0.0
        self._animation.setDuration(duration)
        self._animation.start()

    def finish(self) -> None:
        """Jump to the end."""
        if self.running:
            self._animation.stop()
            self._advance(1.0)
            self.finished.emit()

    def _advance(self, value: object) -> None:
        self._progress = float(value)
        self.progressed.emit(self._progress)
