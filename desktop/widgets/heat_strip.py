"""A vector as a strip of coloured cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.style.colours import ColourMaps, rgb_image
from desktop.style.numbers_text import short_text
from desktop.style.theme import hatch_brush, scaled
from desktop.widgets.drawing import rounded

GAPS_FROM_PX = 4.0  # cells at least this long are set apart by a gap
LONG_PX, SHORT_PX = 120.0, 12.0


class HeatStrip(QWidget):
    """Cells side by side, or one under the other; hatched while there is nothing to show."""

    def __init__(
        self,
        maps: ColourMaps,
        orientation: Qt.Orientation = Qt.Orientation.Horizontal,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._maps = maps
        self._orientation = orientation
        self._values: NDArray | None = None
        self._show: tuple[str, float, float] = ("state", 1.0, 1.0)
        across = orientation == Qt.Orientation.Horizontal
        grow, fixed = QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed
        self.setSizePolicy(grow if across else fixed, fixed if across else grow)
        self.clear()

    def show_gate(self, values: ArrayLike) -> None:
        """Show values between 0 and 1, (n,)."""
        self._take(values, ("gate", 0.0, 1.0))

    def show_state(self, values: ArrayLike, limit: float) -> None:
        """Show signed values between -limit and limit, (n,)."""
        self._take(values, ("state", limit, limit))

    def show_gradient(self, norms: ArrayLike, low: float, high: float) -> None:
        """Show gradient norms on a logarithmic scale, (n,); NaN is hatched."""
        self._take(norms, ("gradient", low, high))

    def clear(self) -> None:
        """Show that nothing is computed yet."""
        self._values = None
        self.setAccessibleName(self.tr("Not computed yet"))
        self.update()

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with these colours."""
        self._maps = maps
        self.update()

    def sizeHint(self) -> QSize:
        """A thin strip."""
        long, short = round(scaled(LONG_PX)), round(scaled(SHORT_PX))
        return QSize(long, short) if self._orientation == Qt.Orientation.Horizontal else QSize(short, long)

    def minimumSizeHint(self) -> QSize:
        """It can be squeezed."""
        return QSize(round(scaled(SHORT_PX)), round(scaled(SHORT_PX)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """One image for all cells; gaps and what is missing over it."""
        painter = QPainter(self)
        area = QRectF(self.rect())
        hatch = hatch_brush(self._maps.theme)
        if self._values is None or not self._values.size:
            painter.fillRect(area, hatch)
            rounded(painter, area, 0.0, None, self._maps.theme.line)
            painter.end()
            return
        colours = self._colours(self._values)
        across = self._orientation == Qt.Orientation.Horizontal
        painter.drawImage(area, rgb_image(colours[None] if across else colours[:, None]))
        for place in np.flatnonzero(np.isnan(self._values)) if self._show[0] == "gradient" else ():
            painter.fillRect(self._cell(int(place)), hatch)
        self._draw_gaps(painter)
        painter.end()

    def _colours(self, values: NDArray) -> NDArray:
        kind, low, high = self._show
        if kind == "gate":
            return self._maps.gate_rgb(values)
        return self._maps.state_rgb(values, high) if kind == "state" else self._maps.gradient_rgb(values, low, high)

    def _draw_gaps(self, painter: QPainter) -> None:
        count = len(self._values)
        across = self._orientation == Qt.Orientation.Horizontal
        length = (self.width() if across else self.height()) / count
        if length < scaled(GAPS_FROM_PX):
            return
        for place in range(1, count):
            edge = round(place * length)
            gap = QRectF(edge, 0, 1, self.height()) if across else QRectF(0, edge, self.width(), 1)
            painter.fillRect(gap, self._maps.theme.panel)

    def _cell(self, place: int) -> QRectF:
        count = len(self._values)
        if self._orientation == Qt.Orientation.Horizontal:
            return QRectF(place * self.width() / count, 0, self.width() / count, self.height())
        return QRectF(0, place * self.height() / count, self.width(), self.height() / count)

    def _take(self, values: ArrayLike, show: tuple[str, float, float]) -> None:
        self._values = np.asarray(values, dtype=float).ravel()
        self._show = show
        known = self._values[~np.isnan(self._values)]
        if known.size:
            words = self.tr("{count} values from {low} to {high}")
            self.setAccessibleName(
                words.format(count=len(self._values), low=short_text(known.min()), high=short_text(known.max()))
            )
        else:
            self.setAccessibleName(self.tr("Not computed yet"))
        self.update()
