"""The edges between cells as plain segments: where they run, whether they were travelled, what gradient they carry."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from core.frame import BlockFrame, Flow, LaneFrame
from desktop.views.unrolled.boxes import box_left, state_line
from desktop.views.unrolled.geometry import LaneRows
from desktop.views.unrolled.scene import Scene, head_flows, layers_of

LONGER_PX = 12.0
INITIAL_PX = 30.0  # the most an edge from the initial value is long


class Edge(msgspec.Struct, frozen=True):
    """An edge as the value travels, from (x0, y0) to (x1, y1); the gradient goes the other way."""

    key: tuple  # (lane, source, target, delay, reader's t)
    x0: float
    y0: float
    x1: float
    y1: float
    reached: bool
    norm: float  # NaN: nothing has been sent back yet
    mark: str = ""  # "−2" for an edge over two steps
    initial: bool = False  # starts at the initial value, before the first step

    @property
    def t(self) -> int:
        """The reader's time step."""
        return self.key[4]


def edges_of(scene: Scene, first: int, last: int) -> Iterator[Edge]:
    """All edges that end or start in columns first <= t < last."""
    for n, lane in enumerate(scene.lanes):
        rows = scene.rows.lanes[n]
        for layer, block in enumerate(layers_of(lane)):
            for flow in block.flows:
                if flow.delay:
                    yield from _across(scene, n, lane, layer, block, flow, first, last)
            yield from _up(scene, n, lane, layer, block, first, last)
        for flow in head_flows(lane):
            yield from _to_head(scene, n, lane, flow, rows, first, last)


def _across(
    scene: Scene, n: int, lane: LaneFrame, layer: int, block: BlockFrame, flow: Flow, first: int, last: int
) -> Iterator[Edge]:
    """Edges of one state from step to step, in the gap on the side that the reader's past lies on."""
    box, span = scene.boxes[n, layer], scene.rows.lanes[n].layers[layer]
    states = [track.path for track in block.tracks if track.is_state]
    rank = states.index(flow.target) if flow.target in states else 0
    lower = LONGER_PX * (flow.delay - 1)  # edges over several steps run beside those over one
    y = round(span.top + state_line(box.strips, rank, len(states)) + lower) + 0.5
    before = 1 if block.direction < 0 else -1
    for t in range(max(first, 0), min(last + 1, lane.length)):
        here, there = (t, t + before) if before < 0 else (t + before, t)
        left = box_left(scene.axis, there, box) + int(_width(scene, there, box.width, box.gap))
        right = box_left(scene.axis, here, box)
        initial = not 0 <= t + before * flow.delay < lane.length
        if initial and before < 0:
            left = max(left, right - INITIAL_PX)
        elif initial:
            right = min(right, left + INITIAL_PX)
        ends = (left, right) if before < 0 else (right, left)
        reached, norm = _state(lane, flow, t)
        mark = "" if flow.delay == 1 else f"\N{MINUS SIGN}{flow.delay}"
        yield Edge((n, flow.source, flow.target, flow.delay, t), ends[0], y, ends[1], y, reached, norm, mark, initial)


def _width(scene: Scene, t: int, box_px: float, gap_px: float) -> float:
    return scene.axis.focus_px - gap_px if t == scene.axis.focus else box_px


def _up(scene: Scene, n: int, lane: LaneFrame, layer: int, block: BlockFrame, first: int, last: int) -> Iterator[Edge]:
    """Edges within a column: from the token or the layer below into the layer."""
    rows = scene.rows.lanes[n]
    below = rows.token.top + 1 if layer == 0 else rows.layers[layer - 1].top
    y0, y1 = below, rows.layers[layer].bottom
    sent = [flow for flow in block.flows if not flow.delay]
    norms = lane.input_flow if layer == 0 else sent[0].norms if sent else None
    target = "input" if layer == 0 or not sent else sent[0].target
    for t in range(max(first, 0), min(last, lane.length)):
        held = lane.first <= t < lane.last
        reached = held and any(track.reached[t - lane.first] for track in block.tracks)
        norm = float(norms[t - lane.first]) if held and norms is not None else math.nan
        x = math.floor(scene.axis.middle_of(t)) + 0.5
        yield Edge((n, block.name, target, 0, t), x, y0, x, y1, reached, norm)


def _to_head(
    scene: Scene, n: int, lane: LaneFrame, flow: Flow, rows: LaneRows, first: int, last: int
) -> Iterator[Edge]:
    """Edges from the top layer to the predictions, where there is something to predict."""
    if not rows.layers:
        return
    y0, y1 = rows.layers[-1].top, rows.pill.bottom
    for t in range(max(first, lane.first), min(last, lane.last)):
        if lane.predictions[t - lane.first] is None and not lane.targets[t - lane.first]:
            continue
        reached, norm = _state(lane, flow, t)
        x = math.floor(scene.axis.middle_of(t)) + 0.5
        yield Edge((n, "head", flow.target, 0, t), x, y0, x, y1, reached, norm)


def _state(lane: LaneFrame, flow: Flow, t: int) -> tuple[bool, float]:
    if not lane.first <= t < lane.last:
        return False, math.nan
    return bool(flow.reached[t - lane.first]), float(flow.norms[t - lane.first])
