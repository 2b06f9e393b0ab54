"""Lanes of several rows: edges beside the rows they pass, names of rows, layers drawn as one strip."""

from __future__ import annotations

import math

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from core.branch import Setup
from core.frame import Cursor, Detail, Phase, View
from core.language import read_cell
from core.reveal import frame_at
from core.sequence import Sequence
from core.session import Session
from core.stack import Direction, LayerSpec, build_stack
from desktop.style.colours import ColourMaps
from desktop.style.theme import LIGHT
from desktop.views.unrolled import UnrolledView
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.edge import Edge
from desktop.views.unrolled.edges import edges_of
from desktop.views.unrolled.paint_rows import row_at, row_name_rect, row_text, written
from tests.desktop.fake_frames import fake_frame

STEPS = 4


@pytest.fixture(scope="module")
def session() -> Session:
    """A layer of both directions under a forward one."""
    layers = [LayerSpec(read_cell("lstm"), 3, Direction.BOTH), LayerSpec(read_cell("gru"), 2)]
    network = build_stack(layers, inputs=2, head="softmax", loss="cross-entropy", outputs=3)
    generator = np.random.default_rng(1)
    inputs, targets = generator.normal(size=(STEPS, 1, 2)), generator.integers(0, 3, (STEPS, 1))
    return Session(Setup(network, Sequence(inputs, targets=targets)), network.initial_parameters(2))


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> UnrolledView:
    shown = UnrolledView()
    qtbot.addWidget(shown)
    shown.set_animation_ms(0)
    shown.resize(1200, 700)
    shown.show()
    session.go_to(Cursor(0, session.timeline.starts_phase(Phase.CLIP)))
    shown.show_frame(frame_at(session, View()))
    return shown


def edges(view: UnrolledView, t: int = 1) -> dict[tuple[str, str], Edge]:
    """Edges within a column by (reader, what is read)."""
    return {e.key[1:3]: e for e in edges_of(view.scene, 0, STEPS) if e.key[3] == 0 and e.key[4] == t}


def test_every_reading_has_an_edge_of_its_own(view: UnrolledView) -> None:
    assert set(edges(view)) == {
        ("l0", "input"), ("l0.reverse", "input"), ("l0.join", "l0/h"), ("l0.join", "l0.reverse/h"),
        ("l1", "l0.join/h"), ("head", "l1/h"),
    }  # fmt: skip


def test_edges_pass_rows_beside_their_boxes(view: UnrolledView) -> None:
    found, box = edges(view), view.scene.boxes[0, 0]
    middle = view.scene.axis.middle_of(1)
    passing = {key for key, edge in found.items() if edge.beside is not None}
    assert passing == {("l0.reverse", "input"), ("l0.join", "l0/h")}
    for key in passing:
        assert box.width / 2 < abs(found[key].beside - middle) < (box.width + box.gap) / 2
    assert found["l0.reverse", "input"].beside < middle < found["l0.join", "l0/h"].beside


def test_edges_carry_what_their_reader_sent(view: UnrolledView, session: Session) -> None:
    run, found = session.run, edges(view)
    for reader, name in (("l0", "x"), ("l0.reverse", "x")):
        norm = np.linalg.norm(run.sends(reader, "input", name)[1, 0])
        assert found[reader, "input"].norm == pytest.approx(norm)
    assert not math.isnan(found["l0.join", "l0/h"].norm)


def test_states_of_a_reverse_row_run_from_right_to_left(view: UnrolledView) -> None:
    across = [e for e in edges_of(view.scene, 0, STEPS) if e.key[1] == "l0.reverse" and e.key[3] == 1]
    assert across
    assert all(edge.x1 < edge.x0 for edge in across)
    assert {edge.t for edge in across if edge.initial} == {STEPS - 1}


def test_a_walk_back_begins_at_the_end_of_a_shorter_sequence(view: UnrolledView, session: Session) -> None:
    frame = frame_at(session, View())
    view.show_frame(replace(frame, lanes=(replace(frame.lanes[0], own_length=3),)))
    states = [edge for edge in edges_of(view.scene, 0, STEPS) if edge.key[3] == 1]
    assert {edge.t for edge in states if edge.key[1] == "l0.reverse" and edge.initial} == {2}
    assert {edge.t for edge in states if edge.key[1] == "l0" and edge.initial} == {0}
    assert max(edge.t for edge in states) == 2


def test_the_way_of_an_edge_is_walked_at_an_even_pace() -> None:
    edge = Edge((0, "a", "b", 0, 0), 10.0, 100.0, 10.0, 0.0, True, 1.0, beside=40.0)
    assert edge.along(0.0) == edge.points[0]
    assert edge.along(1.0) == edge.points[-1]
    assert edge.along(0.5) == (40.0, 50.0)


