"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from core.errors import FileError


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[IO[bytes]]:
    """A new file beside ``target`` that takes its place when the block ends well, and vanishes when it does not."""
    temporary = target.with_name(f".gatewalk-{os.urandom(8).hex()}.part")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[IO[bytes]]:
    """As ``replacing``; a link keeps pointing at the file, and what goes wrong is a FileError."""
    target = Path(path).resolve()
    try:
        with replacing(target) as file:
            yield file
    except OSError as error:
        raise FileError(
            f"{target}: cannot be written ({error.strerror or error}). Nothing was changed; try another place."
        ) from error
