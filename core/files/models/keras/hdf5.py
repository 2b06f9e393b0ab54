"""The tensors and names in an HDF5 file as Keras writes it (``.weights.h5``, ``.h5``), read with suspicion.

Every size is compared with the file's own before it is believed; links to other places, compression and whatever else
Keras does not write are refused, so that no file takes more memory than it has bytes, or time without end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.models.keras.hdf5_parts import (
    MOST_MESSAGES,
    NOWHERE,
    Attribute,
    Cursor,
    Damaged,
    DataType,
    Header,
    Link,
    decoded,
    header_of,
    messages_of,
)
from core.files.models.numbers import BFLOAT16, storage_type
from core.files.models.numbers import decoded as numbers_from
from core.files.models.records import FileTensor
from core.tokens import shown

Array: TypeAlias = NDArray[Any]
Text: TypeAlias = "str | tuple[str, ...]"

MAGIC = b"\x89HDF\r\n\x1a\n"
ADVICE = "Copy it again, or save the model with Keras again."
_DEEPEST = 24  # groups inside each other
_MOST_LINKS = 20_000
_LONGEST_NAME = 200
_TEXTS = ("name", "layer_names", "weight_names", "keras_version", "backend", "model_config", "dtype")


@dataclass(frozen=True, eq=False)
class HdfTree:
    """Tensors by path ("layers/lstm/cell/vars/0"), and the texts that groups carry as attributes, by group."""

    tensors: Mapping[str, FileTensor]
    texts: Mapping[str, Mapping[str, Text]]

    def text(self, group: str, name: str) -> str:
        """The text of an attribute, "" where there is none."""
        found = self.texts.get(group, {}).get(name, "")
        return found if isinstance(found, str) else "".join(found[:1])

    def names(self, group: str, name: str) -> tuple[str, ...] | None:
        """The list of names in an attribute (Keras cuts a long one into several); None where there is none."""
        texts = self.texts.get(group, {})
        if name in texts:
            return _as_names(texts[name])
        parts = [_as_names(texts[f"{name}{number}"]) for number in range(len(texts)) if f"{name}{number}" in texts]
        return tuple(entry for part in parts for entry in part) if parts else None


def _as_names(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def read_tree(data: Array, file: str) -> HdfTree:
    """Everything that Keras keeps in the bytes of an HDF5 file; ``file`` is its name for messages. Raises FileError."""
    view = data.data.cast("B")
    if not len(view):
        raise FileError(f"{shown(file)} is empty: got 0 bytes. Choose a file with something in it.")
    if view[: len(MAGIC)] != MAGIC:
        raise FileError(
            f"{shown(file)} is not an HDF5 file: its first bytes are others. Save the model with Keras again."
        )
    walk = _Walk(view, file)
    walk.group(walk.root(), "", 0)
    return HdfTree(walk.tensors, walk.texts)


@dataclass(eq=False)
class _Walk:
    """A walk through the groups of one file."""

    data: memoryview
    file: str
    tensors: dict[str, FileTensor] = field(default_factory=dict)
    texts: dict[str, dict[str, Text]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)  # places of objects and trees
    heaps: dict[int, dict[int, memoryview]] = field(default_factory=dict)
    links: int = 0
    messages: int = 0
    numbers: int = 0  # bytes that the tensors declared so far
    letters: int = 0  # and the texts

    def root(self) -> Header:
        """The group that holds everything, once the beginning of the file is understood."""
        cursor = Cursor(self.data, len(MAGIC))
        try:
            versions, sizes = bytes(cursor.raw(5)), bytes(cursor.raw(2))
            cursor.raw(9 + (4 if versions[0] == 1 else 0))
            _, _, end, _, _, place = (cursor.number(8) for _ in range(6))
        except Damaged:
            raise self.refused("", "it is cut off in its first bytes") from None
        if versions[0] > 1 or sizes != b"\x08\x08":
            raise self.refused("", "it has a newer structure than Keras writes")
        if end > len(self.data):
            raise self.refused("", f"it is cut off: it says that it has {end:,} bytes, and has {len(self.data):,}")
        return self.header(place, "")

    def header(self, place: int, path: str) -> Header:
        """What the object at this place says of itself."""
        if place in self.seen:
            raise self.refused(path, "it is another name of something else in the file")
        self.seen.add(place)
        try:
            return header_of(self.counted(messages_of(self.data, place)))
        except Damaged as problem:
            raise self.refused(path, f"{problem}") from None

    def counted(self, messages: Iterator[tuple[int, memoryview]]) -> Iterator[tuple[int, memoryview]]:
        for message in messages:
            self.messages += 1
            if self.messages > MOST_MESSAGES:
                raise Damaged("the file has more parts than any model")
            yield message

    def group(self, header: Header, path: str, depth: int) -> None:
        """Reads a group and all that is in it."""
        self.texts[path] = {a.name: self.text(a, path) for a in header.attributes if _is_wanted(a.name)}
        for link in self.members(header, path):
            inside = f"{path}/{link.name}".lstrip("/")
            self.links += 1
            if self.links > _MOST_LINKS or depth > _DEEPEST or len(link.name) > _LONGEST_NAME:
                raise self.refused(inside, "there are more groups, or longer names, than any model has")
            if not link.hard:
                raise self.refused(inside, "it is a link to another place or another file")
            found = self.header(link.place, inside)
            if found.symbols is not None or found.layout is None:
                self.group(found, inside, depth + 1)
            else:
                self.tensor(found, inside)

    def members(self, header: Header, path: str) -> list[Link]:
        if header.is_new_group:
            raise self.refused(path, "it is of a newer kind than Keras writes")
        if header.symbols is None:
            return list(header.links)
        try:
            tree, heap = header.symbols
            return [*header.links, *self.symbols(tree, self.names(heap), 0)]
        except Damaged as problem:
            raise self.refused(path, f"{problem}") from None

    def names(self, place: int) -> memoryview:
        """The texts that the names of a group's members stand in."""
        cursor = Cursor(self.data, place)
        if bytes(cursor.raw(4)) != b"HEAP":
            raise Damaged("the list of its names is damaged")
        cursor.raw(4)
        size, _, start = (cursor.number(8) for _ in range(3))
        return Cursor(self.data, start).raw(size)

    def symbols(self, place: int, names: memoryview, depth: int) -> Iterator[Link]:
        """The members below one node of a group's tree, in the order of their names."""
        if place in self.seen or depth > _DEEPEST:
            raise Damaged("the list of its members runs in a circle")
        self.seen.add(place)
        cursor = Cursor(self.data, place)
        kind = bytes(cursor.raw(4))
        if kind == b"TREE":
            _, _, used, _, _, _ = (cursor.number(length) for length in (1, 1, 2, 8, 8, 8))
            for _ in range(used):
                yield from self.symbols(cursor.number(8), names, depth + 1)
                cursor.raw(8)
        elif kind == b"SNOD":
            _, used = cursor.number(2), cursor.number(2)
            for _ in range(used):
                name, target, cache, _ = (cursor.number(length) for length in (8, 8, 4, 20))
                yield Link(decoded(names[name : name + _LONGEST_NAME + 2]), target, cache != 2)
        else:
            raise Damaged("the list of its members is damaged")

    def tensor(self, header: Header, path: str) -> None:
        """Notes a tensor, once what it declares fits what is there; what holds no numbers is left alone."""
        kind, layout, shape = header.type, header.layout, header.shape
        assert layout is not None
        if kind is None or shape is None or not (name := self.number_kind(header, path)):
            return
        if header.filtered or layout.form == "chunked":
            raise self.refused(path, "it is compressed or cut into pieces, which Keras does not do")
        needed = math.prod(shape) * kind.size
        self.numbers += needed
        if layout.form == "contiguous" and needed and layout.place == NOWHERE:
            raise self.refused(path, "its numbers stand in another file, or were never written")
        if needed > layout.size or self.numbers > len(self.data):
            raise self.refused(path, f"shape {shape} takes {needed:,} bytes, more than the file has for it")
        try:
            is_near = layout.form == "inside" or not needed
            raw = layout.data[:needed] if is_near else Cursor(self.data, layout.place).raw(needed)
        except Damaged:
            raise self.refused(path, "its numbers end behind the end of the file") from None
        stored = np.frombuffer(raw, storage_type(name, ">" if kind.big_endian else "<"))
        self.tensors[path] = FileTensor(name, shape, lambda: numbers_from(stored, name).reshape(shape))

    def number_kind(self, header: Header, path: str) -> str:
        """The name of the type of a tensor's numbers; "" for what are no numbers."""
        assert header.type is not None
        if header.type.kind == "opaque" and header.type.size == 2:
            texts = [self.text(a, path) for a in header.attributes if a.name == "dtype"]
            return BFLOAT16 if BFLOAT16 in texts else ""
        return header.type.kind if header.type.kind not in ("text", "texts", "opaque") else ""

    def text(self, attribute: Attribute, path: str) -> Text:
        """The text of an attribute: one, or a list of them."""
        place = f"{path}/{attribute.name}".lstrip("/")
        try:
            if attribute.type.kind not in ("text", "texts"):
                return ""
            if attribute.count > _MOST_LINKS:
                raise Damaged("it has more names than any model")
            found = [self.entry(attribute.type, attribute.data, number) for number in range(attribute.count)]
        except Damaged as problem:
            raise self.refused(place, f"{problem}") from None
        return found[0] if attribute.count == 1 and attribute.name in ("name", *_TEXTS[3:]) else tuple(found)

    def entry(self, kind: DataType, data: memoryview, number: int) -> str:
        piece = Cursor(data, number * kind.size).raw(kind.size)
        if kind.kind == "texts":
            cursor = Cursor(piece)
            length, heap, index = cursor.number(4), cursor.number(8), cursor.number(4)
            piece = self.heap(heap).get(index, memoryview(b""))[:length] if length else memoryview(b"")
        self.letters += len(piece)
        if self.letters > len(self.data):
            raise Damaged("its names take more bytes than the file has")
        return decoded(piece)

    def heap(self, place: int) -> dict[int, memoryview]:
        """The texts of any length in one collection, by number."""
        if place not in self.heaps:
            cursor = Cursor(self.data, place)
            if bytes(cursor.raw(4)) != b"GCOL":
                raise Damaged("the list of its texts is damaged")
            cursor.raw(4)
            end, found = place + cursor.number(8), dict[int, memoryview]()
            while cursor.place + 16 <= end and (index := cursor.number(2)):
                cursor.raw(6)
                size = cursor.number(8)
                found[index] = cursor.raw(size)
                cursor.raw(-size % 8)
            self.heaps[place] = found
        return self.heaps[place]

    def refused(self, path: str, why: str) -> FileError:
        place = f"{shown(path if len(path) <= 120 else path[:119] + '…')} cannot be read: " if path else ""
        return FileError(f"{shown(self.file)}: {place}{why}. {ADVICE}")


def _is_wanted(name: str) -> bool:
    return name.rstrip("0123456789") in _TEXTS
