"""Where the lanes of the unrolled view lie and what stands in each. Pure arithmetic, no painting.

Lengths are pixels of the widget; ``scale`` is how much larger than designed the application's font is.
"""

from __future__ import annotations

import math

import msgspec
from msgspec.structs import replace

from core.frame import BlockFrame, Detail, LaneFrame

TOP_PX = 10.0
HEADING_PX = 24.0
PILL_PX = 20.0
STUB_PX = 19.0  # between box and token, box and prediction
STUB_TIGHT_PX = 15.0
STUB_SEVERAL_PX = 29.0  # between layers, and all where there are several: edges turn there, and rows have names
NAMES_PX = 25.0  # the line with the names of the variables
CHIPS_PX = 17.0  # the line with the gradient of each variable
COMPACT_NAMES_PX, COMPACT_CHIPS_PX = 5.0, 12.0  # of a layer that is drawn as one strip
COMPACT_STRIPS_PX = 20.0
TOKEN_PX = 17.0
SMALL_PX = 15.0
ARCS_PX, ARC_PX = 28.0, 20.0  # over boxes with edges over several steps: of one kind of them, and each more
ROOM_OVER_PX = 6.0  # above the highest arc
MOST_ARC_KINDS = 3  # further ones are as high
LANE_GAP_PX = 24.0
LEAST_STRIPS_PX = 32.0
ROOMY_STRIPS_PX = 64.0  # where strips would be lower, words that stand elsewhere too are left out
UNIT_MOST_PX = 44.0
STRIPS_MOST_PX = 560.0
BAND_MOST_PX = 80.0  # of a variable in the map
LEGEND_LINE_PX = 17.0
LEGEND_WIDE_PX = 690.0  # of the legend in one line


def legend_lines(width: float, scale: float) -> int:
    """In how many lines the legend stands at the bottom of a view of this width."""
    return max(1, math.ceil(scale * LEGEND_WIDE_PX / max(width - 2 * scale * 20.0, 1.0)))


def legend_height(width: float, scale: float) -> float:
    """How much of the height the legend takes; never so much that nothing else has room."""
    return scale * (4.0 + LEGEND_LINE_PX * min(3, legend_lines(width, scale)))


class LayerShape(msgspec.Struct, frozen=True):
    """What of a layer decides its height."""

    units: int
    variables: int
    compact: bool = False  # drawn as one strip
    arcs: int = 0  # kinds of edges over several steps

    @property
    def arcs_px(self) -> float:
        """What its arcs take above its box, before scaling."""
        return max(arc_heights(self.arcs), default=-ROOM_OVER_PX) + ROOM_OVER_PX

    @property
    def frame_px(self) -> float:
        """Height of its box around the strips, before scaling."""
        return COMPACT_NAMES_PX + COMPACT_CHIPS_PX if self.compact else NAMES_PX + CHIPS_PX


class LaneShape(msgspec.Struct, frozen=True):
    """What of a lane decides its height: its layers, and whether it has a line of targets."""

    layers: tuple[LayerShape, ...]  # bottom to top, without the head
    has_targets: bool
    has_words: bool = True  # tokens and time steps
    tight: bool = False  # with little between its rows

    @property
    def stub_px(self) -> float:
        """What lies between rows, before scaling."""
        if self.tight:
            return STUB_TIGHT_PX
        return STUB_SEVERAL_PX if len(self.layers) > 1 else STUB_PX


def lane_shape(lane: LaneFrame, before: LaneShape | None = None) -> LaneShape:
    """The shape of a lane; lines of text that it once had stay reserved, so that nothing jumps while walking."""
    layers = tuple(layer_shape(block) for block in lane.blocks if block.name != "head")
    had = before is not None and before.layers == layers and before.has_targets
    return LaneShape(layers, had or any(lane.targets))


def layer_shape(block: BlockFrame) -> LayerShape:
    """The shape of a layer; joins have nothing but their output, so they are one strip."""
    return LayerShape(block.units, max(1, len(block.tracks)), is_compact(block), len(arcs_of(block)))


def arcs_of(block: BlockFrame) -> tuple[tuple[int, str], ...]:
    """(delay, path) of what a block reads over several steps and shows, the shortest first."""
    shown = {track.path for track in block.tracks}
    return tuple(sorted({(f.delay, f.target) for f in block.flows if f.delay > 1 and f.target in shown}))


def arc_heights(kinds: int) -> tuple[float, ...]:
    """How high the arcs of each kind rise, before scaling."""
    return tuple(ARCS_PX + ARC_PX * min(kind, MOST_ARC_KINDS - 1) for kind in range(kinds))


def is_compact(block: BlockFrame) -> bool:
    """Whether a block is drawn as one strip."""
    return block.collapsed or block.name.endswith(".join")


class Span(msgspec.Struct, frozen=True):
    """A stretch downwards."""

    top: float
    height: float

    @property
    def bottom(self) -> float:
        """One past the end."""
        return self.top + self.height


class LaneRows(msgspec.Struct, frozen=True):
    """The rows of one lane, from its heading to its lines of text."""

    heading: Span
    pill: Span
    layers: tuple[Span, ...]  # boxes, bottom to top
    token: Span
    t: Span
    target: Span  # height 0 where there is none

    @property
    def top(self) -> float:
        """Upper edge of the lane."""
        return self.heading.top

    @property
    def bottom(self) -> float:
        """Lower edge of the lane."""
        return self.target.bottom


