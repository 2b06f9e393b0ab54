"""What moves between two frames: strips that change, and values and gradients that travel along edges."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from core.frame import Detail
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.edge import Edge
from desktop.views.unrolled.edges import edges_of
from desktop.views.unrolled.levels import NOT_FINITE, StripGrid
from desktop.views.unrolled.paint_cells import paint_strips, strip_rect, without_focus
from desktop.views.unrolled.scene import Place, Scene

MOST_COLUMNS = 48
MOST_FLASHES = 24
MOST_PULSES = 64
FLASH = 0.45  # how much of the accent lies over a strip of the current cell that has just changed


class Pulse(msgspec.Struct, frozen=True):
    """Something that travels along an edge."""

    edge: Edge
    backward: bool


class Motion(msgspec.Struct, frozen=True, eq=False):
    """The way from one scene to the next, over the columns that differ."""

    after: Scene
    parts: tuple[tuple[Place, StripGrid, StripGrid], ...]  # before and after, the same columns
    flashes: tuple[tuple[Place, int, int], ...]  # (place, t, variable)
    pulses: tuple[Pulse, ...]
    area: QRectF


def motion_between(before: Scene, after: Scene, columns: np.ndarray) -> Motion | None:
    """What moves; None where nothing does or too much would."""
    if after.detail is Detail.MAP or not len(columns) > 0 or columns[-1] - columns[0] >= MOST_COLUMNS:
        return None
    first, last = int(columns[0]), int(columns[-1]) + 1
    parts, flashes = [], []
    for n, layer, _lane, _block, _rows in after.places():
        for start, stop in without_focus(after, first, last):
            old, new = (scene.grids[n, layer].columns(start, stop) for scene in (before, after))
            if old.places.shape != new.places.shape:
                continue
            differs = (old.shown != new.shown) | np.any(old.places != new.places, axis=2)
            if differs.any():
                parts.append(((n, layer), old, new))
            if n == 0 and after.lit is not None and start <= after.lit.t < stop:
                row = after.lit.t - start
                came = differs[row] | (np.nan_to_num(old.chips[row], nan=-1) != np.nan_to_num(new.chips[row], nan=-1))
                flashes += [((n, layer), after.lit.t, int(m)) for m in np.flatnonzero(came)]
    pulses = _pulses(before, after, first, last)
    if not (parts or pulses or flashes):
        return None
    area = QRectF(after.axis.x_of(first) - 60, 0, after.axis.x_of(last) - after.axis.x_of(first) + 120, 1e6)
    kept = tuple(flashes) if len(flashes) <= MOST_FLASHES else ()
    return Motion(after, tuple(parts), kept, pulses, area)


def _pulses(before: Scene, after: Scene, first: int, last: int) -> tuple[Pulse, ...]:
    old = {edge.key: edge for edge in edges_of(before, first, last)}
    found = []
    for edge in edges_of(after, first, last):
        was = old.get(edge.key)
        if was is None:
            continue
        if math.isnan(was.norm) and not math.isnan(edge.norm):
            found.append(Pulse(edge, True))
        elif edge.reached and not was.reached:
            found.append(Pulse(edge, False))
    return tuple(found) if len(found) <= MOST_PULSES else ()


def paint_motion(painter: QPainter, motion: Motion, chrome: Chrome, share: float) -> None:
    """Paints the columns that differ, ``share`` of the way on."""
    scene = motion.after
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for place, old, new in motion.parts:
        span = scene.rows.lanes[place[0]].layers[place[1]]
        _paint_ground(painter, scene, chrome, place, old, new)
        paint_strips(painter, scene, chrome, place, between(old, new, share), span, chips=False)
    for place, t, m in motion.flashes:
        glow = QColor(chrome.theme.accent)
        glow.setAlphaF(FLASH * (1.0 - share))
        painter.fillRect(strip_rect(scene, place, t, m), glow)
    for pulse in motion.pulses:
        _paint_pulse(painter, pulse, chrome, scene, share)


def between(old: StripGrid, new: StripGrid, share: float) -> StripGrid:
    """Strips on the way; what appears takes its final colour at once and fades in."""
    moves = (old.shown > 0) & (new.shown > 0)
    still = moves[:, :, None] & (old.places < NOT_FINITE) & (new.places < NOT_FINITE)
    places = np.where(still, old.places + (new.places - old.places) * np.float32(share), new.places)
    gone = (old.shown > 0) & (new.shown == 0)
    places = np.where(gone[:, :, None], old.places, places)
    shown = (old.shown + (new.shown - old.shown) * np.float32(share)).astype(np.float32)
    return StripGrid(new.first, places, shown, new.chips, new.partly)


def _paint_ground(
    painter: QPainter, scene: Scene, chrome: Chrome, place: Place, old: StripGrid, new: StripGrid
) -> None:
    """Empty strips under those that appear or vanish, so that they fade from and to 'not computed'."""
    painter.setPen(Qt.PenStyle.NoPen)
    for row, m in zip(*(old.shown != new.shown).nonzero(), strict=True):
        painter.fillRect(strip_rect(scene, place, new.first + int(row), int(m)), chrome.hatch)


def _paint_pulse(painter: QPainter, pulse: Pulse, chrome: Chrome, scene: Scene, share: float) -> None:
    edge = pulse.edge
    at = QPointF(*edge.along(1.0 - share if pulse.backward else share))
    colour = chrome.theme.gradient_high if pulse.backward else chrome.theme.secondary
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(chrome.theme.background)
    painter.drawEllipse(at, 6.5, 6.5)
    painter.setBrush(colour)
    painter.drawEllipse(at, 4.5, 4.5)
