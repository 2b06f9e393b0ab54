from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from core.frame import Frame, Phase
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT, Theme
from desktop.views.diagram import InsidePainter
from desktop.views.diagram_layout import lay_out, separated, state_nodes
from tests.desktop.views.fake_diagram import FakeDiagram, gru_diagram, inside_frame, lstm_diagram

DIAGRAMS = [lstm_diagram(), lstm_diagram(folded=False), gru_diagram()]
ROOM = QRectF(10, 20, 760, 320)


def painted(diagram: FakeDiagram, frame: Frame, theme: Theme = LIGHT) -> tuple[InsidePainter, QImage]:
    image = QImage(800, 360, QImage.Format.Format_RGB32)
    image.fill(theme.panel)
    painter = QPainter(image)
    inside = InsidePainter(theme, ColourMaps(theme))
    inside.set_diagram(diagram)
    inside.paint(painter, ROOM, frame)
    painter.end()
    return inside, image


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_arguments_stand_to_the_left_and_nothing_overlaps(diagram: FakeDiagram) -> None:
    layout = lay_out(diagram)
    place = {node.number: layout.of_node[node.number] for node in diagram.nodes if node.kind != "parameter"}
    for node in diagram.nodes:
        for arg in node.args:
            if arg in place:
                assert layout.x[place[arg]] < layout.x[place[node.number]]
    for one in place.values():
        for other in place.values():
            if one < other and layout.x[one] == layout.x[other]:
                assert abs(layout.y[one] - layout.y[other]) >= 1 - 1e-9
    assert all(layout.x[place[node.number]] == 0 for node in diagram.nodes if node.kind == "input")


def test_states_leave_at_the_right() -> None:
    diagram = lstm_diagram()
    layout = lay_out(diagram)
    names = {node.number: node.variable for node in diagram.nodes}
    assert [names[n] for n in state_nodes(diagram.nodes)] == ["c", "h"]
    exits = [n for n, spot in enumerate(layout.spots) if spot.exit_of >= 0]
    assert {layout.x[n] for n in exits} == {max(layout.x)}


def test_every_argument_has_its_edge() -> None:
    diagram = lstm_diagram(folded=False)
    kinds = {node.number: node.kind for node in diagram.nodes}
    wanted = {
        (arg, node.number, place)
        for node in diagram.nodes
        for place, arg in enumerate(node.args)
        if kinds[arg] != "parameter"
    }
    drawn = {(wire.source, wire.target, wire.argument) for wire in lay_out(diagram).wires if wire.target >= 0}
    assert drawn == wanted


def test_heights_keep_order_and_room() -> None:
    assert separated([0.0, 0.0, 5.0], [1.0, 1.0, 1.0], [1.0, 1.0]) == pytest.approx([-0.5, 0.5, 5.0])
    assert separated([3.0, 0.0], [3.0, 1.0], [1.0]) == pytest.approx([2.0, 3.0])


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("phase", [Phase.FORWARD, Phase.BACKWARD, Phase.UPDATE])
@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_the_current_node_is_lit(qtbot: QtBot, diagram: FakeDiagram, phase: Phase, theme: Theme) -> None:
    lit = len(diagram.nodes) - 3
    inside, image = painted(diagram, inside_frame(diagram, phase, lit), theme)
    box = inside._now[0].boxes[lit]
    corner = ROOM.topLeft() + QPointF(box.center().x(), box.top() + 4)
    assert QColor(image.pixel(corner.toPoint())) == theme.accent


def test_a_node_is_hit_where_it_is_drawn(qtbot: QtBot) -> None:
    diagram = lstm_diagram()
    inside, _ = painted(diagram, inside_frame(diagram, Phase.FORWARD, 8))
    for number, box in inside._now[0].boxes.items():
        assert inside.hit(ROOM.topLeft() + box.center()) == number
    assert inside.hit(QPointF(2, 2)) is None


def test_the_layout_is_made_once_for_a_size(qtbot: QtBot, monkeypatch) -> None:
    diagram = lstm_diagram()
    frame = inside_frame(diagram, Phase.FORWARD, 8)
    inside, image = painted(diagram, frame)
    monkeypatch.setattr("desktop.views.diagram.place", lambda *_: pytest.fail("placed again"))
    painter = QPainter(image)
    inside.set_diagram(diagram)
    inside.paint(painter, ROOM.translated(5, 5), frame)
    painter.end()


def test_without_diagram_or_values_nothing_breaks(qtbot: QtBot) -> None:
    diagram = gru_diagram()
    painted(diagram, replace(inside_frame(diagram, Phase.FORWARD, 3), operations={}))
    inside = InsidePainter(LIGHT, ColourMaps(LIGHT))
    image = QImage(10, 10, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    inside.paint(painter, ROOM, inside_frame(diagram, Phase.FORWARD, 3))
    painter.end()
    assert inside.hit(QPointF(1, 1)) is None


@pytest.mark.parametrize("room", [QRectF(0, 0, 60, 40), QRectF(0, 0, 3000, 1500)])
def test_any_room_will_do(qtbot: QtBot, room: QRectF) -> None:
    inside = InsidePainter(LIGHT, ColourMaps(LIGHT))
    diagram = lstm_diagram()
    inside.set_diagram(diagram)
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    inside.paint(painter, room, inside_frame(diagram, Phase.BACKWARD, 12))
    painter.end()
