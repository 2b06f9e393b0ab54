"""Snapshots: everything comes back as it was, and anybody can read the numbers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.breakpoints import AtTime, GradientNorm, NonFinite, Saturated
from core.files.snapshot import capture, load_session, open_session, save_session, write_capture
from core.files.trace_arrays import arrays_of
from core.frame import Cursor, Detail, Grain, Phase, View
from core.learning.optimisers import SGD, Momentum
from core.learning.step import LearningSettings
from core.session import Session
from tests.core.files.sessions import (
    assert_same,
    assert_same_everywhere,
    assert_same_sessions,
    batch_session,
    there_and_back,
    words_session,
)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "walk.gatewalk"


def edited_session() -> Session:
    """A session with branches, undo and redo, bookmarks, breakpoints and notes."""
    session = words_session()
    session.go_to(Cursor(2, 30))
    session.add_bookmark("here", "why")
    session.set_weight("l0/W_f", (0, 1), 2.0)
    session.go_to(Cursor(3, session.timeline.length))
    session.overwrite("l0/c", 2, 1, float("inf"))
    session.undo()
    session.set_input(3, "cats")
    session.set_initial("l0/h", 0, 2, -0.0)
    session.undo()
    for point in (AtTime(2), Saturated("l0/f"), GradientNorm("l0/h", 1e-9, above=True), NonFinite()):
        session.add_breakpoint(point)
    session.notes, session.grain = "the verb agrees\nmit “Umlaut” ü 重", Grain.OPERATION
    return session


def test_a_session_comes_back(target: Path) -> None:
    session = edited_session()
    assert_same_sessions(session, there_and_back(session, target))


@pytest.mark.parametrize("make", [words_session, batch_session])
def test_every_frame_comes_back(target: Path, make: object) -> None:
    session = make()  # type: ignore[operator]
    session.go_to(Cursor(1, session.timeline.starts_phase(Phase.BACKWARD) + 5))
    assert_same_everywhere(session, there_and_back(session, target))


def test_undo_and_redo_come_back(target: Path) -> None:
    session = edited_session()
    opened = there_and_back(session, target)
    for move in ("redo", "undo", "undo", "undo", "undo", "redo", "redo"):
        assert getattr(session, move)() == getattr(opened, move)()
        assert_same_sessions(session, opened)


def test_the_walk_goes_on_as_it_would_have(target: Path) -> None:
    session = words_session(learning=LearningSettings(Momentum(nesterov=True), window=3))
    session.go_to(Cursor(1, 40))
    opened = there_and_back(session, target)
    for one in (session, opened):
        one.go_to(Cursor(4, 60))
        one.set_learning(LearningSettings(SGD(0.3)))
        one.go_to(Cursor(6, 100))
    assert_same_sessions(session, opened)


def test_the_view_comes_back(target: Path) -> None:
    view = View(path="l0/c", t=3, unit=2, first=1, last=5, detail=Detail.MAP, collapsed=frozenset({"head"}))
    save_session(words_session(), target, view=view)
    assert load_session(target)[1] == view


def test_a_view_of_what_is_not_there_follows_the_walk(target: Path) -> None:
    save_session(words_session(), target, view=View(path="l9/q", t=99, unit=99, sample=7, first=9, last=2))
    assert load_session(target)[1] == View()


@pytest.mark.parametrize("cell", ["rnn_logistic", "gru", "gru_reset_before", "mgu", "lstm_peephole"])
def test_cells_come_with_their_equations(target: Path, cell: str) -> None:
    session = words_session(cell)
    session.go_end()
    assert_same_sessions(session, there_and_back(session, target))


MOVES = [
    lambda session, number: session.go_to(Cursor(number % 3, number % session.timeline.length)),
    lambda session, number: session.step_forward(list(Grain)[number % 4]),
    lambda session, number: session.step_back(list(Grain)[number % 4]),
    lambda session, number: session.undo(),
    lambda session, number: session.redo(),
    lambda session, number: session.set_weight("head/V", (0, 1), number / 7),
    lambda session, number: session.overwrite("l0/h", number % 7, number % 3, None if number % 2 else 0.25),
    lambda session, number: session.set_target(number % 7, number % 4 - 1),
    lambda session, number: session.add_bookmark(f"mark {number % 3}"),
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.integers(0, len(MOVES) - 1), max_size=12), data=st.data())
def test_any_walk_with_edits_comes_back(tmp_path: Path, moves: list[int], data: st.DataObject) -> None:
    session = words_session("gru", units=3)
    for move in moves:
        MOVES[move](session, data.draw(st.integers(0, 200)))
    opened = there_and_back(session, tmp_path / "any.gatewalk", limit_bytes=data.draw(st.sampled_from([0, 1 << 20])))
    assert_same_sessions(session, opened)
    while session.undo():
        assert opened.undo()
        assert_same_sessions(session, opened)


def test_numpy_reads_what_trace_writes(target: Path) -> None:
    session = words_session()
    session.go_end()
    save_session(session, target)
    with np.load(target) as file:
        for key, array in arrays_of(session.run.complete()).items():
            assert_same(file[key], np.asarray(array), key)
        assert file["l0/h"].shape == (7, 1, 4)
        assert file["grad/param/l0/W_f"].shape == (4, 6)
        assert {"output", "loss", "input", "grad/l0/h", "grad/input", "initial/l0/c"} <= set(file.files)


def test_what_is_not_computed_is_not_a_number(target: Path) -> None:
    session = words_session()
    session.go_to_time(2)
    save_session(session, target)
    with np.load(target) as file:
        assert np.isfinite(file["l0/h"][:3]).all()
        assert np.isnan(file["l0/h"][3:]).all()
        assert not [key for key in file.files if key.startswith("grad/")]
    session.go_to(Cursor(0, session.timeline.end_of(Phase.BACKWARD, 4)))
    save_session(session, target)
    with np.load(target) as file:
        assert np.isnan(file["grad/l0/h"][:4]).all()
        assert np.isfinite(file["grad/l0/h"][4:]).all()
        assert not [key for key in file.files if key.startswith("grad/param/")]


def test_beyond_the_limit_norms_are_kept(target: Path) -> None:
    session = words_session()
    session.go_end()
    assert_same_sessions(session, there_and_back(session, target, limit_bytes=100))
    with np.load(target) as file:
        assert "l0/h" not in file.files
        assert file["norm/l0/h"].shape == (7, 1)


def test_equal_arrays_are_kept_once(target: Path) -> None:
    session = words_session(learning=LearningSettings(SGD(0.0)))
    session.go_to(Cursor(0, 3))
    save_session(session, target)
    first = target.stat().st_size
    session.go_to(Cursor(40, 3))
    save_session(session, target)
    assert target.stat().st_size < first + 2_000


def test_many_iterations_stay_compact(target: Path) -> None:
    session = words_session()
    session.go_to(Cursor(60, 0))
    save_session(session, target)
    numbers = 61 * 3 * sum(np.asarray(value).size for value in session.parameters.values())
    assert target.stat().st_size < 1.3 * 8 * numbers
    with zipfile.ZipFile(target) as archive:
        assert len(archive.infolist()) < 80


def test_a_capture_does_not_change_when_the_walk_goes_on(target: Path, tmp_path: Path) -> None:
    session = words_session()
    session.go_to(Cursor(1, 20))
    save_session(session, tmp_path / "then")
    captured = capture(session)
    session.go_to(Cursor(3, 200))
    session.set_weight("head/b", (0,), 4.0)
    session.add_bookmark("later")
    write_capture(captured, target)
    assert target.read_bytes() == (tmp_path / "then").read_bytes()


def test_another_result_is_told(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = words_session()
    session.go_end()
    for limit in (0, 1 << 20):
        save_session(session, target, limit_bytes=limit)
        with monkeypatch.context() as patch:
            patch.setattr("core.files.snapshot.load.arrays_of", _slightly_wrong)
            opened = open_session(target)
        assert opened.difference is not None
        assert (opened.difference.path, opened.difference.t) == ("l0/c", 4)
        assert "l0/c at t = 5 differs by" in str(opened.difference)
        assert open_session(target).difference is None


def _slightly_wrong(run: object) -> dict[str, np.ndarray]:
    arrays = arrays_of(run)  # type: ignore[arg-type]
    wrong = np.array(arrays["l0/c"])
    wrong[4] *= 1 + 1e-6
    return {**arrays, "l0/c": wrong}
