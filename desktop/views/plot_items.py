"""What lies in a time plot, drawn in pixels.

Under pyqtgraph's scale of the data Qt strokes every line as an outline; straight lines in pixels cost it a tenth.
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.graphicsItems.ScatterPlotItem import renderSymbol
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from desktop.style.theme import scaled

SIGN_PX = 9.0
HANDLE_PX = 10.0
HANDLE_DOWN_PX = 6.0
CURSOR_PX = 2.0
JOINT_PX = 0.25  # by which stretches of a curve reach over each other


class Line(pg.PlotCurveItem):
    """A curve; a thick unbroken one is drawn stretch by stretch, so its colour must be opaque."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        pen = self.opts["pen"]
        if pen.style() is not Qt.PenStyle.SolidLine or pen.widthF() <= 1.0:
            super().paint(painter, option, widget)
            return
        stretches = self._stretches(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self.opts["antialias"])
        painter.resetTransform()
        painter.setPen(QPen(pen.color(), pen.widthF(), Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLines(stretches)

    def _stretches(self, scale: QTransform) -> list[QLineF]:
        x, y = self.getData()
        if x is None or len(x) < 2:
            return []
        points = np.stack([x * scale.m11() + scale.dx(), y * scale.m22() + scale.dy()], axis=1)
        starts, ends = points[:-1], points[1:]
        along = ends - starts
        with np.errstate(invalid="ignore"):
            over = along * (JOINT_PX / np.maximum(np.hypot(*along.T), 1.0))[:, None]  # or a seam would be seen
        found = np.concatenate([starts - over, ends + over], axis=1)
        return [QLineF(*each) for each in found[np.isfinite(found).all(axis=1)].tolist()]


class _Overall(pg.GraphicsObject):
    """An item over the whole area of a plot."""

    def boundingRect(self) -> QRectF:
        return self.viewRect() or QRectF()

    def viewTransformChanged(self) -> None:
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def area_in_pixels(self, painter: QPainter) -> QRectF:
        """The area of the plot; from here on ``painter`` draws in pixels."""
        area = painter.worldTransform().mapRect(self.boundingRect())
        painter.resetTransform()
        return area


class Marks(_Overall):
    """The same small mark at some points; it is drawn once and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._points: tuple[NDArray, NDArray] = (np.zeros(0), np.zeros(0))
        self._look: tuple[str, float, QPen, QBrush] | None = None
        self._pictures: dict[float, QImage] = {}  # by pixels of the screen for each of ours

    def show_points(self, x: NDArray, y: NDArray, look: tuple[str, float, QPen, QBrush]) -> None:
        """Mark these points; ``look`` is the symbol, its size, pen and brush."""
        if look != self._look:
            self._look, self._pictures = look, {}
        self._points = x, y
        self.setVisible(len(x) > 0)
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        (x, y), scale = self._points, painter.worldTransform()
        across, down = x * scale.m11() + scale.dx(), y * scale.m22() + scale.dy()
        picture = self._picture(widget.devicePixelRatioF() if widget is not None else 1.0)
        half = picture.deviceIndependentSize().width() / 2
        painter.resetTransform()
        for left, top in zip((across - half).tolist(), (down - half).tolist(), strict=True):
            painter.drawImage(QPointF(left, top), picture)

    def _picture(self, ratio: float) -> QImage:
        if ratio not in self._pictures:
            assert self._look is not None
            self._pictures[ratio] = renderSymbol(*self._look, dpr=ratio)
        return self._pictures[ratio]


class Rules(_Overall):
    """Thin lines across at some heights."""

    def __init__(self) -> None:
        super().__init__()
        self._heights: tuple[float, ...] = ()
        self._colour = QColor()
        self.setZValue(-10)

    def set_colour(self, colour: QColor) -> None:
        """Draw in this colour."""
        self._colour = colour
        self.update()

    def set_heights(self, heights: tuple[float, ...]) -> None:
        """Draw at these values."""
        self._heights = heights
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget) -> None:
        scale = painter.worldTransform()
        area = self.area_in_pixels(painter)
        downs = [round(height * scale.m22() + scale.dy()) for height in self._heights]
        painter.setPen(QPen(self._colour, 1))
        painter.drawLines([QLineF(area.left(), down, area.right(), down) for down in downs])


class Cursor(_Overall):
    """A line down at one time step, with a dot at its upper end to take hold of."""

    def __init__(self) -> None:
        super().__init__()
        self._x = 0
        self._colour = QColor()
        self.setZValue(50)
        self.hide()

    def set_colour(self, colour: QColor) -> None:
        """Draw in this colour."""
        self._colour = colour
        self.update()

    def set_x(self, x: int | None) -> None:
        """Stand at ``x``; None hides it."""
        self.setVisible(x is not None)
        self._x = x or 0
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget) -> None:
        scale = painter.worldTransform()
        area = self.area_in_pixels(painter)
        middle = round(self._x * scale.m11() + scale.dx())
        painter.fillRect(QRectF(middle - CURSOR_PX / 2, area.top(), CURSOR_PX, area.height()), self._colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        radius = scaled(HANDLE_PX) / 2
        painter.drawEllipse(QPointF(middle, area.top() + scaled(HANDLE_DOWN_PX)), radius, radius)


class Signs(_Overall):
    """Small signs along the lower edge, each at a time step."""

    def __init__(self) -> None:
        super().__init__()
        self._signs: tuple[tuple[int, str], ...] = ()
        self._colours = QColor(), QColor()
        self.setZValue(60)

    def set_colours(self, colour: QColor, ground: QColor) -> None:
        """Draw in a colour, with a thin edge in that of the ground."""
        self._colours = colour, ground
        self.update()

    def show_signs(self, signs: tuple[tuple[int, str], ...]) -> None:
        """Show these: step counted from 1, and one of pyqtgraph's symbols."""
        if signs != self._signs:
            self._signs = signs
            self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget) -> None:
        scale = painter.worldTransform()
        area = self.area_in_pixels(painter)
        colour, ground = self._colours
        size = scaled(SIGN_PX)
        for x, symbol in self._signs:
            picture = renderSymbol(symbol, size, pg.mkPen(ground, width=1), QBrush(colour))
            middle = x * scale.m11() + scale.dx()
            painter.drawImage(QPointF(middle - picture.width() / 2, area.bottom() - picture.height()), picture)
