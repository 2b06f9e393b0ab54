"""The names of the curves at the right of a plot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.style.theme import Theme, lane_colours, scaled, ui_font
from desktop.views.series import Series

FARTHEST = 2.1  # heights of a name that it may stand away from its curve; three that end together do so


class EndLabels(QWidget):
    """The names of the curves at the right, each at the height where its curve ends, never over one another.

    They lie over the curves: beside the last column where there is room, else on a ground that lets them be read.
    """

    def __init__(self, theme: Theme, pixel: Callable[[float, float], QPointF], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._pixel = pixel
        self._last = 1
        self._ends: list[tuple[float, str, int, bool]] = []
        self.theme = theme

    def show_ends(self, placed: list[tuple[Series, NDArray]], columns: tuple[int, int]) -> None:
        """Take the right-most visible point of every curve."""
        ends = []
        for series, y in placed:
            start = int(series.x[0]) if len(series.x) else 1
            visible = y[max(0, columns[0] + 1 - start) : max(0, columns[1] + 1 - start)]
            there = np.flatnonzero(np.isfinite(visible))
            if len(there):
                ends.append((float(visible[there[-1]]), series.label, series.lane, series.chosen))
        if (ends, columns[1]) != (self._ends, self._last):
            self._ends, self._last = ends, columns[1]
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = ui_font(11)
        colours = lane_colours(self.theme)
        painter.setFont(font)
        height = painter.fontMetrics().height()
        ground = QColor(self.theme.background)
        ground.setAlphaF(0.85)
        ends = [self._pixel(self._last, y) for y, *_ in self._ends]
        named = few_enough([end.y() for end in ends], [chosen for *_, chosen in self._ends], height, self.height())
        places = spread([ends[n].y() for n in named], height, self.height())
        for n, y in zip(named, places, strict=True):
            (_, label, lane, chosen), end = self._ends[n], ends[n]
            font.setBold(chosen)
            painter.setFont(font)
            wide = painter.fontMetrics().horizontalAdvance(label)
            left = min(end.x() + scaled(10), self.width() - wide - scaled(6))
            box = QRectF(left, y - height / 2, wide + scaled(2), height)
            if left < end.x() + scaled(4):
                painter.fillRect(box.adjusted(-scaled(3), 0, scaled(3), 0), ground)
            painter.setPen(readable(self.theme, colours[lane % len(colours)], lane))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, label)


def readable(theme: Theme, colour: QColor, lane: int) -> QColor:
    """The colour of a lane for text: the grey of the second lane is too pale to be read on the light ground."""
    return theme.secondary if lane == 1 else colour


def few_enough(wanted: list[float], chosen: list[bool], height: float, room: float) -> list[int]:
    """Which of the names to write: all, while each can stand at its curve.

    Else the chosen one, the highest, the lowest, and of the others those that have room for themselves.
    """
    every = list(range(len(wanted)))
    away = [abs(place - wish) for place, wish in zip(spread(wanted, height, room), wanted, strict=True)]
    if max(away, default=0.0) <= FARTHEST * height:
        return every
    ends = {wanted.index(min(wanted)), wanted.index(max(wanted))}
    kept: list[int] = []
    for n in sorted(every, key=lambda n: (not chosen[n], n not in ends, n)):
        if all(abs(wanted[n] - wanted[other]) >= height for other in kept):
            kept.append(n)
    return sorted(kept)


def spread(wanted: list[float], height: float, room: float) -> list[float]:
    """Positions near ``wanted``, at least ``height`` apart and inside ``room`` where they fit."""
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    placed = [0.0] * len(wanted)
    lowest = height / 2
    for n in order:
        placed[n] = max(wanted[n], lowest)
        lowest = placed[n] + height
    highest = room - height / 2
    for n in reversed(order):
        placed[n] = min(placed[n], highest)
        highest = placed[n] - height
    return placed