def test_rows_are_named_where_there_are_several(view: UnrolledView) -> None:
    lane = view.scene.lanes[0]
    texts = [row_text(view.scene, 0, block) for block in lane.blocks[:-1]]
    assert [text.lstrip("▾▸ ") for text in texts] == [
        "layer 1 → LSTM",
        "layer 1 ← LSTM",
        "layer 1 joined",
        "layer 2 GRU",
    ]
    view.show_frame(fake_frame(T=9, t=2))
    assert row_text(view.scene, 0, view.scene.lanes[0].blocks[0]) == ""


@pytest.mark.parametrize("wide", [1200, 400])
def test_the_name_of_a_row_ends_before_the_first_arrow(view: UnrolledView, qtbot: QtBot, wide: int) -> None:
    view.resize(wide, 700)
    view.fit()
    chrome = Chrome(LIGHT, ColourMaps(LIGHT), 1.0)
    told = [written(view.scene, chrome, 0, block) for block in view.scene.lanes[0].blocks[:-1]]
    if wide == 1200:
        assert told[1:3] == ["▾ layer 1 ← LSTM", "layer 1 joined"]
    else:
        assert told == ["▾ layer 1 →", "▾ layer 1 ←", "joined", "▾ layer 2"]


def test_a_click_on_the_name_asks_to_collapse_the_layer(view: UnrolledView, qtbot: QtBot) -> None:
    place = row_name_rect(view.scene, 0, 1).center()
    assert row_at(view.scene, place) == "l0.reverse"
    with qtbot.waitSignal(view.collapse_requested) as asked:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert asked.args == ["l0.reverse"]
    join = row_name_rect(view.scene, 0, 2).center().toPoint()
    with qtbot.assertNotEmitted(view.collapse_requested):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(join.x(), join.y()))


def test_the_key_collapses_the_layer_of_the_walk(view: UnrolledView, session: Session, qtbot: QtBot) -> None:
    view.show_frame(frame_at(session, View(path="l1/z")))
    with qtbot.waitSignal(view.collapse_requested) as asked:
        view.collapse_current()
    assert asked.args == ["l1"]
    for selected, meant in (("l0.join/h", "l0"), ("l0.reverse/h", "l0.reverse"), ("head/y", "l1")):
        view.show_frame(frame_at(session, View(path=selected)))
        with qtbot.waitSignal(view.collapse_requested) as asked:
            view.collapse_current()
        assert asked.args == [meant]


def test_a_collapsed_layer_is_its_output_in_one_strip(view: UnrolledView, session: Session) -> None:
    before = view.scene.rows.lanes[0].layers
    view.show_frame(frame_at(session, View(collapsed=frozenset({"l0"}))))
    block, after = view.scene.lanes[0].blocks[0], view.scene.rows.lanes[0].layers
    assert block.collapsed
    assert [track.name for track in block.tracks] == ["h"]
    assert after[0].height < before[0].height / 2
    assert after[1].height >= before[1].height
    assert view.scene.boxes[0, 0].strip_px > view.scene.boxes[0, 1].strip_px * 3
    assert all(e.key[2] != "l0/c" for e in edges_of(view.scene, 0, STEPS))
    view.grab()


def test_the_row_of_the_walk_is_brought_on_screen(view: UnrolledView, session: Session) -> None:
    view.resize(900, 300)
    heights = {}
    for name in ("l1", "l0"):
        index = session.timeline.end_of(Phase.BACKWARD, 1, name, "h")
        session.go_to(Cursor(0, index))
        view.show_frame(frame_at(session, View()))
        heights[name] = view.scene.rows.lanes[0].layers[{"l0": 0, "l1": 3}[name]]
    assert heights["l1"].top > 0
    assert 0 < heights["l0"].bottom < 300


def test_rows_are_named_in_the_map_too_and_stay_so_while_walking(qtbot: QtBot) -> None:
    views = []
    for steps in ((3,), (2, 3)):
        view = UnrolledView()
        qtbot.addWidget(view)
        view.set_animation_ms(0)
        view.resize(900, 420)
        view.show()
        for t in steps:
            view.show_frame(fake_frame(T=900, t=t, layers=2))
            view.fit()
            picture = view.grab().toImage()
        views.append((view, picture))
    (view, at_once), (_, walked) = views
    assert view.scene.detail is Detail.MAP
    name = row_name_rect(view.scene, 0, 0).toAlignedRect()
    seen = {at_once.pixel(x, y) for x in range(name.left(), name.right()) for y in range(name.top(), name.bottom())}
    assert len(seen) > 3
    assert at_once == walked
