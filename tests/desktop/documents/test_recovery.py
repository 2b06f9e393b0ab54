"""After a crash the unsaved work is offered, and what was answered is done."""

from __future__ import annotations

import pytest

from desktop.dialogs import ask
from desktop.documents.autosave import Autosave
from desktop.documents.recovery import Recovery
from tests.desktop.windows import open_window


@pytest.fixture
def crashed(qapp, tmp_path, qtbot):
    """A folder in which a program has left unsaved work behind."""
    with open_window(tmp_path) as window:
        autosave = Autosave(window.bridge, tmp_path / "recovery")
        window.bridge.edits.add_bookmark("before the crash")
        autosave.save()
        qtbot.waitUntil(lambda: not autosave.busy)
        content = autosave.path.read_bytes()
        autosave.close()
    (tmp_path / "recovery" / "recovery-1-crashed.gatewalk").write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(("answer", "marks", "left"), [(ask.RECOVER, 1, 0), (ask.FORGET, 0, 0), (ask.CANCEL, 0, 1)])
def test_what_was_answered_is_done(crashed, monkeypatch, answer, marks, left):
    monkeypatch.setattr(ask, "ask_recovery", lambda _window, _when, done: done(answer))
    with open_window(crashed) as window:
        autosave = Autosave(window.bridge, crashed / "recovery")
        recovery = Recovery(window.bridge, window.files, autosave, window)
        recovery.offer()
        assert len(window.bridge.session.bookmarks) == marks
        assert window.bridge.modified == bool(marks)
        recovery.close()
    assert len(list((crashed / "recovery").glob("*.gatewalk"))) == left


def test_without_a_crash_nothing_is_asked(qapp, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(ask, "ask_recovery", lambda *arguments: asked.append(arguments))
    with open_window(tmp_path) as window:
        recovery = Recovery(window.bridge, window.files, Autosave(window.bridge, tmp_path / "recovery"), window)
        recovery.offer()
        recovery.close()
    assert asked == []
