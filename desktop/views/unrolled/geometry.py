"""Where everything of the unrolled view lies: columns across, lanes and blocks down. Pure arithmetic, no painting.

Lengths are pixels of the widget; ``scale`` is how much larger than designed the application's font is. A column
coordinate is a time step with a fraction: 3.5 is the middle of column t = 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from core.frame import Detail, LaneFrame

LEFT_PX = 40.0
RIGHT_PX = 20.0
TOP_PX = 10.0
HEADING_PX = 24.0
PILL_PX = 20.0
STUB_PX = 19.0  # between box and token, box and prediction, one layer and the next
NAMES_PX = 25.0  # the line with the names of the variables
CHIPS_PX = 17.0  # the line with the gradient of each variable
TOKEN_PX = 17.0
SMALL_PX = 15.0
LANE_GAP_PX = 24.0
LEAST_STRIPS_PX = 40.0
UNIT_MOST_PX = 30.0
STRIPS_MOST_PX = 380.0
BAND_MOST_PX = 80.0  # of a variable in the map


@dataclass(frozen=True)
class VisibleColumns:
    """What the view shows of time: whole columns first <= t < last, and the exact edges in column coordinates.

    ``start`` stands at ``left_px`` of the widget and ``end`` at ``right_px``, so that a plot can share the columns.
    """

    first: int
    last: int
    detail: Detail
    start: float
    end: float
    left_px: float
    right_px: float


@dataclass(frozen=True)
class Axis:
    """Time across the widget. With a ``focus`` that one column is ``focus_px`` wide, all others ``pitch``."""

    left: float
    width: float
    offset: float  # column coordinate at `left`
    pitch: float
    focus: int | None = None
    focus_px: float = 0.0

    def x_of(self, t: float) -> float:
        """Left edge of column ``t``."""
        x = self.left + (t - self.offset) * self.pitch
        if self.focus is None or t <= self.focus:
            return x
        return x + (self.focus_px - self.pitch) * min(1.0, t - self.focus)

    def width_of(self, t: int) -> float:
        """Width of column ``t``."""
        return self.focus_px if t == self.focus else self.pitch

    def middle_of(self, t: int) -> float:
        """Middle of column ``t``."""
        return self.x_of(t) + self.width_of(t) / 2

    def column_at(self, x: float) -> float:
        """Column coordinate under ``x``."""
        column = self.offset + (x - self.left) / self.pitch
        if self.focus is None or column <= self.focus:
            return column
        into = (x - self.x_of(self.focus)) / self.focus_px
        return self.focus + into if into < 1 else self.focus + 1 + (x - self.x_of(self.focus + 1)) / self.pitch

    def visible(self, length: int) -> tuple[int, int]:
        """Columns first <= t < last of which anything is on screen (the left margin belongs to the picture)."""
        first = int(max(0, min(length - 1, self.column_at(0.0))))
        last = int(self.column_at(self.left + self.width + RIGHT_PX)) + 1
        return first, max(first + 1, min(length, last))

    def shifted(self, columns: float) -> Axis:
        """The axis moved by so many columns."""
        return replace(self, offset=self.offset + columns)


def blend(first: Axis, last: Axis, share: float) -> Axis:
    """The axis that lies ``share`` of the way from one to the other; zoom moves evenly to the eye."""
    if share >= 1.0:
        return last
    focus = last.focus if last.focus is not None else first.focus
    pitch = first.pitch * (last.pitch / first.pitch) ** share
    here = first.focus_px if first.focus is not None else first.pitch
    there = last.focus_px if last.focus is not None else last.pitch
    middle = _between(first.column_at(_centre(first)), last.column_at(_centre(last)), share)
    axis = Axis(last.left, last.width, 0.0, pitch, focus, _between(here, there, share) if focus is not None else 0.0)
    return axis.shifted((axis.x_of(middle) - _centre(axis)) / pitch)


def _centre(axis: Axis) -> float:
    return axis.left + axis.width / 2


def _between(first: float, last: float, share: float) -> float:
    return first + (last - first) * share


@dataclass(frozen=True)
class LaneShape:
    """What of a lane decides its height: (units, variables) of each layer, and whether it has a line of targets."""

    layers: tuple[tuple[int, int], ...]  # bottom to top, without the head
    has_targets: bool


def lane_shape(lane: LaneFrame, before: LaneShape | None = None) -> LaneShape:
    """The shape of a lane; lines of text that it once had stay reserved, so that nothing jumps while walking."""
    layers = tuple((block.units, max(1, len(block.tracks))) for block in lane.blocks if block.name != "head")
    kept = before is not None and before.layers == layers
    targets = any(lane.targets) or (kept and before.has_targets)
    return LaneShape(layers, targets)


@dataclass(frozen=True)
class Span:
    """A stretch downwards."""

    top: float
    height: float

    @property
    def bottom(self) -> float:
        """One past the end."""
        return self.top + self.height


@dataclass(frozen=True)
class LaneRows:
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


@dataclass(frozen=True)
class Rows:
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
    shapes = _compact(shapes, height, scale)
    fixed = scale * (2 * TOP_PX + LANE_GAP_PX * (len(shapes) - 1)) + sum(_fixed(shape, scale) for shape in shapes)
    wishes = [_wish(*layer, scale, detail) for shape in shapes for layer in shape.layers]
    if opened is not None:
        wishes = [scale * 10 * STRIPS_MOST_PX if n == opened else scale * 60.0 for n in range(len(wishes))]
    heights = iter(_shared_out(wishes, height - fixed, scale * LEAST_STRIPS_PX))
    given = [[next(heights) for _ in shape.layers] for shape in shapes]
    total = fixed + sum(map(sum, given))
    top = scale * TOP_PX + max(0.0, height - total) * 0.3 - scroll
    lanes = []
    for shape, strips in zip(shapes, given, strict=True):
        lanes.append(_lane_rows(shape, strips, round(top), scale))
        top = lanes[-1].bottom + scale * LANE_GAP_PX
    return Rows(tuple(lanes), total, scale)


def _compact(shapes: tuple[LaneShape, ...], height: float, scale: float) -> tuple[LaneShape, ...]:
    """Where lanes crowd, targets stand under the last lane only (they compare the same words)."""
    strips = sum(len(shape.layers) for shape in shapes) * LEAST_STRIPS_PX * scale
    if strips + sum(_fixed(shape, scale) + scale * LANE_GAP_PX for shape in shapes) <= height:
        return shapes
    return (*(replace(shape, has_targets=False) for shape in shapes[:-1]), *shapes[-1:])


def _fixed(shape: LaneShape, scale: float) -> float:
    boxes = len(shape.layers) * (NAMES_PX + CHIPS_PX) + (len(shape.layers) + 1) * STUB_PX
    text = TOKEN_PX + SMALL_PX * (1 + shape.has_targets)
    return scale * (HEADING_PX + PILL_PX + boxes + text)


def _wish(units: int, variables: int, scale: float, detail: Detail) -> float:
    if detail is Detail.MAP:
        return scale * BAND_MOST_PX * (variables + 0.5)
    return scale * min(STRIPS_MOST_PX, max(120.0, UNIT_MOST_PX * units))


def _shared_out(wishes: list[float], room: float, least: float) -> list[float]:
    """Nobody gets more than wished or less than the least; the rest is shared evenly."""
    given = [0.0] * len(wishes)
    open_ends = sorted(range(len(wishes)), key=lambda n: wishes[n])
    while open_ends:
        share = room / len(open_ends)
        n = open_ends.pop(0)
        given[n] = max(least, min(wishes[n], share))
        room -= given[n]
    return [float(int(each)) for each in given]


def _lane_rows(shape: LaneShape, strips: list[float], top: float, scale: float) -> LaneRows:
    heading = Span(top, scale * HEADING_PX)
    pill = Span(heading.bottom, scale * PILL_PX)
    y = pill.bottom + scale * STUB_PX
    boxes = []
    for height in reversed(strips):
        boxes.append(Span(round(y), height + round(scale * (NAMES_PX + CHIPS_PX))))
        y = boxes[-1].bottom + scale * STUB_PX
    token = Span(y, scale * TOKEN_PX)
    t = Span(token.bottom, scale * SMALL_PX)
    target = Span(t.bottom, scale * SMALL_PX * shape.has_targets)
    return LaneRows(heading, pill, tuple(reversed(boxes)), token, t, target)


@dataclass(frozen=True)
class CellBox:
    """The inside of a cell's box, relative to its upper left corner; the same for every column of a layer."""

    width: float
    gap: float  # from one box to the next
    first_px: float  # left edge of the first strip
    step_px: float  # from strip to strip
    strip_px: float  # width of a strip
    names: Span
    strips: Span
    chips: Span


