"""Where losses reach: the gradient of each step's loss at each step, as a map, and what one column of it adds up to."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QGridLayout

from core.gradients.itemised import LossMap, loss_map
from desktop.colours import ColourMaps
from desktop.laboratory.chart import Chart
from desktop.laboratory.legend import RampLegend
from desktop.laboratory.matrix import Cross, pooled, square_limits
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.theme import scaled
from desktop.views.steady import linear_limits, linear_ticks, time_ticks

SPAN = 1e-12  # of the greatest norm: what is smaller is drawn as the palest


class LossMapQuestion(msgspec.Struct, frozen=True):
    """The map of one variable for one sequence of the batch."""

    path: str
    sample: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> LossMap:
        """One backward pass for all losses at once."""
        return loss_map(finished.whole(cancelled), self.path, self.sample, progress=progress, cancelled=cancelled)


class Reach(Picture):
    """The map at the left; at the right, which losses make up the gradient at the cursor's step."""

    def __init__(self, maps: ColourMaps) -> None:
        super().__init__(maps)
        self.title = tr("Reach of losses")
        self._map: LossMap | None = None
        self._place: Place | None = None
        self.chart, self.parts = Chart(maps.theme), Chart(maps.theme)
        self.legend = RampLegend(maps)
        self._cross: Cross | None = None
        self._arrange()
        self.chart.pointed.connect(lambda at: self._point(at[0]))
        self.parts.pointed.connect(lambda at: None)

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(round(scaled(28)))
        grid.addWidget(self.chart, 0, 0)
        grid.addWidget(self.legend, 1, 0)
        grid.addWidget(self.parts, 0, 1)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        grid.setRowStretch(0, 1)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        for chart in (self.chart, self.parts):
            chart.set_theme(maps.theme)
        self.legend.set_maps(maps)
        if self._map is not None and self._place is not None:
            self.show_answer(self._map, self._place)
            self.show_place(self._place)

    def question(self, subject: Subject, place: Place) -> LossMapQuestion | str:
        """The map of the variable that is looked at."""
        path = place.path
        if "/" not in path or path.startswith("head/"):
            path = subject.problem.network.last_layer.output_path
        return LossMapQuestion(path, place.sample)

    def show_answer(self, answer: LossMap, place: Place) -> None:
        """Draw the whole map."""
        self._map = answer
        norms = np.where(answer.reached, answer.norms, np.nan)
        high = float(np.nanmax(np.where(np.isfinite(norms), norms, 0.0), initial=0.0))
        limits = (high * SPAN, high) if high else (1e-12, 1.0)
        drawn = pooled(norms)
        count = len(norms)
        self.chart.clear_data()
        self.chart.add_matrix(self.maps.gradient_rgb(drawn, *limits), ~np.isnan(drawn), square_limits(count, count))
        self._cross = Cross(self.maps.theme.accent)
        self.chart.add(self._cross, 20.0)
        ticks = time_ticks(0, count, max(2, int(self.chart.width() / scaled(60))))
        self.chart.set_labels(tr("step k of the variable"), tr("step t of the loss"))
        self.chart.set_x(0.5, count + 0.5, ticks)
        self.chart.set_y(0.5, count + 0.5, time_ticks(0, count, max(2, int(self.chart.height() / scaled(40)))), False)
        self.legend.show_limits(*limits)

    def show_place(self, place: Place) -> None:
        """The cross, and the column of the cursor."""
        self._place = place
        if self._map is None or self._cross is None:
            return
        k = min(place.t, len(self._map.norms) - 1)
        self._cross.show_at(k + 1, k + 1)
        self._show_parts(self._map, k)
        self.said.emit(sentence(self._map, k))

    def _show_parts(self, found: LossMap, k: int) -> None:
        shares = found.shares(k)
        count = len(shares)
        self.parts.clear_data()
        finite = np.nan_to_num(shares, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = linear_limits(min(0.0, float(finite.min())), max(1.0, float(finite.max())))
        colours = [self.maps.theme.gradient_high if t >= k else self.maps.theme.line for t in range(count)]
        self.parts.add_bars(np.arange(1, count + 1), finite, colours)
        self.parts.set_labels(tr("step t of the loss"), tr("share of the gradient at k = {k}").format(k=k + 1))
        self.parts.set_x(0.5, count + 0.5, time_ticks(0, count, max(2, int(self.parts.width() / scaled(60)))))
        self.parts.set_y(low, high, linear_ticks(low, high))

    def _point(self, x: float) -> None:
        if self._map is not None:
            self.jump_requested.emit(min(max(math.floor(x + 0.5) - 1, 0), len(self._map.norms) - 1))


def sentence(found: LossMap, k: int) -> str:
    """What the column of step ``k`` says, in plain words."""
    shares: NDArray = found.shares(k)
    if not np.isfinite(shares).any():
        return tr("No gradient reaches {path} at step {k}.").format(path=found.path, k=k + 1)
    strongest = int(np.nanargmax(np.abs(shares)))
    words = tr(
        "At step {k}, the gradient of {path} comes from {count} losses; that of step {t} makes up {share:.0%} of it."
    )
    count = int(np.count_nonzero(found.norms[:, k]))
    return words.format(k=k + 1, path=found.path, count=count, t=strongest + 1, share=shares[strongest])


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
