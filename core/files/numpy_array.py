"""One array from a NumPy file. The header is checked against limits and the file's size before anything is loaded."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from core.errors import DataError, FileError
from core.files.reading import unreadable
from core.tables import MAX_NUMBERS, check_finite, type_in_words
from core.tokens import shown

# All that NumPy's reader of headers was seen to raise for damaged ones.
_HEADER_ERRORS = (ValueError, EOFError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError, TokenError)


def finite(array: NDArray[Any]) -> NDArray[Any]:
    """The array. Raises DataError naming the place of a number that is NaN or infinite."""
    check_finite(array, "The array")
    return array


def read_npy(path: Path, checked: Callable[[NDArray[Any]], NDArray[Any]] = finite) -> NDArray[Any]:
    """The array in a ``.npy`` file as int64 (whole numbers) or float64; nothing in the file can run code.

    ``checked`` sees it last, where some places may hold what is no number. Raises FileError (not such a file, damaged,
    cut off) and DataError (no real, finite numbers; too many).
    """
    try:
        with path.open("rb") as file:
            array = _loaded(file, path)
    except OSError as error:
        raise unreadable(path, error) from None
    return checked(array)


def _loaded(file: BinaryIO, path: Path) -> NDArray[Any]:
    shape, fortran, dtype = _header(file, path)
    if dtype.hasobject or dtype.kind not in "biuf":
        raise DataError(
            f"{shown(path.name)} holds {type_in_words(dtype)}, expected real numbers. Save it as a float array: "
            "numpy.save(name, array.astype(float))."
        )
    numbers = math.prod(shape)
    if numbers > MAX_NUMBERS:
        raise DataError(
            f"{shown(path.name)} holds {numbers:,} numbers, shape {shape}, expected at most {MAX_NUMBERS:,}. "
            "Save a part of it."
        )
    expected = numbers * dtype.itemsize
    data = file.read(expected)
    if len(data) < expected:
        raise FileError(
            f"{shown(path.name)} is cut off: got {len(data):,} bytes of numbers, expected {expected:,} for shape "
            f"{shape}. Copy or save the file again."
        )
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    if dtype.kind == "u" and numbers and array.max() > np.iinfo(np.int64).max:
        return array.astype(np.float64)
    return np.ascontiguousarray(array, dtype=np.float64 if dtype.kind == "f" else np.int64).reshape(shape)


def _header(file: BinaryIO, path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    start = file.read(len(npy.MAGIC_PREFIX))
    if not start:
        raise FileError(f"{shown(path.name)} is empty: got 0 bytes. Choose a file with something in it.")
    if not npy.MAGIC_PREFIX.startswith(start[: len(npy.MAGIC_PREFIX)]):
        found = "a .npz archive" if start.startswith(b"PK") else "something else"
        raise FileError(
            f"{shown(path.name)} is not a NumPy array file: got {found}. Save the array with numpy.save(name, array)."
        )
    file.seek(0)
    try:
        version = npy.read_magic(file)
        # Version 3 is only written for named fields, which are refused anyway.
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if read is None:
            raise FileError(
                f"{shown(path.name)} has NumPy file version {version[0]}.{version[1]}, expected 1.0 or 2.0. "
                "Save the array with numpy.save(name, array)."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # headers of Python 2 are read all the same
            shape, fortran, dtype = read(file)
    except _HEADER_ERRORS:
        raise _damaged(path) from None
    if any(size < 0 for size in shape):
        raise _damaged(path)
    return shape, fortran, dtype


def _damaged(path: Path) -> FileError:
    return FileError(f"{shown(path.name)} is cut off or damaged in its header. Copy or save the file again.")
