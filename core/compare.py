"""What differs between two lanes, as far as both show it: which variable, at which time step, in which unit.

Two lanes of a frame can be compared, a lane and its ghost, or the lead lanes of two sessions (of two snapshots).
Variables are compared where names and sizes match; what has no match is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.block import HEAD, path_title
from core.errors import SessionError
from core.frame import Arrival, LaneFrame, Sentence, Track
from core.network import LOSS
from core.norms import norms
from core.places import Cursor, Phase
from core.timeline import Timeline

Array = NDArray[Any]


class Quantity(StrEnum):
    """What of a variable is compared."""

    VALUE = "value"
    GRADIENT = "gradient"


class Spot(msgspec.Struct, frozen=True):
    """The entry of a variable that differs most."""

    t: int
    unit: int
    one: float
    other: float
    size: float  # |one − other|; infinite where only one of them is finite
    relative: float  # to the largest absolute value that either lane shows of this variable


class Contrast(msgspec.Struct, frozen=True, eq=False):
    """How one variable, or the gradient at it, differs between two lanes."""

    path: str  # "l0/c"
    name: str
    role: str
    quantity: Quantity
    norms: Array  # (T,) Euclidean norm of the difference; NaN where not both show it
    scale: float  # the largest absolute value that either shows, over the steps that both show
    spot: Spot | None  # None where no step is shown by both

    @property
    def phase(self) -> Phase:
        """The phase that computes what is compared."""
        if self.quantity is Quantity.GRADIENT:
            return Phase.BACKWARD
        return Phase.LOSS if self.path == f"{HEAD}/{LOSS}" else Phase.FORWARD


class Comparison(msgspec.Struct, frozen=True, eq=False):
    """Two lanes beside each other."""

    names: tuple[str, str]
    values: tuple[Contrast, ...]  # in the order of the first lane, bottom to top
    gradients: tuple[Contrast, ...]
    largest: Contrast | None  # the largest in absolute numbers
    largest_relative: Contrast | None  # the largest relative to its variable's scale
    unmatched: tuple[Sentence, ...]  # what cannot be compared, and why
    sentence: Sentence


def compare(one: LaneFrame, other: LaneFrame, names: tuple[str, str] | None = None) -> Comparison:
    """What differs between two lanes at the columns that both show; ``names`` in place of those of the lanes.

    Values count where both are revealed, gradients where both are complete.
    """
    names = names or (one.name, other.name)
    pairs, unmatched = _pairs(one, other, names)
    with np.errstate(all="ignore"):
        values = tuple(_contrast(one, other, pair, Quantity.VALUE) for pair in pairs)
        gradients = tuple(_contrast(one, other, pair, Quantity.GRADIENT) for pair in pairs)
    shown = [(found.spot, found) for found in (*values, *gradients) if found.spot is not None]
    largest = max(shown, key=lambda pair: pair[0].size, default=None)
    relative = max(shown, key=lambda pair: pair[0].relative, default=None)
    return Comparison(
        names=names,
        values=values,
        gradients=gradients,
        largest=_if_any(largest),
        largest_relative=_if_any(relative),
        unmatched=tuple(unmatched),
        sentence=_sentence(names, bool(shown), _if_any(relative), _words(one, other)),
    )


def _if_any(found: tuple[Spot, Contrast] | None) -> Contrast | None:
    return None if found is None or found[0].size == 0.0 else found[1]


def cursor_at(contrast: Contrast, timeline: Timeline, now: Cursor) -> Cursor:
    """Where the lead's walk has just computed what differs most; where both lanes show it, at the latest ``now``.

    Raises SessionError where nothing is shown by both.
    """
    if contrast.spot is None:
        raise SessionError(f"{contrast.path} is not shown by both lanes yet. Walk on first")
    t, phase, block = contrast.spot.t, contrast.phase, contrast.path.split("/")[0]
    of_all, of_block = timeline.times(phase), timeline.times(phase, block)
    places = [timeline.end_of(phase, t)] if t in of_all else []
    places += [timeline.end_of(phase, t, block)] if t in of_block else []
    return Cursor(now.iteration, next((index for index in places if index <= now.index), now.index))


def _tracks(lane: LaneFrame) -> dict[str, Track]:
    return {track.path: track for block in lane.blocks for track in block.tracks}


def _pairs(
    one: LaneFrame, other: LaneFrame, names: tuple[str, str]
) -> tuple[list[tuple[Track, Track]], list[Sentence]]:
    """The tracks that can be compared, and why the rest cannot."""
    if one.length != other.length:
        return [], [_sizes("{one} walks {own} time steps and {other} {found}.", names, one.length, other.length)]
    mine, theirs = _tracks(one), _tracks(other)
    pairs = [(track, theirs[path]) for path, track in mine.items() if path in theirs]
    alike = [pair for pair in pairs if _width(pair[0]) == _width(pair[1])]
    only = ((names[0], mine.keys() - theirs), (names[1], theirs.keys() - mine))
    words = _words(one, other)
    told = [_alone(name, [words(path) for path in sorted(paths)]) for name, paths in only if paths]
    template = "{path} has {own} units in {one} and {found} in {other}."
    unlike = [pair for pair in pairs if _width(pair[0]) != _width(pair[1])]
    told += [_sizes(template, names, _width(a), _width(b), words(a.path)) for a, b in unlike]
    return alike, told


def _width(track: Track) -> int:
    return int(track.values.shape[1])


def _alone(name: str, paths: Iterable[str]) -> Sentence:
    return Sentence("Only {name} has {paths}.", {"name": name, "paths": ", ".join(paths)})


def _words(one: LaneFrame, other: LaneFrame) -> Callable[[str], str]:
    """How variables are named: "c", and with several layers "c of layer 2"."""
    layers = {block.name for lane in (one, other) for block in lane.blocks} - {HEAD}
    if len(layers) < 2:
        return lambda path: path.split("/")[1]
    return path_title


def _sizes(template: str, names: tuple[str, str], own: int, found: int, path: str = "") -> Sentence:
    values = {"one": names[0], "other": names[1], "own": str(own), "found": str(found)}
    return Sentence(template, values | ({"path": path} if path else {}))


def _contrast(one: LaneFrame, other: LaneFrame, pair: tuple[Track, Track], quantity: Quantity) -> Contrast:
    first, last = max(one.first, other.first), min(one.last, other.last)
    columns = slice(first, max(first, last))
    rows, shown = _shown(one, pair[0], quantity, columns)
    rows_too, shown_too = _shown(other, pair[1], quantity, columns)
    both = shown & shown_too
    differences = np.where(both[:, None], _differences(rows, rows_too), 0.0)
    found = np.full(one.length, np.nan)
    found[columns] = np.where(both, norms(differences), np.nan)
    peaks = np.abs(np.stack([rows, rows_too])[:, both])
    scale = float(peaks[np.isfinite(peaks)].max(initial=0.0))
    spot = _spot(differences, both, (rows, rows_too), first, scale)
    return Contrast(pair[0].path, pair[0].name, pair[0].role, quantity, found, scale, spot)


def _shown(lane: LaneFrame, track: Track, quantity: Quantity, columns: slice) -> tuple[Array, Array]:
    """Rows of some columns, (V, H), and at which of them they stand."""
    seen = slice(columns.start - lane.first, columns.stop - lane.first)
    if quantity is Quantity.VALUE:
        return track.values[seen], track.reached[seen]
    return track.adjoints[seen], track.arrived[seen] == Arrival.COMPLETE


def _differences(one: Array, other: Array) -> Array:
    """|one − other|, infinite where only one is finite, zero where both are not finite in the same way."""
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    finite = np.isfinite(one) & np.isfinite(other)
    return np.where(same, 0.0, np.where(finite, np.abs(one - other), np.inf))


def _spot(differences: Array, both: Array, rows: tuple[Array, ...], first: int, scale: float) -> Spot | None:
    if not both.any():
        return None
    place = np.unravel_index(int(np.where(both[:, None], differences, -1.0).argmax()), differences.shape)
    column, unit = int(place[0]), int(place[1])
    size = float(differences[place])
    relative = 0.0 if size == 0.0 else size / scale if scale > 0.0 else np.inf
    return Spot(first + column, unit, float(rows[0][place]), float(rows[1][place]), size, float(relative))


def _sentence(names: tuple[str, str], anything: bool, most: Contrast | None, words: Callable[[str], str]) -> Sentence:
    values = {"one": names[0], "other": names[1]}
    if not anything:
        return Sentence("{one} and {other} show nothing in common yet.", values)
    if most is None or most.spot is None:
        return Sentence("{one} and {other} are equal in all that both show.", values)
    spot = most.spot
    values |= {
        "what": _what(most, words(most.path)),
        "t": str(spot.t + 1),
        "unit": str(spot.unit + 1),
        "a": _digits(spot.one),
        "b": _digits(spot.other),
        "share": f"{100 * spot.relative:.3g}" if np.isfinite(spot.relative) else "∞",
    }
    return Sentence("{one} and {other} differ most in {what} at t = {t}, unit {unit}: {a} and {b}; that is "
                    "{share} % of the largest value there is.", values)  # fmt: skip


def _what(contrast: Contrast, words: str) -> str:
    if contrast.quantity is Quantity.GRADIENT:
        return f"∂L/∂{words}"
    return f"the {contrast.role} {words}" if contrast.role else words


def _digits(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
