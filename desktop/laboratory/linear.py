"""A linear recurrence taken apart: its eigenvalues, and the state and the gradient along its eigenvectors."""

from __future__ import annotations

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QLabel

from core.errors import SessionError
from core.gradients.jacobians.linear import LinearRecurrence, NotLinear, linear_recurrence
from desktop.charts.chart import Chart
from desktop.charts.matrix import InPixels
from desktop.charts.scales import log_axis
from desktop.laboratory.parts import Fields, layer_at, whole
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text
from desktop.views.steady import linear_ticks, rounded_up
from desktop.widgets.number_field import NumberField

MOST_CURVES = 24
TOUCH = 0.15  # of the plane: how near a click must be to an eigenvalue


class LinearQuestion(msgspec.Struct, frozen=True):
    """The recurrence of a layer for one sequence."""

    block: str
    sample: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> LinearRecurrence:
        """Raises SessionError for a cell that is not linear, with the reason."""
        found = linear_recurrence(finished.whole(cancelled), self.block, self.sample)
        if isinstance(found, NotLinear):
            raise SessionError(f"{found.sentence} " + tr("Choose the simple RNN without activation to see one."))
        return found


class LinearPicture(Picture):
    """The plane at the left; at the right the components, forward above and backward below."""

    def __init__(self, maps: ColourMaps) -> None:
        super().__init__(maps)
        self.title = tr("Linear")
        self._found: LinearRecurrence | None = None
        self._chosen = 0
        self.number = NumberField(tr("Number of the eigenvalue that stands out"), 1.0, self._fits, self)
        self.value = QLabel()
        self.value.setProperty("role", "secondary")
        self.plane, self.forward, self.backward = (Chart(maps.theme) for _ in range(3))
        self.plane.getPlotItem().getViewBox().setAspectLocked(True)
        self._arrange()
        self.number.committed.connect(lambda number: self._choose(int(number) - 1))
        self.plane.pointed.connect(self._choose_nearest)
        for chart in (self.forward, self.backward):
            chart.pointed.connect(lambda at: self._point(at[0]))

    def _arrange(self) -> None:
        grid = self.arrange(Fields((tr("eigenvalue"), self.number), ("", self.value)))
        self.body = None  # without an answer there is nothing to choose
        grid.addWidget(self.plane, 0, 0, 2, 1)
        grid.addWidget(self.forward, 0, 1)
        grid.addWidget(self.backward, 1, 1)
        grid.setColumnStretch(0, 4)
        grid.setColumnStretch(1, 5)
        for number in range(2):
            grid.setRowStretch(number, 1)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        for chart in (self.plane, self.forward, self.backward):
            chart.set_theme(maps.theme)
        if self._found is not None:
            self._draw(self._found)

    def question(self, subject: Subject, place: Place) -> LinearQuestion:
        """That of the layer that is looked at."""
        return LinearQuestion(layer_at(subject, place).name, place.sample)

    def show_answer(self, answer: LinearRecurrence, place: Place) -> None:
        """Draw all of it."""
        self._found = answer
        self._chosen = min(self._chosen, len(answer.eigenvalues) - 1)
        self._draw(answer)
        self.said.emit(str(answer.sentence))

    def _draw(self, found: LinearRecurrence) -> None:
        value = complex(found.eigenvalues[self._chosen])
        self.number.show_value(self._chosen + 1.0)
        self.value.setText(tr("of {count}: {value}, size {size}").format(
            count=len(found.eigenvalues), value=_complex_text(value), size=number_text(abs(value))))  # fmt: skip
        self._draw_plane(found)
        forward, backward = np.abs(found.components), np.abs(found.backward)
        alone = _powers(forward[:, self._chosen], abs(value)), _powers(backward[::-1, self._chosen], abs(value))[::-1]
        words = tr("state along eigenvectors, size"), tr("without further input")
        self._draw_components(self.forward, found, forward, alone[0], words)
        words = tr("gradient along eigenvectors, size"), tr("without further losses")
        self._draw_components(self.backward, found, backward, alone[1], words)

    def _colour(self, value: complex) -> QColor:
        theme = self.maps.theme
        return theme.warning if abs(value) > 1 else theme.gradient_high

    def _draw_plane(self, found: LinearRecurrence) -> None:
        theme, chart, values = self.maps.theme, self.plane, np.asarray(found.eigenvalues, complex)
        finite = values[np.isfinite(values)]
        reach = rounded_up(1.15 * max(1.0, float(np.abs(finite).max(initial=0.0))))
        ticks = linear_ticks(-reach, reach) if reach > 2 else [(n, f"{n:g}".replace("-", "−")) for n in (-1, 0, 1)]
        chart.clear_data()
        chart.set_labels(tr("real part of the eigenvalue"), tr("imaginary part"))
        chart.set_x(-reach, reach, ticks)
        chart.set_y(-reach, reach, ticks, rules=False)
        chart.add(UnitCircle(theme.text, theme.line), -1.0)
        outside = np.abs(finite) > 1
        for chosen, colour, symbol in ((~outside, theme.gradient_high, "o"), (outside, theme.warning, "t1")):
            if chosen.any():
                chart.add_points(finite[chosen].real, finite[chosen].imag, colour, symbol, 8)
        one = values[self._chosen]
        if np.isfinite(one):
            chart.add_points([one.real], [one.imag], QColor(0, 0, 0, 0), "o", 15, ring=theme.text)
        chart.set_key(
            ((theme.gradient_high, tr("inside: dies"), "●"), (theme.warning, tr("outside: grows"), "▲"),
             (theme.text, tr("size 1"), "○"))
        )  # fmt: skip

    def _draw_components(
        self, chart: Chart, found: LinearRecurrence, sizes: np.ndarray, alone: np.ndarray, words: tuple[str, str]
    ) -> None:
        theme, times = self.maps.theme, np.array(found.times) + 1
        chart.clear_data()
        chart.set_steps(min(times) - 1, max(times))
        if np.isnan(sizes).all():
            chart.set_labels("", _why_nothing(found, chart is self.backward))
            chart.set_y(0.0, 1.0, ())
            chart.set_key(())
            return
        axis = log_axis([*sizes[~np.isnan(sizes)].tolist(), *alone[~np.isnan(alone)].tolist()])
        chart.set_labels(tr("after time step (0: the initial state)"), words[0])
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        count, order = sizes.shape[1], np.argsort(times)
        chart.add_lines(times[order], axis.places(sizes[order, :: max(1, count // MOST_CURVES)]).T, theme.strong_line)
        colour = self._colour(complex(found.eigenvalues[self._chosen]))
        chart.add_line(times[order], axis.places(alone[order]), theme.text, 1.0, dashed=True)
        chart.add_line(times[order], axis.places(sizes[order, self._chosen]), colour)
        one = tr("number {number}").format(number=self._chosen + 1)
        chart.set_key(((colour, one), (theme.text, words[1], "╌"), (theme.strong_line, tr("others"))))

    def show_place(self, place: Place) -> None:
        """The cursor in time."""
        for chart in (self.forward, self.backward):
            chart.set_cursor(place.t + 1)

    def _fits(self, value: float) -> str:
        return whole(1, len(self._found.eigenvalues) if self._found is not None else 1)(value)

    def _choose(self, number: int) -> None:
        self._chosen = number
        if self._found is not None:
            self._draw(self._found)

    def _choose_nearest(self, at: tuple[float, float]) -> None:
        if self._found is not None:
            away = np.abs(np.asarray(self._found.eigenvalues, complex) - complex(*at))
            nearest = int(np.nanargmin(away)) if not np.isnan(away).all() else 0
            span = np.ptp(self.plane.getPlotItem().getViewBox().viewRange()[0])
            if away[nearest] <= TOUCH * span:
                self._choose(nearest)

    def _point(self, x: float) -> None:
        if self._found is not None:
            self.jump_requested.emit(min(max(round(x) - 1, 0), len(self._found.times) - 2))


class UnitCircle(InPixels):
    """The circle of size 1 and the two axes."""

    def __init__(self, colour: QColor, pale: QColor) -> None:
        super().__init__()
        self._colour, self._pale = colour, pale

    def paint(self, painter: QPainter, _option: object, _widget: object) -> None:
        """In pixels, so that lines stay thin."""
        world, area = painter.worldTransform(), self.boundingRect()
        circle, all_of_it, middle = world.mapRect(QRectF(-1, -1, 2, 2)), world.mapRect(area), world.map(QPointF(0, 0))
        painter.resetTransform()
        painter.setPen(QPen(self._pale, 1))
        painter.drawLine(QPointF(all_of_it.left(), middle.y()), QPointF(all_of_it.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), all_of_it.top()), QPointF(middle.x(), all_of_it.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._colour, 1))
        painter.drawEllipse(circle)


def _powers(sizes: np.ndarray, size: float) -> np.ndarray:
    """The first of these that is not zero times powers of an eigenvalue's size, from there on; NaN before."""
    begun = np.flatnonzero(sizes != 0)
    first = int(begun[0]) if begun.size else len(sizes)
    steps = np.arange(len(sizes)) - first
    with np.errstate(all="ignore"):
        return np.where(steps >= 0, sizes[min(first, len(sizes) - 1)] * size ** np.maximum(steps, 0.0), np.nan)


def _why_nothing(found: LinearRecurrence, backward: bool) -> str:
    if found.is_defective:
        return tr("The eigenvectors are no basis: components along them say nothing.")
    return tr("Nothing was walked back: there is no loss.") if backward else tr("The state is not a number.")


def _complex_text(value: complex) -> str:
    if value.imag == 0 or value != value:
        return number_text(value.real)
    sign = "+" if value.imag > 0 else "−"
    return f"{number_text(value.real)} {sign} {number_text(abs(value.imag))}i"


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
