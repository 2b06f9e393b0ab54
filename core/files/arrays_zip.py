"""A zip of ``session.json`` and ``.npy`` members, written safely and read with suspicion.

``numpy.load(path)["l0/h"]`` reads the same files. Nothing is ever pickled. A file that is read may come from anybody:
names, sizes and types are checked before memory is taken, and again while reading.
"""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from core.errors import FileError
from core.files.replacing import replacing
from core.files.zip_members import (
    SUFFIX,
    GuardedFile,
    dtype_problem,
    member_problem,
    name_problem,
    read_array,
    read_exactly,
    reason_of,
)

Array: TypeAlias = NDArray[Any]

SESSION = "session.json"
# Measured on LSTM runs: deflating dense floats saves 4 to 8 % (17 % in float32) and costs 25 ms a megabyte, so they
# are stored; zeros (one-hot inputs), NaN (rows not reached yet), whole numbers and truth values shrink to 2 to 50 %.
_DENSE = 0.7  # share of entries that are neither 0 nor NaN, from which floats are stored
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError, OverflowError)


def write_archive(path: str | Path, json_bytes: bytes, arrays: Mapping[str, Array]) -> None:
    """Writes the archive completely or not at all: a file that was there before stays until the new one is on disk.

    Raises FileError if it cannot be written or an array cannot be kept (objects, texts, a key that is no safe name).
    """
    target = Path(path).resolve()  # a link keeps pointing at the file
    for key, array in arrays.items():
        _check_writable(target, key, array)
    try:
        with replacing(target) as file, zipfile.ZipFile(file, "w") as archive:
            archive.writestr(_member(SESSION, zipfile.ZIP_DEFLATED), json_bytes)
            for key, array in arrays.items():
                _write_array(archive, key, np.asarray(array, order="C"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(f"{target}: cannot be written ({reason}). Nothing was changed; try another place.") from error


def read_archive(path: str | Path, *, limit_bytes: int) -> tuple[bytes, dict[str, Array]]:
    """The session's JSON and the arrays (read-only) by key; at most ``limit_bytes`` of them all together.

    Members that are neither ``session.json`` nor ``.npy`` are left alone. Raises FileError for everything that is
    wrong with the file, before memory is taken for it.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            return _read_open(path, file, limit_bytes)
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except MemoryError as error:
        raise FileError(f"{path}: there is not enough memory to open it.") from error


# --- writing ---------------------------------------------------------------------------------------------------------


def _write_array(archive: zipfile.ZipFile, key: str, array: Array) -> None:
    dense = array.dtype.kind in "fc" and np.count_nonzero((array != 0) & (array == array)) > _DENSE * array.size
    member = _member(key + SUFFIX, zipfile.ZIP_STORED if dense else zipfile.ZIP_DEFLATED)
    with archive.open(member, "w", force_zip64=array.nbytes > 1 << 30) as stream:
        npy.write_array(stream, array, version=(1, 0), allow_pickle=False)


def _member(name: str, compression: int) -> zipfile.ZipInfo:
    """A member without a date, so that the same session gives the same bytes."""
    member = zipfile.ZipInfo(name)
    member.compress_type = compression
    member.external_attr = 0o644 << 16
    return member


def _check_writable(target: Path, key: str, array: Array) -> None:
    problem = name_problem(key + SUFFIX) or dtype_problem(np.asarray(array).dtype)
    if problem:
        raise FileError(f"{target}: the array '{key}' cannot be written: {problem}.")


# --- reading ---------------------------------------------------------------------------------------------------------


def _read_open(path: Path, file: IO[bytes], limit_bytes: int) -> tuple[bytes, dict[str, Array]]:
    _check_beginning(path, file)
    with _damage(path, "its list of members"):
        archive = zipfile.ZipFile(GuardedFile(file))
    members = _checked_members(path, archive, limit_bytes)
    session = b""
    arrays: dict[str, Array] = {}
    for member in members:
        with _damage(path, f"'{member.filename}'"), archive.open(member) as stream:
            if member.filename == SESSION:
                session = read_exactly(stream, np.empty(member.file_size, dtype=np.uint8)).tobytes()
            else:
                arrays[member.filename.removesuffix(SUFFIX)] = read_array(stream, member.file_size)
    return session, arrays


def _check_beginning(path: Path, file: IO[bytes]) -> None:
    """Tells a file that is no zip from one that is cut off, which zipfile does not."""
    start = file.read(4)
    if not start:
        raise FileError(f"{path}: the file is empty.")
    if not start.startswith(b"PK"):
        raise FileError(f"{path}: this is not a Gatewalk session: expected a zip archive, got something else.")
    file.seek(0)
    if not zipfile.is_zipfile(file):
        raise FileError(f"{path}: the file is cut off: its end is missing. Copy it again from where it came.")


def _checked_members(path: Path, archive: zipfile.ZipFile, limit_bytes: int) -> list[zipfile.ZipInfo]:
    """The members to read, once all that the archive says of itself is found acceptable."""
    members = archive.infolist()
    seen: set[str] = set()
    for member in members:
        problem = name_problem(member.orig_filename) or member_problem(member)
        if member.filename in seen:
            problem = "the name occurs twice"
        if problem:
            raise FileError(f"{path}: the member {member.orig_filename[:80]!r} cannot be accepted: {problem}.")
        seen.add(member.filename)
    if SESSION not in seen:
        raise FileError(f"{path}: this is not a Gatewalk session: it holds no '{SESSION}'.")
    wanted = [member for member in members if member.filename == SESSION or member.filename.endswith(SUFFIX)]
    total = sum(member.file_size for member in wanted)
    if total > limit_bytes:
        raise FileError(
            f"{path}: it would take {total / 1e6:.4g} MB of memory, {limit_bytes / 1e6:.4g} MB are allowed. "
            "If you trust the file, raise the limit."
        )
    return wanted


@contextlib.contextmanager
def _damage(path: Path, where: str) -> Iterator[None]:
    """Turns what zipfile, zlib and the checks above raise into one FileError that names the place."""
    try:
        yield
    except _DAMAGE as error:
        raise FileError(f"{path}: the file is damaged in {where}: {reason_of(error)}.") from error
