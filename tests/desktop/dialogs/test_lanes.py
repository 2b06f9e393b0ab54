"""Lanes are added, renamed, led and removed in one dialog; every change can be undone."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QPushButton

from core.files.snapshot import save_session
from tests.desktop.windows import open_window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        yield window


@pytest.fixture
def dialog(window):
    window.commands["lanes"].trigger()
    found = window.findChild(QDialog, "lanes_dialog")
    yield found
    found.reject()


def names(window):
    return [lane.name for lane in window.bridge.frame.lanes]


def button(dialog, name):
    return next(each for each in dialog.findChildren(QPushButton) if each.accessibleName() == name)


def choose(dialog, way):
    dialog.kinds.button(way).setChecked(True)
    dialog.add.click()


def test_another_cell_stands_beside_the_lead(window, dialog):
    dialog.cell.setCurrentIndex(dialog.cell.findData("gru"))
    dialog.add.click()
    assert names(window) == ["LSTM", "GRU"]
    assert dialog.rows.count() == 3 + 4
    window.bridge.undo()
    assert names(window) == ["LSTM"]


def test_other_weights_and_earlier_iterations(window, dialog):
    choose(dialog, 1)
    window.bridge.go_end()
    window.bridge.next_event()
    dialog.iteration.setValue(0)
    choose(dialog, 2)
    assert len(names(window)) == 3


def test_what_is_not_there_is_said_and_adds_nothing(window, dialog):
    said = []
    window.bridge.reported.connect(said.append)
    choose(dialog, 3)
    assert names(window) == ["LSTM"]
    assert said


def test_the_walk_before_an_edit(window, dialog):
    window.bridge.edits.set_weight("l0/b_f", (0,), 2.0)
    choose(dialog, 3)
    assert len(names(window)) == 2


def test_a_saved_session(window, dialog, tmp_path, monkeypatch):
    file = tmp_path / "saved.gatewalk"
    save_session(window.bridge.session, file)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    choose(dialog, 4)
    assert names(window) == ["LSTM", "saved"]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    choose(dialog, 4)
    assert len(names(window)) == 2


def test_lanes_are_renamed_led_and_removed(window, dialog):
    choose(dialog, 0)
    field = next(each for each in dialog.findChildren(QLineEdit) if each.text() == "Simple RNN")
    field.setText("plain")
    field.editingFinished.emit()
    assert names(window) == ["LSTM", "plain"]
    button(dialog, "Lead: plain").click()
    assert names(window) == ["Simple RNN", "LSTM"]  # the lead is called after its cell
    button(dialog, f"Remove: {names(window)[1]}").click()
    assert names(window) == ["Simple RNN"]


def test_four_lanes_are_the_most(window, dialog):
    for _ in range(3):
        assert dialog.add.isEnabled()
        choose(dialog, 0)
    assert len(names(window)) == 4
    assert not dialog.add.isEnabled()
    assert dialog.add.toolTip()


@pytest.mark.parametrize("name", ["beside_rnn_tanh", "beside_lstm", "beside_gru", "beside_start"])
def test_a_command_puts_a_lane_beside_the_lead(window, name):
    window.commands[name].trigger()
    assert len(names(window)) == 2
