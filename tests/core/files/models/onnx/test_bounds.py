"""ONNX files that would take much more time or memory than their size: each ends in a sentence."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.files.models.onnx.making import lstm, node, weights, write
from tests.core.files.models.onnx.test_file import changed, refused


@pytest.mark.parametrize("operator", ["ConstantOfShape", "Expand", "Tile", "Reshape"])
def test_an_empty_value_of_a_shape_that_cannot_be_is_refused(tmp_path: Path, operator: str):
    """2**62 times nothing is nothing, but NumPy has no such array."""
    shape = {"ConstantOfShape": [0, 2**62, 3], "Expand": [0, 2**62], "Tile": [1, 2**62], "Reshape": [2**62, 0]}[
        operator
    ]
    inputs = ["shape"] if operator == "ConstantOfShape" else ["empty", "shape"]
    nodes = [node(operator, inputs, ["h0"], **({"allowzero": 1} if operator == "Reshape" else {}))]
    nodes.append(node("LSTM", ["X", "W", "R", "B", "", "h0"], ["Y"], hidden_size=3))
    tensors = {**weights(), "shape": np.array(shape), "empty": np.zeros((0, 1), np.float32)}
    assert f"node 1 ({operator})" in refused(write(tmp_path / "empty.onnx", nodes, tensors))


def test_an_empty_tensor_of_a_shape_that_cannot_be_is_refused(tmp_path: Path):
    assert "impossible shape" in refused(changed(tmp_path, lambda tensor: tensor.dims.extend([0, 2**60, 2**60])))


def test_many_small_numbers_are_counted_together(tmp_path: Path):
    """Each Add makes less than a node may; three thousand of them would take 48 GB."""
    nodes = [node("ConstantOfShape", ["shape"], ["z0"])]
    nodes += [node("Add", [f"z{n}", f"z{n}"], [f"z{n + 1}"]) for n in range(3000)]
    nodes.append(node("LSTM", ["X", "W", "R", "B", "", "z3000"], ["Y"], hidden_size=3))
    path = write(tmp_path / "sums.onnx", nodes, {**weights(), "shape": np.array([1900, 2000])})
    assert "of all nodes together" in refused(path)


def test_long_ways_are_refused(tmp_path: Path):
    def chain(operator: str, first: str, **attributes: Any) -> list[Any]:
        names = [first, *(f"v{n}" for n in range(2000))]
        return [node(operator, [a], [b], **attributes) for a, b in pairwise(names)]

    turned = [*chain("Transpose", "W", perm=[0, 1, 2]), node("LSTM", ["X", "v1999", "R", "B"], ["Y"], hidden_size=3)]
    assert "went through 100 other nodes" in refused(write(tmp_path / "turned.onnx", turned, weights()))
    curved = [lstm(), *chain("Tanh", "Y")]
    assert "behind 50 other layers" in refused(write(tmp_path / "curved.onnx", curved, weights(), ["v1999"]))
    nodes = [lstm(), *(node("LSTM", ["X", "W", "R", "B"], [f"y{n}"], hidden_size=3) for n in range(80))]
    assert "has 81 RNN, LSTM and GRU nodes" in refused(write(tmp_path / "layers.onnx", nodes, weights()))


@pytest.mark.parametrize(
    ("operator", "inputs"), [("Mul", ["W", "W", "W", "W"]), ("Equal", []), ("Neg", ["W", "W", "W"]), ("Div", ["W"])]
)
def test_a_node_with_inputs_that_its_operator_does_not_take_is_refused(
    tmp_path: Path, operator: str, inputs: list[str]
):
    nodes = [node(operator, inputs, ["V"]), node("LSTM", ["X", "V", "R", "B"], ["Y"], hidden_size=3)]
    assert "do not fit this operator" in refused(write(tmp_path / "misfit.onnx", nodes, weights()))


def test_an_input_of_a_size_that_cannot_be_is_refused(tmp_path: Path):
    path = write(tmp_path / "huge.onnx", [lstm()], weights(), inputs={"X": (2**40, 2, 4)})
    assert "has an axis of 1,099,511,627,776" in refused(path)
