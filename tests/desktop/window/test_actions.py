"""The table of commands: every row is an action with words, a tip and keys of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from shiboken6 import isValid

from core.frame import Grain, Phase
from desktop.window.actions import keys_as_markdown, keys_by_menu, tip_with_keys
from desktop.window.command_table import commands
from tests.desktop.windows import open_window

CONTRACT = {
    "step_forward", "step_back", "run_pause", "go_start", "go_end", "next_event", "grain_operation", "grain_equation",
    "grain_time_step", "grain_pass", "save_snapshot", "open_snapshot", "export_picture", "export_data", "undo", "redo",
}  # fmt: skip


@pytest.fixture(scope="module")
def window(qapp, tmp_path_factory):
    with open_window(tmp_path_factory.mktemp("actions")) as window:
        yield window


def test_all_promised_names_are_there():
    assert {command.name for command in commands()} >= CONTRACT


def test_names_and_keys_are_used_once():
    names = Counter(command.name for command in commands())
    keys = Counter(QKeySequence(key).toString() for command in commands() for key in command.keys)
    assert [name for name, count in names.items() if count > 1] == []
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_key_is_one_that_qt_knows():
    for command in commands():
        for key in command.keys:
            assert QKeySequence(key).toString() not in ("", "Tab"), (command.name, key)


def test_every_command_is_an_action_of_the_window_with_words_and_a_tip(window):
    for command in commands():
        action = window.findChild(QAction, command.name)
        assert action is not None, command.name
        assert action.text()
        assert command.tip in action.toolTip()
        assert all(key.toString() for key in action.shortcuts())
        if command.keys:
            assert QKeySequence(command.keys[0]).toString(QKeySequence.SequenceFormat.NativeText) in action.toolTip()


def test_every_command_stands_in_a_menu(window):
    listed, waiting = set(), [window.menuBar()]
    while waiting:
        for action in waiting.pop().actions():
            listed.add(action.objectName())
            if action.menu() is not None:
                waiting.append(action.menu())
    assert {command.name for command in commands()} <= listed


def test_the_sheet_and_the_readme_hold_every_key():
    markdown = keys_as_markdown()
    on_sheet = {words for rows in keys_by_menu().values() for _, words in rows}
    for command in commands():
        if command.keys:
            assert command.tip in on_sheet
            assert command.tip in markdown


def test_the_readme_lists_the_keys_as_they_are():
    readme = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")
    assert keys_as_markdown().strip() in readme


def test_the_first_key_stands_behind_the_tip():
    command = next(command for command in commands() if command.name == "step_forward")
    assert tip_with_keys(command) == "One step forward (Right)"


def at_backward(window):
    """At the end of the first time step of the backward phase."""
    window.bridge.go_to_phase(Phase.BACKWARD)
    window.bridge.step_forward(Grain.TIME_STEP)


KEYS = {  # key -> (before, how to see that it worked)
    "Right": (None, lambda w: w.bridge.session.cursor.index > 0),
    "Shift+Right": (None, lambda w: w.bridge.frame.position.equation_done and w.bridge.frame.position.t == 0),
    "Ctrl+Shift+Right": (None, lambda w: w.bridge.frame.position.t == 6),
    "End": (None, lambda w: w.bridge.frame.position.phase is Phase.UPDATE),
    "N": (None, lambda w: w.bridge.frame.position.phase is Phase.UPDATE),
    "Left": (at_backward, lambda w: w.bridge.frame.position.t == 6 and w.bridge.frame.position.phase is Phase.BACKWARD),
    "Shift+Left": (at_backward, lambda w: w.bridge.frame.position.phase is Phase.LOSS),
    "Home": (at_backward, lambda w: w.bridge.session.cursor.index == 0),
    "1": (None, lambda w: w.bridge.session.grain is Grain.OPERATION),
    "2": (None, lambda w: w.bridge.session.grain is Grain.EQUATION),
    "3": (None, lambda w: w.bridge.session.grain is Grain.TIME_STEP),
    "4": (None, lambda w: w.bridge.session.grain is Grain.PASS),
    "Ctrl+2": (None, lambda w: w.bridge.frame.position.phase is Phase.LOSS),
    "Ctrl+3": (None, lambda w: w.bridge.frame.position.phase is Phase.BACKWARD),
    "Ctrl+4": (None, lambda w: w.bridge.frame.position.phase is Phase.CLIP),
    "Ctrl+5": (None, lambda w: w.bridge.frame.position.phase is Phase.UPDATE),
    "Space": (None, lambda w: w.bridge.playing),
    "Down": (None, lambda w: w.bridge.view.path != ""),
    "Ctrl+B": (at_backward, lambda w: w.bridge.session.breakpoints != ()),
    "G": (None, lambda w: w.commands["show_gradients"].isChecked()),
}


@pytest.mark.parametrize("key", KEYS)
def test_keys_work(window, key):
    fresh(window)
    before, worked = KEYS[key]
    if before:
        before(window)
    window.setFocus()
    press(window, key)
    assert worked(window), window.bridge.frame.position
    if key == "G":
        press(window, key)


def test_keys_work_wherever_the_focus_is_except_in_text_fields(window):
    fresh(window)
    at_backward(window)
    window.activateWindow()
    for widget in window.findChildren(object):
        if not isValid(widget) or not getattr(widget, "isWidgetType", lambda: False)() or not widget.isVisible():
            continue
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or widget.inherits("QLineEdit") or not widget.isEnabled():
            continue
        texts = ("QPlainTextEdit", "QTextEdit", "QAbstractSpinBox", "QComboBox")
        if any(widget.inherits(kind) for kind in texts) or widget.window() is not window:
            continue
        if widget.focusProxy() is not None:
            continue
        widget.setFocus()
        for key in ("Left", "Right"):
            here = window.bridge.session.cursor
            press(widget, key)
            assert window.bridge.session.cursor != here, (key, widget)


def test_text_fields_keep_their_keys(window, qtbot):
    fresh(window)
    field = QLineEdit(window)
    field.show()
    field.setFocus()
    QTest.keyClicks(field, "n1 ")
    press(field, "Left")
    assert field.text() == "n1 "
    assert window.bridge.session.cursor.index == 0
    field.deleteLater()


def test_tab_is_free_and_goes_round(window):
    assert not any(QKeySequence("Tab") in action.shortcuts() for action in window.findChildren(QAction))
    window.setFocus()
    seen = []
    for _ in range(60):
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget())
    assert len(set(seen)) > 8
    assert window.unrolled in seen


def test_enter_presses_what_has_the_focus(window):
    fresh(window)
    chip = window.bar.chips.chip(Phase.BACKWARD)
    chip.setFocus()
    QTest.keyClick(chip, Qt.Key.Key_Return)
    assert window.bridge.frame.position.phase is Phase.BACKWARD


def press(widget, key):
    QTest.keySequence(widget, QKeySequence(key))
    QApplication.processEvents()


def fresh(window):
    """At the start, nothing selected or running, no breakpoints."""
    bridge = window.bridge
    bridge.stop()
    bridge.stop()
    for point in bridge.session.breakpoints:
        bridge.edits.remove_breakpoint(point)
    bridge.set_grain(Grain.EQUATION)
    bridge.go_start()
    bridge.go_start()
    QApplication.processEvents()
