"""The zip that a model file is (``.pt``, ``.npz``, ``.keras``): its members, once what it says of itself is fine."""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.reading import unreadable
from core.files.zip_members import GuardedFile, member_problem, name_problem, read_exactly, reason_of
from core.tokens import shown

Head = TypeVar("Head")
ADVICE = "Copy or save the file again."
MOST_UNPACKED = 4  # times the file's size; numbers of a model hardly shrink
_MOST_MEMBERS = 4_000  # the list is read again with every member
_SLACK = 1_000_000  # bytes that every file may unpack to
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError, OverflowError,
           NotImplementedError)  # fmt: skip


class ZipFile:
    """The members of one archive by name. Raises FileError for every archive that cannot be trusted."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._archive() as archive:
            self._members = self._checked(archive.infolist())

    @property
    def names(self) -> tuple[str, ...]:
        """All members, in the archive's order."""
        return tuple(self._members)

    def size(self, name: str) -> int:
        """Bytes of a member when unpacked."""
        return self._members[name].file_size

    def read(self, name: str) -> NDArray[np.uint8]:
        """The bytes of a member."""
        with self.stream(name) as stream:
            return read_exactly(stream, np.empty(self.size(name), dtype=np.uint8))

    @contextlib.contextmanager
    def stream(self, name: str) -> Iterator[Any]:
        """A member to read from; what is wrong with it becomes a FileError that names it."""
        with self._archive() as archive, self._member(archive, name) as stream:
            yield stream

    def heads(self, suffix: str, read: Callable[[Any], Head]) -> dict[str, Head]:
        """What ``read`` finds at the start of every member whose name ends so."""
        found = {}
        with self._archive() as archive:
            for name in self.names:
                if name.endswith(suffix):
                    with self._member(archive, name) as stream:
                        found[name] = read(stream)
        return found

    @contextlib.contextmanager
    def _member(self, archive: zipfile.ZipFile, name: str) -> Iterator[Any]:
        try:
            with archive.open(self._members[name]) as stream:
                yield stream
        except _DAMAGE as error:
            raise self.refusal(f"it is damaged in {shown(name)}: {reason_of(error)}. {ADVICE}") from None

    def refusal(self, message: str) -> FileError:
        """The error to raise for this file."""
        return FileError(f"{shown(self.file.name)}: {message}")

    @contextlib.contextmanager
    def _archive(self) -> Iterator[zipfile.ZipFile]:
        try:
            with self.file.open("rb") as stream:
                try:
                    archive = zipfile.ZipFile(GuardedFile(stream))
                except _DAMAGE as error:
                    raise self.refusal(
                        f"it is cut off, or no zip archive at all ({reason_of(error)}). {ADVICE}"
                    ) from None
                yield archive
        except OSError as error:
            raise unreadable(self.file, error) from None

    def _checked(self, members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        found: dict[str, zipfile.ZipInfo] = {}
        if len(members) > _MOST_MEMBERS:
            raise self.refusal(
                f"it has {len(members):,} members, expected at most {_MOST_MEMBERS:,}. Save weights alone."
            )
        for member in members:
            problem = name_problem(member.orig_filename) or member_problem(member)
            if member.filename in found:
                problem = "the name occurs twice"
            if problem:
                raise self.refusal(f"its member {shown(member.orig_filename[:80])} cannot be accepted: {problem}.")
            found[member.filename] = member
        unpacked, packed = sum(member.file_size for member in members), self.file.stat().st_size
        if unpacked > MOST_UNPACKED * packed + _SLACK:
            raise self.refusal(
                f"it has {packed:,} bytes and would unpack to {unpacked:,}, expected at most {MOST_UNPACKED} times its "
                "size. If you trust it, save it without compression."
            )
        return found
