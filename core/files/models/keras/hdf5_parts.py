"""What the parts of an HDF5 file say: a cursor over bytes, types, shapes, texts, and the messages of an object.

Own code, not the HDF5 library: one byte changed in a file of 18 KB kept that busy for good, where nothing could stop
it. Structure and names follow "HDF5 File Format Specification, version 3", sections III and IV.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from core.files.models.numbers import BFLOAT16

NOWHERE = (1 << 64) - 1  # the address of what was never written
MOST_MESSAGES = 200_000
_DATASPACE, _LINK_INFO, _DATATYPE, _LINK, _LAYOUT, _FILTERS, _ATTRIBUTE, _CONTINUATION, _SYMBOLS = (
    1, 2, 3, 6, 8, 11, 12, 16, 17,
)  # fmt: skip
_FIXED, _FLOAT, _TEXT, _OPAQUE, _VARIABLE = 0, 1, 3, 5, 9  # classes of datatypes
_FLOATS = {(2, 5): "float16", (2, 8): BFLOAT16, (4, 8): "float32", (8, 11): "float64"}  # (bytes, bits of exponent)
_MOST_AXES = 8


class Damaged(Exception):
    """What is wrong at one place of the file, for the reader to put into its sentence."""


class Cursor:
    """Little-endian numbers and pieces taken one after the other; Damaged where the bytes end."""

    def __init__(self, data: memoryview, place: int = 0) -> None:
        self.data, self.place = data, place

    def raw(self, length: int) -> memoryview:
        """The next bytes."""
        if self.place + length > len(self.data):
            raise Damaged("it ends too early")
        self.place += length
        return self.data[self.place - length : self.place]

    def number(self, length: int) -> int:
        """The next bytes as a whole number."""
        return int.from_bytes(self.raw(length), "little")

    def align(self, start: int) -> None:
        """Skip to the next multiple of eight behind ``start``."""
        self.raw(-(self.place - start) % 8)


class DataType(NamedTuple):
    """What one element is: ``kind`` is the name of a number's type, "text", "texts" (of any length) or ""."""

    kind: str
    size: int
    big_endian: bool = False


class Layout(NamedTuple):
    """Where the elements stand. ``form``: "inside", "contiguous" or "chunked"."""

    form: str
    place: int = 0
    size: int = 0
    data: memoryview = memoryview(b"")


@dataclass(frozen=True)
class Attribute:
    """A named value beside a group or tensor; ``data`` are its elements as they stand in the file."""

    name: str
    type: DataType
    count: int
    data: memoryview


@dataclass(frozen=True)
class Link:
    """A member of a group: its name and the place of what it stands for; ``hard`` unless it points elsewhere."""

    name: str
    place: int
    hard: bool = True


