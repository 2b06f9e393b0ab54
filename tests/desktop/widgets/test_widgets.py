from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QActionGroup, QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QWidget
from pytestqt.qtbot import QtBot

from core.frame import Phase
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT, Theme, heading_font
from desktop.widgets.bar_row import BarRow
from desktop.widgets.grain_selector import GrainSelector
from desktop.widgets.heading import DockTitle, SectionHeading, capitals, fitted
from desktop.widgets.heat_strip import HeatStrip
from desktop.widgets.legend import Legend
from desktop.widgets.phase_chips import PhaseChips
from desktop.widgets.speed_slider import SpeedSlider, speed_of_stop, stop_of_speed

# Off the screen Qt cannot do some things that only matter on it.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

THEMES = [LIGHT, DARK]


def shown(qtbot: QtBot, widget: QWidget) -> set[str]:
    """Show a widget; the names of the colours in its picture."""
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    image = widget.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def actions(parent: QWidget) -> list[QAction]:
    group, made = QActionGroup(parent), []
    for text in ("&operation", "equation", "time step", "pass"):
        action = QAction(text, parent, checkable=True)
        made.append(group.addAction(action))
    return made


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_one_phase_is_lit_and_clicks_are_told(qtbot: QtBot, theme: Theme) -> None:
    chips, clicked = PhaseChips(theme), []
    chips.phase_clicked.connect(clicked.append)
    chips.show_phases(tuple(Phase), Phase.BACKWARD)
    assert theme.accent.name() in shown(qtbot, chips)
    assert [phase for phase in Phase if chips.chip(phase).lit] == [Phase.BACKWARD]
    assert "current" in chips.chip(Phase.BACKWARD).accessibleName()
    qtbot.mouseClick(chips.chip(Phase.LOSS), Qt.MouseButton.LeftButton)
    chips.chip(Phase.CLIP).setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(chips.chip(Phase.CLIP), Qt.Key.Key_Space)
    assert clicked == [Phase.LOSS, Phase.CLIP]
    chips.show_phases((Phase.FORWARD, Phase.LOSS), Phase.LOSS)
    with pytest.raises(KeyError):
        chips.chip(Phase.CLIP)


