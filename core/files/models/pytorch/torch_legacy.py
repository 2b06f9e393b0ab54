"""Files that ``torch.save`` wrote before PyTorch 1.6: five pickles, then the storages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.models.numbers import size_of, storage_type
from core.files.models.pytorch.pickle_machine import read_pickle
from core.files.models.pytorch.pickle_values import Storage, Unreadable
from core.files.reading import unreadable
from core.tokens import shown

Array = NDArray[Any]
_MAGIC = 0x1950A86A20F9469CFC6C
_START = b"\x8a\x0a" + _MAGIC.to_bytes(10, "little")  # how a pickle writes that number, behind two bytes of protocol
_PROTOCOL = 1001
_COUNT = 8  # bytes that say how many numbers follow
_ADVICE = "Copy the file again, or save it with a current PyTorch."


def is_legacy(start: bytes) -> bool:
    """Whether a file that starts so is one of these."""
    return start[:1] == b"\x80" and start[2:].startswith(_START)


class _Bounded:
    """A file that is never asked for more than it has: asking takes the memory first."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._size = stream, size
        self.readline, self.tell = stream.readline, stream.tell

    def read(self, count: int) -> bytes:
        return self._stream.read(min(count, self._size))


def read_legacy(file: Path) -> tuple[Any, Callable[[Storage], Array]]:
    """What the file's pickle says, and what loads the numbers of a storage. Raises FileError."""
    try:
        with file.open("rb") as stream:
            size = file.stat().st_size
            _, protocol, machine, saved, keys = (read_pickle(_Bounded(stream, size)) for _ in range(5))
            if protocol.value != _PROTOCOL or type(machine.value) is not dict or not machine.value.get("little_endian"):
                raise Unreadable("it was written by a version or on a machine that is not known here")
            places = _places(keys.value, saved.storages, stream.tell(), size)
            return saved.value, partial(_storage, file, places)
    except Unreadable as error:
        raise FileError(f"{shown(file.name)}: {error}. {_ADVICE}") from None
    except OSError as error:
        raise unreadable(file, error) from None


def _places(keys: Any, storages: Mapping[str, Storage], start: int, size: int) -> dict[str, int]:
    """Where each storage begins: they stand behind each other, each behind its number of numbers."""
    if type(keys) is not list or set(keys) != set(storages) or len(keys) != len(storages):
        raise Unreadable("its list of storages does not fit its tensors")
    places = {}
    for key in keys:
        places[key] = start
        start += _COUNT + storages[key].count * size_of(storages[key].kind)
    if start > size:
        raise Unreadable(f"it is cut off: its storages take {start:,} bytes, but it has {size:,}")
    return places


def _storage(file: Path, places: Mapping[str, int], storage: Storage) -> Array:
    try:
        with file.open("rb") as stream:
            stream.seek(places[storage.key])
            count = int.from_bytes(stream.read(_COUNT), "little")
            data = stream.read(storage.count * size_of(storage.kind))
    except OSError as error:
        raise unreadable(file, error) from None
    if count != storage.count:
        raise FileError(
            f"{shown(file.name)}: the storage {shown(storage.key)} should hold {storage.count:,} numbers, but the file "
            f"says {count:,}. {_ADVICE}"
        )
    return np.frombuffer(data, storage_type(storage.kind))
