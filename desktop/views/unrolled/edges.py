"""All edges between cells that are drawn: those of states, over one step or several, and those within a column."""

from __future__ import annotations

from collections.abc import Iterator

from core.frame import BlockFrame, Flow, LaneFrame
from desktop.views.unrolled.arcs import arcs_over
from desktop.views.unrolled.boxes import box_left, state_line
from desktop.views.unrolled.edge import Edge
from desktop.views.unrolled.edges_up import edges_up
from desktop.views.unrolled.long_flows import state_of
from desktop.views.unrolled.paint_padding import end_of
from desktop.views.unrolled.scene import Scene, layers_of

INITIAL_PX, INITIAL_RIGHT_PX = 30.0, 16.0  # the most an edge from the initial value is long, at the left and right


def edges_of(scene: Scene, first: int, last: int) -> Iterator[Edge]:
    """All edges that end or start in columns first <= t < last."""
    for n, lane in enumerate(scene.lanes):
        for layer, block in enumerate(layers_of(lane)):
            yield from arcs_over(scene, n, lane, layer, block, range(first, last))
            shown = {track.path for track in block.tracks}
            for flow in block.flows:
                if flow.delay == 1 and flow.target in shown:
                    yield from _across(scene, n, lane, layer, block, flow, first, last)
        yield from edges_up(scene, n, lane, first, last)


def _across(
    scene: Scene, n: int, lane: LaneFrame, layer: int, block: BlockFrame, flow: Flow, first: int, last: int
) -> Iterator[Edge]:
    """Edges of one state from step to step, in the gap on the side that the reader's past lies on."""
    box, span = scene.boxes[n, layer], scene.rows.lanes[n].layers[layer]
    states = [track.path for track in block.tracks if track.is_state]
    rank = states.index(flow.target) if flow.target in states else 0
    y = round(span.top + state_line(box.strips, rank, len(states))) + 0.5
    before = 1 if block.direction < 0 else -1
    end = end_of(lane)  # a walk back begins at the sequence's own last step
    for t in range(max(first, 0), min(last + 1, end)):
        here, there = (t, t + before) if before < 0 else (t + before, t)
        left = box_left(scene.axis, there, box) + int(_width(scene, there, box.width, box.gap))
        right = box_left(scene.axis, here, box)
        initial = not 0 <= t + before < end
        if initial and before < 0:
            left = max(left, right - INITIAL_PX)
        elif initial:
            right = min(right, left + INITIAL_RIGHT_PX)
        ends = (left, right) if before < 0 else (right, left)
        reached, norm = state_of(lane, flow, t)
        yield Edge((n, flow.source, flow.target, 1, t), ends[0], y, ends[1], y, reached, norm, initial=initial)


def _width(scene: Scene, t: int, box_px: float, gap_px: float) -> float:
    return scene.axis.focus_px - gap_px if t == scene.axis.focus else box_px
