"""Sequences of tasks as files: both parts, every task, and what is refused."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import main
from core.tasks import TASKS


@pytest.mark.parametrize("name", sorted(TASKS))
@pytest.mark.parametrize("part", ["training", "test"])
def test_every_task_is_written_as_arrays(tmp_path, name, part, capsys):
    out = tmp_path / "data.npz"
    assert main.main(["sample", name, "--out", str(out), "--count", "8", "--part", part]) == 0
    assert f"of the {part} part" in capsys.readouterr().out
    with np.load(out) as found:
        batches = sum(key.startswith("inputs/") for key in found)
        assert sum(found[f"inputs/{n}"].shape[1] for n in range(batches)) <= 8
        assert found["inputs/0"].shape[:2] == found["targets/0"].shape[:2]
        assert ("vocabulary" in found) == (found["inputs/0"].shape[2] > 2 or name in ("parity", "lag"))


def test_a_table_has_a_row_a_sequence(tmp_path):
    out = tmp_path / "data.csv"
    assert main.main(["sample", "parity", "--out", str(out), "--count", "5"]) == 0
    with out.open(newline="") as file:
        head, *rows = list(csv.reader(file))
    assert head == ["sequence", "targets"]
    assert len(rows) == 5
    for bits, answers in rows:
        ones = np.cumsum([int(bit) for bit in bits.split()]) % 2
        assert answers.split() == [("even", "odd")[one] for one in ones]


def test_a_scenario_gives_its_own_task(tmp_path, capsys):
    out = tmp_path / "data.csv"
    assert main.main(["sample", "agreement", "--out", str(out), "--count", "8", "--part", "test"]) == 0
    text = out.read_text()
    assert "- were" in text
    assert text.count("\n") == 9


def test_the_seed_decides(tmp_path):
    files = [tmp_path / f"{n}.npz" for n in range(3)]
    for file, seed in zip(files, ("1", "1", "2"), strict=True):
        main.main(["sample", "copy", "--out", str(file), "--seed", seed])
    one, same, other = (np.load(file)["inputs/0"] for file in files)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["copi", "--out", "a.npz"], "There is no task or scenario 'copi'"),
        (["copy", "--out", "a.txt"], "written as .npz or .csv, got '.txt'"),
        (["adding", "--out", "a.csv"], "hold numbers"),
        (["copy", "--out", "nowhere/a.npz"], "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(tmp_path)
    assert main.main(["sample", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
