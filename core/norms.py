"""Norms of many rows at once, over the whole range of floating-point numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def norms(rows: Array) -> Array:
    """Euclidean norms over the last axis, without overflow or underflow of the squares."""
    peaks = np.abs(rows).max(axis=-1, keepdims=True)
    scale = np.where((peaks > 0) & np.isfinite(peaks), peaks, 1.0)
    with np.errstate(all="ignore"):
        return np.asarray(scale[..., 0] * np.sqrt(((rows / scale) ** 2).sum(axis=-1)))
