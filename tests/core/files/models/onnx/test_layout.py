"""Parts of tensors, found by where each number of a parameter stands in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.files.models.layout import Piece
from core.files.models.onnx.graph import Graph
from core.files.models.onnx.layout import Origin
from core.files.models.onnx.values import Known, computed
from core.files.models.records import FileTensor

SHAPES = {"first": (7,), "none": (0, 3), "W": (2, 6, 4), "row": (1, 4), "scalar": (), "last": (5, 1)}
GRAPH = Graph(
    "made.onnx", 17, "", (), (), (), {n: FileTensor("float32", s, lambda: np.zeros(0)) for n, s in SHAPES.items()}
)


def known(name: str, move: Callable[[NDArray[Any]], NDArray[Any]]) -> Known:
    start, size = GRAPH.starts[name], int(np.prod(SHAPES[name]))
    origin = np.arange(start, start + size).reshape(SHAPES[name])
    return Known(move(origin * 0.5), lambda: move(origin))


@pytest.mark.parametrize(
    ("name", "move"),
    [
        ("first", lambda a: a),
        ("first", lambda a: a[2:3]),
        ("first", lambda a: a[2:6]),
        ("W", lambda a: a[1, 2:4]),
        ("W", lambda a: a[1, 2:4].T),
        ("W", lambda a: a[:, 3]),
        ("W", lambda a: a[0, :, 1]),
        ("W", lambda a: a[1, 5:, 3:]),
        ("W", lambda a: a[1, 5:, :3]),
        ("W", lambda a: a[1, :5, 2:3]),
        ("W", lambda a: a[1, :5, 2:3].T),
        ("row", lambda a: a),
        ("row", lambda a: a.T),
        ("last", lambda a: a),
        ("last", lambda a: a.T[0]),
    ],
)
def test_a_part_of_a_tensor_is_found(name: str, move: Callable[[NDArray[Any]], NDArray[Any]]):
    """The piece cuts out of the tensor the very numbers that the parameter has."""
    value = known(name, move)
    piece = Origin(GRAPH).piece("l0/W", value)
    assert isinstance(piece, Piece)
    assert piece.tensor == name
    start = GRAPH.starts[name]
    tensor = np.arange(start, start + int(np.prod(SHAPES[name]))).reshape(SHAPES[name]) * 0.5
    np.testing.assert_array_equal(piece.of(tensor), value.array)
    assert piece.of(tensor).shape == value.array.shape


@pytest.mark.parametrize(
    "value",
    [
        computed(np.zeros((2, 3))),
        known("W", lambda a: a[1, ::2]),
        known("W", lambda a: a[1, :, ::-1]),
        known("W", lambda a: a.reshape(-1)[3:9]),
        known("W", lambda a: a[1, [0, 2, 3]]),
        Known(np.zeros(8), lambda: np.arange(3, 11)),  # over the end of a tensor into the next one
    ],
)
def test_what_is_no_part_of_one_tensor_has_no_piece(value: Known):
    assert Origin(GRAPH).piece("l0/W", value) is None
