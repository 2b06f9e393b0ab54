"""Tables of numbers: text to array, array to steps, and what makes either unusable.

Rows and columns count from 1 in what people read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import DataError, ShapeError
from core.tokens import shown

MAX_STEPS = 20_000
MAX_NUMBERS = 16_000_000  # T * B * D in one sequence: 128 MB

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_WORD_NUMBER = re.compile(r"\s*[-+]?(nan|inf|infinity)\s*", re.ASCII | re.IGNORECASE)
_WHAT_ARRAYS = "steps, steps × numbers, or steps × batch × numbers"


class _Row(msgspec.Struct, frozen=True):
    line: int  # in the text, from 1
    cells: tuple[str, ...]


def numbers_of(text: str) -> NDArray[np.float64]:
    """The table (rows, columns) in ``text``: separated by tab, semicolon, comma or spaces; a header is skipped.

    Raises DataError with the line and column of the first cell that is not a finite number.
    """
    rows = _rows(text.replace("\u2212", "-"))  # the minus sign that typeset text uses
    if rows and _is_header(rows[0]):
        rows = rows[1:]
        if not rows:
            raise DataError("There is a header but no numbers under it. Add one row of numbers per step.")
    if not rows:
        raise DataError("There are no numbers to read: got an empty text. Give one row of numbers per step.")
    _check_even(rows)
    return np.array([[_number(cell, row.line, place) for place, cell in enumerate(row.cells)] for row in rows])


def float_array(values: ArrayLike, what: str) -> NDArray[np.float64]:
    """``values`` as float64; raises DataError when they are not real numbers in a regular shape."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise DataError(f"{what} has rows of different lengths. Give every row the same number of values.") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what} holds {type_in_words(array.dtype)}, expected real numbers. Convert them to floats.")
    return array.astype(np.float64, copy=False)


def type_in_words(dtype: np.dtype[Any]) -> str:
    """What an array of ``dtype`` holds, for messages."""
    if dtype.hasobject:
        return "Python objects"
    if dtype.names is not None:
        return "records with named fields"
    kinds = {"c": "complex numbers", "U": "texts", "S": "texts", "M": "dates", "m": "time spans", "V": "raw bytes"}
    return kinds.get(dtype.kind, "real numbers")


def as_steps(array: NDArray[np.float64], width: int | None = None) -> NDArray[np.float64]:
    """(T,) or (T, D) or (T, B, D) as (T, B, D); raises ShapeError when it has another width or number of axes."""
    if not 1 <= array.ndim <= 3:
        raise ShapeError(f"Got an array of {array.ndim} axes, shape {array.shape}, expected 1 to 3: {_WHAT_ARRAYS}.")
    if not array.size:
        raise DataError(f"The array is empty: got shape {array.shape}, expected at least one step with one number.")
    steps = array.reshape(len(array), 1, -1) if array.ndim < 3 else array
    check_size(*steps.shape)
    if width is not None and steps.shape[2] != width:
        raise ShapeError(
            f"Got {count(steps.shape[2], 'number')} per step, expected {width}, the inputs of the network. "
            f"Give {count(width, 'column')}, or use a network with {count(steps.shape[2], 'input')}."
        )
    return steps


def check_size(steps: int, batch: int, width: int) -> None:
    """Raises DataError when a sequence of this size would be too long or too large to walk."""
    if steps > MAX_STEPS:
        raise DataError(
            f"Got {steps:,} steps, but a sequence may have at most {MAX_STEPS:,}. Cut it into shorter pieces."
        )
    if steps * batch * width > MAX_NUMBERS:
        raise DataError(
            f"Got {steps:,} steps × {batch:,} sequences × {width:,} inputs = {steps * batch * width:,} numbers, but at "
            f"most {MAX_NUMBERS:,} fit. Use fewer steps, a smaller batch, or a smaller vocabulary."
        )


