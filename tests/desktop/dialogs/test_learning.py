from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Adam, Momentum
from core.learning.paces import Pace
from core.learning.step import LearningSettings
from core.regulariser.settings import Regulariser
from desktop.dialogs.learning import LearningDialog, learning_dialog
from desktop.dialogs.learning_fields import learning_words, of_kind, with_optimiser
from desktop.style.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def test_another_optimiser_begins_at_its_usual_rate() -> None:
    settings = LearningSettings(SGD(0.5, 0.01), Clipping("norm", 2.0), 3)
    assert of_kind(Adam, settings) == LearningSettings(Adam(weight_decay=0.01), Clipping("norm", 2.0), 3)
    assert with_optimiser(settings, rate=0.2).optimiser == SGD(0.2, 0.01)


def test_it_says_what_the_settings_mean() -> None:
    words = learning_words(LearningSettings(SGD(), Clipping("norm", 2.0), 3))
    assert "at most 2" in words
    assert "back 3 steps" in words


def test_only_what_an_optimiser_has_is_shown(qtbot: QtBot) -> None:
    answers: list[object] = []
    dialog = learning_dialog(None, LearningSettings(Momentum()), LIGHT, answers.append)
    assert dialog.fields.numbers["momentum"].isVisible()
    assert not dialog.fields.numbers["beta1"].isVisible()
    momentum = dialog.fields.numbers["momentum"]
    momentum.selectAll()
    momentum.insert("1.5")
    momentum.editingFinished.emit()
    assert not dialog.agree.isEnabled()
    assert "below 1" in dialog.problem.text()
    momentum.selectAll()
    momentum.insert("0.8")
    momentum.editingFinished.emit()
    dialog.accept()
    assert answers == [LearningSettings(Momentum(momentum=0.8))]


def test_the_regulariser_is_chosen_in_the_dialog(qtbot: QtBot) -> None:
    dialog = LearningDialog(LearningSettings(), LIGHT, layers=(("l0", "layer 1"), ("l1", "layer 2")))
    qtbot.addWidget(dialog)
    fields = dialog.fields.regulariser
    assert not any(box.isEnabled() for box in fields.boxes)
    fields.weight.selectAll()
    fields.weight.insert("-1")
    fields.weight.editingFinished.emit()
    assert not dialog.agree.isEnabled()
    assert "at least 0" in dialog.problem.text()
    fields.weight.selectAll()
    fields.weight.insert("0.5")
    fields.weight.editingFinished.emit()
    fields.state.setCurrentIndex(fields.state.findData("all"))
    fields.gradient.setCurrentIndex(fields.gradient.findData("held"))
    fields.layer.setCurrentIndex(fields.layer.findText("layer 1"))
    expected = LearningSettings(regulariser=Regulariser(0.5, "all", "held", "l0"))
    assert dialog.fields.settings == expected
    assert "Ω, weight 0.5" in learning_words(expected)
    assert "∇L held constant" in learning_words(expected)
    assert "Ω" not in learning_words(LearningSettings())


def test_units_that_learn_less_often_are_written_as_slices(qtbot: QtBot) -> None:
    dialog = LearningDialog(LearningSettings(paces=(Pace("l0", 2, 4, 8),)), LIGHT)
    qtbot.addWidget(dialog)
    field = dialog.fields.paces
    assert field.text() == "l0[4:8] every 2"
    field.selectAll()
    field.insert("l0[4:8] evry 2")
    field.textEdited.emit(field.text())
    assert not dialog.agree.isEnabled()
    assert "Write a layer, its units and a number" in dialog.problem.text()
    field.selectAll()
    field.insert("l0[:3] every 3; l1 every 2")
    field.textEdited.emit(field.text())
    field.editingFinished.emit()
    assert dialog.fields.settings.paces == (Pace("l0", 3, 0, 3), Pace("l1", 2))
    assert dialog.agree.isEnabled()
    assert "units learn less often: l0[:3] every 3; l1 every 2" in learning_words(dialog.fields.settings)
    assert dialog.fields.settings.optimiser == SGD()
