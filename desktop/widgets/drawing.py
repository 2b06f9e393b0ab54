"""What the painted widgets share: rounded outlines, focus rings, ramps."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from desktop.style.colours import rgb_image
from desktop.style.theme import Theme

FOCUS_PX = 2.0


def rounded(painter: QPainter, area: QRectF, radius: float, fill: QColor | None, line: QColor | None) -> None:
    """A rounded rectangle with a crisp one-pixel outline inside its area."""
    painter.setBrush(QBrush(fill) if fill is not None else Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(line, 1.0) if line is not None else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5) if line is not None else area, radius, radius)


def focus_ring(painter: QPainter, area: QRectF, radius: float, theme: Theme) -> None:
    """The ring round what has the keyboard; in the text colour, since the accent says "here"."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.text, FOCUS_PX))
    inset = FOCUS_PX / 2
    painter.drawRoundedRect(area.adjusted(inset, inset, -inset, -inset), radius, radius)


def ramp(table: object) -> QImage:
    """A colour table as a picture one pixel high, to be stretched."""
    return rgb_image(table[None, :, :])


def text_width(font: QFont, text: str) -> float:
    """How wide a text is."""
    return QFontMetricsF(font).horizontalAdvance(text)


def line_height(font: QFont) -> float:
    """How high a line of text is."""
    return QFontMetricsF(font).height()
