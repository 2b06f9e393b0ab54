"""A diagram's layout at its size in pixels: boxes of nodes, curves of edges, places of strips."""

from __future__ import annotations

import math
from collections import Counter

import msgspec
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath

from desktop.style.theme import scaled
from desktop.views.diagram_layout import DiagramLayout, DiagramLike, NodeLike, Wire
from desktop.views.maths_label import Label, label_of, shortened

ROW_PX = 46.0  # as designed; smaller rooms shrink it, large ones let it grow a little
LEAST_ROW_PX = 31.0
ROOM_AROUND_PX = 46.0  # over and under the rows, for names and numbers
GAP_PX = 44.0  # between the widest nodes of two layers, for arrows and strips
SMALLEST, LARGEST = 0.8, 1.35  # a diagram that needs more room is shown in part, the current operation in the middle
SMALLEST_TEXT = 0.85
TIGHT = 0.7  # of a gap, before labels are shortened
RADIUS_PX = 13.0
MARGIN_PX = 14.0
EXIT_PX = 26.0


class Placed(msgspec.Struct, frozen=True, eq=False):
    """A layout at its size in pixels."""

    layout: DiagramLayout
    points: tuple[QPointF, ...]  # by spot
    boxes: dict[int, QRectF]  # by node number
    labels: dict[int, Label]  # by node number, shortened where there is little room
    paths: tuple[QPainterPath, ...]  # by wire, from source to target
    size: float  # of everything, 1 as designed
    names: dict[int, str]  # by node number: of its variable, or its sign
    readers: dict[int, int]  # how many edges leave a node, exits included
    width: float  # of the whole diagram
    height: float

    def shift(self, middle: QPointF | None, width: float, height: float) -> QPointF:
        """How the diagram is moved in a smaller room so that ``middle`` is seen."""
        if middle is None:
            middle = QPointF(0.0, self.height / 2)
        return QPointF(_shift(self.width, width, middle.x()), _shift(self.height, height, middle.y()))


def place(layout: DiagramLayout, diagram: DiagramLike, width: float, height: float) -> Placed:
    """The layout in a room of this size, as large as it fits."""
    margin = scaled(MARGIN_PX)
    room_x, room_y = width - 2 * margin - scaled(EXIT_PX), height - 2 * margin - scaled(ROOM_AROUND_PX)
    a_row = max(min(room_y / max(layout.height, 1e-9), scaled(ROW_PX) * 1.8), scaled(LEAST_ROW_PX))
    nodes = [node for node in diagram.nodes if node.number in layout.of_node]
    size = max(SMALLEST, min(LARGEST, a_row / scaled(ROW_PX)))
    while size > SMALLEST and _tight(_widths(layout, nodes, size, math.inf), size) > room_x:
        size = max(SMALLEST, size - 0.05)
    widest = _widest_that_fits(layout, nodes, size, room_x)
    widths = _widths(layout, nodes, size, widest)
    gap = scaled(GAP_PX) * size
    gap = min(gap, max(TIGHT * gap, (room_x - sum(widths)) / len(widths)))
    columns = [width + gap for width in widths]
    spare = max((room_x - sum(columns)) / max(layout.layers - 1, 1), 0.0)
    middles = _middles(columns, spare, margin)
    wide = max(width, sum(columns) + 2 * margin + scaled(EXIT_PX))
    high = max(height, a_row * layout.height + 2 * margin + scaled(ROOM_AROUND_PX))
    top = (high - a_row * layout.height) / 2 + scaled(2)
    points = tuple(QPointF(middles[int(x)], top + y * a_row) for x, y in zip(layout.x, layout.y, strict=True))
    labels = {node.number: shortened(node.label, text_size(size), widest) for node in nodes}
    boxes = {node.number: _box(points[layout.of_node[node.number]], labels[node.number], size) for node in nodes}
    halves = [width / 2 for width in widths]
    paths = tuple(_path(layout, wire, points, boxes, halves, size) for wire in layout.wires)
    names = {node.number: node.variable or node.label for node in nodes}
    readers = Counter(wire.source for wire in layout.wires)
    return Placed(layout, points, boxes, labels, paths, size, names, readers, wide, high)


def _shift(whole: float, room: float, middle: float) -> float:
    return min(0.0, max(room - whole, room / 2 - middle))


def text_size(size: float) -> float:
    """Text shrinks less than the rest, so that it can be read."""
    return max(size, SMALLEST_TEXT)


