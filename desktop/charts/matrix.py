"""A matrix as a heat map: rows down, columns across, a legend of its colours, a cross where the cursor is.

A matrix with more entries than there is room for shows the greatest of those that share a place, never a mean, so that
nothing that stands out is lost.
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from desktop.style.theme import Theme, hatch_brush

MOST_SIDE = 1200  # entries along each side of the picture


def pooled(matrix: NDArray, most: int = MOST_SIDE) -> NDArray:
    """(r, c), each <= ``most``: of the entries that share a place the one of greatest size; NaN where all are."""
    for axis in (0, 1):
        matrix = _pooled_along(matrix, axis, most)
    return matrix


def _pooled_along(matrix: NDArray, axis: int, most: int) -> NDArray:
    count = matrix.shape[axis]
    size = -(-count // most)
    if size <= 1:
        return matrix
    starts = np.arange(0, count, size)
    with np.errstate(invalid="ignore"):
        high = np.fmax.reduceat(matrix, starts, axis=axis)
        low = np.fmin.reduceat(matrix, starts, axis=axis)
        return np.where(np.abs(low) > np.abs(high), low, high)


def square_limits(rows: int, columns: int) -> QRectF:
    """The area of a matrix whose entry [r, c] is a unit square around (c + 1, r + 1)."""
    return QRectF(0.5, 0.5, columns, rows)


class InPixels(pg.GraphicsObject):
    """An item over the whole plot that paints in pixels, so that its lines stay thin."""

    def boundingRect(self) -> QRectF:
        """All of the plot."""
        return self.viewRect() or QRectF()

    def viewTransformChanged(self) -> None:
        """The plot has another size."""
        self.prepareGeometryChange()
        super().viewTransformChanged()


class Hatched(InPixels):
    """The ground of a matrix, seen where there is no entry."""

    def __init__(self, theme: Theme, area: QRectF) -> None:
        super().__init__()
        self._brush, self._area = hatch_brush(theme), area

    def paint(self, painter: QPainter, _option: object, _widget: object) -> None:
        """Under all else."""
        area = painter.worldTransform().mapRect(self._area)
        painter.resetTransform()
        painter.fillRect(area.toRect(), self._brush)


class Cross(InPixels):
    """Two thin lines through one entry, and a frame around it."""

    def __init__(self, colour: QColor) -> None:
        super().__init__()
        self._colour, self._at = colour, (0, 0)

    def show_at(self, column: int, row: int) -> None:
        """Stand at this entry, counted from 1."""
        self._at = column, row
        self.update()

    def paint(self, painter: QPainter, _option: object, _widget: object) -> None:
        """In pixels, so that lines stay thin."""
        world = painter.worldTransform()
        area = world.mapRect(self.boundingRect())
        column, row = self._at
        entry = world.mapRect(QRectF(column - 0.5, row - 0.5, 1, 1))
        painter.resetTransform()
        painter.setPen(self._colour)
        across, down = entry.center().x(), entry.center().y()
        painter.drawLine(round(area.left()), round(down), round(entry.left()), round(down))
        painter.drawLine(round(entry.right()), round(down), round(area.right()), round(down))
        painter.drawLine(round(across), round(area.top()), round(across), round(entry.top()))
        painter.drawLine(round(across), round(entry.bottom()), round(across), round(area.bottom()))
        if min(entry.width(), entry.height()) >= 4:
            painter.drawRect(entry.toRect())
