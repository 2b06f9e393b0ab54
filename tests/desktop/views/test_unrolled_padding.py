"""What follows the end of a shorter sequence looks neither computed nor as if it were still to come."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from core.frame import Frame, Phase
from desktop.style.theme import DARK, LIGHT
from desktop.views.unrolled import UnrolledView
from desktop.views.unrolled.paint_cells import strip_rect
from tests.desktop.fake_frames import fake_frame


def ended_at(own: int | None, **options) -> Frame:
    frame = fake_frame(phase=Phase.FORWARD, t=1, H=6, **options)
    return replace(frame, lanes=tuple(replace(lane, own_length=own) for lane in frame.lanes))


def shown(qtbot: QtBot, frame: Frame, theme) -> UnrolledView:
    view = UnrolledView()
    qtbot.addWidget(view)
    view.set_theme(theme)
    view.set_animation_ms(0)
    view.resize(1000, 520)
    view.show()
    view.show_frame(frame)
    return view


def contrast(view: UnrolledView, image: QImage, t: int) -> int:
    """How much the pixels of a strip of a step differ from each other."""
    rect = strip_rect(view.scene, (0, 0), t, 2).toAlignedRect()
    values = [image.pixelColor(x, y).lightness() for x in range(rect.left(), rect.right())
              for y in range(rect.top(), rect.bottom())]  # fmt: skip
    return max(values) - min(values)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_padding_is_quieter_than_what_is_to_come(qtbot: QtBot, theme) -> None:
    view = shown(qtbot, ended_at(6, T=9), theme)
    image = view.grab().toImage()
    to_come, padding = contrast(view, image, 4), contrast(view, image, 7)
    assert padding < to_come / 2


def test_columns_before_the_end_are_as_without_padding(qtbot: QtBot) -> None:
    with_padding, without = (shown(qtbot, ended_at(own, T=9), LIGHT) for own in (6, None))
    images = [view.grab().toImage() for view in (with_padding, without)]
    axis = with_padding.scene.axis
    end = round(axis.middle_of(5) + axis.pitch / 4)  # within the last cell; nothing leads out of it
    arrays = [np.array([[image.pixel(x, y) for x in range(0, end, 3)] for y in range(0, 480, 3)]) for image in images]
    assert np.array_equal(*arrays)


def test_the_map_leaves_padding_empty(qtbot: QtBot) -> None:
    view = shown(qtbot, ended_at(600, T=900), LIGHT)
    view.fit()
    image = view.grab().toImage()
    y = round(view.scene.rows.lanes[0].layers[0].top) + 12
    before, behind = (
        {image.pixel(x, row) for x in range(left, left + 60) for row in range(y, y + 30)}
        for left in (round(view.scene.axis.x_of(400)), round(view.scene.axis.x_of(700)))
    )
    assert len(before) > 1
    assert len(behind) == 1
