"""How fast playing goes: from one step in four seconds to as fast as it paints, on a logarithmic scale."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from desktop.style.numbers_text import short_text
from desktop.style.theme import Theme, scaled, ui_font

SLOWEST = 0.25  # steps a second
FASTEST = 60.0
STOPS = 50  # the last one is "as fast as it paints"
TEXT_PX = 11


class Track(QSlider):
    """The line and its handle."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self.setRange(0, STOPS)
        self.setPageStep(5)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough to aim at."""
        return QSize(round(scaled(100)), round(scaled(24)))

    def minimumSizeHint(self) -> QSize:
        """Narrow windows may halve it."""
        return QSize(round(scaled(50)), round(scaled(24)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to where the line is pressed."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._follow(event)
            self.setSliderDown(True)
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        if self.isSliderDown():
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A thin line and a dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, middle, margin = self._theme, self.height() / 2, self._margin()
        pen = QPen(theme.strong_line, scaled(2.4))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(margin, middle), QPointF(self.width() - margin, middle))
        centre = QPointF(margin + self.value() / STOPS * (self.width() - 2 * margin), middle)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.accent if self.isEnabled() else theme.faint)
        painter.drawEllipse(centre, scaled(5.5), scaled(5.5))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.text, 2.0))
            painter.drawEllipse(centre, scaled(8), scaled(8))
        painter.end()

    def _margin(self) -> float:
        return scaled(9.5)

    def _follow(self, event: QMouseEvent) -> None:
        room = max(1.0, self.width() - 2 * self._margin())
        self.setValue(round((event.position().x() - self._margin()) / room * STOPS))


class SpeedSlider(QWidget):
    """A slider from slow to fast; speeds are in steps a second, infinity being as fast as it paints."""

    speed_changed = Signal(object)  # float

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._track = Track(theme, self)
        self._slow, self._fast = QLabel(self.tr("slow"), self), QLabel(self.tr("fast"), self)
        self.setFocusProxy(self._track)
        self.setAccessibleName(self.tr("Speed"))
        self._track.setAccessibleName(self.tr("Speed"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for part in (self._slow, self._track, self._fast):
            self._row.addWidget(part)
        self.set_theme(theme)
        self.set_speed(2.0)
        self._track.valueChanged.connect(self._moved)

    @property
    def speed(self) -> float:
        """Steps a second; infinity at the fast end."""
        return speed_of_stop(self._track.value())

    def set_speed(self, speed: float) -> None:
        """Put the handle at the nearest stop; tells nobody."""
        blocked = self._track.blockSignals(True)
        self._track.setValue(stop_of_speed(speed))
        self._track.blockSignals(blocked)
        self._describe()
        self._track.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours."""
        self._row.setSpacing(round(scaled(3)))
        self._track.set_theme(theme)
        for label in (self._slow, self._fast):
            label.setFont(ui_font(TEXT_PX))
            label.setStyleSheet(f"color: {theme.secondary.name()};")

    def _moved(self) -> None:
        self._describe()
        self.speed_changed.emit(self.speed)

    def _describe(self) -> None:
        """Say the speed in words."""
        if math.isinf(self.speed):
            words = self.tr("As fast as it paints")
        elif self.speed < 1.0:
            words = self.tr("One step in {seconds} s").format(seconds=short_text(1.0 / self.speed))
        else:
            words = self.tr("{steps} steps a second").format(steps=short_text(self.speed))
        self._track.setToolTip(words)
        self._track.setAccessibleDescription(words)


def speed_of_stop(stop: int) -> float:
    """Steps a second at a stop of the slider."""
    if stop >= STOPS:
        return math.inf
    return SLOWEST * (FASTEST / SLOWEST) ** (max(stop, 0) / (STOPS - 1))


def stop_of_speed(speed: float) -> int:
    """The stop nearest to a speed."""
    if speed > FASTEST:
        return STOPS
    return round(math.log(max(speed, SLOWEST) / SLOWEST) / math.log(FASTEST / SLOWEST) * (STOPS - 1))
