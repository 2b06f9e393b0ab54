from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from core.cell import load_cell
from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Adam, Momentum
from core.learning.step import LearningSettings
from core.network import build_network
from desktop.style.theme import DARK, LIGHT
from desktop.views.side.model import ModelPanel
from desktop.views.side.records import model_summary

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def panel(qtbot: QtBot) -> ModelPanel:
    panel = ModelPanel(LIGHT)
    qtbot.addWidget(panel)
    network = build_network(load_cell("lstm", inputs=5, units=4), outputs=3)
    panel.show_model(model_summary(network, "Subject and verb", True))
    panel.show_learning(LearningSettings())
    panel.resize(220, 700)
    panel.show()
    return panel


def said(panel: ModelPanel) -> list[object]:
    heard: list[object] = []
    for signal in (panel.change_requested, panel.learning_changed, panel.edit_requested):
        signal.connect(heard.append)
    return heard


def test_a_parameter_asks_to_be_edited(panel: ModelPanel, qtbot: QtBot) -> None:
    heard = said(panel)
    panel.parameters.selectRow(0)
    panel.parameters.setFocus()
    qtbot.keyClick(panel.parameters, Qt.Key.Key_Return)
    panel.parameters.doubleClicked.emit(panel.parameters.model().index(1, 0))
    assert [kind for kind, _, _ in heard] == ["parameter", "parameter"]
    assert all(path.startswith("l0/") and where is None for _, path, where in heard)


def test_another_model_is_asked_for(panel: ModelPanel, qtbot: QtBot) -> None:
    heard = said(panel)
    qtbot.mouseClick(panel.change, Qt.MouseButton.LeftButton)
    assert heard == [None]


def test_settings_change_in_place(panel: ModelPanel, qtbot: QtBot) -> None:
    heard, fields = said(panel), panel.learning.fields
    rate = fields.numbers["rate"]
    rate.selectAll()
    qtbot.keyClicks(rate, "0.05")
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    fields.rule.setCurrentIndex(1)
    fields.window.setValue(3)
    assert heard[-1] == LearningSettings(SGD(0.05), Clipping("norm", 1.0), 3)
    fields.optimiser.setCurrentIndex(2)
    assert heard[-1].optimiser == Adam()


def test_what_cannot_be_used_is_said_and_not_emitted(panel: ModelPanel, qtbot: QtBot) -> None:
    heard, rate = said(panel), panel.learning.fields.numbers["rate"]
    for wrong in ("-1", "much", "nan", ""):
        rate.selectAll()
        rate.del_()
        qtbot.keyClicks(rate, wrong)
        rate.editingFinished.emit()
        assert panel.learning.fields.problem, wrong
    assert heard == []
    panel.show_learning(LearningSettings(SGD(0.2)))
    assert panel.learning.fields.problem == ""


def test_showing_settings_emits_nothing(panel: ModelPanel) -> None:
    heard = said(panel)
    panel.show_learning(LearningSettings(Momentum(0.3, 0.5, True), Clipping("value", 2.0), 4))
    assert heard == []
    assert panel.learning.fields.window.value() == 4


def test_the_dialog_changes_settings_too(panel: ModelPanel) -> None:
    heard = said(panel)
    dialog = panel.learning.open_dialog()
    dialog.fields.optimiser.setCurrentIndex(1)
    dialog.fields.nesterov.setChecked(True)
    dialog.accept()
    assert heard == [LearningSettings(Momentum(nesterov=True))]
    assert panel.learning.open_dialog().reject() is None
    assert len(heard) == 1


def test_without_a_model_it_says_what_to_do(panel: ModelPanel) -> None:
    panel.show_model(None)
    assert not panel.parameters.isVisible()
    assert panel.change.isVisible()


@pytest.mark.parametrize("width", [200, 320])
def test_nothing_is_wider_than_the_panel(panel: ModelPanel, qtbot: QtBot, width: int) -> None:
    panel.set_theme(DARK)
    panel.resize(width, 700)
    qtbot.wait(1)
    for kind in (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox):
        for control in panel.findChildren(kind):
            if control.isVisible():
                right = control.mapTo(panel, control.rect().topRight()).x()
                assert right <= width, control.accessibleName()


def test_every_control_has_a_name(panel: ModelPanel) -> None:
    for kind in (QAbstractButton, QComboBox, QAbstractSpinBox):
        for control in panel.findChildren(kind):
            own = not control.objectName().startswith("qt_")
            assert not own or control.accessibleName() or getattr(control, "text", str)(), control
