"""Verdicts on the gradients of a frame: what has vanished, exploded or is not finite, as far as the walk has come.

They are made of the frame's own numbers, so that nothing from beyond the cursor is in them: what is not complete yet
is not judged. The laboratory gives all verdicts, of a finished run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.frame import Arrival, BlockFrame, LaneFrame, Sentence, Track
from core.gradients.thresholds import Kind, Thresholds

Array = NDArray[Any]


class Mark(msgspec.Struct, frozen=True):
    """Where, on its way back, the gradient of a variable first is what ``kind`` says; by ``sentence`` in words."""

    kind: Kind
    path: str
    t: int
    sentence: Sentence


def marks_of(lane: LaneFrame, thresholds: Thresholds) -> tuple[Mark, ...]:
    """The marks on the visible columns of a lane, block by block; by the same rules as ``verdicts``."""
    return tuple(
        mark
        for block in lane.blocks
        for track in block.tracks
        if track.is_state
        for mark in _marks(lane, block, track, thresholds)
    )


def _marks(lane: LaneFrame, block: BlockFrame, track: Track, limits: Thresholds) -> Iterator[Mark]:
    back = slice(None, None, -block.direction)  # as the walk back meets the steps
    norms, times = track.adjoint_norms[back], np.arange(lane.length)[back]
    complete = _complete(lane, track)[back]
    begun = np.flatnonzero((complete | np.isfinite(norms)) & (norms != 0.0))
    if not begun.size:
        return
    first = int(begun[0])
    with np.errstate(invalid="ignore"):
        met = {
            Kind.NOT_FINITE: complete & ~np.isfinite(norms),
            Kind.VANISHES: norms < limits.vanish * norms[first],
            Kind.EXPLODES: norms > limits.explode * norms[first],
        }
    for kind, where in met.items():
        found = np.flatnonzero(where[first:])
        if found.size and complete[first + found[0]]:
            t = int(times[first + found[0]])
            yield Mark(kind, track.path, t, _sentence(kind, track.name, t, limits))


def _complete(lane: LaneFrame, track: Track) -> Array:
    """At which steps all has arrived, (T,); of steps that are not visible that is not known."""
    found = np.zeros(lane.length, bool)
    found[lane.first : lane.last] = track.arrived == Arrival.COMPLETE
    return found


def _sentence(kind: Kind, name: str, t: int, limits: Thresholds) -> Sentence:
    values = {"name": name, "t": str(t + 1), "below": f"{limits.vanish:g}", "above": f"{limits.explode:g}"}
    match kind:
        case Kind.VANISHES:
            return Sentence("∂L/∂{name} has vanished at t = {t}: it is below {below} of its start.", values)
        case Kind.EXPLODES:
            return Sentence("∂L/∂{name} has exploded at t = {t}: it is above {above} times its start.", values)
    return Sentence("∂L/∂{name} is not finite at t = {t}.", values)