def beside_line(bottom: float, top: float, scale: float) -> float:
    """Where words stand beside an upright line: at its middle, or above the arcs that cross a long one."""
    return top + min(bottom - top, scale * STUB_SEVERAL_PX) / 2


class Rows(msgspec.Struct, frozen=True):
    """All lanes; ``height`` may be more than there is room for, then the view scrolls."""

    lanes: tuple[LaneRows, ...]
    height: float
    scale: float = 1.0


def rows_of(
    shapes: tuple[LaneShape, ...],
    height: float,
    scale: float,
    scroll: float = 0.0,
    opened: int | None = None,
    detail: Detail = Detail.CELLS,
) -> Rows:
    """Shares the height out among the lanes; what is left over stands above and below.

    ``opened`` is the layer of the first lane whose cell stands open and gets all the height there is.
    """
    if not shapes:
        return Rows((), 0.0, scale)
    if detail is Detail.MAP:  # which has no edges
        shapes = tuple(replace(shape, layers=tuple(replace(one, arcs=0) for one in shape.layers)) for shape in shapes)
    shapes = _compact(shapes, height, scale)
    fixed = scale * (2 * TOP_PX + LANE_GAP_PX * (len(shapes) - 1)) + sum(_fixed(shape, scale) for shape in shapes)
    layers = [layer for shape in shapes for layer in shape.layers]
    wishes = [_wish(layer, scale, detail) for layer in layers]
    if opened is not None:
        wishes = [
            scale * 10 * STRIPS_MOST_PX if n == opened else min(scale * 60.0, wish) for n, wish in enumerate(wishes)
        ]
    heights = iter(_shared_out(wishes, height - fixed, [_least(layer, scale) for layer in layers]))
    given = [[next(heights) for _ in shape.layers] for shape in shapes]
    total = fixed + sum(map(sum, given))
    top = scale * TOP_PX + max(0.0, height - total) * 0.3 - scroll
    lanes = []
    for shape, strips in zip(shapes, given, strict=True):
        lanes.append(_lane_rows(shape, strips, round(top), scale))
        top = lanes[-1].bottom + scale * LANE_GAP_PX
    return Rows(tuple(lanes), total, scale)


def _compact(shapes: tuple[LaneShape, ...], height: float, scale: float) -> tuple[LaneShape, ...]:
    """Where lanes crowd, targets, and then all words, stand under the last lane only: they read the same sequence."""
    *others, last = shapes
    whole = replace(last, has_targets=any(shape.has_targets for shape in shapes))
    bare = [replace(shape, has_targets=False) for shape in others]
    tight = [replace(shape, has_words=False, tight=len(shape.layers) == 1) for shape in bare]
    found = shapes
    for found in (shapes, (*bare, whole), (*tight, replace(whole, tight=bool(tight) and len(whole.layers) == 1))):
        strips = sum(ROOMY_STRIPS_PX * scale for shape in found for layer in shape.layers if not layer.compact)
        if strips + sum(_fixed(shape, scale) + scale * LANE_GAP_PX for shape in found) <= height:
            break
    return found


def _fixed(shape: LaneShape, scale: float) -> float:
    boxes = sum(layer.frame_px + layer.arcs_px for layer in shape.layers) + (len(shape.layers) + 1) * shape.stub_px
    text = (TOKEN_PX + SMALL_PX) * shape.has_words + SMALL_PX * shape.has_targets
    return scale * (HEADING_PX + PILL_PX + boxes + text)


def _wish(layer: LayerShape, scale: float, detail: Detail) -> float:
    if layer.compact:
        return scale * COMPACT_STRIPS_PX
    if detail is Detail.MAP:
        return scale * BAND_MOST_PX * (layer.variables + 0.5)
    return scale * min(STRIPS_MOST_PX, max(120.0, UNIT_MOST_PX * layer.units))


def _least(layer: LayerShape, scale: float) -> float:
    return scale * (COMPACT_STRIPS_PX if layer.compact else LEAST_STRIPS_PX)


def _shared_out(wishes: list[float], room: float, least: list[float]) -> list[float]:
    """Nobody gets more than wished or less than the least; the rest is shared evenly."""
    given = [0.0] * len(wishes)
    open_ends = sorted(range(len(wishes)), key=lambda n: wishes[n])
    while open_ends:
        share = room / len(open_ends)
        n = open_ends.pop(0)
        given[n] = max(least[n], min(wishes[n], share))
        room -= given[n]
    return [float(int(each)) for each in given]


def _lane_rows(shape: LaneShape, strips: list[float], top: float, scale: float) -> LaneRows:
    heading = Span(top, scale * HEADING_PX)
    pill = Span(heading.bottom, scale * PILL_PX)
    y = pill.bottom + scale * shape.stub_px
    boxes = []
    for height, layer in zip(reversed(strips), reversed(shape.layers), strict=True):
        y += scale * layer.arcs_px
        boxes.append(Span(round(y), height + round(scale * layer.frame_px)))
        y = boxes[-1].bottom + scale * shape.stub_px
    token = Span(y, scale * TOKEN_PX * shape.has_words)
    t = Span(token.bottom, scale * SMALL_PX * shape.has_words)
    target = Span(t.bottom, scale * SMALL_PX * shape.has_targets)
    return LaneRows(heading, pill, tuple(reversed(boxes)), token, t, target)
