"""Animations written frame by frame, so that a walk of any length takes the memory of two pictures.

Only the rectangle that changed is stored. Containers: RFC 9649 (WebP) and the GIF89a specification; Pillow compresses
the single pictures.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[Any]  # (height, width, 3) uint8
_LONGEST_MS = (1 << 24) - 1
_GIF_LONGEST_MS = 655_350


@dataclass(frozen=True, eq=False)
class Patch:
    """What changes when a picture appears: pixels with their upper left corner, and how long it stands."""

    x: int
    y: int
    pixels: Pixels
    duration_ms: int


def patches(frames: Iterable[tuple[Pixels, int]]) -> Iterator[Patch]:
    """The changes from frame to frame (pixels, duration); equal frames become one that stands longer."""
    shown: Pixels | None = None
    waiting: Patch | None = None
    for pixels, duration_ms in frames:
        area = _changed(shown, pixels)
        if area is None and waiting is not None:
            waiting = Patch(waiting.x, waiting.y, waiting.pixels, waiting.duration_ms + duration_ms)
            continue
        if waiting is not None:
            yield waiting
        x, y, right, bottom = area or (0, 0, pixels.shape[1], pixels.shape[0])
        waiting, shown = Patch(x, y, pixels[y:bottom, x:right], duration_ms), pixels
    if waiting is not None:
        yield waiting


def _changed(before: Pixels | None, after: Pixels) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what differs, left and top even (as WebP asks for); None for nothing."""
    if before is None:
        return 0, 0, after.shape[1], after.shape[0]
    differs = (before != after).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not rows.size:
        return None
    return int(columns[0]) & ~1, int(rows[0]) & ~1, int(columns[-1]) + 1, int(rows[-1]) + 1


# --- WebP ------------------------------------------------------------------------------------------------------------


def write_webp(file: IO[bytes], size: tuple[int, int], frames: Iterable[tuple[Pixels, int]]) -> None:
    """An endless WebP animation without loss; ``file`` must be seekable."""
    file.write(b"RIFF\0\0\0\0WEBP")
    file.write(_chunk(b"VP8X", b"\x02\0\0\0" + _three(size[0] - 1) + _three(size[1] - 1)))
    file.write(_chunk(b"ANIM", b"\xff\xff\xff\xff" + struct.pack("<H", 0)))
    for patch in patches(frames):
        file.write(_chunk(b"ANMF", _webp_frame(patch)))
    end = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", end - 8))
    file.seek(end)


def _webp_frame(patch: Patch) -> bytes:
    height, width = patch.pixels.shape[:2]
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(patch.pixels)).save(buffer, "WEBP", lossless=True, quality=40, method=2)
    place = _three(patch.x // 2) + _three(patch.y // 2) + _three(width - 1) + _three(height - 1)
    overwrite = b"\x02"  # no blending with what is there, and it stays
    return place + _three(min(patch.duration_ms, _LONGEST_MS)) + overwrite + buffer.getvalue()[12:]


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


# --- GIF -------------------------------------------------------------------------------------------------------------


def write_gif(file: IO[bytes], size: tuple[int, int], frames: Iterable[tuple[Pixels, int]]) -> None:
    """An endless GIF animation; each frame has the 256 colours that suit it best."""
    file.write(b"GIF89a" + struct.pack("<HHBBB", *size, 0x70, 0, 0))
    file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")
    for patch in patches(frames):
        file.write(_gif_frame(patch))
    file.write(b"\x3b")


def _gif_frame(patch: Patch) -> bytes:
    """A frame with its own colours, taken out of a GIF of one picture."""
    picture = Image.fromarray(np.ascontiguousarray(patch.pixels))
    buffer = io.BytesIO()
    picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(buffer, "GIF", interlace=0)
    whole = buffer.getvalue()
    bits = whole[10] & 0x07
    start = 13 + 3 * (2 << bits)
    colours, place = whole[13:start], start
    while whole[place] == 0x21:  # extensions say nothing that is needed here
        place += 2
        while whole[place]:
            place += whole[place] + 1
        place += 1
    height, width = patch.pixels.shape[:2]
    hundredths = max(2, round(min(patch.duration_ms, _GIF_LONGEST_MS) / 10))
    control = b"\x21\xf9\x04\x04" + struct.pack("<H", hundredths) + b"\0\0"
    descriptor = b"\x2c" + struct.pack("<HHHHB", patch.x, patch.y, width, height, 0x80 | bits)
    return control + descriptor + colours + whole[place + 10 : whole.rindex(b"\x3b")]
