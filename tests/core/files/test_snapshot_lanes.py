"""Lanes beside the lead come back with a snapshot, bit for bit; files without any, and damaged ones."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import lanes
from core.errors import FileError
from core.files.snapshot import capture, load_session, save_session, write_capture
from core.frame import Cursor, Grain, View
from core.learning.optimisers import SGD
from core.learning.step import LearningSettings
from core.reveal import frame_at
from core.sequence import from_numbers
from core.session import Session
from core.undo import before_last_edit
from tests.core.files.sessions import assert_same_sessions, there_and_back
from tests.core.frames_equal import assert_frames_equal
from tests.core.lane_cases import WITH_LANES, cursors, plain
from tests.core.walk_cases import session_of


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "walk.gatewalk"


def busy_session() -> Session:
    """Lanes of all kinds, some of them only in undo, after edits of data and learning."""
    session = plain(session_of("lstm", at=(1, 3)))
    session.go_to(Cursor(2, 30))
    session.set_learning(LearningSettings(SGD(0.3)))
    session.remove_lane(session.lanes[0].name)
    session.add_lane(lanes.at_iteration(session.branch, 1))
    session.go_to(Cursor(3, 50))
    session.set_input(1, [3.0, -3.0])
    session.remove_lane(session.lanes[0].name)
    session.add_lane(before_last_edit(session.done, session.branch))
    session.rename_lane(session.lanes[-1].name, "before")
    session.set_sequence(from_numbers(np.ones((3, 1, 2))).with_target(2, 1))
    frame_at(session, View())
    session.undo()
    session.go_to(Cursor(4, 77))
    return session


@pytest.mark.parametrize("name", WITH_LANES)
def test_lanes_come_back(name: str, target: Path) -> None:
    session = WITH_LANES[name]()
    session.go_to(Cursor(0, 2 * session.timeline.length // 3))
    opened = there_and_back(session, target)
    assert_same_sessions(session, opened)
    for cursor in cursors(session, 8):
        for each in (session, opened):
            each.go_to(cursor)
        assert_frames_equal(frame_at(session, View()), frame_at(opened, View()))


def test_lanes_of_all_kinds_come_back_with_undo_and_redo(target: Path) -> None:
    session = busy_session()
    assert {lane.kind for lane in session.lanes} == {"start", "iteration", "ghost"}
    opened = there_and_back(session, target)
    assert_same_sessions(session, opened)
    for move in ("redo", *["undo"] * 12, *["redo"] * 12):
        assert getattr(session, move)() == getattr(opened, move)()
        assert [lane.name for lane in session.lanes] == [lane.name for lane in opened.lanes]
        assert_same_sessions(session, opened)


def test_walks_with_lanes_go_on_as_they_would_have(target: Path) -> None:
    session = busy_session()
    opened = there_and_back(session, target)
    for each in (session, opened):
        each.go_to(Cursor(5, 10))
        each.set_target(0, 2)
        each.set_weight("l0/b_f", (0,), 1.0)
        each.step_forward(Grain.PASS)
        each.make_lead(each.lanes[0].name)
    assert_same_sessions(session, opened)


def test_nothing_is_trained_again_on_opening(target: Path) -> None:
    session = busy_session()
    frame_at(session, View())
    opened = there_and_back(session, target)
    for one, two in zip(session.lanes, opened.lanes, strict=True):
        assert two.branch(opened.branch).last == one.branch(session.branch).last


def test_what_was_captured_stays_what_it_was(target: Path) -> None:
    session, twin = busy_session(), busy_session()
    captured = capture(session)
    session.go_to(Cursor(6, 3))
    session.set_input(0, [1.0, 2.0])
    session.remove_lane("before")
    frame_at(session, View())
    write_capture(captured, target)
    assert_same_sessions(load_session(target)[0], twin)


def test_a_session_without_lanes_says_nothing_of_them_that_an_older_file_would_not(target: Path) -> None:
    session = session_of("lstm", at=(1, 3))
    save_session(session, target)
    change(target, lambda document: [document.pop(name) for name in ("companions", "lanes")])
    assert_same_sessions(session, load_session(target)[0])
    assert load_session(target)[0].lanes == ()


def change(target: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    with zipfile.ZipFile(target) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(members["session.json"])
    edit(document)
    members["session.json"] = json.dumps(document).encode()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


DAMAGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "no such lane": lambda d: d.update(lanes=[9]),
    "a lane twice": lambda d: d.update(lanes=[0, 0]),
    "too many": lambda d: d.update(lanes=[0, 1, 2, 3]),
    "no such branch": lambda d: d["companions"][0].update(root=99),
    "a branch from behind": lambda d: d["companions"][0].update(root=-1),
    "no name": lambda d: d["companions"][0].update(name=""),
    "a long name": lambda d: d["companions"][0].update(name="x" * 999),
    "another kind": lambda d: d["companions"][0].update(kind="wish"),
    "before the beginning": lambda d: d["companions"][0].update(stands_at=-3),
    "no such pair": lambda d: d["companions"][0].update(mirrors=[[0, 99]]),
    "a pair of other networks": lambda d: d["companions"][0].update(mirrors=[[d["branch"], 0]], root=_of_another(d)),
    "a lane of the undo history": lambda d: d["done"][0].update(lanes=[-1]),
    "not a number": lambda d: d.update(lanes=["0"]),
}


def _of_another(document: dict[str, Any]) -> int:
    setups = document["setups"]
    networks = [setups[branch["setup"]]["network"] for branch in document["branches"]]
    return next(number for number, network in enumerate(networks) if network != networks[0])


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_lanes_are_refused_with_a_sentence(damage: str, target: Path) -> None:
    session = plain(session_of("lstm", at=(1, 3)))
    session.go_to(Cursor(1, 20))
    session.set_input(1, [3.0, -3.0])
    frame_at(session, View())
    session.remove_lane(session.lanes[0].name)
    save_session(session, target)
    change(target, DAMAGES[damage])
    with pytest.raises(FileError) as error:
        load_session(target)
    assert "Traceback" not in str(error.value)
