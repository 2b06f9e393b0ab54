from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop.walking.animation import Tween


def test_progress_runs_from_zero_to_one(qtbot: QtBot) -> None:
    tween, seen = Tween(duration_ms=60), []
    tween.progressed.connect(seen.append)
    assert tween.progress == 1.0
    with qtbot.waitSignal(tween.finished, timeout=2000):
        tween.start()
        assert tween.running
        assert tween.progress < 1.0
    assert seen == sorted(seen)
    assert seen[-1] == tween.progress == 1.0
    assert not tween.running


def test_a_start_on_the_way_begins_again(qtbot: QtBot) -> None:
    tween, ends = Tween(duration_ms=80), []
    tween.finished.connect(lambda: ends.append(True))
    tween.start()
    qtbot.wait(30)
    tween.start()
    assert tween.progress < 0.5
    qtbot.waitUntil(lambda: bool(ends), timeout=2000)
    qtbot.wait(60)
    assert ends == [True]


def test_off_goes_straight_to_the_end(qtbot: QtBot) -> None:
    moving = [False]
    tween, seen = Tween(lambda: moving[0], duration_ms=1000), []
    tween.progressed.connect(seen.append)
    tween.start()
    assert seen == [1.0]
    moving[0] = True
    tween.start(0)
    assert seen == [1.0, 1.0]
    tween.start()
    assert tween.running
    tween.finish()
    assert (tween.progress, tween.running) == (1.0, False)
