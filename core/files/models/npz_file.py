"""``.npz`` as a model: named arrays, listed by their headers; the numbers are read when they are wanted."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.models.records import FileTensor
from core.files.models.zip_file import ADVICE, ZipFile
from core.files.reading import unreadable
from core.files.zip_members import SUFFIX, dtype_problem, read_array, read_header
from core.tokens import shown

Array = NDArray[Any]


def read_npz_tensors(file: Path) -> dict[str, FileTensor]:
    """The arrays of the archive by key. Raises FileError. Arrays of objects are listed and never read."""
    try:
        with file.open("rb") as stream:
            start = stream.read(2)
    except OSError as error:
        raise unreadable(file, error) from None
    if start != b"PK":
        what = "it is empty" if not start else "it begins with something else"
        raise FileError(f"{shown(file.name)}: this is no .npz archive, a zip: {what}. {ADVICE}")
    archive = ZipFile(file)
    headers = archive.heads(SUFFIX, read_header)
    return {name.removesuffix(SUFFIX): _tensor(archive, name, header) for name, header in headers.items()}


def _tensor(archive: ZipFile, name: str, header: tuple[tuple[int, ...], bool, np.dtype[Any], int]) -> FileTensor:
    shape, _, dtype, _ = header
    kind = dtype.name if not dtype_problem(dtype) else str(dtype)
    return FileTensor(kind, shape, partial(_load, archive, name))


def _load(archive: ZipFile, name: str) -> Array:
    with archive.stream(name) as stream:
        return np.asarray(read_array(stream, archive.size(name)))
