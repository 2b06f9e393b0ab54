"""The Jacobian of a step as a map, what those of all steps are like, and their product over a span."""

from __future__ import annotations

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QLabel

from core.gradients.jacobians.jacobian import JacobianSeries, StepJacobian, jacobian_series, step_jacobian
from core.gradients.jacobians.pascanu import Dial, NoDial, dial
from core.gradients.jacobians.products import SpanProduct, span_product
from desktop.charts.chart import Chart
from desktop.charts.matrix import pooled, square_limits
from desktop.charts.scales import decade_axis, log_axis
from desktop.laboratory.dial import DialView
from desktop.laboratory.legend import SignedLegend
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.style.colours import ColourMaps
from desktop.style.theme import scaled, ui_font
from desktop.views.choice import Choice
from desktop.views.steady import rounded_up

WHOLE = ""  # the whole state, against one variable of it
SHARE = 0.3  # of the progress bar: what the steps take, before the span


class JacobianAnswer(msgspec.Struct, frozen=True, eq=False):
    """Everything that is drawn."""

    step: StepJacobian
    series: JacobianSeries
    span: SpanProduct
    dial: Dial | NoDial


class JacobianQuestion(msgspec.Struct, frozen=True):
    """The Jacobian at ``t``, and the product from there back to ``back_to``, of a variable or of the whole state."""

    block: str
    t: int
    back_to: int | None
    of: str
    sample: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> JacobianAnswer:
        """The series of all steps is computed once."""
        run = finished.forward(cancelled)
        series = finished.once(
            ("jacobian series", self.block, self.sample),
            lambda: jacobian_series(run, self.block, self.sample, cancelled=cancelled, progress=progress),
        )
        step = step_jacobian(run, self.block, self.t, self.of, sample=self.sample)
        span = span_product(
            run, self.block, self.t, self.back_to, self.of, sample=self.sample, progress=progress, cancelled=cancelled
        )
        return JacobianAnswer(step, series, span, dial(run, self.block, self.sample))


