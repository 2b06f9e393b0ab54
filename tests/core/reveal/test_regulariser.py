"""The regulariser in frames: one term a step, what is left out, and the gradient with Ω in it behind the phase."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.frame import Cursor, Detail, Frame, Grain, Phase, View
from core.learning.clipping import Clipping, global_norm
from core.learning.step import LearningSettings
from core.regulariser.information_flow import information_flow
from core.regulariser.settings import Regulariser
from core.reveal import frame_at
from core.session import Session
from tests.core.network_cases import NETWORKS, session_on
from tests.core.walk_cases import session_of

SETTINGS = Regulariser(0.5)


def regularised(*cells: str, window: int = 0, settings: Regulariser = SETTINGS, **options: Any) -> Session:
    learning = LearningSettings(clipping=Clipping("norm", 1e-3), window=window, regulariser=settings)
    return session_of(*cells, learning=learning, **options)


def at(session: Session, phase: Phase, t: int | None = None) -> Frame:
    session.go_to(Cursor(0, session.timeline.end_of(phase, t)))
    return frame_at(session, View(changes=True))


def test_the_phase_is_there_only_where_a_regulariser_is() -> None:
    assert regularised("gru").timeline.phases == tuple(Phase)
    assert Phase.REGULARISER not in session_of("gru").timeline.phases
    assert Phase.REGULARISER not in regularised("gru", at=()).timeline.phases


@pytest.mark.parametrize("grain", [Grain.OPERATION, Grain.EQUATION, Grain.TIME_STEP])
def test_a_step_is_one_term_as_the_gradient_walked(grain: Grain) -> None:
    session = regularised("lstm", steps=3)
    session.go_to_phase(Phase.REGULARISER)
    seen = []
    while session.position.phase is Phase.REGULARISER:
        seen.append(session.position.t)
        session.step_forward(grain)
    assert seen == [2, 1, 0]


def test_terms_come_one_by_one() -> None:
    session = regularised("lstm", settings=Regulariser(0.5, "all"))
    whole = information_flow(session.run.complete(), session.setup.learning.regulariser)
    frame = at(session, Phase.REGULARISER, 1)
    assert frame.flow is not None
    assert np.isnan(frame.flow.ratios[:1]).all()
    assert frame.flow.ratios[1:] == pytest.approx(whole.ratios[1:, 0])
    assert frame.flow.total == pytest.approx(whole.terms[1:, 0].sum())
    assert (frame.flow.state, frame.flow.norm_after) == ("[h; c]", None)
    assert at(session, Phase.BACKWARD).flow is None
    assert f"has {frame.flow.ratios[1]:.3g} times its norm" in str(frame.sentence)


def test_the_gradient_has_the_regularisers_in_it_behind_the_phase() -> None:
    session = regularised("gru", batch=2)
    before, after = at(session, Phase.REGULARISER, 1), at(session, Phase.REGULARISER, 0)
    clipped = at(session, Phase.CLIP)
    added = information_flow(session.run, SETTINGS).gradients
    for first, second, last in zip(before.changes, after.changes, clipped.changes, strict=True):
        assert second.gradient == pytest.approx(first.gradient + 0.5 * added[first.path], rel=1e-12, abs=1e-15)
        assert last.gradient is second.gradient
    assert clipped.clip is not None
    assert clipped.clip.norm_before == pytest.approx(global_norm({c.path: c.gradient for c in clipped.changes}))
    assert after.flow is not None
    assert after.flow.norm_after == pytest.approx(clipped.clip.norm_before)
    assert "With Ω the gradient’s norm goes from" in str(after.sentence)


def test_what_is_left_out_is_said() -> None:
    session = regularised("rnn_tanh", at=(1,))
    assert "∂L/∂h is zero, so there is no term; 2 left out so far" in str(at(session, Phase.REGULARISER, 2).sentence)
    cut = regularised("rnn_tanh", window=2)
    assert "truncated back-propagation lets nothing through here" in str(at(cut, Phase.REGULARISER, 2).sentence)


def test_a_mean_over_the_batch_counts_the_regulariser_so_too() -> None:
    learning = LearningSettings(over_batch="mean", regulariser=SETTINGS)
    session = session_of("gru", batch=2, learning=learning)
    outcome = session.outcome
    added = information_flow(session.run, SETTINGS).gradients
    for path, gradient in outcome.regularised.items():
        assert gradient == pytest.approx(outcome.gradients[path] + 0.25 * added[path], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("detail", Detail)
def test_it_is_drawn_at_every_detail(detail: Detail) -> None:
    session = regularised("lstm", "gru", steps=3)
    for t in (2, 1, 0):
        session.go_to(Cursor(0, session.timeline.end_of(Phase.REGULARISER, t)))
        frame = frame_at(session, View(detail=detail, path="l1/h"))
        assert frame.inspection is not None
        assert not any(operation.lit for operation in frame.operations.values())


def test_halves_of_a_layer_are_told_apart() -> None:
    learning = LearningSettings(regulariser=Regulariser(0.5, block="l0.reverse"))
    session = session_on(NETWORKS["bidirectional"](), learning, steps=3)
    assert session.timeline.times(Phase.REGULARISER) == range(3)  # as gradients walk back through it
    frame = at(session, Phase.REGULARISER, 1)
    assert frame.flow is not None
    assert frame.flow.title == session.run.network.title_of("l0.reverse")
    assert f"Regulariser, t = 2, {frame.flow.title}: one step back" in str(frame.sentence)
