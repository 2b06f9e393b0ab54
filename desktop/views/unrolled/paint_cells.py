"""Paints cells: boxes with a strip for each variable, the lit one, and the selected one."""

from __future__ import annotations

import math

import numpy as np
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from core.frame import BlockFrame, LaneFrame
from desktop.views.unrolled.axis import Axis
from desktop.views.unrolled.boxes import CellBox, box_left, cell_box
from desktop.views.unrolled.chrome import Chrome, corner
from desktop.views.unrolled.compose import chips_pixels, image_of, strips_pixels
from desktop.views.unrolled.geometry import Span, layer_shape
from desktop.views.unrolled.levels import StripGrid
from desktop.views.unrolled.paint_padding import paint_padding
from desktop.views.unrolled.scene import Place, Scene, layers_of

WIDE_PX = 250.0  # of the column of a cell that stands open without a diagram
GHOST_SHARE = 0.3  # of a strip's width
GHOST_SHOWN = 0.75  # how much of it shows


def paint_cells(painter: QPainter, scene: Scene, chrome: Chrome, first: int, last: int) -> None:
    """Paints the boxes of columns first <= t < last in all lanes."""
    for n, layer, _lane, block, rows in scene.places():
        span, grid = rows.layers[layer], scene.grids[n, layer]
        for start, stop in without_focus(scene, first, last):
            _paint_boxes(painter, scene, chrome, (n, layer), block, grid.columns(start, stop))
            paint_strips(painter, scene, chrome, (n, layer), grid.columns(start, stop), span)
            if (n, layer) in scene.ghosts:
                part = scene.ghosts[n, layer].columns(start, stop)
                _paint_ghost(painter, scene, chrome, (n, layer), part, span)
    paint_padding(painter, scene, chrome)
    _paint_selected(painter, scene, chrome, first, last)
    _paint_lit(painter, scene, chrome, first, last)


def without_focus(scene: Scene, first: int, last: int) -> list[tuple[int, int]]:
    """The stretches of columns beside the one that stands open."""
    focus = scene.axis.focus
    if focus is None or not first <= focus < last:
        return [(first, last)] if first < last else []
    return [part for part in ((first, focus), (focus + 1, last)) if part[0] < part[1]]


def paint_strips(
    painter: QPainter, scene: Scene, chrome: Chrome, place: Place, grid: StripGrid, span: Span, chips: bool = True
) -> None:
    """Paints the strips of some columns of a layer, in one image, and the gradients under them in another."""
    box, axis = scene.boxes[place], scene.axis
    if not grid.shown.size:
        return
    if grid.shown.any():
        pixels, left = strips_pixels(grid, chrome.table, axis, box, chrome.ratio, chrome.hairline)
        painter.drawImage(QPointF(left, span.top + box.strips.top), image_of(pixels, chrome.ratio))
    if chips and (grid.chips == grid.chips).any():
        pixels, left = chips_pixels(grid, chrome.table, axis, box, chrome.ratio)
        painter.drawImage(QPointF(left, span.top + box.chips.top), image_of(pixels, chrome.ratio))


def _paint_boxes(
    painter: QPainter, scene: Scene, chrome: Chrome, place: Place, block: BlockFrame, grid: StripGrid
) -> None:
    box, span = scene.boxes[place], scene.rows.lanes[place[0]].layers[place[1]]
    names = tuple(track.name for track in block.tracks)
    put = chrome.boxes_on(painter, box, span.height, names)
    for row, reached in enumerate(np.any(grid.shown > 0, axis=1).tolist()):
        put(QPointF(box_left(scene.axis, grid.first + row, box), span.top), reached)


def _paint_ghost(painter: QPainter, scene: Scene, chrome: Chrome, place: Place, ghost: StripGrid, span: Span) -> None:
    """A thin strip of the run before the edit at the right of each strip that differs from it."""
    grid, box = scene.grids[place].columns(ghost.first, ghost.first + len(ghost.shown)), scene.boxes[place]
    if grid.places.shape != ghost.places.shape or box.strip_px < 5:
        return
    differs = (abs(grid.places - ghost.places).max(axis=2) > 1.0) & (grid.shown > 0) & (ghost.shown > 0)
    if not differs.any():
        return
    thin = max(2.0, round(GHOST_SHARE * box.strip_px))
    shifted = CellBox(
        box.width, box.gap, box.first_px + box.strip_px - thin, box.step_px, thin, box.names, box.strips, box.chips
    )
    seam = StripGrid(ghost.first, ghost.places, (GHOST_SHOWN * differs).astype("float32"), ghost.chips, ghost.partly)
    pixels, left = strips_pixels(seam, chrome.table, scene.axis, shifted, chrome.ratio, chrome.hairline)
    painter.setPen(Qt.PenStyle.NoPen)
    for row, m in zip(*differs.nonzero(), strict=True):
        x = box_left(scene.axis, ghost.first + int(row), box) + int(shifted.first_px + shifted.step_px * int(m))
        painter.fillRect(QRectF(x - 1, span.top + box.strips.top, thin + 1, box.strips.height), chrome.theme.panel)
    painter.drawImage(QPointF(left, span.top + box.strips.top), image_of(pixels, chrome.ratio))