@dataclass(eq=False)
class Header:
    """What the messages of one object say."""

    shape: tuple[int, ...] | None = None
    type: DataType | None = None
    layout: Layout | None = None
    filtered: bool = False
    symbols: tuple[int, int] | None = None  # of a group: its tree, and the heap with its names
    links: tuple[Link, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    is_new_group: bool = False


def header_of(messages: Iterator[tuple[int, memoryview]]) -> Header:
    """What all messages of an object say together. Raises Damaged."""
    header = Header()
    for kind, body in messages:
        cursor = Cursor(body)
        if kind == _DATASPACE:
            header.shape = _shape(cursor)
        elif kind == _DATATYPE:
            header.type = _type(cursor)
        elif kind == _LAYOUT:
            header.layout = _layout(cursor)
        elif kind == _FILTERS:
            header.filtered = True
        elif kind == _SYMBOLS:
            header.symbols = cursor.number(8), cursor.number(8)
        elif kind == _LINK:
            header.links += (_link(cursor),)
        elif kind == _LINK_INFO:
            header.is_new_group |= _is_dense(cursor)
        elif kind == _ATTRIBUTE:
            header.attributes += (_attribute(cursor),)
    return header


def messages_of(data: memoryview, place: int) -> Iterator[tuple[int, memoryview]]:
    """The messages of the object at this place: (kind, body). Raises Damaged."""
    cursor = Cursor(data, place)
    version, _, count, _, size, _ = (cursor.number(length) for length in (1, 1, 2, 4, 4, 4))
    if version != 1:
        raise Damaged("it is of a newer kind than Keras writes")
    blocks = [(cursor.place, size)]
    while blocks:
        start, length = blocks.pop(0)
        cursor = Cursor(data[: start + length], start)
        while count > 0 and cursor.place + 8 <= start + length:
            kind, size, flags, _ = (cursor.number(length) for length in (2, 2, 1, 3))
            body, count = cursor.raw(size), count - 1
            if kind == _CONTINUATION:
                inner = Cursor(body)
                blocks.append((inner.number(8), inner.number(8)))
            elif flags & 2:
                raise Damaged("it shares a part with others, which Keras does not write")
            else:
                yield kind, body


def _shape(cursor: Cursor) -> tuple[int, ...] | None:
    """The lengths of the axes; None for no elements at all."""
    version, axes, _ = cursor.number(1), cursor.number(1), cursor.number(1)
    kind = cursor.number(1)  # of version 2
    if version == 1:
        kind = 1
        cursor.raw(4)
    if version not in (1, 2) or axes > _MOST_AXES:
        raise Damaged("its shape is of an unknown kind")
    return None if kind == 2 else tuple(cursor.number(8) for _ in range(axes))


def _type(cursor: Cursor) -> DataType:
    kind, bits, size = cursor.number(1) & 15, cursor.number(3), cursor.number(4)
    big = bool(bits & 1)
    if kind == _FIXED and size in (1, 2, 4, 8):
        return DataType(f"{'int' if bits & 8 else 'uint'}{8 * size}", size, big)
    if kind == _FLOAT:
        cursor.raw(5)
        return DataType(_FLOATS.get((size, cursor.number(1)), ""), size, big)
    if kind == _TEXT:
        return DataType("text", size)
    if kind == _VARIABLE:
        return DataType("texts" if bits & 15 == 1 else "", size)
    return DataType("opaque" if kind == _OPAQUE else "", size)


def _layout(cursor: Cursor) -> Layout:
    version, form = cursor.number(1), cursor.number(1)
    if version not in (3, 4):
        raise Damaged("its numbers are laid out in an unknown way")
    if form == 0:
        size = cursor.number(2)
        return Layout("inside", size=size, data=cursor.raw(size))
    return Layout("contiguous", cursor.number(8), cursor.number(8)) if form == 1 else Layout("chunked")


def _link(cursor: Cursor) -> Link:
    version, flags = cursor.number(1), cursor.number(1)
    kind = cursor.number(1) if flags & 8 else 0
    cursor.raw((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = decoded(cursor.raw(cursor.number(1 << (flags & 3))))
    if version != 1:
        raise Damaged("it has a link of an unknown kind")
    return Link(name, cursor.number(8) if kind == 0 else 0, kind == 0)


def _is_dense(cursor: Cursor) -> bool:
    """Whether the members of a group stand in a structure that Keras does not write."""
    _, flags = cursor.number(1), cursor.number(1)
    cursor.raw(8 if flags & 1 else 0)
    return cursor.number(8) != NOWHERE


def _attribute(cursor: Cursor) -> Attribute:
    version, _ = cursor.number(1), cursor.number(1)
    lengths = [cursor.number(2) for _ in range(3)]
    if version not in (1, 2, 3):
        raise Damaged("it has an attribute of an unknown kind")
    cursor.raw(1 if version == 3 else 0)
    parts = []
    for length in lengths:
        start = cursor.place
        parts.append(cursor.raw(length))
        if version == 1:
            cursor.align(start)
    shape = _shape(Cursor(parts[2]))
    kind = _type(Cursor(parts[1]))
    count = 0 if shape is None else math.prod(shape)
    return Attribute(decoded(parts[0]), kind, count, cursor.data[cursor.place :])


def decoded(data: memoryview) -> str:
    """Text up to its first zero."""
    return bytes(data).split(b"\0", 1)[0].decode("utf-8", "replace")
