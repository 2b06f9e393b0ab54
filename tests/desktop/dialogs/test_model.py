"""The dialog in which a network is built, driven by keys as a person drives it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from core.language import read_cell
from core.network import Network
from core.stack import Direction, LayerSpec, build_stack
from desktop.dialogs.model import ModelDialog, ask_model
from desktop.dialogs.model_choice import built_in_cells, check_text
from desktop.dialogs.network_numbers import ChosenNetwork, Present
from desktop.style.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Key, Mod = Qt.Key, Qt.KeyboardModifier
Open = Callable[[Network], ModelDialog]


def network(*layers: LayerSpec, **options: object) -> Network:
    stack = layers or (LayerSpec(read_cell("lstm"), 4),)
    return build_stack(stack, **{"inputs": 5, "outputs": 3, "loss": "cross-entropy", **options})


@pytest.fixture
def opened(qtbot: QtBot) -> Open:
    def open_on(now: Network) -> ModelDialog:
        dialog = ModelDialog(Present(now, now.check(now.initial_parameters(0))), LIGHT)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(dialog)
        dialog.open()
        qtbot.waitExposed(dialog)
        return dialog

    return open_on


def press(widget: QWidget, *keys: Qt.Key, modifier: Qt.KeyboardModifier = Mod.NoModifier) -> None:
    for key in keys:
        QTest.keyClick(widget, key, modifier)


def pick(box: QComboBox, data: object) -> None:
    """Choose an entry by the arrow keys."""
    for _ in range(box.count()):
        press(box, Key.Key_Up)
    while box.currentData() != data:
        before = box.currentIndex()
        press(box, Key.Key_Down)
        assert box.currentIndex() != before, f"there is no {data}"


def names(dialog: ModelDialog) -> list[str]:
    return [block.name for block in dialog.answer.network.layers]


def test_it_begins_with_the_model_that_is_walked(opened: Open) -> None:
    dialog = opened(network())
    assert dialog.layer.cell.cell.currentData() == "lstm"
    assert dialog.layer.units.value() == 4
    assert dialog.answer.same
    assert "present model" in dialog.words.text()
    assert "175 weights. Walked: l0 forward and readout." in dialog.words.text()


def test_layers_are_added_moved_and_removed_by_keys(opened: Open) -> None:
    dialog = opened(network())
    assert dialog.focusWidget() is dialog.list
    press(dialog.list, Key.Key_Insert)
    assert names(dialog) == ["l0", "l1"]
    dialog.layer.units.setFocus()
    dialog.layer.units.selectAll()
    QTest.keyClicks(dialog.layer.units, "9")
    press(dialog.list, Key.Key_Down, modifier=Mod.ControlModifier)
    assert [block.cell.units for block in dialog.answer.network.layers] == [9, 4]
    assert dialog.list.row.name == "l0"
    press(dialog.list, Key.Key_Down, modifier=Mod.ControlModifier)  # lower than the lowest there is no place
    press(dialog.list, Key.Key_Up)
    assert dialog.list.row.name == "l1"
    assert dialog.layer.units.value() == 4
    press(dialog.list, Key.Key_Delete)
    assert [block.cell.units for block in dialog.answer.network.layers] == [9]
    press(dialog.list, Key.Key_Delete)
    assert names(dialog) == ["l0"]  # the last one stays


def test_a_layer_is_dragged_to_another_place(opened: Open) -> None:
    dialog = opened(network(*(LayerSpec(read_cell("lstm"), units) for units in (4, 5, 6))))

    def middle(row: int) -> QPoint:
        return dialog.list.visualItemRect(dialog.list.item(row)).center()

    port, button = dialog.list.viewport(), Qt.MouseButton.LeftButton
    QTest.mousePress(port, button, pos=middle(1))
    QTest.mouseMove(port, middle(2))
    drag(dialog, middle(2))
    drag(dialog, middle(3))
    drag(dialog, middle(4))  # the input is no place for a layer
    QTest.mouseRelease(port, button, pos=middle(4))
    assert [block.cell.units for block in dialog.answer.network.layers] == [6, 4, 5]


def drag(dialog: ModelDialog, to: QPoint) -> None:
    """A move with the button held, which QTest does not send."""
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    left = Qt.MouseButton.LeftButton
    glob = QPointF(dialog.list.viewport().mapToGlobal(to))
    dialog.list.mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, QPointF(to), glob, left, left, Mod.NoModifier))


def test_a_network_of_both_directions_is_built_by_keys(opened: Open) -> None:
    dialog = opened(network())
    pick(dialog.layer.direction, "both")
    assert names(dialog) == ["l0", "l0.reverse", "l0.join"]
    assert "l0 forward, then l0 reverse, then join and readout" in dialog.words.text()
    pick(dialog.layer.join, "readout")
    assert names(dialog) == ["l0", "l0.reverse"]
    assert dialog.answer.network.head.cell.definition.name == "Softmax of both directions"
    pick(dialog.layer.join, "average")
    pick(dialog.layer.tied, True)
    assert dialog.answer.network.block("l0.reverse").tied == "l0"
    press(dialog.layer.aligned, Key.Key_Space)
    assert not dialog.answer.network.block("l0.reverse").aligned
    press(dialog.list, Key.Key_Up)
    pick(dialog.readout.readout, "identity")
    assert dialog.answer.network.loss == "squared"
    press(dialog.list, Key.Key_End)
    press(dialog.input.embedded, Key.Key_Space)
    assert dialog.answer.network.layers[0].name == "embedding"
    pick(dialog.input.padding, "carried")
    assert dialog.answer.network.padding == "carried"
    assert dialog.answer.choice.layers[0].direction is Direction.BOTH


def test_every_cell_that_ships_can_be_chosen(opened: Open) -> None:
    dialog = opened(network())
    cell = dialog.layer.cell.cell
    for name, _ in built_in_cells():
        pick(cell, name)
        assert dialog.answer is not None, name
        assert cell.currentData() == name


def test_own_equations_are_checked_while_one_types(opened: Open) -> None:
    dialog = opened(network())
    field = dialog.layer.cell
    field.editor.setPlainText("g = tanh(W @ x + b)\nh = tanhh(g)")
    assert not dialog.agree.isEnabled()
    assert field.wrong.text().startswith("Line 2, column 5:")
    assert field.place.isVisible()
    assert len(field.editor.extraSelections()) == 2
    assert dialog.list.row.wrong
    field.place.click()
    assert field.editor.textCursor().blockNumber() == 1
    field.editor.setPlainText("g = tanh(W @ x + b)\nh = tanh(g)")
    assert field.cell.currentText() == "Own equations"
    assert dialog.answer.network.layers[0].cell.definition.variables == ("g", "h")
    assert field.editor.extraSelections() == []
    assert not dialog.list.row.wrong


def test_what_is_wrong_in_another_layer_is_said_and_kept(opened: Open) -> None:
    dialog = opened(network(LayerSpec(read_cell("lstm"), 4), LayerSpec(read_cell("gru"), 4)))
    dialog.layer.cell.editor.setPlainText("h = tanhh(x)")
    press(dialog.list, Key.Key_Down)
    assert dialog.problem.text().startswith("l1: there is no function tanhh")
    assert not dialog.agree.isEnabled()
    assert dialog.layer.cell.wrong.isHidden()
    press(dialog.list, Key.Key_Up)
    assert dialog.layer.cell.editor.toPlainText() == "h = tanhh(x)"
    assert dialog.problem.isHidden()
    press(dialog.list, Key.Key_Delete)
    assert dialog.answer is not None


def test_a_cell_brings_fields_for_its_sizes(opened: Open) -> None:
    dialog = opened(network())
    pick(dialog.layer.cell.cell, "lstm_projected")
    field = dialog.layer.size_field("projection")
    field.setValue(2)
    assert dialog.answer.network.layers[0].cell.outputs == 2
    pick(dialog.layer.cell.cell, "gru")
    with pytest.raises(KeyError):
        dialog.layer.size_field("projection")


def test_a_cell_brings_fields_for_the_delays_it_names(opened: Open) -> None:
    dialog = opened(network())
    pick(dialog.layer.cell.cell, "rnn_skip_several")
    dialog.layer.size_field("d").setValue(3)
    assert dict(dialog.answer.network.layers[0].cell.definition.delays) == {"h": (1, 3, 16)}
    assert "[delays]" in dialog.layer.cell.editor.toPlainText()
    pick(dialog.layer.cell.cell, "rnn_leaky")
    with pytest.raises(KeyError):
        dialog.layer.size_field("d")


def test_a_readout_brings_its_own_losses(opened: Open) -> None:
    dialog = opened(network())
    press(dialog.list, Key.Key_Home)
    page = dialog.readout
    pick(page.readout, "identity")
    assert [page.loss.itemData(place) for place in range(page.loss.count())] == ["squared", ""]
    pick(page.readout, "relu")
    assert str(dialog.answer.network.head.cell.definition.equation("y").expression.operator) == "relu"
    pick(page.readout, "direct")
    assert "4 numbers" in page.wrong.text()
    assert dialog.answer is None
    pick(page.loss, "")
    assert dialog.answer.network.outputs == 4


def test_a_file_is_opened_also_when_it_is_wrong(opened: Open, tmp_path: Path) -> None:
    field = (dialog := opened(network())).layer.cell
    good, wrong, none = tmp_path / "good.toml", tmp_path / "wrong.toml", tmp_path / "none.toml"
    good.write_text('name = "Mine"\nequations = """\nh = tanh(W @ x)\n"""\n', encoding="utf-8")
    wrong.write_text('name = "Mine"\nequations = """\nh = tanh(W @\n"""\n', encoding="utf-8")
    none.write_bytes(b"\xff\xfe\x00")
    field.open_path(str(good))
    assert dialog.answer.choice.layers[0].definition.name == "Mine"
    field.open_path(str(wrong))
    assert dialog.answer is None
    assert "Line 3" in field.wrong.text()
    field.open_path(str(none))
    assert "cannot be read" in field.wrong.text()


def test_matrices_begin_as_chosen(opened: Open) -> None:
    dialog = opened(network())
    pick(dialog.layer.rule, "orthogonal")
    recurrent = dialog.answer.parameters["l0/U_f"]
    assert np.allclose(recurrent @ recurrent.T, np.eye(4))
    assert (dialog.answer.parameters["l0/b_f"] == 1).all()
    assert dialog.answer.keeps == {"head/V", "head/b"}
    dialog.layer.rule_value.clear()
    assert dialog.answer is None
    assert dialog.layer.wrong["rule"].isVisible()


def test_numbers_are_kept_or_new_ones(opened: Open) -> None:
    dialog = opened(network())
    assert np.shares_memory(dialog.answer.parameters["l0/W_f"], dialog.answer.before.parameters["l0/W_f"])
    press(dialog.keep, Key.Key_Space)
    dialog.seed.setValue(7)
    assert not dialog.answer.same
    assert np.array_equal(dialog.answer.parameters["l0/W_f"], network().initial_parameters(7)["l0/W_f"])


def test_everything_fits_a_small_screen(opened: Open) -> None:
    dialog = opened(network(*(LayerSpec(read_cell("lstm"), 4, Direction.BOTH) for _ in range(9))))
    hint = dialog.minimumSizeHint()
    assert hint.width() <= 1280
    assert hint.height() <= 680


@pytest.mark.parametrize("text", ["", "\n", "h", "h = ", "import os", "h = x[-1", "equations = 3", '"""', "é = é"])
def test_anything_typed_is_answered(text: str) -> None:
    assert check_text(text).definition is None


def test_it_opens_without_blocking(qtbot: QtBot) -> None:
    answers: list[object] = []
    numbers = network().initial_parameters(0)
    ask_model(None, network(), numbers, LIGHT, answers.append).accept()
    ask_model(None, network(), numbers, LIGHT, answers.append).reject()
    assert isinstance(answers[0], ChosenNetwork)
    assert answers[1] is None


def test_in_large_type_all_of_it_stays_on_the_screen(opened: Open, qapp: QApplication) -> None:
    before = QFont(qapp.font())
    larger = QFont(before)
    larger.setPixelSize(26)
    qapp.setFont(larger)
    try:
        layer = LayerSpec(read_cell("lstm"), 4, Direction.BOTH)
        dialog = opened(network(layer, layer))
        room = dialog.screen().availableSize()
        assert dialog.width() <= room.width()
        assert dialog.height() <= room.height()
        assert dialog.minimumSizeHint().width() <= room.width()
        for button in (dialog.add, dialog.remove, dialog.agree, dialog.back):
            assert dialog.rect().contains(QRect(button.mapTo(dialog, QPoint()), button.size()))
    finally:
        qapp.setFont(before)
