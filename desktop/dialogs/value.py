"""Asking for another value: a number, a token or a label, or a vector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSortFilterProxyModel, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QLineEdit, QListView, QVBoxLayout, QWidget

from desktop.dialogs.array_model import ArrayModel
from desktop.dialogs.array_table import ArrayTable
from desktop.dialogs.frame import Question, fit, label_for, waited_for
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text
from desktop.style.theme import Theme, scaled
from desktop.widgets.chip_flow import label
from desktop.widgets.number_field import NumberField

NO_TARGET = -1


@dataclass(frozen=True, eq=False)
class ValueQuestion:
    """What is asked. A text as ``now`` asks for one of ``options``, an array for a vector, else for a number."""

    title: str  # "Overwrite c, unit 4, at t = 6"
    now: float | str | NDArray
    words: str = ""  # what it will mean
    options: tuple[str, ...] = ()
    none: str = ""  # what choosing nothing is called, "" where that cannot be; it answers NO_TARGET
    names: tuple[str, ...] = ()  # of a vector's entries
    units: int = 1  # of how many one is asked for; where there are several, all may be given the same number


class NumberBody(QWidget):
    """One number, and what it was; for all units it answers an array."""

    changed = Signal(object)  # (answer or None, what is wrong)

    def __init__(self, question: ValueQuestion) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.field = NumberField(question.title, float(question.now))
        self.field.selectAll()
        self.field.textChanged.connect(lambda _text: self.judge())
        column.addWidget(self.field)
        column.addWidget(label_for(self.tr("now {value}").format(value=number_text(float(question.now), 8))))
        self.all = QCheckBox(self.tr("all {count} units").format(count=question.units))
        self.all.setVisible(question.units > 1)
        self.all.toggled.connect(lambda _on: self.judge())
        column.addWidget(self.all)
        self._units = question.units
        self.setFocusProxy(self.field)

    def judge(self) -> None:
        """Say what would be answered."""
        value = self.field.value
        answer = np.full(self._units, value) if self.all.isChecked() and value is not None else value
        self.changed.emit((answer, self.field.problem))


class PickLine(QLineEdit):
    """A line that hands up and down to the list under it."""

    stepped = Signal(object)  # -1 or 1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(step)


class PickBody(QWidget):
    """A list of tokens or labels that shrinks while one types."""

    changed = Signal(object)  # (answer or None, what is wrong)
    agreed = Signal(object)  # None: a double-click

    def __init__(self, question: ValueQuestion) -> None:
        super().__init__()
        self._none = question.none
        self._options = question.options
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.line = PickLine()
        self.line.setPlaceholderText(self.tr("Type to find"))
        self.line.setAccessibleName(self.tr("Find"))
        self.line.setClearButtonEnabled(True)
        names = [label(option, place) for place, option in enumerate(question.options)]
        self._source = QStringListModel([question.none, *names] if question.none else names, self)
        self._found = QSortFilterProxyModel(self)
        self._found.setSourceModel(self._source)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.list = QListView()
        self.list.setAccessibleName(question.title)
        self.list.setModel(self._found)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        column.addWidget(self.line)
        column.addWidget(self.list, 1)
        self.setFocusProxy(self.line)
        self._begin(str(question.now))
        self.line.textChanged.connect(self._filter)
        self.line.stepped.connect(self._step)
        self.list.selectionModel().currentChanged.connect(lambda _new, _old: self.judge())
        self.list.doubleClicked.connect(lambda _index: self.agreed.emit(None))

    def _begin(self, now: str) -> None:
        shift = 1 if self._none else 0
        row = self._options.index(now) + shift if now in self._options else 0
        if self._found.rowCount():
            self.list.setCurrentIndex(self._found.index(row, 0))
            self.list.scrollTo(self.list.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)

    def _filter(self, text: str) -> None:
        self._found.setFilterFixedString(text)
        exact = self._found.match(
            self._found.index(0, 0), Qt.ItemDataRole.DisplayRole, text, 1, Qt.MatchFlag.MatchFixedString
        )
        if exact or (self._found.rowCount() and not self.list.currentIndex().isValid()):
            self.list.setCurrentIndex(exact[0] if exact else self._found.index(0, 0))
        self.judge()

    def _step(self, step: int) -> None:
        row = min(max(self.list.currentIndex().row() + step, 0), self._found.rowCount() - 1)
        self.list.setCurrentIndex(self._found.index(row, 0))

    def judge(self) -> None:
        """Say what would be answered."""
        index = self._found.mapToSource(self.list.currentIndex())
        if not index.isValid():
            problem = self.tr("None of the {count} begins like that.").format(count=self._source.rowCount())
            self.changed.emit((None, problem if self._found.rowCount() == 0 else ""))
            return
        place = index.row() - (1 if self._none else 0)
        self.changed.emit((NO_TARGET if place < 0 else self._options[place], ""))


class VectorBody(QWidget):
    """A small table of numbers."""

    changed = Signal(object)  # (answer or None, what is wrong)

    def __init__(self, question: ValueQuestion, theme: Theme) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.model = ArrayModel(np.asarray(question.now), ColourMaps(theme), question.names, self)
        self.table = ArrayTable(self.model, theme)
        self.table.setAccessibleName(question.title)
        self.table.setCurrentIndex(self.model.index(0, 0))
        column.addWidget(self.table)
        self.setFocusProxy(self.table)
        self.model.edited.connect(lambda _place: self.judge())
        self.model.refused.connect(lambda problem: self.changed.emit((self.model.values, problem)))

    def judge(self) -> None:
        """Say what would be answered."""
        self.changed.emit((self.model.values, ""))


class ValueDialog(Question):
    """Answers a float, a text (or NO_TARGET), or an array, as the question asks."""

    def __init__(self, question: ValueQuestion, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(question.title, theme, parent)
        self.setObjectName("value_dialog")
        title = label_for(question.title, quiet=False)
        title.setWordWrap(True)
        self.body.addWidget(title)
        if question.words:
            words = label_for(question.words)
            words.setWordWrap(True)
            self.body.addWidget(words)
        self.part = _body_for(question, theme)
        self.body.addWidget(self.part, 1)
        self.part.changed.connect(self._take)
        if isinstance(self.part, PickBody):
            self.part.agreed.connect(lambda _none: self.accept())
        self.part.judge()
        fit(self, 340, 100 if isinstance(self.part, NumberBody) else 340)
        self.setMinimumWidth(round(scaled(240)))
        self.part.setFocus()

    def _take(self, found: object) -> None:
        answer, problem = found
        self.say(problem)
        self.offer(answer)


def _body_for(question: ValueQuestion, theme: Theme) -> NumberBody | PickBody | VectorBody:
    if isinstance(question.now, str) or question.options:
        return PickBody(question)
    return VectorBody(question, theme) if isinstance(question.now, np.ndarray) else NumberBody(question)


def edit_value(
    parent: QWidget | None, question: ValueQuestion, theme: Theme, done: Callable[[object], object] | None = None
) -> object:
    """Ask for a value. With ``done`` it opens and calls that with the answer or None; else the answer is waited for."""
    dialog = ValueDialog(question, theme, parent)
    if done is None:
        return waited_for(dialog)
    dialog.answered.connect(done)
    dialog.open()
    return dialog
