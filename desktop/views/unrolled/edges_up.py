"""The edges within a column: from the token or a layer up to whoever reads it.

A reader right above is reached straight; an edge over other rows runs beside their boxes: what comes from the input at
the left, what comes from a layer at the right.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from numpy.typing import NDArray

from core.frame import BlockFrame, LaneFrame
from desktop.views.unrolled.axis import pixel_under
from desktop.views.unrolled.edge import Edge
from desktop.views.unrolled.geometry import LaneRows
from desktop.views.unrolled.scene import Scene, layers_of

FROM_BOX_PX, APART_PX = 7.0, 5.0  # of edges beside boxes


class _Reading(msgspec.Struct, frozen=True, eq=False):
    """What one row reads of a row below, over the visible columns."""

    reader: BlockFrame
    target: str  # path of what is read
    rows: tuple[int, int]  # the row that is read (-1: the tokens), and the row that reads
    norms: NDArray
    reached: NDArray
    side: float = 0.0  # left (-1) or right (1) of the boxes between; 0: straight
    rank: int = 0  # among those on the same side


def edges_up(scene: Scene, n: int, lane: LaneFrame, first: int, last: int) -> Iterator[Edge]:
    """All edges within columns first <= t < last of a lane."""
    rows = scene.rows.lanes[n]
    if not rows.layers:
        return
    for reading in _readings(lane):
        to_head = reading.rows[1] == len(rows.layers)
        y0, y1 = _ends(rows, reading.rows)
        for t in range(max(first, lane.first), min(last, lane.last)):
            row = t - lane.first
            if to_head and lane.predictions[row] is None and not lane.targets[row]:
                continue
            x = pixel_under(scene.axis.middle_of(t)) + 0.5
            beside = x + _aside(scene, n, t, reading) if reading.side else None
            key = (n, reading.reader.name, reading.target, 0, t)
            norm, reached = float(reading.norms[row]), bool(reading.reached[row])
            yield Edge(key, x, y0, x, y1, reached, norm, beside=beside)


def _readings(lane: LaneFrame) -> Iterator[_Reading]:
    layers = layers_of(lane)
    numbers = {block.name: number for number, block in enumerate(layers)}
    used = {-1.0: 0, 1.0: 0}
    for block in lane.blocks:
        row = numbers.get(block.name, len(layers))
        for target, norms, reached in _sources(block):
            below = numbers.get(target.split("/")[0], -1)
            side = 0.0 if row - below == 1 else -1.0 if below < 0 else 1.0
            yield _Reading(block, target, (below, row), norms, reached, side, used.get(side, 0))
            used[side] = used.get(side, 0) + 1


def _sources(block: BlockFrame) -> Iterator[tuple[str, NDArray, NDArray]]:
    """Path, gradient norms and what has been travelled of everything that a block reads at its own step."""
    for flow in block.flows:
        if not flow.delay:
            yield flow.target, flow.norms, flow.reached if block.name == "head" else _begun(block)


def _begun(block: BlockFrame) -> NDArray:
    """(V,) whether anything of a block is computed in a column."""
    reached = [track.reached for track in block.tracks]
    return sum(reached[1:], reached[0]) > 0


def _ends(rows: LaneRows, numbers: tuple[int, int]) -> tuple[float, float]:
    below, above = numbers
    y0 = rows.token.top + 1 if below < 0 else rows.layers[below].top
    return y0, rows.layers[above].bottom if above < len(rows.layers) else rows.pill.bottom


def _aside(scene: Scene, n: int, t: int, reading: _Reading) -> float:
    """How far from the middle of the column an edge runs beside the boxes."""
    box, axis = scene.boxes[n, 0], scene.axis
    wide, gap = (axis.focus_px - box.gap, box.gap) if t == axis.focus else (box.width, box.gap)
    away = min(FROM_BOX_PX + APART_PX * reading.rank, max(gap / 2 - 1, 1.0))
    return reading.side * round(wide / 2 + away)
