"""What the edges of a lane say at a step, and which columns lie under long ones that have changed. No geometry."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.frame import Flow, LaneFrame


def state_of(lane: LaneFrame, flow: Flow, t: int) -> tuple[bool, float]:
    """Whether a value has gone over the edge that ends at ``t``, and the norm of what came back over it."""
    row = t - lane.first + flow.before
    if not 0 <= row < len(flow.norms):
        return False, math.nan
    return bool(flow.reached[row]), float(flow.norms[row])


def columns_under(old: LaneFrame, new: LaneFrame, columns: range) -> NDArray[np.bool_]:
    """Which columns lie under an arc that has changed; both lanes have the same blocks."""
    found = np.zeros(len(columns), bool)
    for before, after in zip(old.blocks, new.blocks, strict=True):
        for was, flow in zip(before.flows, after.flows, strict=True):
            if flow.delay > 1:
                for t in _changed(old, was, new, flow):
                    span = sorted((t, t - after.direction * flow.delay))
                    found[max(span[0] - columns.start, 0) : max(span[1] + 1 - columns.start, 0)] = True
    return found


def _changed(old: LaneFrame, was: Flow, new: LaneFrame, flow: Flow) -> Iterator[int]:
    """The readers of one flow that look different in two frames."""
    first, count = new.first - flow.before, len(flow.norms)
    if (old.first - was.before, len(was.norms)) != (first, count):
        yield from range(first, first + count)
        return
    moved = (was.reached != flow.reached) | ~((was.norms == flow.norms) | (np.isnan(was.norms) & np.isnan(flow.norms)))
    yield from (first + np.flatnonzero(moved)).tolist()
