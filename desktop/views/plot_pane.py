"""One time plot: curves in pyqtgraph, a time cursor to drag, and a label at the end of each curve.

Only this file and what it is made of import pyqtgraph, so that the window can open before it is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from core.gradients.thresholds import Kind
from core.reveal.marks import Mark
from desktop.style.theme import Theme, lane_colours, scaled, ui_font
from desktop.views.curve import Curve
from desktop.views.end_labels import EndLabels
from desktop.views.plot_items import Cursor, Rules, Signs
from desktop.views.series import Plot, Series
from desktop.views.steady import LogAxis, SteadyRange, decades, linear_limits, linear_ticks, log_positions, time_ticks
from desktop.window.status import translated

AXIS_PX = 40.0  # as much as the drawing has in front of its first column
SIDE_PX = 20.0
PIXELS_A_TICK = 44.0
TICK_PX = 10.5
LEAST_TITLE_PX = 70.0
BELOW, ABOVE = 0.04, 0.12  # free room under and over the data, as a part of their height
LEAST_CANVAS_PX, MOST_LEAST_PX = 60.0, 90  # in large type the drawing needs the room more
SIGNS = {Kind.VANISHES: "t", Kind.EXPLODES: "t1", Kind.NOT_FINITE: "x"}


class PlotPane(QWidget):
    """A plot of one kind; ``show_series`` touches only what has changed."""

    scrubbed = Signal(object)  # t, counted from 0

    def __init__(self, theme: Theme, plot: Plot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = plot
        self._theme = theme
        self._steady = SteadyRange()
        self._curves: dict[tuple[int, str, bool], Curve] = {}
        self._columns: tuple[int, int] = (0, 1)
        self._edges: tuple[float, float] | None = None
        self._cursor_t: int | None = None
        self._y_axis: tuple[float, float, tuple[tuple[float, str], ...]] = (0.0, 1.0, ())
        self._axis_state: Hashable = None
        self._x_state: Hashable = None
        self.title, self._words, self._room = QLabel(), "", 10_000.0
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.canvas = _Canvas(self)
        self.canvas.pointed.connect(self._scrub_to)
        self.labels = EndLabels(theme, self.canvas.pixel, self)
        self._arrange()
        self.set_theme(theme)

    def _arrange(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(0)
        layout.setVerticalSpacing(round(scaled(2)))
        layout.addWidget(self.title, 0, 0)
        layout.addWidget(self.canvas, 1, 0)
        layout.addWidget(self.labels, 1, 0)  # over the canvas, so that the curves reach as far as the drawing
        layout.setRowStretch(1, 1)

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self._theme = theme
        self.title.setFont(ui_font(12))
        self.title.setIndent(round(scaled(SIDE_PX)))
        self.title.setStyleSheet(f"color: {theme.secondary.name()}; background: transparent;")
        self._fit_title()
        self.canvas.set_theme(theme)
        self.labels.theme = theme
        for curve in self._curves.values():
            curve.remove()
        self._curves.clear()
        self._axis_state = self._x_state = None

    def show_series(self, series: list[Series], limits: tuple[float, float], key: Hashable, title: str) -> None:
        """Draw these curves; ``limits`` bound the data of the whole run, ``key`` names the run."""
        if self._words != title:
            self._words = title
            self.canvas.setAccessibleName(title)
            self._fit_title()
        low, high = self._steady.fit(limits, (key, title if self.plot is not Plot.GRADIENT else ""))
        axis = LogAxis(*decades((low, high))) if self.plot is Plot.GRADIENT else None
        placed = [(each, self._placed(each.y, axis)) for each in series]
        self._set_y_axis(axis, low, high, [y for _, y in placed])
        self._set_curves(placed, axis)
        self.labels.show_ends([(each, y) for each, y in placed if not each.ghost], self._columns)

    def give_title(self, room: float) -> None:
        """How far to the right the title may reach, in pixels."""
        if room != self._room:
            self._room = room
            self._fit_title()

    def _fit_title(self) -> None:
        """All of the title, as much as there is room for, or nothing rather than a letter or two."""
        room, metrics = int(self._room - self.title.indent()), self.title.fontMetrics()
        text = metrics.elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        self.title.setText(text if text == self._words or room >= scaled(LEAST_TITLE_PX) else "")
        self.title.setToolTip(self._words if text != self._words else "")

    def _placed(self, y: NDArray, axis: LogAxis | None) -> NDArray:
        return log_positions(y, axis) if axis is not None else np.asarray(y, dtype=float)

    def _set_y_axis(self, axis: LogAxis | None, low: float, high: float, ys: list[NDArray]) -> None:
        """Limits, ticks and rules."""
        if axis is None:
            bottom, top = (0.0, 1.0) if self.plot is Plot.GATE else linear_limits(low, high)
            ticks = linear_ticks(bottom, top)
        else:
            zeros = any((y == axis.zero).any() for y in ys)
            over = any((y == axis.infinity).any() for y in ys)
            bottom = axis.zero if zeros else float(axis.low)
            top = axis.infinity if over else float(axis.high)
            ticks = axis.ticks() + [(axis.zero, "0")] * zeros + [(axis.infinity, "∞")] * over
        self._y_axis = (bottom, top, tuple(ticks))
        self._fit_y_axis()

    def _fit_y_axis(self) -> None:
        """As many ticks as there is room for; nothing is touched while they hold."""
        bottom, top, ticks = self._y_axis
        state = (bottom, top, few_ticks(ticks, self.canvas.area().height(), QFontMetricsF(ui_font(TICK_PX)).height()))
        if state != self._axis_state:
            self._axis_state = state
            self.canvas.set_y(bottom, top, list(state[2]))
            self.labels.update()

    def _set_curves(self, placed: list[tuple[Series, NDArray]], axis: LogAxis | None) -> None:
        colours = lane_colours(self._theme)
        width = max(50, int(self.canvas.width() / 2))
        for key in [key for key in self._curves if key not in {each.key for each, _ in placed}]:
            self._curves.pop(key).remove()
        for depth, (each, y) in enumerate(placed):
            if each.key not in self._curves:
                self._curves[each.key] = Curve(self.canvas.getPlotItem(), self.plot is Plot.LOSS)
            colour = colours[each.lane % len(colours)]
            self._curves[each.key].show(each, y, axis, colour, self._theme.background, self._columns, width, depth)

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        """Mark on the time axis where gradients vanish (▼), explode (▲) or are not finite (×)."""
        self.canvas.signs.show_signs(tuple((mark.t + 1, SIGNS[mark.kind]) for mark in marks))
        self.canvas.setToolTip("\n".join(translated(mark.sentence) for mark in marks))

    def set_columns(self, first: int, last: int, edges: tuple[float, float] | None = None) -> None:
        """Show the steps first <= t < last; ``edges``: where the first begins and the last ends, in this widget."""
        self._columns, self._edges = (first, last), edges
        left, right = first + 0.5, last + 0.5
        area = self.canvas.area()
        if edges is not None and edges[1] > edges[0] and area.width() > 0:
            a_pixel = (right - left) / (edges[1] - edges[0])
            left, right = left - (edges[0] - area.left()) * a_pixel, right + (area.right() - edges[1]) * a_pixel
        state = (first, last, left, right, round(area.width()))
        if state != self._x_state and last > first:
            self._x_state = state
            a_step = max(1.0, area.width()) / max(right - left, 1e-9)
            ticks = time_ticks(first, last, int(a_step * (last - first) / scaled(PIXELS_A_TICK)))
            metrics, edge = QFontMetricsF(ui_font(TICK_PX)), self.canvas.width() - area.left()
            whole = [
                (t, text) for t, text in ticks if (t - left) * a_step + metrics.horizontalAdvance(text) / 2 <= edge
            ]
            self.canvas.set_x(left, right, whole)
            self.labels.update()

    def set_cursor(self, t: int | None) -> None:
        """Put the time cursor at step ``t`` counted from 0."""
        if t != self._cursor_t:
            self._cursor_t = t
            self.canvas.set_cursor(None if t is None else t + 1)

    def show_time_axis(self, shown: bool) -> None:
        """Whether the texts at the time ticks are drawn: the lowest of several plots carries them."""
        self.canvas.getPlotItem().getAxis("bottom").setStyle(showValues=shown)
        self.canvas.getPlotItem().getAxis("bottom").setHeight(round(scaled(20 if shown else 5)))

    def _scrub_to(self, x: float) -> None:
        first, last = self._columns
        t = min(max(round(x) - 1, first), last - 1)
        if t != self._cursor_t:
            self.set_cursor(t)
            self.scrubbed.emit(t)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_y_axis()
        self.set_columns(*self._columns, self._edges)


class _Canvas(pg.PlotWidget):
    """The drawing area: axes without frames, a cursor line, the mouse only to scrub."""

    pointed = Signal(object)  # x under the pointer, while the button is down

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, background=None, enableMenu=False)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.disableAutoRange()
        item.layout.setContentsMargins(0, 4, 0, 0)
        self._rules, self._cursor, self.signs = Rules(), Cursor(), Signs()
        for part in (self._rules, self._cursor, self.signs):
            item.addItem(part, ignoreBounds=True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_theme(self, theme: Theme) -> None:
        self.setMinimumHeight(min(round(scaled(LEAST_CANVAS_PX)), MOST_LEAST_PX))
        item = self.getPlotItem()
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(QPen(Qt.PenStyle.NoPen))
            axis.setTextPen(theme.secondary)
            axis.setStyle(tickFont=ui_font(TICK_PX), tickLength=0, tickAlpha=0, tickTextOffset=round(scaled(5)))
            axis.setStyle(hideOverlappingLabels=False)
        item.getAxis("left").setWidth(round(scaled(AXIS_PX)))
        item.getAxis("bottom").setHeight(round(scaled(20)))
        self._rules.set_colour(theme.line)
        self._cursor.set_colour(theme.accent)
        self.signs.set_colours(theme.warning, theme.background)

    def set_y(self, low: float, high: float, ticks: list[tuple[float, str]]) -> None:
        """Limits, texts and thin rules across at the ticks."""
        whole = high - low
        item = self.getPlotItem()
        item.setYRange(low - BELOW * whole, high + ABOVE * whole, padding=0)
        item.getAxis("left").setTicks([ticks])
        self._rules.set_heights(tuple(value for value, _ in ticks))

    def set_x(self, low: float, high: float, ticks: list[tuple[float, str]]) -> None:
        """Limits and texts of the time axis."""
        self.getPlotItem().setXRange(low, high, padding=0)
        self.getPlotItem().getAxis("bottom").setTicks([ticks])

    def set_cursor(self, x: int | None) -> None:
        """Put the cursor line at ``x``."""
        self._cursor.set_x(x)

    def area(self) -> QRectF:
        """The rectangle of the curves in pixels of this widget."""
        return self.getPlotItem().getViewBox().sceneBoundingRect()

    def pixel(self, x: float, y: float) -> QPointF:
        """Where the value ``y`` at step ``x``, counted from 1, lies in this widget."""
        return self.getPlotItem().getViewBox().mapViewToScene(QPointF(x, y))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._point(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _point(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            view = self.getPlotItem().getViewBox()
            self.pointed.emit(view.mapSceneToView(event.position()).x())
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the drawing above zooms, not the plot


def few_ticks(ticks: tuple[tuple[float, str], ...], high: float, text_high: float) -> tuple[tuple[float, str], ...]:
    """Every tick, or every second, third, … from the highest down, so that their texts do not touch."""
    heights = sorted(value for value, _ in ticks)
    if high <= 0 or len(heights) < 2 or heights[0] == heights[-1]:
        return ticks
    apart = high / (1 + BELOW + ABOVE) / (len(ticks) - 1)
    every = max(1, math.ceil(text_high / max(apart, 1e-9)))
    kept = heights[::-1][::every]
    return tuple(tick for tick in ticks if tick[0] in kept)
