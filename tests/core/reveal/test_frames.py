"""Whole frames: nothing of the future in them, nothing that stands missing, and no view that cannot be drawn."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from msgspec.structs import replace

from core.frame import Arrival, BlockFrame, Cursor, Detail, Grain, LaneFrame, Phase, View
from core.operators.expression import INPUT, PARAMETER, leaves
from core.reveal import frame_at
from core.session import Session
from tests.core.frames_equal import Fingerprint, assert_frames_equal, fingerprint
from tests.core.walk_cases import CASES, places, session_of

INSIDE = View(detail=Detail.INSIDE)
GIVEN = ("tokens", "token", "targets")  # known beforehand


@pytest.mark.parametrize("name", CASES)
def test_every_place_of_a_walk_can_be_drawn(name: str) -> None:
    session = CASES[name]()
    samples = session.setup.sequence.batch
    for number, cursor in enumerate(places(session, Grain.EQUATION, iterations=2)):
        view = View(sample=number % samples, unit=number % 4, detail=list(Detail)[number % 3], changes=number % 2 == 0)
        frame = frame_at(session, view)
        assert frame.position.cursor == cursor
        assert str(frame.sentence)
        check_lane(frame.lanes[0], session.run.problem.steps)
        losses = frame.lanes[0].losses
        assert frame.loss is None or frame.loss == losses[~np.isnan(losses)].sum() or not np.isfinite(frame.loss)


def check_lane(lane: LaneFrame, steps: int) -> None:
    count = lane.last - lane.first
    assert lane.length == steps
    assert {len(each) for each in (lane.tokens, lane.targets, lane.predictions)} == {count}
    assert lane.losses.shape == (steps,)
    low, high = lane.gradient_limits
    assert 0.0 < low < high < np.inf
    for block in lane.blocks:
        check_block(block, lane, steps)


def check_block(block: BlockFrame, lane: LaneFrame, steps: int) -> None:
    count = lane.last - lane.first
    for track in block.tracks:
        assert track.values.shape[0] == track.adjoints.shape[0] == count
        assert track.value_norms.shape == track.adjoint_norms.shape == (steps,)
        assert not track.values[~track.reached].any()
        assert not track.adjoints[track.arrived == Arrival.NONE].any()
        seen = slice(lane.first, lane.last)
        assert np.isnan(track.value_norms[seen][~track.reached]).all()
        assert np.isnan(track.adjoint_norms[seen][track.arrived == Arrival.NONE]).all()
        lengths = np.hypot.reduce(track.values[track.reached], axis=1)
        assert np.isclose(track.value_norms[seen][track.reached], lengths, rtol=1e-12, atol=0, equal_nan=True).all()
        finite = track.values[np.isfinite(track.values).all(axis=1)]
        assert np.abs(finite).max(initial=0.0) <= track.limit
    for flow in block.flows:
        assert flow.reached.shape == flow.norms.shape == (count,)


# Nothing of the future


def different_later(session: Session, t: int) -> Session:
    """The session with other inputs behind step ``t``."""
    sequence = session.setup.sequence
    inputs = np.array(sequence.inputs)
    inputs[t + 1 :] = np.roll(inputs[t + 1 :], 1, axis=2)
    if sequence.vocabulary is None:  # else each step stays a token
        inputs[t + 1 :] = inputs[t + 1 :] * 3.0 + 1.0
    changed = dataclasses.replace(sequence, inputs=inputs)
    return Session(replace(session.setup, sequence=changed), session.parameters)


@pytest.mark.parametrize("name", CASES)
def test_the_forward_phase_knows_nothing_of_later_steps(name: str) -> None:
    session = CASES[name]()
    session.done.clear()  # a ghost is no future, but knows it
    for t in range(session.run.problem.steps - 1):
        other = different_later(session, t)
        end = session.timeline.end_of(Phase.FORWARD, t)
        for index in (*range(0, end, 7), end):
            for view in (INSIDE, replace(INSIDE, path="l0/h", t=t + 1)):
                one, two = (standing(each, Cursor(0, index), view) for each in (session, other))
                assert_frames_equal(one, two)


def standing(session: Session, cursor: Cursor, view: View) -> Fingerprint:
    """What is seen there, but for what is given: tokens, and the inputs in the diagram."""
    session.go_to(cursor)
    frame = frame_at(session, view)
    network = session.setup.network
    block = view.path.split("/")[0] or frame.position.block or network.layers[-1].name
    operations = dict(frame.operations)
    for node in session.shown.diagram(network, block).nodes:
        leaf = node.expression
        if leaf.operator == INPUT and network.read_by(block, leaf.name) in ("input", "target"):
            del operations[node.number]
    return fingerprint(replace(frame, operations=operations), GIVEN)


@pytest.mark.parametrize("name", ["lstm", "stacked", "scalars", "two states", "batch"])
def test_a_step_knows_nothing_of_its_later_equations(name: str) -> None:
    session = CASES[name]()
    network = session.setup.network
    order = [(block, equation) for block in network.blocks for equation in block.cell.definition.equations]
    first_read: dict[str, int] = {}
    for number, (block, equation) in enumerate(order):
        for leaf in leaves(equation.expression):
            if leaf.operator == PARAMETER:
                first_read.setdefault(f"{block.name}/{leaf.name}", number)
    for number, (block, equation) in enumerate(order[:-1]):
        later = {path: value * 1.5 + 0.3 for path, value in session.parameters.items() if first_read[path] > number}
        other = Session(session.setup, {**session.parameters, **later})
        end = session.timeline.end_of(Phase.FORWARD, 0, block.name, equation.name)
        for index in (end - 1, end):
            assert_frames_equal(*(standing(each, Cursor(0, index), INSIDE) for each in (session, other)))


def test_numbers_of_products_to_come_stay_symbols() -> None:
    session = session_of("rnn_tanh")  # tanh(W x + U h[-1] + b): W x, U h, their sum, + b, tanh
    told = [frame_at(session, View()).walked for _ in range(5) if session.step_forward(Grain.OPERATION)]
    numbers = [walked.numbers for walked in told if walked]
    assert "U \\, h_{t-1}" in numbers[0]
    assert "W" not in numbers[0]
    assert not any("_" in text for text in numbers[1:])
    assert [walked.result for walked in told if walked][:4] == [""] * 4
    assert told[4] is not None
    assert told[4].result


# Views


def test_a_part_of_the_columns_is_a_part_of_all() -> None:
    session = session_of("lstm", steps=8, at=(2, 7))
    for index in (0, 30, 200, 300, 420, session.timeline.length):
        session.go_to(Cursor(0, index))
        whole, part = (frame_at(session, View(first=first, last=last)).lanes[0] for first, last in ((0, 99), (3, 6)))
        assert (part.first, part.last) == (3, 6)
        assert part.predictions == whole.predictions[3:6]
        assert (part.tokens, part.targets) == (whole.tokens[3:6], whole.targets[3:6])
        assert_frames_equal(part.losses, whole.losses)
        for one, all_ in zip(part.blocks, whole.blocks, strict=True):
            for track, full in zip(one.tracks, all_.tracks, strict=True):
                cut = replace(
                    full, **{name: getattr(full, name)[3:6] for name in ("values", "reached", "adjoints", "arrived")}
                )
                assert_frames_equal(track, cut)
            for flow, full in zip(one.flows, all_.flows, strict=True):
                rows = slice(3 - flow.before, 3 - flow.before + len(flow.norms))
                assert (rows.start, rows.stop) == (3, 6) or flow.delay > 1
                cut = replace(full, reached=full.reached[rows], norms=full.norms[rows], before=flow.before)
                assert_frames_equal(flow, cut)


@pytest.mark.parametrize(
    "view",
    [View(first=99), View(first=-5, last=-1), View(first=3, last=2), View(unit=99), View(unit=-1), View(sample=7),
     View(sample=-1), View(t=99), View(t=-3), View(path="l0/q"), View(path="l7/h"), View(path="input"),
     View(path="l0/W_f"), View(path="/"), View(path="l0/h/h")],
)  # fmt: skip
@pytest.mark.parametrize("part", [0.0, 0.3, 0.7, 1.0])
def test_a_view_of_what_is_not_there_is_drawn_all_the_same(view: View, part: float) -> None:
    session = CASES["stacked"]()
    session.go_to(Cursor(0, round(part * session.timeline.length)))
    frame = frame_at(session, replace(view, detail=Detail.INSIDE))
    assert frame.view.path == view.path
    assert frame.inspection is not None
    if view.path:
        follows = frame_at(session, replace(view, path="", detail=Detail.INSIDE))
        assert_frames_equal(replace(frame, view=follows.view), follows)


def test_looking_changes_nothing() -> None:
    session = CASES["lstm"]()
    session.go_to(Cursor(0, 40))
    before = (session.cursor, session.run.forward_done, session.run.backward_done, session.branch)
    frame_at(session, View(path="l0/c", t=3, changes=True, detail=Detail.INSIDE))
    assert (session.cursor, session.run.forward_done, session.run.backward_done, session.branch) == before


def test_a_selection_stays_while_the_walk_goes_on() -> None:
    session = CASES["lstm"]()
    seen = [frame_at(session, View(path="l0/c", t=1)) for _ in places(session, Grain.EQUATION)]
    assert {(frame.inspection.path, frame.inspection.t) for frame in seen if frame.inspection} == {("l0/c", 1)}
    assert {frame.equations[0].path for frame in seen} == {"l0/f"}
    lit = [sum(line.lit for line in frame.equations) for frame in seen]
    assert lit == [int(frame.position.block == "l0" and frame.position.t is not None) for frame in seen]


def test_frames_keep_few_runs_in_memory() -> None:
    session = CASES["one of all"]()
    for number in range(12):
        session.go_to(Cursor(number, 3))
        frame_at(session, View())
    assert len(session.shown._lanes) <= 4
