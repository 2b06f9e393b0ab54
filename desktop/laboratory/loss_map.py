"""A map of losses t (up) against steps k (across), on a logarithmic colour scale, with a cross where the cursor is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.charts.chart import Chart
from desktop.charts.matrix import Cross, pooled, square_limits
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text
from desktop.style.theme import scaled
from desktop.views.steady import time_ticks

SPAN = 1e-12  # of the greatest: what is smaller is as pale as can be


class LossMapView(QWidget):
    """Entries that are nothing are hatched; a click says which one."""

    chosen = Signal(object)  # (t, k)

    def __init__(self, maps: ColourMaps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps = maps
        self._norms = np.zeros((0, 0))
        self._reached = np.zeros((0, 0), bool)
        self._across = ""
        self._cross: Cross | None = None
        self.chart = Chart(maps.theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.chart)
        self.chart.pointed.connect(self._point)
        self.chart.hovered.connect(self._tell)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        self._maps = maps
        self.chart.set_theme(maps.theme)

    def show_map(self, norms: NDArray, reached: NDArray, across: str) -> tuple[float, float]:
        """Draw (T, T) norms at [t, k], hatched where not ``reached``. The ends of the colour scale."""
        self._norms, self._reached, self._across = norms, reached, across
        shown = np.where(reached, norms, np.nan)
        limits = _limits(shown)
        drawn, count = pooled(shown), len(norms)
        chart = self.chart
        chart.clear_data()
        chart.add_matrix(self._maps.gradient_rgb(drawn, *limits), ~np.isnan(drawn), square_limits(count, count))
        self._cross = Cross(self._maps.theme.accent)
        chart.add(self._cross, 20.0)
        chart.set_labels(across, QCoreApplication.translate("Laboratory", "step t of the loss"))
        chart.set_x(0.5, count + 0.5, time_ticks(0, count, max(2, int(chart.width() / scaled(60)))))
        chart.set_y(0.5, count + 0.5, time_ticks(0, count, max(2, int(chart.height() / scaled(40)))), rules=False)
        return limits

    def show_cross(self, t: int, k: int) -> None:
        """Stand at an entry."""
        if self._cross is not None:
            self._cross.show_at(k + 1, t + 1)

    def _entry(self, at: tuple[float, float]) -> tuple[int, int]:
        most = len(self._norms) - 1
        return min(max(round(at[1]) - 1, 0), most), min(max(round(at[0]) - 1, 0), most)

    def _point(self, at: object) -> None:
        if len(self._norms):
            self.chosen.emit(self._entry(at))  # type: ignore[arg-type]

    def _tell(self, at: object) -> None:
        if at is None or not len(self._norms):
            self.chart.setToolTip("")
            return
        t, k = self._entry(at)  # type: ignore[arg-type]
        text = number_text(float(self._norms[t, k])) if self._reached[t, k] else "—"
        self.chart.setToolTip(f"t = {t + 1}, k = {k + 1}: {text}")


def _limits(shown: NDArray) -> tuple[float, float]:
    """The greatest, and the smallest above zero, at most twelve decades lower; zeros are paler than the smallest."""
    sizes = shown[np.isfinite(shown) & (shown > 0)]
    if not sizes.size:
        return 1e-12, 1.0
    high = float(sizes.max())
    low = max(float(sizes.min()), high * SPAN)
    return low / 10 if (shown == 0).any() else low, high
