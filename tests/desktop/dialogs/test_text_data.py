from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.sequence import Sequence
from core.vocabulary import Vocabulary
from desktop.dialogs.text_data import TextDataDialog, ask_text_data
from desktop.dialogs.text_reading import Wanted
from desktop.style.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
VOCABULARY = Vocabulary.from_tokens(["the", "cats", "cat", "dog", "chased", "was", "were"])
MODEL = Wanted(VOCABULARY, len(VOCABULARY), 2, ("was", "were"))


@pytest.fixture
def dialog(qtbot: QtBot) -> TextDataDialog:
    dialog = TextDataDialog(MODEL, "words", LIGHT)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_an_empty_text_cannot_be_walked_and_is_no_error(dialog: TextDataDialog) -> None:
    assert not dialog.agree.isEnabled()
    assert not dialog.problem.isVisible()


def test_a_text_becomes_a_sequence_with_its_class(dialog: TextDataDialog) -> None:
    answers: list[Sequence] = []
    dialog.answered.connect(answers.append)
    dialog.show_text("the cats chased the dog")
    dialog.show_label("were")
    dialog.accept()
    assert answers[0].tokens == ("the", "cats", "chased", "the", "dog")
    assert answers[0].targets[-1, 0] == 1


def test_a_near_word_is_one_click_away(dialog: TextDataDialog) -> None:
    dialog.show_text("the caats chased")
    assert not dialog.agree.isEnabled()
    assert dialog.chips.shown.wrong == frozenset({1})
    button = next(each for each in dialog.near.findChildren(QPushButton) if each.text() == "cats")
    button.click()
    assert dialog.text.toPlainText() == "the cats chased"
    assert dialog.agree.isEnabled()
    assert not dialog.near.isVisible()
    dialog.text.undo()
    assert dialog.text.toPlainText() == "the caats chased"


def test_unknown_words_may_make_a_new_model(dialog: TextDataDialog) -> None:
    dialog.show_text("an owl saw a mouse")
    assert dialog.anew.isVisible()
    dialog.anew.click()
    dialog.target.setCurrentIndex(dialog.target.findData("next"))
    assert dialog.answer.vocabulary.tokens == ("a", "an", "mouse", "owl", "saw")
    assert dialog.answer.targets[0, 0] == 3


def test_numbers_where_the_model_reads_words_are_refused_until_it_is_new(dialog: TextDataDialog) -> None:
    dialog.kind.chosen.emit(("numbers",))
    dialog.show_text("0.5 1\n1 2")
    assert "expected 7" in dialog.problem.text()
    dialog.anew.click()
    assert dialog.answer.inputs.shape == (2, 1, 2)


def test_a_long_text_is_read_a_moment_later(dialog: TextDataDialog, qtbot: QtBot) -> None:
    dialog.show_text("the dog chased " * 1000)
    assert not dialog.agree.isEnabled()
    qtbot.waitUntil(dialog.agree.isEnabled)
    assert dialog.answer.length == 3000


def test_it_opens_without_blocking_and_answers_none_for_going_back(qtbot: QtBot) -> None:
    answers: list[object] = []
    dialog = ask_text_data(None, VOCABULARY, "words", LIGHT, text="the dog", done=answers.append)
    assert dialog.text.toPlainText() == "the dog"
    dialog.reject()
    assert answers == [None]


def test_lines_may_stand_side_by_side(dialog: TextDataDialog) -> None:
    dialog.show_text("the cats chased the dog")
    assert not dialog.apart.isVisible()
    dialog.show_text("the cats chased the dog\nthe dog")
    assert dialog.apart.isVisible()
    assert dialog.answer.batch == 1
    assert dialog.answer.length == 7
    dialog.apart.click()
    assert dialog.answer.lengths.tolist() == [5, 2]
    assert "2 sequences of 2 to 5 steps" in dialog.count.text()
    assert dialog.answer.loss_mask.T.tolist() == [[0, 0, 0, 0, 1], [0, 1, 0, 0, 0]]


def test_a_batch_is_shown_line_by_line_again(qtbot: QtBot) -> None:
    answers: list[Sequence] = []
    dialog = ask_text_data(None, VOCABULARY, "words", LIGHT, text="the dog\nthe", apart=True, done=answers.append)
    dialog.accept()
    assert answers[0].lengths.tolist() == [2, 1]
