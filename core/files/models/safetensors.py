"""``.safetensors``: eight bytes that say how long the header is, the header in JSON, then the numbers.

Own code, not the library: that gives no bfloat16 to NumPy, and its errors name neither tensor nor remedy. The header
is checked against the file's size before anything of that size is read.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.models.numbers import decoded, encoded, is_possible, size_of, storage_type
from core.files.models.records import FileTensor
from core.files.reading import unreadable
from core.files.replacing import replacing
from core.tokens import shown

Array = NDArray[Any]
_LENGTH = 8
_LARGEST_HEADER = 1_000_000  # bytes: some 10,000 tensors
_LEAST_ENTRY = 24  # bytes for each opening bracket; more brackets would take much more memory than the file
_MOST_AXES = 8
_METADATA = "__metadata__"
_ADVICE = "Copy or save the file again."
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64", "C64": "complex64", "BOOL": "bool",
        "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64",
        "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64",
    }
)  # fmt: skip


class _Entry(NamedTuple):
    kind: str
    shape: tuple[int, ...]
    first: int  # of its bytes, counted from the end of the header
    last: int  # exclusive


def read_safetensors(file: Path) -> dict[str, FileTensor]:
    """The tensors of the file by name; their numbers are read when they are wanted. Raises FileError."""
    try:
        with file.open("rb") as stream:
            size = file.stat().st_size
            length = int.from_bytes(stream.read(_LENGTH), "little")
            _check_length(file, size, length)
            header = stream.read(length)
    except OSError as error:
        raise unreadable(file, error) from None
    refuse = partial(_refusal, file)
    table = _parsed(header, refuse)
    metadata = table.pop(_METADATA, None)
    entries = {name: _entry(name, value, refuse) for name, value in table.items()}
    start = _LENGTH + length
    _check_ranges(entries, size - start, refuse)
    tensors = {name: FileTensor(e.kind, e.shape, partial(_load, file, start, e)) for name, e in entries.items()}
    return tensors | _left_out(metadata, tensors)


def _left_out(metadata: object, tensors: Mapping[str, FileTensor]) -> dict[str, FileTensor]:
    """Tensors that ``save_model`` stored under one name only, by their other names: its metadata says which."""
    names = metadata.items() if isinstance(metadata, dict) else ()
    return {
        name: tensors[stored]
        for name, stored in names
        if isinstance(stored, str) and stored in tensors and name not in tensors
    }


def write_safetensors(path: Path, tensors: Mapping[str, Array], kinds: Mapping[str, str]) -> None:
    """Writes the tensors, each as the kind of number that ``kinds`` says (default float64). Raises FileError."""
    names = {kind: name for name, kind in _KINDS.items()}
    raw = {name: encoded(np.asarray(array), kinds.get(name, "float64")) for name, array in tensors.items()}
    header: dict[str, Any] = {_METADATA: {"format": "pt"}}  # what the library asks for when PyTorch reads it
    offset = 0
    for name, array in raw.items():
        kind = names[kinds.get(name, "float64")]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _LENGTH)  # numbers begin at a multiple of eight
    try:
        with replacing(path.resolve()) as stream:
            stream.write(len(text).to_bytes(_LENGTH, "little") + text)
            for array in raw.values():
                stream.write(array.tobytes())
    except OSError as error:
        raise FileError(
            f"{shown(str(path))} cannot be written: {error.strerror or error}. Nothing was changed; try another place."
        ) from None


def _refusal(file: Path, message: str) -> FileError:
    return FileError(f"{shown(file.name)}: {message}")


def _check_length(file: Path, size: int, length: int) -> None:
    if size < _LENGTH + 2:
        raise _refusal(file, f"this is no .safetensors file: it has {size} bytes, expected a header. {_ADVICE}")
    if length > size - _LENGTH:
        raise _refusal(
            file,
            f"this is no .safetensors file, or it is cut off: its header would have {length:,} bytes, the file has "
            f"{size:,}. {_ADVICE}",
        )
    if length > _LARGEST_HEADER:
        raise _refusal(
            file,
            f"its header has {length:,} bytes, expected at most {_LARGEST_HEADER:,}. Save only the tensors of the "
            "recurrent network.",
        )


def _parsed(header: bytes, refuse: Callable[[str], FileError]) -> dict[str, Any]:
    """The entries of the header by name, its metadata among them."""

    def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            double = Counter(name for name, _ in pairs).most_common(1)[0][0]
            raise refuse(f"the name {shown(double)} occurs twice in its header. Save the tensors under one name each.")
        return found

    if header.count(b"[") + header.count(b"{") > 2 + len(header) // _LEAST_ENTRY * 2:
        raise refuse(f"its header is not that of a .safetensors file. {_ADVICE}")
    try:
        table = json.loads(header.decode(), object_pairs_hook=without_doubles)
    except (ValueError, RecursionError):
        raise refuse(f"its header is not the JSON text of a .safetensors file. {_ADVICE}") from None
    if not isinstance(table, dict):
        raise refuse(f"its header is not a table of tensors. {_ADVICE}")
    return table


def _entry(name: str, value: object, refuse: Callable[[str], FileError]) -> _Entry:
    """One tensor as the header declares it, with a length that fits its shape."""
    fields = value if isinstance(value, dict) else {}
    kind, shape, offsets = fields.get("dtype"), _sizes(fields.get("shape")), _sizes(fields.get("data_offsets"))
    if not isinstance(kind, str) or shape is None or offsets is None or len(offsets) != 2:
        raise refuse(
            f"the header says nothing sensible of {shown(name)}: expected dtype, shape (at most {_MOST_AXES} axes) and "
            f"data_offsets. {_ADVICE}"
        )
    if kind not in _KINDS:
        raise refuse(
            f"{shown(name)} holds numbers of the type {shown(kind)}, which is not known here; known are "
            f"{', '.join(_KINDS)}. Save it as F32."
        )
    first, last = offsets
    expected = math.prod(shape) * size_of(_KINDS[kind])
    if last - first != expected:
        raise refuse(
            f"{shown(name)} of shape {shape} in {kind} takes {expected:,} bytes, but the header gives it "
            f"{last - first:,}. {_ADVICE}"
        )
    if not is_possible(shape):
        raise refuse(f"{shown(name)} has the impossible shape {shape}. {_ADVICE}")
    return _Entry(_KINDS[kind], shape, first, last)


def _sizes(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list) or len(value) > _MOST_AXES:
        return None
    return tuple(value) if all(type(number) is int and 0 <= number < 1 << 60 for number in value) else None


def _check_ranges(entries: Mapping[str, _Entry], size: int, refuse: Callable[[str], FileError]) -> None:
    """Every byte behind the header belongs to exactly one tensor."""
    end, before = 0, "the header"
    for name, entry in sorted(entries.items(), key=lambda item: item[1][2:]):
        if entry.last > size:
            raise refuse(
                f"{shown(name)} would end at byte {entry.last:,} of the numbers, but there are {size:,}: the file is "
                f"cut off or damaged. {_ADVICE}"
            )
        if entry.first != end:
            what = "overlaps with" if entry.first < end else "leaves a gap behind"
            raise refuse(f"{shown(name)} {what} {shown(before)}, expected it to begin at byte {end:,}. {_ADVICE}")
        end, before = entry.last, name
    if end != size:
        raise refuse(f"{size - end:,} bytes stand behind its last tensor, expected none. {_ADVICE}")


def _load(file: Path, start: int, entry: _Entry) -> Array:
    try:
        with file.open("rb") as stream:
            stream.seek(start + entry.first)
            data = stream.read(entry.last - entry.first)
    except OSError as error:
        raise unreadable(file, error) from None
    if len(data) != entry.last - entry.first:
        raise _refusal(file, f"it became shorter while it was read. {_ADVICE}")
    return decoded(np.frombuffer(data, storage_type(entry.kind)), entry.kind).reshape(entry.shape)
