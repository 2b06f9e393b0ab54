"""Where losses reach: the gradient of each loss at each step, what a column adds up to, and what lags keep of it."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QGridLayout

from core.block import path_title
from core.gradients.itemised.loss_map import LossMap, loss_map
from core.gradients.itemised.retention import Retention, reach_sentence, retention
from desktop.charts.chart import Chart
from desktop.charts.scales import log_axis
from desktop.laboratory.legend import RampLegend
from desktop.laboratory.loss_map import LossMapView
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.style.colours import ColourMaps
from desktop.style.theme import scaled
from desktop.views.steady import linear_limits, linear_ticks, time_ticks


class ReachAnswer(msgspec.Struct, frozen=True, eq=False):
    """The map and what it says about lags."""

    map: LossMap
    kept: Retention


class ReachQuestion(msgspec.Struct, frozen=True):
    """The map of one variable for one sequence of the batch."""

    path: str
    sample: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> ReachAnswer:
        """One backward pass for all losses at once."""
        run = finished.whole(cancelled)
        found = loss_map(run, self.path, self.sample, progress=progress, cancelled=cancelled)
        return ReachAnswer(found, retention(found))


class Reach(Picture):
    """The map at the left; at the right, which losses make up the gradient at the cursor's step, and what lags keep."""

    def __init__(self, maps: ColourMaps) -> None:
        super().__init__(maps)
        self.title = tr("Reach")
        self._answer: ReachAnswer | None = None
        self._place: Place | None = None
        self.map, self.parts, self.lags = LossMapView(maps), Chart(maps.theme), Chart(maps.theme)
        self.legend = RampLegend(maps, tr("‖∂Lₜ/∂·‖"), tr("not reached"))
        self._arrange()
        self.map.chosen.connect(lambda place: self.jump_requested.emit(place[1]))
        self.parts.pointed.connect(lambda at: self._jump(at[0]))

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(round(scaled(28)))
        grid.addWidget(self.map, 0, 0, 2, 1)
        grid.addWidget(self.legend, 2, 0)
        grid.addWidget(self.parts, 0, 1)
        grid.addWidget(self.lags, 1, 1)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        grid.setRowStretch(0, 1)
        grid.setRowStretch(1, 1)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        self.map.set_maps(maps)
        self.legend.set_maps(maps)
        for chart in (self.parts, self.lags):
            chart.set_theme(maps.theme)
        if self._answer is not None and self._place is not None:
            self.show_answer(self._answer, self._place)
            self.show_place(self._place)

    def question(self, subject: Subject, place: Place) -> ReachQuestion | str:
        """The map of the variable that is looked at; of the last layer's output where none of a layer is."""
        if subject.problem.targets is None:
            return tr("There is no loss without targets, so nothing is sent back. Give the sequence targets.")
        path = place.path
        if "/" not in path or path.startswith("head/"):
            path = subject.problem.network.last_layer.output_path
        return ReachQuestion(path, place.sample)

    def show_answer(self, answer: ReachAnswer, place: Place) -> None:
        """Draw the whole map, and the lags."""
        self._answer = answer
        found = answer.map
        limits = self.map.show_map(
            found.norms, found.reached, tr("step k of {path}").format(path=path_title(found.path))
        )
        self.legend.show_limits(*limits)
        self._draw_lags(answer.kept)

    def show_place(self, place: Place) -> None:
        """The cross, and the column of the cursor."""
        self._place = place
        if self._answer is None:
            return
        found = self._answer.map
        k = min(place.t, len(found.norms) - 1)
        self.map.show_cross(k, k)
        self._show_parts(found, k)
        self.said.emit(" ".join(filter(None, (str(reach_sentence(found, k)), _column(found, k)))))

    def _show_parts(self, found: LossMap, k: int) -> None:
        shares = found.shares(k)
        count = len(shares)
        self.parts.clear_data()
        finite = np.nan_to_num(shares, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = linear_limits(min(0.0, float(finite.min())), max(1.0, float(finite.max())))
        self.parts.add_bars(np.arange(1, count + 1), finite, self.maps.theme.gradient_high)
        self.parts.set_labels(tr("step t of the loss"), tr("share at k = {k}").format(k=k + 1))
        self.parts.set_x(0.5, count + 0.5, _ticks(self.parts, count))
        self.parts.set_y(low, high, linear_ticks(low, high))
        self.parts.set_cursor(k + 1)

    def _draw_lags(self, kept: Retention) -> None:
        theme, chart = self.maps.theme, self.lags
        lags = np.arange(len(kept.median))
        with np.errstate(all="ignore"):
            median, least, most, line = (10.0**rows for rows in (kept.median, kept.least, kept.most, kept.line(lags)))
        seen = np.flatnonzero(np.isfinite(kept.most))
        last = int(seen[-1]) + 1 if len(seen) else len(lags)
        axis = log_axis([each for each in (*median[:last], *least[:last], *most[:last], 1.0) if not math.isnan(each)])
        chart.clear_data()
        chart.set_labels(tr("lag t − k"), tr("kept of the gradient"))
        chart.set_x(
            -0.5,
            max(last - 0.5, 1.0),
            [(n, text) for n, text in _ticks(chart, last) if n != 1 or last < 12] + [(0, "0")],
        )
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        for rows in (least, most):
            chart.add_line(lags, axis.places(rows), theme.strong_line, 1.0)
        chart.add_line(lags, axis.places(median), theme.gradient_high)
        if math.isfinite(kept.rate):
            chart.add_line(lags[:last], axis.places(line[:last]), theme.text, 1.5, dashed=True)
        fit = tr("{rate} a step (fit)").format(rate=f"{kept.rate:.3g}")
        chart.set_key(((theme.gradient_high, tr("median")), (theme.strong_line, tr("range")), (theme.text, fit)))

    def _jump(self, x: float) -> None:
        if self._answer is not None:
            self.jump_requested.emit(min(max(round(x) - 1, 0), len(self._answer.map.norms) - 1))


def _ticks(chart: Chart, count: int) -> list[tuple[float, str]]:
    return time_ticks(0, count, max(2, int(chart.width() / scaled(60))))


def _column(found: LossMap, k: int) -> str:
    """What the column of step ``k`` says, in plain words."""
    shares = found.shares(k)
    if not np.isfinite(shares).any():
        return tr("No gradient reaches {path} at step {k}.").format(path=path_title(found.path), k=k + 1)
    strongest, count = int(np.nanargmax(np.abs(shares))), int(np.count_nonzero(found.norms[:, k]))
    if count == 1:
        return tr("At step {k} the gradient comes from the loss of step {t} alone.").format(k=k + 1, t=strongest + 1)
    words = tr("At step {k} the gradient comes from {count} losses; that of step {t} makes up {share} % of it.")
    return words.format(k=k + 1, count=count, t=strongest + 1, share=f"{100 * shares[strongest]:.0f}")


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
