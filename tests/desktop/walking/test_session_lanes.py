"""Lanes beside the lead through the bridge: one frame an intent, or one report and nothing changed."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from core.cell import load_cell
from core.errors import SessionError
from core.files.snapshot import save_session
from core.frame import Cursor, Grain
from core.network import build_network
from core.scenario_session import ready_session
from core.sequence import from_numbers
from desktop.bridge import Bridge, session_of
from desktop.reports import Kind


@pytest.fixture
def bridge(qapp, tmp_path):
    return Bridge(ready_session(), log_file=tmp_path / "log.txt")


@pytest.fixture
def saved(tmp_path):
    session = ready_session()
    session.set_weight("l0/b_f", (0,), 3.0)
    save_session(session, tmp_path / "before.gatewalk")
    return tmp_path / "before.gatewalk"


def listening(bridge):
    frames, reports = [], []
    bridge.frame_changed.connect(frames.append)
    bridge.reported.connect(reports.append)
    return frames, reports


ADDING = {
    "GRU": lambda b, _: b.lanes.add_cell("gru", 3),
    "my net": lambda b, _: b.lanes.add_network(b.session.setup.network, b.session.parameters, "my net"),
    "LSTM, seed 8": lambda b, _: b.lanes.add_start(8),
    "LSTM, iteration 1": lambda b, _: b.lanes.add_iteration(0),
    "before": lambda b, path: b.lanes.add_snapshot(path),
}


@pytest.mark.parametrize("name", ADDING)
def test_a_lane_is_added_with_one_frame_and_taken_back(bridge, saved, name):
    frames, reports = listening(bridge)
    assert ADDING[name](bridge, saved)
    assert len(frames) == 1
    assert [lane.name for lane in frames[0].lanes] == ["LSTM", name]
    assert frames[0].lanes[1].note is None
    assert bridge.modified
    bridge.step_forward(Grain.TIME_STEP)
    bridge.undo()
    assert [lane.name for lane in bridge.frame.lanes] == ["LSTM"]
    assert not reports


def test_the_walk_before_an_edit_is_a_lane(bridge):
    bridge.edits.set_weight("l0/b_f", (0,), 3.0)
    assert bridge.lanes.add_before_edit()
    assert bridge.frame.lanes[1].name == "LSTM before “set l0/b_f”"


def test_lanes_are_renamed_removed_and_made_the_lead(bridge):
    bridge.lanes.add_cell("gru")
    assert bridge.lanes.rename_lane("GRU", "mine")
    assert bridge.lanes.make_lead("mine")
    assert [lane.name for lane in bridge.frame.lanes] == ["GRU", "LSTM"]
    assert bridge.lanes.remove_lane("LSTM")
    assert len(bridge.frame.lanes) == 1


@pytest.mark.parametrize(
    "intent",
    [
        lambda b: b.lanes.remove_lane("nobody"),
        lambda b: b.lanes.add_iteration(7),
        lambda b: b.lanes.add_before_edit(),
        lambda b: b.lanes.add_snapshot("/no/such.gatewalk"),
        lambda b: b.lanes.add_cell("no_such_cell"),
    ],
)
def test_what_cannot_be_done_is_said(bridge, intent):
    frames, reports = listening(bridge)
    assert not intent(bridge)
    assert not frames
    assert [report.kind for report in reports] == [Kind.ERROR]
    assert not bridge.modified


def test_another_cell_stands_in_every_layer_of_the_same_network(bridge):
    bridge.lanes.add_cell("rnn_tanh")
    lead, lane = (lane.blocks for lane in bridge.frame.lanes)
    assert [block.units for block in lane] == [block.units for block in lead]
    assert [block.name for block in lane] == [block.name for block in lead]


def test_what_differs_is_told_and_gone_to(bridge):
    bridge.lanes.add_start(8)
    bridge.go_end()
    found = bridge.lanes.differences()
    assert "differ most" in str(found.sentence)
    frames, _ = listening(bridge)
    assert bridge.lanes.go_to_difference(found.largest_relative)
    assert len(frames) == 1
    assert frames[0].position.phase is found.largest_relative.phase
    assert frames[0].position.t == found.largest_relative.spot.t
    with pytest.raises(SessionError):
        bridge.lanes.differences(0, 2)


@pytest.fixture
def long(qapp, tmp_path):
    """A session far on in its training, where a lane beside it has much to catch up with."""
    numbers = np.random.default_rng(0).normal(size=(150, 1, 8))
    sequence = from_numbers(numbers).with_target(149, 1)
    network = build_network(load_cell("lstm", inputs=8, units=32), outputs=4)
    bridge = Bridge(session_of(network, network.initial_parameters(0), sequence), log_file=tmp_path / "log.txt")
    bridge.go_to(Cursor(12, 0))
    return bridge


def wait(bridge):
    """Until nothing runs; the longest time that a key would have waited."""
    longest, end = 0.0, perf_counter() + 60.0
    while bridge.busy and perf_counter() < end:
        began = perf_counter()
        QApplication.processEvents()
        longest = max(longest, perf_counter() - began)
    return longest


def test_a_lane_catches_up_without_freezing_the_window(long):
    frames, reports = listening(long)
    assert long.lanes.add_cell("gru")
    assert long.busy
    assert not frames
    assert reports[0].kind is Kind.BUSY
    assert wait(long) < 0.5  # usually below 0.1; this machine may be busy with something else
    assert [len(frame.lanes) for frame in frames] == [2]
    assert frames[0].lanes[1].position.cursor.iteration == 12


def test_a_lane_that_is_left_on_the_way_is_not_added(long):
    assert long.lanes.add_cell("gru")
    long.stop()
    assert not long.busy
    assert long.session.lanes == ()
    assert long.session.undo_label == ""


def test_a_long_way_takes_the_lanes_along(long):
    long.go_to(Cursor(0, 0))
    wait(long)
    long.lanes.add_cell("gru")
    wait(long)
    long.go_end()
    wait(long)
    lane = long.session.lanes[0].run(long.session.branch, 0)
    assert lane.backward_done == 150
    assert long.frame.lanes[1].position.phase is long.frame.position.phase
