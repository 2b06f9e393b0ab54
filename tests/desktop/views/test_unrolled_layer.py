"""That the kept picture of the unrolled view may be moved, and is painted only where it changed."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPixmap
from pytestqt.qtbot import QtBot

from core.frame import Detail, Frame, Phase
from desktop.style.colours import ColourMaps
from desktop.style.theme import LIGHT
from desktop.views.unrolled.axis import Axis
from desktop.views.unrolled.camera import Camera
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.geometry import lane_shape, rows_of
from desktop.views.unrolled.layer import PaintedLayer, shift_between
from desktop.views.unrolled.scene import Scene, changed_columns, scene_of
from tests.desktop.fake_frames import fake_frame

SIZE = QSize(900, 480)
AXIS = Axis(40.0, 840.0, 12.3, 101.7)


@pytest.fixture
def chrome(qtbot: QtBot) -> Chrome:
    return Chrome(LIGHT, ColourMaps(LIGHT), 1.0)


def laid_out(frame: Frame, axis: Axis) -> Scene:
    rows = rows_of(tuple(lane_shape(lane) for lane in frame.lanes), SIZE.height(), 1.0)
    return scene_of(frame, axis, rows, Detail.CELLS, "values")


def moved(axis: Axis, pixels: float) -> Axis:
    return replace(axis, offset=axis.offset - pixels / axis.pitch)


def pixels_of(pixmap: QPixmap) -> NDArray:
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


def under_the_pills(picture: NDArray, scene: Scene) -> NDArray:
    """Dashes and hatches of pills may begin elsewhere in a picture that has moved."""
    keep = np.ones(picture.shape, bool)
    for rows in scene.rows.lanes:
        keep[int(rows.pill.top) - 4 : int(rows.pill.bottom) + 4] = False
    return np.where(keep, picture, 0)


@pytest.mark.parametrize(("lanes", "layers"), [(1, 1), (2, 1), (1, 3)])
@pytest.mark.parametrize("way", [[7], [-7], [250, -90], [-3, -3, -3, 40]])
def test_a_moved_picture_is_the_one_painted_anew(chrome: Chrome, lanes: int, layers: int, way: list[int]) -> None:
    frame = fake_frame(T=60, t=16, phase=Phase.LOSS, lanes=lanes, layers=layers)
    kept, axis = PaintedLayer(), AXIS
    kept.show(laid_out(frame, axis), chrome, SIZE, None)
    for pixels in way:
        before, axis = laid_out(frame, axis), moved(axis, pixels)
        after = laid_out(frame, axis)
        assert shift_between(before, after, 1.0) == pixels
        kept.show(after, chrome, SIZE, None)
    anew = PaintedLayer()
    anew.show(after, chrome, SIZE, None)
    pictures = [under_the_pills(pixels_of(layer.pixmap), after) for layer in (kept, anew)]
    assert np.array_equal(*pictures)


def test_only_the_same_at_another_place_is_moved(chrome: Chrome) -> None:
    frame = fake_frame(T=60, t=16)
    scene = laid_out(frame, AXIS)
    assert shift_between(scene, laid_out(frame, moved(AXIS, 12)), 1.0) == 12
    assert shift_between(scene, laid_out(frame, moved(AXIS, 12)), 1.25) == 12 * (12 * 1.25).is_integer()
    assert not shift_between(scene, laid_out(frame, moved(AXIS, 13)), 1.25)
    assert not shift_between(scene, laid_out(frame, moved(AXIS, 0.5)), 1.0)
    assert not shift_between(scene, laid_out(frame, moved(AXIS, 700)), 1.0)
    assert not shift_between(scene, laid_out(frame, replace(AXIS, pitch=90.0)), 1.0)
    assert not shift_between(scene, laid_out(fake_frame(T=60, t=16), moved(AXIS, 12)), 1.0)


def test_a_glide_moves_by_whole_pixels_and_ends_where_it_should() -> None:
    camera = Camera()
    camera.show(fake_frame(T=60, t=10, phase=Phase.FORWARD), SIZE, 1.0)
    start = camera.axis
    assert camera.following(40)
    for share in (0.0, 0.2, 0.55, 0.9, 1.0):
        camera.glide(share)
        pixels = (camera.axis.offset - start.offset) * start.pitch
        assert pixels == pytest.approx(round(pixels), abs=1e-6)
    assert camera.axis.x_of(40) > start.left


def test_columns_that_come_in_with_a_wider_frame_leave_the_others_alone() -> None:
    frame = fake_frame(T=60, t=16)
    some = [laid_out(fake_frame(T=60, t=16, first=first, last=40), AXIS) for first in (0, 14)]
    whole = laid_out(frame, AXIS)
    assert not len(changed_columns(whole, some[0]))
    assert changed_columns(some[1], whole).tolist() == list(range(whole.columns[0], 14))
