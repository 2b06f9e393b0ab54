"""Files as torch.save writes them, made without PyTorch: whatever a test wants to plant stands in them."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path


class Storage:
    def __init__(self, key: str, count: int, kind: str = "FloatStorage") -> None:
        self.parts = ("storage", Global("torch", kind), key, "cpu", count)


class Global:
    """A name that a pickle imports."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


def pickled(value: object) -> bytes:
    """A pickle of plain values, Global, Storage and Rebuilt, protocol 2."""
    out = io.BytesIO()
    out.write(b"\x80\x02")
    _write(out, value)
    out.write(b".")
    return out.getvalue()


class Rebuilt:
    """A call in a pickle: a name and its arguments."""

    def __init__(self, name: Global, *arguments: object) -> None:
        self.name, self.arguments = name, arguments


def _write(out: io.BytesIO, value: object) -> None:
    match value:
        case Rebuilt():
            _write(out, value.name)
            _write(out, value.arguments)
            out.write(b"R")
        case Global():
            out.write(b"c" + f"{value.module}\n{value.name}\n".encode())
        case Storage():
            _write(out, value.parts)
            out.write(b"Q")
        case dict():
            out.write(b"}(")
            for key, inner in value.items():
                _write(out, key)
                _write(out, inner)
            out.write(b"u")
        case tuple():
            out.write(b"(")
            for inner in value:
                _write(out, inner)
            out.write(b"t")
        case _:
            out.write(_plain(value))


def _plain(value: object) -> bytes:
    if isinstance(value, str):
        return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
    if isinstance(value, int) and not isinstance(value, bool):
        return b"\x8a\x09" + value.to_bytes(9, "little", signed=True)
    return {True: b"\x88", False: b"\x89", None: b"N"}[value]


def tensor(storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Rebuilt:
    name = Global("torch._utils", "_rebuild_tensor_v2")
    return Rebuilt(name, storage, offset, shape, strides, False, Rebuilt(Global("collections", "OrderedDict")))


def save(path: Path, pickle_bytes: bytes, storages: dict[str, bytes] | None = None, **extra: bytes) -> Path:
    """A zip as torch.save writes it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", pickle_bytes)
        archive.writestr("m/byteorder", b"little")
        for key, data in (storages or {}).items():
            archive.writestr(f"m/data/{key}", data)
        for name, data in extra.items():
            archive.writestr(f"m/{name}", data)
    return path
