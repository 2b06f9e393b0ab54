"""The legend of a colour scale: a ramp between its ends, and what is hatched."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import power_text, short_text
from desktop.style.theme import hatch_brush, scaled, ui_font
from desktop.widgets.drawing import line_height, ramp, text_width

RAMP_PX, RAMP_HEIGHT_PX, TEXT_PX, LEFT_PX, GAP_PX = 260.0, 9.0, 11.0, 52.0, 18.0


class RampLegend(QWidget):
    """Pale to magenta on a logarithmic scale; or, ``signed``, blue through neutral to orange on a linear one."""

    signed = False

    def __init__(self, maps: ColourMaps, words: str = "", nothing: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words, self._nothing = words, nothing or tr("not reached")
        self._limits, self._hatches = (1e-12, 1.0), True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_maps(maps)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with these colours."""
        self._maps = maps
        self._ramp, self._hatch = (
            ramp(maps.state_table if self.signed else maps.gradient_table),
            hatch_brush(maps.theme),
        )
        self.update()

    def show_limits(self, low: float, high: float, words: str = "", *, nothing: bool = True) -> None:
        """What the ends of the ramp mean, what it measures, and whether something is hatched."""
        self._limits, self._words, self._hatches = (low, high), words or self._words, nothing
        ends = {"low": _end(low), "high": _end(high)}
        words = (
            tr("Colours from {low}, blue, to {high}, orange")
            if self.signed
            else tr("Colours from {low}, pale, to {high}, magenta")
        )
        self.setAccessibleName(words.format(**ends))
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(round(scaled(LEFT_PX)), round(line_height(ui_font(TEXT_PX)) + scaled(4)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Words, low, ramp, high; a hatched box and what it means."""
        painter = QPainter(self)
        painter.setFont(ui_font(TEXT_PX))
        low, high = _end(self._limits[0]), _end(self._limits[1])
        x = self._text(painter, scaled(LEFT_PX), self._words) if self._words else scaled(LEFT_PX)
        x = self._text(painter, x, low)
        x = self._box(painter, x, self._ramp_px(x, high), True)
        x = self._text(painter, x, high) + scaled(GAP_PX)
        if self._hatches:
            x = self._box(painter, x, scaled(RAMP_HEIGHT_PX) * 1.6, False)
            self._text(painter, x, self._nothing)

    def _ramp_px(self, x: float, high: str) -> float:
        """The ramp gives way where there is little room."""
        font = ui_font(TEXT_PX)
        rest = text_width(font, high) + scaled(16)
        if self._hatches:
            rest += scaled(GAP_PX) + 1.6 * scaled(RAMP_HEIGHT_PX) + text_width(font, self._nothing) + scaled(16)
        return max(scaled(30), min(scaled(RAMP_PX), self.width() - x - rest))

    def _text(self, painter: QPainter, x: float, text: str) -> float:
        width = painter.fontMetrics().horizontalAdvance(text) + 1.0
        painter.setPen(self._maps.theme.secondary)
        painter.drawText(QRectF(x, 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        return x + width + scaled(7)

    def _box(self, painter: QPainter, x: float, width: float, filled: bool) -> float:
        high = scaled(RAMP_HEIGHT_PX)
        area = QRectF(round(x), round((self.height() - high) / 2), round(width), round(high))
        if filled:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(area, self._ramp)
        else:
            painter.fillRect(area, self._hatch)
        painter.setPen(QPen(self._maps.theme.line, 1.0))
        painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        return area.right() + scaled(7)


class SignedLegend(RampLegend):
    """Blue through neutral to orange."""

    signed = True


def _end(limit: float) -> str:
    if limit < 0.0:
        return short_text(limit)
    if not 0.0 < limit < math.inf:
        return "0"
    whole = abs(math.log10(limit) - round(math.log10(limit))) < 1e-6
    return power_text(10.0 ** round(math.log10(limit))) if whole and not 0.01 <= limit <= 100 else short_text(limit)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
