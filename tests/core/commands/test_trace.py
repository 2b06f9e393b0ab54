"""Trace against PyTorch's numbers, its keys and shapes, and one sentence for everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.gradients.proof.check import prove_all
from core.models import Choices, load_model
from core.posing import problem_of
from core.run import Run
from core.sequence import from_numbers
from tests.core.commands.files import from_pytorch, run_command, save

RECORDED = sorted((Path(__file__).parents[2] / "data" / "pytorch").glob("*.npz"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch) -> Path:
    """A folder with an input, classes, numbers and a text."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(1)
    save(tmp_path / "x.npy", generator.normal(size=(6, 2, 3)))
    save(tmp_path / "classes.npy", np.array([[0, 1], [2, -1], [1, 1], [-1, -1], [0, 2], [2, 0]]))
    save(tmp_path / "numbers.npy", generator.normal(size=(6, 2, 5)))
    (tmp_path / "text.txt").write_text("the cat sat on the mat", encoding="utf-8")
    return tmp_path


def traced(*words: object) -> dict[str, np.ndarray]:
    assert run_command("trace", *words, "-o", "out.npz") == 0
    with np.load("out.npz", allow_pickle=False) as archive:
        return dict(archive)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_numbers_are_those_of_pytorch(path: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    kind, _, at = path.stem.rsplit("-", 2)
    with np.load(path) as archive:
        recorded = dict(archive)
    states = ("h", "c") if kind == "lstm" else ("h",)
    np.savez("weights.npz", **{f"l0/{name}": value for name, value in from_pytorch(kind, recorded).items()})
    np.savez("initial.npz", **{f"initial/l0/{name}": recorded[f"{name}0"][None] for name in states})
    target = save(tmp_path / "zeros.npy", np.zeros(recorded["h"].shape))
    found = traced(kind, save(tmp_path / "x.npy", recorded["x"]), "--weights", "weights.npz",
                   "--initial", "initial.npz", "--target", target, "--loss", "squared", "--head", "direct",
                   "--at", at)  # fmt: skip

    def same(key: str, expected: np.ndarray) -> None:
        np.testing.assert_allclose(found[key], expected, rtol=1e-10, atol=1e-13, err_msg=key)

    assert found["loss"].sum() == pytest.approx(float(recorded["loss"]), rel=1e-12)
    same("output", recorded["h"])
    same("grad/input", recorded["grad/x"])
    for name in states:
        same(f"l0/{name}", recorded[name])
        same(f"grad/initial/l0/{name}", recorded[f"grad/{name}0"][None])
    same("grad/l0/h", recorded["grad/h"])
    if kind == "lstm":  # recorded without the part that goes through h of the same step
        through_h = found["grad/l0/h"] * found["l0/o"] * (1 - np.tanh(found["l0/c"]) ** 2)
        found["grad/l0/c"] -= through_h
        same("grad/l0/c", recorded["grad/c"])
    for name, gradient in from_pytorch(kind, recorded, "grad/").items():
        same(f"grad/param/l0/{name}", gradient)


def test_keys_and_shapes(here: Path, capsys) -> None:
    found = traced("lstm", "x.npy", "--target", "classes.npy", "--units", 4, "--seed", 7)
    variables = {f"l0/{name}": (6, 2, 4) for name in "figcoh"}
    expected = {
        **variables, **{f"grad/{path}": shape for path, shape in variables.items()},
        "input": (6, 2, 3), "grad/input": (6, 2, 3), "output": (6, 2, 3), "loss": (6, 2), "head/z": (6, 2, 3),
        "grad/head/z": (6, 2, 3), "param/l0/W_f": (4, 3), "grad/param/l0/W_f": (4, 3), "param/l0/b_o": (4,),
        "param/head/V": (3, 4), "grad/param/head/V": (3, 4), "initial/l0/h": (1, 2, 4), "initial/l0/c": (1, 2, 4),
        "grad/initial/l0/c": (1, 2, 4),
    }  # fmt: skip
    assert {key: found[key].shape for key in expected} == expected
    assert not [key for key in found if key.endswith("head/L")]
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert "LSTM, 4 units, softmax readout; 6 steps × 2 sequences × 3 inputs; cross-entropy loss" in line
    assert f"at 9 targets; wrote {len(found)} arrays to out.npz" in line


def test_the_loss_stands_where_the_targets_say(here: Path) -> None:
    found = traced("gru", "x.npy", "--target", "classes.npy")
    classes = np.load("classes.npy")
    probability = np.take_along_axis(found["output"], np.maximum(classes, 0)[..., None], axis=2)[..., 0]
    np.testing.assert_allclose(found["loss"], np.where(classes < 0, 0.0, -np.log(probability)), rtol=1e-12)
    last = traced("gru", "x.npy", "--target", "classes.npy", "--at", "last")
    assert not last["loss"][:-1].any()
    np.testing.assert_array_equal(last["loss"][-1], found["loss"][-1])


def test_numbers_call_for_the_squared_error(here: Path) -> None:
    found = traced("mgu", "x.npy", "--target", "numbers.npy")
    expected = 0.5 * ((found["output"] - np.load("numbers.npy")) ** 2).sum(axis=2)
    np.testing.assert_allclose(found["loss"], expected, rtol=1e-12)


def test_rows_of_nan_have_no_loss(here: Path) -> None:
    numbers = np.load("numbers.npy")
    numbers[2, 0] = numbers[4] = np.nan
    save(here / "gaps.npy", numbers)
    found = traced("mgu", "x.npy", "--target", "gaps.npy")
    assert found["loss"][2, 0] == 0.0 != found["loss"][2, 1]
    assert not found["loss"][4].any()
    assert all(np.isfinite(array).all() for array in found.values())


def test_without_a_target_there_are_no_gradients(here: Path) -> None:
    found = traced("lstm", "x.npy")
    assert not [key for key in found if key.startswith("grad/")]
    np.testing.assert_array_equal(found["output"], found["l0/h"])
    assert "param/head/V" not in found
    assert traced("lstm", "x.npy", "--head", "softmax", "--units", 4)["output"].shape == (6, 2, 4)


def test_the_same_command_gives_the_same_numbers(here: Path) -> None:
    first = traced("lstm", "x.npy", "--target", "classes.npy", "--seed", 3)
    again = traced("lstm", "x.npy", "--target", "classes.npy", "--seed", 3)
    other = traced("lstm", "x.npy", "--target", "classes.npy", "--seed", 4)
    assert all((array == again[key]).all() for key, array in first.items())
    assert (first["param/l0/W_f"] != other["param/l0/W_f"]).any()


def test_a_trace_serves_as_weights_and_initial_states(here: Path) -> None:
    first = traced("lstm", "x.npy", "--target", "classes.npy", "--units", 5, "--seed", 3)
    (here / "out.npz").rename(here / "before.npz")
    again = traced("lstm", "x.npy", "--target", "classes.npy", "--weights", "before.npz", "--initial", "before.npz")
    assert first.keys() == again.keys()
    assert all((array == again[key]).all() for key, array in first.items())
    few = save(here / "few.npy", np.zeros((6, 2), int))
    assert traced("lstm", "x.npy", "--target", few, "--weights", "before.npz")["output"].shape == (6, 2, 3)
    assert traced("lstm", "x.npy", "--weights", "before.npz")["output"].shape == (6, 2, 3)


def test_initial_states_are_used(here: Path) -> None:
    np.savez("initial.npz", **{"l0/h": np.full((2, 8), 0.5)})
    found = traced("gru", "x.npy", "--initial", "initial.npz", "--target", "classes.npy")
    np.testing.assert_array_equal(found["initial/l0/h"], np.full((1, 2, 8), 0.5))
    assert found["grad/initial/l0/h"].any()


def test_text_becomes_its_own_vocabulary(here: Path, capsys) -> None:
    found = traced("lstm", "text.txt")
    assert found["input"].shape == (6, 1, 5)
    assert "a vocabulary made of the 5 tokens of this text (words)" in capsys.readouterr().out


def test_tables_and_single_sequences(here: Path) -> None:
    (here / "x.csv").write_text("a,b\n1,2\n3,4\n5,6\n", encoding="utf-8")
    (here / "y.csv").write_text("0\n-1\n1\n", encoding="utf-8")
    found = traced("lstm", "x.csv", "--target", "y.csv")
    assert found["output"].shape == (3, 1, 2)
    assert found["loss"][1] == 0.0


def test_a_cell_file_of_ones_own(here: Path) -> None:
    (here / "own.toml").write_text('equations = """\nh = tanh(W @ x + U @ h[-2])\n"""\n', encoding="utf-8")
    found = traced("own.toml", "x.npy", "--target", "classes.npy")
    assert found["initial/l0/h"].shape == found["grad/initial/l0/h"].shape == (2, 2, 8)


def test_what_is_written_can_be_proven(here: Path) -> None:
    x = np.load("x.npy")
    model = load_model("gru", Choices(units=3, loss="cross-entropy"), inputs=3, outputs=3)
    sequence = from_numbers(x)
    sequence = sequence.__class__(sequence.inputs, targets=np.load("classes.npy"))
    assert prove_all(Run(problem_of(model.network, model.parameters, sequence)).complete()).agrees


def test_overflow_is_named(here: Path, capsys) -> None:
    traced("rnn_identity", save(here / "large.npy", np.full((6, 3), 1e308)), "--units", 3)
    assert "overflow in l0/h" in capsys.readouterr().out


WRONG = {
    "nothing.npy": ("lstm nothing.npy", "There is no file “nothing.npy”"),
    "unknown cell": ("lsmt x.npy", "built in are: gru"),
    "unknown network": ("bidirectional x.npy", "networks are: bidirectional_lstm, fill_the_blank"),
    "another program's model": (
        "model.ckpt x.npy",
        "“model.ckpt” is no cell. Give a cell file (.toml), a built-in cell",
    ),
    "no classes there": ("lstm x.npy --target gone.npy", "There is no file “gone.npy”"),
    "too short": ("lstm x.npy --target short.npy", "Got targets of shape (3, 2), expected 6 rows"),
    "direct width": ("lstm x.npy --target numbers.npy --head direct", "the 8 units, but the target has 5"),
    "no such loss": ("lstm x.npy --target numbers.npy --head identity --loss cross-entropy", "has no loss cross"),
    "no loss at all": ("lstm x.npy --target none.npy", "No step of this sequence has a target"),
    "not an archive": ("lstm x.npy --weights text.npz", "is not a whole .npz archive"),
    "missing weights": ("lstm x.npy --weights few.npz", "the weights of “l0/U_f”, “l0/b_f”"),
    "unknown weights": ("rnn_tanh x.npy --weights more.npz", "the model has no parameter “l0/W_q”"),
    "wrong shape": ("rnn_tanh x.npy --weights wrong.npz", "l0/b has shape (5,), expected (8,)"),
    "no readout": ("rnn_tanh x.npy --weights right.npz --target classes.npy", "or choose --head direct"),
    "unknown state": ("gru x.npy --initial cell.npz", "“l0/c” has no initial values in this model; these have: l0/h"),
    "wrong state": ("lstm x.npy --initial cell.npz", "l0/c has shape (3,), expected (1, 2, 8)"),
    "too many units": ("lstm x.npy --units 90000", "parameters, expected at most"),
    "weights of nan": ("rnn_tanh x.npy --weights nan.npz", "holds NaN or infinite numbers"),
}  # fmt: skip


@pytest.fixture
def wrong_files(here: Path) -> None:
    save(here / "short.npy", np.zeros((3, 2), int))
    save(here / "none.npy", np.full((6, 2), -1))
    (here / "text.npz").write_text("no archive", encoding="utf-8")
    (here / "model.onnx").write_bytes(b"")
    right = {"l0/W": np.zeros((8, 3)), "l0/U": np.zeros((8, 8)), "l0/b": np.zeros(8)}
    np.savez("right.npz", **right)
    np.savez("few.npz", **{"l0/W_f": np.zeros((8, 3))})
    np.savez("more.npz", **right, **{"l0/W_q": np.zeros(1)})
    np.savez("wrong.npz", **{**right, "l0/b": np.zeros(5)})
    np.savez("nan.npz", **{**right, "l0/b": np.full(8, np.nan)})
    np.savez("cell.npz", **{"l0/c": np.zeros(3)})


@pytest.mark.usefixtures("wrong_files")
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_sentence_and_nothing_is_written(name: str, here: Path, capsys) -> None:
    words, said = WRONG[name]
    before = sorted(path.name for path in here.iterdir())
    assert run_command("trace", *words.split(), "-o", "out.npz") == 2
    output = capsys.readouterr()
    assert said in output.err
    assert output.err.startswith("gatewalk: ")
    assert output.err.count("\n") == 1
    assert output.out == ""
    assert sorted(path.name for path in here.iterdir()) == before


@pytest.mark.parametrize(
    ("out", "said"),
    [("out.txt", "must end in .npz"), ("folder.npz", "it is a folder"), ("gone/out.npz", "there is no folder “gone”")],
)
def test_where_nothing_can_be_written(out: str, said: str, here: Path, capsys) -> None:
    (here / "folder.npz").mkdir()
    assert run_command("trace", "lstm", "x.npy", "-o", out) == 2
    assert said in capsys.readouterr().err


def test_what_is_read_is_never_overwritten(here: Path, capsys) -> None:
    traced("lstm", "x.npy")
    before = (here / "out.npz").read_bytes()
    (here / "link.npz").symlink_to("out.npz")
    for option in ("--weights", "--initial"):
        assert run_command("trace", "lstm", "x.npy", option, "out.npz", "-o", "link.npz") == 2
        assert "is also read, and would be overwritten" in capsys.readouterr().err
    assert (here / "out.npz").read_bytes() == before


@pytest.mark.parametrize("words", ["--units 0", "--units x", "--seed -1", "--head soft", "--loss l1", "--at 3"])
def test_options_that_mean_nothing_are_refused(words: str, here: Path, capsys) -> None:
    assert run_command("trace", "lstm", "x.npy", "-o", "out.npz", *words.split()) == 2
    assert "error: argument" in capsys.readouterr().err
    assert not (here / "out.npz").exists()
