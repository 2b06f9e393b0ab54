"""A diagram's layout at its size in pixels: boxes of nodes, curves of edges, places of strips."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath

from desktop.theme import maths_font, scaled, ui_font
from desktop.views.diagram_layout import DiagramLayout, DiagramLike, NodeLike, Wire

ROW_PX, LAYER_PX = 46.0, 84.0  # as large as it gets; smaller rooms shrink it
SMALLEST = 0.55
RADIUS_PX = 13.0
MARGIN_PX = 14.0


@dataclass(frozen=True, eq=False)
class Placed:
    """A layout at its size in pixels."""

    layout: DiagramLayout
    points: tuple[QPointF, ...]  # by spot
    boxes: dict[int, QRectF]  # by node number
    paths: tuple[QPainterPath, ...]  # by wire, from source to target
    size: float  # of everything, 1 as designed


def node_font(size: float, maths: bool, length: int) -> QFont:
    if maths:
        return maths_font(15 * max(size, 0.7))
    return ui_font((15 if length == 1 else 11.5) * max(size, 0.7))


def place(layout: DiagramLayout, diagram: DiagramLike, width: float, height: float) -> Placed:
    """The layout in a room of this size, as large as it fits."""
    margin = scaled(MARGIN_PX)
    room_x, room_y = width - 2 * margin - scaled(52), height - 2 * margin - scaled(58)
    layers, rows = max(layout.layers - 1, 1), max(layout.height, 1e-9)
    a_layer, a_row = room_x / layers, min(room_y / rows, scaled(ROW_PX) * 1.6)
    size = max(SMALLEST, min(1.0, a_layer / scaled(LAYER_PX), a_row / scaled(ROW_PX)))
    left, top = margin + scaled(24), (height - a_row * layout.height) / 2 + scaled(2)
    points = tuple(QPointF(left + x * a_layer, top + y * a_row) for x, y in zip(layout.x, layout.y, strict=True))
    boxes = {
        node.number: node_box(points[layout.of_node[node.number]], node, size)
        for node in diagram.nodes
        if node.number in layout.of_node
    }
    paths = tuple(wire_path(wire, points, boxes, size) for wire in layout.wires)
    return Placed(layout, points, boxes, paths, size)


def node_box(middle: QPointF, node: NodeLike, size: float) -> QRectF:
    """A circle for a sign, a wider box for a word."""
    high = 2 * scaled(RADIUS_PX) * max(size, 0.7)
    text = QFontMetricsF(node_font(size, node.kind == "input", len(node.label))).horizontalAdvance(node.label)
    wide = max(high, text + scaled(12) * size)
    return QRectF(middle.x() - wide / 2, middle.y() - high / 2, wide, high)


def wire_path(wire: Wire, points: tuple[QPointF, ...], boxes: dict[int, QRectF], size: float) -> QPainterPath:
    """A smooth line from the strip of the source to the edge of the target."""
    start = QPointF(boxes[wire.source].right() + scaled(10) * size, points[wire.spots[0]].y())
    path = QPainterPath(QPointF(boxes[wire.source].right(), start.y()))
    path.lineTo(start)
    stops = [points[spot] for spot in wire.spots[1:]]
    if wire.target >= 0:
        box, centre = boxes[wire.target], stops[-1]
        reach = min(max((stops[-2] if len(stops) > 1 else start).y() - centre.y(), -1e3), 1e3)
        shift = math.copysign(min(abs(reach) / 8, box.height() / 4), reach)
        stops[-1] = QPointF(box.left() - scaled(2), centre.y() + shift)
    here = start
    for stop in stops:
        bend = (stop.x() - here.x()) * 0.5
        path.cubicTo(QPointF(here.x() + bend, here.y()), QPointF(stop.x() - bend, stop.y()), stop)
        here = stop
    return path


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


def arrow_head(painter: QPainter, path: QPainterPath, size: float, colour: QColor, at_start: bool) -> None:
    """A small filled triangle at one end of a line."""
    tip = path.pointAtPercent(0.0 if at_start else 1.0)
    sign = 1.0 if at_start else -1.0
    head = QPainterPath(tip + QPointF(-sign * scaled(1), 0))
    head.lineTo(tip + QPointF(sign * size, -size * 0.55))
    head.lineTo(tip + QPointF(sign * size, size * 0.55))
    head.closeSubpath()
    painter.fillPath(head, colour)
