"""Edits at any cursor, undo and redo, and the ghost of the walk before."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace

from core.branch import Bookmark
from core.cell import load_cell
from core.errors import DataError, GatewalkError, SessionError, ShapeError
from core.frame import Cursor, Grain, Phase, View
from core.learning.optimisers import SGD, Adam
from core.learning.step import LearningSettings
from core.network import build_network
from core.reveal import frame_at
from core.sequence import from_numbers
from core.session import Session
from core.undo import lead_to
from tests.core.frames_equal import assert_frames_equal, fingerprint
from tests.core.walk_cases import CASES, session_of


def at(session: Session, phase: Phase, t: int, path: str) -> Session:
    """The session where an equation is done."""
    block, equation = path.split("/")
    index = session.timeline.end_of(phase, t, block, equation)
    session.go_to(replace(session.cursor, index=index))
    return session


def place(session: Session) -> tuple[int, Phase, int | None, str]:
    position = session.position
    return session.cursor.iteration, position.phase, position.t, position.path


def set_gru(session: Session) -> None:
    network = build_network(load_cell("gru", inputs=2, units=5), outputs=3)
    session.set_model(network, network.initial_parameters(1), session.setup.sequence)


CURSORS = (0.0, 0.2, 0.5, 0.75, 0.95, 1.0)
EDITS: dict[str, Callable[[Session], None]] = {
    "weight": lambda s: s.set_weight("l0/W_f", (0, 1), 0.5),
    "input": lambda s: s.set_input(2, [0.5, -1.0]),
    "target": lambda s: s.set_target(1, 2),
    "no target": lambda s: s.set_target(3, -1),
    "initial": lambda s: s.set_initial("l0/c", 0, 1, 0.3),
    "overwrite": lambda s: s.overwrite("l0/c", 2, 0, 0.9),
    "learning": lambda s: s.set_learning(LearningSettings(Adam(), window=2)),
    "shorter": lambda s: s.set_sequence(from_numbers(np.ones((2, 1, 2))).with_target(1, 0)),
    "longer": lambda s: s.set_sequence(from_numbers(np.ones((9, 1, 2))).with_target(4, 0)),
    "no targets": lambda s: s.set_sequence(from_numbers(np.ones((4, 1, 2)))),
    "batch": lambda s: s.set_sequence(from_numbers(np.ones((4, 3, 2))).with_target(3, 0)),
    "model": set_gru,
}


def standing_at(part: float, iteration: int = 0) -> Session:
    session = session_of("lstm", at=(1, 3))
    session.go_to(Cursor(iteration, round(part * session.timeline.length)))
    return session


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize(("part", "iteration"), [*((part, 0) for part in CURSORS), (0.7, 2)])
def test_edits_anywhere_are_taken_back_exactly(edit: str, part: float, iteration: int) -> None:
    session = standing_at(part, iteration)
    here, before = session.cursor, fingerprint(frame_at(session, View()))
    EDITS[edit](session)
    there, after = session.cursor, fingerprint(frame_at(session, View()))
    assert there.iteration == iteration
    assert session.undo_label
    assert session.undo()
    assert session.cursor == here
    assert_frames_equal(frame_at(session, View()), before)
    assert not session.undo()
    assert session.redo()
    assert session.cursor == there
    assert_frames_equal(frame_at(session, View()), after)
    assert not session.redo()
    while session.step_back(Grain.TIME_STEP):
        frame_at(session, View(last=2))
    assert session.cursor == Cursor(0, 0)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_walk_is_the_walk_of_a_new_session(edit: str) -> None:
    session = standing_at(0.5)
    EDITS[edit](session)
    fresh = Session(session.setup, session.parameters, session.branch.iterations[0].optimiser_state)
    assert fresh.timeline.length == session.timeline.length
    for part in CURSORS:
        cursor = Cursor(0, round(part * fresh.timeline.length))
        for each in (session, fresh):
            each.go_to(cursor)
        session.done.clear()  # a ghost is nothing of the walk
        assert_frames_equal(frame_at(session, View()), frame_at(fresh, View()))


@pytest.mark.parametrize(
    ("edit", "phase", "t", "expected"),
    [
        ("weight", Phase.BACKWARD, 2, (0, Phase.BACKWARD, 2, "l0/c")),
        ("target", Phase.BACKWARD, 2, (0, Phase.BACKWARD, 2, "l0/c")),
        ("no target", Phase.BACKWARD, 2, (0, Phase.BACKWARD, 2, "l0/c")),
        ("no targets", Phase.BACKWARD, 2, (0, Phase.FORWARD, 3, "head/y")),
        ("shorter", Phase.FORWARD, 3, (0, Phase.FORWARD, 1, "head/y")),
        ("shorter", Phase.BACKWARD, 1, (0, Phase.BACKWARD, 1, "l0/c")),
        ("shorter", Phase.BACKWARD, 3, (0, Phase.LOSS, 1, "head/L")),
        ("longer", Phase.BACKWARD, 0, (0, Phase.BACKWARD, 0, "l0/c")),
        ("model", Phase.FORWARD, 2, (0, Phase.FORWARD, 2, "head/y")),
        ("model", Phase.BACKWARD, 2, (0, Phase.BACKWARD, 2, "l0/r")),
    ],
)
def test_an_edit_keeps_the_place_where_it_can(edit: str, phase: Phase, t: int, expected: object) -> None:
    session = at(session_of("lstm", at=(1, 3)), phase, t, "l0/c")
    EDITS[edit](session)
    assert place(session) == expected


WRONG: dict[str, tuple[type[GatewalkError], Callable[[Session], None]]] = {
    "no such parameter": (SessionError, lambda s: s.set_weight("l0/Q", (0,), 1.0)),
    "no such entry": (SessionError, lambda s: s.set_weight("l0/W_f", (0, 2), 1.0)),
    "an entry from behind": (SessionError, lambda s: s.set_weight("l0/W_f", (0, -1), 1.0)),
    "a whole row": (SessionError, lambda s: s.set_weight("l0/W_f", (0,), 1.0)),
    "parameters of another shape": (ShapeError, lambda s: s.set_parameters({**s.parameters, "l0/b_f": np.ones(4)})),
    "a missing parameter": (ShapeError, lambda s: s.set_parameters({"l0/b_f": np.ones(3)})),
    "input of another width": (ShapeError, lambda s: s.set_input(1, [1.0])),
    "input that is not finite": (DataError, lambda s: s.set_input(1, [math.nan, 1.0])),
    "no such step": (DataError, lambda s: s.set_input(4, [1.0, 1.0])),
    "no such class": (DataError, lambda s: s.set_target(1, 3)),
    "no such label": (DataError, lambda s: s.set_target(1, "were")),
    "no such initial value": (SessionError, lambda s: s.set_initial("l0/f", 0, 0, 1.0)),
    "no such initial unit": (SessionError, lambda s: s.set_initial("l0/c", 0, 3, 1.0)),
    "no such initial row": (SessionError, lambda s: s.set_initial("l0/c", -1, 0, 1.0)),
    "no such variable": (SessionError, lambda s: s.overwrite("l0/q", 1, 0, 1.0)),
    "no such unit": (SessionError, lambda s: s.overwrite("l0/c", 1, 3, 1.0)),
    "no such time": (SessionError, lambda s: s.overwrite("l0/c", 4, 0, 1.0)),
    "a negative window": (DataError, lambda s: s.set_learning(LearningSettings(window=-2))),
    "a sequence of another width": (ShapeError, lambda s: s.set_sequence(from_numbers(np.ones((4, 1, 3))))),
    "a model for other data": (
        ShapeError,
        lambda s: s.set_model(s.setup.network, s.parameters, from_numbers(np.ones((4, 1, 3)))),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_edit_that_fails_changes_nothing(wrong: str) -> None:
    error, edit = WRONG[wrong]
    session = standing_at(0.5)
    session.set_weight("l0/b_f", (0,), 2.0)
    session.undo()
    before, state = fingerprint(frame_at(session, View())), (session.branch, session.cursor, session.redo_label)
    with pytest.raises(error):
        edit(session)
    assert (session.branch, session.cursor, session.redo_label) == state
    assert not session.done
    assert_frames_equal(frame_at(session, View()), before)


def test_edits_pile_up_and_are_taken_back_one_by_one() -> None:
    session = CASES["lstm"]()
    session.set_weight("l0/W_f", (0, 1), 0.5)
    session.set_input(2, [0.5, -1.0])
    session.overwrite("l0/h", 1, 2, 0.25)
    assert session.run.values("l0/h")[1, 0, 2] == 0.0  # not computed yet
    session.go_end()
    assert session.run.values("l0/h")[1, 0, 2] == 0.25
    labels = [session.undo_label for _ in range(3) if session.undo()]
    assert labels == ["set input 3", "set l0/W_f", ""]
    assert [session.redo_label for _ in range(2) if session.redo()] == ["set input 3", "overwrite l0/h at t = 2"]
    session.set_target(0, 1)
    assert session.redo_label == ""


def test_undo_stays_where_the_person_went_meanwhile() -> None:
    session = standing_at(0.9)
    EDITS["shorter"](session)
    at(session, Phase.FORWARD, 1, "l0/g")
    session.undo()
    assert place(session) == (0, Phase.FORWARD, 1, "l0/g")


def test_undo_after_walking_on_goes_no_further_than_the_old_walk_did() -> None:
    session = standing_at(0.5)
    old = session.branch
    set_gru(session)
    session.go_to(Cursor(3, 5))
    session.undo()
    assert session.cursor == Cursor(0, session.timeline.length)
    assert old.last == 0


def test_an_edit_in_a_later_iteration_leaves_the_earlier_ones() -> None:
    session = standing_at(0.5, iteration=2)
    first = session.branch
    session.set_learning(LearningSettings(SGD(0.5)))
    session.go_to(Cursor(1, 10))
    assert session.setup is first.setup
    assert session.ghost is None
    session.set_weight("l0/W_f", (0, 0), 0.0)
    session.go_to(Cursor(3, 10))
    assert session.setup.learning == LearningSettings()  # the branch at iteration 1 came from before the other edit
    assert session.undo()
    session.go_to(Cursor(3, 10))
    assert session.setup.learning == LearningSettings(SGD(0.5))


def test_the_optimiser_goes_on_where_it_can() -> None:
    session = session_of("lstm", learning=LearningSettings(Adam()))
    session.go_to(Cursor(2, 0))
    state = session.branch.iteration(2).optimiser_state
    session.set_learning(LearningSettings(Adam(0.1)))
    assert session.branch.iteration(2).optimiser_state is state
    session.set_learning(LearningSettings(SGD()))
    assert not session.branch.iteration(2).optimiser_state
    set_gru(session)
    assert session.setup.learning == LearningSettings(SGD())


def test_taking_back_an_overwriting() -> None:
    session = CASES["lstm"]()
    session.overwrite("l0/c", 2, 1, 0.7)
    session.overwrite("l0/c", 2, 1, 0.9)
    assert [i.value for i in session.setup.interventions] == [0.9]
    session.overwrite("l0/c", 2, 1, None)
    assert session.setup.interventions == ()


def test_the_ghost_is_the_walk_before_the_last_edit() -> None:
    session = standing_at(0.6)
    before = frame_at(session, View()).lanes[0]
    session.set_weight("l0/W_f", (0, 1), 5.0)
    lane = frame_at(session, View()).lanes[0]
    assert lane.ghost is not None
    assert_frames_equal(lane.ghost, before)
    session.step_forward()
    session.set_weight("l0/W_f", (0, 1), -5.0)
    session.undo()
    ghost = frame_at(session, View()).lanes[0].ghost
    session.undo()
    assert frame_at(session, View()).lanes[0].ghost is None
    assert_frames_equal(frame_at(session, View()).lanes[0], ghost)


@pytest.mark.parametrize("edit", ["shorter", "batch", "model", "no target", "no targets"])
def test_walks_that_go_another_way_have_no_ghost(edit: str) -> None:
    session = standing_at(0.5)
    old = session.branch
    EDITS[edit](session)
    session.go_end()
    session.step_forward()
    assert session.ghost is None
    assert frame_at(session, View(sample=2)).lanes[0].ghost is None
    assert old.last == 0  # and nothing of it is computed along


def test_undo_of_an_edit_that_led_to_the_start_leads_back_and_so_does_redo() -> None:
    session = session_of("lstm")
    session.go_to(Cursor(0, 20))
    session.set_sequence(from_numbers(np.ones((7, 1, 2))))
    session.go_start()
    lead_to(session.done, session.cursor)
    session.undo()
    assert session.cursor == Cursor(0, 20)
    session.redo()
    assert session.cursor == Cursor(0, 0)
    session.go_to(Cursor(0, 9))
    session.undo()
    assert session.cursor == Cursor(0, 9)  # who walked on in the meantime stays there


def test_bookmarks_know_whether_their_place_is_there() -> None:
    session = session_of("lstm")
    session.go_to(Cursor(0, 20))
    session.add_bookmark("here")
    mark = session.bookmarks[-1]
    assert mark.exists_in(session.timeline)
    session.set_sequence(from_numbers(np.ones((7, 1, 2))))
    assert not mark.exists_in(session.timeline)
    session.undo()
    assert mark.exists_in(session.timeline)
    assert Bookmark("of an older file", Cursor(0, 3)).exists_in(session.timeline)
