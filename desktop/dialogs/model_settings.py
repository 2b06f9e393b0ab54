"""Everything about a model but its equations: units, readout, loss, and how its parameters begin."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSpinBox, QWidget

from core.language import CellDefinition
from core.learning.initialisers import INITIALISERS, Rule
from desktop.dialogs.frame import label_for
from desktop.dialogs.model_choice import MATRIX_RULES, MOST_UNITS, ModelChoice, losses_of, readouts
from desktop.theme import scaled
from desktop.widgets.number_field import NumberField


class ModelSettings(QWidget):
    """Three rows of two settings."""

    changed = Signal(object)  # None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.units, self.seed = _spin(1, MOST_UNITS, 8), _spin(0, 2**31 - 1, 0)
        self.readout, self.loss, self.rule = QComboBox(), QComboBox(), QComboBox()
        names = {
            "softmax": self.tr("softmax: class probabilities"),
            "identity": self.tr("identity: numbers as they come"),
            "logistic": self.tr("logistic: yes-or-no probabilities"),
            "direct": self.tr("none: the units themselves"),
        }
        for name in readouts():
            self.readout.addItem(names.get(name, name), name)
        self.rule.addItem(self.tr("as the cell says"), "")
        for name in MATRIX_RULES:
            self.rule.addItem(f"{name}: {INITIALISERS[name].description}", name)
        self.rule_value = NumberField(self.tr("Number of the initialiser"), 1.0)
        for box in (self.readout, self.rule):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(16)
        self._arrange()
        self.fill_losses("")
        self._show_rule()
        self._listen()

    def _arrange(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(round(scaled(12)))
        self._grid.setVerticalSpacing(round(scaled(8)))
        for column in (1, 3):
            self._grid.setColumnStretch(column, 1)
        self._put(0, 0, self.tr("units"), self.units)
        self._put(0, 2, self.tr("seed"), self.seed)
        self._put(1, 0, self.tr("readout"), self.readout)
        self._put(1, 2, self.tr("loss"), self.loss)
        self._put(2, 0, self.tr("matrices begin"), self.rule)
        self._value_label = self._put(2, 2, "", self.rule_value)

    def _put(self, row: int, column: int, words: str, control: QWidget) -> QLabel:
        label = label_for(words, control)
        self._grid.addWidget(label, row, column)
        self._grid.addWidget(control, row, column + 1)
        return label

    def _listen(self) -> None:
        self.readout.currentIndexChanged.connect(lambda _place: self.fill_losses(self.loss.currentData()))
        self.rule.currentIndexChanged.connect(lambda _place: self._show_rule())
        for box in (self.readout, self.loss, self.rule):
            box.currentIndexChanged.connect(lambda _place: self.changed.emit(None))
        for spin in (self.units, self.seed):
            spin.valueChanged.connect(lambda _value: self.changed.emit(None))
        self.rule_value.textChanged.connect(lambda _text: self.changed.emit(None))

    def show_choice(self, choice: ModelChoice) -> None:
        """Begin with these settings."""
        self.units.setValue(choice.units)
        self.seed.setValue(choice.seed)
        self.readout.setCurrentIndex(max(self.readout.findData(choice.readout), 0))
        self.fill_losses(choice.loss)
        self.rule.setCurrentIndex(max(self.rule.findData(choice.rule.name if choice.rule else ""), 0))
        if choice.rule is not None and choice.rule.value is not None:
            self.rule_value.show_value(choice.rule.value)

    def choice(self, definition: CellDefinition) -> ModelChoice:
        """What is chosen, for a cell."""
        name = self.rule.currentData()
        rule = Rule(name, self.rule_value.value) if name else None
        loss = self.loss.currentData() or ""
        return ModelChoice(definition, self.units.value(), self.readout.currentData(), loss, self.seed.value(), rule)

    @property
    def problem(self) -> str:
        """What is wrong with what stands in a field."""
        return self.rule_value.problem if self.rule.currentData() else ""

    def fill_losses(self, wanted: str | None) -> None:
        """The losses of the chosen readout, ``wanted`` where it is one of them."""
        names = {"squared": self.tr("½ squared error"), "cross-entropy": self.tr("cross-entropy")}
        self.loss.blockSignals(True)
        self.loss.clear()
        for name in losses_of(self.readout.currentData()):
            self.loss.addItem(names.get(name, name), name)
        self.loss.addItem(self.tr("none: forward only"), "")
        self.loss.setCurrentIndex(max(self.loss.findData(wanted), 0))
        self.loss.blockSignals(False)

    def _show_rule(self) -> None:
        name = self.rule.currentData()
        for part in (self._value_label, self.rule_value):
            part.setVisible(bool(name))
        if name:
            self._value_label.setText(INITIALISERS[name].meaning)
            self.rule_value.setAccessibleName(INITIALISERS[name].meaning)
            self.rule_value.show_value(INITIALISERS[name].default)


def _spin(least: int, most: int, value: int) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(least, most)
    spin.setValue(value)
    spin.lineEdit().setTextMargins(round(scaled(5)), 0, 0, 0)
    return spin
