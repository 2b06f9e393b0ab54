"""Values as places in one colour table, so that all strips on screen become colours in a single look-up.

Shape letters: ``n`` columns, ``m`` variables, ``R`` rows of a strip (units, or as many as there are pixels for).
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.frame import BlockFrame, LaneFrame, Scale, Track
from desktop.style.colours import ColourMaps, gradient_fraction

GATE_FROM, GATE_STEPS = 0, 255
STATE_FROM, STATE_STEPS = 256, 510
GRADIENT_FROM, GRADIENT_STEPS = 767, 255
NOT_FINITE = 1023
DECADES_SHOWN = 8  # a longer range would make all that can still be learned from look alike


def pixel_table(colours: ColourMaps) -> NDArray:
    """(1024,) uint32 0xffRRGGBB: gates, states, gradients, and the mark of what is not finite."""
    warning = colours.theme.warning
    missing = np.array([[warning.red(), warning.green(), warning.blue()]], np.uint8)
    tables = (colours.gate_table, colours.state_table, colours.gradient_table, missing)
    rgb = np.concatenate(tables).astype(np.uint32)
    return np.uint32(0xFF000000) | (rgb[:, 0] << 16) | (rgb[:, 1] << 8) | rgb[:, 2]


def gradient_limits(lanes: tuple[LaneFrame, ...]) -> tuple[float, float]:
    """The ends of the gradient scale that all lanes share, so that one can be compared with another."""
    high = max((lane.gradient_limits[1] for lane in lanes), default=0.0)
    lows = [lane.gradient_limits[0] for lane in lanes if lane.gradient_limits[0] > 0]
    if not high > 0 or not np.isfinite(high):
        return 1e-4, 1.0
    return max(min(lows, default=high), high * 10.0**-DECADES_SHOWN), high


class StripGrid(msgspec.Struct, frozen=True, eq=False):
    """The strips of one layer over the visible columns, as places in the colour table."""

    first: int  # column of row 0
    places: NDArray  # (n, m, R) float32
    shown: NDArray  # (n, m) float32: 0 not computed, 1 computed, between the two while it appears
    chips: NDArray  # (n, m) float32 gradient norms as a fraction of the scale, NaN where nothing has arrived
    partly: NDArray  # (n, m) bool: parts of the gradient are still to come

    def columns(self, first: int, last: int) -> StripGrid:
        """The grid of some of its columns."""
        part = slice(max(0, first - self.first), max(0, last - self.first))
        arrays = (self.places[part], self.shown[part], self.chips[part], self.partly[part])
        return StripGrid(self.first + part.start, *arrays)


def strip_grid(
    block: BlockFrame, lane: LaneFrame, columns: tuple[int, int], rows: int, limits: tuple[float, float], kind: str
) -> StripGrid:
    """The strips of a layer; columns that the frame does not hold stand as not computed."""
    first, last = columns
    count, tracks = last - first, block.tracks
    size = max((track.values.shape[1] for track in tracks), default=1)
    units = shown_units(size, rows)
    places = np.zeros((count, len(tracks), len(units)), np.float32)
    shown = np.zeros((count, len(tracks)), np.float32)
    chips = np.full((count, len(tracks)), np.nan, np.float32)
    partly = np.zeros((count, len(tracks)), bool)
    low, high = max(first, lane.first), min(last, lane.last)
    if low < high:
        here, there = slice(low - first, high - first), slice(low - lane.first, high - lane.first)
        for m, track in enumerate(tracks):
            wide = track.values.shape[1]
            own = (
                units if wide == size else evenly(wide, len(units))
            )  # a narrower one, as a projection, has taller cells
            places[here, m] = track_places(track, there, own, limits, kind)
            shown[here, m] = track.reached[there] if kind == "values" else track.arrived[there] > 0
            chips[here, m] = gradient_fraction(track.adjoint_norms[low:high], *limits)
            partly[here, m] = track.arrived[there] == 1
    return StripGrid(first, places, shown, chips, partly)


def shown_units(units: int, rows: int) -> NDArray:
    """Which units are drawn: all, or evenly chosen ones where there are more units than rows of pixels."""
    if units <= rows:
        return np.arange(units)
    return evenly(units, rows)


def evenly(units: int, rows: int) -> NDArray:
    """Which unit each of so many rows shows; a unit fills several where there are fewer units than rows."""
    return ((np.arange(rows) + 0.5) * units / rows).astype(np.intp)


def track_places(
    track: Track, columns: slice | NDArray, units: NDArray, limits: tuple[float, float], kind: str
) -> NDArray:
    """(n, R) float32 places in the colour table of some columns of a variable."""
    if kind == "gradients":
        sizes = np.abs(_chosen(track.adjoints, columns, units))
        return _finite(GRADIENT_FROM + GRADIENT_STEPS * gradient_fraction(sizes, *limits), sizes)
    values = _chosen(track.values, columns, units)
    if track.scale is Scale.GATE:
        return _finite(GATE_FROM + GATE_STEPS * np.clip(values, 0.0, 1.0), values)
    ratios = np.clip(values / max(track.limit, 1e-300), -1.0, 1.0)
    return _finite(STATE_FROM + STATE_STEPS * (ratios + 1.0) / 2.0, values)


def _chosen(values: NDArray, columns: slice | NDArray, units: NDArray) -> NDArray:
    rows = values[columns]
    return rows if len(units) == values.shape[1] else rows[:, units]


def _finite(places: NDArray, values: NDArray) -> NDArray:
    return np.where(np.isfinite(values), places, NOT_FINITE).astype(np.float32)
