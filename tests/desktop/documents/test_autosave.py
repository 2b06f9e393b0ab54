"""Recovery snapshots: written while there is unsaved work, removed when all ends well, found after a crash."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytestqt.qtbot import QtBot

from core.files.snapshot import load_session, save_session
from core.frame import Cursor, View
from desktop.documents.autosave import Autosave, Leftover
from tests.core.files.sessions import assert_same_sessions, words_session

CRASH = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QLockFile
folder = Path(sys.argv[1])
lock = QLockFile(str(folder / "recovery-9-crashed.lock"))
lock.setStaleLockTime(0)
assert lock.tryLock(0)
os._exit(1)
"""


def make_bridge() -> SimpleNamespace:
    """What of the bridge autosave reads."""
    return SimpleNamespace(session=words_session(), view=View(unit=1), frame=object(), modified=False)


def saved(qtbot: QtBot, autosave: Autosave) -> None:
    autosave.save()
    qtbot.waitUntil(lambda: not autosave.busy)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*")) if folder.exists() else []


def test_unsaved_work_can_be_recovered(qtbot: QtBot, tmp_path: Path) -> None:
    bridge = make_bridge()
    autosave = Autosave(bridge, tmp_path / "new" / "folder")
    saved(qtbot, autosave)
    assert files_in(tmp_path) == []
    bridge.session.go_to(Cursor(1, 30))
    bridge.modified = True
    saved(qtbot, autosave)
    session, view = load_session(autosave.path)
    assert_same_sessions(bridge.session, session)
    assert view == bridge.view
    autosave.close()
    assert files_in(tmp_path / "new" / "folder") == []


def test_nothing_new_is_not_written_again(qtbot: QtBot, tmp_path: Path) -> None:
    bridge = make_bridge()
    bridge.modified = True
    autosave = Autosave(bridge, tmp_path)
    saved(qtbot, autosave)
    autosave.path.unlink()
    saved(qtbot, autosave)
    assert not autosave.path.exists()
    bridge.frame = object()
    saved(qtbot, autosave)
    assert autosave.path.exists()
    bridge.modified = False
    saved(qtbot, autosave)
    assert not autosave.path.exists()
    autosave.close()


def test_the_timer_saves(qtbot: QtBot, tmp_path: Path) -> None:
    bridge = make_bridge()
    bridge.modified = True
    autosave = Autosave(bridge, tmp_path, interval_ms=10)
    autosave.start()
    qtbot.waitUntil(autosave.path.exists)
    autosave.close()


def test_a_large_session_does_not_hold_up_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    bridge = make_bridge()
    bridge.session.go_to(Cursor(150, 0))
    bridge.modified = True
    autosave = Autosave(bridge, tmp_path)
    start = time.thread_time()
    autosave.save()
    assert time.thread_time() - start < 0.1
    qtbot.waitUntil(lambda: not autosave.busy)
    assert load_session(autosave.path)[0].cursor == Cursor(150, 0)
    autosave.close()


def crashed(folder: Path) -> Path:
    """A recovery snapshot whose program is gone."""
    path = folder / "recovery-9-crashed.gatewalk"
    save_session(words_session(), path)
    subprocess.run([sys.executable, "-c", CRASH, str(folder)], check=False, timeout=60)
    assert path.with_suffix(".lock").exists()
    return path


def test_what_a_crash_left_behind_is_found(qtbot: QtBot, tmp_path: Path) -> None:
    path = crashed(tmp_path)
    autosave = Autosave(make_bridge(), tmp_path)
    leftovers = autosave.leftovers()
    assert [leftover.path for leftover in leftovers] == [path]
    assert abs(leftovers[0].time.timestamp() - path.stat().st_mtime) < 1e-3
    assert autosave.leftovers() == leftovers
    assert Autosave(make_bridge(), tmp_path).leftovers() == []  # another window is not offered it too
    autosave.forget(leftovers[0])
    assert autosave.leftovers() == []
    assert files_in(tmp_path) == []


def test_a_leftover_that_nobody_decided_about_stays(qtbot: QtBot, tmp_path: Path) -> None:
    path = crashed(tmp_path)
    first = Autosave(make_bridge(), tmp_path)
    assert first.leftovers()
    first.close()
    assert [leftover.path for leftover in Autosave(make_bridge(), tmp_path).leftovers()] == [path]


def test_the_work_of_a_running_program_is_left_alone(qtbot: QtBot, tmp_path: Path) -> None:
    bridge = make_bridge()
    bridge.modified = True
    running = Autosave(bridge, tmp_path)
    saved(qtbot, running)
    assert Autosave(make_bridge(), tmp_path).leftovers() == []
    running.close()


def test_a_folder_that_cannot_be_written_is_said_once(qtbot: QtBot, tmp_path: Path) -> None:
    bridge = make_bridge()
    bridge.modified = True
    autosave = Autosave(bridge, tmp_path)
    autosave.path = tmp_path / "gone" / autosave.path.name
    autosave._locked = lambda: True  # type: ignore[method-assign]
    with qtbot.waitSignal(autosave.failed) as blocker:
        autosave.save()
    assert "cannot be written" in blocker.args[0]
    with qtbot.assertNotEmitted(autosave.failed):
        saved(qtbot, autosave)
    autosave.close()


def test_a_file_instead_of_a_folder(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bridge = make_bridge()
    bridge.modified = True
    autosave = Autosave(bridge, tmp_path / "file")
    saved(qtbot, autosave)
    assert autosave.leftovers() == []
    autosave.forget(Leftover(tmp_path / "not there", None))  # type: ignore[arg-type]
    autosave.close()


@pytest.fixture(autouse=True)
def _quiet(qtbot: QtBot) -> None:
    """An application for timers and threads."""
