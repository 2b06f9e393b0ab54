from __future__ import annotations

import time

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from core.sequence import Sequence, from_numbers, from_text, last_target, next_token_targets
from desktop.style.theme import DARK, LIGHT
from desktop.views.side.data import DataPanel, target_text
from desktop.views.side.loss_choice import steps_in, steps_text
from tests.desktop.fake_frames import fake_frame

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
TEXT = "the cats that the dog chased yesterday often"


def shown(qtbot: QtBot, sequence: Sequence | None, width: int = 220, height: int = 300) -> DataPanel:
    panel = DataPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_sequence(sequence)
    panel.resize(width, height)
    panel.show()
    qtbot.wait(1)
    return panel


def agreement() -> Sequence:
    return last_target(from_text(TEXT), "were", ("was", "were"))


def test_the_step_of_the_walk_is_lit(qtbot: QtBot) -> None:
    panel = shown(qtbot, agreement())
    panel.show_frame(fake_frame(T=8, t=5))
    assert panel.chips.current == 5
    assert "chased" in panel.chips.accessibleName()
    frame = fake_frame(T=8, t=5)
    panel.show_frame(replace(frame, view=replace(frame.view, t=1)))
    assert panel.chips.current == 1


def test_a_shorter_sequence_may_come_before_its_frame(qtbot: QtBot) -> None:
    panel = shown(qtbot, agreement())
    panel.show_frame(fake_frame(T=8, t=7))
    panel.show_sequence(from_text("two words"))
    assert "2 steps" in panel.chips.accessibleName()


