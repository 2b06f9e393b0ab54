"""Members of a zip that may come from anybody: names, sizes and types are checked before memory is taken."""

from __future__ import annotations

import io
import math
import re
import zipfile
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

SUFFIX = ".npy"
_CHUNK = 1 << 20
_LONGEST_NAME = 1024  # bytes; a key is two or three names of a cell
# The list of members is read in one piece and grows about fifteenfold in memory: 60,000 members are plenty.
_LARGEST_READ = 4 << 20
_LONGEST_REASON = 160
_KINDS = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}


class GuardedFile:
    """A file that refuses to be read in pieces larger than any honest archive needs."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        if size > _LARGEST_READ:
            raise zipfile.BadZipFile("it is too long")
        # "All the rest" is asked for at the end only, where a zip keeps 22 bytes and a comment of at most 65,535.
        return self._file.read(size if size >= 0 else 1 << 17)


def reason_of(error: Exception) -> str:
    """What an error of ``zipfile`` or NumPy says; not where it quotes the bytes of the file, which may be thousands."""
    text = str(error).rstrip(".")
    plain = len(text) <= _LONGEST_REASON and text.isprintable() and not isinstance(error, UnicodeError)
    return text if plain else "its header does not fit its entry"


def name_problem(name: str) -> str:
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


def member_problem(member: zipfile.ZipInfo) -> str:
    """What in a member's entry cannot be; empty if nothing."""
    if member.flag_bits & 0x1:
        return "it is encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"it is compressed by method {member.compress_type}, expected stored or deflated"
    if member.compress_type == zipfile.ZIP_STORED and member.compress_size != member.file_size:
        return f"it is stored as {member.compress_size} bytes and said to have {member.file_size}"
    return ""


def read_array(stream: IO[bytes], size: int) -> Array:
    """The array of a ``.npy`` member of ``size`` bytes; ValueError if it is none, or another one than it says."""
    shape, fortran_order, dtype, taken = read_header(stream)
    problem = dtype_problem(dtype)
    if problem:
        raise ValueError(problem)
    expected = math.prod(shape) * dtype.itemsize
    if any(length < 0 for length in shape) or expected != size - taken:
        raise ValueError(f"shape {shape} of {dtype} takes {expected} bytes, got {size - taken}")
    flat = np.empty(math.prod(shape), dtype=dtype)
    read_exactly(stream, flat.view(np.uint8))
    array = flat.reshape(shape[::-1]).T if fortran_order else flat.reshape(shape)
    array.setflags(write=False)
    return array


def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
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


def read_exactly(stream: IO[bytes], buffer: Array) -> Array:
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


def dtype_problem(dtype: np.dtype[Any]) -> str:
    """Why arrays of this type are not kept; empty if they are."""
    if dtype.isnative and dtype.itemsize in _KINDS.get(dtype.kind, ()):
        return ""
    return f"arrays of type {dtype.str if dtype.names is None else 'record'} are not kept, only plain numbers"
