"""The painted scene, kept: only the columns that changed are painted again."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QRegion

from core.frame import Detail, Frame
from desktop.views.unrolled.axis import pixels_between
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.geometry import legend_height
from desktop.views.unrolled.legend import legend_rect, paint_legend
from desktop.views.unrolled.paint_cells import paint_cells, paint_wide_cell
from desktop.views.unrolled.paint_edges import RAIL_NAME_PX, named_column, paint_edges
from desktop.views.unrolled.paint_labels import paint_headings, paint_words
from desktop.views.unrolled.paint_map import paint_gutter, paint_map
from desktop.views.unrolled.paint_rows import LEFT_PX, NAME_WIDE_PX, paint_row_names
from desktop.views.unrolled.scene import Scene, changed_columns, layers_of

STILL_PX = 24.0  # at the sides, the ends of the lines between lanes
WHOLE_PX = 1e-3  # no farther from a whole number of pixels
REACH_PX = RAIL_NAME_PX  # how far what belongs to a column may stand out of it
INITIAL_REACH_PX = 60.0  # the same where a shorter lane may begin at the right
ALL_IF_SHARE = 0.6  # from so many changed columns on, painting everything is cheaper


class InsideLike(Protocol):
    """Whoever paints the inside of the open cell."""

    def paint(self, painter: QPainter, rect: QRectF, frame: Frame) -> None:
        """Paint into the rectangle."""


class PaintedLayer:
    """A pixmap of the scene at rest."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._scene: Scene | None = None
        self._due: tuple[Scene, Chrome, QSize, InsideLike | None] | None = None

    @property
    def pixmap(self) -> QPixmap:
        """The picture."""
        if self._due is not None:
            self.show(*self._due)
        return self._pixmap

    def prepare(self, scene: Scene, chrome: Chrome, size: QSize, inside: InsideLike | None) -> None:
        """Shows a scene that nobody sees yet: it is painted when the picture is wanted, as it is replaced by then."""
        self._due = (scene, chrome, size, inside)

    def forget(self) -> None:
        """Paint everything the next time."""
        self._scene = None

    def show(self, scene: Scene, chrome: Chrome, size: QSize, inside: InsideLike | None) -> np.ndarray | None:
        """Brings the picture up to date; returns the columns that were painted again, None for all."""
        self._due = None
        wanted = QSize(round(size.width() * chrome.ratio), round(size.height() * chrome.ratio))
        columns = None
        if self._scene is not None and self._pixmap.size() == wanted and scene.detail is not Detail.INSIDE:
            shift = shift_between(self._scene, scene, chrome.ratio)
            if shift:
                self._shift(scene, chrome, size, shift)
                return None
            columns = changed_columns(self._scene, scene)
        if self._pixmap.size() != wanted:
            self._pixmap = QPixmap(wanted)
            self._pixmap.setDevicePixelRatio(chrome.ratio)
        count = scene.columns[1] - scene.columns[0]
        if columns is not None and len(columns) and columns[-1] - columns[0] + 1 > ALL_IF_SHARE * count:
            self._paint(scene, chrome, size, None, inside)
        else:
            self._paint(scene, chrome, size, columns, inside)
        self._scene = scene
        return columns

    def _paint(
        self, scene: Scene, chrome: Chrome, size: QSize, columns: np.ndarray | None, inside: InsideLike | None
    ) -> None:
        painter = QPainter(self._pixmap)
        whole = QRectF(0, 0, size.width(), size.height())
        if columns is None:
            paint_scene(painter, scene, chrome, whole, whole, inside)
        else:
            heading = headings_region(scene, size.width())
            for start, stop in stretches(columns):
                area = column_area(scene, start, stop, size)
                paint_scene(painter, scene, chrome, whole, area, inside)
            self._repaint_headings(painter, scene, chrome, whole, heading)
            if scene.detail is Detail.MAP:
                high = column_area(scene, 0, 1, size).height()  # above the legend
                painter.setClipRect(QRectF(0, 0, math.floor(scene.axis.left), high))
                paint_gutter(painter, scene, chrome)
                painter.setClipRect(QRectF(0, 0, size.width(), high))
                paint_row_names(painter, scene, chrome)
        painter.end()

    def _shift(self, scene: Scene, chrome: Chrome, size: QSize, shift: int) -> None:
        """Moves what is painted, and paints what comes into sight and what stays where it is."""
        before, self._scene = self._scene, scene
        whole = QRectF(0, 0, size.width(), size.height())
        high = column_area(scene, 0, 1, size).height()
        device = [round(chrome.ratio * length) for length in (shift, size.width(), high)]
        self._pixmap.scroll(device[0], 0, QRect(0, 0, device[1], device[2]))
        painter = QPainter(self._pixmap)
        for left, right in stale_after_shift(before, scene, whole.width(), shift):
            paint_scene(painter, scene, chrome, whole, QRectF(left, 0, right - left, high), None)
        self._repaint_headings(painter, scene, chrome, whole, headings_region(scene, size.width()))
        painter.end()

    @staticmethod
    def _repaint_headings(painter: QPainter, scene: Scene, chrome: Chrome, whole: QRectF, region: QRegion) -> None:
        painter.setClipRegion(region)
        painter.fillRect(whole, chrome.theme.background)
        paint_headings(painter, scene, chrome, whole.width())


