"""Verdicts: where gradients vanish or explode and what is to blame, which units are dead, which are saturated."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHeaderView, QPushButton, QTreeWidget, QTreeWidgetItem

from core.gradients.thresholds import Kind, Thresholds
from core.gradients.verdicts import Verdict
from core.stops import stop_for
from desktop.charts.chart import Chart
from desktop.charts.scales import linear_axis, log_axis
from desktop.laboratory.judging import ON_GRADIENTS, VerdictsAnswer, VerdictsQuestion
from desktop.laboratory.parts import Fields
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Place, Subject
from desktop.laboratory.thresholds import ThresholdFields
from desktop.settings import Settings
from desktop.style.colours import ColourMaps
from desktop.style.theme import scaled, ui_font
from desktop.views.choice import Choice

NUMBER = Qt.ItemDataRole.UserRole


class VerdictsPicture(Picture):
    """The list at the left, worst unit and place of each; at the right what the chosen one is about, over time."""

    def __init__(self, maps: ColourMaps, settings: Settings) -> None:
        super().__init__(maps)
        self.title = tr("Verdicts")
        self._answer: VerdictsAnswer | None = None
        self._subject: Subject | None = None
        self._t, self._alone = 0, 0  # where the walk is; the step whose loss was chosen, which stays when one goes on
        self.losses = Choice(maps.theme, self._options(), several=False, parent=self)
        self.losses.setAccessibleName(tr("The loss whose gradient is judged"))
        self.losses.show_chosen(("all",))
        self.fields = ThresholdFields(settings, self)
        self.list, self.chart = QTreeWidget(), Chart(maps.theme)
        self.stop = QPushButton(tr("Stop the walk there"))
        self.stop.setToolTip(tr("Adds the breakpoint that stops a walk where this verdict is true"))
        self.stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._arrange()
        self._wire()

    def _arrange(self) -> None:
        self.list.setAccessibleName(tr("Verdicts; Enter goes there"))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setHeaderLabels([tr("verdict"), tr("variable"), "t", tr("unit")])
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        grid = self.arrange(self.fields.row(), Fields(("", self.losses), ("", self.stop)))
        grid.addWidget(self.list, 0, 0)
        grid.addWidget(self.chart, 0, 1)
        order = (*self.fields.fields.values(), self.losses, self.stop, self.list)
        for before, after in pairwise(order):
            self.setTabOrder(before, after)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)

    def _options(self) -> tuple[tuple[str, str], ...]:
        return ("all", tr("whole loss")), ("one", tr("loss of step {t} alone").format(t=self._alone + 1))

    def _wire(self) -> None:
        self.losses.chosen.connect(self._choose_losses)
        self.fields.changed.connect(self.changed)
        self.list.currentItemChanged.connect(lambda _now, _before: self._show_chosen())
        self.list.itemClicked.connect(lambda _item, _column: self._go())
        self.list.itemActivated.connect(lambda _item, _column: self._go())
        self.stop.clicked.connect(lambda _checked: self._stop_there())
        self.chart.pointed.connect(lambda at: self._point(at[0]))

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        self.chart.set_theme(maps.theme)
        self.losses.set_theme(maps.theme)
        self.list.setFont(ui_font(12))
        self.list.setMinimumWidth(round(scaled(210)))
        if self._answer is not None:
            self._show_chosen()

    def question(self, subject: Subject, place: Place) -> VerdictsQuestion | str:
        """All verdicts on the sequence that is looked at."""
        self._subject, self._t = subject, place.t
        self._show_step()
        thresholds = self.fields.thresholds
        if thresholds is None:
            return tr("One of the thresholds above cannot be used; it is marked, and says what is expected.")
        alone = self.losses.keys == ("one",)
        if alone and subject.problem.targets is None:
            return tr("There is no loss without targets. Give the sequence targets, or choose the whole loss.")
        return VerdictsQuestion(thresholds, self._alone if alone else None, place.sample)

    def show_answer(self, answer: VerdictsAnswer, place: Place) -> None:
        """Fill the list; the verdict that was chosen stays chosen where there is one like it."""
        before = self._chosen()
        self._answer = answer
        self.list.blockSignals(True)
        self.list.clear()
        for number, verdict in enumerate(answer.found):
            self.list.addTopLevelItem(_item(number, verdict))
        kinds = [(each.kind, each.path) for each in answer.found]
        same = (before.kind, before.path) if before else None
        if answer.found:
            self.list.setCurrentItem(self.list.topLevelItem(kinds.index(same) if same in kinds else 0))
        self.list.blockSignals(False)
        self._show_chosen()

    def show_place(self, place: Place) -> None:
        """The cursor in time."""
        self._t = place.t
        self._show_step()
        self.chart.set_cursor(place.t + 1)

    def _chosen(self) -> Verdict | None:
        item = self.list.currentItem()
        return None if item is None or self._answer is None else self._answer.found[item.data(0, NUMBER)]

    def _show_chosen(self) -> None:
        answer, verdict = self._answer, self._chosen()
        if answer is None:
            return
        self.stop.setEnabled(verdict is not None)
        self.chart.clear_data()
        if verdict is not None and verdict.kind not in ON_GRADIENTS:
            self._draw_unit(verdict, answer.units[self.list.currentItem().data(0, NUMBER)])
        else:
            self._draw_courses(answer, verdict)
        self.said.emit(_sentence(answer, verdict))

    def _draw_courses(self, answer: VerdictsAnswer, verdict: Verdict | None) -> None:
        theme, chart = self.maps.theme, self.chart
        known = [size for norms in answer.courses.values() for size in norms[~np.isnan(norms)].tolist()]
        limit = None if verdict is None else _limit(verdict, answer.thresholds)
        axis = log_axis([*known, *([limit] if limit else [])])
        chart.set_labels(tr("time step"), tr("‖∂L/∂(state)‖") if answer.courses else tr("no gradients without a loss"))
        chart.set_steps(0, self._subject.problem.steps if self._subject is not None else 1)
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        own = verdict.path if verdict is not None else ""
        for path, norms in answer.courses.items():
            if path != own:
                chart.add_line(np.arange(1, len(norms) + 1), axis.places(norms), theme.strong_line, 1.0)
        if verdict is None:
            chart.set_key(((theme.strong_line, ", ".join(answer.courses)),) if answer.courses else ())
            return
        norms = answer.courses[own]
        chart.add_line(np.arange(1, len(norms) + 1), axis.places(norms), theme.gradient_high)
        key = [(theme.gradient_high, f"∂L/∂{own.split('/')[1]}")]
        if len(answer.courses) > 1:
            key.append((theme.strong_line, tr("others")))
        if limit:
            chart.add_rule(float(axis.places([limit])[0]), theme.warning)
            key.append((theme.warning, tr("threshold"), "─"))
        self._mark(verdict, axis.places(norms), key)

    def _draw_unit(self, verdict: Verdict, values: NDArray) -> None:
        theme, chart = self.maps.theme, self.chart
        axis = linear_axis([0.0, *values[np.isfinite(values)].tolist()])
        name, unit = verdict.path.split("/")[1], (verdict.unit or 0) + 1
        chart.set_labels(tr("time step"), tr("{name} of unit {unit}").format(name=name, unit=unit))
        chart.set_steps(0, len(values))
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_line(np.arange(1, len(values) + 1), values, theme.gate_one)
        self._mark(verdict, values, [(theme.gate_one, f"{name}, {tr('unit')} {unit}")])

    def _mark(self, verdict: Verdict, places: NDArray, key: list) -> None:
        """The steps of the verdict: a filled mark where it is true, an open one at its cause."""
        theme, times = self.maps.theme, verdict.times
        if times:
            self.chart.add_points([times[0] + 1], [places[times[0]]], theme.warning, "t", 12)
            key.append((theme.warning, tr("here"), "▼"))
        for t in [each for each in times[1:2] if each != times[0]]:
            self.chart.add_points([t + 1], [places[t]], theme.background, "o", 10, ring=theme.warning)
            key.append((theme.warning, tr("cause"), "○"))
        self.chart.set_key(key)

    def _go(self) -> None:
        verdict = self._chosen()
        if verdict is None:
            return
        t = verdict.t if verdict.t is not None else (verdict.times[0] if verdict.times else None)
        if t is not None:
            self.jump_requested.emit(t)
        self.selected.emit((verdict.path, t))
        if verdict.unit is not None:
            self.unit_chosen.emit(verdict.unit)

    def _stop_there(self) -> None:
        verdict = self._chosen()
        if verdict is not None and self._answer is not None and self._subject is not None:
            self.breakpoint_requested.emit(stop_for(verdict, self._answer.thresholds, self._subject.problem.network))

    def _show_step(self) -> None:
        """Offer the loss of the step where the walk is, or name the one that was chosen."""
        longer = self._subject is not None and self._alone >= self._subject.problem.steps
        if self.losses.keys != ("one",) or longer:
            self._alone = self._t
        self.losses.show_options(self._options())

    def _choose_losses(self, keys: object) -> None:
        """Choosing the single step once more takes the one where the walk is by now."""
        self._alone = self._t
        self.losses.show_chosen(tuple(keys))  # type: ignore[arg-type]
        self.losses.show_options(self._options())
        self.changed.emit()

    def _point(self, x: float) -> None:
        if self._subject is not None:
            self.jump_requested.emit(min(max(round(x) - 1, 0), self._subject.problem.steps - 1))


def _item(number: int, verdict: Verdict) -> QTreeWidgetItem:
    t = "" if verdict.t is None else str(verdict.t + 1)
    more = f" +{len(verdict.units) - 1}" if len(verdict.units) > 1 else ""
    unit = "" if verdict.unit is None else f"{verdict.unit + 1}{more}"
    item = QTreeWidgetItem([_kind_words(verdict.kind), verdict.path, t, unit])
    item.setData(0, NUMBER, number)
    for column in (2, 3):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    for column in range(4):
        item.setToolTip(column, str(verdict.sentence))
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, str(verdict.sentence))
    return item


def _kind_words(kind: Kind) -> str:
    match kind:
        case Kind.VANISHES:
            return tr("vanishes")
        case Kind.EXPLODES:
            return tr("explodes")
        case Kind.NOT_FINITE:
            return tr("not finite")
        case Kind.DEAD:
            return tr("dead")
        case Kind.SATURATED:
            return tr("saturated")


def _sentence(answer: VerdictsAnswer, verdict: Verdict | None) -> str:
    if verdict is not None:
        return str(verdict.sentence)
    words = tr("By these thresholds nothing vanishes or explodes, and no unit is dead or saturated.")
    if not answer.has_loss:
        words = tr("By these thresholds no unit is dead or saturated. Without a loss there are no gradients to judge.")
    return words


def _limit(verdict: Verdict, thresholds: Thresholds) -> float | None:
    start = verdict.numbers.get("start")
    ratio = {Kind.VANISHES: thresholds.vanish, Kind.EXPLODES: thresholds.explode}.get(verdict.kind)
    return None if start is None or ratio is None else ratio * start


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
