"""``play``: walks as pictures and animations, without a window."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.files.snapshot import save_session
from core.frame import Cursor, Grain, Phase
from desktop.commands import offscreen
from main import main
from tests.core.files.sessions import words_session


@pytest.fixture
def saved(qtbot: QtBot, tmp_path: Path) -> Path:
    session = words_session()
    session.go_to(Cursor(1, 40))
    save_session(session, tmp_path / "walk.gatewalk")
    return tmp_path / "walk.gatewalk"


def play(*words: object) -> int:
    return main(["play", *map(str, words), "--size", "400x240"])


def frames_of(path: Path) -> list[np.ndarray]:
    with Image.open(path) as image:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]


def test_a_picture_of_the_end(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(saved, "--out", tmp_path / "end.png") == 0
    with Image.open(tmp_path / "end.png") as image:
        assert image.size == (400, 240)
    out = capsys.readouterr().out
    assert "Wrote" in out
    assert "Update" in out


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_a_walk_in_one_phase(saved: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"walk.{ending}"
    assert play(saved, "--out", out, "--phase", "backward", "--grain", "time_step") == 0
    frames = frames_of(out)
    assert len(frames) == 7
    assert all((one != two).any() for one, two in pairwise(frames))
    assert frames[0].shape == (240, 400, 3)


def test_the_last_picture_of_an_animation_is_the_picture(saved: Path, tmp_path: Path) -> None:
    assert play(saved, "--out", tmp_path / "walk.webp", "--from", "2", "--to", "5") == 0
    assert play(saved, "--out", tmp_path / "there.png", "--to", "5") == 0
    frames = frames_of(tmp_path / "walk.webp")
    assert len(frames) == 4
    np.testing.assert_array_equal(frames[-1], frames_of(tmp_path / "there.png")[0])


def test_as_long_as_was_asked_for(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "short.webp"
    assert play(saved, "--out", out, "--grain", Grain.OPERATION, "--seconds", "1", "--fps", "5") == 0
    with Image.open(out) as image:
        lengths = [frame.info["duration"] for frame in ImageSequence.Iterator(image) if frame.load()]
    assert len(lengths) == 5
    assert sum(lengths) == 1000


def test_a_scenario_in_dark(qtbot: QtBot, tmp_path: Path) -> None:
    assert play("agreement", "--out", tmp_path / "dark.png", "--theme", "dark", "--to", "3") == 0
    assert frames_of(tmp_path / "dark.png")[0][100, 2].max() < 60


def test_the_whole_window(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "window.png"
    words = ["play", str(saved), "--out", str(out), "--window", "--size", "1200x700"]
    assert main(words) == 0
    with Image.open(out) as image:
        assert image.size == (1200, 700)
    assert not QApplication.topLevelWidgets() or not any(w.isVisible() for w in QApplication.topLevelWidgets())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["agreement", "--out", "walk.avi"], "animations as .gif or .webp; got '.avi'"),
        (["agreement", "--out", "walk"], "got 'no ending'"),
        (["agreement", "--out", "no/folder/walk.png"], "there is no folder"),
        (["agreement", "--out", "walk.png", "--from", "9", "--to", "3"], "the first not after the last"),
        (["agreement", "--out", "walk.png", "--to", "9999"], "expected steps from 0 to"),
        (["nothing", "--out", "walk.png"], "no scenario 'nothing'"),
        (["walk.txt", "--out", "walk.png"], "expected the name of a scenario"),
        (["gone.gatewalk", "--out", "walk.png"], "gone.gatewalk"),
    ],
)
def test_what_cannot_be(
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["play", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", [("--size", "9x9"), ("--size", "big"), ("--fps", "0"), ("--seconds", "nan")])
def test_options_that_mean_nothing(qtbot: QtBot, option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["play", "agreement", "--out", "a.png", *option])
    assert "expected" in capsys.readouterr().err


def test_a_phase_that_is_not_walked(qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = words_session()
    sequence = session.setup.sequence
    for t in range(sequence.length):
        session.set_target(t, -1)
    save_session(session, tmp_path / "forward.gatewalk")
    assert play(tmp_path / "forward.gatewalk", "--out", tmp_path / "a.png", "--phase", Phase.BACKWARD) == 2
    assert "no phase backward; it has forward" in capsys.readouterr().err


def test_without_a_display_the_example_is_walked(
    qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert offscreen.run(tmp_path) == 0
    with Image.open(tmp_path / offscreen.PICTURE) as image:
        assert image.size == (1600, 900)
    with np.load(tmp_path / offscreen.SNAPSHOT) as file:
        assert np.isfinite(file["l0/h"]).all()
        assert np.isnan(file["grad/l0/h"]).any()
    out = capsys.readouterr().out
    assert str(tmp_path / offscreen.PICTURE) in out
    assert "Backward" in out
