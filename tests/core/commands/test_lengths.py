"""Batches of different lengths on the command line: given as numbers, as a file, or by rows of NaN behind the end."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.core.commands.files import run_command, save

FOLDER = Path(__file__).parents[2] / "data" / "model_files"
LENGTHS = (5, 2, 4)
OWN = """
name = "Tokens"
[input]
tokens = 6
[[layer]]
cell = "gru"
units = 3
direction = "both"
join = "readout"
[readout]
head = "identity"
outputs = 2
loss = "squared"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch) -> Path:
    """A batch with what is no number in its padding, its classes, and a network file."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(3)
    x, classes = generator.normal(size=(5, 3, 4)), generator.integers(0, 3, (5, 3))
    for sample, length in enumerate(LENGTHS):
        save(tmp_path / f"x{sample}.npy", x[:length, sample])
        save(tmp_path / f"y{sample}.npy", classes[:length, sample])
        x[length:, sample], classes[length:, sample] = np.nan, -100
    x[4, 1, 2] = np.inf
    save(tmp_path / "x.npy", x)
    save(tmp_path / "y.npy", classes)
    save(tmp_path / "gaps.npy", np.where(np.isinf(x), np.nan, x))
    save(tmp_path / "none.npy", np.maximum(classes, -1))
    save(tmp_path / "lengths.npy", np.array(LENGTHS))
    (tmp_path / "lengths.csv").write_text("5\n2\n4\n", encoding="utf-8")
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    return tmp_path


def traced(*words: object) -> dict[str, np.ndarray]:
    assert run_command("trace", *words, "-o", "out.npz") == 0
    with np.load("out.npz", allow_pickle=False) as archive:
        return dict(archive)


@pytest.mark.parametrize("model", ["lstm", "bidirectional_lstm", "two_layers_mixed"])
def test_a_padded_batch_is_traced_as_its_sequences_one_by_one(model: str, here: Path, capsys) -> None:
    together = traced(model, "x.npy", "--target", "y.npy", "--lengths", "5,2,4")
    assert "5 steps × 3 sequences of 5, 2, 4 steps × 4 inputs" in capsys.readouterr().out
    assert together["lengths"].tolist() == [5, 2, 4]
    assert all(np.isfinite(array).all() for array in together.values())
    shutil.copy("out.npz", "weights.npz")
    sums: dict[str, np.ndarray] = {}
    for sample, length in enumerate(LENGTHS):
        alone = traced(model, f"x{sample}.npy", "--target", f"y{sample}.npy", "--weights", "weights.npz")
        for key, right in alone.items():
            if key.startswith("grad/param/"):
                sums[key] = sums.get(key, 0.0) + right
            elif not key.startswith(("param/", "initial/", "grad/initial/")):
                np.testing.assert_allclose(together[key][:length, sample], right[:, 0], rtol=1e-10, atol=1e-13)
                assert not together[key][length:, sample].any(), key
    for key, right in sums.items():
        np.testing.assert_allclose(together[key], right, rtol=1e-10, atol=1e-13, err_msg=key)
    forward = together["l0/h"]
    assert all((together["final/l0/h"][b] == forward[length - 1, b]).all() for b, length in enumerate(LENGTHS))
    if model != "lstm":
        assert (together["final/l0.reverse/h"] == together["l0.reverse/h"][0]).all()


@pytest.mark.parametrize("lengths", ["lengths.npy", "lengths.csv", " 5, 2 ,4", ""])
def test_ways_to_say_it(lengths: str, here: Path) -> None:
    right = traced("gru", "x.npy", "--target", "y.npy", "--lengths", "5,2,4")
    words = ["gaps.npy", "--target", "none.npy"] if not lengths else ["x.npy", "--target", "y.npy"]
    found = traced("gru", *words, *(["--lengths", lengths] if lengths else []))
    assert right.keys() == found.keys()
    assert all(array.tobytes() == found[key].tobytes() for key, array in right.items())


def test_one_row_of_targets_stands_at_the_end_of_each_sequence(here: Path) -> None:
    for row in (np.array([[0, 2, 1]]), np.array([[[0.5], [1.0], [-1.0]]])):
        found = traced("gru", "x.npy", "--target", save(here / "row.npy", row), "--lengths", "5,2,4")
        assert np.argwhere(found["loss"]).tolist() == [[1, 1], [3, 2], [4, 0]]
    last = traced("gru", "x.npy", "--target", "y.npy", "--lengths", "5,2,4", "--at", "last")
    assert np.argwhere(last["loss"]).tolist() == [[1, 1], [3, 2], [4, 0]]


def test_numbers_as_targets_may_be_nan_behind_the_end(here: Path) -> None:
    y = np.random.default_rng(1).normal(size=(5, 3, 2))
    y[2:, 1] = np.nan
    found = traced("gru", "x.npy", "--target", save(here / "t.npy", y), "--lengths", "5,2,4")
    assert np.count_nonzero(found["loss"]) == 11


def test_one_short_sequence(here: Path) -> None:
    found = traced("gru", save(here / "one.npy", np.arange(12.0).reshape(6, 2)), "--lengths", 4)
    assert (found["lengths"].tolist(), found["l0/h"][4:].any()) == ([4], False)


def test_a_model_file_whose_batch_comes_first(here: Path) -> None:
    name = "lstm_both.safetensors"
    shutil.copy(FOLDER / name, name)
    with np.load(FOLDER / f"{name}.expected.npz") as archive:
        x, target = archive["x"], archive["target"]
    lengths = ",".join(str(max(1, len(x) - 2 * b)) for b in range(x.shape[1]))
    save(here / "x.npy", x)
    save(here / "t.npy", target)
    right = traced(name, "x.npy", "--target", "t.npy", "--lengths", lengths)
    assert "lengths" in right
    save(here / "x.npy", x.swapaxes(0, 1))
    save(here / "t.npy", target.swapaxes(0, 1))
    found = traced(name, "x.npy", "--target", "t.npy", "--lengths", lengths, "--answer", "input=batch-first")
    assert all(array.tobytes() == found[key].tobytes() for key, array in right.items())


def test_numbers_of_tokens_for_a_network_file(here: Path, capsys) -> None:
    tokens = np.array([[0, 5, 1], [3, 2, 2], [1, -7, 4]])
    save(here / "tokens.npy", tokens)
    assert run_command("trace", "own.toml", "tokens.npy", "-o", "out.npz") == 2
    assert "The input has -7 at step 3, sequence 2, but the network reads the tokens 0 to 5" in capsys.readouterr().err
    save(here / "t.npy", np.array([[[1, 2], [3, 4], [5, 6]]]))
    found = traced("own.toml", "tokens.npy", "--lengths", "3,2,3", "--target", "t.npy")
    assert (found["input"].sum(axis=2) == [[1, 1, 1], [1, 1, 1], [1, 0, 1]]).all()
    assert found["input"].argmax(axis=2)[:2].tolist() == tokens[:2].tolist()
    error = found["output"][[2, 1, 2], [0, 1, 2]] - np.array([[1, 2], [3, 4], [5, 6]])  # the file's squared loss
    np.testing.assert_allclose(found["loss"].sum(axis=0), 0.5 * (error**2).sum(axis=1), rtol=1e-13)


def test_check_proves_batches_of_different_lengths(here: Path, capsys) -> None:
    assert run_command("check", "bidirectional_lstm", "--lengths", "4,1,2") == 0
    assert "random input: 4 steps × 3 sequences of 4, 1, 2 steps" in capsys.readouterr().out
    assert run_command("check", "gru", "x.npy", "--target", "y.npy", "--lengths", "lengths.npy") == 0
    assert run_command("check", "own.toml", "--lengths", "2,3") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trace gru x.npy -o out.npz --lengths 5,2", "Got 2 lengths, but the input has 3 sequences. Give one for each"),
        ("trace gru x.npy -o out.npz --lengths 5,2,9", "lengths go from 2 to 9, expected 1 to 5 steps"),
        ("trace gru x.npy -o out.npz --lengths 5,0,4", "“5,0,4” has the length 0, expected whole numbers of steps"),
        (
            "trace gru x.npy -o out.npz --lengths 5,x",
            "“5,x” are no lengths: expected whole numbers, as in 5,2,4, or the",
        ),
        ("trace gru x.npy -o out.npz --lengths gone.npy", "There is no file “gone.npy”"),
        ("trace gru x.npy -o out.npz --lengths own.toml", "cannot be read as lengths (or give them as 5,2,4)"),
        ("trace gru x.npy -o out.npz --lengths half.npy", "“half.npy” has the length 2.5"),
        ("trace gru x.npy -o out.npz --lengths gaps.npy", "NaN"),
        ("trace gru x.npy -o out.npz", "NaN in row 3, sequence 2, column 1"),
        ("trace gru x.npy -o lengths.npz --lengths lengths.npz", "is also read, and would be overwritten"),
        ("check gru --lengths 3,2 --steps 4", "--steps is for sequences of one length"),
    ],
)
def test_what_cannot_be_is_one_sentence(words: str, said: str, here: Path, capsys) -> None:
    save(here / "half.npy", np.array([5, 2.5, 4]))
    np.savez("lengths.npz", np.array(LENGTHS))
    assert run_command(*words.split()) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