class JacobianPicture(Picture):
    """The matrix, the steps (drag a span there), the product over it, and for a plain RNN the dial of its bounds."""

    def __init__(self, maps: ColourMaps) -> None:
        super().__init__(maps)
        self.title = tr("Jacobians")
        self._answer: JacobianAnswer | None = None
        self._back_to: int | None = None
        self._subject: Subject | None = None
        self.whole = Choice(
            maps.theme, ((WHOLE, tr("whole state")), ("h", tr("output alone"))), several=False, parent=self
        )
        self.whole.setAccessibleName(tr("The Jacobian of the whole state, or of the output alone"))
        self.whole.show_chosen((WHOLE,))
        self.matrix, self.steps, self.products = (Chart(maps.theme) for _ in range(3))
        self.legend, self.dial = SignedLegend(maps, nothing=tr("not finite")), DialView(maps.theme)
        self.hint = QLabel()
        self._arrange()
        self.whole.chosen.connect(self._choose)
        self.steps.pointed.connect(lambda at: self._point(at[0]))
        self.steps.released.connect(lambda _: self.changed.emit())
        self.matrix.hovered.connect(self._say_entry)
        self._pressed: int | None = None

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(round(scaled(24)))
        grid.setVerticalSpacing(round(scaled(4)))
        grid.addWidget(self.whole, 0, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.hint, 0, 1)
        grid.addWidget(self.matrix, 1, 0, 2, 1)
        grid.addWidget(self.legend, 3, 0)
        grid.addWidget(self.steps, 1, 1)
        grid.addWidget(self.products, 2, 1)
        grid.addWidget(self.dial, 3, 1)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 6)
        grid.setRowStretch(1, 1)
        grid.setRowStretch(2, 1)
        self.hint.setProperty("role", "secondary")
        self.hint.setFont(ui_font(12))

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        for part in (self.matrix, self.steps, self.products, self.whole, self.dial):
            part.set_theme(maps.theme)
        self.legend.set_maps(maps)
        self.hint.setFont(ui_font(12))
        if self._answer is not None:
            self._draw(self._answer)

    def question(self, subject: Subject, place: Place) -> JacobianQuestion | str:
        """That of the block that is looked at; of the last layer where it has no state."""
        if subject is not self._subject:
            self._subject, self._back_to = subject, None
        network = subject.problem.network
        name = place.path.split("/")[0]
        block = next((each for each in network.layers if each.name == name), network.last_layer)
        of = block.output if self.whole.keys == ("h",) else ""
        back_to = self._back_to
        if back_to is not None and (place.t - back_to) * block.direction < 1:
            back_to = None
        return JacobianQuestion(block.name, place.t, back_to, of, place.sample)

    def show_answer(self, answer: JacobianAnswer, place: Place) -> None:
        """Draw all of it."""
        self._answer = answer
        self._draw(answer)
        values = answer.span.sentence.values
        over = str(answer.span.sentence).removeprefix(f"{values['layer']}: ").replace(f" from t = {values['t']}", "")
        self.said.emit(f"{answer.step.sentence} {over}")

    def _draw(self, answer: JacobianAnswer) -> None:
        self._draw_matrix(answer.step)
        self._draw_steps(answer.series, answer.span)
        self._draw_products(answer.span)
        self.dial.show_dial(answer.dial)
        start = answer.span.starts[-1]
        far = tr("the initial state") if not 0 <= start < len(answer.series.times) else f"t = {int(start) + 1}"
        words = tr("Product from t = {t} back to {start}; drag over the steps to choose another span.")
        self.hint.setText(words.format(t=answer.span.t + 1, start=far))

    def _draw_matrix(self, step: StepJacobian) -> None:
        rows, columns = step.matrix.shape
        finite = np.isfinite(step.matrix)
        limit = rounded_up(float(np.abs(np.where(finite, step.matrix, 0.0)).max()) or 1.0)
        self.matrix.clear_data()
        self.matrix.set_labels(tr("of the step before"), tr("state at t = {t}").format(t=step.t + 1))
        self.matrix.set_x(0.5, columns + 0.5, _part_ticks(step.columns))
        self.matrix.set_y(rows + 0.5, 0.5, _part_ticks(step.rows), rules=False)
        drawn = pooled(np.where(finite, step.matrix, np.nan))
        self.matrix.add_matrix(self.maps.state_rgb(drawn, limit), ~np.isnan(drawn), square_limits(rows, columns))
        for parts, add in ((step.rows, self.matrix.add_rule), (step.columns, self.matrix.add_upright)):
            for part in parts[1:]:
                add(part.first - parts[0].first + 0.5, self.maps.theme.secondary)
        self.legend.show_limits(-limit, limit, nothing=not finite.all())

    def _draw_steps(self, series: JacobianSeries, span: SpanProduct) -> None:
        theme, times = self.maps.theme, np.array(series.times) + 1
        order = np.argsort(times)
        most, least = series.singular_values[order, 0], series.singular_values[order, -1]
        axis = log_axis([*most[np.isfinite(most)].tolist(), *least[np.isfinite(least)].tolist(), 1.0])
        chart = self.steps
        chart.clear_data()
        chart.set_labels(tr("time step"), tr("stretch in one step"))
        count = len(times)
        chart.set_steps(0, count)
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        low, high = sorted((int(span.starts[-1]) + 1, span.t + 1))
        chart.add_band(max(0.5, low + 0.5), high + 0.5, theme.accent_tint)
        chart.add_rule(float(axis.places([1.0])[0]), theme.text)
        chart.add_line(times[order], axis.places(most), theme.gradient_high)
        chart.add_line(times[order], axis.places(least), theme.gradient_high, 1.0, dashed=True)
        chart.add_line(times[order], axis.places(series.radii[order]), theme.secondary, 1.5)
        chart.set_key(((theme.gradient_high, tr("largest")), (theme.gradient_high, tr("smallest"), "╌"),
                       (theme.secondary, tr("spectral radius"))))  # fmt: skip
        chart.set_cursor(span.t + 1)

    def _draw_products(self, span: SpanProduct) -> None:
        theme, chart = self.maps.theme, self.products
        axis = decade_axis([*span.logs[~np.isnan(span.logs)].tolist(), 0.0])
        chart.clear_data()
        chart.set_labels(tr("steps back from t = {t}").format(t=span.t + 1), tr("stretch over them"))
        chart.set_steps(0, int(span.lags[-1]))
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_rule(float(axis.places([1.0])[0]), theme.text)
        places, count = axis.log_places(span.logs).T, span.logs.shape[1]
        chart.add_lines(span.lags, places[1 : count - 1 : max(1, count // 12)], theme.strong_line)
        chart.add_line(span.lags, places[-1], theme.gradient_high, 1.0)
        chart.add_line(span.lags, places[0], theme.gradient_high)

    def _choose(self, keys: object) -> None:
        self.whole.show_chosen(tuple(keys))  # type: ignore[arg-type]
        self.changed.emit()

    def _point(self, x: float) -> None:
        """Pressing chooses where the span ends, dragging where it begins."""
        if self._answer is None:
            return
        t = min(max(round(x) - 1, 0), len(self._answer.series.times) - 1)
        if not self.steps.dragging:
            self._back_to = None
            self.jump_requested.emit(t)
        elif t != self._answer.span.t:
            self._back_to = t

    def _say_entry(self, at: tuple[float, float] | None) -> None:
        step = None if self._answer is None else self._answer.step
        if at is None or step is None:
            self.matrix.setToolTip("")
            return
        column, row = round(at[0]) - 1, round(at[1]) - 1
        if 0 <= row < step.matrix.shape[0] and 0 <= column < step.matrix.shape[1]:
            self.matrix.setToolTip(f"[{row + 1}, {column + 1}]: {step.matrix[row, column]:.4g}")


def _part_ticks(parts: tuple[object, ...]) -> list[tuple[float, str]]:
    """The name of each part of the state in its middle."""
    first = parts[0].first
    return [((part.first + part.last) / 2 - first + 0.5, part.label) for part in parts]


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
