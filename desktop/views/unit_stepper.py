"""A unit number between two arrows."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.focus import came_by_key
from desktop.widgets.drawing import focus_ring


class UnitStepper(QWidget):
    """◂ unit 4 ▸: the arrows, the wheel and the arrow keys choose another unit."""

    arrows = "upright"
    unit_chosen = Signal(object)  # counted from 0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._unit, self._units = 0, 1
        self._name = ""
        self._ringed = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("The unit whose numbers are shown"))

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self._theme = theme
        self.update()

    def show_unit(self, unit: int, units: int, name: str = "") -> None:
        """Show unit ``unit`` of ``units``, by its name where it has one."""
        if (unit, units, name) != (self._unit, self._units, self._name):
            self._unit, self._units, self._name = unit, units, name
            self.setAccessibleName(self._text())
            self.updateGeometry()
            self.update()

    def _text(self) -> str:
        return self._name or self.tr("unit {number}").format(number=self._unit + 1)

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(ui_font(11.5))
        widest = self._name or self.tr("unit {number}").format(number="0" * len(str(self._units)))
        arrows = 2 * scaled(16)
        return QSize(round(metrics.horizontalAdvance(widest) + arrows), round(metrics.height() + scaled(4)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(11.5))
        painter.setPen(self._theme.secondary)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text())
        for sign, there in ((-1, self._unit > 0), (1, self._unit < self._units - 1)):
            self._draw_arrow(painter, sign, there)
        if self._ringed:
            focus_ring(painter, QRectF(self.rect()), scaled(4), self._theme)

    def _draw_arrow(self, painter: QPainter, sign: int, there: bool) -> None:
        x = scaled(7) if sign < 0 else self.width() - scaled(7)
        y, size = self.height() / 2, scaled(3)
        colour = self._theme.secondary if there else self._theme.line
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(round(x + sign * size), round(y), round(x - sign * size / 2), round(y - size))
        painter.drawLine(round(x + sign * size), round(y), round(x - sign * size / 2), round(y + size))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._step(-1 if event.position().x() < self.width() / 2 else 1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._step(-1 if event.angleDelta().y() > 0 else 1)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = came_by_key(event)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ringed = False
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}
        if Qt.Key(event.key()) in steps:
            self._step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        unit = min(max(self._unit + by, 0), self._units - 1)
        if unit != self._unit:
            self.unit_chosen.emit(unit)
