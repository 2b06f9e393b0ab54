"""The number types of model files, bfloat16 included, which NumPy does not have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
BFLOAT16 = "bfloat16"
WEIGHT_KINDS = ("float16", BFLOAT16, "float32", "float64")
_MOST_PLACES = 1 << 58  # so that eight bytes for each can be counted
_MOST_AXES = 32
_SIZES: Mapping[str, int] = MappingProxyType({BFLOAT16: 2})


def is_possible(shape: Sequence[int]) -> bool:
    """Whether NumPy can make an array of this shape: also one without numbers counts its other axes."""
    places = math.prod(max(size, 1) for size in shape)
    return len(shape) <= _MOST_AXES and min(shape, default=0) >= 0 and places < _MOST_PLACES


def size_of(kind: str) -> int:
    """Bytes of one number of this kind."""
    return _SIZES.get(kind) or np.dtype(kind).itemsize


def storage_type(kind: str, order: Literal["<", ">"] = "<") -> np.dtype[Any]:
    """The NumPy type that the bytes of this kind are read as: bfloat16 as the upper half of a float32."""
    return np.dtype("u2" if kind == BFLOAT16 else kind).newbyteorder(order)


def decoded(raw: Array, kind: str) -> Array:
    """Numbers from what was read as ``storage_type``; bfloat16 becomes float32, exactly."""
    if kind != BFLOAT16:
        return raw.astype(kind)
    return (raw.astype(np.uint32) << 16).view(np.float32)


def encoded(values: Array, kind: str) -> Array:
    """Numbers as little-endian ``storage_type``; bfloat16 is rounded to the nearest, ties to the even one."""
    if kind != BFLOAT16:
        return values.astype(storage_type(kind))
    single = np.ascontiguousarray(values, dtype=np.float32)
    bits = single.view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(single), 0x7FC0, rounded).astype("<u2")
