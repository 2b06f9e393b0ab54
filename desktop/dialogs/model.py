"""Choosing a model: a cell from the list, from a file, or of one's own equations; its size, readout and start."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QPushButton, QWidget

from core.errors import GatewalkError, ShapeError
from core.language import read_cell
from core.network import Network
from desktop.dialogs.equation_editor import EquationEditor
from desktop.dialogs.frame import Question, fit, label_for, waited_for
from desktop.dialogs.model_choice import (
    ChosenModel,
    ModelChoice,
    Verdict,
    built_in_cells,
    check_text,
    choice_of,
    network_of,
    parameters_of,
    plain_text,
)
from desktop.dialogs.model_settings import ModelSettings
from desktop.theme import Theme, scaled

OWN = ""  # the entry of the list for equations that are no built-in cell's
FIRST_OWN = "h = tanh(W @ x + U @ h[-1] + b)\n"
MOST_NUMBERS = 20_000_000  # 160 MB; made anew at every change of a setting


class ModelDialog(Question):
    """Every cell is shown as its text, so that any of them can be changed. Answers a ChosenModel."""

    def __init__(
        self, now: ModelChoice, inputs: int, outputs: int | None, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(self.tr("Change the model"), theme, parent, self.tr("Walk this model"))
        self.setObjectName("model_dialog")
        self._inputs, self._outputs = inputs, outputs
        self._verdict = Verdict()
        self._titles = {name: read_cell(name).text.strip() for name, _ in built_in_cells()}
        self._make_parts()
        self._arrange_parts()
        self.settings.show_choice(now)
        self._show_text(now.definition.text)
        self._wire()
        self._check()
        fit(self, 680, 600)
        self.cell.setFocus()

    def _make_parts(self) -> None:
        self.cell = QComboBox()
        for name, title in built_in_cells():
            self.cell.addItem(title, name)
        self.cell.addItem(self.tr("Own equations"), OWN)
        self.open_file = QPushButton(self.tr("Open a cell file…"))
        self.open_file.setAutoDefault(False)
        self.editor = EquationEditor(self.theme)
        self.editor.setMinimumHeight(round(scaled(120)))
        self.words = label_for("")
        self.words.setWordWrap(True)
        self.place = QPushButton()
        self.place.setProperty("flat", True)
        self.place.setAutoDefault(False)
        self.place.hide()
        self.settings = ModelSettings()

    def _arrange_parts(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(round(scaled(10)))
        top.addWidget(label_for(self.tr("cell"), self.cell))
        top.addWidget(self.cell, 1)
        top.addWidget(self.open_file)
        self.body.addLayout(top)
        self.body.addWidget(self.editor, 1)
        self.body.addWidget(self.words)
        self.body.addWidget(self.settings)
        row = QGridLayout()
        row.setColumnStretch(0, 1)
        self.layout().removeWidget(self.problem)
        row.addWidget(self.problem, 0, 0)
        row.addWidget(self.place, 0, 1, Qt.AlignmentFlag.AlignTop)
        self.layout().insertLayout(1, row)

    def _wire(self) -> None:
        self.cell.activated.connect(lambda _place: self._show_built_in())
        self.open_file.clicked.connect(lambda _checked=False: self._ask_file())
        self.editor.textChanged.connect(self._edited)
        self.place.clicked.connect(lambda _checked=False: self.editor.go_to(self._verdict.line, self._verdict.column))
        self.settings.changed.connect(lambda _none: self._judge())

    def _show_built_in(self) -> None:
        name = self.cell.currentData()
        if name != OWN:
            self._show_text(read_cell(name).text)
            return
        if not self.editor.toPlainText().strip():
            self.editor.setPlainText(FIRST_OWN)
        self.editor.setFocus()

    def _show_text(self, text: str) -> None:
        self.editor.setPlainText(text)
        self._name_cell(text)

    def _name_cell(self, text: str) -> None:
        """Which entry of the list this text is."""
        known = next((name for name, cell in self._titles.items() if cell == text.strip()), OWN)
        self.cell.setCurrentIndex(self.cell.findData(known))

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
            self.say(words.format(name=Path(path).name))
        else:
            self._show_text(text)

    def _edited(self) -> None:
        self._name_cell(self.editor.toPlainText())
        self._check()

    def _check(self) -> None:
        verdict = self._verdict = check_text(self.editor.toPlainText())
        self.editor.mark(verdict.line, verdict.column)
        self.place.setVisible(bool(verdict.line))
        self.place.setText(self.tr("Go to line {line}").format(line=verdict.line))
        self._judge()

    def _judge(self) -> None:
        """Say what is wrong, or offer the model."""
        if self._verdict.definition is None:
            hint = self.tr("Write equations, such as {first}").format(first=FIRST_OWN.strip())
            self._answer_with(None, "" if self._verdict.problem else hint, self._sentence())
            return
        problem = self.settings.problem
        if not problem:
            try:
                chosen = self._chosen()
                self._answer_with(chosen, self._what(chosen), "")
                return
            except GatewalkError as error:
                problem = str(error)
        self._answer_with(None, "", problem)

    def _answer_with(self, chosen: ChosenModel | None, words: str, problem: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.say(problem)
        self.offer(chosen)

    def _sentence(self) -> str:
        verdict = self._verdict
        if not verdict.line:
            return verdict.problem
        where = self.tr("Line {line}: {problem}")
        if verdict.column:
            where = self.tr("Line {line}, column {column}: {problem}")
        return where.format(line=verdict.line, column=verdict.column, problem=verdict.problem)

    def _chosen(self) -> ChosenModel:
        choice = self.settings.choice(self._verdict.definition)
        network = network_of(choice, self._inputs, self._outputs)
        if sum(math.prod(shape) for shape in network.parameter_shapes.values()) > MOST_NUMBERS:
            words = self.tr("This model would have more than {most} numbers; use fewer units.")
            raise ShapeError(words.format(most=f"{MOST_NUMBERS:,}"))
        return ChosenModel(choice, network, parameters_of(choice, network))

    def _what(self, chosen: ChosenModel) -> str:
        names = ", ".join(chosen.choice.definition.variables)
        sizes = [value.size for value in chosen.parameters.values()]
        words = self.tr("variables {names}; {parameters} parameters with {count} numbers")
        return words.format(names=names, parameters=len(sizes), count=f"{sum(sizes):,}")


def ask_model(
    parent: QWidget | None, now: Network, theme: Theme, done: Callable[[object], object] | None = None
) -> object:
    """Ask for a model in place of ``now``. With ``done`` it opens and calls that with a ChosenModel or None."""
    dialog = ModelDialog(choice_of(now), now.inputs, now.outputs, theme, parent)
    if done is None:
        return waited_for(dialog)
    dialog.answered.connect(done)
    dialog.open()
    return dialog
