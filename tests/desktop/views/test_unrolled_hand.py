"""What the unrolled view reports when wheel, mouse and keys are used."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from core.frame import Detail, Phase
from desktop.views.unrolled import UnrolledView
from desktop.views.unrolled.paint_cells import strip_rect
from desktop.views.unrolled.pointing import Spot, spot_at, words_for
from tests.desktop.fake_frames import fake_frame

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot) -> UnrolledView:
    shown = UnrolledView()
    qtbot.addWidget(shown)
    shown.set_animation_ms(0)
    shown.resize(1000, 520)
    shown.show()
    shown.show_frame(fake_frame(T=40, t=20))
    return shown


def wheel(view: UnrolledView, x: float, dx: int, dy: int, keys=Qt.KeyboardModifier.NoModifier) -> None:
    point = QPointF(x, 200.0)
    event = QWheelEvent(
        point, view.mapToGlobal(point), QPoint(), QPoint(dx, dy), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def strip(view: UnrolledView, t: int, m: int) -> QPoint:
    return strip_rect(view.scene, (0, 0), t, m).center().toPoint()


def in_row(view: UnrolledView, t: int, row: str) -> QPoint:
    span = getattr(view.scene.rows.lanes[0], row)
    return QPoint(round(view.scene.axis.middle_of(t)), round(span.top + span.height / 2))


def test_the_wheel_zooms_at_the_pointer(view: UnrolledView) -> None:
    before = view.scene.axis
    wheel(view, 600.0, 0, 120)
    after = view.scene.axis
    assert after.pitch > before.pitch
    assert after.column_at(600.0) == pytest.approx(before.column_at(600.0))


def test_the_wheel_sideways_pans(view: UnrolledView) -> None:
    before = view.scene.axis
    wheel(view, 600.0, -120, 0)
    assert view.scene.axis.offset > before.offset
    wheel(view, 600.0, 0, 120, Qt.KeyboardModifier.ShiftModifier)
    assert view.scene.axis.offset == pytest.approx(before.offset)
    assert view.scene.axis.pitch == before.pitch


def test_zooming_goes_through_three_levels_and_back(view: UnrolledView) -> None:
    seen = []
    view.fit()
    for _ in range(30):
        seen.append(view.detail)
        view.zoom_in()
    for _ in range(30):
        view.zoom_out()
    assert [detail for n, detail in enumerate(seen) if n == 0 or seen[n - 1] is not detail] == [
        Detail.MAP,
        Detail.CELLS,
        Detail.INSIDE,
    ]
    assert view.detail is Detail.MAP


def test_what_is_seen_is_reported_once(view: UnrolledView, qtbot: QtBot) -> None:
    reports = []
    view.view_changed.connect(reports.append)
    view.fit()
    view.fit()
    assert len(reports) == 1
    assert (reports[0].first, reports[0].last, reports[0].detail) == (0, 40, Detail.MAP)
    assert view.visible_columns == reports[0]


def test_reported_edges_are_those_of_the_axis(view: UnrolledView) -> None:
    seen, axis = view.visible_columns, view.scene.axis
    assert axis.x_of(seen.start) == pytest.approx(seen.left_px)
    assert axis.x_of(seen.end) == pytest.approx(seen.right_px)


def test_a_click_selects(view: UnrolledView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.selected) as caught:
        qtbot.mouseClick(view, LEFT, pos=strip(view, 21, 4))
    assert caught.args == [("l0/c", 21)]
    with qtbot.waitSignal(view.selected) as caught:
        qtbot.mouseClick(view, LEFT, pos=in_row(view, 21, "token"))
    assert caught.args == [("", 21)]


def test_a_double_click_jumps_or_edits(view: UnrolledView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.jump_requested) as caught:
        qtbot.mouseDClick(view, LEFT, pos=strip(view, 21, 4))
    assert caught.args == [21]
    with qtbot.waitSignal(view.edit_requested) as caught:
        qtbot.mouseDClick(view, LEFT, pos=in_row(view, 21, "token"))
    assert caught.args == [("input", "input", 21)]
    with qtbot.waitSignal(view.edit_requested) as caught:
        qtbot.mouseDClick(view, LEFT, Qt.KeyboardModifier.ControlModifier, strip(view, 21, 4))
    assert caught.args == [("value", "l0/c", 21)]
    with qtbot.waitSignal(view.edit_requested) as caught:
        qtbot.mouseDClick(view, LEFT, pos=in_row(view, 21, "target"))
    assert caught.args == [("target", "target", 21)]


def test_initial_values_can_be_edited(view: UnrolledView, qtbot: QtBot) -> None:
    view.show_frame(fake_frame(T=9, t=3))
    scene = view.scene
    span, box = scene.rows.lanes[0].layers[0], scene.boxes[0, 0]
    x = round(scene.axis.x_of(0) + box.gap / 2 - 20)
    with qtbot.waitSignal(view.edit_requested) as caught:
        qtbot.mouseDClick(view, LEFT, pos=QPoint(x, round(span.top + box.strips.top + 14)))
    assert caught.args == [("initial", "l0/c", 0)]


def test_dragging_pans_and_selects_nothing(view: UnrolledView, qtbot: QtBot) -> None:
    chosen = []
    view.selected.connect(chosen.append)
    before = view.scene.axis
    start = strip(view, 21, 2)
    qtbot.mousePress(view, LEFT, pos=start)
    qtbot.mouseMove(view, start - QPoint(60, 0))
    qtbot.mouseMove(view, start - QPoint(110, 0))
    qtbot.mouseRelease(view, LEFT, pos=start - QPoint(110, 0))
    assert view.scene.axis.offset == pytest.approx(before.offset + 110 / before.pitch, abs=0.02)
    assert chosen == []


def test_dragging_on_the_line_of_steps_scrubs(view: UnrolledView, qtbot: QtBot) -> None:
    steps = []
    view.scrubbed.connect(steps.append)
    qtbot.mousePress(view, LEFT, pos=in_row(view, 20, "t"))
    qtbot.mouseMove(view, in_row(view, 22, "t"))
    qtbot.mouseRelease(view, LEFT, pos=in_row(view, 22, "t"))
    assert steps[-1] == 22


def test_the_walk_is_followed_without_jumps_of_the_scale(view: UnrolledView) -> None:
    before = view.scene.axis
    view.show_frame(fake_frame(T=40, t=21))
    assert view.scene.axis == before
    view.show_frame(fake_frame(T=40, t=2))
    after = view.scene.axis
    assert after.pitch == before.pitch
    assert after.visible(40)[0] <= 2 < after.visible(40)[1]


def test_ensure_visible_scrolls_only_when_needed(view: UnrolledView) -> None:
    before = view.scene.axis
    view.ensure_visible(21)
    assert view.scene.axis == before
    view.ensure_visible(0)
    assert view.scene.axis.x_of(0) >= 0


def test_gliding_ends_where_it_should(view: UnrolledView, qtbot: QtBot) -> None:
    view.set_animation_ms(40)
    view.fit()
    assert view.visible_columns.last == 40, "reported at once, so that the frame can cover it"
    qtbot.waitUntil(lambda: not view._glide.running, timeout=2000)
    assert view.scene.axis.visible(40) == (0, 40)


def test_resizing_keeps_columns_on_screen(view: UnrolledView) -> None:
    view.fit()
    view.resize(700, 400)
    assert view.scene.axis.visible(40) == (0, 40)


def test_tooltips_tell_variable_value_and_gradient(view: UnrolledView) -> None:
    place = strip(view, 25, 4)
    text = words_for(view.scene, spot_at(view.scene, QPointF(place)))
    assert "c, cell state, t = 26" in text
    assert "norm" in text
    assert "\u2202L/\u2202c" in text


@pytest.mark.qt_log_ignore("This plugin does not support raise")
def test_hovering_shows_the_tooltip(view: UnrolledView) -> None:
    place = strip(view, 25, 4)
    QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, place, view.mapToGlobal(place)))
    assert QToolTip.text() == words_for(view.scene, spot_at(view.scene, QPointF(place)))


def test_tooltips_say_what_is_not_computed(view: UnrolledView) -> None:
    view.show_frame(fake_frame(T=40, t=20, phase=Phase.FORWARD))
    assert "not computed yet" in words_for(view.scene, Spot("value", 0, "l0/c", 30))
    assert "\u2202" not in words_for(view.scene, Spot("value", 0, "l0/c", 30))


def test_tooltips_of_edges_and_columns(view: UnrolledView) -> None:
    assert "gradient sent from t = 27 to c of t = 26" in words_for(view.scene, Spot("edge", 0, "l0/c", 26))
    assert "c of t = 10, read at t = 11" in words_for(view.scene, Spot("edge", 0, "l0/c", 10)) or not math.isnan(
        view.scene.lanes[0].blocks[0].flows[0].norms[10]
    )
    assert "prediction were 0.940, right" in words_for(view.scene, Spot("token", 0, "input", 30)) or words_for(
        view.scene, Spot("token", 0, "input", 39)
    )
    assert words_for(view.scene, None) == ""


def test_points_in_the_map(view: UnrolledView) -> None:
    view.fit()
    axis, span = view.scene.axis, view.scene.rows.lanes[0].layers[0]
    spot = spot_at(view.scene, QPointF(axis.middle_of(13), span.top + 5))
    assert (spot.kind, spot.path, spot.t) == ("value", "l0/f", 13)
    assert spot_at(view.scene, QPointF(3.0, span.top + 5)) is None


def test_the_view_can_be_reached_and_read_without_a_mouse(view: UnrolledView, qtbot: QtBot) -> None:
    assert view.focusPolicy() == Qt.FocusPolicy.StrongFocus
    assert view.accessibleName()
    assert "t = 21" in view.accessibleDescription()
    before = view.scene.axis.offset
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert view.scene.axis.offset > before
