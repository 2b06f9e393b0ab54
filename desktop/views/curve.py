"""One curve of a time plot with its marks, redrawn only when its data or its look has changed."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPen

from desktop.style.theme import scaled
from desktop.views.plot_items import Line, Marks
from desktop.views.series import Series, thinned
from desktop.views.steady import LogAxis

MARKED_POINTS = 40  # more than these are drawn without marks
SMOOTH_POINTS = 500  # more than these are drawn without antialiasing, one pixel thin
MOST_LONE_MARKS = 300
SYMBOLS = ("o", "s", "t", "d", "p")
STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)


class Curve:
    """A line, marks on its points (few points, or points that stand alone), and open marks at zero and infinity."""

    def __init__(self, item: pg.PlotItem, stems: bool) -> None:
        self._item = item
        self._with_stems = stems
        self._line = Line(connect="finite")
        self._stems = pg.PlotCurveItem(connect="pairs")
        self._marks, self._open = Marks(), Marks()
        self._parts = (*((self._stems,) if stems else ()), self._line, self._marks, self._open)
        for part in self._parts:
            item.addItem(part, ignoreBounds=True)
        self._data: tuple[NDArray, NDArray] | None = None
        self._look: object = None

    def remove(self) -> None:
        """Take the curve off the plot."""
        for part in self._parts:
            self._item.removeItem(part)

    def show(
        self,
        series: Series,
        y: NDArray,
        axis: LogAxis | None,
        colour: QColor,
        ground: QColor,
        columns: tuple[int, int],
        bins: int,
        depth: int,
    ) -> None:
        """Draw ``y`` (already placed on the axis) over the visible columns and one more on either side."""
        start = int(series.x[0]) if len(series.x) else 1
        low, high = max(0, columns[0] - start), max(0, columns[1] + 2 - start)
        x, y = series.x[low:high], y[low:high]
        look = (series.rank, series.ghost, series.chosen, series.lane, colour.name(), axis, bins, depth)
        same = self._data is not None and np.array_equal(x, self._data[0])
        if same and look == self._look and np.array_equal(y, self._data[1], equal_nan=True):
            return
        if look != self._look:
            for part in self._parts:
                part.setZValue(depth + 10 * series.chosen)
        self._data, self._look = (x, y), look
        self._draw(series, x, y, axis, colour, ground, bins)

    def _draw(
        self,
        series: Series,
        x: NDArray,
        y: NDArray,
        axis: LogAxis | None,
        colour: QColor,
        ground: QColor,
        bins: int,
    ) -> None:
        beyond = np.zeros(len(y), bool) if axis is None else (y == axis.zero) | (y == axis.infinity)
        inside = np.where(beyond | ~np.isfinite(y), np.nan, y)
        pen, smooth = self._pen(series, colour, ground, len(x)), len(x) <= SMOOTH_POINTS
        self._line.setData(*thinned(x, inside, bins), connect="finite", pen=pen, antialias=smooth)
        marked = _marked(inside, len(x) <= MARKED_POINTS and not series.ghost)
        fill = ground if series.rank else colour
        self._marks.show_points(x[marked], inside[marked], self._mark(series, colour, fill))
        outside = np.flatnonzero(beyond)
        outside = outside[:: max(1, len(outside) // MOST_LONE_MARKS)]
        self._open.show_points(x[outside], y[outside], self._mark(series, colour, ground))
        if self._with_stems:
            self._set_stems(x[marked], inside[marked], colour)

    def _pen(self, series: Series, colour: QColor, ground: QColor, points: int) -> QPen:
        share = 0.45 if series.ghost else 1.0 if series.chosen else 0.85
        faded = mixed(ground, colour, share)
        plain = series.chosen or points > SMOOTH_POINTS
        style = Qt.PenStyle.SolidLine if plain else STYLES[series.rank % len(STYLES)]
        if series.ghost and points <= SMOOTH_POINTS:
            style = Qt.PenStyle.DashLine
        width = 1.0 if points > SMOOTH_POINTS else 2.2 if series.chosen else 1.4
        return pg.mkPen(faded, width=width, style=style)

    @staticmethod
    def _mark(series: Series, colour: QColor, fill: QColor) -> tuple[str, float, QPen, QBrush]:
        size = scaled(7 if series.chosen else 6)
        return SYMBOLS[series.lane % len(SYMBOLS)], size, pg.mkPen(colour, width=1.4), pg.mkBrush(fill)

    def _set_stems(self, x: NDArray, y: NDArray, colour: QColor) -> None:
        faded = QColor(colour)
        faded.setAlphaF(0.5)
        self._stems.setPen(pg.mkPen(faded, width=1))
        self._stems.setData(np.repeat(x, 2), np.column_stack([np.zeros(len(y)), y]).ravel(), connect="pairs")


def mixed(ground: QColor, colour: QColor, share: float) -> QColor:
    """The opaque colour that ``share`` of a colour gives on a ground."""
    pairs = zip(ground.getRgb()[:3], colour.getRgb()[:3], strict=True)
    return QColor(*(round(under + share * (over - under)) for under, over in pairs))


def _marked(y: NDArray, every: bool) -> NDArray:
    """Indices of the points to mark: all, or only those that no line reaches."""
    there = np.isfinite(y)
    if every:
        return np.flatnonzero(there)
    padded = np.concatenate([[False], there, [False]])
    lone = np.flatnonzero(there & ~padded[:-2] & ~padded[2:])
    return lone[:: max(1, len(lone) // MOST_LONE_MARKS)]
