from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

from desktop.dialogs.name import NameDialog, NameQuestion
from desktop.style.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def dialog(qtbot):
    question = NameQuestion("Add a bookmark", "Name of this place", "iteration 40 · backward, t = 3", "Add")
    dialog = NameDialog(question, LIGHT)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_the_proposed_name_is_all_in_sight_and_selected(dialog):
    assert dialog.line.selectedText() == "iteration 40 · backward, t = 3"
    assert QFontMetrics(dialog.line.font()).horizontalAdvance(dialog.line.text()) < dialog.line.width() - 12


def test_it_answers_without_spaces_around(dialog):
    answers = []
    dialog.answered.connect(answers.append)
    dialog.line.setText("  here ")
    dialog.accept()
    assert answers == ["here"]


def test_nothing_is_no_name(dialog):
    dialog.line.setText("  ")
    assert not dialog.agree.isEnabled()
    dialog.reject()
    assert dialog.answer is None
