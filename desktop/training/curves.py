"""The curves of a training: loss, metric and gradient norm over its iterations, with one line at the chosen one."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.learning.course import Course
from desktop.charts.chart import Chart
from desktop.charts.scales import Axis, log_axis
from desktop.style.numbers_text import percent_text
from desktop.style.theme import Theme, scaled
from desktop.training.series import Series, envelope, thinned
from desktop.training.status import Status

MOST_MARKS = 60  # clip events that can be told apart in a chart
QUARTERS = (0.0, 0.5, 1.0)


class Curves(QWidget):
    """Three charts side by side; a click chooses an iteration."""

    chosen = Signal(object)  # iteration

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._status = theme, None
        self._series, self._course = Series(), None
        self._drawn: tuple[object, ...] = ()
        self.loss, self.score, self.norm = (Chart(theme) for _ in range(3))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for chart in self.charts:
            row.addWidget(chart, 1)
            chart.pointed.connect(lambda place: self.chosen.emit(max(0, round(place[0]))))
        self.set_theme(theme)

    _status: Status | None
    _course: Course | None

    @property
    def charts(self) -> tuple[Chart, Chart, Chart]:
        """All three, from left to right."""
        return self.loss, self.score, self.norm

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._theme, self._drawn = theme, ()
        self.layout().setSpacing(round(scaled(6)))
        for chart in self.charts:
            chart.set_theme(theme)
        if self._status is not None:
            self.show_status(self._status)

    def show_status(self, status: Status) -> None:
        """Draw what is new."""
        self._status = status
        if status.course is None:
            return
        if status.course is not self._course:
            self._course, self._series = status.course, Series()
            self._name()
        self._series.take(status.marks)
        planned = status.course.beginning.training.iterations
        last = planned * max(1, -(-(self._series.count - 1) // planned))
        drawn = (status.course, self._series.count, last, self.width(), self.height())
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(last)
        for chart in self.charts:
            chart.set_cursor(float(status.chosen) if status.marks else None)

    def _name(self) -> None:
        assert self._course is not None
        metric = self._course.supply.metric
        self.loss.set_labels("", self.tr("loss by iteration"))
        self.score.set_labels("", self.tr("{metric}, held out").format(metric=metric))
        self.norm.set_labels("", self.tr("gradient norm"))
        self.score.setVisible(bool(metric))

    def _draw(self, last: int) -> None:
        for chart in self.charts:
            chart.clear_data()
            chart.set_steps(0, last)
        self._draw_loss()
        self._draw_score()
        self._draw_norm(last)

    def _draw_loss(self) -> None:
        axis = self._axis_of(self.loss, self._series.losses)
        self._draw_line(self.loss, axis, self._series.losses)

    def _draw_score(self) -> None:
        theme, (places, scores) = self._theme, self._series.scores
        self.score.set_y(-0.06, 1.06, tuple((share, percent_text(share)) for share in QUARTERS))
        self.score.add_line(places, scores, theme.good, 1.5)
        if len(places) <= MOST_MARKS:
            self.score.add_points(places, scores, theme.good, size=5.0)

    def _draw_norm(self, last: int) -> None:
        """Where the gradient was clipped, a mark stands at the top: never told by colour alone."""
        assert self._course is not None
        theme, clipping = self._theme, self._course.settings_of(self._series.count).clipping
        axis = self._axis_of(self.norm, self._series.norms)
        if clipping.rule == "norm":
            limit = float(axis.places([clipping.threshold])[0])
            if axis.bottom < limit < axis.top:
                self.norm.add_rule(limit, theme.warning)
        self._draw_line(self.norm, axis, self._series.norms)
        marks = thinned(self._series.clipped, last, MOST_MARKS)
        if len(marks):
            top = np.full(len(marks), axis.top - 0.05 * (axis.top - axis.bottom))
            self.norm.add_points(marks, top, theme.warning, symbol="t", size=6.0)
        self.norm.set_key([(theme.warning, self.tr("clipped"))] if len(marks) else [])

    def _draw_line(self, chart: Chart, axis: Axis, values: np.ndarray) -> None:
        x, y = envelope(values, max(60, chart.width() // 2))
        chart.add_line(x, axis.places(y), self._theme.gradient_high if chart is self.norm else self._theme.text, 1.3)

    def _axis_of(self, chart: Chart, values: np.ndarray) -> Axis:
        """Whole decades, so that the limits move seldom while values arrive."""
        axis = log_axis([float(value) for value in values[~np.isnan(values)]] or [0.1, 1.0])
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        return axis
