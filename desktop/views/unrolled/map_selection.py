"""Marks on the map what was selected by hand. The accent belongs to the walk, so these marks are thin and dark."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.map_bands import Band, bands_of
from desktop.views.unrolled.paint_cells import selected_step
from desktop.views.unrolled.scene import Scene

OUTLINE_FROM_PX = 5.0  # a narrower column gets a line


def is_selected(scene: Scene, lane: int, band: Band) -> bool:
    """Whether this band shows the selected variable."""
    return lane == 0 and not band.of_gradient and band.track.path == scene.frame.view.path


def paint_map_selection(painter: QPainter, scene: Scene, chrome: Chrome) -> None:
    """The pinned column, and in it the selected variable."""
    t, pitch = selected_step(scene), scene.axis.pitch
    if t is None or not scene.columns[0] <= t < scene.columns[1]:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(chrome.theme.text, 1.0))
    x, pinned = scene.axis.x_of(t), scene.lit is None or t != scene.lit.t
    for n, layer, _lane, block, rows in scene.places():
        span = rows.layers[layer]
        if n == 0 and pinned:
            _outline(painter, chrome, x, pitch, span.top - 3, span.height + 6)
        for band in bands_of(block, span, scene.rows.scale):
            if is_selected(scene, n, band) and pitch >= OUTLINE_FROM_PX:
                painter.drawRect(QRectF(round(x) - 0.5, band.span.top - 0.5, round(pitch), band.span.height + 1))


def _outline(painter: QPainter, chrome: Chrome, x: float, pitch: float, top: float, height: float) -> None:
    if pitch >= OUTLINE_FROM_PX:
        painter.drawRoundedRect(QRectF(round(x) - 1.5, top, round(pitch) + 2, height), 2.5, 2.5)
    else:
        painter.fillRect(QRectF(round(x + pitch / 2), top, 1, height), chrome.theme.text)