def test_grains_follow_their_actions(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = actions(parent)
    selector = GrainSelector(LIGHT, made)
    made[1].setChecked(True)
    assert LIGHT.accent_tint.name() in shown(qtbot, selector)
    assert selector.segments[0].accessibleName() == "operation"
    qtbot.mouseClick(selector.segments[3], Qt.MouseButton.LeftButton)
    assert [action.isChecked() for action in made] == [False, False, False, True]
    selector.set_theme(DARK)


def test_speeds(qtbot: QtBot) -> None:
    slider, told = SpeedSlider(LIGHT), []
    slider.speed_changed.connect(told.append)
    shown(qtbot, slider)
    slider.set_speed(0.25)
    assert told == []
    assert slider.speed == pytest.approx(0.25)
    slider.setFocus()
    track = slider.focusProxy()
    assert "One step in 4 s" in track.accessibleDescription()
    qtbot.keyClick(track, Qt.Key.Key_Right)
    assert told == [slider.speed]
    qtbot.mouseClick(track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() - 1, track.height() // 2))
    assert told[-1] == slider.speed == math.inf
    assert track.accessibleDescription() == "As fast as it paints"


@pytest.mark.parametrize("stop", range(51))
def test_stops_and_speeds_agree(stop: int) -> None:
    assert stop_of_speed(speed_of_stop(stop)) == stop


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_legend_shows_the_ends_of_all_scales(qtbot: QtBot, theme: Theme) -> None:
    legend = Legend(ColourMaps(theme))
    legend.show_limits((1e-19, 2.0), 0.97)
    assert len(shown(qtbot, legend)) > 100  # the ramps
    assert "10⁻¹⁹" in legend.accessibleDescription()
    width = legend.sizeHint().width()
    legend.show_limits((3e-19, 2.0), 0.97)
    assert legend.sizeHint().width() > width


@pytest.mark.parametrize("orientation", list(Qt.Orientation))
def test_strips(qtbot: QtBot, orientation: Qt.Orientation) -> None:
    strip = HeatStrip(ColourMaps(LIGHT), orientation)
    shown(qtbot, strip)
    assert strip.accessibleName() == "Not computed yet"
    strip.show_state(np.array([-1.0, 0.0, 1.0]), 1.0)
    image = strip.grab().toImage()
    places = [(round((place + 0.5) * image.width() / 3), 2) for place in range(3)]
    if orientation == Qt.Orientation.Vertical:
        places = [(2, round((place + 0.5) * image.height() / 3)) for place in range(3)]
    expected = [LIGHT.state_negative, LIGHT.state_zero, LIGHT.state_positive]
    assert [image.pixelColor(*place).name() for place in places] == [colour.name() for colour in expected]
    assert "−1" in strip.accessibleName()
    strip.show_gate([0.5])
    strip.show_gradient([np.nan, 1e-300, np.inf], 1e-300, 1.0)
    strip.grab()
    strip.show_gate([])
    strip.grab()


@pytest.mark.parametrize("share", [0.92, 0.0, -0.13, 1.7, 1e-9, math.nan, -math.inf])
def test_shares_of_any_size(qtbot: QtBot, share: float) -> None:
    row = BarRow(ColourMaps(DARK), "from t = 7 through c", share)
    assert (DARK.gradient_low.name() in shown(qtbot, row)) == (not share >= 1.0)  # the ground of the bar
    assert row.accessibleName().startswith("from t = 7 through c: ")
    row.resize(40, row.height())  # narrower than anything can be drawn in
    row.grab()


def test_dock_titles_follow_the_dock(qtbot: QtBot) -> None:
    dock = QDockWidget("Equations")
    title = DockTitle(LIGHT, dock)
    shown(qtbot, dock)
    dock.setWindowTitle("Inspector")
    assert title.findChild(SectionHeading).text() == "Inspector"
    title.set_theme(DARK)
    assert dock.titleBarWidget() is title


def test_headings_keep_the_case_of_names(qtbot: QtBot) -> None:
    heading = SectionHeading(LIGHT, 'i at t = 6, "chased"')
    qtbot.addWidget(heading)
    assert QLabel.text(heading) == 'i AT t = 6, "chased"'
    assert heading.accessibleName() == heading.text() == 'i at t = 6, "chased"'
    assert capitals("Equations · LSTM · backward") == "EQUATIONS · LSTM · BACKWARD"
    assert capitals("Truncated back-propagation, t = 3") == "TRUNCATED BACK-PROPAGATION, t = 3"


def test_widgets_grow_with_the_application_font(qtbot: QtBot, qapp: QApplication) -> None:
    before = QFont(qapp.font())
    maps = ColourMaps(LIGHT)
    widgets = [Legend(maps), BarRow(maps), HeatStrip(maps), PhaseChips(LIGHT), SectionHeading(LIGHT, "heading")]
    for widget in widgets:
        shown(qtbot, widget)
    small = [widget.sizeHint() for widget in widgets]
    larger = QFont(before)
    larger.setPixelSize(30)
    qapp.setFont(larger)
    try:
        qapp.processEvents()
        widgets[-1].set_theme(LIGHT)
        for widget, size in zip(widgets, small, strict=True):
            assert widget.sizeHint().height() > size.height()
            assert widget.sizeHint().width() > size.width()
    finally:
        qapp.setFont(before)


def test_a_heading_gives_up_the_name_in_its_middle_before_its_last_word(qtbot: QtBot) -> None:
    metrics = QFontMetrics(heading_font())
    text = "Equations · A cell with a long name · backward"
    assert fitted(text, metrics, 10_000) == text
    cut = fitted(text, metrics, metrics.horizontalAdvance("Equations · A cell… · backward") + 4)
    assert cut.endswith(" · backward")
    assert "…" in cut
    assert fitted(text, metrics, metrics.horizontalAdvance("Equations · backward") + 2) == "Equations · backward"
