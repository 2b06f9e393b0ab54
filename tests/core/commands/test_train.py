"""``python main.py train``: what it writes, how it goes on, and that Ctrl-C loses nothing."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import main
from core.files.weights import read_weights

PROJECT = Path(main.__file__).parent
SMALL = """
name = "Small"
[network]
units = 3
cell = "rnn_tanh"
[data]
text = "a b c b a"
target = "next token"
[learning]
optimiser = { type = "momentum", rate = 0.1 }
iterations = 40
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return str(path)


def train(*arguments: object) -> int:
    return main.main(["train", *map(str, arguments)])


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as archive:
        return {key: archive[key] for key in archive.files}


def test_it_learns_and_says_so_in_some_twenty_lines(small, tmp_path, capsys):
    out = tmp_path / "out.npz"
    assert train(small, "--out", out, "--iterations", 100) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 20 <= len(lines) <= 23
    assert lines[0].startswith("1 of 100   loss ")
    assert lines[-1].startswith("100 iterations; last loss ")
    assert "100.00% right on the sequence" in lines[-1]
    found = arrays(out)
    assert found["param/l0/W"].shape == (3, 3)
    assert found["optimiser/velocity/l0/W"].any()
    assert len(found["training/loss"]) == 100
    assert found["training/loss"][-1] < 0.5 * found["training/loss"][0]
    assert json.loads(found["recipe"].tobytes())["stages"][0]["iterations"] == 100


def test_continuing_is_the_same_as_never_having_stopped(tmp_path):
    whole, part, rest = (tmp_path / f"{name}.npz" for name in ("whole", "part", "rest"))
    options = ("--seed", 3, "--batch", 4, "--rate", 0.02)
    assert train("agreement", "--out", whole, "--iterations", 12, *options) == 0
    assert train("agreement", "--out", part, "--iterations", 5, *options) == 0
    assert train("agreement", "--out", rest, "--iterations", 7, "--from", part) == 0
    one, two = arrays(whole), arrays(rest)
    assert one.keys() == two.keys()
    for key, value in one.items():
        np.testing.assert_array_equal(two[key], value)
    (stage,) = json.loads(one["recipe"].tobytes())["stages"]
    assert (stage["seed"], stage["batch"], stage["iterations"], stage["optimiser"]["rate"]) == (3, 4, 12, 0.02)


def test_other_settings_make_another_stage_and_plain_weights_are_a_start(small, tmp_path):
    out = tmp_path / "out.npz"
    assert train(small, "--out", out, "--iterations", 3) == 0
    assert train(small, "--out", out, "--iterations", 2, "--from", out, "--rate", 0.01) == 0
    stages = read_weights(out).recipe["stages"]
    assert [(stage["iterations"], stage["optimiser"]["rate"]) for stage in stages] == [(3, 0.1), (2, 0.01)]
    plain = tmp_path / "plain.npz"
    np.savez(plain, **{key: value for key, value in arrays(out).items() if key.startswith("param/")})
    assert train(small, "--out", out, "--from", plain) == 0
    found = read_weights(out)
    assert (found.recipe["start"], len(found.losses)) == ("plain.npz", 40)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_writes_what_was_learned(tmp_path, number):
    out = tmp_path / "out.npz"
    command = [sys.executable, "main.py", "train", "agreement", "--iterations", "1000000", "--batch", "2", "--out", out]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("1 of 1000000")
    process.send_signal(number)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Interrupted after " in rest
    assert "of 1000000 iterations" in rest
    assert len(read_weights(out).losses) >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


def test_a_gradient_that_is_not_finite_stops_it(small, tmp_path, capsys):
    out = tmp_path / "out.npz"
    assert train(small, "--out", out, "--rate", 1e308) == 1
    assert "no longer finite" in capsys.readouterr().out
    assert all(np.isfinite(value).all() for value in read_weights(out).parameters.values())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"scenario": "agree"}, "There is no scenario 'agree'"),
        ({"--out": "weights.txt"}, "weights are written as .npz"),
        ({"--out": "nowhere/weights.npz"}, "there is no folder"),
        ({"--from": "none.npz"}, "There is no file"),
        ({"--from": str(PROJECT / "resources/weights/agreement.npz")}, "the parameter W .* is missing"),
        ({"--rate": "-1"}, "rate must be finite"),
    ],
)
def test_what_cannot_be_done_is_refused_before_the_work(small, tmp_path, monkeypatch, capsys, change, sentence):
    monkeypatch.chdir(tmp_path)
    given = {"scenario": small, "--out": "w.npz", **change}
    scenario = given.pop("scenario")
    assert train(scenario, *[part for option in given.items() for part in option]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(sentence, error)
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


def test_without_a_target_there_is_nothing_to_learn(tmp_path, capsys):
    path = tmp_path / "bare.toml"
    path.write_text(SMALL.replace('target = "next token"', ""), encoding="utf-8")
    assert train(path, "--out", tmp_path / "w.npz") == 2
    assert "there is nothing to learn" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--iterations", "0"], ["--batch", "x"], ["--seed", "-1"], []])
def test_numbers_are_checked_and_a_place_to_write_is_needed(small, arguments, capsys):
    out = ["--out", "w.npz"] if arguments else []
    with pytest.raises(SystemExit) as stopped:
        train(small, *out, *arguments)
    assert stopped.value.code == 2
    assert "expected" in capsys.readouterr().err or not arguments


def test_a_lane_is_trained_as_the_lead_is_and_what_the_optimiser_keeps_can_be_left_out(tmp_path, capsys):
    path, out = tmp_path / "lanes.toml", tmp_path / "lane.npz"
    path.write_text(SMALL + '[[lanes]]\nname = "wide"\nnetwork = { cell = "gru", units = 5 }\n', encoding="utf-8")
    assert train(path, "--lane", "wide", "--parameters-only", "--out", out) == 0
    found = arrays(out)
    assert found["param/l0/U_z"].shape == (5, 5)
    assert not any(key.startswith("optimiser/") for key in found)
    assert train(path, "--lane", "narrow", "--out", out) != 0
    assert "there is no lane “narrow”; there are: wide." in capsys.readouterr().err


def test_a_task_with_few_held_out_sequences_is_counted_on_these(tmp_path, capsys):
    path = tmp_path / "few.toml"
    text = 'name = "Few"\n[network]\nunits = 2\n[task]\nname = "blank"\nlanguage = "chinese"\n'
    path.write_text(text, encoding="utf-8")
    assert train(path, "--iterations", 2, "--out", tmp_path / "out.npz") == 0
    assert "of the missing words, held out" in capsys.readouterr().out


def test_a_regulariser_is_trained_with_and_noted(small, tmp_path):
    regularised = tmp_path / "regularised.toml"
    regularised.write_text(SMALL + '[learning.regulariser]\nweight = 0.5\ngradient = "held"\n', encoding="utf-8")
    plain, out = tmp_path / "plain.npz", tmp_path / "out.npz"
    assert train(small, "--out", plain, "--iterations", 3) == 0
    assert train(regularised, "--out", out, "--iterations", 3) == 0
    assert (arrays(plain)["param/l0/U"] != arrays(out)["param/l0/U"]).any()
    noted = json.loads(arrays(out)["recipe"].tobytes())["stages"][0]["regulariser"]
    assert noted == {"weight": 0.5, "gradient": "held"}
