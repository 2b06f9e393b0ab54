"""Names of lanes, who leads, and how what they show is computed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace

from core import lane_list, lanes
from core.cell import load_cell
from core.errors import DataError, GatewalkError, SessionError, ShapeError
from core.frame import Cursor, Grain, Phase, View
from core.network import build_network
from core.reveal import frame_at
from core.sequence import from_numbers
from core.session import Session
from tests.core.frames_equal import assert_frames_equal
from tests.core.lane_cases import add, network_of, plain, run_of
from tests.core.walk_cases import session_of

# Names, and how many


def test_names_are_made_free() -> None:
    session = session_of("lstm")
    network = network_of(session, "lstm")
    assert [add(session, network) for _ in range(3)] == ["LSTM (2)", "LSTM (3)", "LSTM (4)"]
    with pytest.raises(SessionError, match="3 lanes beside the lead"):
        add(session, network)
    session.rename_lane("LSTM (3)", "  mine  ")
    assert [lane.name for lane in session.lanes] == ["LSTM (2)", "mine", "LSTM (4)"]
    session.rename_lane("mine", "mine")
    assert session.lanes[1].root is not session.lanes[0].root


WRONG: dict[str, Callable[[Session], object]] = {
    "no such lane to remove": lambda s: s.remove_lane("nobody"),
    "no such lane to rename": lambda s: s.rename_lane("nobody", "somebody"),
    "no such lane to lead": lambda s: s.make_lead("nobody"),
    "a name that is taken": lambda s: s.rename_lane("Simple RNN", "GRU · LSTM"),
    "an empty name": lambda s: s.rename_lane("Simple RNN", " \n"),
    "a long name": lambda s: s.rename_lane("Simple RNN", "x" * 81),
    "one too many": lambda s: s.add_lane(lanes.another_start(s.setup, 2)),
    "parameters that do not fit": lambda s: lanes.another_network(s.setup, s.setup.network, {}),
    "a network of another width": lambda s: (
        s.remove_lane("GRU · LSTM"),
        add(s, build_network(load_cell("gru", inputs=4, units=2), outputs=3)),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_done_changes_nothing(wrong: str) -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    before = (session.lanes, session.branch, session.cursor, len(session.done))
    with pytest.raises((SessionError, ShapeError, DataError)) as error:
        WRONG[wrong](session)
    assert isinstance(error.value, GatewalkError)
    if wrong == "a network of another width":
        session.undo()
    assert (session.lanes, session.branch, session.cursor, len(session.done)) == before


# Who leads


@pytest.mark.parametrize("iteration", [0, 2])
def test_a_lane_that_is_made_the_lead_walks_on_from_there(iteration: int) -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    session.go_to(Cursor(iteration, session.timeline.end_of(Phase.BACKWARD, 2)))
    frame = frame_at(session, View())
    name = session.lanes[1].name
    session.make_lead(name)
    swapped = frame_at(session, View())
    assert (session.position.phase, session.position.t) == (Phase.BACKWARD, 2)
    assert [lane.name for lane in swapped.lanes] == [name, "Simple RNN", "LSTM", "LSTM, seed 11"]
    leave = ("position", "subtitle", "name", "ghost")
    for before, after in zip(frame.lanes, (swapped.lanes[i] for i in (2, 1, 0, 3)), strict=True):
        assert_frames_equal(before, after, leave)
    session.step_forward(Grain.TIME_STEP)
    session.make_lead("LSTM")
    assert session.setup.network.summary == "LSTM"
    assert_frames_equal(frame_at(session, View()).lanes[0].losses, frame.lanes[0].losses)


def test_an_earlier_iteration_that_leads_learns_from_there() -> None:
    session = session_of("lstm", at=(1, 3))
    session.go_to(Cursor(3, 9))
    name = session.add_lane(lanes.at_iteration(session.branch, 1))
    expected = session.branch.iteration(2).parameters
    session.make_lead(name)
    assert session.cursor.iteration == 0
    session.go_to(Cursor(1, 0))
    assert all(np.array_equal(session.parameters[path], values) for path, values in expected.items())


def test_a_lane_that_cannot_read_cannot_lead() -> None:
    session = session_of("lstm", at=(1, 3))
    name = add(session, network_of(session, "gru"))
    wider = build_network(load_cell("lstm", inputs=5, units=3), outputs=3)
    session.set_model(wider, wider.initial_parameters(0), from_numbers(np.ones((4, 1, 5))).with_target(3, 0))
    with pytest.raises(SessionError, match="cannot be the lead here"):
        session.make_lead(name)


def test_many_edits_before_a_lane_is_asked() -> None:
    session = session_of("rnn_tanh", steps=2, units=1, at=(1,))
    lane = lanes.another_start(session.setup, 3)
    for number in range(1100):  # more than Python calls may nest
        session.set_input(0, [float(number % 7), 1.0])
    session.add_lane(lane)
    assert np.array_equal(run_of(session, lane.name).problem.inputs, session.run.problem.inputs)


def test_lanes_kept_between_frames_are_few() -> None:
    session = plain(session_of("lstm", steps=2, units=1, at=(1,)))
    for number in range(12):
        session.go_to(Cursor(number, 3))
        frame_at(session, View())
    assert len(session.shown._lanes) <= 10
    assert replace(session.lanes[0], name="x").mirrors is session.lanes[0].mirrors


@pytest.mark.parametrize("left_after", [0, 3, 20, 10_000])
def test_what_lanes_show_is_computed_in_small_parts_that_can_be_left(left_after: int) -> None:
    session, at_once = (plain(session_of("lstm", at=(1, 3))) for _ in range(2))
    for each in (session, at_once):
        each.go_to(Cursor(1, 9))
        each.set_input(2, [1.0, 1.0])
        each.go_to(Cursor(4, 100))
    for number, _ in enumerate(lane_list.work(session.lanes, session.branch, session.cursor)):
        if number == left_after:
            break
    expected = frame_at(at_once, View())
    assert_frames_equal(frame_at(session, View()), expected)
    assert not list(lane_list.work(session.lanes, session.branch, session.cursor))
    assert len(list(lane_list.work(session.lanes, session.branch, Cursor(6, 0)))) >= 3 * 8
