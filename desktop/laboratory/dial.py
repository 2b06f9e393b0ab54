"""Pascanu's two bounds as a dial: a scale around 1 with the bound, what this sequence makes of it, and the radius."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.gradients.jacobians.pascanu import Dial, NoDial
from desktop.style.numbers_text import number_text
from desktop.style.theme import Theme, scaled, ui_font

TEXT_PX = 11.0
DECADES = 1.0  # on each side of 1
LEFT_PX = 52.0


class DialView(QWidget):
    """Below 1 gradients vanish for sure; above it they can explode."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._dial: Dial | NoDial | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def show_dial(self, dial: Dial | NoDial) -> None:
        """Show the bounds of a cell, or why there are none."""
        self._dial = dial
        self.setAccessibleName(str(dial.sentence))
        self.setToolTip(str(dial.sentence))
        self.update()

    def sizeHint(self) -> QSize:
        """Two lines of words and the scale between them."""
        return QSize(round(scaled(260)), round(scaled(58)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The scale, its two halves, and three marks."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(TEXT_PX))
        if isinstance(self._dial, NoDial):
            painter.setPen(self._theme.secondary)
            area = QRectF(scaled(LEFT_PX), 0, self.width() - scaled(LEFT_PX), self.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, str(self._dial.sentence))
        elif self._dial is not None:
            self._paint_scale(painter)
            self._paint_marks(painter, self._dial)

    def _x(self, value: float) -> float:
        left, right = scaled(LEFT_PX), self.width() - scaled(12)
        place = math.log10(value) if value > 0 else -DECADES
        return left + (min(max(place, -DECADES), DECADES) + DECADES) / (2 * DECADES) * (right - left)

    def _paint_scale(self, painter: QPainter) -> None:
        theme, y = self._theme, self.height() / 2
        halves = (
            (0.1, 1.0, theme.gradient_low, tr("vanishes for sure")),
            (1.0, 10.0, theme.gradient_high, tr("can explode")),
        )
        for low, high, colour, words in halves:
            area = QRectF(self._x(low), y - scaled(3), self._x(high) - self._x(low), scaled(6))
            painter.fillRect(area, colour)
            painter.setPen(theme.secondary)
            below = QRectF(area.left(), area.bottom() + scaled(5), area.width(), scaled(18))
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, words)
        painter.setPen(QPen(theme.text, 1.5))
        painter.drawLine(QPointF(self._x(1.0), y - scaled(8)), QPointF(self._x(1.0), y + scaled(8)))

    def _paint_marks(self, painter: QPainter, dial: Dial) -> None:
        theme = self._theme
        marks = (
            (dial.bound, theme.accent, tr("bound {number}")),
            (dial.measured, theme.good, tr("on this sequence {number}")),
            (dial.radius, theme.secondary, tr("spectral radius {number}")),
        )
        taken: list[QRectF] = []
        for value, colour, words in marks:
            x, y = self._x(value), self.height() / 2 - scaled(4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            half = scaled(4.5)
            painter.drawPolygon(
                QPolygonF([QPointF(x, y), QPointF(x - half, y - 1.6 * half), QPointF(x + half, y - 1.6 * half)])
            )
            self._write(painter, x, words.format(number=number_text(value, 3)), colour, taken)

    def _write(self, painter: QPainter, x: float, text: str, colour: QColor, taken: list[QRectF]) -> None:
        """Words over a mark, moved aside where others stand; left out where there is no room at all."""
        width = painter.fontMetrics().horizontalAdvance(text)
        area = QRectF(x - width / 2, 0, width + 2, scaled(15))
        for other in taken:
            if area.intersects(other.adjusted(-8, 0, 8, 0)):
                area.moveLeft(other.right() + 10 if x >= other.center().x() else other.left() - width - 10)
        area.moveLeft(min(max(area.left(), 0.0), self.width() - width - 2))
        if any(area.intersects(other) for other in taken):
            return
        taken.append(area)
        painter.setPen(colour)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
