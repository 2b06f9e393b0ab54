from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.breakpoints import AtTime, DeadUnit, Explodes, GradientNorm, NonFinite, Saturated, Vanishes
from desktop.dialogs.breakpoint import BreakpointDialog
from desktop.style.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def dialog(qtbot: QtBot) -> BreakpointDialog:
    dialog = BreakpointDialog(("l0/f", "l0/h"), 9, LIGHT)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def choose(dialog: BreakpointDialog, kind: str) -> None:
    dialog.kind.setCurrentIndex(dialog.kind.findData(kind))


def test_every_kind_answers_its_breakpoint(dialog: BreakpointDialog) -> None:
    expected = {
        "below": GradientNorm("l0/h", 1e-3),
        "above": GradientNorm("l0/h", 10.0, True),
        "saturated": Saturated("l0/f", 0.95),
        "vanishes": Vanishes("l0/h", 1e-6),
        "explodes": Explodes("l0/h", 1e6),
        "dead": DeadUnit("l0/h"),
        "time": AtTime(0),
        "non-finite": NonFinite(),
    }
    for kind, point in expected.items():
        choose(dialog, kind)
        assert dialog.answer == point


@pytest.mark.parametrize(("kind", "text"), [("saturated", "0.2"), ("below", "0"), ("above", "x"), ("vanishes", "0")])
def test_a_threshold_that_means_nothing_is_refused(dialog: BreakpointDialog, kind: str, text: str) -> None:
    choose(dialog, kind)
    dialog.threshold.selectAll()
    dialog.threshold.insert(text)
    assert not dialog.agree.isEnabled()
    assert dialog.problem.isVisible()


def test_going_back_answers_nothing(dialog: BreakpointDialog) -> None:
    answers: list[object] = []
    dialog.answered.connect(answers.append)
    dialog.reject()
    assert answers == [None]
