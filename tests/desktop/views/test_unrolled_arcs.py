"""Edges over several steps: where their arcs run, what is said of them, and that only what changed is painted again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from core.frame import Cursor, Detail, Frame, Grain, View
from core.language import read_cell
from core.reveal import frame_at
from core.sequence import Sequence
from core.session import Session, Setup
from core.stack import Direction, LayerSpec, build_stack
from desktop.views.unrolled import UnrolledView
from desktop.views.unrolled.edge import Edge
from desktop.views.unrolled.edges import edges_of
from desktop.views.unrolled.geometry import ROOM_OVER_PX, LayerShape, arc_heights
from desktop.views.unrolled.pointing import spot_at, words_for

STEPS = 10


def session_of(
    *delays: int, cell: str = "rnn_skip_several", direction: Direction = Direction.FORWARD, steps: int = STEPS
) -> Session:
    generator = np.random.default_rng(0)
    layer = LayerSpec(read_cell(cell), 3, direction, delays=dict(zip("de", delays, strict=False)))
    network = build_stack([layer], inputs=2, head="identity", loss="squared", outputs=1)
    sequence = Sequence(generator.normal(size=(steps, 1, 2)), targets=generator.normal(size=(steps, 1, 1)))
    return Session(Setup(network, sequence), network.initial_parameters(1))


def at(session: Session, part: float, **view: int) -> Frame:
    session.go_to(Cursor(0, int(part * session.timeline.length)))
    return frame_at(session, View(**{"first": 0, "last": 99, **view}))


@pytest.fixture
def view(qtbot: QtBot) -> UnrolledView:
    shown = UnrolledView()
    qtbot.addWidget(shown)
    shown.set_animation_ms(0)
    shown.resize(1000, 520)
    shown.show()
    return shown


def arcs(view: UnrolledView, first: int = 0, last: int = STEPS) -> list[Edge]:
    return [edge for edge in edges_of(view.scene, first, last) if edge.arc]


def column(view: UnrolledView, x: float) -> int:
    return int(view.scene.axis.column_at(x))


@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.REVERSE])
def test_an_arc_leads_from_the_column_that_is_read_to_the_reader(view: UnrolledView, direction: Direction) -> None:
    view.show_frame(at(session_of(2, 5, direction=direction), 1.0))
    way = 1 if direction is Direction.FORWARD else -1
    whole = [edge for edge in arcs(view) if not edge.initial]
    assert sorted(edge.key[3] for edge in whole) == [2] * (STEPS - 2) + [5] * (STEPS - 5)
    for edge in whole:
        assert column(view, edge.x1) == edge.t
        assert column(view, edge.x0) == edge.t - way * edge.key[3]
        assert min(y for _, y in edge.points) == pytest.approx(edge.arc.top[1], abs=0.5)
    begun = [edge for edge in arcs(view) if edge.initial]
    assert len(begun) == 2 + 5
    assert all(column(view, edge.x0) == (0 if way > 0 else STEPS - 1) for edge in begun)


def test_without_the_edge_over_one_step_no_rail_runs_between_boxes(view: UnrolledView) -> None:
    view.show_frame(at(session_of(3, cell="rnn_skip_only"), 0.5))
    assert {edge.key[3] for edge in edges_of(view.scene, 0, STEPS)} == {0, 3}


def test_longer_delays_rise_higher_and_the_boxes_leave_room(view: UnrolledView) -> None:
    view.show_frame(at(session_of(2, 5), 0.5))
    heights = {edge.key[3]: edge.arc.height for edge in arcs(view)}
    assert heights[5] > heights[2]
    rows = view.scene.rows.lanes[0]
    assert rows.layers[0].top - rows.pill.bottom > max(heights.values())
    assert LayerShape(4, 1).arcs_px == 0
    assert LayerShape(4, 1, arcs=2).arcs_px == max(arc_heights(2)) + ROOM_OVER_PX
    assert len(set(arc_heights(9))) == 3


def test_the_map_has_no_arcs_and_leaves_no_room_for_them(view: UnrolledView) -> None:
    view.show_frame(at(session_of(2, 5, steps=600), 0.5, last=600))
    view.fit()
    assert view.detail is Detail.MAP
    rows = view.scene.rows.lanes[0]
    assert rows.layers[0].top - rows.pill.bottom < min(arc_heights(1))


@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.REVERSE])
def test_arcs_from_beside_the_screen_carry_what_is_known_of_them(view: UnrolledView, direction: Direction) -> None:
    session = session_of(2, 5, direction=direction, steps=40)
    frame = at(session, 0.99, first=12, last=18)
    whole = at(session, 0.99, first=0, last=40)
    for flow, full in zip(frame.lanes[0].blocks[0].flows, whole.lanes[0].blocks[0].flows, strict=True):
        first = 12 - flow.before
        np.testing.assert_array_equal(flow.norms, full.norms[first : first + len(flow.norms)])
        beside = flow.delay if flow.delay > 1 else 0
        ends = (first, first + len(flow.norms))
        assert ends == ((12, 18 + beside) if direction is Direction.FORWARD else (12 - beside, 18))


def test_no_arc_runs_between_columns_that_are_both_off_screen(view: UnrolledView) -> None:
    view.show_frame(at(session_of(2, 30, steps=200), 1.0, last=200))
    first, last = view.scene.columns
    assert last - first < 30
    for edge in arcs(view, first, last):
        assert first <= edge.t < last or first <= edge.t - edge.key[3] < last


def test_arcs_that_lead_far_away_are_drawn_as_far_as_they_are_seen(view: UnrolledView) -> None:
    view.show_frame(at(session_of(2, 150, steps=300), 1.0, last=300))
    view.ensure_visible(200)
    long = [edge for edge in arcs(view, *view.scene.columns) if edge.key[3] == 150 and not edge.initial]
    assert long
    for edge in long:
        assert abs(edge.x1 - edge.x0) < 2 * view.width() < edge.arc.ends - edge.arc.begins
        assert (edge.x0, edge.y0) == edge.arc.at(edge.x0)


def test_an_arc_is_pointed_at_and_told(view: UnrolledView) -> None:
    view.show_frame(at(session_of(2, 5), 1.0))
    edge = next(edge for edge in arcs(view) if edge.key[3] == 5 and not edge.initial and edge.t == 8)
    x, y = edge.points[7]
    assert edge.is_near(x, y + 2)
    assert not edge.is_near(x, y + 12)
    found = spot_at(view.scene, QPointF(x, y))
    assert found.kind == "edge"
    assert found.delay in (2, 5)  # arcs cross
    words = words_for(view.scene, type(found)("edge", 0, "l0/h", 8, delay=5))
    assert words.startswith("gradient sent from t = 9 to h of t = 4")


def test_reverse_arcs_are_told_with_the_later_step(view: UnrolledView) -> None:
    view.show_frame(at(session_of(2, 5, direction=Direction.REVERSE), 0.45))
    spot = type(spot_at(view.scene, QPointF(500, 200)))("edge", 0, "l0.reverse/h", 1, delay=2)
    assert words_for(view.scene, spot) == "h of t = 4, read at t = 2"


@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.REVERSE])
def test_only_what_changed_is_painted_again_and_nothing_is_left(view: UnrolledView, direction: Direction) -> None:
    """A walk there and back: every picture is the one that is painted from nothing."""
    session = session_of(5, 7, direction=direction)  # columns between the ends of an arc stay as they are
    view.show_frame(at(session, 0.0))
    for grain, count in ((Grain.TIME_STEP, 2 * STEPS + 3), (Grain.EQUATION, 6)):
        for _ in range(count):
            session.step_forward(grain)
            view.show_frame(frame_at(session, View(first=0, last=99)))
            assert_same_as_anew(view)
    for _ in range(4):
        session.step_back(Grain.TIME_STEP)
        view.show_frame(frame_at(session, View(first=0, last=99)))
        assert_same_as_anew(view)


def test_scrolling_paints_arcs_whole(view: UnrolledView) -> None:
    view.show_frame(at(session_of(2, 5, steps=60), 0.9, last=60))
    for t in (40, 20, 21, 24, 30):
        view.ensure_visible(t)
        assert_same_as_anew(view)


def picture(view: UnrolledView) -> QImage:
    return view.grab().toImage()


def assert_same_as_anew(view: UnrolledView) -> None:
    kept = picture(view)
    view._refresh()
    anew = picture(view)
    if kept != anew:
        wrong = [
            (x, y)
            for x, y in itertools.product(range(0, kept.width(), 3), range(0, kept.height(), 3))
            if any(
                abs(a - b) > 24
                for a, b in zip(kept.pixelColor(x, y).getRgb(), anew.pixelColor(x, y).getRgb(), strict=True)
            )
        ]
        assert not wrong, wrong[:5]
