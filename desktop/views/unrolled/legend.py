"""Paints the legend of the three scales: gates, states, gradients."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from desktop.numbers_text import short_text
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.compose import image_of
from desktop.views.unrolled.levels import GATE_FROM, GATE_STEPS, GRADIENT_FROM, GRADIENT_STEPS, STATE_FROM, STATE_STEPS
from desktop.views.unrolled.paint_labels import translated
from desktop.views.unrolled.scene import Scene

BAR_PX = 52.0
HEIGHT_PX = 7.0
SPACE_PX = 20.0


def legend_width(scene: Scene, chrome: Chrome) -> float:
    """How wide the legend is."""
    return sum(_entry_width(chrome, *entry[:2]) for entry in _entries(scene)) + SPACE_PX * (len(_entries(scene)) - 1)


def paint_legend(painter: QPainter, scene: Scene, chrome: Chrome, right: float, middle: float) -> None:
    """Paints it so that it ends at ``right``."""
    x = right - legend_width(scene, chrome)
    for before, after, start, steps in _entries(scene):
        x = _paint_entry(painter, chrome, before, after, (start, steps), x, middle) + SPACE_PX


def _entries(scene: Scene) -> list[tuple[str, str, int, int]]:
    """(text before, text after, first place in the colour table, steps) of each scale."""
    low, high = scene.limits
    gradient = translated("gradient {low}").format(low=short_text(low))
    return [
        (translated("gate 0"), "1", GATE_FROM, GATE_STEPS),
        (translated("state \N{MINUS SIGN}"), "+", STATE_FROM, STATE_STEPS),
        (gradient, short_text(high), GRADIENT_FROM, GRADIENT_STEPS),
    ]


def _entry_width(chrome: Chrome, before: str, after: str) -> float:
    words = chrome.word_width(before, chrome.fonts.tiny) + chrome.word_width(after, chrome.fonts.tiny)
    return words + BAR_PX + 12


def _paint_entry(
    painter: QPainter, chrome: Chrome, before: str, after: str, part: tuple[int, int], x: float, y: float
) -> float:
    font, colour = chrome.fonts.tiny, chrome.theme.secondary
    chrome.write(painter, before, font, colour, x, y, 0.0)
    x = math.ceil(x + chrome.word_width(before, font) + 6)
    places = part[0] + np.rint(np.linspace(0, part[1], int(BAR_PX * chrome.ratio))).astype(np.intp)
    pixels = np.repeat(chrome.table[places][None, :], max(1, int(HEIGHT_PX * chrome.ratio)), axis=0)
    bar = QRectF(x, math.floor(y - HEIGHT_PX / 2), BAR_PX, HEIGHT_PX)
    painter.drawImage(bar, image_of(np.ascontiguousarray(pixels), 1.0))
    chrome.write(painter, after, font, colour, x + BAR_PX + 6, y, 0.0)
    return x + BAR_PX + 6 + chrome.word_width(after, font)
