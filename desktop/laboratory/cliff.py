"""The cliff: the loss along a line and over a plane of parameters, and where a step with and without clipping lands."""

from __future__ import annotations

import math
from typing import Literal

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication, QRectF
from PySide6.QtGui import QColor

from core.gradients.landscape import (
    Direction,
    LossLine,
    LossPlane,
    at_random,
    describe,
    gradient_of,
    landings,
    loss_along,
    loss_over,
    orthogonal_to,
    towards,
    uphill,
)
from core.learning.clipping import Clipping
from desktop.charts.chart import Chart
from desktop.charts.scales import fitting_axis
from desktop.laboratory.legend import RampLegend
from desktop.laboratory.parts import Fields, positive
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.style.colours import ColourMaps
from desktop.views.choice import Choice
from desktop.views.steady import linear_ticks
from desktop.widgets.number_field import NumberField

Along = Literal["gradient", "random", "path"]
POINTS, SIDE = 241, 41  # of the line, and of each side of the plane
LEAST_POINTS, LEAST_SIDE = 41, 11
MOST_STEPS = 400_000  # time steps to be computed; longer sequences get fewer points


class CliffQuestion(msgspec.Struct, frozen=True):
    """A line and a plane through the parameters of the iteration; ``clipping`` and ``rate`` of the steps drawn."""

    along: Along
    span: float
    rate: float
    clipping: Clipping
    seed: int = 1

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> Cliff:
        """A forward pass for every point."""
        subject = finished.subject
        points, count = fineness(subject.problem.steps)
        total = points + count * count
        problem, earlier = subject.problem, subject.earlier
        first, second = self._directions(subject)
        distances = np.linspace(-self.span, self.span, points)
        side = np.linspace(-self.span, self.span, count)
        line = loss_along(
            problem, first, distances, path=earlier, progress=lambda n, _: progress(n, total), cancelled=cancelled
        )
        plane = loss_over(
            problem, (first, second), side, side, path=earlier,
            progress=lambda n, _: progress(points + n, total), cancelled=cancelled,
        )  # fmt: skip
        steps = landings(problem, self.rate, (Clipping(), self.clipping), (first, second))
        return Cliff(msgspec.structs.replace(line, landings=steps), msgspec.structs.replace(plane, landings=steps))

    def _directions(self, subject: Subject) -> tuple[Direction, Direction]:
        problem = subject.problem
        paths, parameters = problem.network.trainable, problem.parameters
        drawn = at_random(parameters, paths, self.seed)
        first = drawn
        if self.along == "gradient":
            first = uphill(gradient_of(problem)[1])
        elif self.along == "path":
            first = towards(parameters, subject.earlier[0], paths)
        return first, orthogonal_to(first, at_random(parameters, paths, self.seed + 1))


def fineness(steps: int) -> tuple[int, int]:
    """How many points the line and each side of the plane have for a sequence of so many steps; odd numbers."""
    share = min(1.0, MOST_STEPS / (steps * (POINTS + SIDE * SIDE)))
    points, side = max(LEAST_POINTS, round(POINTS * share**0.5)), max(LEAST_SIDE, round(SIDE * share**0.5))
    return min(POINTS, points | 1), min(SIDE, side | 1)


class Cliff(msgspec.Struct, frozen=True, eq=False):
    """Both pictures of one question."""

    line: LossLine
    plane: LossPlane


