"""Models as both of PyTorch's exporters write them, walked and compared with PyTorch in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import FileError
from core.files.models import OpenedModel, open_model
from core.files.trace_arrays import file_gradients
from core.run import Run
from tests.core.files.models.onnx.walks import DATA, walked

pytest.importorskip("onnx")

EXPORTED = DATA / "exported"
BATCH_FIRST = {"rnn", "sentences", "final_states", "deep"}
REFUSED = {"unrolled", "projected", "loop"}
FILES = sorted(path.name for path in EXPORTED.glob("*.onnx") if path.name.split(".")[0] not in REFUSED)
TOLERANCE = {"rtol": 1e-10, "atol": 1e-13}  # float64 on both sides


def stored(name: str) -> dict[str, NDArray[Any]]:
    with np.load(EXPORTED / f"{name}.npz") as arrays:
        return dict(arrays)


def inputs_for(opened: OpenedModel, name: str, x: NDArray[Any]) -> NDArray[Any]:
    """The stored input as (T, B, D); numbers of tokens as one-hot vectors."""
    x = x.swapaxes(0, 1) if name in BATCH_FIRST else x
    return np.eye(opened.network.inputs)[x] if x.dtype.kind == "i" else x.astype(float)


def run_of(file: str, loss: str = "", **options: Any) -> tuple[OpenedModel, Run]:
    name = file.split(".")[0]
    arrays, opened = stored(name), open_model(EXPORTED / file, loss=loss)
    if "state" in arrays:
        options["initial"] = {f"l{layer}/h": rows[None] for layer, rows in enumerate(arrays["state"])}
    return opened, walked(opened, inputs_for(opened, name, arrays["x"]), **options)


@pytest.mark.parametrize("file", FILES)
def test_exported_model_gives_what_pytorch_gives(file: str):
    name = file.split(".")[0]
    _, run = run_of(file)
    output, expected = run.values(f"head/{run.network.head.output}"), stored(name)["output0"]
    if expected.ndim == 2:  # the last step alone
        output = output[-1]
    elif name in BATCH_FIRST:
        output = output.swapaxes(0, 1)
    np.testing.assert_allclose(np.log(output) if name == "rnn" else output, expected, **TOLERANCE)


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("lstm.")])
def test_other_outputs_are_named(file: str):
    opened, run = run_of(file)
    said = " ".join(opened.remarks)
    for number, variable in ((1, "h"), (2, "c")):
        np.testing.assert_allclose(run.final(f"l0/{variable}"), stored("lstm")[f"output{number}"][0], **TOLERANCE)
        assert f"is l0/{variable} after its last step" in said


@pytest.mark.parametrize("file", FILES)
def test_names_of_the_file_give_the_parameters(file: str):
    """Every parameter comes from tensors of the file, by the one description that gradients are handed back by."""
    opened = open_model(EXPORTED / file)
    tensors = {name: opened.tensors[name].load().astype(float) for name in opened.names.shapes}
    read = opened.names.read(tensors, opened.network.parameter_shapes)
    assert set(read) == set(opened.parameters)
    for path, parameter in opened.parameters.items():
        np.testing.assert_array_equal(read[path], parameter, err_msg=path)


def test_weights_that_the_graph_cuts_and_joins_keep_their_names():
    """Without constant folding the gates are put into ONNX's order by Slice and Concat nodes."""
    names = open_model(EXPORTED / "named_weights.legacy.onnx").names.shapes
    assert names == {
        f"rnn.{kind}_l0{way}": shape
        for way in ("", "_reverse")
        for kind, shape in (("weight_ih", (20, 4)), ("weight_hh", (20, 5)), ("bias_ih", (20,)), ("bias_hh", (20,)))
    }