def test_a_click_jumps_and_a_double_click_edits(qtbot: QtBot) -> None:
    panel = shown(qtbot, agreement())
    place = panel.chips.area_of(4).center().toPoint()
    with qtbot.waitSignal(panel.jump_requested) as jumped:
        qtbot.mouseClick(panel.chips.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert jumped.args == [4]
    with qtbot.waitSignal(panel.edit_requested) as asked:
        qtbot.mouseDClick(panel.chips.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [("input", "", 4)]


def test_the_keyboard_does_the_same(qtbot: QtBot) -> None:
    panel = shown(qtbot, agreement())
    jumps: list[object] = []
    edits: list[object] = []
    panel.jump_requested.connect(jumps.append)
    panel.edit_requested.connect(edits.append)
    for _ in range(3):
        qtbot.keyClick(panel.chips, Qt.Key.Key_Down)
    qtbot.keyClick(panel.chips, Qt.Key.Key_Return)
    qtbot.keyClick(panel.chips, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.mouseClick(panel.target, Qt.MouseButton.LeftButton)
    assert jumps == [3]
    assert edits == [("input", "", 3), ("target", "", 7)]


def test_targets_and_losses_are_said(qtbot: QtBot) -> None:
    panel = shown(qtbot, agreement())
    assert panel.target.text() == "were"
    assert panel.chips.shown.underlined == frozenset({7})
    panel.show_sequence(next_token_targets(from_text(TEXT)))
    panel.show_frame(fake_frame(T=8, t=2))
    assert panel.target.text() == "the"
    assert panel.chips.shown.underlined == frozenset()
    panel.show_sequence(next_token_targets(from_text(TEXT)).with_loss_at((1, 2)))
    assert panel.chips.shown.underlined == frozenset({1, 2})
    assert panel.loss.line.text() == "2-3"


def test_the_loss_can_be_placed(qtbot: QtBot) -> None:
    panel = shown(qtbot, next_token_targets(from_text(TEXT)))
    heard: list[object] = []
    panel.loss_requested.connect(heard.append)
    panel.loss.box.setCurrentIndex(1)
    panel.loss.box.activated.emit(1)
    panel.loss.box.setCurrentIndex(2)
    panel.loss.box.activated.emit(2)
    panel.loss.line.setText("2, 4-5")
    panel.loss.line.editingFinished.emit()
    assert heard == ["last", (1, 3, 4)]
    for wrong in ("8", "0", "a", "5-2"):  # the last step has no target
        panel.loss.line.setText(wrong)
        panel.loss.line.editingFinished.emit()
        assert panel.loss.problem.text(), wrong
    assert len(heard) == 2


def test_the_menu_switches_the_loss_of_one_step(qtbot: QtBot) -> None:
    panel = shown(qtbot, next_token_targets(from_text(TEXT)))
    heard: list[object] = []
    panel.loss_requested.connect(heard.append)
    menu: QMenu = panel.menu_for(2)
    menu.actions()[-1].trigger()
    assert heard == [(0, 1, 3, 4, 5, 6)]
    assert len(panel.menu_for(7).actions()) == 3


def test_numbers_and_batches_have_words_too(qtbot: QtBot) -> None:
    panel = shown(qtbot, from_numbers(np.arange(24.0).reshape(4, 2, 3)))
    assert panel.sample.isVisibleTo(panel)
    assert panel.sample.number.value() == 1
    assert "no targets" in panel.words.text()
    frame = fake_frame(T=4, t=1)
    panel.show_frame(replace(frame, view=replace(frame.view, sample=1)))
    assert panel.sample.number.value() == 2


def test_without_data_it_says_what_to_do(qtbot: QtBot) -> None:
    panel = shown(qtbot, None)
    assert "Type or paste" in panel.words.text()
    heard: list[str] = []
    panel.open_text_requested.connect(lambda _none: heard.append("text"))
    panel.open_file_requested.connect(lambda _none: heard.append("file"))
    panel.type_text.click()
    panel.open_file.click()
    assert heard == ["text", "file"]


def test_twenty_thousand_tokens_stay_fast(qtbot: QtBot) -> None:
    """Generous, as it is a guard against drawing or laying out everything at every step."""
    tokens = tuple(TEXT.split() * 2500)
    panel = shown(qtbot, Sequence(np.zeros((len(tokens), 1, 1)), tokens))
    frames = [fake_frame(T=9, t=t) for t in (3, 4)]
    start = time.thread_time()
    for number in range(20):
        panel.show_frame(frames[number % 2])
        panel.chips.viewport().repaint()
    assert (time.thread_time() - start) / 20 < 0.02
    assert panel.chips.height() < 300
    panel.chips.show_current(19_999)
    assert panel.chips.viewport().rect().contains(panel.chips.area_of(19_999).center().toPoint())


def test_it_takes_another_theme_and_width(qtbot: QtBot) -> None:
    panel = shown(qtbot, agreement())
    panel.set_theme(DARK)
    rows = panel.chips.area_of(7).top()
    panel.resize(400, 300)
    qtbot.wait(1)
    assert panel.chips.area_of(7).top() < rows
    assert panel.chips.grab().toImage().pixelColor(3, 3) is not None


@pytest.mark.parametrize("width", [160, 200, 320])
def test_nothing_is_wider_than_the_panel(qtbot: QtBot, width: int) -> None:
    panel = shown(qtbot, agreement(), width)
    for control in (panel.target, panel.loss.box, panel.type_text, panel.open_file):
        assert control.mapTo(panel, control.rect().topRight()).x() <= width


def test_numbers_as_targets_are_said() -> None:
    sequence = from_numbers([[1.0], [2.0]]).with_target(1, [0.25, -1.5])
    assert target_text(sequence, 1, 0) == "0.25, −1.5"
    assert target_text(sequence, 0, 0) == ""


@pytest.mark.parametrize(
    ("text", "steps"), [("3, 5-7", (2, 4, 5, 6)), ("1", (0,)), ("2 - 3 9", (1, 2, 8)), ("x", None)]
)
def test_steps_are_read_as_people_write_them(text: str, steps: tuple[int, ...] | None) -> None:
    assert steps_in(text) == steps
    if steps:
        assert steps_in(steps_text(steps)) == steps
