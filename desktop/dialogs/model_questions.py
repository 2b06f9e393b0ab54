"""What a model file does not say: one dialog with all questions, each with the guess chosen already."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from core.errors import GatewalkError
from core.files.models import OpenedModel
from core.files.models import Question as FileQuestion
from desktop.dialogs.field import combo, fill
from desktop.dialogs.frame import Question, fit, label_for
from desktop.style.theme import Theme, bold_font, scaled
from desktop.views.scrolling import quiet_scroll
from desktop.views.side.parts import WrapLabel
from desktop.widgets.breakable import breakable, short_name
from desktop.widgets.wheel_guard import WheelGuard

Reopen = Callable[[Mapping[str, str]], OpenedModel]


class AnswerField(QWidget):
    """A question and the list of its answers."""

    def __init__(self, question: FileQuestion) -> None:
        super().__init__()
        self.box = combo()
        self._label = label_for(question.text, self.box, quiet=False)
        self._label.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(scaled(5)))
        column.addWidget(self._label)
        column.addWidget(self.box)

    def show_answer(self, question: FileQuestion, answer: str) -> None:
        """Show the answers there are, with this one chosen; emits nothing."""
        self._label.setText(question.text)
        fill(self.box, ((choice, choice) for choice in question.choices), answer)


class ModelQuestions(Question):
    """Answers an OpenedModel. An answer may raise other questions; what was found with it is shown at once."""

    def __init__(
        self, name: str, opened: OpenedModel, reopen: Reopen, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(self.tr("Open a model"), theme, parent, self.tr("Open the model"))
        self.setObjectName("model_questions")
        self._reopen = reopen
        self._fields: dict[str, AnswerField] = {}
        self._guard = WheelGuard(self)
        title = label_for(self.tr("What “{name}” does not say").format(name=breakable(short_name(name))), quiet=False)
        title.setFont(bold_font(14))
        title.setToolTip(name if short_name(name) != name else "")
        title.setWordWrap(True)
        self.found = WrapLabel(role="secondary", size=12)
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, round(scaled(6)), 0)
        self._column.setSpacing(round(scaled(12)))
        self._column.addStretch(1)
        self.body.addWidget(title)
        self.body.addWidget(self.found)
        self.body.addSpacing(round(scaled(6)))
        self.body.addWidget(quiet_scroll(self._body), 1)
        self._show(opened)
        fit(self, 560, min(170 + 74 * len(self._fields), 560))
        next(iter(self._fields.values())).box.setFocus()

    def box(self, key: str) -> QComboBox:
        """The list of answers to a question. Raises KeyError."""
        return self._fields[key].box

    def _show(self, opened: OpenedModel) -> None:
        """Show the questions of this file, and what is found with their answers."""
        questions = list(opened.answers.asked.values())
        if [question.key for question in questions] != list(self._fields):
            self._ask(questions)
        for question in questions:
            self._fields[question.key].show_answer(question, opened.answers.taken[question.key])
        words = [each[:1].upper() + each[1:] for each in (opened.found, *opened.remarks)]
        self.found.setText("\n".join(words))
        self.offer(opened)
        self.say("")

    def _ask(self, questions: list[FileQuestion]) -> None:
        """A list of answers for each question; those that are asked again stay where the keyboard is."""
        before, self._fields = self._fields, {}
        for question in questions:
            self._fields[question.key] = before.pop(question.key, None) or self._field(question)
        for field in before.values():
            self._column.removeWidget(field)
            field.hide()
            field.deleteLater()
        for place, field in enumerate(self._fields.values()):
            self._column.insertWidget(place, field)

    def _field(self, question: FileQuestion) -> AnswerField:
        field = AnswerField(question)
        self._guard.guard(field.box)
        field.box.activated.connect(lambda _place: self._try())
        return field

    def _try(self) -> None:
        """Open the file with these answers."""
        try:
            self._show(self._reopen({key: str(field.box.currentData()) for key, field in self._fields.items()}))
        except GatewalkError as error:
            self.say(str(error))
            self.offer(None)


def ask_about_model(
    parent: QWidget | None,
    name: str,
    opened: OpenedModel,
    reopen: Reopen,
    theme: Theme,
    done: Callable[[object], object],
) -> ModelQuestions:
    """Open the dialog, which calls ``done`` with an OpenedModel, or None."""
    dialog = ModelQuestions(name, opened, reopen, theme, parent)
    dialog.answered.connect(done)
    dialog.open()
    return dialog
