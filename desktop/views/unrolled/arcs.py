"""Edges over several steps, as arcs over the columns that they skip."""

from __future__ import annotations

from collections.abc import Iterator

from core.frame import BlockFrame, Flow, LaneFrame
from desktop.views.unrolled.boxes import CellBox, box_left
from desktop.views.unrolled.edge import Arc, Edge
from desktop.views.unrolled.geometry import arc_heights, arcs_of
from desktop.views.unrolled.long_flows import state_of
from desktop.views.unrolled.paint_padding import end_of
from desktop.views.unrolled.scene import Scene

END_SHARE = 0.24  # of a box's width: how far from its middle an arc begins and ends
INITIAL_PX = 2.0  # where it is cut: just inside the first column
BESIDE_PX = 80.0  # how much farther than a column beside the screen arcs are drawn
MOST_INITIAL_PITCHES = 4.0  # what is farther before the first column bends as if it were there


def arcs_over(scene: Scene, n: int, lane: LaneFrame, layer: int, block: BlockFrame, columns: range) -> Iterator[Edge]:
    """The arcs of a block that lie over these columns, those of the longest delays first."""
    kinds = arcs_of(block)
    heights = dict(zip(kinds, arc_heights(len(kinds)), strict=True))
    flows = {(flow.delay, flow.target): flow for flow in block.flows}
    for kind in reversed(kinds):
        for t in _readers(scene, lane, block, kind[0], columns):
            yield _arc(scene, n, lane, layer, block, flows[kind], t, heights[kind])


def _readers(scene: Scene, lane: LaneFrame, block: BlockFrame, delay: int, columns: range) -> Iterator[int]:
    """The steps whose arc lies over one of these columns and ends in one that is on screen, or begins there."""
    seen, way = range(*scene.columns), block.direction
    before, behind = (0, delay) if way > 0 else (delay, 0)
    for t in range(max(columns.start - before, 0), min(columns.stop + behind, end_of(lane))):
        if t in seen or t - way * delay in seen:
            yield t


def _arc(
    scene: Scene, n: int, lane: LaneFrame, layer: int, block: BlockFrame, flow: Flow, t: int, height: float
) -> Edge:
    box, way = scene.boxes[n, layer], block.direction
    foot, past = scene.rows.lanes[n].layers[layer].top + 0.5, t - way * flow.delay
    initial = not 0 <= past < end_of(lane)
    begins, ends = _end(scene, past, box, way), _end(scene, t, box, -way)
    first = scene.axis.x_of(0 if way > 0 else end_of(lane))
    if initial:  # it comes in from before the first column, where its curve is cut off
        far = first - way * MOST_INITIAL_PITCHES * scene.axis.pitch
        begins = max(begins, far) if way > 0 else min(begins, far)
    arc = Arc(begins, ends, foot, height * scene.rows.scale)
    x0, x1 = (_on_screen(scene, x) for x in (first + way * INITIAL_PX if initial else begins, ends))
    key = (n, flow.source, flow.target, flow.delay, t)
    mark = f"{flow.target.rpartition('/')[2]}[\N{MINUS SIGN}{flow.delay}]" if t % flow.delay == 0 else ""
    reached, norm = state_of(lane, flow, t)
    y0, y1 = arc.at(x0)[1], arc.at(x1)[1]
    return Edge(key, x0, y0, x1, y1, reached, norm, "" if initial else mark, initial, arc=arc)


def _end(scene: Scene, t: int, box: CellBox, side: int) -> float:
    """Where an arc meets the upper edge of a box: right of its middle where it leads on, left where it comes in."""
    wide = scene.axis.focus_px - box.gap if t == scene.axis.focus else box.width
    return box_left(scene.axis, t, box) + wide * (0.5 + side * END_SHARE)


def _on_screen(scene: Scene, x: float) -> float:
    """The x itself, or the nearest that is a little beside the screen: long lines take long to paint."""
    axis = scene.axis
    beside = axis.pitch + BESIDE_PX
    return min(max(x, axis.left - beside), axis.left + axis.width + beside)
