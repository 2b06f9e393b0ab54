"""Models from files on the command line: trace, check and export, what they say, and what they refuse."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.files.models import open_model
from core.files.snapshot import read_model, save_session
from tests.core.commands.files import run_command, save
from tests.core.files.sessions import words_session

FOLDER = Path(__file__).parents[2] / "data" / "model_files"


@pytest.fixture
def here(tmp_path: Path, monkeypatch) -> Path:
    """A folder with model files and what belongs to them."""
    monkeypatch.chdir(tmp_path)
    for name in ("gru_checkpoint.pt", "words.pt", "lstm_both.safetensors", "rnn_relu.npz"):
        shutil.copy(FOLDER / name, tmp_path / name)
        recorded = recorded_of(name)
        stem = name.partition(".")[0]
        save(tmp_path / f"{stem}-x.npy", recorded["x"])
        save(tmp_path / f"{stem}-t.npy", recorded["target"])
    return tmp_path


def recorded_of(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / f"{name}.expected.npz") as archive:
        return dict(archive)


def traced(*words: object) -> dict[str, np.ndarray]:
    assert run_command("trace", *words, "-o", "out.npz") == 0
    with np.load("out.npz", allow_pickle=False) as archive:
        return dict(archive)


def test_trace_writes_the_files_own_gradients_and_says_what_it_found(here: Path, capsys) -> None:
    found = traced("gru_checkpoint.pt", "gru_checkpoint-x.npy", "--target", "gru_checkpoint-t.npy")
    recorded = recorded_of("gru_checkpoint.pt")
    for key, gradient in recorded.items():
        if key.startswith("grad/"):
            np.testing.assert_allclose(found[f"grad/file/{key[5:]}"], gradient, rtol=1e-10, atol=1e-13, err_msg=key)
    np.testing.assert_allclose(found["output"], recorded["output"], rtol=1e-10, atol=1e-13)
    assert {"l0/h", "l0.reverse/z", "grad/l1.reverse/h", "param/l1/W_n", "grad/param/head/V", "grad/input"} <= set(
        found
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("found: PyTorch's names: GRU (reset after the product, z keeps the old state), 2 layers")
    assert lines[1].startswith(
        "guessed: cell=gru (or gru_reset_before, gru_takes_new, gru_reset_after_takes_new), readout="
    )
    assert lines[1].endswith("change it by --answer KEY=CHOICE")
    assert lines[2] == "note: read from the checkpoint's “model_state_dict”; assumed: the readout reads every time step"
    assert lines[3].startswith("“gru_checkpoint.pt”; 5 steps × 2 sequences × 3 inputs; squared loss")
    assert len(lines) == 4


def test_what_is_answered_is_not_guessed(here: Path, capsys) -> None:
    found = traced("rnn_relu.npz", "rnn_relu-x.npy", "--target", "rnn_relu-t.npy", "--answer", "cell=rnn_relu",
                   "--answer", "input=time-first")  # fmt: skip
    recorded = recorded_of("rnn_relu.npz")
    np.testing.assert_allclose(found["grad/file/weight_hh_l2"], recorded["grad/weight_hh_l2"], rtol=1e-10, atol=1e-13)
    assert "guessed" not in capsys.readouterr().out


def test_numbers_of_tokens_go_through_the_embedding(here: Path) -> None:
    found = traced("words.pt", "words-x.npy", "--target", "words-t.npy")
    recorded = recorded_of("words.pt")
    np.testing.assert_allclose(found["output"], recorded["output"], rtol=1e-4, atol=1e-5)
    gradient = found["grad/file/embedding.weight"]
    np.testing.assert_allclose(gradient, recorded["grad/embedding.weight"], rtol=1e-4, atol=1e-5)
    one = traced("words.pt", save(here / "one.npy", recorded["x"][:, 1]))
    np.testing.assert_array_equal(one["input"][:, 0], found["input"][:, 1])


def test_the_batch_may_come_first(here: Path) -> None:
    recorded = recorded_of("lstm_both.safetensors")
    turned = save(here / "turned.npy", recorded["x"].swapaxes(0, 1))
    target = save(here / "target.npy", recorded["target"].swapaxes(0, 1))
    found = traced("lstm_both.safetensors", turned, "--target", target, "--answer", "input=batch-first")
    np.testing.assert_allclose(found["output"], recorded["output"], rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(found["loss"].sum(), recorded["loss"], rtol=1e-10)
    assert found["l0/h"].shape == (5, 2, 4)


def test_tokens_may_come_batch_first(here: Path) -> None:
    recorded = recorded_of("words.pt")
    turned = save(here / "turned.npy", recorded["x"].T)
    target = save(here / "target.npy", recorded["target"].T)
    found = traced("words.pt", turned, "--target", target, "--answer", "input=batch-first")
    np.testing.assert_allclose(found["output"], recorded["output"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["loss"].sum(), recorded["loss"], rtol=1e-5)


@pytest.mark.parametrize("order", ["time-first", "batch-first"])
def test_targets_of_the_last_step_are_one_for_each_sequence(here: Path, order: str) -> None:
    """(B, O) numbers and (B,) or (B, 1) classes, in whichever order the axes of the input are."""
    recorded = recorded_of("gru_checkpoint.pt")
    x = recorded["x"] if order == "time-first" else recorded["x"].swapaxes(0, 1)
    words = ["gru_checkpoint.pt", save(here / "x.npy", x), "--answer", f"input={order}", "--at", "last", "--target"]
    last = recorded["target"][-1]
    found = traced(*words, save(here / "last.npy", last))
    np.testing.assert_allclose(found["loss"][-1], ((found["output"][-1] - last) ** 2).sum(-1) / 2, rtol=1e-12)
    np.testing.assert_array_equal(found["loss"][:-1], 0)
    losses = [traced(*words, save(here / "c.npy", classes))["loss"] for classes in (np.array([1, 0]), [[1], [0]])]
    np.testing.assert_array_equal(*losses)
    assert (losses[0][-1] > 0).all()


def test_initial_values_and_lengths_of_an_onnx_file(here: Path) -> None:
    """The file's own initial values are walked from; lengths, which it reads as an input, are given by an option."""
    pytest.importorskip("onnx")
    folder = FOLDER.parent / "onnx" / "nodes"
    with np.load(folder / "expected.npz") as stored:
        recorded = {name: stored[f"lstm_reverse_lengths/{name}"] for name in ("X", "Y")}
    lengths = "--lengths", "5,2,4"
    found = traced(folder / "lstm_reverse_lengths.onnx", save(here / "x.npy", recorded["X"]), *lengths)
    np.testing.assert_allclose(found["l0.reverse/h"], recorded["Y"][:, 0], rtol=0, atol=2e-6)
    assert (found["initial/l0.reverse/h"] != 0).all()
    whole = traced(folder / "lstm_reverse_lengths.onnx", "x.npy")
    assert not np.allclose(whole["l0.reverse/h"], found["l0.reverse/h"], atol=1e-3)


