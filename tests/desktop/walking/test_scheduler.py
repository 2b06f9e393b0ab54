from __future__ import annotations

from itertools import pairwise
from time import perf_counter

from pytestqt.qtbot import QtBot

from desktop.walking.scheduler import FrameScheduler


def test_the_last_frame_wins(qtbot: QtBot) -> None:
    scheduler, shown = FrameScheduler(), []
    scheduler.frame_due.connect(shown.append)
    for number in range(100):
        scheduler.submit({"number": number})
    assert shown == []
    qtbot.waitUntil(lambda: bool(shown), timeout=1000)
    qtbot.wait(40)
    assert shown == [{"number": 99}]


def test_frames_come_no_faster_than_the_display(qtbot: QtBot) -> None:
    scheduler, times, frames = FrameScheduler(tick_ms=20), [], []
    scheduler.frame_due.connect(lambda frame: (times.append(perf_counter()), frames.append(frame)))
    end = perf_counter() + 0.3
    while perf_counter() < end:
        scheduler.submit(perf_counter())
        qtbot.wait(1)
    qtbot.waitUntil(lambda: len(frames) > 3, timeout=1000)
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) >= 0.017  # timers may fire a little early
    assert frames == sorted(frames)


def test_flush_and_drop(qtbot: QtBot) -> None:
    scheduler, shown = FrameScheduler(), []
    scheduler.frame_due.connect(shown.append)
    scheduler.submit("now")
    scheduler.flush()
    assert shown == ["now"]
    scheduler.submit("never")
    scheduler.drop()
    scheduler.flush()
    qtbot.wait(30)
    assert shown == ["now"]