def strip_rect(scene: Scene, place: Place, t: int, m: int) -> QRectF:
    """Where the strip of one variable lies."""
    box, span = scene.boxes[place], scene.rows.lanes[place[0]].layers[place[1]]
    x = int(box_left(scene.axis, t, box) + box.first_px + box.step_px * m)
    return QRectF(x, span.top + box.strips.top, max(1.0, int(box.strip_px + 0.5)), box.strips.height)


def paint_wide_cell(painter: QPainter, scene: Scene, chrome: Chrome, place: Place, t: int, middle: float) -> None:
    """The strips of one cell in the middle of a box that stands open, with wide strips."""
    span, block = scene.rows.lanes[place[0]].layers[place[1]], _block(scene.lanes[place[0]], place[1])
    box = cell_box(WIDE_PX * scene.rows.scale, span.height, layer_shape(block), scene.rows.scale)
    axis = Axis(0.0, 1.0, float(t), box.width + box.gap)
    shift = math.floor(middle - (box.width + box.gap) / 2)
    wide = replace(scene, axis=replace(axis, left=float(shift)), boxes={place: box})
    part = scene.grids[place].columns(t, t + 1)
    painter.save()
    painter.translate(box_left(wide.axis, t, box), span.top)
    chrome.paint_empty(painter, box, tuple(track.name for track in block.tracks), True)
    painter.restore()
    paint_strips(painter, wide, chrome, place, part, span)


def _paint_lit(painter: QPainter, scene: Scene, chrome: Chrome, first: int, last: int) -> None:
    lit = scene.lit
    if lit is None or lit.layer < 0 or not first <= lit.t < last or lit.t == scene.axis.focus:
        return
    place = (0, lit.layer)
    _outline_box(painter, scene, place, lit.t, QPen(chrome.theme.accent, 2.0))
    names = [track.name for track in _block(scene.lanes[0], lit.layer).tracks]
    if lit.name in names:
        _light_variable(painter, scene, chrome, place, lit.t, names.index(lit.name), lit.name)


def _light_variable(painter: QPainter, scene: Scene, chrome: Chrome, place: Place, t: int, m: int, name: str) -> None:
    box, span = scene.boxes[place], scene.rows.lanes[place[0]].layers[place[1]]
    rect = strip_rect(scene, place, t, m)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if box.strip_px >= 4:
        painter.setPen(QPen(chrome.theme.accent, 1.5))
        painter.drawRoundedRect(rect.adjusted(-1.25, -1.25, 1.25, 1.25), 1.5, 1.5)
    y = span.top + box.names.height / 2 + 1
    if not chrome.has_names(box):
        return
    if chrome.names_fit(box):
        head = QRectF(rect.left() - 1, span.top + 3, rect.width() + 2, box.names.height - 5)
        painter.fillRect(head, chrome.theme.panel)
    else:
        painter.fillRect(QRectF(rect.center().x() - 6, span.top + 4, 12, box.names.height - 6), chrome.theme.panel)
    chrome.write(painter, name, chrome.fonts.maths_bold, chrome.theme.accent, rect.center().x(), y, 0.5)


def _paint_selected(painter: QPainter, scene: Scene, chrome: Chrome, first: int, last: int) -> None:
    """A thin dark outline around what is selected by hand, where that is not the place of the walk."""
    view, lit = scene.frame.view, scene.lit
    t = selected_step(scene)
    if t is None or not first <= t < last or t == scene.axis.focus:
        return
    if lit is None or t != lit.t:
        for layer in range(len(layers_of(scene.lanes[0]))):
            _outline_box(painter, scene, (0, layer), t, QPen(chrome.theme.secondary, 1.0))
    for n, layer, _lane, block, _rows in scene.places():
        for m, track in enumerate(block.tracks):
            is_lit = lit is not None and (n, layer, t, track.name) == (0, lit.layer, lit.t, lit.name)
            if n == 0 and track.path == view.path and not is_lit:
                _outline_strip(painter, strip_rect(scene, (n, layer), t, m), chrome.theme.text)


def selected_step(scene: Scene) -> int | None:
    """The step that was pinned by hand, or the walk's where only a variable was; None without a selection."""
    view, lit = scene.frame.view, scene.lit
    return view.t if view.t is not None else lit.t if view.path and lit else None


def _outline_strip(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 1.2))
    painter.drawRoundedRect(rect.adjusted(-1.6, -1.6, 1.6, 1.6), 2, 2)


def _outline_box(painter: QPainter, scene: Scene, place: Place, t: int, pen: QPen) -> None:
    box, span = scene.boxes[place], scene.rows.lanes[place[0]].layers[place[1]]
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    left = box_left(scene.axis, t, box)
    painter.drawRoundedRect(QRectF(left + 0.5, span.top + 0.5, int(box.width) - 1, span.height - 1), *corner(box))


def _block(lane: LaneFrame, layer: int) -> BlockFrame:
    return layers_of(lane)[layer]
