"""Asking for a name, in a line that is wide enough for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.dialogs.frame import Question, fit, label_for
from desktop.style.theme import Theme, scaled


@dataclass(frozen=True)
class NameQuestion:
    """What is asked, and what it is called at first."""

    title: str
    words: str
    proposed: str = ""
    agree: str = ""


class NameDialog(Question):
    """Answers a text that is not empty, without spaces around it."""

    def __init__(self, question: NameQuestion, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(question.title, theme, parent, question.agree)
        self.setObjectName("name_dialog")
        self.line = QLineEdit(question.proposed)
        self.line.setMinimumHeight(round(scaled(28)))
        self.body.addWidget(label_for(question.words, self.line))
        self.body.addWidget(self.line)
        self.line.textChanged.connect(self._take)
        self._take(question.proposed)
        fit(self, 420, 100)
        self.line.selectAll()
        self.line.setFocus()

    def _take(self, text: str) -> None:
        self.offer(text.strip() or None)


def ask_name(
    parent: QWidget | None, question: NameQuestion, theme: Theme, done: Callable[[object], object]
) -> NameDialog:
    """Ask for a name; ``done`` gets it, or None."""
    dialog = NameDialog(question, theme, parent)
    dialog.answered.connect(done)
    dialog.open()
    return dialog
