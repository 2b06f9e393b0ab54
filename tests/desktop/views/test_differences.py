"""The panel of differences: what it compares, and where a row leads."""

from __future__ import annotations

import pytest

from core.frame import Phase
from tests.desktop.windows import open_window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.show()
        window.panels.toggle("differences")
        yield window


def settled(window, qtbot):
    view = window.panels["differences"].view
    qtbot.waitUntil(lambda: not view._later.isActive())
    view._refresh()
    return view


def test_one_lane_has_nothing_to_be_compared_with(window, qtbot):
    view = settled(window, qtbot)
    assert "one lane only" in view.sentence.text()
    assert view.rows.isHidden()


def test_variables_stand_by_how_much_they_differ_and_lead_there(window, qtbot):
    window.bridge.lanes.add_cell("gru")
    window.bridge.go_to_phase(Phase.BACKWARD)
    view = settled(window, qtbot)
    assert "differ most in" in view.sentence.text()
    assert "Only LSTM has" in view.sentence.text()
    rows = [view.rows.topLevelItem(n) for n in range(view.rows.topLevelItemCount())]
    assert len(rows) >= 3
    shares = [row.data(0, 256).spot.relative for row in rows]
    assert shares == sorted(shares, reverse=True)
    contrast = rows[0].data(0, 256)
    view.rows.itemClicked.emit(rows[0], 0)
    assert (window.bridge.view.path, window.bridge.view.t) == (contrast.path, contrast.spot.t)
    assert window.bridge.view.unit == contrast.spot.unit


def test_a_ghost_can_be_compared_with_too(window, qtbot):
    window.bridge.go_to_phase(Phase.LOSS)
    window.bridge.edits.set_input(2, "dog")
    window.bridge.go_to_phase(Phase.LOSS)
    view = settled(window, qtbot)
    assert view.other.count() == 1
    assert view.rows.topLevelItemCount() > 3
    assert all(view.rows.topLevelItem(n).data(0, 256).spot.t >= 2 for n in range(view.rows.topLevelItemCount()))
