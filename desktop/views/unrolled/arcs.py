"""Edges over several steps, as arcs over the columns that they skip."""

from __future__ import annotations

from collections.abc import Iterator

from core.frame import BlockFrame, Flow, LaneFrame
from desktop.views.unrolled.boxes import CellBox, box_left
from desktop.views.unrolled.edge import Edge
from desktop.views.unrolled.geometry import arc_heights, arcs_of
from desktop.views.unrolled.long_flows import state_of
from desktop.views.unrolled.paint_padding import end_of
from desktop.views.unrolled.scene import Scene

END_SHARE = 0.24  # of a box's width: how far from its middle an arc begins and ends
INITIAL_PX = 2.0  # where it is cut: just inside the first column
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
    low, high = (0, delay) if way > 0 else (-delay, 0)
    for t in range(max(columns.start + low - delay * (way > 0), 0), min(columns.stop + high + delay, end_of(lane))):
        past = t - way * delay
        over = min(t, past) < columns.stop and max(t, past) >= columns.start
        if over and (t in seen or past in seen):
            yield t


def _arc(
    scene: Scene, n: int, lane: LaneFrame, layer: int, block: BlockFrame, flow: Flow, t: int, height: float
) -> Edge:
    box, way = scene.boxes[n, layer], block.direction
    y = scene.rows.lanes[n].layers[layer].top + 0.5
    past = t - way * flow.delay
    end, begin = _end(scene, t, box, -way), _end(scene, past, box, way)
    high = height * scene.rows.scale
    reached, norm = state_of(lane, flow, t)
    key = (n, flow.source, flow.target, flow.delay, t)
    name = flow.target.rpartition("/")[2]
    mark = f"{name}[\N{MINUS SIGN}{flow.delay}]" if t % flow.delay == 0 else ""
    if 0 <= past < end_of(lane):
        return Edge(key, begin, y, end, y, reached, norm, mark, arc=high, begins=begin)
    return _initial(scene, lane, Edge(key, begin, y, end, y, reached, norm, initial=True, arc=high), way)


def _end(scene: Scene, t: int, box: CellBox, side: int) -> float:
    """Where an arc meets the upper edge of a box: right of its middle where it leads on, left where it comes in."""
    wide = scene.axis.focus_px - box.gap if t == scene.axis.focus else box.width
    return box_left(scene.axis, t, box) + wide * (0.5 + side * END_SHARE)


def _initial(scene: Scene, lane: LaneFrame, edge: Edge, way: int) -> Edge:
    """An arc from an initial value: it comes in from before the first column, where its curve is cut off."""
    edge_px = scene.axis.x_of(0 if way > 0 else end_of(lane))
    cut = edge_px + way * INITIAL_PX
    far = edge_px - way * MOST_INITIAL_PITCHES * scene.axis.pitch
    begins = max(edge.x0, far) if way > 0 else min(edge.x0, far)
    share = (cut - begins) / (edge.x1 - begins) if edge.x1 != begins else 0.0
    y = edge.y1 - edge.arc * 4 * share * (1 - share)
    return Edge(edge.key, cut, y, edge.x1, edge.y1, edge.reached, edge.norm, initial=True, arc=edge.arc, begins=begins)
