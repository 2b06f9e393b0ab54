"""Marks of verdicts on the time axis of the plots."""

from __future__ import annotations

import numpy as np
import pytest

from core.frame import Cursor, Phase, View
from core.gradients.thresholds import Thresholds
from core.reveal import frame_at
from core.reveal.marks import marks_of
from desktop.style.theme import DARK, LIGHT
from desktop.views.plots import TimePlots
from desktop.views.series import Plot
from tests.core.walk_cases import session_of

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
LIMITS = Thresholds(vanish=0.03)


def pixels(pane):
    """The lowest pixels of the area of the curves, in which marks stand."""
    area, image = pane.canvas.area(), pane.canvas.grab().toImage()
    low = round(area.bottom()) - 5
    return [image.pixelColor(x, low).rgb() for x in range(round(area.left()), round(area.right()))]


def test_what_has_vanished_is_marked_once_the_walk_has_come_by(qapp):
    session = session_of("rnn_tanh", steps=12, at=(11,), scale=0.4)
    plots = TimePlots(LIGHT)
    plots.thresholds = lambda: LIMITS
    plots.resize(600, 240)
    plots.show()
    plots.attach()
    plots.set_columns(0, 12)
    session.go_to(Cursor(0, session.timeline.length))
    frame = frame_at(session, View())
    (mark,) = marks_of(frame.lanes[0], LIMITS)
    plots.show_frame(frame)
    pane = plots._panes[Plot.GRADIENT]
    colour = LIGHT.warning.rgb()
    places = np.flatnonzero([pixel == colour for pixel in pixels(pane)])
    middle = pane.canvas.pixel(mark.t + 1, 0.0).x() - pane.canvas.area().left()
    assert abs(places.mean() - middle) < 3
    assert pane.canvas.toolTip() == str(mark.sentence)
    plots.set_theme(DARK)
    session.go_to(Cursor(0, session.timeline.end_of(Phase.BACKWARD, mark.t + 1, "l0", "h")))
    plots.show_frame(frame_at(session, View()))
    assert DARK.warning.rgb() not in pixels(pane)
    assert not pane.canvas.toolTip()
    plots.hide()
    plots.deleteLater()