def paint_scene(
    painter: QPainter, scene: Scene, chrome: Chrome, whole: QRectF, area: QRectF, inside: InsideLike | None
) -> None:
    """Paints what lies in ``area`` of a widget that is as large as ``whole``."""
    painter.setClipRect(area)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(area, chrome.theme.background)
    first, last = _columns_in(scene, area)
    if scene.detail is Detail.MAP:
        paint_map(painter, scene, chrome, area.left() - 1, area.right() + 1)
        if area.left() < scene.axis.left:
            paint_gutter(painter, scene, chrome)
        paint_row_names(painter, scene, chrome)
    else:
        paint_edges(painter, scene, chrome, first, last)
        paint_cells(painter, scene, chrome, first, last)
        if scene.axis.focus is not None:
            paint_open_cell(painter, scene, chrome, scene.frame, inside)
        paint_words(painter, scene, chrome, first, last)
        paint_row_names(painter, scene, chrome)
    paint_headings(painter, scene, chrome, whole.width())
    if area.bottom() > legend_rect(scene, whole).top():
        paint_legend(painter, scene, chrome, whole)


def shift_between(before: Scene, after: Scene, ratio: float) -> int:
    """How many pixels the same frame has moved to the right; 0 where it has to be painted anew, or stands still."""
    moved = pixels_between(before.axis, after.axis)
    if not moved or after.detail is not Detail.CELLS or before.frame is not after.frame:
        return 0
    if (before.detail, before.kind, before.limits, before.rows) != (after.detail, after.kind, after.limits, after.rows):
        return 0
    shift = round(moved)
    exact = abs(shift - moved) < WHOLE_PX and (shift * ratio).is_integer()
    return shift if exact and 2 * abs(shift) < after.axis.width else 0


def stale_after_shift(before: Scene, after: Scene, width: float, shift: int) -> list[tuple[int, int]]:
    """Stretches to be painted anew: what comes into sight, what does not move, and the names of the rails."""
    scale = after.rows.scale
    edge = abs(shift) + REACH_PX * scale
    still = []
    if len(after.lanes) > 1:
        still = [(0.0, STILL_PX * scale), (width - STILL_PX * scale, width)]
    if any(len(layers_of(lane)) > 1 for lane in after.lanes):
        still.append((0.0, (LEFT_PX + NAME_WIDE_PX) * scale))
    found = [(left + min(0, shift), right + max(0, shift)) for left, right in still]
    found.append((0, edge) if shift > 0 else (width - edge, width))
    named = {named_column(scene) for scene in (before, after)}
    if len(named) > 1:  # else the names move along
        found += [(after.axis.x_of(t) - RAIL_NAME_PX * scale, after.axis.x_of(t) + RAIL_NAME_PX * scale) for t in named]
    return united([(math.floor(left), math.ceil(right)) for left, right in found])


