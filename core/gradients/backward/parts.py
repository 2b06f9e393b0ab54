"""Gradients side by side of which only a stretch has reached a place: rows first to last of n."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Part(msgspec.Struct, frozen=True, eq=False):
    """The rows first <= r < last of gradients side by side, (last - first, H); the others are nothing."""

    first: int
    last: int
    rows: Array

    def over(self, first: int, last: int) -> Array:
        """The rows of a longer stretch, zeros where there is nothing."""
        if (first, last) == (self.first, self.last):
            return self.rows
        found = np.empty((last - first, *self.rows.shape[1:]), self.rows.dtype)
        start, stop = self.first - first, self.last - first
        found[:start], found[start:stop], found[stop:] = 0.0, self.rows, 0.0
        return found


def hull(parts: Iterable[Part]) -> tuple[int, int]:
    """The least stretch that holds all parts."""
    first, last = None, 0
    for part in parts:
        first = part.first if first is None else min(first, part.first)
        last = max(last, part.last)
    assert first is not None
    return first, last


def joined(parts: list[Part]) -> Part:
    """The sum of one or more parts."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2 and parts[0].last == parts[1].first:
        return Part(parts[0].first, parts[1].last, np.concatenate([parts[0].rows, parts[1].rows]))
    parts = sorted(parts, key=lambda part: part.first)
    first, last = hull(parts)
    if all(before.last == after.first for before, after in pairwise(parts)):
        return Part(first, last, np.concatenate([part.rows for part in parts]))
    total = np.zeros((last - first, *parts[0].rows.shape[1:]), parts[0].rows.dtype)
    for part in parts:
        total[part.first - first : part.last - first] += part.rows
    return Part(first, last, total)
