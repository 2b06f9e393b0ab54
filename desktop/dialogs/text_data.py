"""Typing or pasting what the network is to read, with a preview of what it will see."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QPlainTextEdit, QWidget

from core.errors import GatewalkError
from core.sequence import Sequence
from core.tokens import Kind
from core.vocabulary import Vocabulary
from desktop.dialogs.frame import Question, fit, label_for, waited_for
from desktop.dialogs.near_words import NearWords
from desktop.dialogs.text_reading import (
    LABEL,
    NEXT,
    NONE,
    ROWS,
    Reading,
    TargetChoice,
    Wanted,
    batch_words,
    parts_of,
    read_text,
    target_kinds,
    with_target,
    with_word,
)
from desktop.style.theme import Theme, scaled
from desktop.views.choice import Choice
from desktop.widgets.token_chips import Chips, TokenChips

LATER_MS = 200
AT_ONCE = 4_000  # characters that are read at every key press


class TextDataDialog(Question):
    """Answers a ``Sequence``. One with another vocabulary than the model's needs a new model."""

    def __init__(
        self, wanted: Wanted, kind: Kind, theme: Theme, parent: QWidget | None = None, new_model: bool = True
    ) -> None:
        super().__init__(self.tr("Type or paste data"), theme, parent, self.tr("Walk this"))
        self.setObjectName("text_data_dialog")
        self._wanted = wanted
        self._kind: Kind = kind
        self._reading = Reading()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(LATER_MS)
        self._later.timeout.connect(self.read_now)
        self._make_parts(new_model)
        self._arrange_parts()
        self._show_targets()
        self.read_now()
        fit(self, 560, 520)
        self.text.setFocus()

    def _make_parts(self, new_model: bool) -> None:
        names = (("words", self.tr("words")), ("characters", self.tr("characters")), ("numbers", self.tr("numbers")))
        self.kind = Choice(self.theme, names, several=False)
        self.kind.setAccessibleName(self.tr("What the text is made of"))
        self.kind.show_chosen((self._kind,))
        self.kind.chosen.connect(lambda keys: self._take_kind(keys[0]))
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(self.tr("Text or numbers"))
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(round(scaled(70)))
        self.text.textChanged.connect(self._read_soon)
        self.apart = QCheckBox()
        self.apart.toggled.connect(lambda _on: self.read_now())
        self.count = label_for("")
        self.chips = TokenChips(self.theme)
        self.near = NearWords()
        self.near.chosen.connect(lambda pair: self._replace(*pair))
        self.anew = QCheckBox(self.tr("Make a new, untrained model for this data"))
        self.anew.setVisible(new_model)
        self.anew.toggled.connect(lambda _on: self._take_anew())
        self._can_be_new = new_model
        self.target = QComboBox()
        self.label = QComboBox()
        self.label.addItems(list(self._wanted.labels))
        self.label.setAccessibleName(self.tr("Class at the last step"))
        self.rows = QPlainTextEdit()
        self.rows.setAccessibleName(self.tr("Target numbers"))
        self.rows.setPlaceholderText(self.tr("One row for the last step, or one row for every step"))
        self.rows.setTabChangesFocus(True)
        self.rows.setMaximumHeight(round(scaled(64)))
        self.target.currentIndexChanged.connect(lambda _place: self._take_target())
        self.label.currentIndexChanged.connect(lambda _place: self._judge())
        self.rows.textChanged.connect(self._judge)

    def _arrange_parts(self) -> None:
        self.body.addWidget(self.kind, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.text, 3)
        self.body.addWidget(self.apart)
        self.body.addWidget(self.count)
        self.body.addWidget(self.chips, 2)
        self.body.addWidget(self.near)
        self.body.addWidget(self.anew)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(round(scaled(12)))
        grid.addWidget(label_for(self.tr("target"), self.target), 0, 0)
        grid.addWidget(self.target, 0, 1)
        grid.addWidget(self.label, 1, 1)
        grid.addWidget(self.rows, 2, 1)
        self.body.addLayout(grid)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def show_text(self, text: str) -> None:
        """Begin with this text."""
        self.text.setPlainText(text)
        self.text.selectAll()

    def show_apart(self, apart: bool) -> None:
        """Begin with the sequences of the text side by side, or with one sequence."""
        self.apart.setChecked(apart)

    def show_label(self, label: str) -> None:
        """Begin with this class."""
        self.label.setCurrentText(label)

    def show_target(self, choice: TargetChoice) -> None:
        """Begin with this target, where it can be chosen."""
        self.show_label(choice.label)
        self.rows.setPlainText(choice.rows)
        self.target.setCurrentIndex(max(self.target.findData(choice.kind), 0))

    # What is typed

    def _read_soon(self) -> None:
        if self.text.document().characterCount() > AT_ONCE:
            self.offer(None)
            self._later.start()
        else:
            self.read_now()

    def read_now(self) -> None:
        """Read the text as it stands."""
        self._later.stop()
        reading = self._reading = read_text(self._parts(), self._kind, self._in_use())
        self.chips.show_chips(Chips(reading.tokens, frozenset(), reading.wrong))
        self.count.setText(self._count_words(reading))
        self.near.show_words(reading.unknown)
        refused = reading.sequence is None and bool(self.text.toPlainText().strip())
        self.anew.setVisible(self._can_be_new and (refused or self._is_new))
        self._judge()

    def _parts(self) -> tuple[str, ...]:
        """What is typed, as one sequence, or as the sequences that stand side by side."""
        text = self.text.toPlainText()
        parts = parts_of(text, self._kind)
        self.apart.setVisible(len(parts) > 1)
        blocks = self.tr("{count} sequences side by side, between empty lines")
        lines = self.tr("{count} sequences side by side, one a line")
        self.apart.setText((blocks if self._kind == "numbers" else lines).format(count=f"{len(parts):,}"))
        return parts if self.apart.isChecked() else (text,)

    def _count_words(self, reading: Reading) -> str:
        if reading.sequence is not None and reading.sequence.batch > 1:
            return batch_words(reading.sequence)
        count = reading.sequence.length if reading.sequence is not None else len(reading.tokens)
        if not count:
            return self.tr("What the network will read, step by step, appears here.")
        words = self.tr("1 step") if count == 1 else self.tr("{count} steps").format(count=f"{count:,}")
        if reading.wrong:
            words += ", " + self.tr("{count} of them unknown to the model").format(count=len(reading.wrong))
        return words

    def _judge(self) -> None:
        """Say what is wrong, or offer the sequence with its target."""
        sequence, problem = self._reading.sequence, self._reading.problem
        if sequence is not None:
            try:
                sequence = with_target(sequence, self._target_choice(), self._in_use())
            except GatewalkError as error:
                sequence, problem = None, str(error)
        empty = not self.text.toPlainText().strip()
        self.say("" if empty else problem)
        self.offer(sequence)

    def _replace(self, word: str, better: str) -> None:
        cursor = self.text.textCursor()  # one edit that Ctrl+Z takes back
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(with_word(self.text.toPlainText(), word, better, self._kind))
        self.text.setFocus()

    # What is chosen

    @property
    def _is_new(self) -> bool:
        return self._can_be_new and self.anew.isChecked()

    def _in_use(self) -> Wanted:
        """What a new model reads is up to the text."""
        if not self._is_new:
            return self._wanted
        return Wanted()

    def _take_kind(self, kind: Kind) -> None:
        self._kind = kind
        self._show_targets()
        self.read_now()

    def _take_anew(self) -> None:
        self._show_targets()
        self.read_now()

    def _show_targets(self) -> None:
        before = self.target.currentData()
        next_one = {"words": self.tr("the next word, at every step"), "numbers": self.tr("the next numbers")}
        names = {
            NEXT: next_one.get(self._kind, self.tr("the next character, at every step")),
            LABEL: self.tr("a class, at the last step"),
            ROWS: self.tr("numbers of your own"),
            NONE: self.tr("none: walk forward only"),
        }
        self.target.blockSignals(True)
        self.target.clear()
        for key in target_kinds(self._kind, self._in_use()):
            self.target.addItem(names[key], key)
        self.target.setCurrentIndex(max(self.target.findData(before), 0))
        self.target.blockSignals(False)
        self._take_target()

    def _take_target(self) -> None:
        chosen = self.target.currentData()
        self.label.setVisible(chosen == LABEL)
        self.rows.setVisible(chosen == ROWS)
        self._judge()

    def _target_choice(self) -> TargetChoice:
        return TargetChoice(self.target.currentData() or NONE, self.label.currentText(), self.rows.toPlainText())

    def accept(self) -> None:
        """What was typed last counts too."""
        if self._later.isActive():
            self.read_now()
        super().accept()


def ask_text_data(
    parent: QWidget | None,
    vocabulary: Vocabulary | None,
    kind: Kind,
    theme: Theme,
    *,
    width: int | None = None,
    outputs: int | None = None,
    labels: tuple[str, ...] = (),
    text: str = "",
    label: str = "",
    target: TargetChoice | None = None,
    apart: bool = False,
    new_model: bool = True,
    done: Callable[[object], object] | None = None,
) -> Sequence | TextDataDialog | None:
    """Ask for data. With ``done`` it opens and calls that with a Sequence or None; else the answer is waited for."""
    dialog = TextDataDialog(Wanted(vocabulary, width, outputs, labels), kind, theme, parent, new_model)
    dialog.show_label(label)
    dialog.show_apart(apart)
    if target is not None:
        dialog.show_target(target)
    if text:
        dialog.show_text(text)
    if done is None:
        return waited_for(dialog)
    dialog.answered.connect(done)
    dialog.open()
    return dialog
