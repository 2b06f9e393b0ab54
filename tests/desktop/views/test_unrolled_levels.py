"""Values as places of the colour table."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from desktop.views.unrolled.levels import GATE_FROM, NOT_FINITE, gradient_limits, shown_units, strip_grid
from tests.desktop.fake_frames import fake_frame


def test_grids_choose_units_where_pixels_are_few() -> None:
    assert shown_units(3, 100).tolist() == [0, 1, 2]
    chosen = shown_units(256, 40)
    assert len(chosen) == 40
    assert np.all(np.diff(chosen) > 0)


def test_grids_hold_places_of_the_colour_table() -> None:
    frame = fake_frame(T=9, H=5, t=4)
    lane = frame.lanes[0]
    grid = strip_grid(lane.blocks[0], lane, (2, 6), 100, gradient_limits(frame.lanes), "values")
    gate = lane.blocks[0].tracks[0].values[2:6]
    np.testing.assert_allclose(grid.places[:, 0], GATE_FROM + 255 * gate, rtol=1e-5)
    assert grid.places.max() < NOT_FINITE
    assert grid.columns(4, 6).first == 4
    assert len(grid.columns(4, 6).shown) == 2


def test_a_narrower_variable_fills_the_height_with_taller_cells() -> None:
    frame = fake_frame(T=9, H=5, t=4)
    lane = frame.lanes[0]
    wide, narrow, *_ = lane.blocks[0].tracks
    cut = replace(narrow, values=narrow.values[:, :2], adjoints=narrow.adjoints[:, :2])  # as a projection is
    places = strip_grid(replace(lane.blocks[0], tracks=(wide, cut)), lane, (2, 6), 100, (1e-4, 1.0), "values").places
    assert places.shape == (4, 2, 5)
    np.testing.assert_array_equal(places[:, 1, 0], places[:, 1, 1])
    np.testing.assert_array_equal(places[:, 1, 3], places[:, 1, 4])
    assert not np.array_equal(places[:, 1, 0], places[:, 1, 4])


def test_the_gradient_scale_is_shared_and_bounded() -> None:
    frame = fake_frame(T=2000, t=100, lanes=2)
    low, high = gradient_limits(frame.lanes)
    assert high == max(lane.gradient_limits[1] for lane in frame.lanes)
    assert low >= high * 1e-8
    assert gradient_limits(()) == (1e-4, 1.0)
