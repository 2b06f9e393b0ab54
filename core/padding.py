"""Sequences of different lengths side by side: which steps of a walk are padding, and where each one's walk begins.

Steps are counted in walking order. A forward walk of sequence b takes its steps 0 to ``lengths[b]``; a reverse walk
begins at its last time step, so its steps are the last ``lengths[b]`` ones. What a sequence's own first step reads of
earlier ones are its initial values, wherever that is. Nothing of a padded row is read by a valid one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import DataError, ShapeError

Array = NDArray[Any]
Samples = NDArray[np.intp] | EllipsisType  # elements of the batch; all of the one sequence there is
Rows = NDArray[np.intp] | int


def checked_lengths(lengths: ArrayLike, steps: int, batch: int, *, least: int = 0) -> NDArray[np.intp]:
    """The lengths (B,) as a read-only array. Raises ShapeError, DataError for lengths that such a batch cannot have."""
    array = np.array(lengths)
    if array.shape != (batch,) or array.dtype.kind not in "iu":
        raise ShapeError(
            f"The lengths have shape {array.shape} of {array.dtype}, expected one whole number for each of the {batch} "
            "sequences of the batch."
        )
    if array.min(initial=steps) < least or array.max(initial=least) > steps:
        raise DataError(f"The lengths go from {array.min()} to {array.max()}, expected {least} to {steps} steps.")
    array = array.astype(np.intp)
    array.flags.writeable = False
    return array


def without_padding(values: ArrayLike, lengths: NDArray[np.intp]) -> Array:
    """The values (T, B, ·) with zeros where there is padding, in which anything may stand."""
    array = np.asarray(values)
    valid = np.arange(len(array))[:, None] < lengths
    return np.where(valid.reshape(*valid.shape, *(1,) * (array.ndim - 2)), array, np.zeros((), array.dtype))


def lengths_by_gaps(values: Array) -> NDArray[np.intp] | None:
    """The lengths (B,) of sequences (T, B, D) behind whose ends rows of NaN stand to the last; None without such."""
    gaps = np.isnan(values[-1]).all(axis=-1)
    if not gaps.any():
        return None
    behind = np.logical_and.accumulate(np.isnan(values[::-1]).all(axis=-1), axis=0)
    return len(values) - behind.sum(axis=0)


class Padding:
    """The padding of one block's walk over ``steps`` steps."""

    def __init__(self, lengths: NDArray[np.intp], steps: int, *, reverse: bool, carried: bool) -> None:
        """``lengths`` (B,); ``carried``: rows behind the end repeat the last valid one instead of being zero."""
        self.starts = steps - lengths if reverse else np.zeros_like(lengths)
        self.ends = np.full_like(lengths, steps) if reverse else lengths
        self.carried = carried
        self.outside: Callable[[int], Samples | None] = cache(self._outside)
        self.beginning: Callable[[int, int], tuple[Samples, Rows] | None] = cache(self._beginning)

    def _outside(self, step: int) -> Samples | None:
        """The sequences for which a step is padding; None for none."""
        return self._samples((step < self.starts) | (step >= self.ends))

    def _beginning(self, step: int, delay: int) -> tuple[Samples, Rows] | None:
        """The sequences that read an initial value ``delay`` steps back and do not begin at step 0; None for none.

        With them how many rows before the first step of a walk that value is kept.
        """
        late = (self.starts > 0) & (self.starts <= step) & (step < self.starts + delay)
        samples = self._samples(late)
        if samples is None:
            return None
        rows = self.starts[late] + delay - step
        return samples, int(rows[0]) if samples is ... else rows

    def _samples(self, chosen: NDArray[np.bool_]) -> Samples | None:
        if not chosen.any():
            return None
        return ... if len(chosen) == 1 else np.flatnonzero(chosen)

    def fill(self, rows: Array, row: int, step: int) -> None:
        """Give the padding of one step what stands there; ``rows`` (K + S, *batch, ·) end with the walk's."""
        samples = self.outside(step)
        if samples is None:
            return
        rows[row, samples] = 0.0
        if self.carried and step:
            behind = self._samples(step >= self.ends)
            if behind is not None:
                rows[row, behind] = rows[row - 1, behind]

    def clear(self, rows: Array, step: int) -> None:
        """Zeros in the padding of one step; ``rows`` (S, *batch, ·)."""
        samples = self.outside(step)
        if samples is not None:
            rows[step, samples] = 0.0
