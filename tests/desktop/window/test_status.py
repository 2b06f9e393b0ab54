"""The status line says what a gradient is found to be, at the step where the walk back finds it."""

from __future__ import annotations

from core.frame import Cursor, Phase, View
from core.gradients.thresholds import Thresholds
from core.reveal import frame_at
from core.reveal.marks import marks_of
from desktop.style.theme import LIGHT
from desktop.window.status import StatusLine
from tests.core.walk_cases import session_of

LIMITS = Thresholds(vanish=0.03)


def test_a_verdict_is_said_where_the_walk_finds_it(qapp):
    session = session_of("rnn_tanh", steps=12, at=(11,), scale=0.4)
    line = StatusLine(LIGHT, None, lambda: LIMITS)
    session.go_to(Cursor(0, session.timeline.length))
    (mark,) = marks_of(frame_at(session, View()).lanes[0], LIMITS)

    def said(t):
        session.go_to(Cursor(0, session.timeline.end_of(Phase.BACKWARD, t, "l0", "h")))
        line.show_frame(frame_at(session, View()))
        return line.text

    assert said(mark.t).startswith(str(mark.sentence))
    assert "vanished" not in said(mark.t + 1)
    assert "vanished" not in said(mark.t - 1)
    line.deleteLater()
