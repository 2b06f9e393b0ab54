"""Every control of every dialog can be reached by the keyboard and has a name for those who do not see it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.cell import load_cell
from core.learning.step import LearningSettings
from core.network import build_network
from core.vocabulary import Vocabulary
from desktop.dialogs.breakpoint import BreakpointDialog
from desktop.dialogs.learning import LearningDialog
from desktop.dialogs.model import ModelDialog
from desktop.dialogs.network_numbers import Present
from desktop.dialogs.parameter import ParameterDialog
from desktop.dialogs.text_data import TextDataDialog
from desktop.dialogs.text_reading import Wanted
from desktop.dialogs.value import ValueDialog, ValueQuestion
from desktop.style.theme import DARK

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit)
NETWORK = build_network(load_cell("lstm", inputs=3, units=2), outputs=2)
DIALOGS: dict[str, Callable[[], QDialog]] = {
    "breakpoint": lambda: BreakpointDialog(("l0/f",), 9, DARK),
    "learning": lambda: LearningDialog(LearningSettings(), DARK),
    "model": lambda: ModelDialog(Present(NETWORK, NETWORK.initial_parameters(0)), DARK),
    "parameter": lambda: ParameterDialog("l0/W", np.zeros((3, 4)), DARK),
    "text": lambda: TextDataDialog(Wanted(Vocabulary(("a", "b")), 2, 2, ("x", "y")), "words", DARK),
    "number": lambda: ValueDialog(ValueQuestion("Overwrite c", 0.5), DARK),
    "token": lambda: ValueDialog(ValueQuestion("Input", "a", options=("a", "b")), DARK),
    "vector": lambda: ValueDialog(ValueQuestion("Input", np.zeros(3)), DARK),
}


def name_of(control: QWidget) -> str:
    return control.accessibleName() or getattr(control, "text", str)()


def is_own(control: QWidget) -> bool:
    """Not a part that Qt makes for another control."""
    inside = isinstance(control.parent(), QComboBox | QAbstractSpinBox | QAbstractItemView)
    return control.isVisible() and not inside and not control.objectName().startswith("qt_")


@pytest.mark.parametrize("name", DIALOGS)
def test_every_control_has_a_name_and_takes_the_keyboard(qtbot: QtBot, name: str) -> None:
    dialog = DIALOGS[name]()
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    assert dialog.windowTitle()
    controls = [each for kind in CONTROLS for each in dialog.findChildren(kind) if is_own(each)]
    assert len(controls) >= 2
    for control in controls:
        if not (isinstance(control, QAbstractButton) and control.parent().__class__.__name__ == "QLineEdit"):
            assert name_of(control), control
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus or control.focusProxy(), control
