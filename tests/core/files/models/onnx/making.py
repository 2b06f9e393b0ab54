"""ONNX files made for a test: a graph of nodes around an LSTM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

onnx = pytest.importorskip("onnx")
helper, numpy_helper, FLOAT, INT64 = (
    onnx.helper,
    onnx.numpy_helper,
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.INT64,
)
STEPS, BATCH, INPUTS, UNITS = 5, 2, 4, 3
_GENERATOR = np.random.default_rng(9)
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def node(operator: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> Any:
    return helper.make_node(operator, list(inputs), list(outputs), **attributes)


def weights(
    operator: str = "LSTM", directions: int = 1, inputs: int = INPUTS, units: int = UNITS, end: str = ""
) -> dict[str, Any]:
    """W, R and B of a node, their names ending in ``end``."""
    generator, rows = np.random.default_rng(5), GATES[operator] * units
    shapes = {"W": (directions, rows, inputs), "R": (directions, rows, units), "B": (directions, 2 * rows)}
    return {n + end: generator.normal(size=shape).astype(np.float32) for n, shape in shapes.items()}


def write(
    path: Path,
    nodes: Sequence[Any],
    tensors: Mapping[str, Any],
    outputs: Sequence[str] = ("Y",),
    inputs: Mapping[str, Sequence[int | str]] | None = None,
    opset: int = 17,
    kinds: Mapping[str, int] | None = None,
) -> Path:
    """A model file; its input is X (steps, sequences, numbers) unless ``inputs`` says otherwise."""
    fed = inputs or {"X": ("steps", "sequences", INPUTS)}
    graph = helper.make_graph(
        list(nodes),
        "made",
        [helper.make_tensor_value_info(n, (kinds or {}).get(n, FLOAT), dims) for n, dims in fed.items()],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in tensors.items()],
    )
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]).SerializeToString())
    return path


def lstm(*, directions: int = 1, **attributes: Any) -> Any:
    """An LSTM that reads X and gives Y, Y_h and Y_c."""
    way = {"direction": "bidirectional"} if directions == 2 else {}
    return node("LSTM", ["X", "W", "R", "B"], ["Y", "Y_h", "Y_c"], hidden_size=UNITS, **way, **attributes)


def whole(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)


READOUT = {"V": _GENERATOR.normal(size=(3, 2)).astype(np.float32), "b": np.float32([0.3, -0.2])}
BOTH = {"V": _GENERATOR.normal(size=(6, 2)).astype(np.float32), "b": np.float32([0.3, -0.2])}
SQUEEZED = node("Squeeze", ["Y", "one"], ["H"])
ONE = {"one": whole(1)}
JOINED = [node("Transpose", ["Y"], ["Z"], perm=[0, 2, 1, 3]), node("Reshape", ["Z", "flat"], ["H"])]
FLAT = {"flat": whole(0, 0, -1)}
