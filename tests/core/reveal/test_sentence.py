"""The sentences of one walk, as people read them; ``walk.txt`` holds them.

After a change of words: ``GATEWALK_WRITE=1 python -m pytest tests/core/reveal/test_sentence.py``, and read the file.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec import structs

from core.frame import Cursor, Grain, Phase, View
from core.learning.clipping import Clipping
from core.learning.step import LearningSettings
from core.reveal import frame_at
from core.sequence import last_target
from core.session import Session
from tests.core.walk_cases import CASES, places, session_of

EXPECTED = Path(__file__).with_name("walk.txt")


def sentences(session: Session, grain: Grain) -> list[str]:
    session.grain = grain
    return [str(frame_at(session, View()).sentence) for _ in places(session, grain)]


def test_one_walk() -> None:
    told = [
        *sentences(CASES["words"](), Grain.EQUATION),
        *sentences(session_of("gru", steps=1, batch=2, head="identity", loss="squared"), Grain.OPERATION),
        *sentences(session_of("rnn_tanh", "gru", steps=2, at=(0,)), Grain.TIME_STEP),
    ]
    if os.environ.get("GATEWALK_WRITE"):
        EXPECTED.write_text("\n".join(told) + "\n", encoding="utf-8")
    assert told == EXPECTED.read_text(encoding="utf-8").splitlines()


def said(session: Session, phase: Phase, t: int | None = None, path: str = "") -> str:
    block, _, equation = path.partition("/")
    session.go_to(Cursor(0, session.timeline.end_of(phase, t, block, equation)))
    return str(frame_at(session, View()).sentence)


def test_gradients_that_are_gone_or_not_finite_are_called_so() -> None:
    gone = CASES["gradient gone"]()
    assert said(gone, Phase.BACKWARD, 2, "l0/h") == "Backward, t = 3, hidden state: ∂L/∂h is zero here."
    blown = CASES["not finite, linear"]()
    assert said(blown, Phase.FORWARD, 3, "l0/h") == "Forward, t = 4: the hidden state h is not finite."
    assert said(blown, Phase.BACKWARD, 2, "l0/h") == "Backward, t = 3, hidden state: ∂L/∂h is not finite."
    assert said(blown, Phase.CLIP).startswith("Clip: switched off")


@pytest.mark.parametrize(
    ("clipping", "start"),
    [
        (Clipping(), "Clip: switched off; the gradient of all parameters keeps its norm "),
        (Clipping("norm", 1e9), "Clip (norm at most 1e+09): the gradient's norm "),
        (Clipping("norm", 0.1), "Clip (norm at most 0.1): the gradient's norm goes from "),
    ],
)
def test_clipping(clipping: Clipping, start: str) -> None:
    session = session_of("lstm", learning=LearningSettings(clipping=clipping))
    assert said(session, Phase.CLIP).startswith(start)


def test_clipping_what_is_not_finite() -> None:
    session = session_of("rnn_identity", scale=1e200, learning=LearningSettings(clipping=Clipping("norm", 1.0)))
    assert said(session, Phase.CLIP) == "Clip (norm at most 1): the gradient is not finite and is handed on as it is."


def test_tiny_gradients_are_not_called_zero() -> None:
    assert "has norm" in said(CASES["tiny"](), Phase.BACKWARD, 2, "l0/h")


def test_a_single_unit_has_a_value_and_no_norm() -> None:
    session = session_of("rnn_identity", units=1)
    told = said(session, Phase.FORWARD, 1, "l0/h")
    value = session.run.values("l0/h")[1, 0, 0]
    assert told == f"Forward, t = 2: the hidden state h is {value:.3g}.".replace("-", "−")
    assert frame_at(session, View()).lanes[0].subtitle == "1 unit"


def test_only_what_the_next_step_reads_is_expected_next() -> None:
    asked = CASES["words"]()
    assert "expects “" in said(asked, Phase.FORWARD, 1, "head/y")
    setup = asked.setup
    first = setup.sequence.tokens[0]
    at_the_end = structs.replace(setup, sequence=last_target(setup.sequence, first))
    told = said(Session(at_the_end, asked.parameters), Phase.FORWARD, 1, "head/y")
    assert "the likeliest answer is “" in told
    assert "next" not in told


def test_padding_is_called_so_in_every_phase() -> None:
    plain = session_of("lstm", batch=2, units=3)
    setup = plain.setup
    session = Session(structs.replace(setup, sequence=setup.sequence.padded([4, 2])), plain.parameters)
    view = View(sample=1)
    for phase, path in ((Phase.FORWARD, "l0/h"), (Phase.BACKWARD, "l0/c"), (Phase.LOSS, "head/L")):
        block, _, equation = path.partition("/")
        session.go_to(Cursor(0, session.timeline.end_of(phase, 3, block, equation)))
        told = str(frame_at(session, view).sentence)
        assert told == f"{phase.value.capitalize()}, t = 4: padding, as sequence 2 ends at t = 2; nothing reads it."
        assert "padding" not in str(frame_at(session, View()).sentence)
    session.grain = Grain.TIME_STEP
    session.go_to(Cursor(0, session.timeline.end_of(Phase.BACKWARD, 2, "l0", "f")))
    assert "padding" in str(frame_at(session, view).sentence)
