"""Graphs around recurrent nodes: what is followed, and what is refused by the name of its node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import FileError
from core.files.models import open_model
from core.run import Run
from tests.core.files.models.onnx.making import (
    BOTH,
    FLAT,
    INT64,
    JOINED,
    ONE,
    READOUT,
    SQUEEZED,
    UNITS,
    lstm,
    node,
    weights,
    whole,
    write,
)
from tests.core.files.models.onnx.walks import walked

GENERATOR = np.random.default_rng(8)
X = GENERATOR.normal(size=(5, 2, 4))


def opened_run(path: Path, inputs: NDArray[Any] = X) -> Run:
    return walked(open_model(path), inputs)


def output(run: Run) -> NDArray[Any]:
    return run.values(f"head/{run.network.head.output}")


def test_a_linear_layer_on_all_steps_at_once(tmp_path: Path):
    """Steps and sequences reshaped into one axis and back, as some exporters write a linear layer."""
    nodes = [
        lstm(),
        node("Reshape", ["Y", "rows"], ["rows_of_h"]),
        node("Gemm", ["rows_of_h", "V", "b"], ["scores"]),
        node("Shape", ["Y"], ["shape"]),
        node("Slice", ["shape", "zero", "one"], ["steps"]),
        node("Concat", ["steps", "rest"], ["back"], axis=0),
        node("Reshape", ["scores", "back"], ["y"]),
    ]
    tensors = {**weights(), **READOUT, "rows": whole(-1, UNITS), "zero": whole(0), **ONE, "rest": whole(-1, 2)}
    run = opened_run(write(tmp_path / "rows.onnx", nodes, tensors, ["y"]))
    expected = run.values("l0/h") @ READOUT["V"].astype(float) + READOUT["b"].astype(float)
    np.testing.assert_allclose(output(run), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("shape", "perm", "said"),
    [
        ((7, -1, UNITS), [0, 2, 1, 3], "takes 7 steps only"),
        ((-1, 9, UNITS), [0, 2, 1, 3], "takes 9 sequences only"),
        ((9, 7, UNITS), [2, 0, 1, 3], "takes 9 sequences only"),
    ],
)
def test_sizes_of_the_example_that_an_exporter_left_behind(tmp_path: Path, shape, perm, said: str):
    """torch.onnx.export(dynamo=True) writes [6, -1, H] where it was told that both sizes are open."""
    nodes = [lstm(), node("Transpose", ["Y"], ["Z"], perm=perm), node("Reshape", ["Z", "flat"], ["y"])]
    opened = open_model(write(tmp_path / "baked.onnx", nodes, {**weights(), "flat": whole(*shape)}, ["y"]))
    assert any(said in remark for remark in opened.remarks)
    assert [layer.name for layer in opened.network.layers] == ["l0"]


def test_a_size_that_stands_in_another_place_is_refused(tmp_path: Path):
    nodes = [lstm(), node("Squeeze", ["Y", "one"], ["H"]), node("Reshape", ["H", "flat"], ["y"])]
    tensors = {**weights(), **ONE, "flat": whole(-1, UNITS, 7)}
    with pytest.raises(FileError, match="which does not fit"):
        open_model(write(tmp_path / "turned.onnx", nodes, tensors, ["y"]))


def test_factors_of_a_linear_layer(tmp_path: Path):
    nodes = [
        lstm(),
        node("Reshape", ["Y", "rows"], ["H"]),
        node("Gemm", ["H", "V", "b"], ["y"], alpha=0.5, beta=3.0),
    ]
    run = opened_run(write(tmp_path / "gemm.onnx", nodes, {**weights(), **READOUT, "rows": whole(-1, UNITS)}, ["y"]))
    expected = run.values("l0/h") @ READOUT["V"].astype(float) * 0.5 + READOUT["b"].astype(float) * 3
    np.testing.assert_allclose(output(run), expected, rtol=1e-6)


def test_two_nodes_of_opposite_directions_are_one_layer(tmp_path: Path):
    """As converters from Keras write a bidirectional layer."""
    nodes = [
        lstm(),
        node("LSTM", ["X", "W2", "R2", "B2"], ["Y2"], hidden_size=UNITS, direction="reverse"),
        node("Squeeze", ["Y", "one"], ["H"]),
        node("Squeeze", ["Y2", "one"], ["H2"]),
        node("Concat", ["H", "H2"], ["y"], axis=-1),
    ]
    tensors = weights() | {name: array * 0.5 for name, array in weights(end="2").items()} | ONE
    run = opened_run(write(tmp_path / "two.onnx", nodes, tensors, ["y"]))
    assert [block.name for block in run.network.layers] == ["l0", "l0.reverse", "l0.join"]
    expected = np.concatenate([run.values("l0/h"), run.values("l0.reverse/h")], -1)
    np.testing.assert_array_equal(output(run), expected)
    np.testing.assert_array_equal(run.problem.parameters["l0.reverse/U_o"], tensors["R2"][0, 3:6].astype(float))


@pytest.mark.parametrize(
    ("way", "names"),
    [(node("Gather", ["Y", "way"], ["y"], axis=1), ["l0", "l0.reverse"])]
    + [(node("Slice", ["H", "start", "end", "last"], ["y"]), ["l0", "l0.reverse"])],
    ids=["gather", "slice"],
)
@pytest.mark.parametrize("number", [0, 1])
def test_one_direction_of_two_is_a_layer_by_itself(tmp_path: Path, way: Any, names: list[str], number: int):
    tensors = {**weights(directions=2), **FLAT, "way": np.array(number), "last": whole(2)}
    tensors |= {"start": whole(number * UNITS), "end": whole((number + 1) * UNITS)}
    path = write(tmp_path / "one.onnx", [lstm(directions=2), *JOINED, way], tensors, ["y"])
    run = opened_run(path)
    assert [block.name for block in run.network.layers] == [names[number]]
    np.testing.assert_array_equal(output(run), run.values(f"{names[number]}/h"))
    rows = tensors["W"][number, 3:6].astype(float)
    np.testing.assert_array_equal(run.problem.parameters[f"{names[number]}/W_o"], rows)


def test_final_states_of_both_directions(tmp_path: Path):
    nodes = [
        lstm(directions=2),
        node("Split", ["Y_h", "halves"], ["forward", "backward"], axis=0),
        node("Concat", ["forward", "backward"], ["both"], axis=2),
        node("Squeeze", ["both", "zero"], ["state"]),
        node("MatMul", ["state", "V"], ["product"]),
        node("Add", ["b", "product"], ["y"]),
    ]
    tensors = {**weights(directions=2), **BOTH, "zero": whole(0), "halves": whole(1, 1)}
    run = opened_run(write(tmp_path / "split.onnx", nodes, tensors, ["y"]))
    state = np.concatenate([run.values("l0/h")[-1], run.values("l0.reverse/h")[0]], -1)
    np.testing.assert_allclose(output(run)[-1], state @ BOTH["V"].astype(float) + BOTH["b"].astype(float), rtol=1e-12)


def test_one_sequence_without_a_batch_axis(tmp_path: Path):
    nodes = [
        node("Unsqueeze", ["x", "one"], ["X"]),
        lstm(),
        node("Squeeze", ["Y", "axes"], ["y"]),
    ]
    tensors = {**weights(), **ONE, "axes": whole(1, 2)}
    path = write(tmp_path / "single.onnx", nodes, tensors, ["y"], inputs={"x": (5, 4)})
    assert output(opened_run(path)).shape == (5, 2, UNITS)


def test_layers_in_the_layout_with_sequences_first(tmp_path: Path):
    nodes = [
        lstm(layout=1),
        node("Reshape", ["Y", "flat"], ["H"]),
        node("LSTM", ["H", "W2", "R2", "B2"], ["y", "", "c"], hidden_size=UNITS, layout=1),
    ]
    tensors = {**weights(), **weights(inputs=UNITS, end="2"), "flat": whole(0, 0, UNITS)}
    opened = open_model(write(tmp_path / "layout.onnx", nodes, tensors, ["y", "c"]))
    assert [block.name for block in opened.network.layers] == ["l0", "l1"]
    assert "the file's output “c” is l1/c after its last step" in opened.remarks
    assert any("has the sequences first" in remark for remark in opened.remarks)


def test_final_states_of_all_layers_stacked_are_another_output(tmp_path: Path):
    """What a PyTorch model returns as h_n."""
    nodes = [
        lstm(),
        SQUEEZED,
        node("LSTM", ["H", "W2", "R2", "B2"], ["Y2", "Y2_h"], hidden_size=UNITS),
        node("Squeeze", ["Y2", "one"], ["y"]),
        node("Concat", ["Y_h", "Y2_h"], ["h_n"], axis=0),
    ]
    tensors = {**weights(), **weights(inputs=UNITS, end="2"), **ONE}
    opened = open_model(write(tmp_path / "stacked.onnx", nodes, tensors, ["y", "h_n"]))
    assert "the file's output “h_n” is l0/h, l1/h after its last step" in opened.remarks


def test_initial_states_of_a_batch_are_kept_and_of_all_sequences_alike_are_one(tmp_path: Path):
    h0 = GENERATOR.normal(size=(1, 2, UNITS)).astype(np.float32)
    c0 = np.broadcast_to(h0[:, :1], (1, 2, UNITS))
    nodes = [node("LSTM", ["X", "W", "R", "B", "", "h0", "c0"], ["Y"], hidden_size=UNITS)]
    opened = open_model(write(tmp_path / "states.onnx", nodes, {**weights(), "h0": h0, "c0": c0}))
    np.testing.assert_array_equal(opened.initial["l0/h"], h0.astype(float))
    np.testing.assert_array_equal(opened.initial["l0/c"], c0[:, :1].astype(float))
    assert "the initial values of l0/h are for a batch of 2 sequences" in opened.remarks


def test_what_the_output_does_not_depend_on_is_ignored(tmp_path: Path):
    spare = node("LSTM", ["X", "W", "R", "B"], ["spare"], hidden_size=UNITS, name="spare one")
    strange = node("NonZero", ["spare"], ["strange"])
    opened = open_model(write(tmp_path / "spare.onnx", [lstm(), spare, strange], weights()))
    assert "ignored: node “spare one” (LSTM), which the output does not depend on" in opened.remarks


def test_weights_that_the_graph_computes_are_said(tmp_path: Path):
    nodes = [node("Mul", ["W", "half"], ["smaller"]), node("LSTM", ["X", "smaller", "R", "B"], ["Y"])]
    opened = open_model(write(tmp_path / "computed.onnx", nodes, {**weights(), "half": np.float32(0.5)}))
    assert set(opened.names.shapes) == {"R", "B"}
    assert any(remark.startswith("computed in the graph, so without gradients") for remark in opened.remarks)
    np.testing.assert_array_equal(opened.parameters["l0/W_i"], weights()["W"][0, :3].astype(float) / 2)


def test_tokens_are_what_an_embedding_reads(tmp_path: Path):
    nodes = [node("Gather", ["E", "tokens"], ["X"]), lstm()]
    tensors = {**weights(), "E": GENERATOR.normal(size=(9, 4)).astype(np.float32)}
    fed, kinds = {"tokens": ("steps", "sequences")}, {"tokens": INT64}
    opened = open_model(write(tmp_path / "tokens.onnx", nodes, tensors, inputs=fed, kinds=kinds))
    assert opened.network.inputs == 9
    np.testing.assert_array_equal(opened.parameters["embedding/E"], tensors["E"].T.astype(float))
