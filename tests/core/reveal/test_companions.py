"""Lanes beside the lead in frames: each is what its network shows alone, as far as the lead has come, no further."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from msgspec.structs import replace

from core import lanes
from core.cell import load_cell
from core.following import followed
from core.frame import Arrival, Cursor, Grain, LaneFrame, Phase, View
from core.network import build_network
from core.reveal import frame_at
from core.sequence import Sequence
from core.session import Session
from tests.core.frames_equal import assert_frames_equal, fingerprint
from tests.core.lane_cases import WITH_LANES, add, alone, cursors, network_of, plain
from tests.core.reveal.test_frames import GIVEN, check_lane, different_later
from tests.core.walk_cases import session_of

OWN = ("name", "subtitle", "position", "note", "gradient_limits", "ghost")  # what differs from a walk alone
FEW = ["adam", "masked batch", "bidirectional", "directions beside"]


@pytest.mark.parametrize("iteration", [0, 2])
@pytest.mark.parametrize("name", WITH_LANES)
def test_a_lane_shows_what_its_network_shows_alone(name: str, iteration: int) -> None:
    session = WITH_LANES[name]()
    if iteration and Phase.UPDATE not in session.timeline.phases:
        return
    session.go_to(Cursor(iteration, 0))
    single = {lane.name: alone(session, lane) for lane in session.lanes}
    for number, cursor in enumerate(cursors(session, 21 if iteration else 20)):  # together, 40 places
        session.go_to(cursor)
        view = View(sample=number % session.setup.sequence.batch)
        frames = frame_at(session, view).lanes
        assert [frame.name for frame in frames[1:]] == list(single)
        for frame in frames[1:]:
            own = single[frame.name]
            own.go_to(Cursor(0, followed(session.timeline, cursor.index, own.timeline)))
            assert_frames_equal(frame, frame_at(own, view).lanes[0], OWN)
            check_lane(frame, session.run.problem.steps)
            assert frame.position is not None
            assert frame.position.cursor == Cursor(iteration, own.cursor.index)


@pytest.mark.parametrize("name", WITH_LANES)
def test_lanes_change_nothing_of_the_lead(name: str) -> None:
    session = WITH_LANES[name]()
    without = Session(session.setup, session.parameters)
    for cursor in cursors(session, 15):
        for each in (session, without):
            each.go_to(cursor)
        one, two = (frame_at(each, View(changes=True)) for each in (session, without))
        assert_frames_equal(replace(one, lanes=one.lanes[:1]), two, ("gradient_limits",))


@pytest.mark.parametrize("name", WITH_LANES)
def test_the_same_place_looks_the_same_however_it_was_reached(name: str) -> None:
    session, far = WITH_LANES[name](), WITH_LANES[name]()
    far.go_end()
    frame_at(far, View())
    if far.step_forward():
        frame_at(far, View())
    for lane in far.lanes:
        lane.root.run(0).complete()
    for cursor in cursors(session, 15):
        for each in (session, far):
            each.go_to(cursor)
        assert_frames_equal(frame_at(session, View()), frame_at(far, View()))


@pytest.mark.parametrize("name", ["adam", "words", "batch", "one step"])
def test_lanes_know_nothing_of_later_inputs(name: str) -> None:
    session = WITH_LANES[name]()
    for t in range(session.run.problem.steps - 1):
        other = different_later(session, t)
        other.lanes = tuple(replace(lane, root=lanes.Branch(_moved(lane, other), lane.root.iterations[0]), mirrors={})
                            for lane in session.lanes)  # fmt: skip
        end = session.timeline.end_of(Phase.FORWARD, t)
        for index in (end - 1, end):
            for each in (session, other):
                each.go_to(Cursor(0, index))
            one, two = (frame_at(each, View()).lanes[1:] for each in (session, other))
            assert_frames_equal(fingerprint(one, GIVEN), fingerprint(two, GIVEN))


def _moved(lane: lanes.Companion, other: Session) -> lanes.Setup:
    return replace(lane.root.setup, sequence=other.setup.sequence)


@pytest.mark.parametrize("name", FEW)
def test_no_more_is_computed_than_is_shown(name: str) -> None:
    session = WITH_LANES[name]()
    for cursor in cursors(session, 12):
        session.go_to(cursor)
        frame_at(session, View())
        for lane in session.lanes:
            run = lane.run(session.branch, 0)
            index = followed(session.timeline, cursor.index, run.timeline)
            fresh = alone(session, lane)
            fresh.go_to(Cursor(0, index))
            assert (run.forward_done, run.backward_done) == (fresh.run.forward_done, fresh.run.backward_done)


def test_a_time_step_begun_is_not_shown_yet() -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    for grain in (Grain.EQUATION, Grain.TIME_STEP):
        session.go_start()
        for _ in range(40):
            session.step_forward(grain)
            lead, *others = frame_at(session, View()).lanes
            assert {count for lane in others for count in steps_reached(lane)} == {min(steps_reached(lead))}


def steps_reached(lane: LaneFrame) -> set[int]:
    """How many steps of its variables are shown, the loss aside."""
    return {int(track.reached.sum()) for block in lane.blocks for track in block.tracks if track.name != "L"}


def test_the_gradient_scale_is_shared() -> None:
    session = plain(session_of("lstm", at=(3,)))
    session.lanes[0].root.iterations[0] = replace(
        session.lanes[0].root.iterations[0],
        parameters={path: value * 1e-4 for path, value in session.lanes[0].root.iterations[0].parameters.items()},
    )
    session.go_end()
    frames = frame_at(session, View()).lanes
    limits = {frame.gradient_limits for frame in frames}
    assert len(limits) == 1
    norms = np.concatenate([t.adjoint_norms for lane in frames for b in lane.blocks for t in b.tracks if t.name != "L"])
    found = norms[np.isfinite(norms) & (norms > 0)]
    ((low, high),) = limits
    assert low <= found.min()
    assert low < 1e-4
    assert high >= found.max()


def test_a_lane_that_cannot_read_the_data_is_empty_and_says_so() -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    wide = session_of("gru", seed=3).setup.sequence
    other = of_width(wide, 5)
    wider = build_network(load_cell("gru", inputs=5, units=3), outputs=3)
    session.set_model(wider, wider.initial_parameters(0), other)
    session.go_end()
    lead, *others = frame_at(session, View(last=3)).lanes
    for frame in others:
        assert str(frame.note) == "This lane has nothing here: it reads 2 numbers a step, and the data has 5."
        assert_empty(frame, lead)
    session.undo()
    session.go_end()
    assert all(frame.note is None for frame in frame_at(session, View()).lanes)


def of_width(sequence: Sequence, width: int) -> Sequence:
    numbers = np.random.default_rng(2).normal(size=(sequence.length, sequence.batch, width))
    return dataclasses.replace(sequence, inputs=numbers, tokens=())


def assert_empty(frame: LaneFrame, lead: LaneFrame) -> None:
    check_lane(frame, lead.length)
    assert (frame.first, frame.last, frame.tokens) == (lead.first, lead.last, lead.tokens)
    assert not any(frame.predictions)
    assert np.isnan(frame.losses).all()
    assert frame.blocks
    for block in frame.blocks:
        for track in block.tracks:
            assert not track.reached.any()
            assert (track.arrived == Arrival.NONE).all()


def test_a_lane_waits_for_a_lead_of_other_passes() -> None:
    session = WITH_LANES["bidirectional"]()
    add_plain = session.lanes[0].name
    session.remove_lane(add_plain)
    add(session, network_of(session, "lstm"))
    session.step_forward(Grain.PASS)
    same, plain_lane = frame_at(session, View()).lanes[2], frame_at(session, View()).lanes[3]
    assert same.note is None
    assert same.blocks[0].tracks[0].reached.all()
    assert "waits" in str(plain_lane.note)
    assert not plain_lane.blocks[0].tracks[0].reached.any()


def test_a_lane_without_a_loss_says_that_nothing_comes_back() -> None:
    session = session_of("lstm", at=(1, 3))
    network = build_network(load_cell("gru", inputs=2, units=3), loss="", outputs=3)
    add(session, network)
    session.go_to_phase(Phase.FORWARD)
    assert frame_at(session, View()).lanes[1].note is None
    session.go_end()
    assert str(frame_at(session, View()).lanes[1].note) == "This lane has no loss, so nothing comes back in it."
    session.step_forward()
    lane = frame_at(session, View()).lanes[1]
    assert "no iteration 2" in str(lane.note)
    assert_empty(lane, frame_at(session, View()).lanes[0])
