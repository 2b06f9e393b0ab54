"""What the walk stands on after a whole time step backward."""

from __future__ import annotations

import pytest

from core.frame import Grain, Phase, View
from core.reveal import frame_at
from tests.core.walk_cases import session_of


@pytest.mark.parametrize(("cell", "state"), [("lstm", "c"), ("gru", "h"), ("gru_simplified", "c"), ("rnn_tanh", "h")])
def test_a_backward_time_step_stands_on_the_state_it_leaves(cell: str, state: str) -> None:
    session = session_of(cell)
    session.grain = Grain.TIME_STEP
    session.go_to_phase(Phase.BACKWARD)
    session.step_forward()
    frame = frame_at(session, View())
    assert frame.position.path == f"l0/{state}"
    assert frame.inspection is not None
    assert frame.inspection.path == f"l0/{state}"
    assert f"∂L/∂{state} has norm" in str(frame.sentence)


def test_the_sentence_tells_both_states_and_their_ways() -> None:
    session = session_of("lstm")
    session.grain = Grain.TIME_STEP
    session.go_to_phase(Phase.BACKWARD)
    session.step_forward()
    told = str(frame_at(session, View()).sentence)
    assert told.index("∂L/∂h has norm") < told.index("∂L/∂c has norm")
    assert "through c (forget gate)" in told


def test_finer_grains_stand_where_the_walk_is() -> None:
    session = session_of("lstm")
    session.go_to_phase(Phase.BACKWARD)
    session.step_forward(Grain.TIME_STEP)
    session.grain = Grain.EQUATION
    assert frame_at(session, View()).position == session.position


def test_inside_a_time_step_the_walk_is_shown_at_every_grain() -> None:
    session = session_of("lstm")
    session.go_to_phase(Phase.BACKWARD)
    session.step_forward(Grain.EQUATION)
    session.grain = Grain.TIME_STEP
    assert frame_at(session, View()).position == session.position
