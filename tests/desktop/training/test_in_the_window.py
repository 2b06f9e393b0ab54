"""The panel, its keys, and leaving."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.files.weights import read_weights
from desktop.dialogs import ask
from desktop.training.plan import Plan
from desktop.training.status import Stage
from tests.desktop.training.waiting import wait_for_rest, wait_until
from tests.desktop.windows import open_window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        yield window
        window.trainer.end()


def train(window, iterations: int = 6) -> None:
    window.trainer.set_plan(Plan(True, iterations, 8, 5))
    window.commands["train"].trigger()
    wait_for_rest(window.trainer)


@pytest.fixture
def panel(window):
    window.panels.bring("training")
    return window.panels["training"].view


def test_before_it_begins_the_panel_says_what_is_learned_from(panel):
    text = panel.sentence.text()
    assert "“agreement”" in text
    assert "after 900 iterations" in text
    assert "Adam" in text
    assert panel.controls.start.text() == "Train"
    assert panel.controls.weights.isVisible()
    assert not panel.controls.walk.isVisible()
    assert panel.curves.isHidden()


def test_the_fields_make_the_plan(window, panel):
    controls = panel.controls
    controls.weights.setCurrentIndex(1)
    controls.weights.activated.emit(1)
    controls.iterations.setValue(7)
    controls.batch.setValue(4)
    controls.seed.setValue(11)
    assert window.trainer.plan == Plan(True, 7, 4, 11)
    assert "initial weights" in panel.sentence.text()


def test_t_trains_and_pauses_and_esc_stops(window, panel):
    window.trainer.set_plan(Plan(True, 100_000, 8, 5))
    QTest.keyClick(window, Qt.Key.Key_T)
    wait_until(lambda: len(window.trainer.status.marks) > 3)
    assert panel.controls.start.text() == "Pause"
    QTest.keyClick(window, Qt.Key.Key_T)
    wait_for_rest(window.trainer)
    assert window.trainer.status.stage is Stage.PAUSED
    assert panel.controls.start.text() == "Go on"
    QTest.keyClick(window, Qt.Key.Key_T)
    wait_until(lambda: window.trainer.status.stage is Stage.RUNNING)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    wait_for_rest(window.trainer)
    assert window.trainer.status.stage is Stage.PAUSED


def test_training_brings_its_panel_forward(window):
    assert not window.panels["training"].seen
    train(window, 2)
    wait_until(lambda: window.panels["training"].seen)


def test_the_curves_show_what_was_measured(window, panel):
    train(window, 6)
    curves = panel.curves
    assert not curves.isHidden()
    assert curves._series.count == 7
    assert all(chart.cursor_line.isVisible() for chart in curves.charts)
    assert "Done: 6 iterations." in panel.sentence.text()
    assert "right verbs on held-out sequences" in panel.sentence.text()


def test_a_click_in_a_curve_chooses_an_iteration_and_w_walks_it(window, panel):
    train(window, 6)
    panel.curves.loss.pointed.emit((2.2, 0.0))
    assert window.trainer.status.chosen == 2
    assert panel.controls.number.value() == 2
    assert "In iteration 2" in panel.sentence.text()
    QTest.keyClick(window, Qt.Key.Key_W)
    wait_for_rest(window.trainer)
    assert window.bridge.session.setup.sequence.batch == 8
    assert window.bridge.session.undo_label == "walk iteration 2 of a training"
    assert window.windowTitle()


def test_k_keeps_and_the_number_chooses(window, panel):
    train(window, 6)
    panel.controls.number.setValue(4)
    QTest.keyClick(window, Qt.Key.Key_K)
    wait_for_rest(window.trainer)
    assert window.bridge.session.setup.training.done == 4
    window.commands["end_training"].trigger()
    assert "after 4 iterations" in panel.sentence.text()


def test_weights_are_saved_with_their_recipe(window, panel, tmp_path, monkeypatch):
    train(window, 6)
    window.trainer.keep()
    wait_for_rest(window.trainer)
    file = tmp_path / "learned.npz"
    monkeypatch.setattr(window.files, "ask_where", lambda *_: file)
    window.commands["save_weights"].trigger()
    weights = read_weights(file)
    (stage,) = weights.recipe["stages"]
    assert (stage["iterations"], stage["batch"], stage["seed"]) == (6, 8, 5)
    assert (weights.recipe["task"]["name"], weights.recipe["scenario"]) == ("agreement", "Subject and verb")
    window.bridge.edits.set_weight("l0/b_f", (0,), 3.0)
    window.commands["save_weights"].trigger()
    assert read_weights(file).recipe == {}


@pytest.mark.parametrize(
    ("answer", "leaves", "kept"), [("save", True, 6), ("discard", True, 900), ("cancel", False, 900)]
)
def test_leaving_asks_what_is_to_happen_to_what_was_learned(window, panel, monkeypatch, answer, leaves, kept):
    train(window, 6)
    asked = []
    monkeypatch.setattr(ask, "ask_unkept", lambda _parent, count: (asked.append(count), answer)[1])
    monkeypatch.setattr(ask, "ask_unsaved", lambda *_: ask.DISCARD)
    assert window.files.may_lose_work() is leaves
    assert asked == [6]
    assert window.bridge.session.setup.training.done == kept


def test_what_was_kept_is_not_asked_for(window, panel, monkeypatch):
    train(window, 3)
    window.trainer.keep()
    wait_for_rest(window.trainer)
    monkeypatch.setattr(ask, "ask_unkept", lambda *_: pytest.fail("nothing would be lost"))
    monkeypatch.setattr(ask, "ask_unsaved", lambda *_: ask.DISCARD)
    assert window.files.may_lose_work()


def test_every_control_has_a_name_and_nothing_takes_tab(panel):
    controls = panel.controls
    for part in (controls.start, controls.weights, controls.iterations, controls.batch, controls.seed, controls.number):
        assert part.accessibleName()
    assert panel.accessibleName()
