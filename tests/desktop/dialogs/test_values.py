from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from desktop.dialogs.array_model import ArrayModel, contrast
from desktop.dialogs.parameter import ParameterDialog, edit_parameter
from desktop.dialogs.value import NO_TARGET, ValueDialog, ValueQuestion, edit_value
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT, Theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def asked(qtbot: QtBot, question: ValueQuestion) -> ValueDialog:
    dialog = ValueDialog(question, LIGHT)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def parameter(qtbot: QtBot, values: np.ndarray, index: tuple[int, ...] | None = None) -> ParameterDialog:
    dialog = ParameterDialog("l0/W_f", values, LIGHT, None, index)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_a_number_keeps_its_digits_until_another_is_typed(qtbot: QtBot) -> None:
    third = 1 / 3
    dialog = asked(qtbot, ValueQuestion("Overwrite c", third))
    assert dialog.answer == third
    for text, answer in (("−0.5", -0.5), ("1e-3", 1e-3), ("half", None), ("inf", None), ("", None)):
        dialog.part.field.selectAll()
        dialog.part.field.insert(text) if text else dialog.part.field.clear()
        assert dialog.answer == answer
        assert dialog.problem.isVisible() == (answer is None)


def test_a_number_can_be_given_to_all_units(qtbot: QtBot) -> None:
    dialog = asked(qtbot, ValueQuestion("Overwrite a", 0.9, units=3))
    assert dialog.part.all.isVisible()
    dialog.part.all.setChecked(True)
    dialog.part.field.selectAll()
    dialog.part.field.insert("0")
    assert dialog.answer.tolist() == [0.0, 0.0, 0.0]
    dialog.part.field.clear()
    assert dialog.answer is None
    dialog.part.field.insert("0.5")
    dialog.part.all.setChecked(False)
    assert dialog.answer == 0.5
    assert not asked(qtbot, ValueQuestion("Overwrite a", 0.9)).part.all.isVisible()


def test_a_token_is_found_by_typing(qtbot: QtBot) -> None:
    dialog = asked(qtbot, ValueQuestion("Input", "cats", options=("cat", "cats", "dog", "the")))
    assert dialog.answer == "cats"
    qtbot.keyClicks(dialog.part.line, "cat")
    assert dialog.answer == "cat"
    qtbot.keyClick(dialog.part.line, Qt.Key.Key_Down)
    assert dialog.answer == "cats"
    dialog.part.line.setText("zebra")
    assert dialog.answer is None
    assert not dialog.agree.isEnabled()
    dialog.part.line.clear()
    assert dialog.agree.isEnabled()


def test_no_target_can_be_chosen(qtbot: QtBot) -> None:
    dialog = asked(qtbot, ValueQuestion("Target", "were", options=("was", "were"), none="no target"))
    assert dialog.answer == "were"
    dialog.part.list.setCurrentIndex(dialog.part.list.model().index(0, 0))
    assert dialog.answer == NO_TARGET


def test_a_vector_is_a_small_table(qtbot: QtBot) -> None:
    now = np.array([0.1, 0.2, 0.3])
    dialog = asked(qtbot, ValueQuestion("Input", now))
    dialog.part.model.setData(dialog.part.model.index(1, 0), "5")
    assert dialog.answer.tolist() == [0.1, 5.0, 0.3]
    assert now.tolist() == [0.1, 0.2, 0.3]
    dialog.part.model.setData(dialog.part.model.index(1, 0), "x")
    assert dialog.problem.isVisible()


def test_values_are_asked_for_without_blocking(qtbot: QtBot) -> None:
    answers: list[object] = []
    edit_value(None, ValueQuestion("Overwrite c", 0.5), LIGHT, answers.append).accept()
    edit_parameter(None, "l0/b", np.zeros(2), DARK, done=answers.append).reject()
    assert answers == [0.5, None]


def test_entries_of_a_parameter_are_edited_and_told_apart(qtbot: QtBot) -> None:
    values = np.random.default_rng(0).normal(size=(3, 4))
    dialog = parameter(qtbot, values, (2, 1))
    assert dialog.table.currentIndex().row() == 2
    dialog.field.selectAll()
    dialog.field.insert("2.5")
    dialog.accept()
    answer = dialog.answer
    assert answer.changed == ((2, 1),)
    assert answer.values[2, 1] == 2.5
    kept = np.ones_like(values, bool)
    kept[2, 1] = False
    assert np.array_equal(answer.values[kept], values[kept])


def test_typing_in_a_cell_changes_it(qtbot: QtBot) -> None:
    dialog = parameter(qtbot, np.zeros(4))
    dialog.table.edit(dialog.model.index(3, 0))
    line = dialog.table.viewport().findChild(QLineEdit)
    line.setText("-1.5")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(dialog.model.changed))
    assert dialog.answer.changed == ((3,),)
    assert dialog.answer.values.tolist() == [0, 0, 0, -1.5]


def test_a_wrong_entry_is_said_and_cannot_be_accepted(qtbot: QtBot) -> None:
    dialog = parameter(qtbot, np.zeros((2, 2)))
    dialog.field.selectAll()
    dialog.field.insert("much")
    dialog.accept()
    assert dialog.isVisible()
    assert dialog.problem.isVisible()


def test_a_large_matrix_costs_no_more_than_what_is_seen(qtbot: QtBot) -> None:
    """Four million entries: asking for each of them would take minutes, so that the limit can be generous."""
    dialog = parameter(qtbot, np.zeros((2000, 2000)))
    start = time.thread_time()
    dialog.table.grab()
    assert time.thread_time() - start < 1.0


def test_colours_and_words_of_a_cell() -> None:
    model = ArrayModel(np.array([[1.0, -1.0], [0.0, np.nan]]), ColourMaps(LIGHT))
    assert model.data(model.index(0, 0), Qt.ItemDataRole.BackgroundRole) == LIGHT.state_positive
    assert model.data(model.index(0, 1), Qt.ItemDataRole.ToolTipRole) == "[1, 2] = −1"
    model.set_value(0, 0, 3.0)
    assert model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole) == "[1, 1] = 3, was 1"
    assert model.changed == ((0, 0),)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_numbers_can_be_read_on_every_colour(theme: Theme) -> None:
    model = ArrayModel(np.linspace(-1, 1, 41), ColourMaps(theme))
    for row in range(41):
        index = model.index(row, 0)
        ground, ink = index.data(Qt.ItemDataRole.BackgroundRole), index.data(Qt.ItemDataRole.ForegroundRole)
        assert contrast(ground, ink) >= 4.5
