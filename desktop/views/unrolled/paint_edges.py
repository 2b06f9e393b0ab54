"""Paints edges: thin arrows where values went, thick ones the other way where gradients came back."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from desktop.style.colours import gradient_width_px
from desktop.style.numbers_text import power_text, short_text
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.edge import Edge, Point
from desktop.views.unrolled.edges import edges_of
from desktop.views.unrolled.geometry import beside_line
from desktop.views.unrolled.scene import Scene

HEAD_PX = 5.0
INSET_PX = 2.0
RAIL_NAME_PX = 24.0
BESIDE_SHARE = 0.6
ARC_SHARE, ARC_HEAD_PX = 0.4, 5.0
BESIDE_ROOM_PX = 44.0  # for a number at an edge beside boxes
OVER_PX = 8.0  # by which a number may be wider than its gap, but for an open cell, which would cover it
NUMBERS_FROM_PX = 23.0  # a narrower gap shows no numbers, rather than some of them


def paint_edges(painter: QPainter, scene: Scene, chrome: Chrome, first: int, last: int) -> None:
    """Paints all edges of columns first <= t < last."""
    edges = list(edges_of(scene, first, last))
    painter.setPen(QPen(chrome.theme.line, 1.0))
    painter.drawLines([line for edge in edges if not edge.reached and math.isnan(edge.norm) for line in _lines(edge)])
    walked = [edge for edge in edges if edge.reached and math.isnan(edge.norm)]
    painter.setPen(QPen(chrome.wire, 1.0))
    painter.drawLines([line for edge in walked for line in _lines(edge)])
    painter.setBrush(chrome.wire)
    for edge in walked:
        if edge.arc or edge.y0 == edge.y1:
            painter.drawPolygon(_head(edge))
    named = named_column(scene)
    for edge in edges:
        if not math.isnan(edge.norm):
            _paint_gradient(painter, scene, chrome, edge)
    for edge in edges:
        if not math.isnan(edge.norm) and not edge.arc:  # arcs cross each other, so their numbers would too
            _paint_norm(painter, scene, chrome, edge, _thickness(scene, edge))
        if _is_named(scene, edge, named):
            _paint_rail_name(painter, scene, chrome, edge)
        if edge.initial:
            _paint_initial(painter, chrome, edge)
        if edge.mark and edge.arc:
            _paint_mark(painter, chrome, edge)


def _paint_initial(painter: QPainter, chrome: Chrome, edge: Edge) -> None:
    """A small open circle: the value before the first step."""
    painter.setPen(QPen(chrome.wire, 1.2))
    painter.setBrush(chrome.theme.panel)
    painter.drawEllipse(QPointF(edge.x0, edge.y0), 3.5, 3.5)


def _is_named(scene: Scene, edge: Edge, first: int) -> bool:
    """Whether an edge carries the name of its rail: the first that is wholly seen, where its beginning is not."""
    if edge.arc:
        return False
    if edge.initial:
        return True
    begins_at_right = edge.x1 < edge.x0 and edge.y0 == edge.y1
    return edge.key[3] == 1 and edge.t == first and not (begins_at_right and scene.columns[1] >= scene.length)


def named_column(scene: Scene) -> int:
    """Where the rails are named beside their beginning: at the first gap that is wholly seen."""
    first = max(0, scene.columns[0])
    while scene.axis.x_of(first) < RAIL_NAME_PX * scene.rows.scale:
        first += 1
    return first


def _paint_rail_name(painter: QPainter, scene: Scene, chrome: Chrome, edge: Edge) -> None:
    """The variable that runs along: before the first value, or under the first edge on screen."""
    name, colour = edge.key[2].rpartition("/")[2], chrome.theme.text
    if edge.initial:
        back = edge.x1 < edge.x0  # a layer that walks t down begins at the right
        chrome.write(painter, name, chrome.fonts.maths, colour, edge.x0 + (8 if back else -8), edge.y0, 1.0 - back)
        return
    y = edge.y0 + 4 + chrome.line_height(chrome.fonts.maths) / 2
    chrome.write(painter, name, chrome.fonts.maths, colour, (edge.x0 + edge.x1) / 2, y, 0.5)


def _lines(edge: Edge) -> list[QLineF]:
    if edge.beside is None and not edge.arc:
        return [QLineF(edge.x0, edge.y0, edge.x1, edge.y1)]
    return [QLineF(*start, *end) for start, end in pairwise(edge.points)]


def _head(edge: Edge) -> QPolygonF:
    """A small arrow head at the end of an edge that runs across, or over columns."""
    return arrow_head(edge.points[-2], edge.points[-1], HEAD_PX)


def arrow_head(start: Point, end: Point, size: float) -> QPolygonF:
    """A triangle as long and as wide as ``size`` that points from one place to the other."""
    along = QLineF(*start, *end)
    length = max(along.length(), 1e-6)
    ux, uy = along.dx() / length * size, along.dy() / length * size
    tip, base = QPointF(*end), QPointF(end[0] - ux, end[1] - uy)
    aside = QPointF(-0.5 * uy, 0.5 * ux)
    return QPolygonF([tip, base + aside, base - aside])


def _paint_gradient(painter: QPainter, scene: Scene, chrome: Chrome, edge: Edge) -> None:
    thick = _thickness(scene, edge)
    colour = chrome.gradient(edge.norm, scene.limits)
    if edge.arc:
        _paint_arc(painter, edge, colour, thick)
        return
    if edge.beside is not None:
        painter.setPen(QPen(colour, 1.5))
        painter.drawLines(_lines(edge))
    start, end = edge.stretch
    painter.setPen(QPen(colour, 0))
    painter.setBrush(colour)
    painter.drawPolygon(arrow(QPointF(*end), QPointF(*start), thick))


def _paint_arc(painter: QPainter, edge: Edge, colour: QColor, thick: float) -> None:
    """A bent arrow back to where the value came from."""
    pen = QPen(colour, thick)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    tip, *rest = edge.points
    size = min(thick + ARC_HEAD_PX, math.dist(tip, rest[-1]) / 2)
    bent = [point for point in rest if math.dist(tip, point) > size]
    share = size / math.dist(tip, bent[0])
    neck = tip[0] + share * (bent[0][0] - tip[0]), tip[1] + share * (bent[0][1] - tip[1])
    painter.drawPolyline([QPointF(*point) for point in (neck, *bent)])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(arrow_head(neck, tip, size))


def _paint_mark(painter: QPainter, chrome: Chrome, edge: Edge) -> None:
    """What an arc reads, at its highest point, on a ground that keeps it legible."""
    font, (middle, y) = chrome.fonts.tiny, edge.arc.top
    wide, high = chrome.word_width(edge.mark, font) + 4, chrome.line_height(font)
    painter.fillRect(QRectF(middle - wide / 2, y - high / 2, wide, high), chrome.theme.background)
    chrome.write(painter, edge.mark, font, chrome.theme.secondary, middle, y, 0.5)


def _thickness(scene: Scene, edge: Edge) -> float:
    """The width of an arrow; beside boxes it must leave room for what runs from column to column."""
    share = ARC_SHARE if edge.arc else 1.0 if edge.beside is None else BESIDE_SHARE
    return gradient_width_px(edge.norm, *scene.limits) * share


def arrow(start: QPointF, end: QPointF, thick: float) -> QPolygonF:
    """A straight arrow of a thickness, a little short of both ends."""
    along = QLineF(start, end)
    length = max(along.length(), 1.0)
    ux, uy = along.dx() / length, along.dy() / length
    half, wing = thick / 2, thick / 2 + 2.5
    head = min(0.55 * length, thick + 4.0)
    inset = min(INSET_PX, length / 8)

    def point(distance: float, aside: float) -> QPointF:
        return QPointF(start.x() + ux * distance - uy * aside, start.y() + uy * distance + ux * aside)

    tip, neck = length - inset, length - inset - head
    corners = [(inset, half), (neck, half), (neck, wing), (tip, 0.0), (neck, -wing), (neck, -half), (inset, -half)]
    return QPolygonF([point(*corner) for corner in corners])


def _paint_norm(painter: QPainter, scene: Scene, chrome: Chrome, edge: Edge, thick: float) -> None:
    """The number above the arrow, or beside it where it points down; left out where there is no room."""
    text, font = short_text(edge.norm), chrome.fonts.tiny
    wide = chrome.word_width(text, font)
    if edge.y0 == edge.y1:
        room = abs(edge.x1 - edge.x0)
        over = 0.0 if scene.axis.focus is not None else OVER_PX
        text = gap_text(edge.norm, room, over, lambda words: chrome.word_width(words, font))
        if not text or room < NUMBERS_FROM_PX * scene.rows.scale:
            return
        y = edge.y0 - thick / 2 - 3.5 - chrome.line_height(font) / 2
        chrome.write(painter, text, font, chrome.theme.secondary, (edge.x0 + edge.x1) / 2, y, 0.5)
    elif edge.beside is not None:
        _paint_norm_beside(painter, scene, chrome, edge, thick)
    elif scene.axis.pitch >= 2 * wide + 2 * (thick + 8):
        x = edge.x0 + thick / 2 + 6
        y = beside_line(edge.y0, edge.y1, scene.rows.scale)
        chrome.write(painter, text, font, chrome.theme.secondary, x, y, 0.0)


def gap_text(norm: float, room: float, over: float, wide: Callable[[str], float]) -> str:
    """A norm for a gap between two boxes, "" where none fits; over it by ``over`` pixels where nothing covers that."""
    text = short_text(norm)
    if wide(text) > room + min(2.0, over):  # tiny numbers have long exponents
        text = power_text(norm)
    return text if wide(text) <= room + over else ""


def _paint_norm_beside(painter: QPainter, scene: Scene, chrome: Chrome, edge: Edge, thick: float) -> None:
    """The number in the gap between columns, away from the boxes that the edge passes."""
    text, font, beside = short_text(edge.norm), chrome.fonts.tiny, edge.beside or 0.0
    room = scene.axis.pitch / 2 - abs(beside - edge.x0)
    if 2 * room < BESIDE_ROOM_PX * scene.rows.scale:
        return
    away, (start, end) = thick / 2 + 3, edge.stretch
    x, align = (beside + away, 0.0) if beside > edge.x0 else (beside - away, 1.0)
    chrome.write(painter, text, font, chrome.theme.secondary, x, end[1] + (start[1] - end[1]) * 0.36, align)
