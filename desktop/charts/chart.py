"""A plot with named axes: curves, bars, points, a matrix, a cursor to drag.

pyqtgraph draws it; what is here gives it the look of the window and its units to the axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from desktop.charts.matrix import Hatched
from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.plot_items import Cursor, Line, Rules
from desktop.views.steady import time_ticks

TICK_PX, LABEL_PX = 11.0, 12.0
LEFT_PX, GAP_PX = 52.0, 14.0
STEP_PX = 60.0  # along the axis for each labelled time step
Ticks = Sequence[tuple[float, str]]


class Chart(pg.PlotWidget):
    """Axes without frames; the mouse points, and neither zooms nor pans by itself."""

    pointed = Signal(object)  # (x, y) under the pointer while the button is down
    hovered = Signal(object)  # (x, y) under the pointer, or None once it has left
    released = Signal(object)  # (x, y) where a drag has ended

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None, enableMenu=False)
        self._theme = theme
        self._data: list[pg.GraphicsObject] = []
        self.dragging = False  # whether the pointer has moved since the button went down
        self._steps: tuple[int, int] | None = None
        self._ticks: tuple[tuple[float, str], ...] = ()
        self._ruled = True
        self._title, self._key = QLabel(self), QLabel(self)
        for label in (self._title, self._key):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.hide()
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._rules, self.cursor_line = Rules(), Cursor()
        item = self.getPlotItem()
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.disableAutoRange()
        for part in (self._rules, self.cursor_line):
            item.addItem(part, ignoreBounds=True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys of the walk do what the pointer does
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # the grid shares the room out
        self.set_x(0.0, 1.0, ())
        self.set_y(0.0, 1.0, ())
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw axes, rules and cursor in these colours; data are drawn again by whoever drew them."""
        self._theme = theme
        item = self.getPlotItem()
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(QPen(Qt.PenStyle.NoPen))
            axis.setTextPen(theme.secondary)
            axis.setStyle(tickFont=ui_font(TICK_PX), tickLength=0, tickAlpha=0, tickTextOffset=round(scaled(5)))
            axis.setStyle(hideOverlappingLabels=False)
            axis.enableAutoSIPrefix(False)
            axis.label.setFont(ui_font(LABEL_PX))
            axis.label.setDefaultTextColor(theme.secondary)
        item.getAxis("left").setWidth(round(scaled(LEFT_PX)))
        self._title.setStyleSheet(f"color: {theme.secondary.name()};")
        self._rules.set_colour(theme.line)
        self.cursor_line.set_colour(theme.accent)
        self._place_head()

    # Axes

    def set_labels(self, across: str, up: str) -> None:
        """What the axes measure, with units; that of the axis up stands over it."""
        axis = self.getPlotItem().getAxis("bottom")
        axis.setLabel(across)
        axis.label.setFont(ui_font(LABEL_PX))
        axis.label.setDefaultTextColor(self._theme.secondary)
        self._title.setText(up)
        self._title.setVisible(bool(up))
        self.setAccessibleName(f"{up}, {across}")
        self._place_head()

    def set_x(self, low: float, high: float, ticks: Ticks) -> None:
        """Limits and texts of the axis across."""
        self._steps = None
        self.getPlotItem().setXRange(low, high, padding=0)
        self.getPlotItem().getAxis("bottom").setTicks([list(ticks)])

    def set_steps(self, first: int, last: int) -> None:
        """Whole steps across, first < t <= last, with as many texts as there is room for."""
        self.set_x(first + 0.5, last + 0.5, time_ticks(first, last, max(2, int(self.width() / scaled(STEP_PX)))))
        self._steps = first, last

    def set_y(self, low: float, high: float, ticks: Ticks, rules: bool = True) -> None:
        """Limits and texts of the axis up, with thin rules across at the ticks. ``low`` > ``high`` turns it round."""
        box = self.getPlotItem().getViewBox()
        box.invertY(low > high)
        self.getPlotItem().setYRange(min(low, high), max(low, high), padding=0)
        self._ticks, self._ruled = tuple(ticks), rules
        self._fit_ticks()

    def _fit_ticks(self) -> None:
        """As many texts as there is room for; the last ones, of special rows, come before the others."""
        low, high = self.getPlotItem().getViewBox().viewRange()[1]
        room = max(self.height() - round(scaled(64)), 1)
        least = (high - low) / room * scaled(TICK_PX + 3)
        kept: list[tuple[float, str]] = []
        for place, text in reversed(self._ticks):
            if all(abs(place - other) >= least for other, _ in kept):
                kept.append((place, text))
        self.getPlotItem().getAxis("left").setTicks([kept])
        self._rules.set_heights(tuple(place for place, _ in kept) if self._ruled else ())

    # Data

    def clear_data(self) -> None:
        """Take everything out but axes, rules and cursor."""
        for part in self._data:
            self.getPlotItem().removeItem(part)
        self._data.clear()

    def add(self, part: pg.GraphicsObject, depth: float = 0.0) -> pg.GraphicsObject:
        """Put any item in."""
        part.setZValue(depth)
        self.getPlotItem().addItem(part, ignoreBounds=True)
        self._data.append(part)
        return part

    def add_line(self, x: ArrayLike, y: ArrayLike, colour: QColor, width: float = 2.0, dashed: bool = False) -> None:
        """A curve, broken where ``y`` is NaN."""
        if not np.isfinite(np.asarray(y, float)).any():
            return
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        line = Line(np.asarray(x, float), np.asarray(y, float), antialias=True, connect="finite")
        line.setPen(QPen(colour, scaled(width), style))
        line.opts["pen"].setCosmetic(True)
        self.add(line, 2.0)

    def add_lines(self, x: ArrayLike, ys: Sequence[ArrayLike], colour: QColor, width: float = 1.0) -> None:
        """Many curves that look alike, as one: each item costs a millisecond."""
        gap = np.array([np.nan])
        rows = [np.concatenate([np.asarray(y, float), gap]) for y in ys]
        if rows:
            across = np.tile(np.concatenate([np.asarray(x, float), gap]), len(rows))
            self.add_line(across, np.concatenate(rows), colour, width)

    def add_points(
        self, x: ArrayLike, y: ArrayLike, colour: QColor, symbol: str = "o", size: float = 7.0,
        ring: QColor | None = None,
    ) -> None:  # fmt: skip
        """Marks at some points; a ring round them, usually in the colour of the ground, keeps them apart."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        there = np.isfinite(x) & np.isfinite(y)
        if not there.any():
            return
        pen = pg.mkPen(ring or self._theme.background, width=1.0)
        self.add(pg.ScatterPlotItem(x[there], y[there], symbol=symbol, size=scaled(size), pen=pen, brush=colour), 3.0)

    def add_bars(
        self, x: ArrayLike, heights: ArrayLike, colours: Sequence[QColor] | QColor, width: float = 0.8,
        base: ArrayLike = 0.0,
    ) -> None:  # fmt: skip
        """Bars that stand on zero, or on ``base``."""
        x, heights = np.asarray(x, float), np.nan_to_num(np.asarray(heights, float))
        brushes = {"brush": colours} if isinstance(colours, QColor) else {"brushes": list(colours)}
        pen = QPen(Qt.PenStyle.NoPen)
        self.add(pg.BarGraphItem(x=x, y0=base, height=heights, width=width, pen=pen, **brushes), 1.0)

    def add_matrix(self, rgb: NDArray, there: NDArray, area: QRectF) -> None:
        """A picture (rows, columns, 3) uint8 over ``area``, row 0 at the least y; hatched where not ``there``."""
        if not there.all():
            self.add(Hatched(self._theme, area), -6.0)
        pixels = np.dstack([rgb, np.where(there, 255, 0).astype(np.uint8)])
        image = pg.ImageItem(pixels, axisOrder="row-major", autoLevels=False, levels=(0, 255))
        image.setRect(area)
        self.add(image, -5.0)

    def add_rule(self, y: float, colour: QColor) -> None:
        """A thin line across."""
        self.add(pg.InfiniteLine(y, angle=0, pen=pg.mkPen(colour, width=1)), 1.0)

    def add_upright(self, x: float, colour: QColor) -> None:
        """A thin line up."""
        self.add(pg.InfiniteLine(x, angle=90, pen=pg.mkPen(colour, width=1)), 1.0)

    def add_band(self, low: float, high: float, colour: QColor) -> None:
        """A stretch across that is set off."""
        band = pg.LinearRegionItem((low, high), movable=False, brush=colour, pen=pg.mkPen(None))
        self.add(band, -20.0)

    def set_key(self, entries: Sequence[tuple[QColor, str] | tuple[QColor, str, str]]) -> None:
        """What the colours of the curves mean, over the plot; a third part is the mark in the place of a bar."""
        words = []
        for colour, text, *mark in entries:
            words.append(f'<span style="color:{colour.name()}">{mark[0] if mark else "▬"}</span> {escape(text)}')
        self._key.setText("&nbsp;&nbsp; ".join(words))
        self._key.setVisible(bool(entries))
        self._place_head()

    def _place_head(self) -> None:
        """The title at the left, what colours mean at the right, or under it where one line has no room for both."""
        room, gap, edge = self.width(), round(scaled(GAP_PX)), round(scaled(12))
        title, key = (0 if label.isHidden() else self._sized(label, room) for label in (self._title, self._key))
        beside = title + gap + key <= room - edge
        self._title.move(0, 0)
        self._key.move(max(0, room - edge - self._key.width()), 0 if beside or not title else self._title.height())
        bottoms = (label.geometry().bottom() + 1 for label in (self._title, self._key) if not label.isHidden())
        self.getPlotItem().layout.setContentsMargins(0, max(bottoms, default=0) + round(scaled(6)), edge, 0)

    def _sized(self, label: QLabel, room: int) -> int:
        label.setFont(ui_font(LABEL_PX if label is self._title else TICK_PX))
        label.setWordWrap(False)
        label.adjustSize()
        if label.width() > room:
            label.setWordWrap(True)
            label.resize(room, label.heightForWidth(room))
        return label.width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_key"):
            self._place_head()
            self._fit_ticks()
            if self._steps is not None:
                self.set_steps(*self._steps)

    def set_cursor(self, x: float | None) -> None:
        """The line that says where the walk is."""
        self.cursor_line.set_x(None if x is None else round(x))

    # Pointing

    def at(self, event: QMouseEvent) -> tuple[float, float]:
        """What lies under the pointer, in the units of the axes."""
        point = self.getPlotItem().getViewBox().mapSceneToView(event.position())
        return point.x(), point.y()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.dragging = False
        if event.button() == Qt.MouseButton.LeftButton:
            self.pointed.emit(self.at(event))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.dragging = True
            self.pointed.emit(self.at(event))
        self.hovered.emit(self.at(event))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.dragging:
            self.released.emit(self.at(event))
        self.dragging = False
        event.accept()

    def leaveEvent(self, event: object) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
