"""The laboratory in the place of the drawing."""

from __future__ import annotations

import pytest

from core.breakpoints import Vanishes
from tests.desktop.windows import open_window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.show()
        yield window


def test_it_is_loaded_when_it_is_first_wanted(window, qtbot):
    assert window.middle.laboratory is None
    window.commands["show_laboratory"].trigger()
    assert window.middle.shows_laboratory
    assert not window.unrolled.isVisible()
    qtbot.waitUntil(lambda: not window.middle.laboratory.busy)
    assert window.middle.laboratory.sentence.text()
    window.commands["show_laboratory"].trigger()
    assert window.unrolled.isVisible()


def test_it_computes_nothing_of_the_walk(window, qtbot):
    before = window.bridge.session.run.forward_done, window.bridge.session.run.backward_done
    window.commands["show_laboratory"].trigger()
    qtbot.waitUntil(lambda: not window.middle.laboratory.busy)
    run = window.bridge.session.run
    assert (run.forward_done, run.backward_done) == before


def test_every_picture_answers_for_the_example(window, qtbot):
    window.commands["show_laboratory"].trigger()
    laboratory = window.middle.laboratory
    for number in range(len(laboratory.pictures)):
        laboratory.turn_to(number)
        qtbot.waitUntil(lambda: not laboratory.busy, timeout=20_000)
        assert laboratory.sentence.text()
        assert "went wrong" not in laboratory.sentence.text()
        laboratory.grab()


def test_a_click_in_the_map_moves_the_walk(window, qtbot):
    window.commands["show_laboratory"].trigger()
    laboratory = window.middle.laboratory
    qtbot.waitUntil(lambda: not laboratory.busy)
    laboratory.pictures[0].map.chart.pointed.emit((3.1, 5.0))
    assert window.bridge.frame.position.t == 2


def test_a_verdict_becomes_a_breakpoint_at_which_the_walk_stops(window, qtbot):
    window.commands["show_laboratory"].trigger()
    laboratory = window.middle.laboratory
    laboratory.turn_to([picture.title for picture in laboratory.pictures].index("Verdicts"))
    picture = laboratory.picture
    qtbot.waitUntil(lambda: not laboratory.busy, timeout=20_000)
    picture.fields.fields["vanish"].setText("0.9")
    picture.fields.fields["vanish"].editingFinished.emit()
    qtbot.waitUntil(lambda: not laboratory.busy and picture.list.topLevelItemCount() > 0, timeout=20_000)
    verdict = picture._chosen()
    picture.stop.click()
    assert window.bridge.session.breakpoints == (Vanishes(verdict.path, 0.9),)
    assert "breakpoint was set" in window.status.text
    window.bridge.next_event()
    qtbot.waitUntil(lambda: bool(window.bridge.frame.event), timeout=20_000)
    assert window.bridge.frame.position.t == verdict.t
    window.bridge.report("")
    qtbot.waitUntil(lambda: "vanishes" in window.status.text)
    window.bridge.step_back()
    window.bridge.step_forward()
    qtbot.waitUntil(lambda: f"has vanished at t = {verdict.t + 1}" in window.status.text)
