"""Work beside the window waits for the window, but never for long."""

from __future__ import annotations

import threading
from time import perf_counter, sleep

import pytest

from desktop.training.courtesy import PATIENCE_S, Courtesy
from tests.desktop.training.waiting import wait_until


class Asking(threading.Thread):
    """Asks once, and notes how long that took."""

    def __init__(self, courtesy: Courtesy) -> None:
        super().__init__()
        self._courtesy, self.seconds = courtesy, 0.0

    def run(self) -> None:
        start = perf_counter()
        self._courtesy.wait()
        self.seconds = perf_counter() - start


@pytest.fixture
def courtesy(qapp):
    return Courtesy()


def test_a_window_with_nothing_to_do_answers_at_once(courtesy):
    waits = []
    for _ in range(5):
        asking = Asking(courtesy)
        asking.start()
        wait_until(lambda asking=asking: not asking.is_alive())
        waits.append(asking.seconds)
        sleep(0.005)
    assert min(waits) < PATIENCE_S / 2


def test_while_the_window_is_busy_the_work_waits_but_not_for_long(courtesy):
    asking = Asking(courtesy)
    asking.start()
    asking.join(5.0)  # the window does not come to its events
    assert not asking.is_alive()
    assert asking.seconds >= 0.9 * PATIENCE_S


def test_it_does_not_ask_after_every_little_piece(courtesy):
    first, second = Asking(courtesy), Asking(courtesy)
    first.start()
    first.join(5.0)
    courtesy._since += 1000.0  # as if it had just been answered
    second.run()
    assert second.seconds < PATIENCE_S / 2