def cells_from(variables: int, scale: float) -> float:
    """The least pitch at which a cell of so many variables can still be read as a cell."""
    return scale * (22.0 + 4.0 * max(variables, 2))


def cell_box(pitch: float, height: float, variables: int, scale: float) -> CellBox:
    """The box of a cell that stands in a column of width ``pitch``."""
    gap = max(scale * 12.0, min(scale * 46.0, 0.32 * pitch))
    width = max(4.0, min(pitch - gap, scale * 190.0))
    pad = min(scale * 8.0, 0.1 * width)
    step = min((width - 2 * pad) / variables, scale * 26.0)
    step = math.floor(step) if step >= 4 else step  # whole pixels: all gaps alike
    space = 0.0 if step < 3 else 1.0 if step < 8 else 2.0
    names, chips = round(scale * NAMES_PX), round(scale * CHIPS_PX)
    strips = Span(names, height - names - chips)
    first = (width - step * variables + space) / 2
    chip = Span(strips.bottom + scale * 5.0, scale * 7.0)
    return CellBox(width, pitch - width, first, step, step - space, Span(0.0, names), strips, chip)


def box_left(axis: Axis, t: int, box: CellBox) -> float:
    """Left edge of the box in column ``t``, on a whole pixel so that its strips are sharp."""
    return math.floor(axis.x_of(t) + box.gap / 2)


def state_line(strips: Span, rank: int, states: int) -> float:
    """Where the edge of one of several states runs: the first at the top, the last at the bottom."""
    if states <= 1:
        return strips.top + strips.height / 2
    inset = min(14.0, strips.height / 6)
    return strips.top + inset + (strips.height - 2 * inset) * rank / (states - 1)


def tick_step(pitch: float, apart_px: float) -> int:
    """1, 2, 5, 10, … so that marks of the time axis stand at least so far apart."""
    power = 1
    while True:
        for leading in (1, 2, 5):
            if leading * power * pitch >= apart_px:
                return leading * power
        power *= 10
