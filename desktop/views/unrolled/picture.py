"""The whole picture at once, for files: onto any device, at any number of pixels."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.layer import InsideLike, paint_scene
from desktop.views.unrolled.paint_overlay import paint_notice
from desktop.views.unrolled.scene import Scene


def paint_whole(
    painter: QPainter, scene: Scene | None, chrome: Chrome, whole: QRectF, inside: InsideLike | None
) -> None:
    """Paints the scene; without one an empty sheet."""
    if scene is None:
        paint_notice(painter, chrome, whole.toRect(), "")
    else:
        paint_scene(painter, scene, chrome, whole, whole, inside)
