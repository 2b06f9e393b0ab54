"""One image of all strips of a layer: colours are looked up once and laid out by index, never strip by strip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from desktop.views.unrolled.axis import Axis
from desktop.views.unrolled.boxes import CellBox, box_left
from desktop.views.unrolled.levels import GRADIENT_FROM, GRADIENT_STEPS, StripGrid

SEPARATED_FROM_PX = 5.0  # rows as high as this get a hairline between them


def image_of(pixels: NDArray, ratio: float) -> QImage:
    """An image over (h, w) uint32 pixels with alpha; the array must live as long as the image."""
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    return image


def strips_pixels(
    grid: StripGrid, table: NDArray, axis: Axis, box: CellBox, ratio: float, line: int
) -> tuple[NDArray, float]:
    """(h, w) uint32 pixels of all strips with hairlines of colour ``line``, and the x of their left edge."""
    left, columns = _pixel_columns(grid, axis, box, ratio)
    colours = table[np.rint(grid.places).astype(np.intp)].reshape(-1, grid.places.shape[2])
    faded = _faded(colours, grid.shown.reshape(-1))
    texels = np.concatenate([faded, np.zeros((1, faded.shape[1]), np.uint32)])
    rows = _pixel_rows(faded.shape[1], max(1, round(box.strips.height * ratio)), ratio)
    texels = np.concatenate([texels, _hairlines(grid, line)], axis=1)
    # across first: then each row of pixels is copied as a whole
    return texels.T.take(columns, axis=1).take(rows, axis=0), left / ratio


def chips_pixels(grid: StripGrid, table: NDArray, axis: Axis, box: CellBox, ratio: float) -> tuple[NDArray, float]:
    """(h, w) uint32 pixels of the gradient of each variable: the larger its norm, the higher and the deeper."""
    left, columns = _pixel_columns(grid, axis, box, ratio)
    fraction = grid.chips.reshape(-1)
    known = ~np.isnan(fraction)
    fraction = np.where(known, fraction, 0.0)
    colours = table[np.rint(GRADIENT_FROM + GRADIENT_STEPS * fraction).astype(np.intp)]
    height = max(2, round(box.chips.height * ratio))
    filled = np.ceil((0.28 + 0.72 * fraction) * height)
    up = np.arange(height, 0, -1)[:, None]
    pixels = np.where(known & (up <= filled), colours, np.uint32(0))
    pixels = np.concatenate([pixels, np.zeros((height, 1), np.uint32)], axis=1).astype(np.uint32)[:, columns]
    partly = np.append(grid.partly.reshape(-1), False)[columns]
    stripes = ((left + np.arange(len(columns))) // max(1, round(1.5 * ratio))) % 2 == 1
    pixels[:, partly & stripes] = 0  # parts are still to come
    return np.ascontiguousarray(pixels), left / ratio


def _hairlines(grid: StripGrid, line: int) -> NDArray:
    """(strips + 1, 1) uint32: between the units of what is computed, so that a zero still has edges."""
    shown = np.append(grid.shown.reshape(-1), 0.0)
    return np.where(shown >= 1.0, np.uint32(line), np.uint32(0))[:, None].astype(np.uint32)


def _pixel_columns(grid: StripGrid, axis: Axis, box: CellBox, ratio: float) -> tuple[int, NDArray]:
    """Left edge in pixels, and for each pixel column which strip it shows; the last texel is empty."""
    count, variables = grid.shown.shape
    ts = np.arange(grid.first, grid.first + count)
    lefts = np.array([box_left(axis, int(t), box) for t in ts], float)
    starts = np.floor((lefts[:, None] + box.first_px + box.step_px * np.arange(variables)) * ratio).astype(np.intp)
    wide = max(1, int(box.strip_px * ratio + 0.5))
    left = int(starts[0, 0])
    columns = np.full(int(starts[-1, -1]) + wide - left, count * variables, np.intp)
    flat = starts.reshape(-1) - left
    places = (flat[:, None] + np.arange(wide)).reshape(-1)
    columns[places] = np.repeat(np.arange(count * variables), wide)
    return left, columns


def _pixel_rows(texels: int, height: int, ratio: float) -> NDArray:
    """For each pixel row which texel it shows; the last one is empty and makes the hairlines."""
    rows = (np.arange(height) * texels // height).astype(np.intp)
    if height / texels < SEPARATED_FROM_PX * ratio:
        return rows
    ends = np.flatnonzero(np.diff(rows))
    for thick in range(max(1, round(ratio))):
        rows[ends - thick] = texels
    return rows


def _faded(colours: NDArray, shown: NDArray) -> NDArray:
    """Colours multiplied by how much of each strip has appeared, (strips, R)."""
    if np.all((shown == 0.0) | (shown == 1.0)):
        return np.where(shown[:, None] > 0, colours, np.uint32(0))
    parts = np.ascontiguousarray(colours).view(np.uint8).reshape(*colours.shape, 4)
    faded = (parts * shown[:, None, None]).astype(np.uint8)
    return faded.reshape(len(colours), -1).view(np.uint32)
