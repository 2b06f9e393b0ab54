"""What pickles of weights are made of: named things, rows of numbers, views of them, and dictionaries."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

_LARGEST = 1 << 40  # of sizes and of keys
_MOST_AXES = 8


class Unreadable(Exception):
    """A pickle that is damaged, or holds what no file of weights does; the message says which."""


@dataclass(frozen=True)
class Name:
    """Something that the pickle would import."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class Storage:
    """A row of numbers that stands elsewhere in the file under ``key``."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True, eq=False)
class Tensor:
    """A view of a storage: ``strides`` and ``offset`` count numbers, not bytes."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


STORAGES: Mapping[str, str] = MappingProxyType(
    {
        "HalfStorage": "float16", "BFloat16Storage": "bfloat16", "FloatStorage": "float32", "DoubleStorage": "float64",
        "CharStorage": "int8", "ByteStorage": "uint8", "ShortStorage": "int16", "IntStorage": "int32",
        "LongStorage": "int64", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
        "ComplexDoubleStorage": "complex128",
    }
)  # fmt: skip


def _tensor(storage: object, offset: object, shape: object, strides: object, *_: object) -> Tensor:
    sizes, steps = _naturals(shape), _naturals(strides)
    if not isinstance(storage, Storage) or type(offset) is not int or offset < 0 or len(sizes) != len(steps):
        raise Unreadable("a tensor in it is not described as PyTorch does")
    last = offset + sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
    if 0 not in sizes and last >= storage.count:
        raise Unreadable(
            f"a tensor of shape {sizes} reaches to number {last + 1:,} of a storage that has {storage.count:,}"
        )
    return Tensor(storage, offset, sizes, steps)


def _parameter(data: object, *_: object) -> object:
    return data


def _ordered(*pairs: object) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for pair in items_of(pairs[0]) if pairs else ():
        key, value = items_of(pair)
        set_item(found, key, value)
    return found


def _size(sizes: object = ()) -> tuple[int, ...]:
    return _naturals(sizes)


BUILDERS: Mapping[Name, Callable[..., Any]] = MappingProxyType(
    {
        Name("collections", "OrderedDict"): _ordered,
        Name("torch._utils", "_rebuild_tensor_v2"): _tensor,
        Name("torch._utils", "_rebuild_tensor"): _tensor,
        Name("torch._utils", "_rebuild_parameter"): _parameter,
        Name("torch", "Size"): _size,
    }
)


def items_of(value: object, kind: type = tuple) -> Any:
    """The value where it is of this kind. Raises TypeError else, which says: damaged."""
    if type(value) not in (kind, list):
        raise TypeError
    return value


def set_item(target: object, key: object, value: object) -> None:
    """``target[key] = value`` for a dictionary. Raises Unreadable for anything else."""
    # Numbers that share their hash would make a dictionary slow without end: keys are texts or not too large.
    if type(target) is not dict or not (type(key) is str or (type(key) is int and abs(key) < _LARGEST)):
        raise Unreadable("its pickle has a dictionary whose keys are neither texts nor numbers")
    target[key] = value


def _naturals(value: object) -> tuple[int, ...]:
    sizes = tuple(items_of(value))
    if len(sizes) > _MOST_AXES or any(type(size) is not int or not 0 <= size < _LARGEST for size in sizes):
        raise Unreadable("a tensor in it has a shape or strides that cannot be")
    return sizes