@pytest.mark.parametrize("file", ["sentences.dynamo_free.onnx", "named_weights.legacy.onnx", "deep.dynamo.onnx"])
def test_gradients_have_the_names_of_the_file_and_are_right(file: str):
    """Each entry of a tensor of the file, moved a little, moves the loss as its gradient says."""
    opened, run = run_of(file, loss="squared", targets=np.zeros((4, 2, _outputs(file))))
    gradients = file_gradients(run, opened.names)
    tensors = {name: opened.tensors[name].load().astype(float) for name in opened.names.shapes}
    assert set(gradients) == {f"grad/file/{name}" for name in tensors}
    for name, tensor in tensors.items():
        place, step = np.unravel_index(tensor.size * 2 // 3, tensor.shape), 1e-6
        moved = [_loss(opened, run, {**tensors, name: _with(tensor, place, tensor[place] + d)}) for d in (step, -step)]
        np.testing.assert_allclose(
            gradients[f"grad/file/{name}"][place], (moved[0] - moved[1]) / (2 * step), rtol=1e-5, atol=1e-8
        )


def _outputs(file: str) -> int:
    return open_model(EXPORTED / file).network.outputs


def _with(tensor: NDArray[Any], place: Any, value: float) -> NDArray[Any]:
    copy = tensor.copy()
    copy[place] = value
    return copy


def _loss(opened: OpenedModel, run: Run, tensors: dict[str, NDArray[Any]]) -> float:
    parameters = opened.names.read(tensors, opened.network.parameter_shapes)
    return float(Run(replace(run.problem, parameters=parameters)).complete().losses().sum())


def test_scores_get_a_softmax_where_the_loss_needs_one():
    opened = open_model(EXPORTED / "gru_two_layers.dynamo.onnx", loss="squared")
    assert opened.network.head.cell.definition.name == "Direct"
    opened = open_model(EXPORTED / "sentences.legacy.onnx", loss="cross-entropy")
    assert opened.network.head.cell.definition.name == "Softmax"
    assert "the file gives scores; the cross-entropy puts a softmax behind them" in opened.remarks


def test_a_readout_of_several_layers_is_written_as_a_cell():
    head = open_model(EXPORTED / "deep.legacy_free.onnx", loss="cross-entropy").network.head.cell
    assert [equation.text for equation in head.definition.equations] == [
        "a1 = V1 @ h + b1",
        "a2 = relu(a1)",
        "a3 = V2 @ a2 + b2",
        "y = sigmoid(a3)",
        "L = logistic_cross_entropy(a3, target)",
    ]


def test_a_last_reverse_step_is_read_in_the_order_of_walking():
    opened = open_model(EXPORTED / "final_states.dynamo.onnx")
    assert not opened.network.block("l0.reverse").aligned
    assert open_model(EXPORTED / "sentences.legacy.onnx").network.block("l1.reverse").aligned


def test_what_was_found_is_one_line():
    found = open_model(EXPORTED / "sentences.dynamo_free.onnx").found
    assert found.startswith("ONNX opset 20 by pytorch 2.")
    assert found.endswith(
        "; embedding of 7 tokens in 4 numbers; 2 layers of LSTM of 5 units in both directions; gates in the order "
        "i, o, f, c; readout of 3 (identity); float32"
    )
    assert "\n" not in found


def test_states_that_the_model_is_given_are_said():
    remarks = open_model(EXPORTED / "given_states.dynamo.onnx").remarks
    assert "the initial value of l1/h is an input of the file; here it is zero unless it is given" in remarks


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("unrolled.dynamo.onnx", "unrolled the layer into 5 MatMul or Gemm and 4 Tanh, Sigmoid or Relu nodes"),
        ("loop.legacy.onnx", "has no RNN, LSTM or GRU node: the exporter unrolled the layer"),
        ("projected.dynamo_free.onnx", "for an LSTM with proj_size, which ONNX cannot say. Save the state dict"),
    ],
)
def test_what_is_no_layer_any_more_is_refused(file: str, sentence: str):
    with pytest.raises(FileError, match=sentence):
        open_model(EXPORTED / file)
