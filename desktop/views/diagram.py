"""The inside of a cell: its equations as a data-flow diagram with the live vectors on the edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from core.frame import Frame, OperationFrame, Phase
from desktop.style.colours import ColourMaps, gradient_width_px, rgb_image
from desktop.style.theme import Theme, hatch_brush, maths_font, scaled
from desktop.views.diagram_layout import DiagramLayout, DiagramLike, NodeLike, Wire, lay_out
from desktop.views.diagram_numbers import Numbers
from desktop.views.diagram_place import Placed, arrow_head, place, sent_place, text_size, value_place
from desktop.views.diagram_scales import Scales, norm_from_outside
from desktop.views.maths_label import label_of

STRIP_PX, STRIP_LONG_PX = 6.0, 34.0
SENT_SHARE = 0.72  # strips of what was sent are shorter than those of values
HEAD_PX = 5.0
STRIP_BEHIND_PX = 10.0  # where an arrow back ends: at the strip behind its node


class InsidePainter:
    """Paints the diagram into a rectangle, and tells which node is at a point of it."""

    def __init__(self, theme: Theme, maps: ColourMaps) -> None:
        self._theme, self._maps = theme, maps
        self._diagram: DiagramLike | None = None
        self._layouts: dict[int, tuple[DiagramLike, DiagramLayout]] = {}  # made when first seen, by the diagram's id
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
        if self._diagram is None:
            return
        placed = self._place(rect.width(), rect.height())
        origin = rect.topLeft() + placed.shift(_lit_middle(placed, frame), rect.width(), rect.height())
        self._now = placed, origin
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(origin)
        backward = frame.position.phase is Phase.BACKWARD
        scales, numbers = Scales.of(frame, self._maps), Numbers(placed.paths)
        for box in placed.boxes.values():
            numbers.avoid(box)
        for wire, path in zip(placed.layout.wires, placed.paths, strict=True):
            self._paint_wire(painter, placed, wire, path, frame, scales, numbers)
        for node in self._diagram.nodes:
            if node.number in placed.boxes:
                self._paint_node(painter, placed, node, frame.operations.get(node.number), scales, backward)
                numbers.avoid(self._strip_area(placed, value_place(placed, node.number), 1.0))
        self._paint_exits(painter, placed)
        if not backward:
            self._add_unit_values(numbers, placed, frame)
        numbers.paint(painter, self._theme)
        painter.restore()
        _paint_part_mark(painter, self._theme, rect, placed, origin - rect.topLeft())

    def _place(self, width: float, height: float) -> Placed:
        key = (width, height)
        if key not in self._placed:
            if len(self._placed) > 8:  # a resize goes through many sizes
                self._placed.clear()
            self._placed[key] = place(self._laid_out(self._diagram), self._diagram, width, height)
        return self._placed[key]

    def _laid_out(self, diagram: DiagramLike) -> DiagramLayout:
        if id(diagram) not in self._layouts:
            if len(self._layouts) > 8:
                self._layouts.clear()
            self._layouts[id(diagram)] = diagram, lay_out(diagram)  # kept with it, so that the id stays its own
        return self._layouts[id(diagram)][1]

    def _paint_wire(
        self,
        painter: QPainter,
        placed: Placed,
        wire: Wire,
        path: QPainterPath,
        frame: Frame,
        scales: Scales,
        numbers: Numbers,
    ) -> None:
        """One edge: forward a thin arrow, backward an arrow the other way in the colour of what was sent."""
        sender, source = frame.operations.get(wire.target), frame.operations.get(wire.source)
        backward = frame.position.phase is Phase.BACKWARD
        there = source is not None and source.value is not None
        sent = _sent(sender, wire.argument) if backward else None
        norm = self._norm_over(placed, wire, sent, frame) if backward else None
        colour, width = self._theme.faint if there and not backward else self._theme.line, 1.2
        if norm is not None:
            colour = self._maps.gradient_colour(norm, *scales.norms)
            width = 0.6 * gradient_width_px(norm, *scales.norms) * placed.size
        elif not backward and sender is not None and sender.lit:
            colour, width = self._theme.accent, 1.8
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawPath(path)
        size = scaled(HEAD_PX) * max(placed.size, 0.8) + width * 0.9
        arrow_head(painter, path, size, colour, behind=scaled(STRIP_BEHIND_PX) * placed.size if backward else None)
        if sent is not None and norm is not None:
            self._show_sent(painter, placed, wire, sent, norm, scales, numbers, sender.lit)

    @staticmethod
    def _norm_over(placed: Placed, wire: Wire, sent: NDArray | None, frame: Frame) -> float | None:
        """The norm of the gradient that came over an edge."""
        if wire.target >= 0:
            return None if sent is None else float(np.linalg.norm(sent))
        name = placed.names[wire.source]
        return norm_from_outside(frame, name, frame.operations.get(wire.source), placed.readers[wire.source] > 1)

    def _show_sent(
        self,
        painter: QPainter,
        placed: Placed,
        wire: Wire,
        sent: NDArray,
        norm: float,
        scales: Scales,
        numbers: Numbers,
        lit: bool,
    ) -> None:
        """A strip on the edge, unless the strip at its end shows the same; many edges of one node show the lit one."""
        readers, middle, long = placed.readers[wire.source], value_place(placed, wire.source), 1.0
        if readers == 2 or (readers > 2 and lit):
            middle, long = sent_place(placed, wire), SENT_SHARE
            self._paint_strip(painter, placed, middle, scales.gradient_rgb(sent), long)
            numbers.avoid(self._strip_area(placed, middle, long))
        if lit:
            numbers.add(self._strip_area(placed, middle, long), norm)

    def _paint_node(
        self,
        painter: QPainter,
        placed: Placed,
        node: NodeLike,
        operation: OperationFrame | None,
        scales: Scales,
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
        area = self._strip_area(placed, middle, long)
        if rgb is None:
            area = area.adjusted(0.5, area.height() * 0.2, -0.5, -area.height() * 0.2)
            painter.fillRect(area, self._hatch)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.line, 1))
            painter.drawRect(area)
            return
        painter.drawImage(area, rgb_image(rgb[:, None]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.strong_line, 0.8))
        painter.drawRect(area)

    @staticmethod
    def _strip_area(placed: Placed, middle: QPointF, long: float) -> QRectF:
        width, height = scaled(STRIP_PX) * placed.size, scaled(STRIP_LONG_PX) * placed.size * long
        return QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)

    def _add_unit_values(self, numbers: Numbers, placed: Placed, frame: Frame) -> None:
        """The chosen unit's numbers at the current node and at what it reads."""
        lit = [node for node in self._diagram.nodes if node.number in frame.operations]
        lit = [node for node in lit if frame.operations[node.number].lit]
        for number in dict.fromkeys(n for node in lit for n in (node.number, *node.args)):
            operation = frame.operations.get(number)
            if operation is None or operation.value is None or number not in placed.boxes:
                continue
            values = np.ravel(operation.value)
            value = float(values[min(frame.view.unit, len(values) - 1)])
            numbers.add(self._strip_area(placed, value_place(placed, number), 1.0), value)

    def _paint_name(self, painter: QPainter, placed: Placed, name: str, beside: QPointF, lit: bool) -> None:
        """The variable whose value this is, over its strip."""
        painter.setFont(maths_font(14 * max(placed.size, 0.75)))
        painter.setPen(self._theme.accent if lit else self._theme.text)
        height = scaled(STRIP_LONG_PX) * placed.size / 2
        width = painter.fontMetrics().horizontalAdvance(name)
        painter.drawText(QPointF(beside.x() - width / 2, beside.y() - height - scaled(3)), name)

    def _paint_exits(self, painter: QPainter, placed: Placed) -> None:
        """The names of the states where they leave the cell."""
        for spot, point in zip(placed.layout.spots, placed.points, strict=True):
            if spot.exit_of >= 0:
                label = label_of(f"{placed.names[spot.exit_of]}_{{t}}", text_size(placed.size))
                label.draw(painter, point + QPointF(scaled(4) + label.width / 2, 0), self._theme.secondary)


def _paint_part_mark(painter: QPainter, theme: Theme, rect: QRectF, placed: Placed, shift: QPointF) -> None:
    """A thin mark at the bottom, or at the right, where only a part of the diagram is seen."""
    across, down = rect.width() / placed.width, rect.height() / placed.height
    if across < 1:
        start = rect.left() - shift.x() * across
        painter.fillRect(QRectF(start, rect.bottom() + 2, rect.width() * across, 3), theme.strong_line)
    if down < 1:
        start = rect.top() - shift.y() * down
        painter.fillRect(QRectF(rect.right() + 2, start, 3, rect.height() * down), theme.strong_line)


def _lit_middle(placed: Placed, frame: Frame) -> QPointF | None:
    """Where the current operation stands."""
    lit = (number for number, operation in frame.operations.items() if operation.lit and number in placed.boxes)
    return next((placed.boxes[number].center() for number in lit), None)


def _sent(sender: OperationFrame | None, argument: int) -> NDArray | None:
    return sender.sent[argument] if sender is not None and argument < len(sender.sent) else None
