"""Time across the unrolled view. Pure arithmetic, no painting.

A column coordinate is a time step with a fraction: 3.5 is the middle of column t = 3.
"""

from __future__ import annotations

import math

import msgspec
from msgspec.structs import replace

from core.frame import Detail

ROUNDING_PX = 1e-6  # more than what sums of lengths are off by
LEFT_PX = 40.0
RIGHT_PX = 20.0


class VisibleColumns(msgspec.Struct, frozen=True):
    """What the view shows of time: whole columns first <= t < last, and the exact edges in column coordinates.

    ``start`` stands at ``left_px`` of the widget and ``end`` at ``right_px``, so that a plot can share the columns.
    """

    first: int
    last: int
    detail: Detail
    start: float
    end: float
    left_px: float
    right_px: float


class Axis(msgspec.Struct, frozen=True):
    """Time across the widget. With a ``focus`` that one column is ``focus_px`` wide, all others ``pitch``."""

    left: float
    width: float
    offset: float  # column coordinate at `left`
    pitch: float
    focus: int | None = None
    focus_px: float = 0.0

    def x_of(self, t: float) -> float:
        """Left edge of column ``t``."""
        x = self.left + (t - self.offset) * self.pitch
        if self.focus is None or t <= self.focus:
            return x
        return x + (self.focus_px - self.pitch) * min(1.0, t - self.focus)

    def width_of(self, t: int) -> float:
        """Width of column ``t``."""
        return self.focus_px if t == self.focus else self.pitch

    def middle_of(self, t: int) -> float:
        """Middle of column ``t``."""
        return self.x_of(t) + self.width_of(t) / 2

    def column_at(self, x: float) -> float:
        """Column coordinate under ``x``."""
        column = self.offset + (x - self.left) / self.pitch
        if self.focus is None or column <= self.focus:
            return column
        into = (x - self.x_of(self.focus)) / self.focus_px
        return self.focus + into if into < 1 else self.focus + 1 + (x - self.x_of(self.focus + 1)) / self.pitch

    def visible(self, length: int) -> tuple[int, int]:
        """Columns first <= t < last of which anything is on screen (the left margin belongs to the picture)."""
        first = int(max(0, min(length - 1, self.column_at(0.0))))
        last = int(self.column_at(self.left + self.width + RIGHT_PX)) + 1
        return first, max(first + 1, min(length, last))

    def shifted(self, columns: float) -> Axis:
        """The axis moved by so many columns."""
        return replace(self, offset=self.offset + columns)


def pixel_under(x: float) -> int:
    """The pixel that begins at ``x`` or before it. What has moved by whole pixels falls on whole pixels again."""
    return math.floor(x + ROUNDING_PX)


def pixel_near(x: float) -> int:
    """The nearest whole pixel, in the middle between two always the right one."""
    return pixel_under(x + 0.5)


def blend(first: Axis, last: Axis, share: float) -> Axis:
    """The axis that lies ``share`` of the way from one to the other; zoom moves evenly to the eye."""
    if share >= 1.0:
        return last
    focus = last.focus if last.focus is not None else first.focus
    pitch = first.pitch * (last.pitch / first.pitch) ** share
    here = first.focus_px if first.focus is not None else first.pitch
    there = last.focus_px if last.focus is not None else last.pitch
    middle = _between(first.column_at(_centre(first)), last.column_at(_centre(last)), share)
    axis = Axis(last.left, last.width, 0.0, pitch, focus, _between(here, there, share) if focus is not None else 0.0)
    return axis.shifted((axis.x_of(middle) - _centre(axis)) / pitch)


def in_whole_pixels(axis: Axis, start: Axis) -> Axis:
    """The axis a whole number of pixels from where it stood at the start, so that what was painted can be moved."""
    pixels = round((axis.offset - start.offset) * start.pitch)
    return replace(axis, offset=start.offset + pixels / start.pitch)


def pixels_between(first: Axis, last: Axis) -> float | None:
    """How far everything moves to the right from one axis to the other; None where it does not keep its size."""
    if first.focus is not None or replace(last, offset=first.offset) != first:
        return None
    return (first.offset - last.offset) * first.pitch


def _centre(axis: Axis) -> float:
    return axis.left + axis.width / 2


def _between(first: float, last: float, share: float) -> float:
    return first + (last - first) * share


def tick_step(pitch: float, apart_px: float) -> int:
    """1, 2, 5, 10, … so that marks of the time axis stand at least so far apart."""
    power = 1
    while True:
        for leading in (1, 2, 5):
            if leading * power * pitch >= apart_px:
                return leading * power
        power *= 10
