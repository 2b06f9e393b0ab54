"""Gates: their direct path beside the full product, how long it lives, how often they are shut, and a wrong claim."""

from __future__ import annotations

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel

from core.errors import SessionError
from core.gradients.jacobians.direct_paths import DirectPath, direct_paths
from core.gradients.jacobians.direct_shares import DirectShare, direct_share
from core.gradients.jacobians.output_gates import NoOutputGate, OutputGate, output_gate
from core.gradients.jacobians.saturation import GateSaturation, saturation
from core.language.latex import name_latex
from core.network import Block
from desktop.charts.chart import Chart
from desktop.charts.scales import decade_axis, fitting_axis, log_axis
from desktop.laboratory.formula import FormulaLabel
from desktop.laboratory.parts import Fields, layer_at
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.style.colours import ColourMaps
from desktop.style.typesetting import Typesetter
from desktop.views.choice import Choice

NEAR = 0.1  # of 0 or 1: what counts as shut or open
LEAST, MOST, SLACK = -1.0, 2.0, 0.05  # shares outside are drawn at these; how far beyond 0 and 1 counts as there


class GatesAnswer(msgspec.Struct, frozen=True, eq=False):
    """Everything that is drawn. ``path`` and ``share`` are None where no state has a direct path of one step."""

    paths: tuple[DirectPath, ...]
    path: DirectPath | None
    share: DirectShare | None
    gates: tuple[GateSaturation, ...]
    output: OutputGate | NoOutputGate


class GatesQuestion(msgspec.Struct, frozen=True):
    """The direct path of a state ("": the first that has one) that ends at ``t``, and the gates of its layer."""

    block: str
    state: str
    t: int
    sample: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> GatesAnswer:
        """What does not depend on ``t`` is computed once."""
        run, key = finished.forward(cancelled), (self.block, self.sample)
        paths = finished.once(("direct paths", *key), lambda: direct_paths(run, *key))
        gates = finished.once(("saturation", *key), lambda: saturation(run, self.block, NEAR, self.sample))
        output = finished.once(("output gate", *key), lambda: output_gate(run, *key))
        found = [path for path in paths if path.delay == 1]
        path = next((each for each in found if each.state == self.state), found[0] if found else None)
        if path is None and not gates:
            raise SessionError(_nothing(run.network.block(self.block)))
        share = None
        if path is not None:
            share = direct_share(
                run, self.block, path.state, self.t, sample=self.sample, progress=progress, cancelled=cancelled
            )
        return GatesAnswer(paths, path, share, gates, output)


