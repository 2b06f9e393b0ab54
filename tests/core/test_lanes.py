"""Lanes beside the lead: where they come from, the data and the learning of the lead, undo, and who leads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core import lanes
from core.cell import load_cell
from core.errors import DataError, SessionError
from core.frame import Cursor, Sentence, View
from core.lane_list import lane_named
from core.lanes import Companion
from core.learning.optimisers import SGD, Adam
from core.learning.step import LearningSettings
from core.network import build_network
from core.reveal import frame_at
from core.sequence import from_numbers, from_text, next_token_targets
from core.session import Session
from core.undo import before_last_edit
from tests.core.frames_equal import assert_frames_equal, fingerprint
from tests.core.lane_cases import add, network_of, plain, random_parameters, run_of
from tests.core.test_session_edits import EDITS
from tests.core.walk_cases import session_of, words


def said(session: Session, lane: Companion) -> str:
    found = lane.run(session.branch.owner(session.cursor.iteration), session.cursor.iteration)
    return str(found) if isinstance(found, Sentence) else ""


def walked_alone(session: Session, lane: Companion, iteration: int, changes: dict[int, Callable]) -> Session:
    """What a lane's network comes to when it is walked alone, with the same edits at the same iterations."""
    setup = lane.root.setup
    own = Session(setup, lane.root.iterations[0].parameters)
    for number in range(iteration + 1):
        own.go_to(Cursor(number, 0))
        if number in changes:
            changes[number](own)
    return own


DATA_EDITS: dict[str, Callable[[Session], None]] = {
    "input": lambda s: s.set_input(2, [0.5, -1.0]),
    "target": lambda s: s.set_target(1, 2),
    "shorter": lambda s: s.set_sequence(from_numbers(np.ones((2, 1, 2))).with_target(1, 0)),
    "batch": lambda s: s.set_sequence(from_numbers(np.ones((4, 3, 2))).with_target(3, 0)),
    "learning": lambda s: s.set_learning(LearningSettings(Adam(0.01), window=2)),
}


@pytest.mark.parametrize("edit", DATA_EDITS)
@pytest.mark.parametrize("iteration", [0, 2])
def test_data_and_learning_of_the_lead_reach_the_lanes_where_they_changed(edit: str, iteration: int) -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    session.go_to(Cursor(iteration, 7))
    DATA_EDITS[edit](session)
    session.go_to(Cursor(iteration + 2, 0))
    for lane in session.lanes:
        own = walked_alone(session, lane, iteration + 2, {iteration: DATA_EDITS[edit]})
        found = run_of(session, lane.name)
        assert found.problem.parameters.keys() == own.parameters.keys()
        for path, values in own.parameters.items():
            assert np.array_equal(found.problem.parameters[path], values)
        assert np.array_equal(found.problem.inputs, session.run.problem.inputs)


def test_initial_values_are_data_of_lanes_of_the_same_network() -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    before = [run_of(session, lane.name) for lane in session.lanes]
    session.set_initial("l0/c", 0, 1, 0.3)
    after = [run_of(session, lane.name) for lane in session.lanes]
    assert after[:2] == before[:2]
    assert after[2].problem.initial["l0/c"][0, 0, 1] == 0.3


@pytest.mark.parametrize("edit", ["weight", "overwrite"])
def test_edits_of_the_lead_itself_leave_the_lanes_as_they_are(edit: str) -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    session.go_to(Cursor(1, 30))
    before = [run_of(session, lane.name) for lane in session.lanes]
    EDITS[edit](session)
    assert [run_of(session, lane.name) for lane in session.lanes] == before


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize(("part", "iteration"), [(0.3, 0), (0.8, 1)])
def test_undo_and_redo_take_the_lanes_along(edit: str, part: float, iteration: int) -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    session.go_to(Cursor(iteration, round(part * session.timeline.length)))
    before = fingerprint(frame_at(session, View()))
    EDITS[edit](session)
    after = fingerprint(frame_at(session, View()))
    session.undo()
    assert_frames_equal(frame_at(session, View()), before)
    session.redo()
    assert_frames_equal(frame_at(session, View()), after)


LANE_EDITS: dict[str, Callable[[Session], object]] = {
    "add": lambda s: s.add_lane(lanes.at_iteration(s.branch, 0)),
    "remove": lambda s: s.remove_lane("GRU · LSTM"),
    "rename": lambda s: s.rename_lane("Simple RNN", "plain"),
    "lead": lambda s: s.make_lead("GRU · LSTM"),
}


@pytest.mark.parametrize("edit", LANE_EDITS)
def test_changes_of_lanes_are_undone(edit: str) -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    session.remove_lane(session.lanes[-1].name)
    session.go_to(Cursor(1, 60))
    before, done = fingerprint(frame_at(session, View())), len(session.done)
    LANE_EDITS[edit](session)
    assert len(session.done) == done + 1
    after = fingerprint(frame_at(session, View()))
    assert after != before
    assert session.undo()
    assert_frames_equal(frame_at(session, View()), before)
    assert session.redo()
    assert_frames_equal(frame_at(session, View()), after)


def test_undo_of_a_lane_moves_nothing() -> None:
    session = session_of("lstm", at=(1, 3))
    session.go_to(Cursor(1, 12))
    session.add_lane(lanes.another_start(session.setup, 1))
    session.go_to(Cursor(3, 40))
    session.undo()
    assert session.cursor == Cursor(3, 40)
    assert session.lanes == ()


