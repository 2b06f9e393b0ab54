"""The inside of a cell's box. Pure arithmetic, no painting."""

from __future__ import annotations

import math

import msgspec

from desktop.views.unrolled.axis import Axis, pixel_under
from desktop.views.unrolled.geometry import (
    CHIPS_PX,
    COMPACT_CHIPS_PX,
    COMPACT_NAMES_PX,
    NAMES_PX,
    LayerShape,
    Span,
)


class CellBox(msgspec.Struct, frozen=True):
    """The inside of a cell's box, relative to its upper left corner; the same for every column of a layer."""

    width: float
    gap: float  # from one box to the next
    first_px: float  # left edge of the first strip
    step_px: float  # from strip to strip
    strip_px: float  # width of a strip
    names: Span
    strips: Span
    chips: Span


def cells_from(variables: int, scale: float) -> float:
    """The least pitch at which a cell of so many variables can still be read as a cell."""
    return scale * (22.0 + 4.0 * max(variables, 2))


def cell_box(pitch: float, height: float, shape: LayerShape, scale: float) -> CellBox:
    """The box of a cell that stands in a column of width ``pitch``."""
    gap = max(scale * 12.0, min(scale * 46.0, 0.32 * pitch))
    width = max(4.0, min(pitch - gap, scale * 190.0))
    pad = min(scale * 8.0, 0.1 * width)
    variables, widest = shape.variables, width if shape.compact else scale * 26.0
    step = min((width - 2 * pad) / variables, widest)
    step = math.floor(step) if step >= 4 else step  # whole pixels: all gaps alike
    space = 0.0 if step < 3 else 1.0 if step < 8 else 2.0
    lines = (COMPACT_NAMES_PX, COMPACT_CHIPS_PX) if shape.compact else (NAMES_PX, CHIPS_PX)
    names, chips = (round(scale * line) for line in lines)
    strips = Span(names, height - names - chips)
    first = (width - step * variables + space) / 2
    chip = Span(strips.bottom + scale * (2.0 if shape.compact else 5.0), scale * (5.0 if shape.compact else 7.0))
    return CellBox(width, pitch - width, first, step, step - space, Span(0.0, names), strips, chip)


def box_left(axis: Axis, t: int, box: CellBox) -> float:
    """Left edge of the box in column ``t``, on a whole pixel so that its strips are sharp."""
    return pixel_under(axis.x_of(t) + box.gap / 2)


def state_line(strips: Span, rank: int, states: int) -> float:
    """Where the edge of one of several states runs: the first at the top, the last at the bottom."""
    if states <= 1:
        return strips.top + strips.height / 2
    inset = min(14.0, strips.height / 6)
    return strips.top + inset + (strips.height - 2 * inset) * rank / (states - 1)
