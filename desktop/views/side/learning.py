"""The settings of learning in a few rows, to be changed in place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from core.learning.step import LearningSettings
from desktop.dialogs.learning import LearningDialog
from desktop.dialogs.learning_fields import LearningFields
from desktop.dialogs.regulariser_fields import Layers
from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.side.parts import ShortButton, WrapLabel
from desktop.widgets.wheel_guard import WheelGuard


class LearningRows(QWidget):
    """Optimiser, rate, clipping and window; everything else is in the dialog."""

    learning_changed = Signal(object)  # LearningSettings

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.fields = LearningFields(self)
        self.more = ShortButton(self.tr("Learning…"), self.tr("All settings of learning"))
        self._problem = WrapLabel(role="error", size=11.5)
        self._labels: list[QLabel] = []
        self._layers: Layers = ()
        self._guard = WheelGuard(self)
        self._arrange()
        self.fields.changed.connect(self.learning_changed)
        self.fields.problem_changed.connect(self._say)
        self.more.clicked.connect(lambda _checked=False: self.open_dialog())
        self._say("")

    def _arrange(self) -> None:
        fields = self.fields
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        rows = (
            (self.tr("optimiser"), fields.optimiser),
            (self.tr("rate"), fields.numbers["rate"]),
            (self.tr("clipping"), fields.rule),
            (self.tr("at most"), fields.threshold),
            (self.tr("window"), fields.window),
        )
        for row, (words, control) in enumerate(rows):
            label = QLabel(words)
            label.setProperty("role", "secondary")
            label.setBuddy(control)
            self._labels.append(label)
            control.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            control.setMinimumWidth(round(scaled(56)))
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(control, row, 1)
            self._guard.guard(control)
        self._grid.addWidget(self._problem, len(rows), 0, 1, 2)
        self._grid.addWidget(self.more, len(rows) + 1, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        used = {fields.numbers["rate"]}
        for control in (*fields.numbers.values(), fields.nesterov, fields.paces, *fields.regulariser.controls):
            if control not in used:
                control.hide()  # in the dialog only
        self.set_theme(self._theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._theme = theme
        self._grid.setHorizontalSpacing(round(scaled(10)))
        self._grid.setVerticalSpacing(round(scaled(5)))
        for label in self._labels:
            label.setFont(ui_font(12))
            label.buddy().setFont(ui_font(12))
        self._problem.set_theme(theme)
        self.more.set_theme(theme)

    def show_learning(self, settings: LearningSettings, layers: Layers) -> None:
        """Show these settings, of a network with these layers; emits nothing."""
        self._layers = layers
        self.fields.show_settings(settings)

    def open_dialog(self) -> LearningDialog:
        """Open all settings; accepting them is a change as any other."""
        dialog = LearningDialog(self.fields.settings, self._theme, self, self._layers)
        dialog.answered.connect(self._take)
        dialog.open()
        return dialog

    def _take(self, settings: object) -> None:
        if settings is not None and settings != self.fields.settings:
            self.fields.show_settings(settings)
            self.learning_changed.emit(settings)

    def _say(self, problem: object) -> None:
        self._problem.setText(str(problem))
        self._problem.setVisible(bool(problem))
