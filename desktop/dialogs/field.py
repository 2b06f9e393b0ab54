"""Controls of a form: in a grid with their labels, each with room below it for what is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSpinBox, QWidget

from desktop.dialogs.frame import label_for
from desktop.style.theme import scaled, ui_font
from desktop.widgets.wheel_guard import WheelGuard


class Form(QWidget):
    """Rows of label and control, two of them side by side; the wheel scrolls the form and changes nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(round(scaled(10)))
        self._grid.setVerticalSpacing(round(scaled(8)))
        for column in (1, 3):
            self._grid.setColumnStretch(column, 1)
        self._labels: dict[QWidget, QLabel] = {}
        self._guard = WheelGuard(self)

    def put(self, row: int, column: int, words: str, control: QWidget, across: int = 1) -> QLabel:
        """Put a control there with its label; ``across`` counts pairs of columns."""
        label = label_for(words, control)
        self._grid.addWidget(label, row, 2 * column)
        self._grid.addWidget(control, row, 2 * column + 1, 1, 2 * across - 1)
        self._labels[control] = label
        if isinstance(control, QComboBox | QSpinBox):
            self._guard.guard(control)
        return label

    def put_whole(self, row: int, part: QWidget) -> None:
        """Put something there that takes the whole width."""
        self._grid.addWidget(part, row, 0, 1, 4)

    def take(self, control: QWidget) -> None:
        """Take a control out again, and its label."""
        for part in (control, self._labels.pop(control)):
            self._grid.removeWidget(part)
            part.hide()
            part.deleteLater()

    def show_part(self, control: QWidget, seen: bool) -> None:
        """Show a control and its label, or hide both."""
        control.setVisible(seen)
        self._labels[control].setVisible(seen)


class Wrong(QLabel):
    """A sentence beside a field that says what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "error")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(ui_font(12))
        self.hide()

    def say(self, text: str) -> None:
        """Say it; "" for nothing."""
        self.setText(text)
        self.setVisible(bool(text))


def spin(least: int, most: int, value: int) -> QSpinBox:
    """A field for a whole number."""
    field = QSpinBox()
    field.setRange(least, most)
    field.setValue(value)
    field.setGroupSeparatorShown(True)
    field.lineEdit().setTextMargins(round(scaled(5)), 0, 0, 0)
    return field


def combo(entries: Iterable[tuple[str, object]] = ()) -> QComboBox:
    """A list to choose from, which may be narrower than its longest entry."""
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(4)
    fill(box, entries)
    return box


def fill(box: QComboBox, entries: Iterable[tuple[str, object]], chosen: object = None) -> None:
    """Give a list other entries, with one of them chosen; emits nothing."""
    box.blockSignals(True)
    box.clear()
    for text, data in entries:
        box.addItem(text, data)
    choose(box, chosen)
    box.blockSignals(False)


def choose(box: QComboBox, data: object) -> None:
    """Choose the entry that stands for ``data``, the first where there is none; emits nothing."""
    before = box.blockSignals(True)
    box.setCurrentIndex(max(next((n for n in range(box.count()) if box.itemData(n) == data), 0), 0))
    box.blockSignals(before)


def show_number(field: QSpinBox, value: int) -> None:
    """Show a number; emits nothing."""
    field.blockSignals(True)
    field.setValue(value)
    field.blockSignals(False)
