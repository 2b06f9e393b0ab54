from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.breakpoints import AtTime, GradientNorm, NonFinite, Saturated
from desktop.style.theme import DARK, LIGHT
from desktop.views.side.breakpoints import BreakpointsPanel
from tests.desktop.fake_frames import fake_frame

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
POINTS = (GradientNorm("l0/h", 1e-3), Saturated("l0/f", 0.95), AtTime(5), NonFinite())


@pytest.fixture
def panel(qtbot: QtBot) -> BreakpointsPanel:
    panel = BreakpointsPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_paths(("l0/f", "l0/c", "l0/h"), 9)
    panel.show_breakpoints(POINTS)
    panel.resize(220, 300)
    panel.show()
    return panel


def heard(panel: BreakpointsPanel) -> list[tuple[str, object]]:
    said: list[tuple[str, object]] = []
    panel.add_requested.connect(lambda point: said.append(("add", point)))
    panel.remove_requested.connect(lambda point: said.append(("remove", point)))
    return said


def test_they_read_as_in_the_drawing(panel: BreakpointsPanel) -> None:
    assert panel.row(POINTS[0]).box.text() == "‖∂L/∂h‖ < 0.001"
    assert panel.row(POINTS[1]).box.text() == "f saturated > 0.95"


def test_off_is_kept_and_on_comes_back(panel: BreakpointsPanel) -> None:
    said = heard(panel)
    panel.row(POINTS[2]).box.click()
    panel.show_breakpoints((POINTS[0], POINTS[1], POINTS[3]))
    assert not panel.row(POINTS[2]).box.isChecked()
    panel.row(POINTS[2]).box.click()
    panel.show_breakpoints((POINTS[0], POINTS[1], POINTS[3], POINTS[2]))
    assert panel.row(POINTS[2]).box.isChecked()
    assert said == [("remove", POINTS[2]), ("add", POINTS[2])]


def test_removing_one_is_heard_once(panel: BreakpointsPanel, qtbot: QtBot) -> None:
    said = heard(panel)
    panel.row(POINTS[0]).cross.click()
    qtbot.keyClick(panel.row(POINTS[1]).box, Qt.Key.Key_Delete)
    assert said == [("remove", POINTS[0]), ("remove", POINTS[1])]
    with pytest.raises(KeyError):
        panel.row(POINTS[0])


def test_what_was_off_is_dropped_without_a_word(panel: BreakpointsPanel) -> None:
    panel.row(POINTS[2]).box.click()
    panel.show_breakpoints((POINTS[0], POINTS[1], POINTS[3]))
    said = heard(panel)
    panel.row(POINTS[2]).cross.click()
    assert said == []


def test_taken_away_elsewhere_is_gone_here(panel: BreakpointsPanel) -> None:
    panel.show_breakpoints(POINTS[:1])
    with pytest.raises(KeyError):
        panel.row(POINTS[3])


@pytest.mark.parametrize(
    ("event", "number"),
    [
        ("f saturated > 0.95: unit 3 is 0.97 at t = 4", 1),
        ("‖∂L/∂h‖ < 0.001: it is 0.0009 at t = 2", 0),
        ("t = 6", 2),
        ("c is not finite at t = 3", 3),
    ],
)
def test_the_one_that_stopped_the_walk_is_marked(panel: BreakpointsPanel, event: str, number: int) -> None:
    panel.show_frame(replace(fake_frame(), event=event))
    assert [panel.row(point).marked for point in POINTS] == [place == number for place in range(4)]
    panel.show_frame(fake_frame())
    assert not any(panel.row(point).marked for point in POINTS)


def test_another_session_forgets_those_that_were_off(panel: BreakpointsPanel) -> None:
    panel.row(POINTS[2]).box.click()
    panel.show_breakpoints(())
    panel.forget_switched_off()
    panel.set_theme(DARK)
    for point in POINTS:
        with pytest.raises(KeyError):
            panel.row(point)


def test_the_dialog_adds_one(panel: BreakpointsPanel) -> None:
    said = heard(panel)
    dialog = panel.open_dialog()
    dialog.kind.setCurrentIndex(dialog.kind.findData("saturated"))
    assert dialog.variable.currentText() == "l0/f"
    dialog.threshold.setText("0.9")
    dialog.accept()
    assert said == [("add", Saturated("l0/f", 0.9))]
