"""Paints what follows the end of a sequence that is shorter than others of its batch: quieter than what is to come."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from core.frame import LaneFrame
from desktop.views.unrolled.boxes import box_left
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.scene import Scene

VEIL = 0.8  # of the background over cells and edges


def end_of(lane: LaneFrame) -> int:
    """The first step of a lane that is padding, or one past its last."""
    return lane.length if lane.own_length is None else min(lane.own_length, lane.length)


def paint_padding(painter: QPainter, scene: Scene, chrome: Chrome) -> None:
    """Veils the cells and edges of padding; without any it does nothing."""
    for n, lane in enumerate(scene.lanes):
        end, rows = end_of(lane), scene.rows.lanes[n]
        if end >= lane.length or not rows.layers:
            continue
        colour = QColor(chrome.theme.background)
        colour.setAlphaF(VEIL)
        left = box_left(scene.axis, end, scene.boxes[n, 0]) - 1  # the initial value of a walk back stands before it
        right = scene.axis.x_of(lane.length) + scene.boxes[n, 0].gap
        bottom = rows.token.top if rows.token.height else max(span.bottom for span in rows.layers)
        painter.fillRect(QRectF(left, rows.pill.top, right - left, bottom - rows.pill.top), colour)
