"""Paints the legend under the lanes: the three scales, and what numbers on arrows and bars under cells mean."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from core.frame import Detail
from desktop.style.numbers_text import short_text
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.compose import image_of
from desktop.views.unrolled.geometry import LEGEND_LINE_PX, legend_height
from desktop.views.unrolled.levels import GATE_FROM, GATE_STEPS, GRADIENT_FROM, GRADIENT_STEPS, STATE_FROM, STATE_STEPS
from desktop.views.unrolled.paint_edges import arrow
from desktop.views.unrolled.paint_labels import translated
from desktop.views.unrolled.scene import Scene

BAR_PX = 44.0
HEIGHT_PX = 7.0
MARK_PX = 18.0  # of the little arrow and the little bar
SPACE_PX = 18.0
LEFT_PX = 20.0


class Entry(msgspec.Struct, frozen=True):
    """One thing that the legend explains: words before a ramp or a mark, and words behind it."""

    before: str
    after: str
    start: int = 0  # first place in the colour table
    steps: int = 0
    mark: str = ""  # "arrow", "bar"; "" for a ramp


def entries_of(scene: Scene) -> list[Entry]:
    """What the legend says; the same in all phases, so that nothing jumps while walking."""
    low, high = (short_text(limit) for limit in scene.limits)
    entries = [
        Entry(translated("gate 0"), "1", GATE_FROM, GATE_STEPS),
        Entry(translated("state \N{MINUS SIGN}"), "+", STATE_FROM, STATE_STEPS),
        Entry(translated("gradient {low}").format(low=low), high, GRADIENT_FROM, GRADIENT_STEPS),
    ]
    if scene.detail is Detail.CELLS:
        entries.append(Entry("", translated("\u2016\u2202L/\u2202\u00b7\u2016 sent along it"), mark="arrow"))
        entries.append(Entry("", translated("\u2016\u2202L/\u2202\u00b7\u2016 per variable"), mark="bar"))
    return entries


def legend_rect(scene: Scene, whole: QRectF) -> QRectF:
    """Where the legend stands: at the bottom, also where the lanes scroll."""
    height = legend_height(whole.width(), scene.rows.scale)
    return QRectF(whole.left(), whole.bottom() - height, whole.width(), height)


def paint_legend(painter: QPainter, scene: Scene, chrome: Chrome, whole: QRectF) -> None:
    """Paints it at the bottom, in as many lines as it needs."""
    if not scene.rows.lanes:
        return
    rect, scale = legend_rect(scene, whole), scene.rows.scale
    painter.fillRect(rect, chrome.theme.background)
    lines = list(_lines(scene, chrome, rect.width() - 2 * LEFT_PX * scale))
    y = rect.bottom() - scale * (4.0 + LEGEND_LINE_PX * (len(lines) - 0.5))
    for line in lines:
        x = LEFT_PX * scale
        for entry in line:
            x = _paint_entry(painter, chrome, entry, x, y) + SPACE_PX
        y += scale * LEGEND_LINE_PX


def _lines(scene: Scene, chrome: Chrome, room: float) -> Iterator[list[Entry]]:
    line: list[Entry] = []
    taken = 0.0
    for entry in entries_of(scene):
        wide = _width(chrome, entry) + SPACE_PX
        if line and taken + wide - SPACE_PX > room:
            yield line
            line, taken = [], 0.0
        line.append(entry)
        taken += wide
    if line:
        yield line


def _width(chrome: Chrome, entry: Entry) -> float:
    font = chrome.fonts.tiny
    before = chrome.word_width(entry.before, font) + 6 if entry.before else 0.0
    return before + (MARK_PX if entry.mark else BAR_PX) + 6 + chrome.word_width(entry.after, font)


def _paint_entry(painter: QPainter, chrome: Chrome, entry: Entry, x: float, y: float) -> float:
    """Paints one entry from ``x`` on; returns where it ends."""
    font, colour = chrome.fonts.tiny, chrome.theme.secondary
    end = x + _width(chrome, entry)
    if entry.before:
        chrome.write(painter, entry.before, font, colour, x, y, 0.0)
        x = math.ceil(x + chrome.word_width(entry.before, font) + 6)
    if entry.mark:
        _paint_mark(painter, chrome, entry.mark, x, y)
    else:
        _paint_ramp(painter, chrome, entry, x, y)
    x += (MARK_PX if entry.mark else BAR_PX) + 6
    chrome.write(painter, entry.after, font, colour, x, y, 0.0)
    return end


def _paint_ramp(painter: QPainter, chrome: Chrome, entry: Entry, x: float, y: float) -> None:
    places = entry.start + np.rint(np.linspace(0, entry.steps, int(BAR_PX * chrome.ratio))).astype(np.intp)
    pixels = np.repeat(chrome.table[places][None, :], max(1, int(HEIGHT_PX * chrome.ratio)), axis=0)
    bar = QRectF(x, math.floor(y - HEIGHT_PX / 2), BAR_PX, HEIGHT_PX)
    painter.drawImage(bar, image_of(np.ascontiguousarray(pixels), 1.0))


def _paint_mark(painter: QPainter, chrome: Chrome, mark: str, x: float, y: float) -> None:
    """A gradient's arrow, or the bar of a variable under its cell."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(chrome.gradient(0.1, (1e-4, 1.0)))
    if mark == "arrow":
        painter.drawPolygon(arrow(QPointF(x + MARK_PX, y), QPointF(x, y), 3.5))
    else:
        painter.drawRect(QRectF(x, math.floor(y - 2), MARK_PX, 5.0))


def legend_words(scene: Scene) -> str:
    """What a tooltip over the legend says."""
    low, high = (short_text(limit) for limit in scene.limits)
    lines = [
        translated("Gates: from 0, closed, to 1, open."),
        translated("States: negative, zero, positive."),
        translated("Gradients: norms from {low} to {high}, on a logarithmic scale.").format(low=low, high=high),
    ]
    if scene.detail is Detail.CELLS:
        lines += [
            translated(
                "Numbers on arrows: the norm of the gradient that travels there, from the reader back to what it read;"
                " the arrow down to a word is the gradient of its input."
            ),
            translated(
                "Bars under a cell: the norm of \u2202L/\u2202(variable) for each of its variables;"
                " striped where parts are still to come."
            ),
        ]
    return "\n".join(lines)