def check_finite(array: NDArray[Any], what: str = "The input") -> None:
    """Raises DataError naming row, sequence and column of the first number that is NaN or infinite."""
    finite = np.isfinite(array)
    if finite.all():
        return
    place = tuple(int(i) for i in np.argwhere(~finite)[0])
    found = "NaN" if np.isnan(array[place]) else "an infinite number"
    raise DataError(
        f"{what} has {found} in {place_in_words(place, array.shape)}, expected finite numbers. "
        "Correct it or leave that row out."
    )


def place_in_words(place: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """An index as people count: "row 3, sequence 1, column 2"."""
    words = f"row {place[0] + 1}"
    if len(place) == 3 and shape[1] > 1:
        words += f", sequence {place[1] + 1}"
    return words + f", column {place[-1] + 1 if len(place) > 1 else 1}"


def number_texts(inputs: NDArray[np.float64]) -> tuple[str, ...]:
    """A short text per step of (T, B, D): the number itself when it is the only one, else ""."""
    if inputs.shape[1:] != (1, 1):
        return ("",) * len(inputs)
    return tuple(f"{value:.3g}" for value in inputs[:, 0, 0].tolist())


def count(number: int, noun: str) -> str:
    """How many of something: "1 column" or "3 columns"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _rows(text: str) -> list[_Row]:
    """The lines that hold something, cut into cells."""
    numbered = ((number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())
    lines = list(islice(numbered, MAX_STEPS + 2))  # a header, and one row more than fits
    if len(lines) > MAX_STEPS + 1:
        raise DataError(
            f"Got more than {MAX_STEPS:,} rows, but a sequence may have at most {MAX_STEPS:,} steps. "
            "Cut it into shorter pieces."
        )
    separator = _separator(line for _, line in lines[:50])
    rows = [_Row(number, tuple(_cells(line, separator, number))) for number, line in lines]
    if rows and all(len(row.cells) > 1 and not row.cells[-1].strip() for row in rows):
        rows = [_Row(row.line, row.cells[:-1]) for row in rows]  # every line ends with a separator
    if separator == "," or any("." in cell for row in rows for cell in row.cells):
        return rows
    return [_Row(row.line, tuple(cell.replace(",", ".", 1) for cell in row.cells)) for row in rows]  # decimal commas


def _separator(lines: Iterable[str]) -> str:
    """The separator that the lines use, the least ambiguous first; " " stands for any spaces."""
    joined = "\n".join(lines)
    for separator in "\t;,":
        if separator in joined:
            return separator
    return " "


def _cells(line: str, separator: str, number: int) -> list[str]:
    if separator == " ":
        return line.split()
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        raise DataError(f"Line {number} has a quotation mark without its partner. Close or remove it.") from None


def _is_header(row: _Row) -> bool:
    """Whether a row names columns: some text, and no numbers."""
    numeric = any(_NUMBER.fullmatch(cell) or _WORD_NUMBER.fullmatch(cell) for cell in row.cells)
    return not numeric and any(cell.strip() for cell in row.cells)


def _check_even(rows: list[_Row]) -> None:
    for row in rows:
        if len(row.cells) != len(rows[0].cells):
            raise DataError(
                f"Line {row.line} has {count(len(row.cells), 'column')}, expected {len(rows[0].cells)} as in line "
                f"{rows[0].line}. Give every row the same number of columns."
            )


def _number(cell: str, line: int, place: int) -> float:
    if _NUMBER.fullmatch(cell):
        value = float(cell)
        if np.isfinite(value):
            return value
    where = f"Line {line}, column {place + 1}"
    if not cell.strip():
        raise DataError(f"{where} is empty, expected a number. Fill it in or leave that row out.")
    brief = cell.strip() if len(cell) <= 40 else cell.strip()[:39] + "…"
    finite = "a finite number" if _NUMBER.fullmatch(cell) or _WORD_NUMBER.fullmatch(cell) else "a number"
    raise DataError(f"{where} is {shown(brief)}, expected {finite}. Correct it or leave that row out.")
