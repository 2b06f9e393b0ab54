"""Layout and navigation of the unrolled view are arithmetic: tested without a window."""

from __future__ import annotations

import pytest

from core.frame import Detail
from desktop.views.unrolled.axis import Axis, blend, tick_step
from desktop.views.unrolled.boxes import box_left, cell_box, cells_from, state_line
from desktop.views.unrolled.geometry import LaneShape, LayerShape, lane_shape, rows_of
from desktop.views.unrolled.navigation import (
    closed,
    detail_of,
    fitted,
    following,
    opened,
    opening,
    panned,
    resized,
    zoomed,
)
from tests.desktop.fake_frames import fake_frame

LSTM = LaneShape((LayerShape(12, 6),), True)
RNN = LaneShape((LayerShape(12, 1),), True)


@pytest.mark.parametrize("axis", [Axis(40, 900, 3.25, 37.5), Axis(40, 900, 2.0, 100.0, 3, 640.0)])
def test_columns_and_pixels_are_inverse(axis: Axis) -> None:
    for column in (0.0, 2.5, 3.0, 3.5, 4.0, 7.75):
        assert axis.column_at(axis.x_of(column)) == pytest.approx(column)


def test_the_open_column_pushes_the_later_ones_right() -> None:
    axis = Axis(40, 900, 2.0, 100.0, 3, 640.0)
    assert axis.x_of(4) - axis.x_of(3) == 640.0
    assert axis.x_of(5) - axis.x_of(4) == 100.0


def test_visible_columns_include_those_cut_by_the_edges() -> None:
    assert Axis(40, 400, 2.5, 100.0).visible(50) == (2, 7)
    assert Axis(40, 400, 0.0, 100.0).visible(3) == (0, 3)


@pytest.mark.parametrize("length", [1, 3, 9, 50, 2000, 100_000])
def test_fit_shows_every_column(length: int) -> None:
    axis = fitted(length, 1200, 1.0)
    assert axis.x_of(0) >= axis.left - 1e-6
    assert axis.x_of(length) <= axis.left + axis.width + 1e-6
    assert axis.visible(length) == (0, length)


def test_short_sequences_stand_in_the_middle() -> None:
    axis = fitted(3, 1200, 1.0)
    assert axis.x_of(0) - axis.left == pytest.approx(axis.left + axis.width - axis.x_of(3))


@pytest.mark.parametrize("factor", [1.3, 0.8])
def test_zoom_keeps_the_column_under_the_pointer(factor: float) -> None:
    axis = Axis(40, 900, 700.0, 30.0)
    assert zoomed(axis, factor, 333.0, 2000).column_at(333.0) == pytest.approx(axis.column_at(333.0))


def test_zoom_stops_where_everything_is_seen() -> None:
    axis = Axis(40, 900, 700.0, 30.0)
    for _ in range(80):
        axis = zoomed(axis, 0.8, 300.0, 2000)
    assert axis.pitch == pytest.approx(900 / 2000)
    assert axis.offset == pytest.approx(0.0)


def test_following_leaves_the_axis_alone_while_the_step_is_seen() -> None:
    axis = Axis(40, 900, 10.0, 100.0)
    assert following(axis, 14, 13, 100) == axis
    moved = following(axis, 19, 18, 100)
    assert moved.offset > axis.offset
    assert moved.column_at(moved.left) <= 19 < moved.column_at(moved.left + moved.width)


def test_following_leaves_more_room_ahead_than_behind() -> None:
    axis = Axis(40, 1000, 10.0, 100.0)
    forward, backward = following(axis, 30, 29, 100), following(axis, 5, 6, 100)
    assert 30.5 - forward.offset == pytest.approx(3.0)
    assert 5.5 - backward.offset == pytest.approx(5.5)  # held by the first step


def test_panning_stops_at_both_ends() -> None:
    axis = Axis(40, 900, 10.0, 100.0)
    assert panned(axis, 1e6, 50).offset == 0.0
    assert panned(axis, -1e6, 50).offset == pytest.approx(41.0)


def test_resizing_keeps_a_whole_sequence_whole() -> None:
    axis = fitted(9, 1200, 1.0)
    assert resized(axis, 9, 800, 1.0).visible(9) == (0, 9)


def test_details_by_width() -> None:
    least = cells_from(6, 1.0)
    assert detail_of(Axis(0, 900, 0, least - 1), least) is Detail.MAP
    assert detail_of(Axis(0, 900, 0, least), least) is Detail.CELLS
    assert detail_of(opened(3, 900, 1.0), least) is Detail.INSIDE


