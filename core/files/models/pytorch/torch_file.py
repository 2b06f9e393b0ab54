"""``.pt`` and ``.pth``: a zip with a pickle that says which tensors there are, and a member for each storage.

Files of PyTorch before 1.6 are five pickles and then the storages, one behind the other; both are read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.models.loading import MOST_SHARED
from core.files.models.numbers import decoded, size_of, storage_type
from core.files.models.pytorch.pickle_machine import read_pickle
from core.files.models.pytorch.pickle_values import Storage, Tensor, Unreadable
from core.files.models.pytorch.torch_legacy import is_legacy, read_legacy
from core.files.models.records import FileTensor
from core.files.models.zip_file import ADVICE, ZipFile
from core.files.reading import unreadable
from core.tokens import shown

Array = NDArray[Any]
Tree = dict[Any, Any]  # dictionaries and lists as they were saved, with FileTensor for tensors
_PICKLE = "data.pkl"
_LARGEST_PICKLE = 8_000_000  # bytes
_DEEPEST = 8  # dictionaries inside each other
_SCRIPT = "it is a program (TorchScript), not a file of weights. In PyTorch: torch.save(model.state_dict(), name)"


def read_torch(file: Path) -> Tree:
    """What was saved: dictionaries, with FileTensor where tensors stand. Raises FileError. Nothing is executed."""
    try:
        with file.open("rb") as stream:
            start = stream.read(16)
    except OSError as error:
        raise unreadable(file, error) from None
    if is_legacy(start):
        return _checked(file, *read_legacy(file))
    if not start.startswith(b"PK"):
        found = "it is empty" if not start else "it begins with something else"
        raise FileError(f"{shown(file.name)}: this is no file of torch.save, a zip archive: {found}. {ADVICE}")
    return _checked(file, *_read_zip(ZipFile(file)))


def _read_zip(archive: ZipFile) -> tuple[Any, Callable[[Storage], Array]]:
    """The value that the pickle gives, and what loads the numbers of a storage."""
    folder = _folder(archive)
    pickle = f"{folder}{_PICKLE}"
    if archive.size(pickle) > _LARGEST_PICKLE:
        raise archive.refusal(
            f"its pickle takes {archive.size(pickle):,} bytes, expected at most {_LARGEST_PICKLE:,}: numbers "
            "stand beside it. Save the state_dict alone."
        )
    try:
        value = read_pickle(BytesIO(archive.read(pickle).tobytes())).value
    except Unreadable as error:
        raise archive.refusal(f"{error}.") from None
    return value, partial(_storage, archive, folder, _order(archive, folder))


def _folder(archive: ZipFile) -> str:
    """The folder that everything stands in, with its slash. Raises FileError where there is no pickle."""
    found = [name.removesuffix(_PICKLE) for name in archive.names if name.split("/")[-1] == _PICKLE]
    if any(name.split("/")[-1] == "constants.pkl" for name in archive.names):
        raise archive.refusal(f"{_SCRIPT}.")
    if len(found) != 1:
        raise archive.refusal(f"this is no file of torch.save: it holds no single {_PICKLE}. {ADVICE}")
    return found[0]


def _order(archive: ZipFile, folder: str) -> Literal["<", ">"]:
    name = f"{folder}byteorder"
    return ">" if name in archive.names and archive.size(name) < 9 and archive.read(name).tobytes() == b"big" else "<"


def _storage(archive: ZipFile, folder: str, order: Literal["<", ">"], storage: Storage) -> Array:
    """The numbers of a storage. Raises FileError where they are not as many as the pickle says."""
    name = f"{folder}data/{storage.key}"
    if name not in archive.names:
        raise archive.refusal(f"the numbers of the storage {shown(storage.key)} are missing. {ADVICE}")
    expected = storage.count * size_of(storage.kind)
    if archive.size(name) != expected:
        raise archive.refusal(
            f"the storage {shown(storage.key)} has {archive.size(name):,} bytes, expected {expected:,} for "
            f"{storage.count:,} numbers of {storage.kind}. {ADVICE}"
        )
    return archive.read(name).view(storage_type(storage.kind, order))


def _checked(file: Path, value: Any, load: Callable[[Storage], Array]) -> Tree:
    """The saved value with FileTensors. Raises FileError where it is no dictionary."""
    if type(value) is not dict:
        what = "a single tensor" if isinstance(value, Tensor) else f"a {type(value).__name__}"
        raise FileError(
            f"{shown(file.name)} holds {what}, expected a dictionary of tensors. In PyTorch: "
            "torch.save(model.state_dict(), name)."
        )
    known: dict[Any, Any] = {}
    tree = _with_files(value, cache(load), known)
    _check_shared(file, [found for found in known.values() if isinstance(found, FileTensor)])
    return tree


def _check_shared(file: Path, tensors: list[FileTensor]) -> None:
    """Refuses tensors that show the same numbers over and over, as steps of 0 do. Raises FileError."""
    shown_bytes = sum(math.prod(tensor.shape) * size_of(tensor.kind) for tensor in tensors)
    if shown_bytes > MOST_SHARED * file.stat().st_size:
        raise FileError(
            f"{shown(file.name)}: its tensors would hold {shown_bytes:,} bytes, but the file has "
            f"{file.stat().st_size:,}: many of them are the same numbers. Save each on its own."
        )


def _with_files(value: Any, load: Callable[[Storage], Array], known: dict[Any, Any], depth: int = 0) -> Any:
    """The same value with FileTensors; what occurs twice is made once: so nothing multiplies, and ties are seen."""
    if isinstance(value, Tensor):
        place = value.storage, value.offset, value.shape, value.strides
        return known.setdefault(place, FileTensor(value.storage.kind, value.shape, partial(_load, value, load)))
    if type(value) is not dict or depth > _DEEPEST:
        return None  # numbers, texts and lists say nothing of the weights
    if id(value) in known:
        return known[id(value)]
    found = known[id(value)] = {}
    found |= {key: _with_files(inner, load, known, depth + 1) for key, inner in value.items()}
    return found


def _load(tensor: Tensor, load: Callable[[Storage], Array]) -> Array:
    raw, kind = load(tensor.storage), tensor.storage.kind
    step = raw.dtype.itemsize
    strides = tuple(size * step for size in tensor.strides)
    view: Array = np.ndarray(tensor.shape, raw.dtype, raw, tensor.offset * step, strides)
    return decoded(np.ascontiguousarray(view), kind).reshape(tensor.shape)
