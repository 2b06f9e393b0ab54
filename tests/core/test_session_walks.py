"""Long random walks of a session: the same place always gives the same frame, bit for bit, and undo returns exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from core.breakpoints import AtTime, GradientNorm, NonFinite, Saturated
from core.cell import load_cell
from core.errors import GatewalkError
from core.frame import Cursor, Detail, Grain, Phase, View
from core.lanes import Companion, another_network, another_start, at_iteration
from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Adam
from core.learning.step import LearningSettings
from core.network import build_network
from core.reveal import frame_at
from core.sequence import from_numbers
from core.session import Session
from core.undo import before_last_edit
from tests.core.frames_equal import assert_frames_equal, fingerprint
from tests.core.walk_cases import CASES

LAST_ITERATION = 3
BEGINNINGS = ("lstm", "masked batch", "window", "three back, window", "overwritten", "scalars")
VIEWS = (
    View(),
    View(detail=Detail.INSIDE, changes=True, first=1, last=3),
    View(path="l0/h", t=1, unit=1, sample=1, detail=Detail.INSIDE),
)
POINTS = (AtTime(1), AtTime(2), Saturated("l0/f", 0.6), GradientNorm("l0/h", 0.1), GradientNorm("l0/c", 0.01, True),
          NonFinite(), Saturated("l9/none"))  # fmt: skip
grains = st.sampled_from(list(Grain))
steps = st.integers(0, 4)
units = st.integers(0, 2)
numbers = st.sampled_from([-1.5, 0.0, 0.25, 3.0, 1e200])


class Walk(RuleBasedStateMachine):
    """Walks, edits and undoes; ``seen`` keeps what every place of every branch looked like when it was met first."""

    @initialize(
        name=st.sampled_from(["lstm", "masked batch", "window", "three back, window", "overwritten", "scalars"])
    )
    def begin(self, name: str) -> None:
        self.session = CASES[name]()
        self.seen: dict[Any, Any] = {}

    # Moving

    @rule(grain=grains, times=st.integers(1, 6))
    def forward(self, grain: Grain, times: int) -> None:
        self.session.grain = grain
        for _ in range(times):
            if self.session.cursor.iteration < LAST_ITERATION:
                self.session.step_forward()

    @rule(grain=grains, times=st.integers(1, 6))
    def back(self, grain: Grain, times: int) -> None:
        for _ in range(times):
            self.session.step_back(grain)

    @rule(grain=grains)
    def there_and_back(self, grain: Grain) -> None:
        session = self.session
        here = session.cursor
        if session.timeline.previous(session.timeline.next(here.index, grain), grain) == here.index > 0:
            session.step_forward(grain)
            assert session.step_back(grain)
            assert session.cursor == here

    @rule(share=st.floats(0, 1), iteration=st.integers(0, LAST_ITERATION))
    def jump(self, share: float, iteration: int) -> None:
        try:
            length = self.session.branch.run(iteration).timeline.length
            self.session.go_to(Cursor(iteration, int(share * length)))
        except GatewalkError:
            assert Phase.UPDATE not in self.session.timeline.phases

    @rule(phase=st.sampled_from(list(Phase)))
    def to_phase(self, phase: Phase) -> None:
        if phase in self.session.timeline.phases:
            self.session.go_to_phase(phase)
            assert self.session.position.phase is phase

    @rule(t=steps)
    def to_time(self, t: int) -> None:
        if t < self.session.run.problem.steps:
            self.session.go_to_time(t)
            assert self.session.position.t == t

    @rule(end=st.booleans())
    def to_the_end_or_start(self, end: bool) -> None:
        if end:
            self.session.go_end()
        else:
            self.session.go_start()

    @rule(points=st.sets(st.sampled_from(POINTS)))
    def to_an_event(self, points: set[Any]) -> None:
        session = self.session
        session.breakpoints = tuple(points)
        if session.cursor.iteration == LAST_ITERATION:
            return
        before = session.cursor
        found = session.next_event()
        assert session.cursor > before or not found
        assert bool(session.event) == found
        session.go_to(session.cursor)  # an event is told once

    # Editing

    def edit(self, change: Any) -> None:
        """Do it, take it back, do it again: each time what was there is there again."""
        session, before = self.session, self.look()
        done, here = len(session.done), session.cursor
        try:
            change(session)
        except GatewalkError:
            assert (len(session.done), session.cursor) == (done, here)
            self.same(before)
            return
        assert len(session.done) == done + 1
        after = self.look()
        session.undo()
        assert session.cursor == here
        self.same(before)
        session.redo()
        self.same(after)

    @rule(place=units, value=numbers)
    def weigh(self, place: int, value: float) -> None:
        path = sorted(self.session.parameters)[place]
        self.edit(lambda s: s.set_weight(path, (0,) * s.parameters[path].ndim, value))

    @rule(t=steps, value=numbers)
    def feed(self, t: int, value: float) -> None:
        self.edit(lambda s: s.set_input(t, [value, 1.0]))

    @rule(t=steps, wanted=st.integers(-1, 3))
    def aim(self, t: int, wanted: int) -> None:
        self.edit(lambda s: s.set_target(t, wanted))

    @rule(unit=units, value=numbers)
    def start_from(self, unit: int, value: float) -> None:
        self.edit(lambda s: s.set_initial("l0/h", 0, unit, value))

    @rule(name=st.sampled_from("hcfr"), t=steps, unit=units, value=numbers | st.none())
    def overwrite(self, name: str, t: int, unit: int, value: float | None) -> None:
        self.edit(lambda s: s.overwrite(f"l0/{name}", t, unit, value))

    @rule(window=st.integers(-1, 3), adam=st.booleans())
    def learn_otherwise(self, window: int, adam: bool) -> None:
        learning = LearningSettings(Adam(0.05) if adam else SGD(0.3), Clipping("norm", 0.3), window)
        self.edit(lambda s: s.set_learning(learning))

    @rule(length=st.integers(1, 6), batch=st.integers(1, 2))
    def read_otherwise(self, length: int, batch: int) -> None:
        numbers = np.random.default_rng(length).normal(size=(length, batch, 2))
        self.edit(lambda s: s.set_sequence(from_numbers(numbers).with_target(length - 1, 1)))

    @rule(cell=st.sampled_from(["gru", "rnn_tanh", "gru_simplified"]))
    def model_otherwise(self, cell: str) -> None:
        network = build_network(load_cell(cell, inputs=2, units=3), outputs=3)
        self.edit(lambda s: s.set_model(network, network.initial_parameters(1), s.setup.sequence))

    @rule(kind=st.sampled_from(["network", "start", "iteration", "before"]))
    def beside(self, kind: str) -> None:
        def made(session: Session) -> Companion:
            if kind == "network":
                network = build_network(load_cell("gru", inputs=2, units=2), outputs=3)
                return another_network(session.setup, network, network.initial_parameters(2))
            if kind == "start":
                return another_start(session.setup, 9)
            if kind == "iteration":
                return at_iteration(session.branch, session.cursor.iteration)
            return before_last_edit(session.done, session.branch)

        self.edit(lambda s: s.add_lane(made(s)))

    @rule(number=st.integers(0, 2), leads=st.booleans())
    def alone_or_leading(self, number: int, leads: bool) -> None:
        if number < len(self.session.lanes):
            name = self.session.lanes[number].name
            self.edit(lambda s: s.make_lead(name) if leads else s.remove_lane(name))

    @rule(back=st.booleans())
    def undo_or_redo(self, back: bool) -> None:
        branch = self.session.branch
        if self.session.undo() if back else self.session.redo():
            assert self.session.redo() if back else self.session.undo()
            assert self.session.branch is branch
            assert self.session.undo() if back else self.session.redo()

    # Looking

    def look(self) -> Any:
        """The session's place, and what is seen there."""
        session = self.session
        place = (session.branch, session.cursor, session.grain, session.ghost, session.lanes)
        return place, [fingerprint(frame_at(session, view)) for view in VIEWS]

    def same(self, before: Any) -> None:
        place, frames = self.look()
        assert place == before[0]
        for found, right in zip(frames, before[1], strict=True):
            assert_frames_equal(found, right)

    @invariant()
    def the_same_place_looks_the_same(self) -> None:
        if hasattr(self, "session"):
            now = self.look()
            self.same((now[0], self.seen.setdefault(now[0], now[1])))


Walk.TestCase.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
TestWalk = Walk.TestCase


@pytest.mark.parametrize("name", CASES)
def test_frames_do_not_depend_on_how_far_a_run_was_computed(name: str) -> None:
    stepped, whole = CASES[name](), CASES[name]()
    whole.run.complete()
    view = replace(VIEWS[1], first=0)
    length = stepped.timeline.length
    for index in range(0, length + 1, max(1, length // 25)):
        for session in (stepped, whole):
            session.go_to(Cursor(0, index))
        assert_frames_equal(frame_at(stepped, view), frame_at(whole, view))
