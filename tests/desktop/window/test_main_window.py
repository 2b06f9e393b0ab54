"""The window as a person meets it: what it shows, its panels, its sizes, and the questions it asks."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtWidgets import QApplication, QToolButton

from core.frame import Phase, View
from desktop.dialogs import ask
from desktop.settings import ThemeChoice
from desktop.style.theme import DARK, LIGHT
from desktop.window.command_table import PANELS
from tests.desktop.same_frames import same
from tests.desktop.windows import open_window


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        yield window


def trigger(window, name):
    action = window.findChild(QAction, name)
    assert action.isEnabled(), name
    action.trigger()
    QApplication.processEvents()


def walked(frame):
    """The frame without what is looked at: which panel is in front depends on the way one came."""
    return replace(frame, view=View(), changes=())


def test_it_opens_on_the_painted_example(window):
    assert window.unrolled.scene is not None
    assert "Subject and verb" in window.windowTitle()
    assert window.status.text
    assert window.status.accessibleDescription() == window.status.text


def test_panels_are_filled_also_where_the_gallery_stands_first(qapp, tmp_path):
    with open_window(tmp_path, before=lambda window: window.scenario_pages.show_gallery()) as window:
        assert not window.unrolled.isVisible()
        assert not any(window.panels[name].late for name in window.panels)
        assert window.panels["equations"].view.isVisible()


def test_who_walks_on_in_front_of_the_gallery_sees_the_walk(window, qtbot):
    window.scenario_pages.show_gallery()
    trigger(window, "theme_dark")
    assert window.scenario_pages.shows_gallery
    trigger(window, "phase_backward")
    qtbot.waitUntil(window.unrolled.isVisible)
    assert not window.scenario_pages.shows_gallery


def test_the_tool_bar_names_the_networks_as_the_drawing_does(window, qtbot):
    window.resize(1920, 1080)
    window.bridge.lanes.add_cell("rnn_tanh", 0)
    qtbot.waitUntil(lambda: window.bar.subtitle.whole == "LSTM | Simple RNN")
    assert [lane.name for lane in window.unrolled.scene.lanes] == ["LSTM", "Simple RNN"]


def test_the_sentence_is_that_of_the_frame(window):
    trigger(window, "phase_backward")
    assert window.status.text == str(window.bridge.frame.sentence)
    assert "position" in window.status.place.text()


def test_a_walk_over_an_iteration_and_back_through_the_actions_gives_the_same_frames(window):
    trigger(window, "grain_time_step")
    frames = []
    while window.bridge.session.cursor.index < window.bridge.session.timeline.length:
        frames.append(window.bridge.frame)
        trigger(window, "step_forward")
    for frame in reversed(frames):
        trigger(window, "step_back")
        assert same(walked(window.bridge.frame), walked(frame))


def test_grains_and_chips_show_where_the_walk_is(window):
    trigger(window, "grain_pass")
    assert window.commands["grain_pass"].isChecked()
    trigger(window, "step_forward")
    trigger(window, "phase_loss")
    window.scheduler.flush()
    assert window.bar.chips.chip(Phase.LOSS).lit


def test_a_click_in_the_equations_selects_in_the_inspector(window):
    trigger(window, "phase_backward")
    window.panels["equations"].view.term_clicked.emit("l0/i")
    assert window.bridge.frame.inspection.path == "l0/i"


def test_undo_says_what_it_would_take_back(window):
    assert not window.commands["undo"].isEnabled()
    window.bridge.edits.set_weight("l0/b_f", (0,), 2.0)
    assert window.commands["undo"].isEnabled()
    assert "l0/b_f" in window.commands["undo"].text()
    assert window.isWindowModified()
    trigger(window, "undo")
    assert not window.isWindowModified()
    assert window.commands["redo"].isEnabled()


@pytest.mark.parametrize("name", PANELS)
def test_panels_can_be_closed_and_come_back(window, name):
    if name not in window.panels:
        pytest.skip(f"there is no panel {name} yet")
    action, dock = window.commands[f"panel_{name}"], window.panels[name].dock
    if not window.panels[name].seen:
        trigger(window, f"panel_{name}")
    trigger(window, f"panel_{name}")
    assert dock.isHidden()
    assert not action.isChecked()
    trigger(window, f"panel_{name}")
    assert not dock.isHidden()
    assert action.isChecked()


def test_hidden_panels_get_no_frames_and_the_last_one_when_they_are_seen(window):
    panel = window.panels["inspector"]
    panel.dock.close()
    given = []
    panel._show = given.append
    window.bridge.go_to_phase(Phase.BACKWARD)
    window.bridge.step_forward()
    window.scheduler.flush()
    assert given == []
    trigger(window, "panel_inspector")
    assert given[-1] is window.bridge.frame


def test_reset_brings_everything_back(window):
    for name in window.panels:
        window.panels[name].dock.close()
    window.panels["plots"].dock.setFloating(True)
    trigger(window, "reset_layout")
    assert all(not window.panels[name].dock.isHidden() for name in window.panels)
    assert not window.panels["plots"].dock.isFloating()


def test_the_layout_is_remembered(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.panels["plots"].dock.close()
    with open_window(tmp_path) as window:
        assert window.panels["plots"].dock.isHidden()


def test_parameters_come_forward_where_there_is_no_time(window, qtbot):
    trigger(window, "phase_clip")
    qtbot.waitUntil(lambda: window.panels["changes"].seen)
    trigger(window, "phase_backward")
    qtbot.waitUntil(lambda: window.panels["inspector"].seen)


@pytest.mark.parametrize("size", [(1280, 720), (1600, 900), (1920, 1080)])
def test_nothing_is_clipped(window, size):
    window.resize(*size)
    QApplication.processEvents()
    assert (window.width(), window.height()) == size
    for button in window.bar.findChildren(QToolButton):
        if button.isVisible():
            assert window.bar.rect().contains(button.mapTo(window.bar, button.rect().bottomRight())), button.text()
    assert window.unrolled.width() > size[0] * 0.4


def test_the_tool_bar_makes_room_for_another_phase(window, qtbot):
    window.resize(1280, 720)
    learning = window.bridge.session.setup.learning
    regulariser = dataclasses.replace(learning.regulariser, weight=0.5)
    window.bridge.edits.set_learning(replace(learning, regulariser=regulariser))
    qtbot.wait(30)
    chip, title = window.bar.chips.chip(Phase.REGULARISER), window.bar.title
    assert chip.width() >= chip.sizeHint().width()
    assert title.text() == title.whole


def test_large_type_keeps_the_controls_in_sight(window):
    window.preferences.scale_type(1.125**3)
    trigger(window, "larger_type")
    window.resize(1280, 720)
    QApplication.processEvents()
    assert window.width() == 1280
    for button in window.bar.buttons:
        assert button.isVisible()
        assert window.bar.rect().contains(button.geometry())
    trigger(window, "usual_type")


def test_themes_change_live(window):
    trigger(window, "theme_dark")
    assert window.look.theme is DARK
    assert window.settings.theme_choice is ThemeChoice.DARK
    trigger(window, "theme_light")
    assert window.look.theme is LIGHT


def test_every_tool_button_has_a_name_and_a_tip(window):
    for button in window.bar.findChildren(QToolButton):
        assert button.accessibleName(), button
        assert button.toolTip(), button


def test_saving_and_opening_gives_the_same_frame(window, tmp_path):
    window.bridge.edits.set_weight("l0/b_f", (0,), 2.0)
    trigger(window, "phase_backward")
    path = tmp_path / "walk.gatewalk"
    assert window.files.save_to(path)
    assert not window.bridge.modified
    before = window.bridge.frame
    trigger(window, "go_start")
    assert window.files.open_path(path)
    assert same(window.bridge.frame, before)
    assert window.settings.recent_files[0] == str(path)
    assert "walk" in window.windowTitle()


def test_a_bad_file_is_a_sentence_and_the_session_stays(window, tmp_path):
    bad = tmp_path / "bad.gatewalk"
    bad.write_bytes(b"no zip")
    before = window.bridge.session
    assert not window.files.open_path(bad)
    assert window.bridge.session is before
    assert "bad.gatewalk" in window.messages.text
    assert window.messages.isVisible()


@pytest.mark.parametrize(
    ("answer", "goes_on"),
    [(ask.DISCARD, True), (ask.CANCEL, False)],
)
def test_unsaved_work_is_asked_about(window, monkeypatch, answer, goes_on):
    window.bridge.edits.add_bookmark("here")
    monkeypatch.setattr(ask, "ask_unsaved", lambda *_: answer)
    session = window.bridge.session
    trigger(window, "new_session")
    assert (window.bridge.session is not session) == goes_on


def test_closing_with_unsaved_work_can_be_refused(window, monkeypatch):
    window.bridge.edits.add_bookmark("here")
    monkeypatch.setattr(ask, "ask_unsaved", lambda *_: ask.CANCEL)
    assert not window.close()
    assert window.isVisible()


def test_a_dropped_file_is_opened(window, tmp_path, qtbot):
    path = tmp_path / "sentence.txt"
    path.write_text("the dog that slept\n", encoding="utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(QPointF(50, 50), copy, data, left, Qt.KeyboardModifier.NoModifier))
    qtbot.waitUntil(lambda: window.bridge.session.setup.sequence.length == 4)
    assert window.commands["undo"].isEnabled()


def test_the_sheet_of_keys_opens(window):
    trigger(window, "help_keys")
    sheet = window.findChild(object, "keys_sheet")
    assert sheet.isVisible()
    sheet.close()


def test_keys_scroll_lanes_wherever_the_focus_is(window, qtbot):
    for _ in range(2):
        window.bridge.lanes.add_cell("rnn_tanh", 0)
    qtbot.waitUntil(lambda: len(window.unrolled.scene.rows.lanes) == 3)
    window.bar.buttons[0].setFocus()
    before = window.unrolled.scene.rows.lanes[2].top
    qtbot.keyClick(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.unrolled.scene.rows.lanes[2].top < before)
    qtbot.keyClick(window, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.unrolled.scene.rows.lanes[2].top == before)
