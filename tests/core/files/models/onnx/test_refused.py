"""Graphs that no network here does: each refused by the name of the node at fault, and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import FileError
from core.files.models import open_model
from tests.core.files.models.onnx.making import (
    FLAT,
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


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        open_model(path)
    return str(caught.value)


# What is refused, by the node and its reason

STACK = {**weights(), **weights(inputs=UNITS, end="2"), **ONE, **READOUT}
SECOND = node("LSTM", ["z", "W2", "R2", "B2"], ["y"], hidden_size=UNITS, name="upper")
REFUSED = {
    "residual": (
        [lstm(), SQUEEZED, node("Add", ["H", "H"], ["y"], name="skip")],
        STACK,
        "node “skip” (Add): its input “H” depends on what the model is given",
    ),
    "mean over time": (
        [lstm(), SQUEEZED, node("ReduceMean", ["H"], ["y"], axes=[0])],
        STACK,
        "node 3 (ReduceMean): this operator is not understood here",
    ),
    "another domain": (
        [lstm(), SQUEEZED, node("FusedThing", ["H"], ["y"], domain="com.example")],
        STACK,
        "node 3 (com.example.FusedThing): this operator is not understood here",
    ),
    "walk along the sequences": (
        [lstm(), SQUEEZED, node("Transpose", ["H"], ["z"], perm=[1, 0, 2]), SECOND],
        STACK,
        "node “upper” (LSTM): it does not walk along the time of the layer below",
    ),
    "function between layers": (
        [lstm(), SQUEEZED, node("Tanh", ["H"], ["z"]), SECOND],
        STACK,
        "node “upper” (LSTM): between it and the layer below stands a linear layer or function",
    ),
    "linear layer in front": (
        [node("MatMul", ["X", "square"], ["z"]), SECOND],
        {**STACK, "square": np.ones((4, 3), np.float32)},
        "node 1 (MatMul): it stands before the first layer",
    ),
    "some of the steps": (
        [lstm(), SQUEEZED, node("Slice", ["H", "one", "last"], ["y"])],
        {**STACK, "last": whole(3)},
        "node 3 (Slice): it takes some of the time steps",
    ),
    "steps backward": (
        [lstm(), SQUEEZED, node("Slice", ["H", "end", "start", "zero", "back"], ["y"])],
        {**STACK, "end": whole(-1), "start": whole(-(2**62)), "zero": whole(0), "back": whole(-1)},
        "node 3 (Slice): it takes some of the time steps",
    ),
    "some of the units": (
        [lstm(), SQUEEZED, node("Slice", ["H", "one", "last", "axis"], ["y"])],
        {**STACK, "last": whole(3), "axis": whole(2)},
        "node 3 (Slice): it takes some of the units, not a direction as a whole",
    ),
    "the last state repeated": (
        [lstm(), node("Expand", ["Y_h", "many"], ["z"]), SECOND],
        {**STACK, "many": whole(5, 1, 1)},
        "node 2 (Expand): it repeats what the network computes",
    ),
    "softmax over time": (
        [lstm(), SQUEEZED, node("Softmax", ["H"], ["y"], axis=0)],
        STACK,
        "node 3 (Softmax): it works along another axis than that of the units",
    ),
    "a matrix from the left": (
        [lstm(), SQUEEZED, node("MatMul", ["V", "H"], ["y"])],
        STACK,
        "node 3 (MatMul): its input “V” is a constant",
    ),
    "a part of the input": (
        [node("Slice", ["X", "one", "last"], ["z"]), node("LSTM", ["z", "W", "R", "B"], ["y"])],
        {**STACK, "last": whole(3)},
        "node 2 (LSTM): it reads only a part of what the model is given as “X”",
    ),
    "no hidden size that fits": (
        [node("GRU", ["X", "W", "R", "B"], ["y"], hidden_size=4)],
        weights("GRU"),
        "expected [1, 12, 4] for 4 units. The file is invalid",
    ),
    "unknown attribute": ([lstm(reset=1)], weights(), "node 1 (LSTM): ONNX has no attribute “reset” for it"),
    "unknown activation": (
        [lstm(activations=["Sigmoid", "Swish", "Tanh"])],
        weights(),
        "node 1 (LSTM): ONNX has no activation “Swish”",
    ),
    "affine without numbers": (
        [lstm(activations=["Sigmoid", "Affine", "Tanh"])],
        weights(),
        "node 1 (LSTM): its activation Affine needs an alpha, for which ONNX has no default",
    ),
    "too few activations": (
        [lstm(directions=2, activations=["Sigmoid", "Tanh", "Tanh"])],
        weights(directions=2),
        "it names 3 activations, expected 3 for each of 2 direction(s)",
    ),
    "no clip": ([lstm(clip=0.0)], weights(), "node 1 (LSTM): its clip is 0, expected a number above 0"),
    "no direction": ([lstm(direction="sideways")], weights(), "its layout or direction is none that ONNX has"),
    "no recurrent node": (
        [node("Relu", ["X"], ["y"])],
        {},
        "has no RNN, LSTM or GRU node, so it is no recurrent network; its nodes are: “Relu”",
    ),
    "a loop": (
        [node("Scan", ["X"], ["y"])],
        {},
        "its layer is a Scan node with a program of its own",
    ),
    "a cell state as output": (
        [lstm(), node("Squeeze", ["Y_c", "zero"], ["c"]), node("MatMul", ["c", "V"], ["y"])],
        {**STACK, "zero": whole(0)},
        "it reads the cell state of an LSTM",
    ),
    "directions at steps apart": (
        [lstm(directions=2), *JOINED, node("Gather", ["H", "first"], ["y"], axis=0)],
        {**weights(directions=2), **FLAT, "first": np.array(0)},
        "it reads the directions of a layer at steps that do not belong together",
    ),
    "reverse before forward": (
        [lstm(directions=2), node("Gather", ["Y", "order"], ["Z"], axis=1)]
        + [node("Transpose", ["Z"], ["T"], perm=[0, 2, 1, 3]), node("Reshape", ["T", "flat"], ["y"])],
        {**weights(directions=2), **FLAT, "order": whole(1, 0)},
        "it reads 2 states that are not the forward and then the reverse direction",
    ),
    "a constant output": (
        [lstm(), node("Identity", ["V"], ["y"])],
        STACK,
        "its output “y” does not depend on what it is given",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_network_here_does_is_refused(tmp_path: Path, name: str):
    nodes, tensors, sentence = REFUSED[name]
    outputs = ["y"] if any("y" in made.output for made in nodes) else ["Y"]
    found = refusal(write(tmp_path / "refused.onnx", nodes, tensors, outputs, opset=17))
    assert sentence in found
    assert found.startswith("“refused.onnx”")


def test_steps_cut_into_groups_are_refused(tmp_path: Path):
    nodes = [lstm(), node("Reshape", ["Y", "groups"], ["y"])]
    tensors = {**weights(), "groups": whole(3, 2, 2, UNITS)}
    path = write(tmp_path / "groups.onnx", nodes, tensors, ["y"], inputs={"X": (6, 2, 4)})
    assert "node 2 (Reshape): it cuts the steps, sequences or units into groups" in refusal(path)
