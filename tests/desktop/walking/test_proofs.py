"""Proofs on request: shown when they arrive, dropped when the run they were made for is gone."""

from __future__ import annotations

import pytest

from tests.desktop.windows import open_window


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        yield window


def test_a_check_arrives_in_the_inspector(window, qtbot):
    window.commands["phase_backward"].trigger()
    window.bridge.step_forward()
    shown = []
    window.proofs._show = shown.append
    window.commands["check_gradient"].trigger()
    qtbot.waitUntil(lambda: bool(shown), timeout=10_000)
    assert shown[0].verdict == "agrees"


def test_a_check_of_a_run_that_is_gone_is_dropped(window, qtbot):
    window.commands["phase_backward"].trigger()
    shown = []
    window.proofs._show = shown.append
    window.commands["check_gradient"].trigger()
    window.bridge.edits.set_weight("l0/b_f", (0,), 2.0)
    qtbot.waitUntil(lambda: not window.proofs.busy, timeout=10_000)
    assert shown == []
