"""Editing the entries of a parameter, in a table as large as the matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.dialogs.array_model import ArrayModel
from desktop.dialogs.array_table import ArrayTable
from desktop.dialogs.frame import Question, fit, label_for, waited_for
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text
from desktop.style.theme import Theme, scaled
from desktop.views.change_table import MatrixMap, shape_text
from desktop.widgets.number_field import NumberField

OVERVIEW_FROM = 400  # entries from which a map of them all helps to find one's way


@dataclass(frozen=True, eq=False)
class ParameterEdit:
    """The whole array as it is to be, and which entries are others than before."""

    path: str
    values: NDArray
    changed: tuple[tuple[int, ...], ...]


class ParameterDialog(Question):
    """A table in colours; the chosen entry also stands in a line of its own. Answers a ParameterEdit."""

    def __init__(
        self,
        path: str,
        values: NDArray,
        theme: Theme,
        parent: QWidget | None = None,
        index: tuple[int, ...] | None = None,
    ) -> None:
        super().__init__(path, theme, parent, self.tr("Use these values"))
        self.setObjectName("parameter_dialog")
        self._path = path
        maps = ColourMaps(theme)
        self.model = ArrayModel(np.asarray(values), maps, parent=self)
        self.table = ArrayTable(self.model, theme)
        self.table.setAccessibleName(self.tr("Entries of {path}").format(path=path))
        self.map = MatrixMap(maps)
        self.map.edit_requested.connect(self._go_to)
        self.map.setMaximumHeight(round(scaled(min(max(self.model.now.shape[0] * 4, 24), 120))))
        self.map.setVisible(self.model.now.size >= OVERVIEW_FROM)
        self.field = NumberField(self.tr("Chosen entry"), 0.0)
        self._entry = label_for("")
        self._state = label_for("")
        self._fill(maps)
        self.table.selectionModel().currentChanged.connect(self._choose)
        self.field.committed.connect(self._set_entry)
        self.field.validity_changed.connect(lambda problem: self.say(str(problem)))
        self.model.edited.connect(lambda _place: self._follow())
        self.model.refused.connect(lambda problem: self.say(str(problem)))
        self._follow()
        self._go_to(index or (0,) * max(np.asarray(values).ndim, 1))
        rows, columns = self.model.now.shape
        fit(self, min(max(columns * 56 + 100, 340), 780), min(max(rows * 22 + 260, 300), 620))

    def _fill(self, maps: ColourMaps) -> None:
        limit = number_text(self.model.limit, 2)
        words = self.tr("{path}, {shape}; colours from −{limit} to {limit}")
        title = words.format(path=self._path, shape=shape_text(self.model.values.shape), limit=limit)
        self.body.addWidget(label_for(title))
        self.body.addWidget(self.map)
        self.body.addWidget(self.table, 1)
        row = QHBoxLayout()
        row.setSpacing(round(scaled(10)))
        self._entry.setBuddy(self.field)
        for part, share in ((self._entry, 0), (self.field, 1), (self._state, 0)):
            row.addWidget(part, share)
        self.body.addLayout(row)

    def _go_to(self, index: object) -> None:
        row, column = (*index, 0)[:2] if index else (0, 0)
        place = self.model.index(int(row), int(column))
        self.table.setCurrentIndex(place)
        self.table.scrollTo(place)

    def _choose(self, now: QModelIndex, _before: QModelIndex) -> None:
        if not now.isValid():
            return
        where = (now.row(), now.column()) if self.model.columnCount() > 1 else (now.row(),)
        self._entry.setText(self.tr("entry [{place}]").format(place=", ".join(str(n + 1) for n in where)))
        self.field.setAccessibleName(self._entry.text())
        self.field.show_value(float(self.model.now[now.row(), now.column()]))
        self.say("")

    def _set_entry(self, value: object) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            self.model.set_value(index.row(), index.column(), float(value))

    def _follow(self) -> None:
        """What changed, in the map, in words, and as the answer."""
        changed = self.model.changed
        self.map.show_matrix(self.model.now, self.model.now.shape, self.model.limit, "", self._path)
        words = self.tr("1 entry changed") if len(changed) == 1 else self.tr("{count} entries changed")
        self._state.setText(words.format(count=len(changed)) if changed else self.tr("nothing changed yet"))
        self.say("")
        self.offer(ParameterEdit(self._path, self.model.values, changed))
        index = self.table.currentIndex()
        if index.isValid():
            self.field.show_value(float(self.model.now[index.row(), index.column()]))

    def accept(self) -> None:
        """What still stands in the line counts too."""
        self.field.editingFinished.emit()
        if not self.field.problem:
            super().accept()


def edit_parameter(
    parent: QWidget | None,
    path: str,
    values: NDArray,
    theme: Theme,
    index: tuple[int, ...] | None = None,
    done: Callable[[object], object] | None = None,
) -> object:
    """Ask for other entries. With ``done`` it opens and calls that with a ParameterEdit or None."""
    dialog = ParameterDialog(path, values, theme, parent, index)
    if done is None:
        return waited_for(dialog)
    dialog.answered.connect(done)
    dialog.open()
    return dialog
