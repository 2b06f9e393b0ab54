"""Files that PyTorch wrote: what is found, and every output and gradient in the file's own names and shapes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import FileError
from core.files.models import OpenedModel, open_model
from core.files.trace_arrays import file_gradients
from core.run import Problem, Run

FOLDER = Path(__file__).parents[3] / "data" / "model_files"
EXACT = {"rtol": 1e-10, "atol": 1e-13}  # both sides in float64
SINGLE = {"rtol": 1e-4, "atol": 1e-5}  # the reference in float32
ANSWERS = {"rnn_relu.npz": {"cell": "rnn_relu"}, "several.pt": {"module": "decoder"}}
FOUND = {
    "gru_checkpoint.pt": "2 layers of 4 units in both directions, reads 3 numbers, identity readout of 3",
    "gru_half.safetensors": "reads 3 numbers, gates in the order r, z, n; float16",
    "gru_legacy.pt": "GRU (reset after the product, z keeps the old state), 1 layer of 3 units, reads 2 numbers",
    "lstm_bfloat16.pt": "PyTorch's names: LSTM, 1 layer of 4 units, reads 3 numbers, gates in the order i, f",
    "lstm_bfloat16.safetensors": "bfloat16",
    "lstm_both.safetensors": "LSTM, 2 layers of 4 units in both directions",
    "lstm_cells.safetensors": "LSTM, 2 layers of 4 units, reads 3 numbers",
    "lstm_projected.pth": "2 layers of 5 units in both directions, projected to 2",
    "rnn_relu.npz": "Simple RNN (ReLU), 3 layers of 3 units",
    "several.pt": "LSTM, 1 layer of 5 units, reads 2 numbers",
    "words.pt": "embedding of 7 tokens (embedding.weight), softmax readout of 7 (fc.weight)",
}


def walked(name: str, recorded: dict[str, np.ndarray]) -> tuple[OpenedModel, Run]:
    """The model and its walk over the recorded input and target."""
    x, target = recorded["x"], recorded["target"]
    classes = target.dtype.kind == "i"
    opened = open_model(FOLDER / name, ANSWERS.get(name, {}), "cross-entropy" if classes else "squared")
    weights = None
    if classes:
        x, weights = np.eye(opened.network.inputs)[x], (target >= 0).astype(float)
        target = np.eye(opened.network.outputs)[target] * weights[..., None]
    return opened, Run(
        Problem(opened.network, opened.parameters, x, target, weights, initial=opened.initial)
    ).complete()


def recorded_of(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / f"{name}.expected.npz") as archive:
        return dict(archive)


@pytest.mark.parametrize("name", FOUND)
def test_outputs_and_gradients_are_those_of_pytorch(name: str) -> None:
    recorded = recorded_of(name)
    opened, run = walked(name, recorded)
    tolerance = SINGLE if recorded["output"].dtype == np.float32 else EXACT
    assert FOUND[name] in opened.found
    assert not opened.answers.unasked
    np.testing.assert_allclose(run.values("head/y"), recorded["output"], **tolerance)
    np.testing.assert_allclose(run.losses().sum(), recorded["loss"], **tolerance)
    expected = {f"grad/file/{key[5:]}": value for key, value in recorded.items() if key.startswith("grad/")}
    found = file_gradients(run, opened.names)
    assert set(found) == set(expected)
    for key, gradient in expected.items():
        np.testing.assert_allclose(found[key], gradient, err_msg=key, **tolerance)


def test_all_that_was_recorded_is_compared() -> None:
    assert {path.name.removesuffix(".expected.npz") for path in FOLDER.glob("*.expected.npz")} == set(FOUND)


def test_both_summed_biases_have_the_gradient_of_the_sum() -> None:
    opened, run = walked("lstm_both.safetensors", recorded_of("lstm_both.safetensors"))
    found = file_gradients(run, opened.names)
    np.testing.assert_array_equal(found["grad/file/bias_ih_l1_reverse"], found["grad/file/bias_hh_l1_reverse"])


def test_a_gru_keeps_its_recurrent_bias_apart() -> None:
    opened, run = walked("gru_legacy.pt", recorded_of("gru_legacy.pt"))
    inner, outer = (file_gradients(run, opened.names)[f"grad/file/bias_{kind}_l0"] for kind in ("ih", "hh"))
    np.testing.assert_array_equal(inner[:6], outer[:6])
    assert np.abs(inner[6:] - outer[6:]).max() > 1e-3


def test_what_a_checkpoint_holds_beside_is_said() -> None:
    opened = open_model(FOLDER / "gru_checkpoint.pt")
    assert "read from the checkpoint's “model_state_dict”" in opened.remarks
    assert opened.answers.taken["readout"] == "module.encoder.fc.weight"
    opened = open_model(FOLDER / "several.pt")
    assert opened.answers.taken == {"module": "encoder"}
    assert [question.key for question in opened.answers.guessed] == ["module"]
    assert any("ignored: “decoder.weight_ih_l0”" in remark for remark in opened.remarks)


def test_without_biases_the_cell_has_none() -> None:
    opened = open_model(FOLDER / "lstm_cells.safetensors")
    assert not any("/b" in path for path in opened.parameters)
    assert "no biases in the file, so the cell has none" in opened.remarks


def test_a_whole_module_and_a_program_are_refused_with_what_to_do() -> None:
    with pytest.raises(FileError, match=r"whole_module.pt.*torch\.nn\.modules\.rnn\.RNN.*state_dict\(\), name\)"):
        open_model(FOLDER / "whole_module.pt")
    with pytest.raises(FileError, match=r"script.pt.*a program \(TorchScript\).*torch\.save"):
        open_model(FOLDER / "script.pt")