def test_a_long_sequence_begins_with_readable_cells_around_the_walk() -> None:
    axis = opening(2000, 700, 1200, 1.0, 46.0)
    first, last = axis.visible(2000)
    assert first <= 700 < last
    assert axis.pitch > 90


def test_opening_and_closing_a_cell_keeps_it_in_the_middle() -> None:
    inside = opened(30, 1200, 1.0)
    middle = inside.left + inside.width / 2
    assert inside.middle_of(30) == pytest.approx(middle)
    assert closed(inside, 100).middle_of(30) == pytest.approx(middle)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
def test_blend_goes_from_one_axis_to_the_other(share: float) -> None:
    first, last = Axis(40, 900, 10.0, 30.0), Axis(40, 900, 0.0, 9.0)
    axis = blend(first, last, share)
    if share in (0.0, 1.0):
        assert axis.offset == pytest.approx((first, last)[int(share)].offset)
    assert min(first.pitch, last.pitch) <= axis.pitch <= max(first.pitch, last.pitch)


@pytest.mark.parametrize(
    "shapes", [(LSTM,), (LSTM, RNN), (LSTM, RNN, RNN), (LaneShape((LayerShape(8, 6), LayerShape(8, 6)), False),)]
)
@pytest.mark.parametrize("height", [160, 540, 900])
@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_rows_never_overlap(shapes: tuple[LaneShape, ...], height: int, scale: float) -> None:
    rows = rows_of(shapes, height, scale)
    bottom = 0.0
    for lane in rows.lanes:
        spans = [lane.heading, lane.pill, *reversed(lane.layers), lane.token, lane.t, lane.target]
        for span in spans:
            assert span.top >= bottom - 1.0
            bottom = span.bottom
    assert bottom <= max(rows.height, height)


def test_lanes_fit_where_there_is_room() -> None:
    assert rows_of((LSTM, RNN), 600, 1.0).lanes[-1].bottom <= 600


def test_a_cell_takes_the_height_when_it_stands_open() -> None:
    plain, inside = (rows_of((LSTM, RNN), 700, 1.0, opened=opened) for opened in (None, 0))
    assert inside.lanes[0].layers[0].height > plain.lanes[0].layers[0].height


def test_rows_of_words_stay_reserved_while_walking() -> None:
    with_target = lane_shape(fake_frame(T=9, first=0, last=9).lanes[0])
    without = lane_shape(fake_frame(T=9, first=0, last=3).lanes[0], with_target)
    assert without == with_target


@pytest.mark.parametrize("variables", [1, 4, 6, 12])
@pytest.mark.parametrize("pitch", [24.0, 46.0, 110.0, 236.0])
def test_strips_stay_inside_their_box(variables: int, pitch: float) -> None:
    box = cell_box(pitch, 200.0, LayerShape(8, variables), 1.0)
    assert box.first_px >= 0
    assert box.first_px + box.step_px * (variables - 1) + box.strip_px <= box.width
    assert box.width + box.gap == pytest.approx(pitch)
    assert box.chips.bottom <= 200.0


def test_boxes_begin_on_whole_pixels() -> None:
    axis = Axis(40, 900, 3.3, 57.7)
    box = cell_box(57.7, 200.0, LayerShape(8, 6), 1.0)
    assert all(box_left(axis, t, box) == int(box_left(axis, t, box)) for t in range(4, 9))


def test_edges_of_states_run_apart() -> None:
    strips = cell_box(110.0, 200.0, LayerShape(8, 6), 1.0).strips
    assert state_line(strips, 0, 2) < strips.top + strips.height / 2 < state_line(strips, 1, 2)
    assert state_line(strips, 0, 1) == strips.top + strips.height / 2


def test_ticks_are_round_numbers_apart() -> None:
    assert [tick_step(pitch, 60) for pitch in (100, 40, 21, 7, 0.7, 0.01)] == [1, 2, 5, 10, 100, 10_000]


def test_where_lanes_crowd_words_stand_under_the_last_lane_only():
    shape = LaneShape((LayerShape(12, 6),), has_targets=True)
    roomy, crowded = rows_of((shape,) * 3, 1200.0, 1.0), rows_of((shape,) * 3, 560.0, 1.0)
    assert all(lane.token.height and lane.target.height for lane in roomy.lanes)
    assert [bool(lane.token.height) for lane in crowded.lanes] == [False, False, True]
    assert [bool(lane.target.height) for lane in crowded.lanes] == [False, False, True]
    assert crowded.height <= 560.0


def test_one_lane_keeps_its_words_however_little_room_there_is():
    rows = rows_of((LaneShape((LayerShape(12, 6),), has_targets=True),), 90.0, 1.0)
    assert rows.lanes[0].token.height
    assert rows.lanes[0].target.height