class CliffPicture(Picture):
    """The line at the left, the plane at the right; over them what is asked."""

    def __init__(self, maps: ColourMaps) -> None:
        super().__init__(maps)
        self.title = tr("Cliff")
        self._cliff: Cliff | None = None
        self.line, self.plane = Chart(maps.theme), Chart(maps.theme)
        self.legend = RampLegend(maps, tr("loss"), tr("not finite"))
        self.along = Choice(
            maps.theme,
            (("gradient", tr("the gradient")), ("random", tr("a random line")), ("path", tr("the way so far"))),
            several=False, parent=self,
        )  # fmt: skip
        self.along.show_chosen(("gradient",))
        self.along.setAccessibleName(tr("Along which direction"))
        self.span = NumberField(tr("How far"), 1.0, positive, self)
        self.rate = NumberField(tr("Rate of the step"), 0.1, positive, self)
        self.most = NumberField(tr("Clipping by norm at most"), 1.0, positive, self)
        self._arrange()
        self.along.chosen.connect(self._choose)
        for field in (self.span, self.rate, self.most):
            field.committed.connect(lambda _: self.changed.emit())

    def _choose(self, keys: object) -> None:
        self.along.show_chosen(tuple(keys))  # type: ignore[arg-type]
        self.changed.emit()

    def _arrange(self) -> None:
        fields = ((tr("up to"), self.span), (tr("rate"), self.rate), (tr("clipped at"), self.most))
        grid = self.arrange(Fields((tr("along"), self.along), *fields))
        grid.addWidget(self.line, 0, 0)
        grid.addWidget(self.plane, 0, 1)
        grid.addWidget(self.legend, 1, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(0, 1)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        for chart in (self.line, self.plane):
            chart.set_theme(maps.theme)
        self.along.set_theme(maps.theme)
        self.legend.set_maps(maps)
        if self._cliff is not None:
            self._draw(self._cliff)

    def question(self, subject: Subject, place: Place) -> CliffQuestion | str:
        """The landscape of this iteration."""
        if subject.problem.targets is None:
            return tr("There is no loss without targets, so it has no landscape. Give the sequence targets.")
        along = str(self.along.keys[0])
        if along == "path" and not subject.earlier:
            return tr("There is no way yet: this is the first iteration. Walk on to the next one, or train.")
        span, rate, most = (field.value for field in (self.span, self.rate, self.most))
        if span is None or rate is None or most is None:
            return tr("One of the numbers above cannot be used; it is marked, and says what is expected.")
        return CliffQuestion(along, span, rate, Clipping("norm", most))

    def show_answer(self, answer: Cliff, place: Place) -> None:
        """Draw both."""
        self._cliff = answer
        self._draw(answer)
        self.said.emit(_sentence(answer))

    def _draw(self, cliff: Cliff) -> None:
        self._draw_line(cliff.line)
        self._draw_plane(cliff.plane)

    def _draw_line(self, line: LossLine) -> None:
        theme, chart = self.maps.theme, self.line
        axis = fitting_axis([*line.losses.tolist(), *(each.loss for each in line.landings)])
        chart.clear_data()
        chart.set_labels(tr("distance along {name}").format(name=line.direction.name), tr("loss"))
        ends = float(line.distances[0]), float(line.distances[-1])
        chart.set_x(*ends, linear_ticks(*ends))
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_line(line.distances, axis.places(line.losses), theme.gradient_high)
        chart.add_points([0.0], axis.places(line.losses[[len(line.losses) // 2]]), theme.accent, size=11)
        for each, symbol, colour in zip(line.landings, "sd", self._colours(), strict=True):
            x = min(max(each.at[0], ends[0]), ends[1])
            chart.add_points([x], axis.places(np.array([each.loss])), colour, symbol, size=10)

    def _draw_plane(self, plane: LossPlane) -> None:
        theme, chart = self.maps.theme, self.plane
        finite = plane.losses[np.isfinite(plane.losses) & (plane.losses > 0)]
        limits = (float(finite.min()), float(finite.max())) if finite.size else (1e-3, 1.0)
        there = np.isfinite(plane.losses)
        span = float(plane.across[-1])
        step = 2 * span / (len(plane.across) - 1)
        area = QRectF(-span - step / 2, -span - step / 2, 2 * span + step, 2 * span + step)
        chart.clear_data()
        chart.set_labels(tr("along {name}").format(name=plane.directions[0].name), tr("along a random direction"))
        chart.set_x(area.left(), area.right(), linear_ticks(-span, span))
        chart.set_y(area.top(), area.bottom(), linear_ticks(-span, span), rules=False)
        chart.add_matrix(self.maps.gradient_rgb(np.where(there, plane.losses, np.nan), *limits), there, area)
        if len(plane.path):
            chart.add_line(plane.path[:, 0], plane.path[:, 1], theme.text, 1.5)
        chart.add_points([0.0], [0.0], theme.accent, size=11)
        for each, symbol, colour in zip(plane.landings, "sd", self._colours(), strict=True):
            chart.add_line([0.0, each.at[0]], [0.0, each.at[1]], colour, 1.5)
            if all(abs(part) <= span for part in each.at):
                chart.add_points([each.at[0]], [each.at[1]], colour, symbol, size=10)
        self.legend.show_limits(*limits, nothing=not there.all())

    def _colours(self) -> tuple[QColor, QColor]:
        return self.maps.theme.warning, self.maps.theme.good


def _sentence(cliff: Cliff) -> str:
    free, clipped = cliff.line.landings
    words = tr(
        "{line} A step (square) goes {free} far, to a loss of {bad}; a clipped one (diamond) {short}, to {good}."
    )
    return words.format(
        line=describe(cliff.line), free=_number(free.length), bad=_number(free.loss), short=_number(clipped.length),
        good=_number(clipped.loss),
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else tr("infinity")


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