def test_without_a_target_there_are_no_gradients_under_any_name(here: Path) -> None:
    assert not [key for key in traced("words.pt", "words-x.npy") if key.startswith("grad/")]


REFUSED = {
    "units": ("words.pt words-x.npy --units 3", "a model with its own units"),
    "seed": ("words.pt words-x.npy --seed 3", "Leave --units, --weights and --seed out"),
    "weights": ("words.pt words-x.npy --weights rnn_relu.npz", "Leave --units, --weights and --seed out"),
    "an answer to nothing": ("words.pt words-x.npy --answer join=sum", "“words.pt” leaves no question “join” open"),
    "an answer that is no choice": ("words.pt words-x.npy --answer readout=fc", "Got “fc”, expected one of"),
    "an answer about a cell": ("lstm words-x.npy --answer cell=gru", "--answer is for model files"),
    "no answer": ("words.pt words-x.npy --answer cell", "expected KEY=CHOICE, got 'cell'"),
    "another width": ("lstm_both.safetensors rnn_relu-x.npy", "2 numbers per step, but the network reads 3"),
    "no token": ("words.pt noise.npy", "but the network reads the tokens 0 to 6"),
    "classes, no readout": ("lstm_both.safetensors lstm_both-x.npy --target words-t.npy", "has no readout, so it"),
    "no file": ("gone.pt words-x.npy", "There is no file “gone.pt”"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case: str, here: Path, capsys) -> None:
    save(here / "noise.npy", np.array([1.0, 7.0]))
    words, said = REFUSED[case]
    assert run_command("trace", *words.split(), "-o", "out.npz") == 2
    error = capsys.readouterr().err
    assert said in error
    assert not (here / "out.npz").exists()


@pytest.mark.parametrize("name", ["gru_checkpoint.pt", "words.pt", "rnn_relu.npz"])
def test_check_proves_the_gradients_of_a_file(name: str, here: Path, capsys) -> None:
    assert run_command("check", name, "--steps", 3) == 0
    output = capsys.readouterr().out
    assert output.startswith("found: ")
    assert "differs" not in output
    assert f"parameters from {name}" in output


def test_check_reads_inputs_and_targets_as_trace_does(here: Path, capsys) -> None:
    assert run_command("check", "words.pt", "words-x.npy", "--target", "words-t.npy", "--seed", 4) == 0
    assert "cross-entropy loss" in capsys.readouterr().out
    assert run_command("check", "words.pt", "words-x.npy", "--steps", 4) == 2


def test_export_writes_what_trace_reads_alike(here: Path, capsys) -> None:
    before = traced("gru_checkpoint.pt", "gru_checkpoint-x.npy")["output"]
    for out in ("saved.safetensors", "saved.npz"):
        assert run_command("export", "gru_checkpoint.pt", "--out", out) == 0
        assert f"under the file's own names to {out}" in capsys.readouterr().out
        np.testing.assert_array_equal(traced(out, "gru_checkpoint-x.npy")["output"], before)
    assert run_command("export", "gru_checkpoint.pt", "--out", "own.npz", "--names", "gatewalk") == 0
    np.testing.assert_allclose(traced("own.npz", "gru_checkpoint-x.npy")["output"], before, rtol=1e-14)


def test_export_writes_sources(here: Path, capsys) -> None:
    assert run_command("export", "words.pt", "--out", "cell.py", "--as", "torch") == 0
    assert "class Cell(torch.nn.Module):" in Path("cell.py").read_text(encoding="utf-8")
    assert run_command("export", "words.pt", "--out", "head.py", "--block", "head") == 0
    assert "wrote Identity as NumPy functions to head.py" in capsys.readouterr().out
    assert run_command("export", "mgu", "--out", "mgu.py", "--inputs", 2, "--units", 5) == 0
    assert '"W_f": (5, 2),' in Path("mgu.py").read_text(encoding="utf-8")


def test_a_saved_session_is_exported_for_pytorch(here: Path, capsys) -> None:
    session = words_session("lstm", units=4)
    save_session(session, "saved.gatewalk")
    assert run_command("export", "saved.gatewalk", "--out", "saved.safetensors") == 0
    assert "under PyTorch's names" in capsys.readouterr().out
    opened = open_model("saved.safetensors")
    assert set(opened.tensors) >= {"rnn.weight_ih_l0", "rnn.bias_hh_l0", "fc.weight"}
    for path, value in read_model("saved.gatewalk").parameters.items():
        np.testing.assert_array_equal(opened.parameters[path], value, err_msg=path)


EXPORTS = {
    "another ending": ("lstm --out m.onnx", "must end in .safetensors, .npz or .py"),
    "onto itself": ("rnn_relu.npz --out rnn_relu.npz", "is also read, and would be overwritten"),
    "no folder": ("lstm --out gone/m.npz", "cannot be written"),
    "no such block": ("lstm --out m.py --block l7", "There is no block “l7”; the blocks are l0, head"),
    "names of a source": ("lstm --out m.py --names pytorch", "--names is for .safetensors and .npz"),
    "a library of numbers": ("lstm --out m.npz --as torch", "--as is for a source"),
    "inputs of a file": ("words.pt --out m.npz --inputs 3", "has its own inputs"),
    "names of no file": ("lstm --out m.npz --names file", "did not come from a file"),
    "no such cell in PyTorch": ("mgu --out m.safetensors", "PyTorch has no layer that computes Minimal gated unit"),
}


@pytest.mark.parametrize("case", EXPORTS)
def test_exports_that_make_no_sense(case: str, here: Path, capsys) -> None:
    words, said = EXPORTS[case]
    before = sorted(path.name for path in here.iterdir())
    assert run_command("export", *words.split()) == 2
    assert said in capsys.readouterr().err
    assert sorted(path.name for path in here.iterdir()) == before
