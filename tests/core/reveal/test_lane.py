"""Tracks, flows, losses and predictions of a lane."""

from __future__ import annotations

import numpy as np
import pytest

from core.frame import Arrival, BlockFrame, Cursor, Flow, LaneFrame, Phase, Track, View
from core.network import HEAD
from core.operators.expression import INPUT, VARIABLE
from core.reveal import frame_at
from core.session import Session
from tests.core.walk_cases import CASES, session_of


def lane_at(session: Session, index: int, **view: int) -> LaneFrame:
    session.go_to(Cursor(0, index))
    return frame_at(session, View(**view)).lanes[0]


def whole(name: str, **view: int) -> tuple[Session, LaneFrame]:
    """The lane at the end of the backward phase."""
    session = CASES[name]()
    return session, lane_at(session, session.timeline.end_of(Phase.BACKWARD), **view)


def block_of(lane: LaneFrame, name: str) -> BlockFrame:
    return next(block for block in lane.blocks if block.name == name)


def track_of(lane: LaneFrame, path: str) -> Track:
    return next(track for block in lane.blocks for track in block.tracks if track.path == path)


def flow_of(lane: LaneFrame, source: str, target: str, delay: int) -> Flow:
    flows = block_of(lane, source).flows
    return next(flow for flow in flows if (flow.target, flow.delay) == (target, delay))


@pytest.mark.parametrize("sample", [0, 1, 2])
def test_at_the_end_all_is_there(sample: int) -> None:
    session, lane = whole("masked batch", sample=sample)
    run = session.run
    weights = run.problem.loss_weights[:, sample]
    np.testing.assert_array_equal(lane.losses, np.where(weights > 0, run.losses()[:, sample], np.nan))
    for block in run.network.blocks:
        for name in block.cell.definition.variables:
            path = f"{block.name}/{name}"
            track = track_of(lane, path)
            if path != "head/L":
                np.testing.assert_array_equal(track.values, run.values(path)[:, sample])
            adjoints = run.adjoints(path)
            if adjoints is None:
                assert not track.arrived.any()
                continue
            np.testing.assert_array_equal(track.adjoints, adjoints[:, sample])
            silent = block.name == HEAD
            expected = np.where(run.problem.loss_steps | (not silent), Arrival.COMPLETE, Arrival.NONE)
            np.testing.assert_array_equal(track.arrived, expected)
            assert track.is_state == (name in block.cell.definition.delays)


def test_flows_are_what_readers_send() -> None:
    session, lane = whole("stacked")
    run = session.run
    assert [(f.target, f.delay) for f in block_of(lane, "l0").flows] == [("l0/c", 1), ("l0/h", 1), ("input", 0)]
    assert [(f.target, f.delay) for f in block_of(lane, "l1").flows] == [("l1/h", 1), ("l0/h", 0)]
    assert [(f.target, f.delay) for f in block_of(lane, HEAD).flows] == [("l1/h", 0)]
    sent = {
        ("l0", "l0/c", 1): run.sends("l0", VARIABLE, "c", 1),
        ("l1", "l0/h", 0): run.sends("l1", INPUT, "x"),
        (HEAD, "l1/h", 0): run.sends(HEAD, INPUT, "h"),
    }
    for (source, target, delay), vectors in sent.items():
        norms = np.linalg.norm(vectors[:, 0], axis=-1)
        if source == HEAD:  # losses at 1 and 3
            norms[[0, 2]] = np.nan
        np.testing.assert_allclose(flow_of(lane, source, target, delay).norms, norms, rtol=1e-12)
    sent_to_input = np.linalg.norm(run.input_adjoints()[:, 0], axis=-1)
    np.testing.assert_allclose(flow_of(lane, "l0", "input", 0).norms, sent_to_input, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "delay", "cut"),
    [("window", 1, [1, 3]), ("three back, window", 3, [0, 1, 2, 3, 4, 5]), ("three back, window", 1, [0, 2, 4])],
)
def test_nothing_flows_where_a_window_cuts(name: str, delay: int, cut: list[int]) -> None:
    _, lane = whole(name)
    norms = flow_of(lane, "l0", "l0/h", delay).norms
    assert np.flatnonzero(np.isnan(norms)).tolist() == cut


