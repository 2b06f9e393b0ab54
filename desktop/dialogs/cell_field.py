"""Choosing a cell: from the list, from a file, or by its equations, which are always shown and can be changed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.language import read_cell
from desktop.dialogs.equation_editor import EquationEditor
from desktop.dialogs.field import Wrong, combo
from desktop.dialogs.frame import label_for
from desktop.dialogs.model_choice import built_in_cells, plain_text
from desktop.dialogs.network_problems import Problem
from desktop.style.theme import Theme, scaled
from desktop.views.side.parts import ShortButton

OWN = ""  # the entry of the list for equations that are no built-in cell's
FIRST_OWN = "h = tanh(W @ x + U @ h[-1] + b)\n"


class CellField(QWidget):
    """Every cell is shown as its text, so that any of them can be changed."""

    text_changed = Signal(object)  # str

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = {name: read_cell(name).text.strip() for name, _ in built_in_cells()}
        self._place = (0, 0)
        self.cell = combo([(title, name) for name, title in built_in_cells()] + [(self.tr("Own equations"), OWN)])
        self.open_file = ShortButton(self.tr("Open a cell file…"))
        self.editor = EquationEditor(theme)
        self.editor.setMinimumHeight(round(scaled(110)))
        self.wrong = Wrong()
        self.place = QPushButton()
        self.place.setProperty("flat", True)
        self.place.setAutoDefault(False)
        self.place.hide()
        self._arrange()
        self.cell.activated.connect(lambda _place: self._show_built_in())
        self.open_file.clicked.connect(lambda _checked=False: self._ask_file())
        self.editor.textChanged.connect(self._edited)
        self.place.clicked.connect(lambda _checked=False: self.editor.go_to(*self._place))

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(round(scaled(10)))
        top.addWidget(label_for(self.tr("cell"), self.cell))
        top.addWidget(self.cell, 1)
        top.addWidget(self.open_file)
        below = QHBoxLayout()
        below.addWidget(self.wrong, 1)
        below.addWidget(self.place, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(scaled(8)))
        column.addLayout(top)
        column.addWidget(self.editor, 1)
        column.addLayout(below)

    def show_text(self, text: str) -> None:
        """Show these equations; emits nothing."""
        if text != self.editor.toPlainText():
            self.editor.blockSignals(True)
            self.editor.setPlainText(text)
            self.editor.blockSignals(False)
        self._name_cell()

    def show_problem(self, problem: Problem | None) -> None:
        """Say what is wrong with them, and where; None for nothing."""
        line, column = (problem.line, problem.column) if problem else (0, 0)
        self._place = (line, column)
        self.editor.mark(line, column)
        self.wrong.say(_sentence(problem) if problem else "")
        self.place.setVisible(bool(line))
        self.place.setText(self.tr("Go to line {line}").format(line=line))

    def _name_cell(self) -> None:
        """Which entry of the list this text is."""
        text = self.editor.toPlainText().strip()
        known = next((name for name, cell in self._titles.items() if cell == text), OWN)
        self.cell.setCurrentIndex(self.cell.findData(known))

    def _show_built_in(self) -> None:
        name = self.cell.currentData()
        if name != OWN:
            self.editor.setPlainText(read_cell(name).text)
            return
        if not self.editor.toPlainText().strip():
            self.editor.setPlainText(FIRST_OWN)
        self.editor.setFocus()

    def _edited(self) -> None:
        self._name_cell()
        self.text_changed.emit(self.editor.toPlainText())

    def _ask_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Open a cell file"), "", self.tr("Cell files (*.toml);;All files (*)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.open_path)
        dialog.open()

    def open_path(self, path: str) -> None:
        """Take the text of a cell file, also of a wrong one: it can be mended here."""
        text = plain_text(Path(path))
        if text is None:
            words = self.tr("“{name}” cannot be read as a text; choose a cell file (.toml).")
            self.wrong.say(words.format(name=Path(path).name))
        else:
            self.editor.setPlainText(text)


def _sentence(problem: Problem) -> str:
    if not problem.line:
        return problem.text
    where = CellField.tr("Line {line}: {problem}")
    if problem.column:
        where = CellField.tr("Line {line}, column {column}: {problem}")
    return where.format(line=problem.line, column=problem.column, problem=problem.text)
