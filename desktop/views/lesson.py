"""The lesson of a scenario: short steps of text, and questions to be answered before the answer is told."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from core.lesson import Question
from core.words import LANGUAGES, Text, Words, all_said, said
from desktop.documents.scenarios import OpenLesson
from desktop.style.theme import Theme, bold_font, scaled, ui_font
from desktop.views.choice import Choice
from desktop.views.side.parts import SIDE_PX, ButtonRow, ShortButton, WrapLabel, column_of, fit_column

TEXT_PX = 13.5
SHORT = {"en": "EN", "zh": "中文"}  # the column may be narrow
NEXT, BACK = Words("Next", "下一步"), Words("Back", "上一步")
AGAIN = Words("Go there", "回到此处")
DONE = Words("Other scenarios…", "其他场景…")
NOTHING = Words("No lesson is open. Scenarios have them.", "没有打开的课程。场景里有课程。")
STEP = Words("step {number} of {count}", "第 {number} 步，共 {count} 步")
RIGHT, WRONG = Words("That is right.", "答对了。"), Words("Not quite.", "不完全对。")


class Answers(QWidget):
    """A question with its choices; once one is chosen, which one is right, and why."""

    answered = Signal(object)  # the choice, from 1

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.text, self.because = WrapLabel(size=TEXT_PX), WrapLabel(size=TEXT_PX)
        self.choices: list[QPushButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.text)
        self._column.addWidget(self.because)

    def show_question(self, question: Question, chosen: int | None, language: str) -> None:
        """Show it, with the answer where one was given."""
        self.text.setText(said(question.text, language))
        words = all_said(question.choices, language)
        self._make(len(words))
        for number, (choice, text) in enumerate(zip(self.choices, words, strict=False), 1):
            right = number == question.answer
            mark = "" if chosen is None else "✓  " if right else "✗  " if number == chosen else ""
            choice.label.setText(mark + text)
            choice.setAccessibleName(mark + text)
            choice.setEnabled(chosen is None)
            choice.right = None if chosen is None else right if right or number == chosen else None
        verdict = said(RIGHT if chosen == question.answer else WRONG, language)
        self.because.setText(f"{verdict} {said(question.because, language)}")
        self.because.setVisible(chosen is not None)
        self.set_theme(self._theme)

    def _make(self, count: int) -> None:
        while len(self.choices) > count:
            self.choices.pop().deleteLater()
        while len(self.choices) < count:
            choice = ChoiceButton()
            number = len(self.choices) + 1
            choice.clicked.connect(lambda _checked=False, number=number: self.answered.emit(number))
            self._column.insertWidget(number, choice)
            self.choices.append(choice)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._theme = theme
        self._column.setSpacing(round(scaled(6)))
        self.text.set_theme(theme)
        self.text.setFont(bold_font(TEXT_PX))
        self.because.set_theme(theme)
        for choice in self.choices:
            choice.set_theme(theme)


class ChoiceButton(QPushButton):
    """One answer; its words wrap."""

    def __init__(self) -> None:
        super().__init__()
        self.right: bool | None = None
        self.label = WrapLabel(size=TEXT_PX)
        self.label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.label)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        colour = {None: theme.text, True: theme.good, False: theme.warning}[self.right]
        self._row.setContentsMargins(*(round(scaled(side)) for side in (9, 5, 9, 5)))
        self.label.set_theme(theme)
        self.label.setStyleSheet(f"color: {colour.name()};")
        edge = theme.strong_line if self.right is None else colour
        self.setStyleSheet(f"ChoiceButton {{ border-color: {edge.name()}; }}")

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._row.heightForWidth(width)

    def sizeHint(self):  # noqa: ANN201 - Qt's own
        return self._row.sizeHint()

    def minimumSizeHint(self):  # noqa: ANN201 - Qt's own
        return self._row.minimumSize()


class LessonPanel(QWidget):
    """Shows the step of the lesson that is open; knows no scenario but the one it is given."""

    turned = Signal(object)  # so many steps on
    place_wanted = Signal(object)  # None
    answered = Signal(object)  # the choice, from 1
    language_chosen = Signal(object)  # "en"
    gallery_wanted = Signal(object)  # None

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Lesson"))
        self._theme, self._language = theme, ""
        self.lesson: OpenLesson | None = None
        self.name, self.place, self.text = WrapLabel(size=14.0), QLabel(), WrapLabel(size=TEXT_PX)
        self.place.setProperty("role", "secondary")
        self.place.setMinimumWidth(1)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.languages = Choice(theme, tuple((code, SHORT[code]) for code in LANGUAGES), several=False)
        self.languages.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)  # the words give way
        self.languages.setAccessibleName(self.tr("Language of the lesson"))
        self.question = Answers(theme)
        self.back, self.next, self.again = ShortButton(""), ShortButton(""), ShortButton("")
        self.buttons, self.places = ButtonRow(self.back, self.next), ButtonRow(self.again)
        self._arrange()
        self.languages.chosen.connect(lambda keys: self.language_chosen.emit(keys[0]))
        self.question.answered.connect(self.answered)
        self.back.clicked.connect(lambda _checked=False: self.turned.emit(-1))
        self.next.clicked.connect(lambda _checked=False: self._go_on())
        self.again.clicked.connect(lambda _checked=False: self.place_wanted.emit(None))

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.place, 1)
        top.addWidget(self.languages)
        self._column = column_of(self)
        self._scroll = self.findChild(QScrollArea)
        self._column.addLayout(top)
        for part in (self.name, self.text, self.question, self.places):
            self._column.addWidget(part)
        self._column.addStretch(1)
        self._foot = QHBoxLayout()  # does not scroll
        self._foot.addWidget(self.buttons)
        self.layout().addLayout(self._foot)

    def show_lesson(self, lesson: OpenLesson | None, language: str) -> None:
        """Show the step it is at, in a language; None for no lesson."""
        self.lesson, self._language = lesson, language
        self.languages.show_chosen((language,))
        for part in (self.place, self.back, self.again):
            part.setVisible(lesson is not None)
        self.name.setVisible(lesson is not None)
        self._label(self.back, BACK)
        self._label(self.again, AGAIN)
        if lesson is None:
            self.text.setText(said(NOTHING, language))
            self.question.hide()
            self._label(self.next, DONE)
            self.next.setEnabled(True)
        else:
            self._show_step(lesson)
        self.set_theme(self._theme)
        self._scroll_to(lesson)

    def _scroll_to(self, lesson: OpenLesson | None) -> None:
        """The answer that was just given is seen whole; a new step from its beginning."""
        answered = lesson is not None and lesson.number in lesson.chosen
        part = self.question.because if answered else self.name
        QTimer.singleShot(0, self, lambda: self._scroll.ensureWidgetVisible(part, 0, round(scaled(8))))

    def _show_step(self, lesson: OpenLesson) -> None:
        step, number, count, language = lesson.step, lesson.number, len(lesson.steps), self._language
        self.name.setText(lesson.scenario.named(language))
        self.place.setText(said(STEP, language).format(number=number + 1, count=count))
        self.text.setText(said(step.text, language).replace("\n", "\n\n"))
        self.back.setEnabled(number > 0)
        self._label(self.next, NEXT if number + 1 < count else DONE)
        self.again.setVisible(step.at is not None)
        self.question.setVisible(step.question is not None)
        if step.question is not None:
            self.question.show_question(step.question, lesson.chosen.get(number), language)

    def _go_on(self) -> None:
        if self.lesson is not None and self.lesson.number + 1 < len(self.lesson.steps):
            self.turned.emit(1)
        else:
            self.gallery_wanted.emit(None)

    def _label(self, button: ShortButton, words: Text) -> None:
        button.show_words(said(words, self._language))

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._theme = theme
        fit_column(self._column)
        self._column.setSpacing(round(scaled(10)))
        side = round(scaled(SIDE_PX))
        self._foot.setContentsMargins(side, round(scaled(6)), side, round(scaled(8)))
        self.languages.set_theme(theme)
        self.place.setFont(ui_font(12))
        self.name.set_theme(theme)
        self.name.setFont(bold_font(14.0))
        for part in (self.text, self.question, self.places, self.buttons):
            part.set_theme(theme)
