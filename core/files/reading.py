"""Bytes and text of a file, or one clear sentence that says why not."""

from __future__ import annotations

import codecs
from pathlib import Path

from core.errors import FileError
from core.tokens import shown

_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def checked_path(path: str | Path, suffixes: tuple[str, ...], what: str) -> Path:
    """``path`` when it is a regular file with one of ``suffixes``; raises FileError otherwise."""
    found = Path(path)
    try:
        if found.is_dir():
            raise FileError(
                f"{shown(str(path))} is a folder, expected a file. Choose {what} in it ({_listed(suffixes)})."
            )
        if not found.exists():
            raise FileError(f"There is no file {shown(str(path))}. Check the name and the folder.")
        if not found.is_file():
            raise FileError(f"{shown(str(path))} is a device or a pipe, expected a file. Copy it into a file first.")
    except OSError as error:
        raise unreadable(found, error) from None
    if found.suffix.lower() not in suffixes:
        raise FileError(
            f"{shown(found.name)} cannot be read as {what}: its name ends in {shown(found.suffix or 'nothing')}, "
            f"expected {_listed(suffixes)}. Save it in one of these formats."
        )
    return found


def read_bytes(path: Path, limit: int, advice: str) -> bytes:
    """The bytes of ``path``; raises FileError when there are none or more than ``limit``."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)  # never more, whatever the file says its size is
            size = max(path.stat().st_size, len(data))
    except OSError as error:
        raise unreadable(path, error) from None
    if not data:
        raise FileError(f"{shown(path.name)} is empty: got 0 bytes. Choose a file with something in it.")
    if len(data) > limit:
        raise FileError(
            f"{shown(path.name)} is too large: got {size / 1e6:,.1f} MB, expected at most {limit / 1e6:,.1f} MB. "
            f"{advice}"
        )
    return data


def read_text(path: Path, limit: int, advice: str) -> str:
    """The text of ``path``: UTF-8 with or without a byte-order mark, or UTF-16 with one."""
    data = read_bytes(path, limit, advice)
    encoding, mark = _encoding(data, path)
    try:
        text = data[mark:].decode(encoding)
    except UnicodeDecodeError as error:
        place, name = mark + error.start, "UTF-8" if encoding == "utf-8" else "UTF-16"
        raise FileError(
            f"{shown(path.name)} is not {name} text: byte {data[place]:#04x} at "
            f"byte offset {place:,} fits no character. Save it as UTF-8."
        ) from None
    if "\0" in text:
        offset = mark + len(text[: text.index("\0")].encode(encoding))
        raise FileError(
            f"{shown(path.name)} is not text: a zero stands at byte offset {offset:,}. Choose a text file; "
            "if it is one, save it as UTF-8."
        )
    return text


def unreadable(path: Path, error: OSError) -> FileError:
    """The FileError for what the system says about ``path``."""
    reason = error.strerror or type(error).__name__
    return FileError(f"{shown(path.name)} cannot be read: {reason}. Check that you may open it.")


def _encoding(data: bytes, path: Path) -> tuple[str, int]:
    """The encoding that the byte-order mark names, and the length of the mark."""
    if data.startswith(_UTF_32):
        raise FileError(
            f"{shown(path.name)} is UTF-32 text (mark at byte offset 0), which is not read. Save it as UTF-8."
        )
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    if data.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if data.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    return "utf-8", 0


def _listed(suffixes: tuple[str, ...]) -> str:
    return ", ".join(suffixes[:-1]) + f" or {suffixes[-1]}" if len(suffixes) > 1 else suffixes[0]
