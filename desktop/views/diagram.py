"""The inside of a cell: its equations as a data-flow diagram with the live vectors on the edges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from core.frame import Frame, OperationFrame, Phase, Scale, Track
from desktop.colours import ColourMaps, gradient_width_px, rgb_image
from desktop.numbers_text import short_text
from desktop.theme import Theme, hatch_brush, maths_font, scaled, ui_font
from desktop.views.diagram_layout import DiagramLayout, DiagramLike, NodeLike, Wire, lay_out
from desktop.views.diagram_place import Placed, arrow_head, place, sent_place, value_place

STRIP_PX, STRIP_LONG_PX = 6.0, 34.0
SENT_SHARE = 0.72  # strips of what was sent are shorter than those of values
HEAD_PX = 5.0


class InsidePainter:
    """Paints the diagram into a rectangle, and tells which node is at a point of it."""

    def __init__(self, theme: Theme, maps: ColourMaps) -> None:
        self._theme, self._maps = theme, maps
        self._diagram: DiagramLike | None = None
        self._layout: DiagramLayout | None = None
        self._placed: dict[tuple[float, float], Placed] = {}
        self._now: tuple[Placed, QPointF] | None = None
        self._hatch = hatch_brush(theme, 4)

    def set_colours(self, theme: Theme, maps: ColourMaps) -> None:
        """Draw in other colours."""
        self._theme, self._maps = theme, maps
        self._hatch = hatch_brush(theme, 4)

    def set_diagram(self, diagram: DiagramLike | None) -> None:
        """Take the static diagram of a cell; laid out once."""
        if diagram is not self._diagram:
            self._diagram = diagram
            self._layout = lay_out(diagram) if diagram is not None else None
            self._placed.clear()
            self._now = None

    def hit(self, point: QPointF) -> int | None:
        """The number of the node at a point of the last painting."""
        if self._now is None:
            return None
        placed, origin = self._now
        inside = point - origin
        return next((n for n, box in placed.boxes.items() if box.adjusted(-3, -3, 3, 3).contains(inside)), None)

    def paint(self, painter: QPainter, rect: QRectF, frame: Frame) -> None:
        """Paint the diagram with the values of the frame's operations."""
        if self._layout is None or self._diagram is None:
            return
        placed = self._place(rect.width(), rect.height())
        self._now = placed, rect.topLeft()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.topLeft())
        backward = frame.position.phase is Phase.BACKWARD
        scales = _Scales.of(frame, self._maps)
        for wire, path in zip(placed.layout.wires, placed.paths, strict=True):
            self._paint_wire(painter, placed, wire, path, frame.operations, scales, backward)
        for node in self._diagram.nodes:
            if node.number in placed.boxes:
                self._paint_node(painter, placed, node, frame.operations.get(node.number), scales, backward)
        self._paint_exits(painter, placed)
        if not backward:
            self._paint_unit_values(painter, placed, frame)
        painter.restore()

    def _place(self, width: float, height: float) -> Placed:
        key = (width, height)
        if key not in self._placed:
            if len(self._placed) > 8:  # a resize goes through many sizes
                self._placed.clear()
            self._placed[key] = place(self._layout, self._diagram, width, height)
        return self._placed[key]

    def _paint_wire(
        self,
        painter: QPainter,
        placed: Placed,
        wire: Wire,
        path: QPainterPath,
        operations: dict[int, OperationFrame],
        scales: _Scales,
        backward: bool,
    ) -> None:
        """One edge: forward a thin arrow, backward an arrow the other way in the colour of what was sent."""
        sender, source = operations.get(wire.target), operations.get(wire.source)
        there = source is not None and source.value is not None
        sent = _sent(sender, wire.argument) if backward else None
        colour = self._theme.faint if there and not backward else self._theme.line
        width = 1.2
        if sent is not None:
            norm = float(np.linalg.norm(sent))
            colour = self._maps.gradient_colour(norm, *scales.norms)
            width = 0.6 * gradient_width_px(norm, *scales.norms) * placed.size
        elif not backward and sender is not None and sender.lit:
            colour, width = self._theme.accent, 1.8
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawPath(path)
        if backward and wire.target < 0:
            return
        size = (scaled(HEAD_PX) + width * 0.6) * max(placed.size, 0.7)
        arrow_head(painter, path, size, colour, at_start=backward)
        if sent is not None:
            middle = sent_place(placed, wire)
            self._paint_strip(painter, placed, middle, scales.gradient_rgb(sent), SENT_SHARE)
            if sender.lit:
                above = middle.y() <= placed.boxes[wire.target].center().y()
                self._paint_number(painter, placed, middle, float(np.linalg.norm(sent)), SENT_SHARE, above)

    def _paint_node(
        self,
        painter: QPainter,
        placed: Placed,
        node: NodeLike,
        operation: OperationFrame | None,
        scales: _Scales,
        backward: bool,
    ) -> None:
        """The sign of the operation, its variable's name, and its value (backward: what has arrived) beside it."""
        theme, box = self._theme, placed.boxes[node.number]
        lit = operation is not None and operation.lit
        shown = None if operation is None else operation.adjoint if backward else operation.value
        there = shown is not None or (operation is not None and operation.value is not None and not backward)
        painter.setPen(QPen(theme.accent if lit else theme.strong_line if there else theme.line, 1.6 if lit else 1.2))
        painter.setBrush(theme.accent if lit else theme.panel)
        radius = box.height() / 2 if node.kind == "operation" else scaled(5)
        if node.kind == "constant":
            painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, radius, radius)
        colour = theme.on_accent if lit else theme.text if there else theme.secondary
        placed.labels[node.number].draw(painter, box.center(), colour)
        beside = value_place(placed, node.number)
        if shown is not None and np.ndim(shown) and node.kind != "constant":
            rgb = scales.gradient_rgb(shown) if backward else scales.value_rgb(node, shown)
            self._paint_strip(painter, placed, beside, rgb, 1.0)
        elif not backward and node.kind == "operation":
            self._paint_strip(painter, placed, beside, None, 1.0)
        if node.variable:
            self._paint_name(painter, placed, node.variable, beside, lit)

    def _paint_strip(
        self, painter: QPainter, placed: Placed, middle: QPointF, rgb: NDArray | None, long: float
    ) -> None:
        """A vector, one cell a unit from top to bottom; without one a thin hatched outline."""
        width, height = scaled(STRIP_PX) * placed.size, scaled(STRIP_LONG_PX) * placed.size * long
        area = QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)
        if rgb is None:
            area = area.adjusted(0.5, height * 0.2, -0.5, -height * 0.2)
            painter.fillRect(area, self._hatch)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.line, 1))
            painter.drawRect(area)
            return
        painter.drawImage(area, rgb_image(rgb[:, None]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.strong_line, 0.8))
        painter.drawRect(area)

    def _paint_number(
        self, painter: QPainter, placed: Placed, middle: QPointF, number: float, long: float, above: bool
    ) -> None:
        """A number over or under a strip: a norm that was sent, or the chosen unit's value."""
        painter.setFont(ui_font(11 * max(placed.size, 0.8)))
        metrics, text = painter.fontMetrics(), short_text(number)
        half = scaled(STRIP_LONG_PX) * placed.size * long / 2
        width, height = metrics.horizontalAdvance(text) + 4, metrics.height()
        top = middle.y() - half - height if above else middle.y() + half
        plate = QRectF(middle.x() - width / 2, top, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.panel)
        painter.drawRoundedRect(plate, 2, 2)
        painter.setPen(self._theme.text)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_unit_values(self, painter: QPainter, placed: Placed, frame: Frame) -> None:
        """The chosen unit's numbers at the current node and at what it reads."""
        lit = [node for node in self._diagram.nodes if node.number in frame.operations]
        lit = [node for node in lit if frame.operations[node.number].lit]
        for number in dict.fromkeys(n for node in lit for n in (node.number, *node.args)):
            operation = frame.operations.get(number)
            if operation is None or operation.value is None or number not in placed.boxes:
                continue
            values = np.ravel(operation.value)
            value = float(values[min(frame.view.unit, len(values) - 1)])
            self._paint_number(painter, placed, value_place(placed, number), value, 1.0, above=False)

    def _paint_name(self, painter: QPainter, placed: Placed, name: str, beside: QPointF, lit: bool) -> None:
        """The variable whose value this is, over its strip."""
        painter.setFont(maths_font(14 * max(placed.size, 0.75)))
        painter.setPen(self._theme.accent if lit else self._theme.text)
        height = scaled(STRIP_LONG_PX) * placed.size / 2
        width = painter.fontMetrics().horizontalAdvance(name)
        painter.drawText(QPointF(beside.x() - width / 2, beside.y() - height - scaled(3)), name)

    def _paint_exits(self, painter: QPainter, placed: Placed) -> None:
        """The names of the states where they leave the cell."""
        names = {node.number: node.variable or node.label for node in self._diagram.nodes}
        painter.setFont(maths_font(14 * max(placed.size, 0.75)))
        painter.setPen(self._theme.secondary)
        for spot, point in zip(placed.layout.spots, placed.points, strict=True):
            if spot.exit_of >= 0:
                box = QRectF(point.x() + scaled(4), point.y() - scaled(12), scaled(40), scaled(24))
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, names[spot.exit_of])


