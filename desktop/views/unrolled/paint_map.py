"""Paints the map: thousands of steps as heat strips, one image for all that changed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from core.frame import LaneFrame
from desktop.style.colours import gradient_fraction
from desktop.views.unrolled.axis import tick_step
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.compose import image_of
from desktop.views.unrolled.geometry import LaneRows
from desktop.views.unrolled.levels import GRADIENT_FROM, GRADIENT_STEPS, shown_units, track_places
from desktop.views.unrolled.map_bands import Band, bands_of
from desktop.views.unrolled.map_selection import is_selected, paint_map_selection
from desktop.views.unrolled.paint_labels import paint_mark, visible_token
from desktop.views.unrolled.paint_padding import end_of
from desktop.views.unrolled.scene import Scene

TICKS_APART_PX = 64.0
TOKENS_FROM_PX = 13.0
MARK_EVERY_PX = 11.0


def paint_map(painter: QPainter, scene: Scene, chrome: Chrome, left: float, right: float) -> None:
    """Paints what lies between two places of the widget."""
    left = max(left, scene.axis.left)
    pixels = PixelColumns.between(scene, left, right, chrome.ratio)
    for _n, layer, lane, block, rows in scene.places():
        for band in bands_of(block, rows.layers[layer], scene.rows.scale):
            if len(pixels.steps):
                _paint_band(painter, scene, chrome, lane, band, pixels)
    for n, lane in enumerate(scene.lanes):
        _paint_lane_words(painter, scene, chrome, lane, scene.rows.lanes[n], left, right)
        _paint_cursor(painter, scene, chrome, scene.rows.lanes[n])
    paint_map_selection(painter, scene, chrome)
    _light_band(painter, scene, chrome)


class PixelColumns:
    """Which time steps the pixels of a stretch show: for narrow columns one of several, always the same one."""

    def __init__(self, left: float, steps: NDArray, places: NDArray) -> None:
        self.left = left
        self.steps = steps  # time steps, ascending, none twice
        self.places = places  # (w,) for each pixel its place in `steps`, or len(steps) for none

    @classmethod
    def between(cls, scene: Scene, left: float, right: float, ratio: float) -> PixelColumns:
        """For the pixels from ``left`` to ``right`` of the widget."""
        axis, start = scene.axis, math.floor(left)
        x = start + (np.arange(max(0, math.ceil((right - start) * ratio))) + 0.5) / ratio
        t = np.floor(axis.offset + (x - axis.left) / axis.pitch).astype(np.intp)
        inside = (t >= 0) & (t < scene.length) & (x >= axis.left)
        steps, places = np.unique(t[inside], return_inverse=True)
        everywhere = np.full(len(x), len(steps), np.intp)
        everywhere[inside] = places
        if axis.pitch * ratio >= 6:  # wide columns stand apart by a hairline
            edges = np.flatnonzero(np.diff(t))
            everywhere[edges] = len(steps)
        return cls(start, steps, everywhere)


def _paint_band(
    painter: QPainter, scene: Scene, chrome: Chrome, lane: LaneFrame, band: Band, pixels: PixelColumns
) -> None:
    height = max(1, round(band.span.height * chrome.ratio))
    colours = _gradient_colours(scene, chrome, band, pixels) if band.of_gradient else None
    if colours is None:
        colours = _value_colours(scene, chrome, lane, band, pixels, height)
    texels = np.concatenate([colours, np.zeros((1, colours.shape[1]), np.uint32)])
    rows = np.arange(height) * texels.shape[1] // height
    image = texels.T.take(pixels.places, axis=1).take(rows, axis=0)
    end = pixels.left + len(pixels.places) / chrome.ratio
    last_x = min(end, scene.axis.x_of(min(scene.length, end_of(lane))))
    painter.fillRect(QRectF(pixels.left, band.span.top, last_x - pixels.left, band.span.height), chrome.hatch)
    painter.drawImage(QPointF(pixels.left, band.span.top), image_of(image, chrome.ratio))


def _value_colours(
    scene: Scene, chrome: Chrome, lane: LaneFrame, band: Band, pixels: PixelColumns, height: int
) -> NDArray:
    """(steps, rows) uint32; transparent where nothing is computed or the frame does not hold the column."""
    units = shown_units(band.track.values.shape[1], height)
    result = np.zeros((len(pixels.steps), len(units)), np.uint32)
    held = (pixels.steps >= lane.first) & (pixels.steps < lane.last)
    rows = pixels.steps[held] - lane.first
    known = band.track.reached[rows] if scene.kind == "values" else band.track.arrived[rows] > 0
    held[held] = known
    places = track_places(band.track, rows[known], units, scene.limits, scene.kind)
    result[held] = chrome.table[np.rint(places).astype(np.intp)]
    return result


def _gradient_colours(scene: Scene, chrome: Chrome, band: Band, pixels: PixelColumns) -> NDArray:
    """(steps, 1) uint32 of the gradient norms: the largest of the steps that share a pixel."""
    norms = band.track.adjoint_norms
    steps = pixels.steps[pixels.steps < len(norms)]
    result = np.zeros((len(pixels.steps), 1), np.uint32)
    if not len(steps):
        return result
    sampled = norms[steps]
    if scene.axis.pitch < 1:
        sampled = np.fmax.reduceat(norms[: steps[-1] + 1], steps)
    fraction = gradient_fraction(sampled, *scene.limits)
    known = ~np.isnan(fraction)
    places = np.rint(GRADIENT_FROM + GRADIENT_STEPS * fraction[known]).astype(np.intp)
    result[np.flatnonzero(known), 0] = chrome.table[places]
    return result


def paint_gutter(painter: QPainter, scene: Scene, chrome: Chrome) -> None:
    """The names of the bands at the left."""
    lit, right = scene.lit, scene.axis.left - 8
    for n, layer, _lane, block, rows in scene.places():
        top, height = rows.layers[layer].top, rows.layers[layer].height
        painter.fillRect(QRectF(0, top - 4, scene.axis.left, height + 8), chrome.theme.background)
        for band in bands_of(block, rows.layers[layer], scene.rows.scale):
            here = lit is not None and (n, layer, band.track.name) == (0, lit.layer, lit.name) and not band.of_gradient
            chosen = is_selected(scene, n, band)
            font = chrome.fonts.maths_bold if here or chosen else chrome.fonts.maths
            if band.span.height < 9 and not (here or chosen):
                continue
            colour = chrome.theme.accent if here else chrome.theme.text if chosen else chrome.theme.secondary
            chrome.write(painter, band.label, font, colour, right, band.span.top + band.span.height / 2, 1.0)


def _light_band(painter: QPainter, scene: Scene, chrome: Chrome) -> None:
    """The strip of the current variable in the current column."""
    lit = scene.lit
    if lit is None or lit.layer < 0 or scene.axis.pitch < 5:
        return
    for n, layer, _lane, block, rows in scene.places():
        for band in bands_of(block, rows.layers[layer], scene.rows.scale) if (n, layer) == (0, lit.layer) else ():
            if band.track.name == lit.name and not band.of_gradient:
                x = scene.axis.x_of(lit.t)
                painter.setPen(QPen(chrome.theme.accent, 2.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(x - 1, band.span.top - 1, scene.axis.pitch + 1, band.span.height + 2))


def _paint_cursor(painter: QPainter, scene: Scene, chrome: Chrome, rows: LaneRows) -> None:
    """The current column: a frame around it, or a line where it is narrower than a line."""
    if scene.lit is None or not rows.layers:
        return
    x, pitch = scene.axis.x_of(scene.lit.t), scene.axis.pitch
    top, bottom = rows.layers[-1].top - 5, rows.layers[0].bottom + 4
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if pitch >= 5:
        painter.setPen(QPen(chrome.theme.accent, 1.5))
        painter.drawRoundedRect(QRectF(round(x) - 1.5, top, round(pitch) + 2, bottom - top), 2.5, 2.5)
        return
    middle = round(x + pitch / 2)
    painter.fillRect(QRectF(middle - 1, top, 2, bottom - top), chrome.theme.accent)


def _paint_lane_words(
    painter: QPainter, scene: Scene, chrome: Chrome, lane: LaneFrame, rows: LaneRows, left: float, right: float
) -> None:
    if not rows.layers:
        return
    axis, end = scene.axis, min(lane.length, scene.columns[1])
    step = tick_step(axis.pitch, TICKS_APART_PX * scene.rows.scale)
    first = max(0, int(axis.column_at(left - TICKS_APART_PX)))
    last = min(end, int(axis.column_at(right + TICKS_APART_PX)) + 1)
    for t in sorted({0, *range(max(step, (first + 1) // step * step) - 1, last, step)}):
        if first <= t < last and (t == 0 or t >= 0.6 * step):
            _paint_tick(painter, scene, chrome, rows, t)
    if scene.lit is not None and scene.lit.t < lane.length:
        _paint_lit_number(painter, scene, chrome, rows, scene.lit.t)
    if axis.pitch >= TOKENS_FROM_PX * scene.rows.scale:
        for t in range(max(first, lane.first), min(last, lane.last)):
            _paint_upright_token(painter, scene, chrome, lane, rows, t)
    _paint_marks(painter, scene, chrome, lane, rows, first, last)


def _paint_tick(painter: QPainter, scene: Scene, chrome: Chrome, rows: LaneRows, t: int) -> None:
    x, y = math.floor(scene.axis.middle_of(t)) + 0.5, rows.layers[0].bottom + 5
    painter.setPen(QPen(chrome.theme.strong_line, 1.0))
    painter.drawLine(QPointF(x, y), QPointF(x, y + 4))
    chrome.write(painter, str(t + 1), chrome.fonts.tiny, chrome.theme.secondary, x, y + 11, 0.5)


def _paint_lit_number(painter: QPainter, scene: Scene, chrome: Chrome, rows: LaneRows, t: int) -> None:
    """The current step on the axis of time, over whatever stands there."""
    x, y, text = scene.axis.middle_of(t), rows.layers[0].bottom + 16, str(t + 1)
    wide = chrome.word_width(text, chrome.fonts.tiny_bold)
    painter.fillRect(QRectF(x - wide / 2 - 3, y - 6, wide + 6, 13), chrome.theme.background)
    chrome.write(painter, text, chrome.fonts.tiny_bold, chrome.theme.accent, x, y, 0.5)


def _paint_upright_token(
    painter: QPainter, scene: Scene, chrome: Chrome, lane: LaneFrame, rows: LaneRows, t: int
) -> None:
    """A token written downwards."""
    here = scene.lit is not None and scene.lit.t == t
    font = chrome.fonts.tiny_bold if here else chrome.fonts.tiny
    room = rows.bottom + 10 * scene.rows.scale - rows.token.top
    text = chrome.fitted(visible_token(lane.tokens[t - lane.first]), font, room)
    colour = chrome.theme.text if here else chrome.theme.secondary
    painter.save()
    painter.translate(round(scene.axis.middle_of(t)), rows.token.top + 7.0 * scene.rows.scale)
    painter.rotate(90)
    chrome.write(painter, text, font, colour, 0, 0, 0.0)
    painter.restore()


def _paint_marks(
    painter: QPainter, scene: Scene, chrome: Chrome, lane: LaneFrame, rows: LaneRows, first: int, last: int
) -> None:
    """A tick or a cross over predictions; where they crowd, one mark for several, a cross if any of them is wrong."""
    y, crowd = rows.pill.bottom, max(1, math.ceil(MARK_EVERY_PX / scene.axis.pitch))
    for start in range(max(first, lane.first) // crowd * crowd, min(last, lane.last), crowd):
        part = slice(max(start, lane.first) - lane.first, min(start + crowd, lane.last) - lane.first)
        verdicts = [each.right for each in lane.predictions[part] if each is not None and each.right is not None]
        if not verdicts:
            continue
        right = all(verdicts)
        x = (scene.axis.x_of(start) + scene.axis.x_of(min(start + crowd, lane.last))) / 2
        good = chrome.theme.good if crowd == 1 else chrome.theme.strong_line
        paint_mark(painter, QPointF(x, y), right, good if right else chrome.theme.warning)
