from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.cell import load_cell
from core.learning.initialisers import Rule
from core.network import Network, build_network
from desktop.dialogs.model import ModelDialog, ask_model
from desktop.dialogs.model_choice import ModelChoice, built_in_cells, check_text, choice_of, network_of, parameters_of
from desktop.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def lstm() -> Network:
    return build_network(load_cell("lstm", inputs=5, units=4), outputs=3)


@pytest.fixture
def dialog(qtbot: QtBot) -> ModelDialog:
    dialog = ModelDialog(choice_of(lstm()), 5, 3, LIGHT)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_it_begins_with_the_model_that_is_walked(dialog: ModelDialog) -> None:
    assert dialog.cell.currentData() == "lstm"
    assert dialog.settings.units.value() == 4
    assert dialog.answer.network.parameter_shapes == lstm().parameter_shapes
    assert dialog.answer.choice.readout == "softmax"


def test_every_cell_that_ships_can_be_chosen(dialog: ModelDialog) -> None:
    for place, (name, _) in enumerate(built_in_cells()):
        dialog.cell.setCurrentIndex(place)
        dialog.cell.activated.emit(place)
        assert dialog.answer is not None, name
        assert dialog.cell.currentData() == name


def test_own_equations_are_checked_while_one_types(dialog: ModelDialog) -> None:
    dialog.editor.setPlainText("g = tanh(W @ x + b)\nh = tanhh(g)")
    assert not dialog.agree.isEnabled()
    assert dialog.problem.text().startswith("Line 2, column 5:")
    assert dialog.place.isVisible()
    assert len(dialog.editor.extraSelections()) == 2
    dialog.place.click()
    assert dialog.editor.textCursor().blockNumber() == 1
    dialog.editor.setPlainText("g = tanh(W @ x + b)\nh = tanh(g)")
    assert dialog.cell.currentText() == "Own equations"
    assert dialog.answer.network.layers[0].cell.definition.variables == ("g", "h")
    assert dialog.editor.extraSelections() == []


def test_a_readout_brings_its_own_losses(dialog: ModelDialog) -> None:
    settings = dialog.settings
    settings.readout.setCurrentIndex(settings.readout.findData("identity"))
    assert [settings.loss.itemData(place) for place in range(settings.loss.count())] == ["squared", ""]
    assert dialog.answer.network.loss == "squared"
    settings.readout.setCurrentIndex(settings.readout.findData("direct"))
    assert "4 numbers" in dialog.problem.text()
    assert dialog.answer is None


def test_a_file_is_opened_also_when_it_is_wrong(dialog: ModelDialog, tmp_path: Path) -> None:
    good, wrong, none = tmp_path / "good.toml", tmp_path / "wrong.toml", tmp_path / "none.toml"
    good.write_text('name = "Mine"\nequations = """\nh = tanh(W @ x)\n"""\n', encoding="utf-8")
    wrong.write_text('name = "Mine"\nequations = """\nh = tanh(W @\n"""\n', encoding="utf-8")
    none.write_bytes(b"\xff\xfe\x00")
    dialog.open_path(str(good))
    assert dialog.answer.choice.definition.name == "Mine"
    dialog.open_path(str(wrong))
    assert dialog.answer is None
    assert "Line 3" in dialog.problem.text()
    dialog.open_path(str(none))
    assert "cannot be read" in dialog.problem.text()


def test_matrices_begin_as_chosen(dialog: ModelDialog) -> None:
    dialog.settings.rule.setCurrentIndex(dialog.settings.rule.findData("orthogonal"))
    recurrent = dialog.answer.parameters["l0/U_f"]
    assert np.allclose(recurrent @ recurrent.T, np.eye(4))
    assert (dialog.answer.parameters["l0/b_f"] == 1).all()
    dialog.settings.rule_value.clear()
    assert dialog.answer is None


def test_the_same_seed_gives_the_same_numbers() -> None:
    choice = ModelChoice(check_text("h = tanh(W @ x + U @ h[-1] + b)").definition, 6, seed=7, rule=Rule("scaled", 2.0))
    network = network_of(choice, 3, 2)
    first, second = parameters_of(choice, network), parameters_of(choice, network)
    assert all(np.array_equal(first[path], second[path]) for path in first)


@pytest.mark.parametrize("text", ["", "\n", "h", "h = ", "import os", "h = x[-1", "equations = 3", '"""', "é = é"])
def test_anything_typed_is_answered(text: str) -> None:
    assert check_text(text).definition is None


def test_it_opens_without_blocking(qtbot: QtBot) -> None:
    answers: list[object] = []
    ask_model(None, lstm(), LIGHT, answers.append).accept()
    ask_model(None, lstm(), LIGHT, answers.append).reject()
    assert answers[0].network.parameter_shapes == lstm().parameter_shapes
    assert answers[1] is None