class GatesPicture(Picture):
    """Above, the product over the lag and how much of the truth it tells; below, units, gates, and the claim."""

    def __init__(self, maps: ColourMaps, typesetter: Typesetter) -> None:
        super().__init__(maps)
        self.title = tr("Gates")
        self._answer: GatesAnswer | None = None
        self.state = Choice(maps.theme, (("", ""),), several=False, parent=self)
        self.state.setAccessibleName(tr("The state whose direct path is shown"))
        self.formula = FormulaLabel(maps.theme, typesetter)
        self.held = QLabel(tr("(one step, all else held)"))
        self.held.setProperty("role", "secondary")
        self.charts = tuple(Chart(maps.theme) for _ in range(5))
        self.products, self.shares, self.constants, self.gates, self.claim = self.charts
        self._arrange()
        self.state.chosen.connect(self._choose)
        self.claim.pointed.connect(lambda at: self._point(at[0]))
        self.constants.pointed.connect(lambda at: self._choose_unit(at[0]))

    def _arrange(self) -> None:
        grid = self.arrange(Fields(("", self.state), ("", self.formula), ("", self.held)))
        self.body = None  # without an answer there is nothing to choose
        grid.addWidget(self.products, 0, 0, 1, 3)
        grid.addWidget(self.shares, 0, 3, 1, 3)
        for column, chart in enumerate((self.constants, self.gates, self.claim)):
            grid.addWidget(chart, 1, 2 * column, 1, 2)
        for column in range(6):
            grid.setColumnStretch(column, 1)
        for row in range(2):
            grid.setRowStretch(row, 1)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        for part in (*self.charts, self.state, self.formula):
            part.set_theme(maps.theme)
        if self._answer is not None:
            self._draw(self._answer)

    def question(self, subject: Subject, place: Place) -> GatesQuestion:
        """That of the layer that is looked at."""
        state = str(self.state.keys[0]) if self.state.keys else ""
        return GatesQuestion(layer_at(subject, place).name, state, place.t, place.sample)

    def show_answer(self, answer: GatesAnswer, place: Place) -> None:
        """Draw all of it."""
        self._answer = answer
        self._draw(answer)
        if answer.share is not None:
            self.said.emit(str(answer.share.sentence))
        else:
            self.said.emit(tr("No state of this layer reads its own value of one step before element by element."))

    def _draw(self, answer: GatesAnswer) -> None:
        states = tuple(dict.fromkeys(path.state for path in answer.paths if path.delay == 1))
        self.state.setVisible(len(states) > 1)
        if states:
            self.state.show_options(tuple((state, state) for state in states))
        for chart in self.charts:
            chart.clear_data()
        if answer.path is not None and answer.share is not None:
            self.state.show_chosen((answer.path.state,))
            self.formula.show_formula(_formula(answer.path))
            self._draw_products(answer.share)
            self._draw_shares(answer.share)
            self._draw_constants(answer.path)
        self.held.setVisible(answer.path is not None)
        self._draw_gates(answer.gates)
        self._draw_claim(answer.output)

    def _draw_products(self, share: DirectShare) -> None:
        theme, chart, state = self.maps.theme, self.products, share.path.state
        axis = decade_axis([*_known(share.direct_norms), *_known(share.full_norms), 0.0])
        chart.set_labels(tr("steps back from t = {t}").format(t=share.t + 1), tr("norm of the product"))
        chart.set_steps(0, int(share.lags[-1]))
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_line(share.lags, axis.log_places(share.full_norms), theme.gradient_high)
        chart.add_line(share.lags, axis.log_places(share.direct_norms), theme.gate_one)
        if len(share.lags) == 1:
            chart.add_points(share.lags, axis.log_places(share.full_norms), theme.gradient_high)
            chart.add_points(share.lags, axis.log_places(share.direct_norms), theme.gate_one)
        words = tr("all ways of {state}").format(state=state), tr("direct: gates alone")
        chart.set_key(((theme.gradient_high, words[0]), (theme.gate_one, words[1])))

    def _draw_shares(self, share: DirectShare) -> None:
        theme, chart, shares = self.maps.theme, self.shares, share.shares
        known = [0.0, 1.0, *_known(shares)]
        low, high = LEAST if min(known) < -SLACK else 0.0, MOST if max(known) > 1.0 + SLACK else 1.0
        ticks = [(place, f"{100 * place:.0f} %".replace("-", "−")) for place in np.arange(low, high + 0.25, 0.5)]
        words = tr("share of the truth that the direct path tells")
        beyond = not low - SLACK <= min(known) <= max(known) <= high + SLACK
        chart.set_labels(tr("steps back from t = {t}").format(t=share.t + 1), words)
        chart.set_steps(0, int(share.lags[-1]))
        room = 0.06 * (high - low)
        chart.set_y(low - room, high + room, ticks)
        chart.add_line(share.lags, np.clip(shares, low - SLACK, high + SLACK), theme.gate_one)
        if len(share.lags) == 1:
            chart.add_points(share.lags, np.clip(shares, low - SLACK, high + SLACK), theme.gate_one)
        chart.set_key(((theme.gate_one, tr("cut off at the edge")),) if beyond else ())

    def _draw_constants(self, path: DirectPath) -> None:
        theme, chart, steps = self.maps.theme, self.constants, path.time_constants
        axis = log_axis(_known(steps)) if np.isinf(steps).any() else fitting_axis(_known(steps))
        units = np.arange(1, len(steps) + 1)
        chart.set_labels(tr("unit"), tr("steps to 1/e on the direct path"))
        chart.set_steps(0, len(steps))
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_points(units, axis.places(steps), theme.gate_one, size=6)
        chart.setToolTip(str(path.sentence))

    def _draw_gates(self, gates: tuple[GateSaturation, ...]) -> None:
        theme, chart = self.maps.theme, self.gates
        count = max(1, len(gates))
        names = [(number + 1, gate.path.split("/")[1]) for number, gate in enumerate(gates)]
        places = np.arange(1, len(gates) + 1)
        low, high = (np.array([getattr(gate, name) for gate in gates]) for name in ("low", "high"))
        chart.set_labels(tr("gate"), tr("how often") if gates else tr("This cell has no gates."))
        chart.set_x(0.4, count + 0.6, names)
        chart.set_y(0.0, 1.0, [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")])
        if not gates:
            chart.set_key(())
            return
        chart.add_bars(places, low, theme.secondary, 0.6)
        there = np.array([gate.counts.sum() / (gate.low_by_step.size * gate.low_by_unit.size or 1) for gate in gates])
        chart.add_bars(places, there - low - high, theme.line, 0.6, base=low)
        chart.add_bars(places, high, theme.gate_one, 0.6, base=there - high)
        chart.set_key(
            ((theme.secondary, tr("shut < {low:g}").format(low=NEAR), "■"), (theme.line, tr("between"), "■"),
             (theme.gate_one, tr("open > {high:g}").format(high=1 - NEAR), "■"))
        )  # fmt: skip
        chart.setToolTip("\n".join(str(gate.sentence) for gate in gates))

    def _draw_claim(self, output: OutputGate | NoOutputGate) -> None:
        theme, chart = self.maps.theme, self.claim
        chart.setToolTip(str(output.sentence))
        if isinstance(output, NoOutputGate) or np.isnan(output.truth_norms).all():
            words = str(output.sentence)
            chart.set_labels("", words[:1].upper() + words[1:])
            chart.set_x(0.0, 1.0, ())
            chart.set_y(0.0, 1.0, ())
            chart.set_key(())
            chart.set_cursor(None)
            return
        times, order = np.array(output.times) + 1, np.argsort(output.times)
        axis = fitting_axis([*_known(output.truth_norms), *_known(output.claim_norms)])
        name = output.output
        chart.set_labels(tr("time step"), tr("norm of ∂{name}ₜ/∂{name}ₜ₋₁").format(name=name))
        chart.set_steps(0, len(times))
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_line(times[order], axis.places(output.claim_norms[order]), theme.secondary, 1.5, dashed=True)
        chart.add_line(times[order], axis.places(output.truth_norms[order]), theme.gradient_high)
        chart.set_key(((theme.gradient_high, tr("true")),
                       (theme.secondary, tr("claimed: {gate}").format(gate=output.gate), "╌")))  # fmt: skip

    def show_place(self, place: Place) -> None:
        """The cursor in time."""
        drawn = self._answer is not None and isinstance(self._answer.output, OutputGate)
        self.claim.set_cursor(place.t + 1 if drawn else None)

    def _choose(self, keys: object) -> None:
        self.state.show_chosen(tuple(keys))  # type: ignore[arg-type]
        self.changed.emit()

    def _point(self, x: float) -> None:
        if self._answer is not None and isinstance(self._answer.output, OutputGate):
            self.jump_requested.emit(min(max(round(x) - 1, 0), len(self._answer.output.times) - 1))

    def _choose_unit(self, x: float) -> None:
        if self._answer is not None and self._answer.path is not None:
            self.unit_chosen.emit(min(max(round(x) - 1, 0), len(self._answer.path.time_constants) - 1))


def _known(numbers: np.ndarray) -> list[float]:
    return numbers[~np.isnan(numbers)].tolist()


def _formula(path: DirectPath) -> str:
    name = name_latex(path.state)
    return rf"\frac{{\partial {name}_{{t}}}}{{\partial {name}_{{t-1}}}} \; : \; {path.latex}"


def _nothing(block: Block) -> str:
    return tr(
        "{layer} ({cell}) has no gates and no direct path: no state reads its own earlier value element by element, "
        "so that all its gradient goes through matrices. See Jacobians."
    ).format(layer=block.title, cell=block.cell.definition.short_name)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
