"""Which part of which tensor of an ONNX file a parameter is, however the graph cut and joined it on the way."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from itertools import permutations

import numpy as np

from core.files.models.layout import Part, Piece
from core.files.models.onnx.graph import Graph
from core.files.models.onnx.values import Array, Known

_AXES = 8  # of a tensor, at most, to look at: no weight has more


class Origin:
    """Finds the tensors that numbers come from, by where each number stands in the file."""

    def __init__(self, graph: Graph) -> None:
        self._names, self._starts = list(graph.starts), list(graph.starts.values())
        self._shapes = {name: tensor.shape for name, tensor in graph.tensors.items()}

    def piece(self, parameter: str, known: Known) -> Piece | None:
        """The piece that a summand of a parameter (a vector or matrix) is; None where it is none."""
        origin = known.origin
        if origin.size == 0 or origin.flat[0] < 0:
            return None
        number = bisect_right(self._starts, int(origin.flat[0])) - 1
        # Tensors without numbers begin where the next one does: the last of those is the one that has numbers.
        name = self._names[number]
        shape, first = self._shapes[name], int(origin.flat[0]) - self._starts[number]
        if (
            len(shape) > _AXES
            or not _is_regular(origin)
            or int(origin.max()) >= self._starts[number] + math.prod(shape)
        ):
            return None
        for axes in permutations(range(len(shape)), origin.ndim):
            part = _part(first, shape, axes, origin)
            if part is not None:
                return Piece(name, parameter, part, transposed=list(axes) != sorted(axes))
        return None


def _steps(origin: Array) -> Iterator[int]:
    """How much the number grows from one to the next along each axis; 0 along an axis of 1."""
    for axis, size in enumerate(origin.shape):
        index = [0] * origin.ndim
        index[axis] = 1
        yield int(origin[tuple(index)]) - int(origin.flat[0]) if size > 1 else 0


def _is_regular(origin: Array) -> bool:
    """Whether the number grows by the same everywhere along each axis."""
    expected: Array = np.full((), origin.flat[0], origin.dtype)
    for axis, step in enumerate(_steps(origin)):
        ramp = np.arange(origin.shape[axis], dtype=origin.dtype) * step
        expected = expected + ramp.reshape(-1, *[1] * (origin.ndim - 1 - axis))
    return bool((origin == expected).all())


def _part(first: int, shape: tuple[int, ...], axes: tuple[int, ...], origin: Array) -> Part | None:
    """The part of a tensor whose ``axes`` are those of the origin, in this order; None where they are not."""
    place = np.unravel_index(first, shape)
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    ranges = {}
    for axis, size, step in zip(axes, origin.shape, _steps(origin), strict=True):
        start = int(place[axis])
        if (size > 1 and step != strides[axis]) or start + size > shape[axis]:
            return None
        ranges[axis] = (start, start + size)
    return tuple(ranges.get(axis, int(index)) for axis, index in enumerate(place))
