"""The drawing and the plots under it share their columns, and the frame holds what can be seen of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from core.frame import Detail
from desktop.bridge import Bridge
from desktop.views.unrolled import UnrolledView, VisibleColumns

if TYPE_CHECKING:
    from desktop.views.plots import TimePlots


class SharedColumns:
    """Follows the drawing."""

    def __init__(self, bridge: Bridge, drawing: UnrolledView) -> None:
        self._bridge, self._drawing = bridge, drawing
        self._plots: TimePlots | None = None  # made after the first picture

    def attach(self, plots: TimePlots) -> None:
        """Put these plots under the drawing from now on."""
        self._plots = plots
        self.place(self._drawing.visible_columns)

    def follow(self, seen: VisibleColumns) -> None:
        """Ask for the columns that are seen, and as many at each side, so that panning finds them there."""
        span, view = seen.last - seen.first, self._bridge.view
        there = view.first <= max(0, seen.first - 1) and seen.last + 1 <= view.last
        if not there or view.detail != seen.detail or view.last - view.first > 6 * span + 64:
            self._bridge.set_view(first=max(0, seen.first - span), last=seen.last + span, detail=seen.detail)
        self.place(seen)

    def place(self, seen: VisibleColumns | None) -> None:
        """Put the plots' time axis under the drawing's columns."""
        if seen is None or self._plots is None:
            return
        if seen.detail is Detail.INSIDE or seen.end <= seen.start:
            self._plots.set_columns(seen.first, seen.last, None)
            return
        pitch = (seen.right_px - seen.left_px) / (seen.end - seen.start)
        shift = self._drawing.mapToGlobal(QPoint()).x() - self._plots.mapToGlobal(QPoint()).x()
        first, last = (shift + seen.left_px + (t - seen.start) * pitch for t in (seen.first, seen.last))
        self._plots.set_columns(seen.first, seen.last, (first, last))
