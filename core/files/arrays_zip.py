"""A zip of ``session.json`` and ``.npy`` members, written safely and read with suspicion.

``numpy.load(path)["l0/h"]`` reads the same files. Nothing is ever pickled. A file that is read may come from anybody:
names, sizes and types are checked before memory is taken, and again while reading.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
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

Array: TypeAlias = NDArray[Any]

SESSION = "session.json"
SUFFIX = ".npy"
_CHUNK = 1 << 20
_LONGEST_NAME = 1024  # bytes; a key is two or three names of a cell
# The list of members is read in one piece and grows about fifteenfold in memory: 60,000 members are plenty.
_LARGEST_READ = 4 << 20
# Measured on LSTM runs: deflating dense floats saves 4 to 8 % (17 % in float32) and costs 25 ms a megabyte, so they
# are stored; zeros (one-hot inputs), NaN (rows not reached yet), whole numbers and truth values shrink to 2 to 50 %.
_DENSE = 0.7  # share of entries that are neither 0 nor NaN, from which floats are stored
_KINDS = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}
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
    problem = _name_problem(key + SUFFIX) or _dtype_problem(np.asarray(array).dtype)
    if problem:
        raise FileError(f"{target}: the array '{key}' cannot be written: {problem}.")


# --- reading ---------------------------------------------------------------------------------------------------------


class _Guarded:
    """A file that refuses to be read in pieces larger than any honest archive needs."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        if size > _LARGEST_READ:
            raise zipfile.BadZipFile("it is too long")
        # "All the rest" is asked for at the end only, where a zip keeps 22 bytes and a comment of at most 65,535.
        return self._file.read(size if size >= 0 else 1 << 17)


def _read_open(path: Path, file: IO[bytes], limit_bytes: int) -> tuple[bytes, dict[str, Array]]:
    _check_beginning(path, file)
    with _damage(path, "its list of members"):
        archive = zipfile.ZipFile(_Guarded(file))
    members = _checked_members(path, archive, limit_bytes)
    session = b""
    arrays: dict[str, Array] = {}
    for member in members:
        with _damage(path, f"'{member.filename}'"), archive.open(member) as stream:
            if member.filename == SESSION:
                session = _read_exactly(stream, np.empty(member.file_size, dtype=np.uint8)).tobytes()
            else:
                arrays[member.filename.removesuffix(SUFFIX)] = _read_array(stream, member.file_size)
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
        problem = _name_problem(member.orig_filename) or _member_problem(member)
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


def _name_problem(name: str) -> str:
    """Why a member may not be called that; empty if it may."""
    if len(name.encode(errors="surrogatepass")) > _LONGEST_NAME:
        return f"its name is longer than {_LONGEST_NAME} bytes"
    if not name.isprintable() or "\\" in name:
        return "its name holds a backslash or a character that cannot be printed"
    if name.startswith("/") or re.match("[A-Za-z]:", name):
        return "its name is an absolute path"
    if any(part in ("", ".", "..", SUFFIX) for part in name.removesuffix("/").split("/")):
        return "its name holds an empty part, '.' or '..'"
    return ""


def _member_problem(member: zipfile.ZipInfo) -> str:
    """What in a member's entry cannot be; empty if nothing."""
    if member.flag_bits & 0x1:
        return "it is encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"it is compressed by method {member.compress_type}, expected stored or deflated"
    if member.compress_type == zipfile.ZIP_STORED and member.compress_size != member.file_size:
        return f"it is stored as {member.compress_size} bytes and said to have {member.file_size}"
    return ""


def _read_array(stream: IO[bytes], size: int) -> Array:
    """The array of a ``.npy`` member of ``size`` bytes; ValueError if it is none, or another one than it says."""
    shape, fortran_order, dtype, taken = _read_header(stream)
    problem = _dtype_problem(dtype)
    if problem:
        raise ValueError(problem)
    expected = math.prod(shape) * dtype.itemsize
    if any(length < 0 for length in shape) or expected != size - taken:
        raise ValueError(f"shape {shape} of {dtype} takes {expected} bytes, got {size - taken}")
    flat = np.empty(math.prod(shape), dtype=dtype)
    _read_exactly(stream, flat.view(np.uint8))
    array = flat.reshape(shape[::-1]).T if fortran_order else flat.reshape(shape)
    array.setflags(write=False)
    return array


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """(shape, fortran_order, dtype, bytes taken) of a ``.npy`` member."""
    start = stream.read(npy.MAGIC_LEN + 2)
    if len(start) < npy.MAGIC_LEN + 2 or not start.startswith(npy.MAGIC_PREFIX):
        raise ValueError("it is no NumPy array")
    if start[6:8] != b"\x01\x00":
        raise ValueError(f"version {start[6]}.{start[7]} of NumPy's format, expected 1.0")
    length = int.from_bytes(start[8:], "little")
    text = stream.read(length)
    try:
        # NumPy's own reader wants a stream, and warns about headers of Python 2 only; its errors are of many kinds.
        shape, fortran_order, dtype = npy.read_array_header_1_0(io.BytesIO(start[8:] + text))
    except Exception as error:
        raise ValueError("its header cannot be understood") from error
    return shape, fortran_order, dtype, len(start) + length


def _read_exactly(stream: IO[bytes], buffer: Array) -> Array:
    """``buffer`` filled with all that the stream holds; ValueError if that is more or less. The end checks the CRC."""
    done = 0
    while chunk := stream.read(_CHUNK):
        if done + len(chunk) > buffer.size:
            raise ValueError("it holds more than it says")
        buffer[done : done + len(chunk)] = np.frombuffer(chunk, dtype=np.uint8)
        done += len(chunk)
    if done < buffer.size:
        raise ValueError(f"it ends after {done} of {buffer.size} bytes")
    return buffer


def _dtype_problem(dtype: np.dtype[Any]) -> str:
    """Why arrays of this type are not kept; empty if they are."""
    if dtype.isnative and dtype.itemsize in _KINDS.get(dtype.kind, ()):
        return ""
    return f"arrays of type {dtype.str if dtype.names is None else 'record'} are not kept, only plain numbers"


@contextlib.contextmanager
def _damage(path: Path, where: str) -> Iterator[None]:
    """Turns what zipfile, zlib and the checks above raise into one FileError that names the place."""
    try:
        yield
    except _DAMAGE as error:
        raise FileError(f"{path}: the file is damaged in {where}: {error}.") from error
