"""One layer of a network: its cell, its units, which way it walks, and how its numbers begin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QSpinBox, QVBoxLayout, QWidget

from core.language import CellDefinition
from core.language.limits import MAX_DELAY
from core.learning.initialisers import INITIALISERS, Rule
from core.stack import READOUT, Direction
from desktop.dialogs.cell_field import CellField
from desktop.dialogs.field import Form, Wrong, choose, combo, fill, show_number, spin
from desktop.dialogs.model_choice import JOINS, MATRIX_RULES, check_text
from desktop.dialogs.network_choice import MOST_UNITS, LayerChoice
from desktop.dialogs.network_problems import Judgement
from desktop.dialogs.network_words import join_names
from desktop.style.theme import Theme, scaled
from desktop.widgets.number_field import NumberField

FIRST_SIZE, AFTER_SIZES = 2, 20  # rows of the form


class LayerPage(QWidget):
    """Shows a ``LayerChoice`` and says what the person makes of it."""

    changed = Signal(object)  # LayerChoice

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: LayerChoice | None = None
        self._size_fields: dict[str, QSpinBox] = {}
        self.cell = CellField(theme)
        self.units = spin(1, MOST_UNITS, 8)
        self.direction = combo(self._directions())
        self.join = combo()
        self.tied = combo(((self.tr("its own"), False), (self.tr("those of forward"), True)))
        self.rule = combo()
        self.rule_value = NumberField(self.tr("Number of the initialiser"), 1.0)
        self.aligned = QCheckBox(self.tr("Outputs in walked order (go_backwards)"))
        self.aligned.setToolTip(self.tr("What reads them takes the n-th; else it takes the one of the same time step"))
        self.wrong = {name: Wrong() for name in ("join", "sizes", "rule", "units")}
        self._arrange()
        self._listen()

    def _directions(self) -> tuple[tuple[str, Direction], ...]:
        return (
            (self.tr("forward"), Direction.FORWARD),
            (self.tr("reverse: last step first"), Direction.REVERSE),
            (self.tr("both ways"), Direction.BOTH),
        )

    def _arrange(self) -> None:
        self._form = form = Form()
        form.put(0, 0, self.tr("units"), self.units)
        form.put(0, 1, self.tr("walks"), self.direction)
        form.put_whole(1, self.wrong["units"])
        form.put_whole(AFTER_SIZES, self.wrong["sizes"])
        form.put(AFTER_SIZES + 1, 0, self.tr("joined"), self.join)
        form.put(AFTER_SIZES + 1, 1, self.tr("reverse weights"), self.tied)
        form.put_whole(AFTER_SIZES + 2, self.wrong["join"])
        form.put(AFTER_SIZES + 3, 0, self.tr("matrices begin"), self.rule)
        self._value_label = form.put(AFTER_SIZES + 3, 1, "", self.rule_value)
        form.put_whole(AFTER_SIZES + 4, self.wrong["rule"])
        form.put_whole(AFTER_SIZES + 5, self.aligned)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(scaled(10)))
        column.addWidget(self.cell, 1)
        column.addWidget(form)

    def _listen(self) -> None:
        self.cell.text_changed.connect(self._take_text)
        self.units.valueChanged.connect(lambda _value: self._take())
        for box in (self.direction, self.join, self.tied):
            box.activated.connect(lambda _place: self._take())
        self.rule.activated.connect(lambda _place: self._take_rule())
        self.rule_value.textChanged.connect(lambda _text: self._take())
        self.aligned.clicked.connect(lambda _checked: self._take())

    # Showing

    def show_layer(self, layer: LayerChoice, is_top: bool) -> None:
        """Show a layer; the readout can join the directions of the top one."""
        self._layer = layer
        self.cell.show_text(layer.text)
        show_number(self.units, layer.units)
        choose(self.direction, layer.direction)
        self._fill_joins(layer.join, is_top)
        choose(self.tied, layer.tied)
        self.aligned.setChecked(not layer.aligned)
        self._show_sizes(layer)
        fill(self.rule, self._rules(layer), layer.rule.name if layer.rule else "")
        for place, name in enumerate(MATRIX_RULES, 1):
            self.rule.setItemData(place, INITIALISERS[name].description, Qt.ItemDataRole.ToolTipRole)
        self._show_rule(layer.rule)
        self._show_parts()

    def _show_parts(self) -> None:
        both = self._walks is Direction.BOTH
        self._form.show_part(self.join, both)
        self._form.show_part(self.tied, both)
        self.aligned.setVisible(self._walks is not Direction.FORWARD)

    @property
    def _walks(self) -> Direction:
        return Direction(self.direction.currentData())  # a list keeps the text only

    def _fill_joins(self, join: str | CellDefinition, is_top: bool) -> None:
        names = join_names()
        entries: list[tuple[str, object]] = [(names[name], name) for name in JOINS]
        if is_top:
            entries.append((names[READOUT], READOUT))
        if isinstance(join, CellDefinition):
            entries.append((join.name, join))
        fill(self.join, entries, join)

    def _rules(self, layer: LayerChoice) -> list[tuple[str, object]]:
        """The initialisers; the first changes nothing."""
        first = self.tr("unchanged") if layer.was else self.tr("as the cell says")
        return [(first, ""), *((name, name) for name in MATRIX_RULES)]

    def _show_rule(self, rule: Rule | None) -> None:
        self._form.show_part(self.rule_value, rule is not None)
        if rule is None:
            return
        meaning, usual = INITIALISERS[rule.name].meaning, INITIALISERS[rule.name].default
        self._value_label.setText(meaning)
        self.rule_value.setAccessibleName(meaning)
        if not self.rule_value.hasFocus():
            self.rule_value.blockSignals(True)
            self.rule_value.show_value(usual if rule.value is None else rule.value)
            self.rule_value.blockSignals(False)

    def _show_sizes(self, layer: LayerChoice) -> None:
        """A field for each extra size that the cell declares, and for each delay that it names."""
        sizes, delays = layer.all_sizes, layer.all_delays
        if [*sizes, *delays] != list(self._size_fields):
            for field in self._size_fields.values():
                self._form.take(field)
            self._size_fields = {name: spin(1, MOST_UNITS, size) for name, size in sizes.items()}
            self._size_fields |= {name: spin(1, MAX_DELAY, delay) for name, delay in delays.items()}
            for number, (name, field) in enumerate(self._size_fields.items()):
                label = self.tr("delay {name}").format(name=name) if name in delays else name
                self._form.put(FIRST_SIZE + number // 2, number % 2, label, field)
                field.valueChanged.connect(lambda _value: self._take())
        for name, field in self._size_fields.items():
            show_number(field, {**sizes, **delays}[name])

    @property
    def is_complete(self) -> bool:
        """Whether every field holds something."""
        return self.rule.currentData() == "" or not self.rule_value.problem

    def size_field(self, name: str) -> QSpinBox:
        """The field of an extra size or of a delay. Raises KeyError."""
        return self._size_fields[name]

    def show_judgement(self, judgement: Judgement, place: str) -> None:
        """Say beside each field what is wrong with it."""
        self.cell.show_problem(judgement.at(place, "cell"))
        for field, wrong in self.wrong.items():
            problem = judgement.at(place, field)
            wrong.say(problem.text if problem else "")
        if not self.rule_value.isHidden() and self.rule_value.problem:
            self.wrong["rule"].say(self.rule_value.problem)

    # Taking what the person does

    def _take_text(self, text: object) -> None:
        verdict = check_text(str(text))
        if verdict.definition is None:
            self._emit(replace(self._layer, draft=str(text)))
        else:
            layer = replace(self._layer, definition=verdict.definition, reverse_cell=None, draft=None)
            self._show_sizes(layer)
            self._emit(layer)

    def _take_rule(self) -> None:
        """Another initialiser begins with its usual number."""
        name = self.rule.currentData()
        self._show_rule(Rule(name, INITIALISERS[name].default) if name else None)
        self._take()

    def _take(self) -> None:
        name = self.rule.currentData()
        self._emit(
            replace(
                self._layer,
                units=self.units.value(),
                direction=self._walks,
                join=self.join.currentData(),
                tied=self.tied.currentData(),
                aligned=not self.aligned.isChecked(),
                sizes=self._numbers(self._layer.definition.sizes),
                delays=self._numbers(self._layer.definition.named_delays),
                rule=Rule(name, self.rule_value.value) if name else None,
            )
        )

    def _numbers(self, names: Iterable[str]) -> dict[str, int]:
        return {name: self._size_fields[name].value() for name in names}

    def _emit(self, layer: LayerChoice) -> None:
        self._layer = layer
        self._show_parts()
        self.changed.emit(layer)