def united(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same stretches, none of them over another."""
    found: list[tuple[int, int]] = []
    for left, right in sorted(stretches):
        if found and left <= found[-1][1]:
            found[-1] = (found[-1][0], max(right, found[-1][1]))
        else:
            found.append((left, right))
    return found


def paint_open_cell(painter: QPainter, scene: Scene, chrome: Chrome, frame: Frame, inside: InsideLike | None) -> None:
    """The large box of the open cell; what is in it is painted by the painter of the inside."""
    for n, layer, _lane, _block, _rows in scene.places():
        rect = open_cell_rect(scene, n, layer)
        lit = scene.lit is not None and (n, layer, scene.axis.focus) == (0, max(0, scene.lit.layer), scene.lit.t)
        painter.setPen(QPen(chrome.theme.accent, 2.0) if lit else QPen(chrome.theme.strong_line, 1.0))
        painter.setBrush(chrome.theme.panel)
        painter.drawRoundedRect(rect, 8, 8)
        if inside is not None and (n, layer) == (0, max(0, scene.lit.layer) if scene.lit else 0):
            painter.save()
            painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
            inside.paint(painter, rect.adjusted(10, 10, -10, -10), frame)
            painter.restore()
        elif scene.axis.focus is not None:
            paint_wide_cell(painter, scene, chrome, (n, layer), scene.axis.focus, rect.center().x())


def open_cell_rect(scene: Scene, n: int, layer: int) -> QRectF:
    """Where the open cell of a layer lies."""
    axis, span = scene.axis, scene.rows.lanes[n].layers[layer]
    gap = scene.boxes[n, layer].gap
    left = math.floor(axis.x_of(axis.focus or 0) + gap / 2)
    return QRectF(left + 0.5, span.top + 0.5, math.floor(axis.focus_px - gap) - 1, span.height - 1)


def lead_cell_rect(scene: Scene) -> QRectF | None:
    """Where the open cell of the lead lane lies; None where none is open."""
    if scene.axis.focus is None or not scene.lanes:
        return None
    return open_cell_rect(scene, 0, max(0, scene.lit.layer) if scene.lit else 0)


def stretches(columns: np.ndarray) -> list[tuple[int, int]]:
    """Changed columns as stretches first <= t < last; those near each other are painted together."""
    found: list[tuple[int, int]] = []
    for t in columns.tolist():
        if found and t - found[-1][1] <= 2:
            found[-1] = (found[-1][0], t + 1)
        else:
            found.append((t, t + 1))
    return found


def column_area(scene: Scene, first: int, last: int, size: QSize) -> QRectF:
    """Everything that belongs to columns first <= t < last, edges on both sides included."""
    axis = scene.axis
    margin = 0.5 * axis.pitch
    if scene.detail is Detail.MAP:
        margin = max(26.0, 0.6 * axis.pitch + 4)  # the number of the step is wider than its column
    left, right = math.floor(axis.x_of(first) - margin), math.ceil(axis.x_of(last) + margin)
    legend = legend_height(size.width(), scene.rows.scale)  # the same at all steps
    return QRectF(left, 0, right - left, math.floor(size.height() - legend))


def headings_region(scene: Scene, width: float) -> QRegion:
    """Where the headings of the lanes stand."""
    region = QRegion()
    for rows in scene.rows.lanes:
        span = rows.heading
        region += QRectF(0, span.top, width, span.height - 4).toAlignedRect()  # pills reach up a little
    return region


def _columns_in(scene: Scene, area: QRectF) -> tuple[int, int]:
    """The columns of which anything lies in ``area``; beside all of them, where initial values stand, the nearest."""
    back = any(block.direction < 0 for lane in scene.lanes for block in lane.blocks)
    reach = scene.rows.scale * (INITIAL_REACH_PX if back else REACH_PX)
    first = max(scene.columns[0], math.floor(scene.axis.column_at(area.left() - reach)))
    last = min(scene.columns[1], math.floor(scene.axis.column_at(area.right() + reach)) + 1)
    first = min(first, scene.columns[1] - 1)
    return first, max(first + 1, last)
