"""Moving, learning, bookmarks; edits stand in test_session_edits, long random walks in test_session_walks."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SessionError, ShapeError
from core.frame import Cursor, Grain, Phase, View
from core.learning.optimisers import Adam
from core.learning.step import LearningSettings
from core.reveal import frame_at
from core.sequence import from_numbers
from core.session import Session, Setup
from tests.core.frames_equal import assert_frames_equal, fingerprint
from tests.core.walk_cases import CASES, places, session_of


@pytest.mark.parametrize("name", ["lstm", "middle", "stacked", "window", "no targets", "one of all", "direct"])
@pytest.mark.parametrize("grain", Grain)
def test_back_visits_the_places_of_forward_in_reverse(name: str, grain: Grain) -> None:
    session = CASES[name]()
    visited = list(places(session, grain, iterations=3))
    back = [session.cursor]
    while session.step_back(grain):
        back.append(session.cursor)
    assert back == visited[::-1]
    assert back[-1] == Cursor(0, 0)
    assert not any(cursor.index == 0 for cursor in visited[1:])  # the end of an iteration is the start of the next


def test_a_step_back_from_the_start_of_an_iteration_is_the_end_of_the_one_before() -> None:
    session = CASES["lstm"]()
    session.go_to(Cursor(1, 0))
    assert session.step_back()
    assert session.cursor == Cursor(0, session.timeline.length)


def test_start_and_end() -> None:
    session = CASES["lstm"]()
    session.go_to(Cursor(1, 30))
    session.go_start()
    assert session.cursor == Cursor(1, 0)
    session.go_start()
    assert session.cursor == Cursor(0, 0)
    assert not session.step_back()
    session.go_end()
    assert session.cursor == Cursor(0, session.timeline.length)


@pytest.mark.parametrize(
    ("phase", "t", "expected"),
    [(Phase.FORWARD, 3, Phase.FORWARD), (Phase.LOSS, 2, Phase.LOSS), (Phase.LOSS, 4, Phase.FORWARD),
     (Phase.BACKWARD, 0, Phase.BACKWARD), (Phase.BACKWARD, 4, Phase.BACKWARD), (Phase.CLIP, 1, Phase.BACKWARD),
     (Phase.UPDATE, 4, Phase.BACKWARD)],
)  # fmt: skip
def test_a_time_step_is_looked_for_in_the_present_phase_first(phase: Phase, t: int, expected: Phase) -> None:
    session = CASES["middle"]()  # losses at 1 and 2
    session.go_to_phase(phase)
    session.go_to_time(t)
    assert (session.position.phase, session.position.t) == (expected, t)
    assert session.cursor.index == session.timeline.end_of(expected, t)


def test_places_that_are_not_there() -> None:
    session = CASES["lstm"]()
    session.go_to(Cursor(0, 7))
    silent = CASES["no targets"]()
    for move in (
        lambda: session.go_to(Cursor(-1, 0)),
        lambda: session.go_to(Cursor(0, -1)),
        lambda: session.go_to(Cursor(0, session.timeline.length + 1)),
        lambda: session.go_to_time(4),
        lambda: session.go_to_time(-1),
        lambda: silent.go_to_phase(Phase.LOSS),
        lambda: silent.go_to(Cursor(1, 0)),
    ):
        with pytest.raises(SessionError):
            move()
    assert (session.cursor, silent.cursor) == (Cursor(0, 7), Cursor(0, 0))


def test_a_walk_without_a_loss_ends_with_the_forward_phase() -> None:
    session = CASES["no targets"]()
    assert session.timeline.phases == (Phase.FORWARD,)
    session.go_end()
    assert not session.step_forward()
    assert not session.next_event()
    assert session.cursor == Cursor(0, session.timeline.length)


def test_iterations_learn() -> None:
    session = session_of("lstm", learning=LearningSettings(Adam(0.05)))
    losses = []
    for number in range(8):
        session.go_to(Cursor(number, session.timeline.length))
        losses.append(session.run.losses().sum())
        assert session.parameters is session.branch.iterations[number].parameters
    assert losses == sorted(losses, reverse=True)
    session.go_to(Cursor(0, 0))
    assert session.run.losses().sum() == losses[0]


def test_bookmarks() -> None:
    session = CASES["lstm"]()
    session.go_to(Cursor(0, 50))
    session.add_bookmark("here", "why")
    session.go_start()
    session.add_bookmark("start")
    session.add_bookmark("here")
    assert [(mark.name, mark.cursor) for mark in session.bookmarks] == [("start", Cursor()), ("here", Cursor())]
    session.remove_bookmark("start")
    assert [mark.name for mark in session.bookmarks] == ["here"]


def test_runs_beyond_the_memory_budget_come_back_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.branch.MEMORY_BUDGET_BYTES", 1)
    session, kept = CASES["lstm"](), {}
    for number in range(5):
        session.go_to(Cursor(number, 100))
        kept[number] = fingerprint(frame_at(session, View()))
    assert len(session.branch._runs) == 2
    frontiers = session.branch.frontiers()
    for number in reversed(range(5)):
        session.go_to(Cursor(number, 100))
        assert_frames_equal(frame_at(session, View()), kept[number])
    assert session.branch.frontiers() == frontiers


def test_a_session_that_does_not_fit_is_refused() -> None:
    session = CASES["lstm"]()
    with pytest.raises(ShapeError):
        Session(Setup(session.setup.network, from_numbers(np.ones((3, 1, 5)))), session.parameters)
    with pytest.raises(ShapeError):
        Session(session.setup, {})
