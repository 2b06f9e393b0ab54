"""One name for a row of a network wherever a variable of it is named."""

from __future__ import annotations

from msgspec.structs import replace

from desktop.views.row_names import row_name, row_of
from desktop.views.series import Measure, Plot, series_of
from tests.desktop.fake_frames import fake_frame


def lane_of(*names: str):
    """A lane whose blocks have these names; ".reverse" walks back."""
    frame = fake_frame()
    like = frame.lanes[0].blocks[0]
    blocks = [replace(like, name=name, direction=-1 if name.endswith(".reverse") else 1) for name in names]
    return replace(frame, lanes=(replace(frame.lanes[0], blocks=(*blocks, frame.lanes[0].blocks[-1])),))


def test_rows_say_layer_and_direction() -> None:
    lane = lane_of("embedding", "l0", "l0.reverse", "l0.join", "l1").lanes[0]
    assert [row_name(block, lane.blocks) for block in lane.blocks] == [
        "embedding",
        "layer 1 →",
        "layer 1 ←",
        "layer 1 joined",
        "layer 2",
        "",
    ]
    assert row_of("l0.reverse/h", lane) == "layer 1 ←"
    assert row_of("head/y", lane) == ""


def test_a_single_row_needs_no_name() -> None:
    assert row_of("l0/h", fake_frame().lanes[0]) == ""


def test_curves_are_named_as_the_rows() -> None:
    labels = [each.label for each in series_of(lane_of("l0", "l0.reverse"), Plot.STATE, Measure.WHOLE)]
    assert sorted(labels) == ["layer 1 ← c", "layer 1 ← h", "layer 1 → c", "layer 1 → h"]
