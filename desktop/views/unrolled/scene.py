"""One frame laid out: everything the painters need, and which columns differ from the scene before."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.frame import BlockFrame, Detail, Frame, LaneFrame, Prediction
from desktop.views.unrolled.axis import Axis
from desktop.views.unrolled.boxes import CellBox, cell_box
from desktop.views.unrolled.geometry import LaneRows, Rows, layer_shape
from desktop.views.unrolled.levels import StripGrid, gradient_limits, strip_grid
from desktop.views.unrolled.long_flows import columns_under

Place = tuple[int, int]  # (lane, layer)


class Lit(msgspec.Struct, frozen=True):
    """The one place that is lit: a variable of a layer of the lead lane at one step."""

    t: int
    layer: int  # -1: the head
    name: str


class Scene(msgspec.Struct, frozen=True, eq=False):
    """A frame and where its parts lie."""

    frame: Frame
    axis: Axis
    rows: Rows
    detail: Detail
    kind: str  # "values" or "gradients"
    columns: tuple[int, int]  # what is on screen: first <= t < last
    limits: tuple[float, float]  # of the gradient scale
    boxes: dict[Place, CellBox]
    grids: dict[Place, StripGrid]  # empty in the map
    ghosts: dict[Place, StripGrid]
    lit: Lit | None

    @property
    def lanes(self) -> tuple[LaneFrame, ...]:
        """The lanes, the lead lane first."""
        return self.frame.lanes

    @property
    def length(self) -> int:
        """T of the longest lane."""
        return max((lane.length for lane in self.lanes), default=1)

    def places(self) -> list[tuple[int, int, LaneFrame, BlockFrame, LaneRows]]:
        """(lane number, layer number, lane, block, rows of the lane) of every layer."""
        return [
            (n, layer, lane, block, self.rows.lanes[n])
            for n, lane in enumerate(self.lanes)
            for layer, block in enumerate(layers_of(lane))
        ]

    def same_layout(self, other: Scene) -> bool:
        """Whether both lie in the same places and are drawn with the same scales."""
        mine = (self.axis, self.rows, self.detail, self.kind, self.columns, self.limits, self.boxes)
        return mine == (
            other.axis,
            other.rows,
            other.detail,
            other.kind,
            other.columns,
            other.limits,
            other.boxes,
        )


def layers_of(lane: LaneFrame) -> tuple[BlockFrame, ...]:
    """The blocks that are drawn as boxes: all but the head."""
    return tuple(block for block in lane.blocks if block.name != "head")


def lit_of(frame: Frame) -> Lit | None:
    """The place of the walk, None in the phases without time."""
    position = frame.position
    if position.t is None or not frame.lanes:
        return None
    names = [block.name for block in layers_of(frame.lanes[0])]
    layer = names.index(position.block) if position.block in names else -1
    return Lit(position.t, layer, position.equation)


def scene_of(frame: Frame, axis: Axis, rows: Rows, detail: Detail, kind: str) -> Scene:
    """Lays a frame out."""
    length = max((lane.length for lane in frame.lanes), default=1)
    columns = axis.visible(length)
    limits = gradient_limits(frame.lanes)
    boxes: dict[Place, CellBox] = {}
    grids: dict[Place, StripGrid] = {}
    ghosts: dict[Place, StripGrid] = {}
    for n, lane in enumerate(frame.lanes):
        for layer, block in enumerate(layers_of(lane)):
            height = rows.lanes[n].layers[layer].height
            box = boxes[n, layer] = cell_box(axis.pitch, height, layer_shape(block), rows.scale)
            if detail is Detail.MAP:
                continue
            strips = int(box.strips.height)
            grids[n, layer] = strip_grid(block, lane, columns, strips, limits, kind)
            if lane.ghost is not None and layer < len(layers_of(lane.ghost)):
                ghost = layers_of(lane.ghost)[layer]
                ghosts[n, layer] = strip_grid(ghost, lane.ghost, columns, strips, limits, kind)
    return Scene(frame, axis, rows, detail, kind, columns, limits, boxes, grids, ghosts, lit_of(frame))


def changed_columns(before: Scene, after: Scene) -> NDArray | None:
    """The columns to be painted again, sorted; None for all of them."""
    if not before.same_layout(after) or len(before.lanes) != len(after.lanes):
        return None
    first, last = after.columns
    changed = np.zeros(last - first, bool)
    for n, (old, new) in enumerate(zip(before.lanes, after.lanes, strict=True)):
        if (old.name, old.subtitle) != (new.name, new.subtitle):
            return None
        changed |= _differs(_signature(before, n), _signature(after, n))
        changed |= columns_under(old, new, range(first, last))
        changed |= _texts_differ(old, new, first, last)
    marks = [(scene.lit, scene.frame.view.path, scene.frame.view.t) for scene in (before, after)]
    places = set()
    if marks[0] != marks[1]:
        places = {t for lit, _, selected in marks for t in (selected, lit.t if lit else None) if t is not None}
    found = set((np.flatnonzero(changed) + first).tolist()) | {t for t in places if first <= t < last}
    return np.array(sorted(found), int)


def _signature(scene: Scene, n: int) -> NDArray:
    """(columns, K) int32 bits of the float32 numbers that decide what a column of a lane looks like.

    As bits what is not there (NaN) equals itself.
    """
    lane = scene.lanes[n]
    first, last = scene.columns
    count = last - first
    parts = [lane.losses[first:last]]
    for layer, block in enumerate(lane.blocks):
        for flow in block.flows:
            here = slice(flow.before, flow.before + lane.last - lane.first)
            parts += [_within(values[here], lane, first, last) for values in (flow.norms, flow.reached)]
        for track in block.tracks:
            parts += [track.value_norms[first:last], track.adjoint_norms[first:last]]
            parts += [_within(track.arrived, lane, first, last), _within(track.reached, lane, first, last)]
        for grids in (scene.grids, scene.ghosts):
            if (n, layer) in grids:
                parts.append(grids[n, layer].places.reshape(count, -1))
    wide = [np.asarray(part, np.float32).reshape(len(part), -1) for part in parts if len(part) == count]
    return np.concatenate(wide, axis=1).view(np.int32) if wide else np.zeros((count, 0), np.int32)


def _differs(before: NDArray, after: NDArray) -> NDArray:
    if before.shape != after.shape:
        return np.ones(len(after), bool)
    return np.any(before != after, axis=1)


def _within(values: NDArray, lane: LaneFrame, first: int, last: int) -> NDArray:
    """(last - first,) of an array that covers the columns of the lane."""
    if lane.first <= first and last <= lane.last:
        return values[first - lane.first : last - lane.first]
    result = np.full(last - first, np.nan)
    low, high = max(first, lane.first), min(last, lane.last)
    if low < high:
        result[low - first : high - first] = values[low - lane.first : high - lane.first]
    return result


def _texts_differ(old: LaneFrame, new: LaneFrame, first: int, last: int) -> NDArray:
    """(last - first,) bool where tokens, targets or predictions are others."""
    changed = np.zeros(last - first, bool)
    for before, after in ((old.tokens, new.tokens), (old.targets, new.targets)):
        texts = _seen(before, old, first, last), _seen(after, new, first, last)
        if texts[0] != texts[1]:
            changed |= np.array([one != other for one, other in zip(*texts, strict=True)], bool)
    said = _seen(old.predictions, old, first, last), _seen(new.predictions, new, first, last)
    if said[0] != said[1]:
        pairs = zip(*said, strict=True)
        changed |= np.array([one is not other and _said(one) != _said(other) for one, other in pairs], bool)
    return changed


def _seen(texts: tuple, lane: LaneFrame, first: int, last: int) -> tuple:
    """(last - first,) what stands in each visible column; None where the lane does not hold it."""
    low, high = max(first, lane.first), min(last, lane.last)
    if low >= high:
        return (None,) * (last - first)
    return (None,) * (low - first) + texts[low - lane.first : high - lane.first] + (None,) * (last - high)


def _said(prediction: Prediction | None) -> tuple:
    return () if prediction is None else (prediction.label, prediction.probability, prediction.right)
