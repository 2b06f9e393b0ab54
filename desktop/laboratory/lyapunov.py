"""The Lyapunov spectrum: how fast small differences in the state grow or die, and how well the numbers have settled."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel

from core.gradients.jacobians.spectra import LyapunovSpectrum, lyapunov_spectrum
from desktop.charts.chart import Chart
from desktop.charts.scales import Axis, linear_axis
from desktop.laboratory.parts import Fields, layer_at, whole
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text
from desktop.widgets.number_field import NumberField

ROOM = 0.09  # of the axis, for a row of minus infinity
MOST_CURVES = 12
STILL = 1e-9  # an exponent within it neither grows nor dies


class LyapunovQuestion(msgspec.Struct, frozen=True):
    """The spectrum of a layer; a ``burn_in`` of None is a tenth of the steps."""

    block: str
    burn_in: int | None
    sample: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> LyapunovSpectrum:
        """One QR factorisation for every step."""
        run = finished.forward(cancelled)
        return lyapunov_spectrum(run, self.block, self.sample, self.burn_in, progress=progress, cancelled=cancelled)


class LyapunovPicture(Picture):
    """The exponents at the left, what they were had one stopped earlier at the right."""

    def __init__(self, maps: ColourMaps) -> None:
        super().__init__(maps)
        self.title = tr("Lyapunov")
        self._spectrum: LyapunovSpectrum | None = None
        self._own_burn_in: int | None = None
        self._steps = 1
        self.burn_in = NumberField(tr("Burn-in, in steps"), 0.0, self._fits, self)
        self.dimension = QLabel()
        self.dimension.setProperty("role", "secondary")
        self.dimension.setToolTip(
            tr("Kaplan and Yorke: of how many dimensions the set is to which differences in the state shrink.")
        )
        self.exponents, self.course = Chart(maps.theme), Chart(maps.theme)
        grid = self.arrange(Fields((tr("burn-in"), self.burn_in), ("", QLabel(tr("steps"))), ("", self.dimension)))
        for column, chart in enumerate((self.exponents, self.course)):
            grid.addWidget(chart, 0, column)
            grid.setColumnStretch(column, 1)
        self.burn_in.committed.connect(self._take_burn_in)
        self.course.pointed.connect(lambda at: self._point(at[0]))

    def _fits(self, value: float) -> str:
        return whole(0, self._steps - 1)(value)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        for chart in (self.exponents, self.course):
            chart.set_theme(maps.theme)
        if self._spectrum is not None:
            self._draw(self._spectrum)

    def question(self, subject: Subject, place: Place) -> LyapunovQuestion | str:
        """That of the layer that is looked at."""
        self._steps = subject.problem.steps
        if self._own_burn_in is not None and self._own_burn_in >= self._steps:
            self._own_burn_in = None  # of a longer sequence
        if self.burn_in.value is None:
            return tr("The burn-in must be a whole number of steps below {count}.").format(count=self._steps)
        return LyapunovQuestion(layer_at(subject, place).name, self._own_burn_in, place.sample)

    def show_answer(self, answer: LyapunovSpectrum, place: Place) -> None:
        """Draw both."""
        self._spectrum = answer
        self.burn_in.show_value(float(answer.burn_in))
        words = tr("Kaplan–Yorke dimension {dimension} of {size}")
        size = len(answer.exponents)
        known = answer.kaplan_yorke == answer.kaplan_yorke
        self.dimension.setText(words.format(dimension=number_text(answer.kaplan_yorke, 3), size=size) if known else "")
        self._draw(answer)
        self.said.emit(str(answer.sentence))

    def _draw(self, found: LyapunovSpectrum) -> None:
        axis, lost = _axis(np.concatenate([found.exponents, _settled(found)]))
        self._draw_exponents(found, axis, lost)
        self._draw_course(found, axis, lost)

    def _draw_exponents(self, found: LyapunovSpectrum, axis: Axis, lost: float) -> None:
        theme, chart, exponents = self.maps.theme, self.exponents, found.exponents
        numbers = np.arange(1, len(exponents) + 1)
        chart.clear_data()
        chart.set_labels(tr("number of the exponent"), tr("exponent: ln of the growth per step"))
        chart.set_steps(0, len(exponents))
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_rule(0.0, theme.text)
        gone, grow, stay = np.isneginf(exponents), exponents > STILL, np.abs(exponents) <= STILL
        spread = np.nan_to_num(found.spread)
        across, up = np.full(3 * len(numbers), np.nan), np.full(3 * len(numbers), np.nan)  # a stroke, and a gap
        across[0::3] = across[1::3] = numbers
        up[0::3], up[1::3] = exponents - spread, exponents + spread
        chart.add_line(across, np.where(np.isfinite(up), up, np.nan), theme.strong_line, 1.5)
        dies = ~gone & ~grow & ~stay & ~np.isnan(exponents)
        kinds = (
            (dies, theme.gradient_high, "o", tr("dies")), (grow, theme.warning, "t1", tr("grows")),
            (stay, theme.text, "s", tr("stays")),
            (gone, theme.secondary, "t", tr("−∞: forgotten at once")),
        )  # fmt: skip
        for chosen, colour, symbol, _ in kinds:
            if chosen.any():
                where = np.where(gone, lost, exponents)[chosen]
                chart.add_points(numbers[chosen], where, colour, symbol, 7)
        marks = {"o": "●", "s": "■", "t1": "▲", "t": "▼"}
        chart.set_key([(colour, words, marks[symbol]) for chosen, colour, symbol, words in kinds if chosen.any()])

    def _draw_course(self, found: LyapunovSpectrum, axis: Axis, lost: float) -> None:
        theme, chart = self.maps.theme, self.course
        times = np.array(found.times) + 1
        count = found.convergence.shape[1]
        chart.clear_data()
        chart.set_labels(tr("time step up to which is counted"), tr("exponent so far"))
        low, high = (int(times.min()) - 1, int(times.max())) if len(times) else (0, 1)
        chart.set_steps(low, high)
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_rule(0.0, theme.text)
        drawn = np.clip(np.where(np.isneginf(found.convergence), lost, found.convergence), axis.bottom, axis.top).T
        chart.add_lines(times, drawn[1 : count - 1 : max(1, count // MOST_CURVES)], theme.strong_line)
        chart.add_line(times, drawn[-1], theme.gradient_high, 1.0, dashed=True)
        chart.add_line(times, drawn[0], theme.gradient_high)
        if len(times) == 1:
            chart.add_points(np.repeat(times, count), drawn[:, 0], theme.gradient_high)
        chart.set_key(
            ((theme.gradient_high, tr("largest")), (theme.gradient_high, tr("smallest"), "╌"),
             (theme.strong_line, tr("between")))
        )  # fmt: skip

    def show_place(self, place: Place) -> None:
        """The cursor in time, where it is counted."""
        inside = self._spectrum is not None and place.t in self._spectrum.times
        self.course.set_cursor(place.t + 1 if inside else None)

    def _take_burn_in(self, steps: object) -> None:
        self._own_burn_in = int(steps)  # type: ignore[call-overload]
        self.changed.emit()

    def _point(self, x: float) -> None:
        if self._spectrum is not None and self._spectrum.times:
            times = self._spectrum.times
            self.jump_requested.emit(min(max(round(x) - 1, min(times)), max(times)))


def _settled(found: LyapunovSpectrum) -> np.ndarray:
    """What the courses were in their later half: their beginning would only press all else together."""
    return found.convergence[len(found.convergence) // 2 :].ravel()


def _axis(exponents: np.ndarray) -> tuple[Axis, float]:
    """An axis with zero for all finite exponents, with a row for minus infinity, and where that row stands."""
    axis = linear_axis([0.0, *exponents[np.isfinite(exponents)].tolist()])
    span = axis.top - axis.bottom
    lost = axis.bottom - ROOM * span
    if not np.isneginf(exponents).any():
        return axis, -math.inf
    return msgspec.structs.replace(axis, bottom=lost - 0.04 * span, ticks=(*axis.ticks, (lost, "−∞"))), lost


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
