"""A unit over time in one small line: its value, or the size of its gradient on a log scale."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.series import thinned
from desktop.views.steady import LogAxis, SteadyRange, decades, linear_limits, log_positions

LABEL_SHARE = 0.30
LEAST_LABEL_PX = 86.0


class Sparkline(QWidget):
    """A label, a thin curve over all time steps, and the current step marked."""

    def __init__(self, theme: Theme, logarithmic: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._colour = theme.text
        self._logarithmic = logarithmic
        self._steady = SteadyRange()
        self._label = ""
        self._values = np.zeros(0)
        self._t = 0
        self._limits = (0.0, 1.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(scaled(220)), round(scaled(34)))

    def show_history(self, label: str, values: NDArray, t: int, colour: QColor, key: Hashable) -> None:
        """Show values over time, NaN where there is none, with step ``t`` marked; ``key`` names the run."""
        same = label == self._label and t == self._t and colour == self._colour
        if same and np.array_equal(values, self._values, equal_nan=True):
            return
        self._label, self._values, self._t, self._colour = label, values, t, colour
        known = np.abs(values[np.isfinite(values) & (values != 0)])
        signed = values[np.isfinite(values)]
        found = (known.min(initial=np.inf), known.max(initial=0.0)) if self._logarithmic else _ends(signed)
        self._limits = self._steady.fit(found, (key, label))
        self.setAccessibleName(label)
        self.update()

    def _placed(self) -> tuple[NDArray, float, float]:
        """Heights and the ends of the scale."""
        if self._logarithmic:
            axis = LogAxis(*decades(self._limits))
            return log_positions(self._values, axis), axis.zero, axis.infinity
        low, high = linear_limits(*self._limits)
        return self._values, low, high

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(self._values) <= 500)
        font = ui_font(12)
        painter.setFont(font)
        painter.setPen(self._theme.secondary)
        left = round(max(self.width() * LABEL_SHARE, scaled(LEAST_LABEL_PX)))
        label = QFontMetricsF(font).elidedText(self._label, Qt.TextElideMode.ElideRight, left - scaled(6))
        painter.drawText(QRectF(0, 0, left, self.height()), Qt.AlignmentFlag.AlignVCenter, label)
        area = QRectF(left, scaled(4), self.width() - left - scaled(4), self.height() - scaled(8))
        if np.isfinite(self._values).any():
            self._paint_curve(painter, area)
        else:
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self.tr("not computed yet"))

    def _paint_curve(self, painter: QPainter, area: QRectF) -> None:
        y, low, high = self._placed()
        steps = max(len(y) - 1, 1)
        zero = area.bottom() if self._logarithmic else area.bottom() + low / ((high - low) or 1) * area.height()
        painter.setPen(QPen(self._theme.line, 1))
        painter.drawLine(QPointF(area.left(), zero), QPointF(area.right(), zero))
        x, heights = thinned(np.arange(len(y)), np.clip(y, low, high), max(int(area.width() / 2), 10))
        px = area.left() + x / steps * area.width()
        py = area.bottom() - (heights - low) / ((high - low) or 1) * area.height()
        painter.setPen(QPen(self._colour, 1.4 if len(y) <= 500 else 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(_path(px, py))
        here = area.left() + self._t / steps * area.width()
        painter.setPen(QPen(self._theme.accent, 1))
        painter.drawLine(QPointF(here, 0), QPointF(here, self.height()))
        if 0 <= self._t < len(y) and np.isfinite(y[self._t]):
            at = area.bottom() - (min(max(y[self._t], low), high) - low) / ((high - low) or 1) * area.height()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.accent)
            painter.drawEllipse(QPointF(here, at), scaled(2.6), scaled(2.6))


def _ends(values: NDArray) -> tuple[float, float]:
    return float(values.min(initial=0.0)), float(values.max(initial=0.0))


def _path(x: NDArray, y: NDArray) -> QPainterPath:
    """A line through the points, interrupted where y is NaN."""
    path, drawing = QPainterPath(), False
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if b != b:
            drawing = False
        elif drawing:
            path.lineTo(a, b)
        else:
            path.moveTo(a, b)
            path.lineTo(a + 0.01, b)  # a point that stands alone is seen too
            drawing = True
    return path
