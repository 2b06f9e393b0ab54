"""Work beside the window waits for the window, but never for long."""

from __future__ import annotations

from time import perf_counter

import pytest
from PySide6.QtCore import QEventLoop, QTimer

from desktop.training.courtesy import PATIENCE_S, Courtesy


@pytest.fixture
def courtesy(qapp):
    made = Courtesy()
    yield made
    made.cease()


def waited(courtesy: Courtesy) -> float:
    start = perf_counter()
    courtesy.wait()
    return perf_counter() - start


def test_nobody_waits_before_anybody_listens(courtesy):
    assert waited(courtesy) < PATIENCE_S / 2


def test_while_the_window_is_busy_the_work_waits_a_little(courtesy):
    courtesy.listen()
    found = []
    loop = QEventLoop()
    QTimer.singleShot(30, lambda: (found.append(waited(courtesy)), loop.quit()))  # inside a turn of the event loop
    loop.exec()
    assert found[0] >= PATIENCE_S * 0.9


def test_when_it_ceases_nobody_waits(courtesy):
    courtesy.listen()
    loop = QEventLoop()
    QTimer.singleShot(0, loop.quit)
    loop.exec()
    courtesy.cease()
    assert waited(courtesy) < PATIENCE_S / 2