def test_an_edge_is_reached_once_what_it_carries_is() -> None:
    session = CASES["three back"]()
    lane = lane_at(session, session.timeline.end_of(Phase.FORWARD, 1))
    assert flow_of(lane, "l0", "l0/h", 1).reached.tolist() == [True, True, True, False, False, False]
    assert flow_of(lane, "l0", "l0/h", 3).reached.tolist() == [True, True, True, True, True, False]
    assert flow_of(lane, HEAD, "l0/h", 0).reached.tolist() == [True, True, False, False, False, False]


def test_a_column_under_way_shows_what_has_been_sent() -> None:
    session = CASES["lstm"]()
    lane = lane_at(session, session.timeline.end_of(Phase.BACKWARD, 2, "l0", "o"))
    norms = flow_of(lane, "l0", "l0/h", 1).norms
    assert np.isnan(norms).tolist() == [True, True, False, False]
    assert norms[2] < flow_of(whole("lstm")[1], "l0", "l0/h", 1).norms[2] * 10
    assert track_of(lane, "l0/h").arrived.tolist() == [Arrival.NONE, Arrival.PARTLY, Arrival.COMPLETE, Arrival.COMPLETE]
    assert track_of(lane, "l0/f").arrived.tolist() == [Arrival.NONE, Arrival.NONE, Arrival.NONE, Arrival.COMPLETE]
    partial = track_of(lane, "l0/h")
    np.testing.assert_allclose(partial.adjoint_norms[1], np.linalg.norm(partial.adjoints[1]), rtol=1e-12)


def test_predictions_of_classes_have_labels_and_probabilities() -> None:
    session, lane = whole("words")
    outputs, sequence = session.run.values("head/y")[:, 0], session.setup.sequence
    for t, prediction in enumerate(lane.predictions):
        assert prediction is not None
        assert prediction.label == sequence.target_labels[outputs[t].argmax()]
        assert prediction.probability == outputs[t].max()
        target = sequence.targets[t, 0]
        assert prediction.right == (None if target < 0 else bool(outputs[t].argmax() == target))
    assert lane.targets == ("cats", "that", "ran", "were", "")
    assert lane.tokens == ("the", "cats", "that", "ran", "were")


@pytest.mark.parametrize("name", ["direct", "identity"])
def test_predictions_of_numbers_are_numbers(name: str) -> None:
    session, lane = whole(name)
    for t, prediction in enumerate(lane.predictions):
        assert prediction is not None
        assert prediction.label == f"{session.run.values('head/y')[t, 0, 0]:.3g} …"
        assert (prediction.probability, prediction.right) == (None, None)
    with_loss = session.setup.sequence.loss_mask[:, 0]
    assert [bool(text) for text in lane.targets] == with_loss.tolist()


def test_a_prediction_that_is_no_number_is_no_answer() -> None:
    _, lane = whole("not finite, linear")
    assert {prediction.label for prediction in lane.predictions if prediction} == {"nan"}


def test_predictions_come_with_their_equation() -> None:
    session = CASES["lstm"]()
    end = session.timeline.end_of(Phase.FORWARD, 1, HEAD, "y")
    assert [p is None for p in lane_at(session, end - 1).predictions] == [False, True, True, True]
    assert [p is None for p in lane_at(session, end).predictions] == [False, False, True, True]


def test_scales_hold_everything_in_whole_steps() -> None:
    limits = [track.limit for block in whole("lstm")[1].blocks for track in block.tracks]
    assert set(limits) <= {1.0, 2.0, 5.0, 10.0}
    session = session_of("rnn_identity", steps=6, scale=3.0)
    grown = [
        track_of(lane_at(session, session.timeline.end_of(Phase.FORWARD, t)), "l0/h").limit for t in range(6)
    ]  # what is to come does not show
    assert grown == sorted(grown)
    assert grown[0] < grown[-1]


@pytest.mark.parametrize("scale", [1e-300, 1e-20, 1e20, 1e150])
def test_gradient_scales_are_numbers_however_large_or_small(scale: float) -> None:
    session = session_of("rnn_identity", head="direct", loss="squared", scale=scale)
    lane = lane_at(session, session.timeline.end_of(Phase.BACKWARD))
    low, high = lane.gradient_limits
    assert 0.0 < low < high < np.inf
