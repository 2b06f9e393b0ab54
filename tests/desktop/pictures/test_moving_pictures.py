"""Animations: what a reader shows is what was written, and only what changed is kept."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from desktop.pictures.moving_pictures import Pixels, patches, write_gif, write_webp

SIZE = (61, 40)


def frame(number: int) -> Pixels:
    """A picture with a square that moves."""
    pixels = np.full((SIZE[1], SIZE[0], 3), (240, 240, 235), np.uint8)
    pixels[5 + number : 15 + number, 3 + 2 * number : 12 + 2 * number] = (180, 40, 160 + number)
    return pixels


def read(content: bytes) -> list[tuple[Pixels, int]]:
    image = Image.open(io.BytesIO(content))
    found = []
    for number in range(image.n_frames):  # type: ignore[attr-defined]
        image.seek(number)
        found.append((np.asarray(image.convert("RGB")), image.info["duration"]))
    return found


@pytest.mark.parametrize("write", [write_webp, write_gif])
def test_every_frame_comes_back(write: object) -> None:
    file = io.BytesIO()
    write(file, SIZE, ((frame(n), 40 + 10 * n) for n in range(7)))  # type: ignore[operator]
    for number, (pixels, duration) in enumerate(read(file.getvalue())):
        np.testing.assert_array_equal(pixels, frame(number))
        assert duration == 40 + 10 * number
    assert Image.open(io.BytesIO(file.getvalue())).info.get("loop") == 0


@pytest.mark.parametrize("write", [write_webp, write_gif])
def test_one_frame_and_equal_frames(write: object) -> None:
    for count in (1, 3):
        file = io.BytesIO()
        write(file, SIZE, ((frame(0), 100) for _ in range(count)))  # type: ignore[operator]
        (found,) = read(file.getvalue())
        np.testing.assert_array_equal(found[0], frame(0))


def test_many_colours_in_a_gif_are_near() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (40, 61, 3)).astype(np.uint8)
    file = io.BytesIO()
    write_gif(file, SIZE, [(pixels, 50), (frame(1), 50)])
    first, second = read(file.getvalue())
    assert abs(first[0].astype(int) - pixels).mean() < 40
    np.testing.assert_array_equal(second[0], frame(1))


def test_only_the_rectangle_that_changed_is_kept() -> None:
    first, second, third = patches([(frame(0), 10), (frame(1), 10), (frame(1), 15), (frame(0), 5)])
    assert first.pixels.shape == (40, 61, 3)
    assert (second.x, second.y, second.duration_ms) == (2, 4, 25)
    assert second.pixels.shape == (12, 12, 3)
    assert (third.x, third.y) == (2, 4)


@pytest.mark.parametrize("write", [write_webp, write_gif])
def test_memory_does_not_grow_with_the_frames(write: object) -> None:
    def frames(count: int) -> Iterator[tuple[Pixels, int]]:
        for number in range(count):
            pixels = np.zeros((300, 400, 3), np.uint8)
            pixels[:, number % 400] = 255
            yield pixels, 20

    def peak(count: int) -> int:
        tracemalloc.start()
        with io.BytesIO() as file:
            write(file, (400, 300), frames(count))  # type: ignore[operator]
            size = len(file.getvalue())
        try:
            return tracemalloc.get_traced_memory()[1] - 3 * size
        finally:
            tracemalloc.stop()

    peak(2)
    assert peak(60) < peak(6) + 2 * 360_000
