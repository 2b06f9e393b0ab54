"""Lengths and shares of gradients, over the whole range of floating-point numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.norms import norms

Array = NDArray[Any]
_SAFE = 1e-140, 1e140  # norms whose squares neither underflow nor overflow


def row_norms(rows: Array) -> Array:
    """Euclidean norms over the last axis: the fast way, and with care where squares leave the range of numbers."""
    rows = np.asarray(rows, float)
    with np.errstate(all="ignore"):
        found = np.asarray(np.einsum("...i,...i->...", rows, rows))
        np.sqrt(found, out=found)
    if found.size and _SAFE[0] < found.min() and found.max() < _SAFE[1]:
        return np.asarray(found)
    doubtful = ~((found > _SAFE[0]) & (found < _SAFE[1]))
    found[doubtful] = norms(rows[doubtful]) if doubtful.any() else 0.0
    return np.asarray(found)


def directions(rows: Array) -> Array:
    """Vectors of length 1, (N, H); NaN for zero and for what is not finite."""
    with np.errstate(all="ignore"):
        scaled = rows / np.abs(rows).max(axis=-1, keepdims=True)
        return np.asarray(scaled / norms(scaled)[..., None])


def shares_of(parts: Array, total: Array) -> Array:
    """<part, total> / |total|^2 for parts (N, ·) of a total (·): they add up to 1 where the parts do to the total.

    They may be negative or above 1. NaN where the total is zero or not finite. Nothing overflows or underflows on the
    way.
    """
    unit, size = directions(total[None])[0], row_norms(total[None])[0]
    with np.errstate(all="ignore"):
        return np.asarray((parts / size) @ unit)
