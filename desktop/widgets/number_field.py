"""A line for one number, which says at once when what stands there is none."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.style.numbers_text import MINUS

DIGITS = 12
Check = Callable[[float], str]  # what is wrong with a number, "" for nothing


class NumberField(QLineEdit):
    """Holds a finite number. What the person did not touch keeps all its digits."""

    committed = Signal(object)  # float: entered by the person, valid, and another one than before
    validity_changed = Signal(object)  # what is wrong, "" for nothing

    def __init__(
        self, name: str, value: float = 0.0, check: Check | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._check = check or (lambda _value: "")
        self._value = value
        self._problem = ""
        self.setAccessibleName(name)
        self.show_value(value)
        self.textChanged.connect(lambda _text: self._judge())
        self.editingFinished.connect(self._commit)

    @property
    def value(self) -> float | None:
        """The number that stands there, None where it is none."""
        if self.text() == number_entry(self._value):
            return self._value
        number = number_in(self.text())
        return None if number is None or self._check(number) else number

    @property
    def problem(self) -> str:
        """What is wrong with what stands there."""
        return self._problem

    def show_value(self, value: float) -> None:
        """Show a number; emits nothing."""
        if self.hasFocus() and self.isModified() and value == self._value:
            return  # what is being typed is not taken away
        self._value = value
        self.setText(number_entry(value))
        self.setCursorPosition(0)
        self._judge()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes back what was typed."""
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.setText(number_entry(self._value))
            self._judge()
            return
        super().keyPressEvent(event)

    def _judge(self) -> None:
        number = number_in(self.text())
        problem = not_a_number(self.text()) if number is None else self._check(number)
        if problem == self._problem:
            return
        self._problem = problem
        self.setProperty("invalid", bool(problem))
        self.setToolTip(problem)
        self.setAccessibleDescription(problem)
        self.style().unpolish(self)
        self.style().polish(self)
        self.validity_changed.emit(problem)

    def _commit(self) -> None:
        value = self.value
        if value is not None and value != self._value:
            self._value = value
            self.committed.emit(value)


def number_in(text: str) -> float | None:
    """The finite number that a text says; a typeset minus is one too."""
    text = text.strip().replace(MINUS, "-")
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def number_entry(value: float) -> str:
    """A number as a person would type it."""
    return f"{value:.{DIGITS}g}"


def not_a_number(text: str) -> str:
    """The sentence for a text that is no number."""
    if not text.strip():
        return tr("There is nothing here; enter a number, such as 0.25 or 1e-3.")
    return tr("“{text}” is not a finite number; enter one such as 0.25 or 1e-3.").format(text=text.strip()[:40])


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("NumberField", text)
