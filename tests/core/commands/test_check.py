"""The check command: a table, the worst of all, and 1 when a gradient differs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.resources import resource_path
from core.run import Run
from tests.core.commands.files import run_command, save

CELLS = sorted(path.stem for path in resource_path("cells").glob("*.toml"))


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_passes(cell: str, capsys) -> None:
    assert run_command("check", cell, "--units", 4) == 0
    output = capsys.readouterr().out
    assert "all parameters random; random input: 6 steps × 2 sequences" in output
    assert "worst: " in output
    assert "differs" not in output
    assert output.splitlines()[-1].endswith(" agrees")


@pytest.mark.parametrize(
    "options", ["--head identity", "--head direct", "--head logistic", "--loss squared", "--steps 1", "--seed 5"]
)
def test_options(options: str, capsys) -> None:
    assert run_command("check", "gru", *options.split()) == 0
    assert "gradients: " in capsys.readouterr().out


def test_a_wrong_gradient_is_found(monkeypatch, capsys) -> None:
    complete = Run.complete

    def broken(run: Run) -> Run:
        complete(run).tapes["l0"].adjoints("f")[2] *= 1.01
        return run

    monkeypatch.setattr(Run, "complete", broken)
    assert run_command("check", "lstm") == 1
    output = capsys.readouterr().out
    assert "differs: l0/f[1, 1] at t = 3: computed" in output
    assert "16 differs" in output


def test_with_an_input_and_a_target(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(1)
    save(tmp_path / "x.npy", generator.normal(size=(4, 2)))
    save(tmp_path / "y.npy", np.array([0, -1, 3, 1]))
    assert run_command("check", "lstm", "x.npy") == 0
    assert "x.npy: 4 steps × 1 sequence" in capsys.readouterr().out
    assert run_command("check", "lstm", "x.npy", "--target", "y.npy") == 0
    assert run_command("trace", "lstm", "x.npy", "--target", "y.npy", "-o", "w.npz") == 0
    capsys.readouterr()
    assert run_command("check", "lstm", "--weights", "w.npz") == 0
    assert "parameters from w.npz" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [("lsmt", "built in are"), ("lstm gone.npy", "There is no file"),
     ("lstm --target y.npy", "A target needs the INPUT"), ("lstm --units 800", "would take very long"),
     ("lstm --head direct --loss cross-entropy", "has no loss")],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(words: str, said: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command("check", *words.split()) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert output.err.count("\n") == 1
    assert output.out == ""


def test_a_delay_of_a_cell_is_given_by_name(capsys) -> None:
    assert run_command("check", "rnn_skip_only", "--units", 2, "--delay", "d=2") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("initial/l0/h")]
    assert line.split()[1] == "8"  # two rows of two units, for two sequences


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("rnn_skip --delay e=2", "names no delay e; it names: d"),
        ("rnn_skip --delay d", "expected NAME=STEPS, got 'd'"),
        ("rnn_skip --delay d=0", "expected a whole number from 1 on"),
        ("bidirectional_lstm --delay d=2", "--delay is for a cell that names delays"),
    ],
)
def test_delays_that_cannot_be(command: str, message: str, capsys) -> None:
    assert run_command("check", *command.split()) > 0
    assert message in capsys.readouterr().err