@dataclass(frozen=True, eq=False)
class _Scales:
    """The colour scales of one frame."""

    maps: ColourMaps
    tracks: dict[str, Track]
    limit: float
    norms: tuple[float, float]

    @staticmethod
    def of(frame: Frame, maps: ColourMaps) -> _Scales:
        lane = frame.lanes[0] if frame.lanes else None
        blocks = [block for block in lane.blocks if block.name == frame.position.block] if lane else []
        tracks = {track.name: track for block in blocks[:1] for track in block.tracks}
        finite = [track.limit for track in tracks.values() if math.isfinite(track.limit)]
        return _Scales(maps, tracks, max(finite, default=1.0), lane.gradient_limits if lane else (1e-4, 1.0))

    def value_rgb(self, node: NodeLike, values: NDArray) -> NDArray:
        """Gates grey to teal, everything else by sign."""
        track = self.tracks.get(node.variable)
        if node.label == "σ" or (track is not None and track.scale is Scale.GATE):
            return self.maps.gate_rgb(np.ravel(values))
        return self.maps.state_rgb(np.ravel(values), track.limit if track is not None else self.limit)

    def gradient_rgb(self, values: NDArray) -> NDArray:
        """Sizes of single entries, on the scale of the norms shared out among them."""
        share = 1 / math.sqrt(max(np.size(values), 1))
        return self.maps.gradient_rgb(np.abs(np.ravel(values)), self.norms[0] * share, self.norms[1] * share)


def _sent(sender: OperationFrame | None, argument: int) -> NDArray | None:
    return sender.sent[argument] if sender is not None and argument < len(sender.sent) else None
