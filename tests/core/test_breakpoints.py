"""Breakpoints: where each one stops, once, and that the walk goes on behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from core.breakpoints import (
    AtTime,
    Breakpoint,
    DeadUnit,
    Explodes,
    GradientNorm,
    NonFinite,
    Saturated,
    Vanishes,
    first_event,
)  # fmt: skip
from core.frame import Cursor, Grain, Phase
from core.run import Run
from core.session import Session
from tests.core.walk_cases import CASES, session_of


def never() -> bool:
    return False


def all_events(run: Run, *points: Breakpoint, stride: int | None = None) -> list[tuple[int, str]]:
    """Every event of an iteration, searched in one go or a few operations at a time."""
    found, index, length = [], 0, run.timeline.length
    while index < length:
        until = length if stride is None else min(index + stride, length)
        event = first_event(run, points, index, never, until)
        if event:
            found.append((event.index, event.text))
        index = event.index if event else until
    return found


def places(run: Run, events: list[tuple[int, str]]) -> list[tuple[Phase, int | None, str]]:
    positions = [run.timeline.position(Cursor(0, index)) for index, _ in events]
    assert all(position.equation_done for position in positions)
    return [(position.phase, position.t, position.path) for position in positions]


def test_a_time_step_is_met_in_every_phase_that_visits_it() -> None:
    run = CASES["middle"]().run
    events = all_events(run, AtTime(1))
    assert places(run, events) == [
        (Phase.FORWARD, 1, "head/y"), (Phase.LOSS, 1, "head/L"), (Phase.BACKWARD, 1, "l0/f"),
    ]  # fmt: skip
    assert {text for _, text in events} == {"t = 2"}
    assert [place[0] for place in places(run, all_events(run, AtTime(4)))] == [Phase.FORWARD, Phase.BACKWARD]
    assert all_events(run, AtTime(5)) == []


def test_a_gate_that_is_wide_open_or_shut() -> None:
    run = session_of("lstm", steps=8, scale=2.0).run.complete()
    events = all_events(run, Saturated("l0/f", 0.9))
    values = run.values("l0/f")[:, 0]
    beyond = ((values > 0.9) | (values < 1 - 0.9)).any(axis=1)
    assert beyond.any()
    assert not beyond.all()
    assert places(run, events) == [(Phase.FORWARD, int(t), "l0/f") for t in np.flatnonzero(beyond)]
    t = int(np.flatnonzero(beyond)[0])
    unit = int(np.flatnonzero((values[t] > 0.9) | (values[t] < 0.1))[0])
    assert events[0][1] == f"f saturated > 0.9: unit {unit + 1} is {values[t, unit]:.3g} at t = {t + 1}"


@pytest.mark.parametrize("above", [False, True])
@pytest.mark.parametrize("name", ["lstm", "last", "middle", "masked batch", "window", "three back"])
def test_a_norm_is_met_where_it_crosses(name: str, above: bool) -> None:
    run = CASES[name]().run.complete()
    path = "l0/h"
    norms = np.linalg.norm(run.adjoints(path).reshape(run.problem.steps, -1), axis=1)
    for threshold in (*(norms[norms > 0] * 0.999), *(norms * 1.001), 1e-9, 1e9):
        expected, before = [], 0.0
        for t in reversed(range(run.problem.steps)):
            rises, falls = before <= threshold < norms[t], before >= threshold > norms[t]
            begins_below = before == 0.0 and 0.0 < norms[t] < threshold
            if rises if above else (falls and before > 0.0) or begins_below:
                expected.append((Phase.BACKWARD, t, path))
            before = norms[t]
        assert places(run, all_events(run, GradientNorm(path, threshold, above))) == expected


def test_steps_behind_the_last_loss_are_not_below_a_threshold() -> None:
    run = CASES["middle"]().run.complete()  # losses at 1 and 2 of 5 steps
    events = places(run, all_events(run, GradientNorm("l0/h", 1e3)))
    assert events == [(Phase.BACKWARD, 2, "l0/h")]


@pytest.mark.parametrize(("name", "phases"), [("not finite", 2), ("not finite, linear", 3)])
def test_the_first_value_that_is_not_finite_in_each_phase(name: str, phases: int) -> None:
    run = CASES[name]().run
    events = all_events(run, NonFinite())
    assert [place[0] for place in places(run, events)] == [Phase.FORWARD, Phase.LOSS, Phase.BACKWARD][-phases:]
    for (phase, t, path), (_, text) in zip(places(run, events), events, strict=True):
        rows = run.adjoints(path) if phase is Phase.BACKWARD else run.values(path)
        assert not np.isfinite(rows[t]).all()
        name = path.split("/")[1]
        assert text == f"{'∂L/∂' if phase is Phase.BACKWARD else ''}{name} is not finite at t = {t + 1}"
    assert all_events(CASES["lstm"]().run, NonFinite()) == []


@pytest.mark.parametrize("kind", [Vanishes, Explodes])
@pytest.mark.parametrize("name", ["lstm", "last", "middle", "masked batch", "window", "three back"])
def test_a_gradient_is_met_where_it_leaves_its_start(name: str, kind: type[Vanishes] | type[Explodes]) -> None:
    run = CASES[name]().run.complete()
    path, steps = "l0/h", run.problem.steps
    norms = np.linalg.norm(run.adjoints(path).reshape(steps, -1), axis=1)
    begins = int(np.flatnonzero(norms)[-1])
    ratios = norms[:begins] / norms[begins]
    for ratio in (*(ratios[ratios > 0] * 0.999), *(ratios[ratios > 0] * 1.001), 1e-30, 1e30):
        limit, expected = ratio * norms[begins], []
        for t in reversed(range(begins)):
            left = norms[t] < limit <= norms[t + 1] if kind is Vanishes else norms[t + 1] <= limit < norms[t]
            expected += [(Phase.BACKWARD, t, path)] * int(left)
        events = all_events(run, kind(path, ratio))
        assert places(run, events) == expected
        assert all(f"and was {norms[begins]:.3g} at t = " in text for _, text in events)


def test_a_dead_unit_is_met_at_the_end_of_the_forward_pass() -> None:
    session = session_of("rnn_relu", steps=4, batch=2)
    still = session.parameters["l0/U"] * 0
    for bias, text in (
        ([-1e6, 1.0, 1.0], "h has a dead unit: unit 1 at t = 4"),
        ([1e6, -1e6, -1e6], "h has a dead unit: unit 2 and 1 more at t = 4"),
    ):
        parameters = {
            **session.parameters,
            "l0/b": np.array(bias),
            "l0/U": still,
            "l0/W": session.parameters["l0/W"] * 0,
        }
        run = Session(session.setup, parameters).run
        events = all_events(run, DeadUnit("l0/h"))
        assert places(run, events) == [(Phase.FORWARD, 3, "l0/h")]
        assert events[0][1] == text
    alive = {**session.parameters, "l0/b": np.full(3, 1e6)}
    assert all_events(Session(session.setup, alive).run, DeadUnit("l0/h")) == []
    assert all_events(CASES["lstm"]().run, DeadUnit("l0/h")) == []


def test_kinds_come_back_from_a_file() -> None:
    points = (*POINTS, Vanishes("l0/h"), Explodes("l0/c", 10.0), DeadUnit("l0/h"))
    text = msgspec.json.encode(points)
    assert msgspec.json.decode(text, type=tuple[Breakpoint, ...]) == points


POINTS = (AtTime(1), Saturated("l0/f", 0.7), GradientNorm("l0/h", 0.2), GradientNorm("l0/c", 0.1, True), NonFinite())


@pytest.mark.parametrize("stride", [1, 2, 7, 50])
@pytest.mark.parametrize("name", ["lstm", "middle", "not finite"])
def test_events_are_the_same_however_far_is_looked_at_a_time(name: str, stride: int) -> None:
    once = all_events(CASES[name]().run, *POINTS)
    assert once == all_events(CASES[name]().run, *POINTS, stride=stride)
    assert once
    alone = {event for point in POINTS for event in all_events(CASES[name]().run, point)}
    assert [index for index, _ in once] == sorted({index for index, _ in alone})


def test_only_what_is_needed_is_computed_and_looking_can_be_stopped() -> None:
    run = CASES["lstm"]().run
    assert first_event(run, [AtTime(1)], 0, never) is not None
    assert run.forward_done == 2
    calls = []

    def cancelled() -> bool:
        calls.append(run.forward_done)
        return len(calls) > 1

    assert first_event(run, [AtTime(3)], 0, cancelled) is None
    assert len(calls) == 2
    assert first_event(run, [], 0, never) is None
    assert (run.forward_done, run.backward_done) == (2, 0)


@pytest.mark.parametrize(
    "point",
    [
        Saturated("l0/z"),
        Saturated("nothing"),
        GradientNorm("l7/h"),
        GradientNorm(""),
        DeadUnit("l0/z"),
        Vanishes("l1/h"),
    ],
)
def test_variables_that_are_not_there_are_passed_over(point: Any) -> None:
    assert all_events(CASES["lstm"]().run, point) == []


# In a session


def met(session: Session, count: int) -> list[tuple[int, Phase, int | None, str]]:
    """The places of the next events, or of the ends of iterations."""
    found = []
    for _ in range(count):
        session.next_event()
        position = session.position
        found.append((session.cursor.iteration, position.phase, position.t, session.event))
    return found


@pytest.mark.parametrize("grain", Grain)
def test_events_over_the_border_of_iterations(grain: Grain) -> None:
    session = CASES["last"]()
    session.grain = grain
    session.add_breakpoint(AtTime(0))
    session.add_breakpoint(AtTime(0))
    assert session.breakpoints == (AtTime(0),)
    each = [(Phase.FORWARD, 0, "t = 1"), (Phase.BACKWARD, 0, "t = 1"), (Phase.UPDATE, None, "")]
    assert met(session, 6) == [(number, *one) for number in (0, 1) for one in each]
    session.remove_breakpoint(AtTime(0))
    assert met(session, 1) == [(2, Phase.UPDATE, None, "")]


def test_an_event_is_forgotten_with_the_next_move() -> None:
    session = CASES["lstm"]()
    session.add_breakpoint(AtTime(2))
    assert session.next_event()
    assert session.event == "t = 3"
    session.step_forward()
    assert session.event == ""


def test_nothing_moves_where_looking_is_stopped() -> None:
    session = CASES["lstm"]()
    session.add_breakpoint(AtTime(2))
    session.go_end()
    assert not session.next_event(lambda: True)
    assert session.cursor == Cursor(0, session.timeline.length)


def test_playing_stops_at_what_a_step_passed() -> None:
    session = CASES["lstm"]()
    session.add_breakpoint(Saturated("l0/f", 0.7))
    since = session.cursor
    session.step_forward(Grain.PASS)
    assert session.check_event(since)
    assert (session.position.path, session.event.split(":")[0]) == ("l0/f", "f saturated > 0.7")
    here = session.cursor
    assert not session.check_event(here)
    session.go_end()
    end = session.cursor
    session.step_forward(Grain.TIME_STEP)
    assert session.check_event(end) == (session.position.path == "l0/f")


def test_breakpoints_outlive_their_variables() -> None:
    session, gru = CASES["lstm"](), CASES["last"]()
    session.add_breakpoint(Saturated("l0/f", 0.7))
    session.add_breakpoint(AtTime(1))
    session.set_model(gru.setup.network, gru.parameters, replace(session.setup.sequence))
    assert session.next_event()
    assert session.event == "t = 2"