# Where lanes come from


def test_an_earlier_iteration_stands_still() -> None:
    session = session_of("lstm", at=(1, 3))
    session.go_to(Cursor(4, 20))
    name = session.add_lane(lanes.at_iteration(session.branch, 2))
    assert name == "LSTM, iteration 3"
    expected = session.branch.iteration(2).parameters
    for iteration in (0, 4, 6):
        session.go_to(Cursor(iteration, session.timeline.length))
        run = run_of(session, name)
        assert all(np.array_equal(run.problem.parameters[path], values) for path, values in expected.items())
        lane = frame_at(session, View()).lanes[1]
        assert lane.subtitle == "3 units · iteration 3"
    session.go_to(Cursor(2, session.timeline.length))
    lead, lane = frame_at(session, View()).lanes
    assert_frames_equal(lane, lead, ("name", "subtitle", "position"))
    session.set_input(1, [3.0, 3.0])
    lead, lane = frame_at(session, View()).lanes
    assert_frames_equal(lane.blocks, lead.blocks)  # the data reaches it


def test_an_earlier_iteration_of_a_branch_before_an_edit() -> None:
    session = session_of("lstm", at=(1, 3))
    session.go_to(Cursor(2, 0))
    session.set_learning(LearningSettings(SGD(0.7)))
    session.go_to(Cursor(3, 0))
    for number in (0, 2, 3):
        lane = lanes.at_iteration(session.branch, number)
        assert lane.root.iterations[0].parameters is session.branch.iteration(number).parameters
    with pytest.raises(SessionError, match="no iteration 5 yet"):
        lanes.at_iteration(session.branch, 4)


def test_the_walk_before_an_edit_goes_on_with_its_own_data() -> None:
    session = session_of("lstm", at=(1, 3))
    session.go_to(Cursor(1, 30))
    with pytest.raises(SessionError, match="nothing was edited"):
        before_last_edit(session.done, session.branch)
    old = session.branch
    session.set_input(2, [0.5, -1.0])
    name = session.add_lane(before_last_edit(session.done, session.branch))
    assert name == "LSTM before “set input 3”"
    session.go_to(Cursor(3, 30))
    assert run_of(session, name) is old.run(3)
    session.set_weight("l0/b_f", (0,), 1.0)
    again = before_last_edit(session.done, session.branch)
    assert again.name == "LSTM before “set l0/b_f”"
    session.set_sequence(from_numbers(np.ones((2, 1, 2))).with_target(1, 0))
    assert "it read a sequence of 4 steps, and this one has 2" in said(session, session.lanes[0])


def test_a_lane_added_late_has_walked_what_the_lead_has() -> None:
    early, late = (session_of("lstm", at=(1, 3)) for _ in range(2))
    network = network_of(early, "gru")
    add(early, network)
    for session in (early, late):
        session.go_to(Cursor(1, 5))
        session.set_input(0, [2.0, 2.0])
        session.go_to(Cursor(2, 5))
        session.set_learning(LearningSettings(SGD(0.3)))
        session.go_to(Cursor(3, 44))
    add(late, network)
    assert_frames_equal(frame_at(early, View()).lanes, frame_at(late, View()).lanes)


def test_other_words_are_refused_and_said() -> None:
    session = words()
    network = network_of(session, "gru")
    other = next_token_targets(from_text("one two three four five", kind="words"))
    assert other.width == session.setup.sequence.width
    with pytest.raises(DataError, match="other words"):
        session.add_lane(
            lanes.opened_model(session.setup, network, random_parameters(network), other.vocabulary, "saved")
        )
    name = add(session, network)
    session.set_model(network, random_parameters(network), other)
    assert "made for other words" in said(session, lane_named(session.lanes, name))


def test_a_lane_learns_nothing_while_it_cannot_read() -> None:
    session = session_of("lstm", at=(1, 3))
    name = add(session, network_of(session, "gru"))
    readable, lead = session.setup.sequence, session.setup.network
    session.go_to(Cursor(2, 0))
    wide = from_numbers(np.ones((4, 1, 5))).with_target(3, 0)
    wider = build_network(load_cell("lstm", inputs=5, units=3), outputs=3)
    session.set_model(wider, wider.initial_parameters(0), wide)
    session.go_to(Cursor(5, 0))
    assert "reads 2 numbers a step, and the data has 5" in said(session, session.lanes[0])
    session.set_model(lead, random_parameters(lead), readable)
    own = walked_alone(session, session.lanes[0], 2, {})
    assert np.array_equal(run_of(session, name).problem.parameters["l0/W_r"], own.parameters["l0/W_r"])
    session.go_to(Cursor(3, 0))
    assert "has 5" in said(session, session.lanes[0])
    session.go_to(Cursor(1, 0))
    assert said(session, session.lanes[0]) == ""


def test_targets_beyond_the_outputs_are_said() -> None:
    session = session_of("lstm", at=(1, 3))
    network = build_network(load_cell("gru", inputs=2, units=3), outputs=2)
    session.set_target(1, 2)
    with pytest.raises(DataError, match="it has 2 outputs, and the targets ask for 3"):
        add(session, network)
    session.set_sequence(from_numbers(np.ones((4, 1, 2))).with_target(3, 1))
    name = add(session, network)
    session.set_target(2, 2)
    assert "ask for 3" in said(session, lane_named(session.lanes, name))