def _tight(widths: list[float], size: float) -> float:
    """How wide layers of these widths are with the least gaps between them."""
    return sum(widths) + len(widths) * TIGHT * scaled(GAP_PX) * size


def _widths(layout: DiagramLayout, nodes: list[NodeLike], size: float, widest: float) -> list[float]:
    """The width of every layer, labels no wider than ``widest``."""
    columns = [2 * scaled(RADIUS_PX) * text_size(size)] * max(layout.layers, 1)
    for node in nodes:
        layer = layout.spots[layout.of_node[node.number]].layer
        columns[layer] = max(columns[layer], _box_width(shortened(node.label, text_size(size), widest), size))
    return columns


def _widest_that_fits(layout: DiagramLayout, nodes: list[NodeLike], size: float, room: float) -> float:
    """How wide a label may be."""
    widths = sorted({label_of(node.label, text_size(size)).width for node in nodes}, reverse=True)
    for widest in (math.inf, *(share * widths[0] for share in (0.75, 0.6) if widths)):
        if _tight(_widths(layout, nodes, size, widest), size) <= room:
            return widest
    return math.inf


def _middles(columns: list[float], spare: float, left: float) -> list[float]:
    """The middle of every layer."""
    middles = []
    for column in columns:
        middles.append(left + column / 2)
        left += column + spare
    return middles


def _box_width(label: Label, size: float) -> float:
    return max(2 * scaled(RADIUS_PX) * text_size(size), label.width + scaled(13) * size)


def _box(middle: QPointF, label: Label, size: float) -> QRectF:
    """A circle for a sign, a wider box for a word."""
    high, wide = 2 * scaled(RADIUS_PX) * text_size(size), _box_width(label, size)
    return QRectF(middle.x() - wide / 2, middle.y() - high / 2, wide, high)


def _path(
    layout: DiagramLayout,
    wire: Wire,
    points: tuple[QPointF, ...],
    boxes: dict[int, QRectF],
    halves: list[float],
    size: float,
) -> QPainterPath:
    """A smooth line from the strip of the source to the edge of the target, straight where it passes a layer."""
    here = QPointF(boxes[wire.source].right() + scaled(17) * size, points[wire.spots[0]].y())
    path = QPainterPath(QPointF(boxes[wire.source].right(), here.y()))
    path.lineTo(here)
    for spot in wire.spots[1:-1]:
        half = halves[layout.spots[spot].layer]
        _bend(path, here, points[spot] - QPointF(half, 0))
        here = points[spot] + QPointF(half, 0)
        path.lineTo(here)
    end = points[wire.spots[-1]]
    if wire.target >= 0:
        box = boxes[wire.target]
        reach = here.y() - end.y()
        end = QPointF(box.left() - scaled(2), end.y() + math.copysign(min(abs(reach) / 8, box.height() / 4), reach))
    _bend(path, here, end)
    return path


def _bend(path: QPainterPath, here: QPointF, stop: QPointF) -> None:
    half = (stop.x() - here.x()) / 2
    path.cubicTo(QPointF(here.x() + half, here.y()), QPointF(stop.x() - half, stop.y()), stop)


def value_place(placed: Placed, number: int) -> QPointF:
    """Where the strip of a node's value stands: just behind the node."""
    box = placed.boxes[number]
    return QPointF(box.right() + scaled(6) * placed.size, box.center().y())


def sent_place(placed: Placed, wire: Wire) -> QPointF:
    """Where the strip of what was sent stands: on the edge, half a layer before the node that sent it."""
    path = placed.paths[placed.layout.wires.index(wire)]
    last = path.elementAt(path.elementCount() - 1)
    before = path.elementAt(path.elementCount() - 4)
    back = 0.5 * math.hypot(last.x - before.x, last.y - before.y)
    return path.pointAtPercent(path.percentAtLength(max(path.length() - back, 0.0)))


def arrow_head(painter: QPainter, path: QPainterPath, size: float, colour: QColor, behind: float | None) -> None:
    """A small filled triangle at the end of a line, or, pointing back, ``behind`` its start."""
    tip = path.pointAtPercent(1.0) if behind is None else path.pointAtPercent(0.0) + QPointF(behind, 0)
    sign = -1.0 if behind is None else 1.0
    head = QPainterPath(tip + QPointF(-sign * scaled(1), 0))
    head.lineTo(tip + QPointF(sign * size, -size * 0.55))
    head.lineTo(tip + QPointF(sign * size, size * 0.55))
    head.closeSubpath()
    painter.fillPath(head, colour)
