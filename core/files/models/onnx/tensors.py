"""Tensors of an ONNX file: their numbers in the file itself or in one beside it, checked before anything is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.models.numbers import BFLOAT16, decoded, is_possible, size_of, storage_type
from core.files.models.records import FileTensor
from core.files.reading import unreadable
from core.tokens import shown

Array = NDArray[Any]
_EXTERNAL = 1  # TensorProto.DataLocation

# TensorProto.DataType; what is missing here (text, complex and 8-bit or smaller floats) is never a weight.
_KINDS: Mapping[int, str] = MappingProxyType(
    {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool",
     10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: BFLOAT16}
)  # fmt: skip
# Where numbers stand that are not one text of bytes; the two halves are stored as the bits of integers.
_FIELDS: Mapping[str, str] = MappingProxyType(
    {"float32": "float_data", "float64": "double_data", "int64": "int64_data", "uint32": "uint64_data",
     "uint64": "uint64_data"}
)  # fmt: skip
_INTEGERS = "int32_data"


def text_of(text: str | bytes) -> str:
    """A name of the file; the parser gives bytes for one that is no text."""
    return text if isinstance(text, str) else text.decode(errors="replace")


def kind_of(data_type: int) -> str | None:
    """The name of a tensor's type; None for one that is not read."""
    return _KINDS.get(data_type)


def tensor_of(proto: Any, file: Path) -> FileTensor:
    """A tensor of ``file``, whose numbers are there in the size it declares. Raises FileError."""
    shape, kind = tuple(proto.dims), _KINDS.get(proto.data_type)
    where = f"{shown(file.name)}: tensor {shown(text_of(proto.name))}"
    if kind is None:
        return FileTensor(f"type {proto.data_type}", shape, partial(_refuse, where, proto.data_type))
    if not is_possible(shape):
        raise FileError(f"{where} has the impossible shape {shape}. Export the model again.")
    if proto.data_location == _EXTERNAL:
        return _external(proto, kind, shape, file, where)
    _check_size(proto, kind, shape, where)
    return FileTensor(kind, shape, partial(_numbers, proto, kind, shape))


def _refuse(where: str, data_type: int) -> Array:
    raise FileError(
        f"{where} has ONNX's data type {data_type}, expected real numbers (float16, bfloat16, float32 or float64). "
        "Export the model without quantisation."
    )


def _check_size(proto: Any, kind: str, shape: tuple[int, ...], where: str) -> None:
    """Refuse a shape that the numbers in the file do not fill, before memory is taken for it."""
    wanted = math.prod(shape)
    if proto.HasField("raw_data"):
        wanted, found, unit = wanted * size_of(kind), len(proto.raw_data), "bytes"
    else:
        found, unit = len(_typed(proto, kind)), "numbers"
    if found != wanted:
        raise FileError(
            f"{where} declares the shape {shape}, {wanted:,} {unit}, but the file holds {found:,} of them. "
            "It is damaged: copy or export it again."
        )


def _typed(proto: Any, kind: str) -> Any:
    return getattr(proto, _FIELDS.get(kind, _INTEGERS))


def _numbers(proto: Any, kind: str, shape: tuple[int, ...]) -> Array:
    if proto.HasField("raw_data"):
        return _from_bytes(proto.raw_data, kind, shape)
    numbers = _typed(proto, kind)
    if kind in ("float16", BFLOAT16):
        return _from_bytes(np.array(numbers, "<i8").astype("<u2").tobytes(), kind, shape)
    return np.array(numbers, np.dtype(kind)).reshape(shape)


def _from_bytes(data: bytes, kind: str, shape: tuple[int, ...]) -> Array:
    raw = np.frombuffer(data, storage_type(kind)).reshape(shape)
    return decoded(raw, kind) if kind == BFLOAT16 else raw  # the others without a copy


def _external(proto: Any, kind: str, shape: tuple[int, ...], file: Path, where: str) -> FileTensor:
    """A tensor whose numbers stand in another file of the same folder. Raises FileError."""
    entries = {text_of(entry.key): text_of(entry.value) for entry in proto.external_data}
    size = math.prod(shape) * size_of(kind)
    data = _beside(file, entries.get("location", ""), where)
    offset, length = _whole(entries.get("offset", "0"), where), _whole(entries.get("length", str(size)), where)
    there = data.stat().st_size
    if length != size or offset + length > there:
        raise FileError(
            f"{where} declares the shape {shape}, {size:,} bytes, but {shown(data.name)} holds "
            f"{max(0, min(length, there - offset)):,} of them. It is damaged: copy or export both files again."
        )
    return FileTensor(kind, shape, partial(_read, data, offset, size, kind, shape))


def _beside(file: Path, location: str, where: str) -> Path:
    """The file of this name beside the model, wherever its name tries to lead. Raises FileError."""
    folder = file.parent.resolve()
    try:
        data = (folder / location).resolve()
        inside = bool(location) and not Path(location).is_absolute() and data.is_relative_to(folder)
        if inside and data.is_file():
            return data
    except (OSError, ValueError):
        inside = False
    if not inside:
        raise FileError(
            f"{where} has its numbers in {shown(location)}, outside the folder of the model, where nothing is read. "
            "Put both files into one folder and export again."
        )
    raise FileError(
        f"{where} has its numbers in {shown(location)}, which is not there. Put that file beside the model, or export "
        "it as one file (torch.onnx.export(..., external_data=False))."
    )


def _whole(text: str, where: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise FileError(f"{where} stands at the impossible place {shown(text)} of another file. Export it again.")
    return int(text)


def _read(data: Path, offset: int, size: int, kind: str, shape: tuple[int, ...]) -> Array:
    try:
        with data.open("rb") as opened:
            opened.seek(offset)
            found = opened.read(size)
    except OSError as error:
        raise unreadable(data, error) from None
    if len(found) != size:
        raise FileError(f"{shown(data.name)} became shorter while it was read. Try again.")
    return _from_bytes(found, kind, shape)
