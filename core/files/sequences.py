"""Sequences, arrays and targets from files that people have: text, tables of numbers, NumPy arrays.

Every refusal is one sentence (FileError for the file, DataError or ShapeError for what is in it) that begins with the
file's name and ends with what to do. A file too large for its kind is refused before it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Ordered
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, ShapeError
from core.files.numpy_array import finite, read_npy
from core.files.reading import checked_path, read_text
from core.sequence import Sequence, from_numbers, from_text
from core.tables import MAX_STEPS, count, numbers_of
from core.targets import NO_LOSS, class_of
from core.tokens import Kind, shown
from core.vocabulary import Vocabulary

TEXT_BYTES = 1_000_000  # far more than MAX_STEPS words
TABLE_BYTES = 8_000_000  # parsed within about a second

Prepare = Callable[[NDArray[Any]], NDArray[Any]]  # of an array, before anything is made of it

_TABLES = (".csv", ".tsv")
_ADVICE = f"A sequence has at most {MAX_STEPS:,} steps: save a part of it."


def as_it_is(array: NDArray[Any]) -> NDArray[Any]:
    """The array."""
    return array


def read_sequence(
    path: str | Path,
    *,
    vocabulary: Vocabulary | None = None,
    kind: Kind | None = None,
    width: int | None = None,
    prepare: Prepare = as_it_is,
) -> Sequence:
    """The sequence in a ``.txt`` (words or characters), ``.csv`` or ``.npy`` file ((T,), (T, D) or (T, B, D)).

    ``kind`` says how to read a text (guessed when not given); ``width`` is what the network reads at one step. In a
    ``.npy`` batch rows of NaN behind the end of a shorter sequence are padding.
    """
    file = checked_path(path, (".txt", *_TABLES, ".npy"), "a sequence")
    with _named(file):
        if file.suffix.lower() == ".txt":
            text = read_text(file, TEXT_BYTES, _ADVICE)
            return from_text(text, vocabulary, kind, width=width, name=file.stem)
        width = len(vocabulary) if width is None and vocabulary is not None else width
        if file.suffix.lower() == ".npy":
            return from_numbers(read_npy(file, prepare), width, name=file.stem)
        return from_numbers(read_text(file, TABLE_BYTES, _ADVICE), width, name=file.stem)


def read_array(path: str | Path, prepare: Prepare = finite) -> NDArray[Any]:
    """The array in a ``.npy`` file (int64 or float64) or a ``.csv`` file (float64, two axes)."""
    file = checked_path(path, (*_TABLES, ".npy"), "an array")
    with _named(file):
        if file.suffix.lower() == ".npy":
            return read_npy(file, prepare)
        return prepare(numbers_of(read_text(file, TABLE_BYTES, _ADVICE)))


def read_target(
    path: str | Path,
    kind: Literal["classes", "numbers"],
    sequence: Sequence,
    *,
    width: int | None = None,
    labels: Ordered[str] = (),
    prepare: Prepare = as_it_is,
) -> Sequence:
    """``sequence`` with the targets in a file: one row per step, or a single row that is meant for the last step.

    "classes": whole numbers (T,), (T, 1) or (T, B), -1 for no loss; a ``.txt`` holds names from ``labels``.
    "numbers": (T,), (T, O) or (T, B, O); ``width`` is O, the outputs of the network.
    """
    file = checked_path(path, (".txt", *_TABLES, ".npy"), "targets")
    with _named(file):
        if file.suffix.lower() == ".txt" and kind == "classes":
            array = _classes_in(read_text(file, TEXT_BYTES, _ADVICE), labels)
        elif file.suffix.lower() == ".txt":
            array = numbers_of(read_text(file, TEXT_BYTES, _ADVICE))
        else:
            array = read_array(file, lambda found: finite(prepare(found)))
        targets = _class_rows(array, sequence) if kind == "classes" else _number_rows(array, sequence, width)
        return replace(sequence, targets=targets, known=None, target_labels=tuple(labels))


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """Puts the file's name before what is wrong with its contents."""
    try:
        yield
    except (DataError, ShapeError) as error:
        message = str(error)
        raise type(error)(message if file.name in message else f"{shown(file.name)}: {message}") from None


def _classes_in(text: str, labels: Ordered[str]) -> NDArray[Any]:
    """The classes that a text names one by one: numbers, or labels."""
    words = [word.strip(",;") for word in text.split()]
    if not words:
        raise DataError("There are no targets to read: got an empty text. Give one class per step.")
    if all(word.lstrip("-").isdecimal() for word in words):
        return numbers_of("\n".join(words))[:, 0]
    if len(words) > MAX_STEPS:
        raise DataError(f"Got {len(words):,} targets, expected at most {MAX_STEPS:,}. Save a part of it.")
    return np.array([class_of(word, labels) for word in words])


def _class_rows(array: NDArray[Any], sequence: Sequence) -> NDArray[Any]:
    """Classes as (T, B)."""
    length, batch = sequence.length, sequence.batch
    if array.ndim == 2 and len(array) == 1 and array.shape[1] == length and batch == 1:
        array = array.T  # a table of one line
    rows = array[:, None] if array.ndim == 1 else array
    if rows.ndim != 2 or rows.shape[0] not in (1, length) or rows.shape[1] not in (1, batch):
        raise ShapeError(
            f"Got targets of shape {array.shape}, expected {count(length, 'row')} (or 1, for the last step) of "
            f"{'1 class' if batch == 1 else f'{batch} classes'}. Give one class per step and sequence."
        )
    return _placed(rows, np.full((length, batch), NO_LOSS, dtype=rows.dtype), sequence)


def _number_rows(array: NDArray[Any], sequence: Sequence, width: int | None) -> NDArray[np.float64]:
    """Output numbers as (T, B, O)."""
    length, batch = sequence.length, sequence.batch
    rows = _with_three_axes(array, length, batch, width)
    expected = width if width is not None else "as many as the network has"
    if rows is None or rows.shape[0] not in (1, length) or rows.shape[1] != batch or width not in (None, rows.shape[2]):
        raise ShapeError(
            f"Got targets of shape {array.shape}, expected {count(length, 'row')} (or 1, for the last step)"
            f"{f' × {batch} sequences' if batch > 1 else ''} × outputs ({expected}). Give one row of outputs per step."
        )
    return _placed(rows, np.full((length, batch, rows.shape[2]), np.nan), sequence)


def _placed(rows: NDArray[Any], targets: NDArray[Any], sequence: Sequence) -> NDArray[Any]:
    """The targets with these rows; a single one stands at the last step of each sequence."""
    if len(rows) == len(targets):
        return rows
    targets[sequence.ends, np.arange(sequence.batch)] = rows[0]
    return targets


def _with_three_axes(array: NDArray[Any], length: int, batch: int, width: int | None) -> NDArray[Any] | None:
    """``array`` as (rows, B, O), or None where its axes mean nothing here."""
    if array.ndim == 3:
        return array
    if array.ndim == 2 and len(array) == 1 and array.shape[1] == length and batch == 1 and width == 1:
        array = array.T  # a table of one line
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        return None
    return array[:, None, :] if batch == 1 else array[:, :, None]
