"""Numbers in a diagram: written last, each beside its strip where it covers nothing."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath

from desktop.style.numbers_text import short_text
from desktop.style.theme import Theme, scaled, ui_font

TEXT_PX = 11.0
SPACE_PX = 3.0
EDGE_COST = 60.0  # of covering an edge, in square pixels of a covered strip


class Numbers:
    """What is to be written, and what it must not cover."""

    def __init__(self, paths: tuple[QPainterPath, ...]) -> None:
        self._paths = paths
        self._taken: list[QRectF] = []
        self._wanted: list[tuple[QRectF, float]] = []

    def avoid(self, area: QRectF) -> None:
        """No number may stand here."""
        self._taken.append(area)

    def add(self, strip: QRectF, number: float) -> None:
        """A number that belongs to a strip."""
        self._wanted.append((strip, number))

    def paint(self, painter: QPainter, theme: Theme) -> None:
        """Writes all of them on small plates."""
        font = ui_font(TEXT_PX)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        for strip, number in self._wanted:
            text = short_text(number)
            width, height = metrics.horizontalAdvance(text) + 4, metrics.height()
            plate = min(_places(strip, width, height), key=self._cost)
            self._taken.append(plate)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.panel)
            painter.drawRoundedRect(plate, 2, 2)
            painter.setPen(theme.text)
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _cost(self, plate: QRectF) -> float:
        covered = (plate.intersected(area) for area in self._taken if plate.intersects(area))
        edges = sum(path.intersects(plate) for path in self._paths if path.boundingRect().intersects(plate))
        return sum(each.width() * each.height() for each in covered) * 4 + EDGE_COST * edges


def _places(strip: QRectF, width: float, height: float) -> Iterator[QRectF]:
    """Under the strip, over it, beside it, and the corners; the first of those that cover equally little is taken."""
    space, middle = scaled(SPACE_PX), strip.center()
    under, over = strip.bottom() + space / 2, strip.top() - space / 2 - height
    right, left = strip.right() + space, strip.left() - space - width
    corners = [
        (middle.x() - width / 2, under),
        (middle.x() - width / 2, over),
        (right, under - height / 2),
        (right, over + height / 2),
        (left, under - height / 2),
        (left, over + height / 2),
        (middle.x() - width / 2, under + height),
        (middle.x() - width / 2, over - height),
    ]
    return (QRectF(QPointF(*corner), QPointF(corner[0] + width, corner[1] + height)) for corner in corners)
