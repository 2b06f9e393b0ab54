"""Zooming, panning and following the walk, as functions from one axis to the next. Pure arithmetic."""

from __future__ import annotations

from msgspec.structs import replace

from core.frame import Detail
from desktop.views.unrolled.axis import LEFT_PX, RIGHT_PX, Axis, in_whole_pixels

COMFORTABLE_PX = 110.0  # a column in which a cell reads well
FIT_MOST_PX = 150.0
CELLS_MOST_PX = 236.0  # wider than this and the cell opens
NEIGHBOUR_PX = 104.0  # a column beside the open one
NEIGHBOUR_LEAST_PX = 74.0
NOTCH = 1.22  # zoom of one notch of the wheel or one key press


def detail_of(axis: Axis, cells_from_px: float) -> Detail:
    """The level of detail for which there is room."""
    if axis.focus is not None:
        return Detail.INSIDE
    return Detail.CELLS if axis.pitch >= cells_from_px else Detail.MAP


def fitted(length: int, widget_px: float, scale: float) -> Axis:
    """All columns on screen."""
    room = _room(widget_px, scale)
    return clamped(Axis(scale * LEFT_PX, room, 0.0, min(scale * FIT_MOST_PX, room / max(1, length))), length)


def opening(length: int, t: int, widget_px: float, scale: float, cells_from_px: float) -> Axis:
    """Where to begin: everything if its cells can be read, otherwise cells around ``t``."""
    whole = fitted(length, widget_px, scale)
    if whole.pitch >= cells_from_px:
        return whole
    room = _room(widget_px, scale)
    columns = max(1, round(room / (scale * COMFORTABLE_PX)))
    axis = Axis(whole.left, room, 0.0, room / columns)
    return following(axis, t, t, length)


def resized(axis: Axis, length: int, widget_px: float, scale: float) -> Axis:
    """The same columns in a widget of another width."""
    room = _room(widget_px, scale)
    if axis.focus is not None:
        return opened(axis.focus, widget_px, scale)
    if length * axis.pitch <= axis.width * 1.001:  # everything was on screen, so it stays
        return fitted(length, widget_px, scale)
    return clamped(replace(axis, left=scale * LEFT_PX, width=room), length)


def zoomed(axis: Axis, factor: float, x: float, length: int) -> Axis:
    """Zoomed so that what lies under ``x`` stays under it."""
    least = min(axis.width / max(1, length), CELLS_MOST_PX)
    pitch = min(CELLS_MOST_PX, max(least, axis.pitch * factor))
    offset = axis.column_at(x) - (x - axis.left) / pitch
    return clamped(Axis(axis.left, axis.width, offset, pitch), length)


def opened(t: int, widget_px: float, scale: float) -> Axis:
    """Column ``t`` wide open in the middle, one neighbour at each side."""
    room = _room(widget_px, scale)
    beside = scale * max(NEIGHBOUR_LEAST_PX, min(NEIGHBOUR_PX, 0.1 * room / scale))
    wide = max(240.0 * scale, room - 2 * beside)
    pitch = max(40.0, (room - wide) / 2)
    return Axis(scale * LEFT_PX, room, t - 1.0, pitch, t, wide)


def closed(axis: Axis, length: int) -> Axis:
    """Back from the open cell to cells; its column stays in the middle."""
    if axis.focus is None:
        return axis
    pitch = CELLS_MOST_PX / NOTCH
    return clamped(Axis(axis.left, axis.width, axis.focus + 0.5 - axis.width / pitch / 2, pitch), length)


def panned(axis: Axis, dx_px: float, length: int) -> Axis:
    """Moved by so many pixels; to the right is towards earlier steps."""
    return axis if axis.focus is not None else clamped(axis.shifted(-dx_px / axis.pitch), length)


def following(axis: Axis, t: int, before: int, length: int) -> Axis:
    """The axis moved only if column ``t`` is not well on screen: then with more room ahead than behind."""
    columns = axis.width / axis.pitch
    margin = min(0.5, columns / 8)
    if axis.offset + margin <= t + 0.5 <= axis.offset + columns - margin:
        return axis
    ahead = 0.3 if t >= before else 0.7
    return clamped(in_whole_pixels(replace(axis, offset=t + 0.5 - columns * ahead), axis), length)


def clamped(axis: Axis, length: int) -> Axis:
    """The axis without empty room at one side only: all of a short sequence stands in the middle."""
    columns = axis.width / axis.pitch
    if length <= columns:
        return replace(axis, offset=(length - columns) / 2)
    return replace(axis, offset=min(max(0.0, axis.offset), length - columns))


def _room(widget_px: float, scale: float) -> float:
    return max(40.0, widget_px - scale * (LEFT_PX + RIGHT_PX))
