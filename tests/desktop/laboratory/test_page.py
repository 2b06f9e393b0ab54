"""The page of the laboratory: it asks only what is looked at, once, and says what it cannot answer."""

from __future__ import annotations

import threading

import msgspec
import pytest
from PySide6.QtWidgets import QLabel, QVBoxLayout

from core.errors import SessionError
from core.scenario_session import ready_session
from desktop.bridge import Bridge
from desktop.laboratory.page import Laboratory
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Subject
from desktop.style.colours import ColourMaps
from desktop.style.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class Asked(msgspec.Struct, frozen=True):
    """A question about a step; negative ones go wrong, the step 3 waits until it is stopped."""

    t: int

    def answer(self, finished, progress, cancelled):
        ASKED.append(self.t)
        if self.t == 2:
            raise SessionError("There is nothing at step 3.")
        while self.t == 3 and not cancelled() and not GO_ON.is_set():
            GO_ON.wait(0.01)
        progress(1, 2)
        return f"{self.t} of {finished.whole(cancelled).problem.steps}"


ASKED: list[int] = []
GO_ON = threading.Event()


class Steps(Picture):
    """Shows what was answered."""

    def __init__(self, maps):
        super().__init__(maps)
        self.title = "Steps"
        self.label = QLabel()
        self.seen = []
        QVBoxLayout(self).addWidget(self.label)

    def question(self, subject, place):
        return "Nothing can be asked here." if place.t == 4 else Asked(place.t)

    def show_answer(self, answer, place):
        self.label.setText(answer)
        self.said.emit(f"Step {place.t + 1}.")

    def show_place(self, place):
        self.seen.append(place.t)


@pytest.fixture
def laboratory(qapp, tmp_path):
    ASKED.clear()
    GO_ON.clear()
    page = Laboratory(ColourMaps(LIGHT), (Steps, Steps))
    page.bridge = Bridge(ready_session(), log_file=tmp_path / "log.txt")
    page.resize(500, 400)
    page.show()
    yield page
    GO_ON.set()
    page.close_worker()
    page.bridge.stop()
    page.hide()
    page.deleteLater()


def look(page, t):
    page.bridge.go_start()
    page.bridge.go_to_time(t)
    problem = page.bridge.session.run.problem
    if getattr(page, "subject", None) is None or page.subject.problem is not problem:
        page.subject = Subject(problem)
    page.show_frame(page.bridge.frame, page.subject)


def test_an_answer_is_drawn_and_kept(laboratory, qtbot):
    look(laboratory, 0)
    qtbot.waitUntil(lambda: not laboratory.busy)
    assert laboratory.picture.label.text() == f"0 of {laboratory.bridge.session.run.problem.steps}"
    assert laboratory.sentence.text() == "Step 1."
    look(laboratory, 1)
    qtbot.waitUntil(lambda: not laboratory.busy)
    look(laboratory, 0)
    assert not laboratory.busy
    assert laboratory.picture.label.text().startswith("0 of")
    assert ASKED == [0, 1]


def test_the_same_question_only_moves_the_cursor(laboratory, qtbot):
    look(laboratory, 0)
    qtbot.waitUntil(lambda: not laboratory.busy)
    laboratory.picture.seen.clear()
    look(laboratory, 0)
    assert laboratory.picture.seen == [0]
    assert ASKED == [0]


def test_what_goes_wrong_is_said(laboratory, qtbot):
    look(laboratory, 2)
    qtbot.waitUntil(lambda: not laboratory.busy)
    assert laboratory.sentence.text() == "There is nothing at step 3."
    assert laboratory.stack.isHidden()
    look(laboratory, 1)
    qtbot.waitUntil(lambda: not laboratory.busy)
    assert not laboratory.stack.isHidden()


def test_what_cannot_be_asked_is_said(laboratory):
    look(laboratory, 4)
    assert laboratory.sentence.text() == "Nothing can be asked here."
    assert ASKED == []


def test_it_can_be_stopped(laboratory, qtbot):
    look(laboratory, 3)
    qtbot.waitUntil(lambda: ASKED == [3])
    assert not laboratory.bar.isHidden()
    assert laboratory.stop()
    assert not laboratory.busy
    assert "Stopped" in laboratory.sentence.text()
    look(laboratory, 1)
    qtbot.waitUntil(lambda: not laboratory.busy)
    assert laboratory.picture.label.text().startswith("1 of")


def test_a_hidden_page_asks_nothing(laboratory, qtbot):
    laboratory.hide()
    look(laboratory, 0)
    assert ASKED == []
    laboratory.show()
    qtbot.waitUntil(lambda: not laboratory.busy)
    assert ASKED == [0]


def test_other_numbers_are_asked_anew(laboratory, qtbot):
    look(laboratory, 0)
    qtbot.waitUntil(lambda: not laboratory.busy)
    laboratory.bridge.edits.set_weight("l0/b_f", (0,), 3.0)
    look(laboratory, 0)
    qtbot.waitUntil(lambda: not laboratory.busy)
    assert ASKED == [0, 0]


def test_only_the_picture_that_is_seen_is_computed(laboratory, qtbot):
    look(laboratory, 0)
    qtbot.waitUntil(lambda: not laboratory.busy)
    first = laboratory.picture
    laboratory.turn_to(1)
    assert laboratory.picture is not first
    assert laboratory.picture.label.text() == first.label.text()  # the same question, answered already
    assert ASKED == [0]
