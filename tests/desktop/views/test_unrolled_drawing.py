"""What the unrolled view paints, probed at points; and that only what changed is painted again."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from core.frame import Detail, Frame, Phase
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import power_text
from desktop.style.theme import DARK, LIGHT
from desktop.views.unrolled import UnrolledView
from desktop.views.unrolled.edges import edges_of
from desktop.views.unrolled.paint_cells import strip_rect
from desktop.views.unrolled.paint_edges import gap_text
from desktop.views.unrolled.scene import changed_columns
from tests.desktop.fake_frames import fake_frame

Maker = Callable[..., UnrolledView]


@pytest.fixture
def make(qtbot: QtBot) -> Maker:
    """A shown view without animation."""

    def build(frame: Frame | None = None, width: int = 1000, height: int = 520) -> UnrolledView:
        view = UnrolledView()
        qtbot.addWidget(view)
        view.set_animation_ms(0)
        view.resize(width, height)
        view.show()
        if frame is not None:
            view.show_frame(frame)
        return view

    return build


def picture(view: UnrolledView) -> QImage:
    return view.grab().toImage()


def near(one: QColor, other: QColor, within: int = 6) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def unit_colour(view: UnrolledView, image: QImage, t: int, m: int, unit: int, units: int) -> QColor:
    rect = strip_rect(view.scene, (0, 0), t, m)
    y = rect.top() + rect.height() * (unit + 0.45) / units
    return image.pixelColor(round(rect.center().x()), round(y))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_units_have_the_colours_of_their_scales(make: Maker, theme) -> None:
    frame = fake_frame(T=9, H=6, t=2)
    view = make(frame)
    view.set_theme(theme)
    image, colours, tracks = picture(view), ColourMaps(theme), frame.lanes[0].blocks[0].tracks
    for unit in range(6):
        gate, state = float(tracks[0].values[4, unit]), float(tracks[5].values[4, unit])
        assert near(unit_colour(view, image, 4, 0, unit, 6), colours.gate_colour(gate))
        assert near(unit_colour(view, image, 4, 5, unit, 6), colours.state_colour(state, tracks[5].limit))


def test_what_is_not_computed_does_not_look_like_zero(make: Maker) -> None:
    frame = fake_frame(T=9, H=6, phase=Phase.FORWARD, t=2)
    view = make(frame)
    rect = strip_rect(view.scene, (0, 0), 6, 5)
    image = picture(view)
    colours = {
        image.pixelColor(round(rect.center().x()), y).name() for y in range(int(rect.top()) + 2, int(rect.top()) + 40)
    }
    assert len(colours) > 1, "an empty strip is hatched, a zero is even"


def test_only_the_current_box_is_lit(make: Maker) -> None:
    view = make(fake_frame(t=4, lanes=2))
    image, scene = picture(view), view.scene
    for n, t in [(0, 4), (0, 3), (1, 4)]:
        span, box = scene.rows.lanes[n].layers[0], scene.boxes[n, 0]
        x = round(scene.axis.middle_of(t) - box.width / 2)
        edge = [image.pixelColor(x + dx, round(span.top + span.height * 0.3)) for dx in range(-2, 3)]
        assert any(near(colour, LIGHT.accent, 30) for colour in edge) == ((n, t) == (0, 4))


def test_gradients_colour_the_edges_they_came_over(make: Maker) -> None:
    view = make(fake_frame(t=4))
    scene, image = view.scene, picture(view)
    span, box = scene.rows.lanes[0].layers[0], scene.boxes[0, 0]
    y = round(span.top + box.strips.top + 14)
    came, not_yet = ([image.pixelColor(round(scene.axis.x_of(t)) + dx, y) for dx in range(-6, 7)] for t in (7, 3))
    assert any(colour.hslSaturation() > 60 and colour.hue() > 270 for colour in came)
    assert all(colour.hslSaturation() < 60 for colour in not_yet)


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("T", [1, 3, 60])
def test_every_phase_draws_at_every_level(make: Maker, phase: Phase, cell: str, T: int) -> None:
    view = make(fake_frame(T=T, cell=cell, phase=phase, t=T // 2, lanes=2, layers=2, ghost=True), 700, 420)
    view.fit()
    assert not picture(view).isNull()
    for kind in ("gradients", "values"):
        view.set_shown(kind)
    for _ in range(25):
        view.zoom_in()
    assert view.detail is Detail.INSIDE
    assert not picture(view).isNull()


@pytest.mark.parametrize("H", [1, 2, 300])
def test_any_number_of_units_draws(make: Maker, H: int) -> None:
    view = make(fake_frame(T=200, H=H, t=100))
    assert not picture(view).isNull()
    view.fit()
    assert view.detail is Detail.MAP
    assert not picture(view).isNull()


@pytest.mark.parametrize("width", [700, 1100])
@pytest.mark.parametrize("phase", [Phase.FORWARD, Phase.BACKWARD])
def test_painting_only_what_changed_gives_the_whole_picture(make: Maker, phase: Phase, width: int) -> None:
    names = ("f", "i", "g", "o", "c", "h") if phase is Phase.FORWARD else ("h", "c", "o", "g", "i", "f")
    view = make(fake_frame(T=40, t=20, phase=phase, equation=names[0], lanes=2), width)
    for fit in (False, True):
        if fit:
            view.fit()
        for name in names[1:]:
            frame = fake_frame(T=40, t=20, phase=phase, equation=name, lanes=2)
            view.show_frame(frame)
            partly = picture(view)
            view._refresh()
            assert picture(view) == partly


def test_a_step_repaints_few_columns(make: Maker) -> None:
    view = make(fake_frame(T=9, t=4, equation="c"))
    before = view.scene
    view.show_frame(fake_frame(T=9, t=4, equation="o"))
    changed = changed_columns(before, view.scene)
    assert changed is not None
    assert set(changed.tolist()) <= {3, 4, 5}


def test_frames_may_hold_only_some_columns(make: Maker) -> None:
    view = make(fake_frame(T=500, t=250))
    seen = view.visible_columns
    view.show_frame(fake_frame(T=500, t=250, first=seen.first, last=seen.last))
    assert not picture(view).isNull()
    view.show_frame(fake_frame(T=500, t=250, first=seen.first + 3, last=seen.last - 3))
    assert not picture(view).isNull()
    view.fit()
    assert not picture(view).isNull()


def test_not_finite_values_are_marked(make: Maker) -> None:
    frame = fake_frame(T=9, H=4, t=2)
    lane = frame.lanes[0]
    track = lane.blocks[0].tracks[0]
    values = track.values.copy()
    values[5, 1] = math.nan
    broken = replace(track, values=values)
    block = replace(lane.blocks[0], tracks=(broken, *lane.blocks[0].tracks[1:]))
    frame = replace(frame, lanes=(replace(lane, blocks=(block, *lane.blocks[1:])),))
    view = make(frame)
    assert near(unit_colour(view, picture(view), 5, 0, 1, 4), LIGHT.warning)


def test_an_animated_step_ends_in_the_picture_at_rest(make: Maker, qtbot: QtBot) -> None:
    view = make(fake_frame(t=5, equation="h"))
    view.set_animation_ms(60)
    view.show_frame(fake_frame(t=4, equation="h"))
    assert view._motion is not None
    moving = picture(view)
    qtbot.waitUntil(lambda: view._motion is None, timeout=2000)
    at_rest = picture(view)
    assert moving != at_rest
    view._refresh()
    assert picture(view) == at_rest


def test_an_inside_painter_gets_the_open_cell(make: Maker) -> None:
    calls = []

    class Inside:
        def paint(self, painter, rect, frame) -> None:
            calls.append((rect, frame))
            painter.fillRect(rect, Qt.GlobalColor.red)

    frame = fake_frame(t=4)
    view = make(frame)
    view.set_inside_painter(Inside())
    for _ in range(20):
        view.zoom_in()
    rect, given = calls[-1]
    assert given is frame
    assert rect.width() > 500
    assert picture(view).pixelColor(rect.center().toPoint()) == QColor(Qt.GlobalColor.red)
    assert view.open_cell().contains(rect)


def test_the_empty_view_says_what_to_do(make: Maker) -> None:
    view = make()
    assert not picture(view).isNull()
    assert view.scene is None


def test_unknown_kinds_are_refused(make: Maker) -> None:
    with pytest.raises(ValueError, match="expected 'values' or 'gradients'"):
        make().set_shown("weights")


def test_points_of_the_picture_are_named(make: Maker) -> None:
    view = make(fake_frame(t=4))
    rect = strip_rect(view.scene, (0, 0), 6, 4)
    spot = view.spot_under(QPointF(rect.center()))
    assert (spot.kind, spot.path, spot.t) == ("value", "l0/c", 6)


def test_the_diagram_waits_until_the_cell_is_open(make: Maker, qtbot: QtBot) -> None:
    widths = []

    class Inside:
        def paint(self, painter, rect, frame) -> None:
            widths.append(rect.width())

    view = make(fake_frame(t=4))
    view.set_inside_painter(Inside())
    view.set_animation_ms(60)
    for _ in range(20):
        view.zoom_in()
    qtbot.waitUntil(lambda: len(widths) > 0, timeout=2000)
    assert len(set(widths)) == 1
    view.show_frame(fake_frame(t=5))
    qtbot.waitUntil(lambda: not view._glide.running, timeout=2000)
    assert view.scene.axis.focus == 5
    assert len(set(widths)) == 1


def test_edges_run_the_other_way_in_a_reverse_layer(make: Maker) -> None:
    frame = fake_frame(t=4, phase=Phase.UPDATE)
    lane = frame.lanes[0]
    norms = np.linspace(0.1, 1.0, 9)
    flows = tuple(replace(flow, norms=norms, reached=np.ones(9, bool)) for flow in lane.blocks[0].flows if flow.delay)
    back = replace(lane.blocks[0], direction=-1, flows=flows)
    view = make(replace(frame, lanes=(replace(lane, blocks=(back, lane.blocks[1])),)))
    across = [edge for edge in edges_of(view.scene, 0, 9) if edge.key[3] == 1]
    assert across
    assert all(edge.x1 < edge.x0 for edge in across)
    assert {edge.key[4] for edge in across if edge.initial} == {8}


def test_what_is_selected_by_hand_is_outlined_without_the_accent(make: Maker) -> None:
    frame = fake_frame(t=4)
    view = make(replace(frame, view=replace(frame.view, path="l0/f", t=6)))
    rect = strip_rect(view.scene, (0, 0), 6, 0)
    image = picture(view)
    y = round(rect.center().y())
    edge = [image.pixelColor(round(rect.left()) + dx, y) for dx in range(-3, 2)]
    assert any(near(colour, LIGHT.text, 70) for colour in edge)


def test_lanes_may_have_sequences_of_different_length(make: Maker) -> None:
    short, long = fake_frame(T=4, t=2), fake_frame(T=30, t=2)
    view = make(replace(long, lanes=(long.lanes[0], short.lanes[0])))
    assert not picture(view).isNull()
    view.show_frame(replace(long, lanes=(long.lanes[0], fake_frame(T=4, t=3).lanes[0])))
    view.fit()
    assert not picture(view).isNull()


def test_a_number_beside_an_open_cell_fits_the_gap_or_is_left_out() -> None:
    def wide(words: str) -> float:
        return 6.0 * len(words)

    assert gap_text(0.26, 22.0, 8.0, wide) == "0.26"  # 24 pixels, hanging over by 1 at each side
    assert gap_text(0.26, 22.0, 0.0, wide) == ""
    assert gap_text(0.26, 24.0, 0.0, wide) == "0.26"
    assert gap_text(1.23e-104, 40.0, 8.0, wide) == power_text(1.23e-104)
