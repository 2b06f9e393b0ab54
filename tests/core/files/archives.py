"""Archives made by hand, for what the storage of snapshots never writes itself."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

JSON = b'{"format": 1}'


def npy_bytes(array: np.ndarray, *, version: tuple[int, int] = (1, 0), pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    npy.write_array(stream, array, version=version, allow_pickle=pickled)
    return stream.getvalue()


def header(text: str, body: bytes = b"") -> bytes:
    """A .npy of any header."""
    return npy.MAGIC_PREFIX + b"\x01\x00" + struct.pack("<H", len(text)) + text.encode() + body


def make_zip(path: Path, members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in [("session.json", JSON), *members]:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
    return path
