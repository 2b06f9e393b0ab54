"""Scenarios in the window: opened, walked through step by step, in two languages, and what is wrong in a file."""

from __future__ import annotations

from time import monotonic, sleep
from typing import get_args

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication

from core.frame import Phase
from core.lesson import Laboratory, Panel
from core.scenario_session import ready_session
from desktop.documents import scenarios as scenarios_module
from desktop.window.scenario_pages import PANELS
from tests.desktop.windows import open_window

OWN = """
name = { en = "Mine", zh = "我的" }
description = "Two words. More."
[network]
units = 3
cell = "gru"
[data]
text = "a b c b a"
target = 1
[[lanes]]
name = "other"
network = { cell = "rnn_tanh", units = 3 }
[[lesson]]
text = { en = "First.", zh = "首先。" }
at = { phase = "backward", t = 1, grain = "time_step" }
look = { path = "l0/z", t = 1, unit = 2, panel = "differences" }
[[lesson]]
text = "Then."
at = { phase = "loss" }
look = { laboratory = "jacobian" }
[lesson.question]
text = "Which?"
choices = ["this", "that"]
answer = 2
because = "So."
"""


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.scenarios.set_language("en")
        yield window


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


def until(condition, seconds: float = 10.0) -> None:
    end = monotonic() + seconds
    while not condition() and monotonic() < end:
        QApplication.processEvents()
        sleep(0.005)
    assert condition()


def lesson_panel(window):
    window.scheduler.flush()
    QApplication.processEvents()
    return window.panels["lesson"].view


def test_a_step_of_a_lesson_stands_where_it_says_and_shows_what_it_says(window, own):
    assert window.scenarios.open(own)
    session = window.bridge.session
    assert (session.setup.name, [lane.name for lane in session.lanes]) == ("Mine", ["other"])
    assert (session.position.phase, session.position.t) == (Phase.BACKWARD, 1)
    assert (window.bridge.view.path, window.bridge.view.t, window.bridge.view.unit) == ("l0/z", 1, 2)
    panel = lesson_panel(window)
    assert panel.text.text() == "First."
    assert panel.place.text() == "step 1 of 2"
    until(lambda: window.panels["differences"].seen and window.panels["lesson"].seen)
    panel.next.click()
    assert session.position.phase is Phase.LOSS
    assert panel.text.text() == "Then."
    until(lambda: window.middle.shows_laboratory)
    until(lambda: type(window.middle.laboratory.picture).__module__.endswith(".jacobian"))
    panel.back.click()
    assert not window.middle.shows_laboratory
    assert (session.position.phase, session.position.t) == (Phase.BACKWARD, 1)


def test_one_can_walk_away_and_come_back_to_the_place(window, own):
    window.scenarios.open(own)
    window.bridge.go_end()
    lesson_panel(window).again.click()
    assert window.bridge.session.position.t == 1
    assert not window.bridge.modified


def test_a_question_is_answered_once_and_only_then_explained(window, own):
    window.scenarios.open(own)
    window.commands["lesson_next"].trigger()
    question = lesson_panel(window).question
    assert question.because.isHidden()
    assert [choice.label.text() for choice in question.choices] == ["this", "that"]
    question.choices[0].click()
    assert [choice.label.text() for choice in question.choices] == ["✗  this", "✓  that"]
    assert question.because.text() == "Not quite. So."
    assert not question.choices[1].isEnabled()
    window.scenarios.answer(2)
    assert window.scenarios.lesson.chosen == {1: 1}
    window.commands["lesson_back"].trigger()
    window.commands["lesson_next"].trigger()
    assert question.because.text() == "Not quite. So."


def test_a_lesson_speaks_the_language_that_is_chosen(window, own):
    window.scenarios.open(own)
    panel = lesson_panel(window)
    panel.language_chosen.emit("zh")
    assert panel.text.text() == "首先。"
    assert panel.name.text() == "我的"
    assert panel.next.accessibleName() == "下一步"
    assert window.settings.language == "zh"
    window.scenarios.open(own)
    assert window.bridge.session.setup.name == "我的"


def test_the_language_of_the_system_is_followed_until_one_is_chosen(window, monkeypatch):
    class Chinese:
        @staticmethod
        def system():
            return Chinese()

        def name(self):
            return "zh_CN"

    monkeypatch.setattr(scenarios_module, "QLocale", Chinese)
    window.settings.language = ""
    assert window.scenarios.language == "zh"
    monkeypatch.setattr(Chinese, "name", lambda self: "fr_FR")
    assert window.scenarios.language == "en"


def test_another_session_has_no_lesson(window, own):
    window.scenarios.open(own)
    panel = lesson_panel(window)
    window.bridge.replace_session(ready_session())
    window.scheduler.flush()
    assert window.scenarios.lesson is None
    assert panel.question.isHidden()
    assert "No lesson" in panel.text.text()
    window.scenarios.go_on(1)
    window.scenarios.answer(1)
    assert window.scenarios.lesson is None


def test_an_edit_keeps_the_lesson_and_undo_is_empty_at_first(window, own):
    window.scenarios.open(own)
    assert window.bridge.session.undo_label == ""
    window.bridge.edit(lambda session: session.set_weight("l0/b_z", (0,), 1.0))
    assert window.scenarios.lesson is not None
    window.scenarios.go_on(1)
    assert window.scenarios.lesson.number == 1


def test_a_scenario_file_is_opened_like_any_other_file(window, own):
    assert window.files.open_path(own)
    assert window.bridge.session.setup.name == "Mine"
    assert window.settings.scenario_files == (str(own),)


def test_a_scenario_file_can_be_dropped_on_the_window(window, own):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(own))])
    no, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(QPointF(400, 300), Qt.DropAction.CopyAction, data, left, no))
    until(lambda: window.bridge.session.setup.name == "Mine")


def test_what_is_wrong_in_a_file_is_said_and_all_stays_as_it_was(window, own):
    before = window.bridge.session
    own.write_text(OWN.replace("l0/z", "l0/q"), encoding="utf-8")
    reports = []
    window.bridge.reported.connect(reports.append)
    assert not window.files.open_path(own)
    assert window.bridge.session is before
    assert "line 16, lesson[0].look.path: got “l0/q”, expected one of: l0/r" in reports[-1].text


def test_every_panel_and_picture_that_a_lesson_may_name_is_there(window):
    names = {PANELS.get(name, name) for name in get_args(Panel)}
    assert names <= set(window.panels)
    window.middle.show_laboratory(True)
    modules = [type(picture).__module__.rpartition(".")[2] for picture in window.middle.laboratory.pictures]
    assert set(modules) == set(get_args(Laboratory))
