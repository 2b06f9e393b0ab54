"""The gradient of a parameter, term by term: why it is "+=" at every step, and how the terms add up to it."""

from __future__ import annotations

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel

from core.gradients.itemised.weight_terms import WeightTerms, weight_terms
from core.language.recurrence import recurrent_matrices
from core.network import Network
from desktop.charts.chart import Chart
from desktop.charts.scales import linear_axis
from desktop.dialogs.field import combo, fill
from desktop.laboratory.legend import RampLegend
from desktop.laboratory.loss_map import LossMapView
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text
from desktop.style.theme import scaled, ui_font
from desktop.views.steady import time_ticks


class WeightsQuestion(msgspec.Struct, frozen=True):
    """The terms of one parameter for one sequence of the batch."""

    path: str
    sample: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> WeightTerms:
        """All losses walked back at once."""
        run = finished.whole(cancelled)
        return weight_terms(run, self.path, self.sample, progress=progress, cancelled=cancelled)


class Weights(Picture):
    """The map of terms at the left; at the right, how they add up as the walk goes back."""

    def __init__(self, maps: ColourMaps) -> None:
        super().__init__(maps)
        self.title = tr("Weights")
        self._terms: WeightTerms | None = None
        self._subject: Subject | None = None
        self.parameter = combo()
        self.parameter.setAccessibleName(tr("Parameter"))
        self.map, self.sum = LossMapView(maps), Chart(maps.theme)
        self.legend = RampLegend(maps, tr("‖term‖"), tr("no term"))
        self.note = QLabel()
        self.note.setProperty("role", "secondary")
        self.note.setWordWrap(True)
        self._arrange()
        self.parameter.activated.connect(lambda _place: self.changed.emit())
        self.map.chosen.connect(lambda place: self.jump_requested.emit(place[1]))

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(round(scaled(10)))
        top.addWidget(QLabel(tr("parameter")))
        self.parameter.setMinimumWidth(round(scaled(130)))
        top.addWidget(self.parameter)
        top.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(round(scaled(28)))
        grid.addLayout(top, 0, 0)
        grid.addWidget(self.note, 0, 1)
        grid.addWidget(self.map, 1, 0)
        grid.addWidget(self.sum, 1, 1)
        grid.addWidget(self.legend, 2, 0)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        self.map.set_maps(maps)
        self.legend.set_maps(maps)
        self.sum.set_theme(maps.theme)
        self.note.setFont(ui_font(12))
        if self._terms is not None:
            self._draw(self._terms)

    def question(self, subject: Subject, place: Place) -> WeightsQuestion | str:
        """That of the chosen parameter; at first, of the recurrent one of the layer that is looked at."""
        if subject.problem.targets is None:
            return tr("There is no loss without targets, so parameters have no gradient. Give the sequence targets.")
        network = subject.problem.network
        if subject is not self._subject:
            self._subject = subject
            paths, kept = list(network.trainable), self.parameter.currentData()
            fill(self.parameter, [(path, path) for path in paths], kept if kept in paths else _usual(network, place))
        return WeightsQuestion(str(self.parameter.currentData()), place.sample)

    def show_answer(self, answer: WeightTerms, place: Place) -> None:
        """Draw the map and the sum."""
        self._terms = answer
        self._draw(answer)
        self.said.emit(str(answer.sentence))

    def show_place(self, place: Place) -> None:
        """The cross, and how far the sum has come."""
        if self._terms is not None:
            t = min(place.t, len(self._terms.norms) - 1)
            self.map.show_cross(t, t)
            self.sum.set_cursor(t + 1)

    def _draw(self, terms: WeightTerms) -> None:
        theme, chart = self.maps.theme, self.sum
        self.legend.show_limits(*self.map.show_map(terms.norms, terms.reached, tr("step k of the use")))
        parts, count = np.nan_to_num(terms.by_step), len(terms.norms)
        so_far = np.cumsum(parts[::-1])[::-1]
        axis = linear_axis([*so_far.tolist(), *parts.tolist(), 0.0, terms.norm])
        steps = np.arange(1, count + 1)
        chart.clear_data()
        chart.set_labels(tr("step k, walked from right to left"), tr("part of ‖∂L/∂{name}‖").format(name=terms.path))
        chart.set_x(0.5, count + 0.5, time_ticks(0, count, max(2, int(chart.width() / scaled(60)))))
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_bars(steps, parts, theme.gradient_high)
        chart.add_line(steps, so_far, theme.accent)
        chart.add_rule(terms.norm, theme.text)
        chart.set_key(((theme.gradient_high, tr("added at k")), (theme.accent, tr("sum so far")),
                       (theme.text, tr("the gradient"))))  # fmt: skip
        words = tr("Sum of all terms against the gradient of the walk: they differ by {error} of the largest entry.")
        if not terms.chained:
            words += " " + tr("This parameter has no chain: each loss uses it at its own step only.")
        self.note.setText(words.format(error=number_text(terms.error, 2)))


def _usual(network: Network, place: Place) -> str:
    """The recurrent matrix of the layer that is looked at, else of the first layer that has one."""
    looked_at = place.path.partition("/")[0]
    for block in sorted(network.layers, key=lambda block: block.name != looked_at):
        paths = [f"{block.owner}/{name}" for name in recurrent_matrices(block.cell.definition)]
        if found := [path for path in paths if path in network.trainable]:
            return found[0]
    return network.trainable[0]


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
