"""All settings of learning."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from core.learning.optimisers import describe
from core.learning.step import LearningSettings
from desktop.dialogs.frame import Question, fit, label_for, waited_for
from desktop.dialogs.learning_fields import NUMBERS, LearningFields, learning_words, number_name
from desktop.dialogs.regulariser_fields import Layers
from desktop.style.theme import Theme, scaled, ui_font
from desktop.widgets.heading import SectionHeading


class LearningDialog(Question):
    """All settings of learning, with a sentence that says what they mean together. Answers LearningSettings.

    ``layers`` can be regularised.
    """

    def __init__(
        self, settings: LearningSettings, theme: Theme, parent: QWidget | None = None, layers: Layers = ()
    ) -> None:
        super().__init__(self.tr("Learning"), theme, parent, self.tr("Use these settings"))
        self.setObjectName("learning_dialog")
        self.fields = LearningFields(self)
        self._labels: dict[str, QLabel] = {}
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setProperty("role", "secondary")
        self._words.setFont(ui_font(12.5))
        self._fill()
        self.fields.regulariser.show_layers(layers)
        self.fields.show_settings(settings)
        self.fields.changed.connect(self._follow)
        self.fields.problem_changed.connect(self._show_problem)
        self._follow(settings)
        fit(self, 430, 100)

    def _fill(self) -> None:
        fields = self.fields
        grid = QGridLayout()
        grid.setHorizontalSpacing(round(scaled(16)))
        grid.setVerticalSpacing(round(scaled(8)))
        grid.setColumnStretch(1, 1)
        rows: list[tuple[str, str, QWidget]] = [("", self.tr("optimiser"), fields.optimiser)]
        rows += [(name, number_name(name), fields.numbers[name]) for name in NUMBERS]
        rows += [("nesterov", "", fields.nesterov)]
        self._section(grid, self.tr("Optimiser"), rows)
        self._section(
            grid, self.tr("Clipping"), [("", self.tr("rule"), fields.rule), ("", self.tr("at most"), fields.threshold)]
        )
        self._section(grid, self.tr("Truncated back-propagation"), [("", self.tr("window, time steps"), fields.window)])
        self._section(grid, self.tr("Units that learn less often"), [("", self.tr("paces"), fields.paces)])
        words = (self.tr("weight of Ω"), self.tr("state"), self.tr("gradient of Ω"), self.tr("layer"))
        found = zip(words, fields.regulariser.controls, strict=True)
        self._section(grid, self.tr("Regulariser"), [("", text, control) for text, control in found])
        self.body.addLayout(grid)
        self.body.addSpacing(round(scaled(6)))
        self.body.addWidget(self._words)
        self.body.addStretch(1)

    def _section(self, grid: QGridLayout, title: str, rows: list[tuple[str, str, QWidget]]) -> None:
        if grid.rowCount() > 1:
            grid.setRowMinimumHeight(grid.rowCount(), round(scaled(4)))
        grid.addWidget(SectionHeading(self.theme, title), grid.rowCount(), 0, 1, 2)
        for name, words, control in rows:
            row = grid.rowCount()
            if words:
                self._labels[name or words] = label_for(words, control)
                grid.addWidget(self._labels[name or words], row, 0)
            grid.addWidget(control, row, 1)

    def _follow(self, settings: object) -> None:
        """Show only what this optimiser has, and say what it all means."""
        for name, field in (*self.fields.numbers.items(), ("nesterov", self.fields.nesterov)):
            there = hasattr(settings.optimiser, name)
            field.setVisible(there)
            if name in self._labels:
                self._labels[name].setVisible(there)
        self._words.setText(f"{describe(settings.optimiser)}; {learning_words(settings)}.")
        self.offer(settings)

    def _show_problem(self, problem: object) -> None:
        self.say(str(problem))
        self.offer(None if problem else self.fields.settings)

    def accept(self) -> None:
        """What still stands in a field counts too."""
        for field in (
            *self.fields.numbers.values(),
            self.fields.threshold,
            self.fields.regulariser.weight,
            self.fields.paces,
        ):
            if field.isEnabled():
                field.editingFinished.emit()
        super().accept()


def learning_dialog(
    parent: QWidget | None, settings: LearningSettings, theme: Theme, done: Callable[[object], object] | None = None
) -> object:
    """Ask for settings. With ``done`` it opens and calls that with the answer; else the answer is waited for."""
    dialog = LearningDialog(settings, theme, parent)
    if done is None:
        return waited_for(dialog)
    dialog.answered.connect(done)
    dialog.open()
    return dialog
