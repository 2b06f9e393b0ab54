"""The target of a command line: which loss it calls for, and the sequence with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, FileError
from core.files.numpy_array import finite
from core.files.reading import checked_path
from core.files.sequences import Prepare, as_it_is, read_array, read_target
from core.sequence import Sequence
from core.tokens import shown

Array = NDArray[Any]
CROSS_ENTROPY, SQUARED = "cross-entropy", "squared"


def with_target_file(
    sequence: Sequence, path: str, loss: str, prepare: Prepare = as_it_is
) -> tuple[Sequence, str, int]:
    """The sequence with the targets in a file, the loss they are for, and the outputs they need.

    ``loss`` "" lets the file decide: classes (whole numbers, one a step) call for cross-entropy, other numbers for
    the squared error. ``prepare`` sees the array of the file first. Raises FileError, DataError, ShapeError.
    """
    file = checked_path(path, (".npy", ".csv", ".tsv", ".txt"), "targets")
    array = None if file.suffix.lower() == ".txt" else _array(file, prepare)
    classes = _are_classes(file, array, loss, sequence)
    kind: Literal["classes", "numbers"] = "classes" if classes else "numbers"
    if array is not None and array.dtype.kind == "f" and np.isnan(array).any():
        sequence = _with_gaps(sequence, array, file)
    else:
        named = classes and array is None and sequence.vocabulary is not None  # words are classes by name
        labels = sequence.vocabulary.tokens if named and sequence.vocabulary else ()
        sequence = read_target(file, kind, sequence, labels=labels, prepare=prepare)
    loss = loss or (CROSS_ENTROPY if classes else SQUARED)
    targets = sequence.targets
    assert targets is not None
    if targets.ndim == 3:
        return sequence, loss, targets.shape[2]
    return sequence, loss, max(int(targets.max()) + 1, len(sequence.target_labels))


def _are_classes(file: Path, array: Array | None, loss: str, sequence: Sequence) -> bool:
    if array is None:
        return loss != SQUARED
    one_a_step = array.ndim == 1 or (array.ndim == 2 and array.shape[1] in (1, sequence.batch))
    if loss == SQUARED or not one_a_step:
        return False
    if array.dtype.kind != "f":
        return True
    whole = bool((array == np.round(array)).all() and (array >= -1).all())
    return whole and (loss == CROSS_ENTROPY or file.suffix.lower() != ".npy")  # a table does not say its type


def _array(file: Path, prepare: Prepare) -> Array:
    """The numbers of the file; NaN may stand for "no loss here"."""

    def prepared(found: Array) -> Array:
        array = prepare(found)
        return array if np.isnan(array).any() else finite(array)

    return read_array(file, prepared)


def _with_gaps(sequence: Sequence, array: Array, file: Path) -> Sequence:
    """The sequence with numbers as targets of which some rows are NaN: no loss there."""
    length, batch = sequence.length, sequence.batch
    rows = array[:, None] if array.ndim == 1 else array
    rows = rows.reshape(length, batch, -1) if rows.ndim == 2 and rows.shape[0] == length and batch == 1 else rows
    rows = rows[..., None] if rows.ndim == 2 and rows.shape == (length, batch) else rows
    if rows.ndim != 3 or rows.shape[:2] != (length, batch):
        raise DataError(
            f"{shown(file.name)}: Got targets of shape {array.shape}, expected {length} steps × {batch} sequences × "
            "outputs. Give one row of outputs per step, NaN all over where there is no loss."
        )
    try:
        return replace(sequence, targets=rows, known=None, target_labels=())
    except DataError as error:
        raise FileError(f"{shown(file.name)}: {error}") from None
