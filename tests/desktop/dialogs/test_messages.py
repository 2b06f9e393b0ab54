from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.dialogs.ask import ask_recovery, ask_unsaved
from desktop.dialogs.message_bar import BUSY, MessageBar, report_error, with_messages
from desktop.style.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def bar(qtbot: QtBot) -> MessageBar:
    over = QWidget()
    qtbot.addWidget(over)
    over.resize(600, 300)
    over.show()
    bar = MessageBar(over, LIGHT)
    bar.over = over
    return bar


def test_an_error_says_its_sentence_and_keeps_details_closed(bar: MessageBar) -> None:
    report_error(bar, "The file is empty.", "line 1\nline 2")
    assert bar.text == "The file is empty."
    assert not bar.details.isVisible()
    before = bar.height()
    bar.more.click()
    assert bar.details.isVisible()
    assert bar.height() > before
    bar.cross.click()
    assert bar.text == ""


def test_a_note_goes_away_by_itself_and_busy_stays(bar: MessageBar, qtbot: QtBot) -> None:
    bar.show_message("Saved.", timeout_ms=20)
    qtbot.waitUntil(lambda: bar.text == "")
    bar.show_message("Computing; Esc stops.", BUSY)
    qtbot.wait(30)
    assert bar.text
    bar.show_message("")
    assert bar.text == ""


def test_it_stays_within_what_it_stands_over(bar: MessageBar) -> None:
    report_error(bar, "A long sentence that says what is wrong, where, and what to do. " * 4)
    for width in (600, 220):
        bar.over.resize(width, 300)
        assert bar.over.rect().contains(bar.geometry())
    bar.set_theme(DARK)
    assert bar.over.rect().contains(bar.geometry())


def test_the_keyboard_stays_where_it_was(bar: MessageBar, qtbot: QtBot) -> None:
    other = QPushButton("other", bar.over)
    other.show()
    other.setFocus()
    report_error(bar, "Wrong.")
    assert other.hasFocus() or bar.over.focusWidget() is other


@pytest.mark.parametrize("answer", ["save", "discard", "cancel"])
def test_unsaved_work_is_asked_about(qtbot: QtBot, answer: str) -> None:
    answers: list[object] = []
    box = ask_unsaved(None, "a.gatewalk", answers.append)
    qtbot.mouseClick(box.findChild(QPushButton, answer), Qt.MouseButton.LeftButton)
    assert answers == [answer]


def test_esc_loses_nothing(qtbot: QtBot) -> None:
    answers: list[object] = []
    for box in (ask_unsaved(None, done=answers.append), ask_recovery(None, "04:50", answers.append)):
        qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert answers == ["cancel", "cancel"]


def test_a_message_pushes_the_view_down_and_covers_none_of_it(qtbot: QtBot) -> None:
    view = QWidget()
    holder, bar = with_messages(view, LIGHT)
    qtbot.addWidget(holder)
    holder.resize(600, 300)
    holder.show()
    assert view.y() == 0
    report_error(bar, "Wrong.")
    qtbot.waitUntil(lambda: view.y() > bar.geometry().bottom())
    bar.close_message()
    qtbot.waitUntil(lambda: view.y() == 0)
