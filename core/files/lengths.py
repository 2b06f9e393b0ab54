"""How many steps each sequence of a batch has, as people give it, and arrays of such a batch as files hold them.

The lengths are numbers (``5,2,4``) or a file of them; or nothing is said, and rows of NaN stand behind each end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.files.numpy_array import read_npy
from core.files.reading import checked_path, read_text
from core.sequence import Sequence
from core.tables import count, numbers_of
from core.targets import NO_LOSS
from core.tokens import shown

Array = NDArray[Any]
_BYTES = 1_000_000
_FILES = (".npy", ".csv", ".tsv", ".txt")


@dataclass(frozen=True, eq=False)
class Lengths:
    """The ``steps`` (B,) of each sequence, and what that says of arrays (T,), (T, B) or (T, B, ·) of a file."""

    steps: NDArray[np.int64]

    def inputs(self, array: Array) -> Array:
        """The inputs of a file with zeros in padding, where anything may stand. Raises DataError for another batch."""
        if array.ndim == 3:
            self._check(array.shape[1])
        return self._cleaned(array, 0)

    def targets(self, array: Array) -> Array:
        """The targets of a file with "no loss" in padding, where anything may stand."""
        return self._cleaned(array, np.nan if array.dtype.kind == "f" else NO_LOSS)

    def of(self, sequence: Sequence) -> Sequence:
        """The sequence with these lengths. Raises DataError for lengths that it cannot have."""
        self._check(sequence.batch)
        return sequence.padded(self.steps)

    def _check(self, batch: int) -> None:
        if len(self.steps) != batch:
            raise DataError(
                f"Got {count(len(self.steps), 'length')}, but the input has {count(batch, 'sequence')}. "
                "Give one for each."
            )

    def _cleaned(self, array: Array, empty: float) -> Array:
        alone = len(self.steps) == 1
        if array.ndim == 0 or not (alone or (array.ndim > 1 and array.shape[1] == len(self.steps))):
            return array  # whose shape is refused where it is known what is expected
        behind = np.arange(len(array))[:, None] >= self.steps
        kept = array.copy()
        kept[behind[:, 0] if alone else behind] = empty
        return kept


def lengths_in(text: str) -> NDArray[np.int64]:
    """The lengths in a text ("5,2,4") or in the file of this name. Raises FileError, DataError."""
    numbers = [number.strip() for number in text.split(",")]
    if all(number.isascii() and number.isdecimal() for number in numbers):
        return _whole(np.array([float(number) for number in numbers]), shown(text))
    if "," in text and not Path(text).exists():
        raise DataError(f"{shown(text)} are no lengths: expected whole numbers, as in 5,2,4, or the name of a file.")
    file = checked_path(text, _FILES, "lengths (or give them as 5,2,4)")
    return _whole(_numbers(file), shown(file.name))


def _numbers(file: Path) -> Array:
    if file.suffix.lower() == ".npy":
        return read_npy(file)
    return numbers_of(read_text(file, _BYTES, "It holds one number for each sequence."))


def _whole(numbers: Array, where: str) -> NDArray[np.int64]:
    flat = np.atleast_1d(np.squeeze(numbers))
    if flat.ndim > 1 or not flat.size:
        raise DataError(f"{where} has the shape {numbers.shape}, expected one length for each sequence, as in 5,2,4.")
    wrong = flat[(flat != np.round(flat)) | (flat < 1) | (flat > 2**31)]
    if wrong.size:
        raise DataError(f"{where} has the length {wrong[0]:g}, expected whole numbers of steps, from 1 on.")
    return flat.astype(np.int64)
