"""Named arrays in a ``.npz`` archive: read with suspicion, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.reading import checked_path, unreadable
from core.tokens import shown

Array = NDArray[Any]
LIMIT_BYTES = 2_000_000_000
_DAMAGE = (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError,
           SyntaxError, TypeError)  # fmt: skip


def read_npz(path: str | Path, what: str) -> dict[str, Array]:
    """The arrays of a ``.npz`` file by key, all of them finite real numbers. Raises FileError.

    ``what`` says for messages what the file should hold ("weights").
    """
    file = checked_path(path, (".npz",), what)
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except PermissionError as error:
        raise unreadable(file, error) from None
    except _DAMAGE:
        raise _not_an_archive(file) from None
    if size > LIMIT_BYTES:
        raise FileError(f"{shown(file.name)} holds {size / 1e9:,.1f} GB, expected at most {LIMIT_BYTES / 1e9:g} GB.")
    try:
        with np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except _DAMAGE:
        raise _not_an_archive(file) from None
    for key, array in arrays.items():
        _check_numbers(file, key, array)
    return arrays


def write_npz(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write the archive; a file that was there before stays until the new one is complete. Raises FileError."""
    target = path.resolve()
    temporary = target.with_name(f".gatewalk-{os.urandom(8).hex()}.part")
    try:
        try:
            with temporary.open("xb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o777)
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(
            f"{shown(str(path))} cannot be written: {error.strerror or error}. Nothing was changed; try another place."
        ) from None


def without_prefix(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """The arrays under ``prefix`` by the rest of their key; where no key has it, all of them as they are."""
    found = {key[len(prefix) :]: array for key, array in arrays.items() if key.startswith(prefix)}
    return found or dict(arrays)


def _not_an_archive(file: Path) -> FileError:
    return FileError(
        f"{shown(file.name)} is not a whole .npz archive of arrays. Save it again with "
        "numpy.savez(name, **{key: array})."
    )


def _check_numbers(file: Path, key: str, array: object) -> None:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise FileError(f"{shown(file.name)}: {shown(key)} holds no real numbers. Save it as a float array.")
    if not np.isfinite(array).all():
        raise FileError(f"{shown(file.name)}: {shown(key)} holds NaN or infinite numbers, expected finite ones.")
