"""Asking for a breakpoint: what to watch, and when to stop."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSpinBox, QWidget

from core.breakpoints import AtTime, Breakpoint, DeadUnit, Explodes, GradientNorm, NonFinite, Saturated, Vanishes
from desktop.dialogs.breakpoint_words import breakpoint_tip
from desktop.dialogs.frame import Question, fit, label_for
from desktop.style.theme import Theme, scaled
from desktop.widgets.number_field import NumberField

TIME, SATURATED, BELOW, ABOVE, NON_FINITE = "time", "saturated", "below", "above", "non-finite"
VANISHES, EXPLODES, DEAD = "vanishes", "explodes", "dead"
USUAL = {SATURATED: 0.95, BELOW: 1e-3, ABOVE: 10.0, VANISHES: 1e-6, EXPLODES: 1e6}


class BreakpointDialog(Question):
    """A kind, and what that kind needs. Answers a breakpoint."""

    def __init__(self, paths: tuple[str, ...], steps: int, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Add a breakpoint"), theme, parent, self.tr("Add"))
        self.setObjectName("breakpoint_dialog")
        self.kind = QComboBox()
        for key, words in self._kinds():
            if paths or key in (TIME, NON_FINITE):
                self.kind.addItem(words, key)
        self.step = QSpinBox()
        self.step.setRange(1, max(steps, 1))
        self.variable = QComboBox()
        self.variable.addItems(list(paths))
        self.threshold = NumberField(self.tr("Threshold"), USUAL[BELOW], self._wrong)
        self._words = label_for("")
        self._words.setWordWrap(True)
        self._labels: list[tuple[QLabel, QWidget]] = []
        self._fill()
        self.kind.currentIndexChanged.connect(lambda _place: self._take_kind())
        self.step.valueChanged.connect(lambda _t: self._follow())
        self.variable.currentIndexChanged.connect(lambda _place: self._follow())
        self.threshold.textChanged.connect(lambda _text: self._follow())
        self._take_kind()
        fit(self, 400, 100)

    def _kinds(self) -> tuple[tuple[str, str], ...]:
        return (
            (BELOW, self.tr("a gradient falls below")),
            (ABOVE, self.tr("a gradient rises above")),
            (VANISHES, self.tr("a gradient vanishes: below this part of its start")),
            (EXPLODES, self.tr("a gradient explodes: above so many times its start")),
            (DEAD, self.tr("a unit is dead")),
            (SATURATED, self.tr("a gate is saturated beyond")),
            (TIME, self.tr("a time step is complete")),
            (NON_FINITE, self.tr("something is not finite")),
        )

    def _fill(self) -> None:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(round(scaled(16)))
        grid.setVerticalSpacing(round(scaled(8)))
        rows = (
            (self.tr("stop where"), self.kind),
            (self.tr("variable"), self.variable),
            (self.tr("threshold"), self.threshold),
            (self.tr("time step"), self.step),
        )
        for row, (words, control) in enumerate(rows):
            label = label_for(words, control)
            grid.addWidget(label, row, 0)
            grid.addWidget(control, row, 1)
            self._labels.append((label, control))
        self.body.addLayout(grid)
        self.body.addWidget(self._words)
        self.body.addStretch(1)

    def _take_kind(self) -> None:
        """Show what this kind needs, with the usual threshold."""
        kind = self.kind.currentData()
        special = {TIME: (self.step,), NON_FINITE: (), DEAD: (self.variable,)}
        needed = special.get(kind, (self.variable, self.threshold))
        for label, control in self._labels[1:]:
            label.setVisible(control in needed)
            control.setVisible(control in needed)
        if kind in USUAL:
            self.threshold.show_value(USUAL[kind])
        self._prefer_gates(kind)
        self._follow()

    def _prefer_gates(self, kind: str) -> None:
        """A gate for saturation, the output for a gradient, unless the person chose otherwise."""
        wanted = "f" if kind == SATURATED else "h"
        for place in range(self.variable.count()):
            if self.variable.itemText(place).endswith(f"/{wanted}"):
                self.variable.setCurrentIndex(place)
                return

    def _wrong(self, value: float) -> str:
        """What is wrong with a threshold."""
        if self.kind.currentData() == SATURATED and not 0.5 <= value < 1:
            return self.tr("The threshold of a gate lies between 0.5 and 1; got {value:g}.").format(value=value)
        if value <= 0:
            return self.tr("The threshold of a norm is above 0; got {value:g}.").format(value=value)
        return ""

    def _follow(self) -> None:
        point = self._point()
        self.say(self.threshold.problem if point is None else "")
        self._words.setText(breakpoint_tip(point) if point is not None else "")
        self.offer(point)

    def _point(self) -> Breakpoint | None:
        kind, path = self.kind.currentData(), self.variable.currentText()
        if kind == TIME:
            return AtTime(self.step.value() - 1)
        if kind == NON_FINITE:
            return NonFinite()
        if kind == DEAD:
            return DeadUnit(path)
        threshold = self.threshold.value
        if threshold is None:
            return None
        makes = {SATURATED: Saturated, VANISHES: Vanishes, EXPLODES: Explodes}
        return makes[kind](path, threshold) if kind in makes else GradientNorm(path, threshold, kind == ABOVE)
