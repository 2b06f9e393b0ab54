"""What is revealed of networks of both directions, at every place of their walks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, pairwise

import numpy as np
import pytest

from core.frame import Arrival, Cursor, Detail, Grain, Phase, View
from core.network import HEAD, LOSS
from core.reveal import frame_at
from core.reveal.inspect import local_adjoints, shares
from core.reveal.moment import Moment
from core.run import Run
from core.session import Session
from tests.core.frames_equal import assert_frames_equal, fingerprint
from tests.core.network_cases import ALIGNED, NETWORKS, session_on

PADDED = {"batch": 3, "lengths": (4, 2, 3)}
WALKS: dict[str, tuple[str, dict]] = {name: (name, {}) for name in NETWORKS}
WALKS |= {f"{name}, last": (name, {"at": (3,)}) for name in ("bidirectional", "mixed", "tied", "reverse")}
WALKS |= {f"{name}, window": (name, {"steps": 5, "window": 2}) for name in ("two of both", "three back", "reverse")}
WALKS |= {f"{name}, padded": (name, PADDED) for name in ALIGNED}
FEW = ["two of both", "tied, last", "up and down", "three back, window", "as it walks", "mixed, padded"]


def session_of(name: str) -> Session:
    case, options = WALKS[name]
    return session_on(NETWORKS[case](), **options)


def backward_entries(run: Run) -> Iterator[tuple[int, str, int, int]]:
    """Every equation of the backward phase: t, path, the index before it and the index after it."""
    for segment, offset in zip(run.timeline.segments, run.timeline.offsets, strict=False):
        if segment.phase is Phase.BACKWARD:
            index = offset
            for step, t in enumerate(segment.times):
                for entry in segment.step_entries(step):
                    yield t, f"{entry.block}/{entry.equation}", index, index + entry.operations
                    index += entry.operations


def close(found: np.ndarray, right: np.ndarray) -> None:
    np.testing.assert_allclose(found, right, rtol=0, atol=1e-12 * max(float(np.abs(right).max()), 1e-300))


@pytest.mark.parametrize("name", WALKS)
def test_parts_add_up_to_the_complete_adjoint(name: str) -> None:
    run = session_of(name).run.complete()
    for sample in range(run.problem.batch_size):
        for t, path, before, after in backward_entries(run):
            whole = run.adjoints(path)[t, sample]
            early, late = Moment(run, Cursor(0, before), sample), Moment(run, Cursor(0, after), sample)
            if t >= run.problem.length(sample):
                assert not whole.any()
                assert late.arrival(path, t) is Arrival.NONE
                continue
            if path != f"{HEAD}/{LOSS}":
                assert early.arrival(path, t) is not Arrival.COMPLETE
                found = early.adjoint(path, t)
                close(np.zeros_like(whole) if found is None else found, whole)
            assert late.arrival(path, t) is Arrival.COMPLETE
            assert late.adjoint(path, t).tobytes() == whole.tobytes()


@pytest.mark.parametrize("name", FEW)
def test_what_has_arrived_stays(name: str) -> None:
    run = session_of(name).run.complete()
    paths = [f"{block.name}/{variable}" for block in run.network.blocks for variable in sorted(block.path)]
    before = dict.fromkeys(((path, t) for path in paths for t in range(run.problem.steps)), Arrival.NONE)
    for index in range(run.timeline.starts_phase(Phase.BACKWARD), run.timeline.length + 1):
        moment = Moment(run, Cursor(0, index))
        now = {(path, t): moment.arrival(path, t) for path, t in before}
        assert all(now[place] >= arrival for place, arrival in before.items())
        assert all((moment.adjoint(*place) is None) == (arrival is Arrival.NONE) for place, arrival in now.items())
        before = now
    assert {arrival for (path, _), arrival in before.items() if path.startswith("l")} == {Arrival.COMPLETE}


@pytest.mark.parametrize("name", WALKS)
def test_shares_sum_to_one(name: str) -> None:
    session = session_of(name)
    run = session.run.complete()
    formulas = session.shown.formulas(run.network)
    for sample in range(run.problem.batch_size):
        for t, path, _, after in backward_entries(run):
            moment = Moment(run, Cursor(0, after), sample)
            found = [share.value for share in shares(moment, formulas, path, t)]
            adjoint = moment.adjoint(path, t)
            if path == f"{HEAD}/{LOSS}" or adjoint is None or not adjoint.any():
                assert not found
                continue
            assert abs(sum(found) - 1.0) <= 1e-12 * max(map(abs, found))


@pytest.mark.parametrize("name", ["bidirectional", "mixed", "tied", "three back", "up and down", "mixed, padded"])
def test_this_steps_loss_alone_goes_through_this_step_alone(name: str) -> None:
    """Against runs with one loss, whose delays and other directions are cut off by a sequence of that step alone."""
    run = session_of(name).run.complete()
    problem = run.problem
    for t in np.flatnonzero(problem.loss_steps).tolist():
        local = local_adjoints(Moment(run, Cursor(0, run.timeline.length)), t)
        weights = np.zeros_like(problem.loss_weights)
        weights[t] = problem.loss_weights[t]
        alone = Run(replace(problem, weights=weights, window=1)).complete()  # cut between all steps
        for block in run.network.blocks:
            for variable in block.path:
                right = alone.adjoints(f"{block.name}/{variable}")[t, 0]
                close(local.get(f"{block.name}/{variable}", np.zeros_like(right)), right)


@pytest.mark.parametrize("name", FEW)
def test_the_same_cursor_gives_the_same_frame_after_any_walk(name: str) -> None:
    session = session_of(name)
    view = View(sample=min(1, session.setup.sequence.batch - 1), detail=Detail.INSIDE, changes=True)
    often = 1 + session.timeline.length // 600  # of long walks, not every frame is looked at
    frames = {session.cursor: fingerprint(frame_at(session, view))}
    for number in count(1):
        if session.cursor.index >= session.timeline.length:
            break
        session.step_forward(Grain.EQUATION)
        if number % often == 0:
            frames[session.cursor] = fingerprint(frame_at(session, view))
    generator = np.random.default_rng(3)
    cursors = list(frames)
    for number in generator.permutation(len(cursors))[:60]:
        session.go_to(cursors[number])
        assert_frames_equal(frame_at(session, view), frames[cursors[number]])
    while session.step_back(Grain.EQUATION):
        if session.cursor in frames:
            assert_frames_equal(frame_at(session, view), frames[session.cursor])


@pytest.mark.parametrize("name", FEW)
def test_nothing_from_beyond_the_cursor_is_shown(name: str) -> None:
    """A frame of a run that is computed to its end equals that of one computed to the cursor."""
    whole, view = session_of(name), View(sample=0)
    whole.go_end()
    for index in range(0, whole.timeline.length, max(23, whole.timeline.length // 30)):
        fresh = session_of(name)
        fresh.go_to(Cursor(0, index))
        whole.go_to(Cursor(0, index))
        assert_frames_equal(frame_at(fresh, view), frame_at(whole, view))


def test_a_reverse_block_is_revealed_from_the_end() -> None:
    session = session_of("bidirectional")
    run = session.run
    session.go_to(Cursor(0, run.timeline.end_of(Phase.FORWARD, 2, "l0.reverse", "h")))
    frame = frame_at(session, View())
    blocks = {block.name: block for block in frame.lanes[0].blocks}
    assert [block.direction for block in blocks.values()] == [1, -1, 1, 1]
    reached = {track.name: track.reached.tolist() for track in blocks["l0.reverse"].tracks}
    assert reached["h"] == [False, False, True, True]
    (flow,) = [flow for flow in blocks["l0.reverse"].flows if flow.target.endswith("/c")]
    assert (flow.delay, flow.reached.tolist()) == (1, [False, True, True, True])  # the last reads the initial value
    assert "layer 1 ←" in str(frame.sentence)
    assert "\\href{l0.reverse/h}{h_{t+1}}" in next(e.latex for e in frame.equations if e.name == "f")


def test_gradient_reaches_the_start_of_a_reverse_walk_last() -> None:
    session = session_of("bidirectional")
    session.go_to(Cursor(0, session.timeline.end_of(Phase.BACKWARD, 1, "l0.reverse")))
    lane = frame_at(session, View(path="l0.reverse/c", t=1)).lanes[0]
    (track,) = [t for block in lane.blocks for t in block.tracks if t.path == "l0.reverse/c"]
    assert track.arrived.tolist() == [Arrival.COMPLETE, Arrival.COMPLETE, Arrival.PARTLY, Arrival.NONE]
    (above,) = [t for block in lane.blocks for t in block.tracks if t.path == "l0.reverse/h"]
    assert above.arrived.tolist() == [Arrival.COMPLETE, Arrival.COMPLETE, Arrival.PARTLY, Arrival.PARTLY]
    labels = [share.label for share in frame_at(session, View(path="l0.reverse/c", t=1)).inspection.shares]
    assert any(label.startswith("from t = 1 through") for label in labels)


def test_phases_and_passes_of_a_bidirectional_walk() -> None:
    session = session_of("two of both")
    timeline, ends = session.timeline, [0]
    while ends[-1] < timeline.length:
        ends.append(timeline.next(ends[-1], Grain.PASS))
    segments = timeline.segments
    assert [(segment.phase, segment.falling) for segment in segments[:5]] == [
        (Phase.FORWARD, False), (Phase.FORWARD, True), (Phase.FORWARD, False), (Phase.FORWARD, True),
        (Phase.FORWARD, False),
    ]  # fmt: skip
    assert ends == list(timeline.offsets)
    forward = [(s.phase, *e) for s in segments if s.phase is Phase.FORWARD for e in _walk(s)]
    backward = [(s.phase, *e) for s in segments if s.phase is Phase.BACKWARD for e in _walk(s)]
    reached = [e[1:] for e in forward if e[3] in session.setup.network.block(e[2]).path]
    assert [e[1:] for e in backward if e[3] != LOSS] == reached[::-1]


def _walk(segment) -> list[tuple[int, str, str]]:
    return [(t, e.block, e.equation) for step, t in enumerate(segment.times) for e in segment.step_entries(step)]


def test_padding_is_empty_in_the_frame() -> None:
    session = session_of("two of both, padded")
    session.go_end()
    frame = frame_at(session, View(sample=1))
    lane = frame.lanes[0]
    assert (lane.length, lane.own_length) == (4, 2)
    assert lane.tokens[2:] == lane.targets[2:] == ("", "")
    assert lane.predictions[2:] == (None, None)
    assert np.isnan(lane.losses).tolist() == [False, False, True, True]
    for track in (track for block in lane.blocks for track in block.tracks):
        assert track.reached.tolist() == [True, True, False, False]
        assert not track.arrived[2:].any()
        assert np.isnan(track.adjoint_norms[2:]).all()
    assert frame.loss == pytest.approx(session.run.losses()[:, 1].sum(), rel=1e-15)


def test_time_steps_follow_each_other_in_walking_order() -> None:
    session = session_of("bidirectional")
    times = []
    while session.cursor.index < session.timeline.length:
        session.step_forward(Grain.TIME_STEP)
        if session.position.phase is Phase.FORWARD:
            times.append((session.position.t, session.position.block))
    assert [t for t, _ in times] == [0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3]
    assert all(one[0] != other[0] or one[1] != other[1] for one, other in pairwise(times))
