"""Marks of verdicts on what a frame shows: those of the finished run, once the walk has come by, and none before."""

from __future__ import annotations

import numpy as np
import pytest

from core.frame import Arrival, Cursor, View
from core.gradients.thresholds import Kind, Thresholds
from core.gradients.verdicts import verdicts
from core.language import read_cell
from core.reveal import frame_at
from core.reveal.marks import Mark, marks_of
from core.run import Run
from core.sequence import Sequence, from_numbers
from core.session import Session, Setup
from core.stack import Direction, LayerSpec, build_stack
from tests.core.walk_cases import session_of

LIMITS = Thresholds(vanish=0.03, explode=20.0)


def both_ways(scale: float) -> Session:
    """Two layers, the first in both directions, with losses at two steps."""
    generator = np.random.default_rng(3)
    layers = [LayerSpec(read_cell("gru"), 3, Direction.BOTH), LayerSpec(read_cell("lstm"), 2)]
    network = build_stack(layers, inputs=2, head="softmax", loss="cross-entropy", outputs=3)
    targets = np.full((9, 1), -1)
    targets[[4, 8]] = [[1], [2]]
    sequence = Sequence(from_numbers(generator.normal(size=(9, 1, 2))).inputs, targets=targets)
    parameters = {path: generator.normal(0, scale, shape) for path, shape in network.parameter_shapes.items()}
    return Session(Setup(network, sequence), parameters)


SESSIONS = {
    "fades": lambda: session_of("rnn_tanh", steps=12, at=(11,), scale=0.4),
    "grows": lambda: session_of("rnn_identity", steps=12, at=(7,), scale=1.1),
    "lstm": lambda: session_of("lstm", "gru", steps=10, at=(9,), scale=0.3),
    "both ways": lambda: both_ways(0.4),
    "breaks": lambda: session_of("rnn_identity", steps=12, at=(11,), scale=1e40),
}


def places(marks: tuple[Mark, ...]) -> set[tuple[Kind, str, int]]:
    return {(mark.kind, mark.path, mark.t) for mark in marks}


def marks_at(session: Session, index: int, **view: int) -> set[tuple[Kind, str, int]]:
    session.go_to(Cursor(0, index))
    return places(marks_of(frame_at(session, View(**view)).lanes[0], LIMITS))


def arrived(session: Session, path: str, t: int) -> int:
    tracks = [track for block in frame_at(session, View()).lanes[0].blocks for track in block.tracks]
    return next(track.arrived[t] for track in tracks if track.path == path)


@pytest.mark.parametrize("name", SESSIONS)
def test_at_the_end_they_are_the_verdicts_on_gradients(name: str) -> None:
    session = SESSIONS[name]()
    with np.errstate(all="ignore"):
        given = verdicts(Run(session.run.problem).complete(), LIMITS)
        kinds = (Kind.VANISHES, Kind.EXPLODES, Kind.NOT_FINITE)
        expected = {(each.kind, each.path, each.t) for each in given if each.kind in kinds}
        assert marks_at(session, session.timeline.length) == expected
    assert expected


@pytest.mark.parametrize("name", SESSIONS)
def test_each_comes_when_the_walk_has_come_by_and_stays(name: str) -> None:
    session = SESSIONS[name]()
    with np.errstate(all="ignore"):
        last = marks_at(session, session.timeline.length)
        shown: set[tuple[Kind, str, int]] = set()
        for index in range(session.timeline.length + 1):
            now = marks_at(session, index)
            assert shown <= now <= last
            for _, path, t in now - shown:  # all has come to it, at the latest once its own equation is walked back
                assert arrived(session, path, t) == Arrival.COMPLETE
                session.go_to(Cursor(0, index - 1))
                assert arrived(session, path, t) == Arrival.PARTLY
            shown = now
    assert shown == last


def test_only_visible_columns_have_them() -> None:
    session = SESSIONS["fades"]()
    (mark,) = marks_at(session, session.timeline.length)
    t = mark[2]
    assert marks_at(session, session.timeline.length, first=t, last=t + 1) == {mark}
    assert not marks_at(session, session.timeline.length, first=t + 1, last=12)
    assert not marks_at(session, session.timeline.length, first=0, last=t)


def test_they_say_what_they_mean() -> None:
    session = SESSIONS["fades"]()
    session.go_to(Cursor(0, session.timeline.length))
    (mark,) = marks_of(frame_at(session, View()).lanes[0], LIMITS)
    assert str(mark.sentence) == f"∂L/∂h has vanished at t = {mark.t + 1}: it is below 0.03 of its start."
