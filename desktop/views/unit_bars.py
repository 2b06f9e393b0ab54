"""A vector as signed bars, one a unit; with many units as thin bars over a heat strip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.style.colours import ColourMaps, rgb_image
from desktop.style.numbers_text import number_text
from desktop.style.theme import bold_font, hatch_brush, scaled, ui_font
from desktop.views.focus import came_by_key
from desktop.widgets.drawing import focus_ring

MOST_WIDE_UNITS = 40  # more than these get a heat strip and no number each
STRIP_PX = 7.0
LABEL_PX = 11.0


@dataclass(frozen=True, eq=False)
class Bars:
    """What is drawn; ``low`` and ``high`` are the ends of the scale."""

    values: NDArray | None  # (H,) None: not there yet
    low: float
    high: float
    bar_rgb: Callable[[NDArray], NDArray]  # (H,) to (H, 3), colours of the bars
    strip_rgb: Callable[[NDArray], NDArray]  # the same for the heat strip
    unit: int
    labels: tuple[str, ...]
    missing: str  # said when there are no values
    name: str  # for a screen reader

    def same(self, other: Bars | None) -> bool:
        """Whether both draw the same."""
        if other is None or (self.values is None) != (other.values is None):
            return False
        plain = (self.low, self.high, self.unit, self.labels, self.missing, self.name)
        if plain != (other.low, other.high, other.unit, other.labels, other.missing, other.name):
            return False
        return self.values is None or np.array_equal(self.values, other.values, equal_nan=True)


class UnitBars(QWidget):
    """Bars up and down from zero. A click chooses a unit, a double-click asks to edit it."""

    arrows = "sidelong"
    unit_chosen = Signal(object)
    edit_requested = Signal(object)

    def __init__(self, maps: ColourMaps, height: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps = maps
        self._height = height
        self._bars: Bars | None = None
        self._ringed = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with these colours, as large as the font is now."""
        self._maps = maps
        self.updateGeometry()
        self.update()

    def show_bars(self, bars: Bars) -> None:
        """Show these values; nothing is painted where nothing has changed."""
        if not bars.same(self._bars):
            self._bars = bars
            self.setAccessibleName(f"{bars.name}: {self._said(bars.unit)}")
            self.update()
        else:
            self._bars = bars

    def sizeHint(self) -> QSize:
        return QSize(round(scaled(240)), round(scaled(self._height)))

    def _said(self, unit: int) -> str:
        """One unit in words."""
        bars = self._bars
        if bars is None or bars.values is None or not 0 <= unit < len(bars.values):
            return bars.missing if bars else ""
        name = bars.labels[unit] if unit < len(bars.labels) else self.tr("unit {number}").format(number=unit + 1)
        return f"{name}: {number_text(float(bars.values[unit]))}"

    def _area(self) -> QRectF:
        """The bars without the numbers under them."""
        under = QFontMetricsF(ui_font(LABEL_PX)).height() + scaled(4)
        if self._many():
            under += scaled(STRIP_PX + 3)
        return QRectF(0, scaled(2), self.width(), self.height() - under - scaled(2))

    def _many(self) -> bool:
        values = self._bars.values if self._bars else None
        return values is not None and len(values) > MOST_WIDE_UNITS

    def paintEvent(self, event: QPaintEvent) -> None:
        bars = self._bars
        if bars is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if bars.values is None or not len(bars.values):
            self._paint_missing(painter, bars.missing)
        else:
            area = self._area()
            self._paint_bars(painter, area, bars)
            if self._many():
                strip = QRectF(0, area.bottom() + scaled(3), area.width(), scaled(STRIP_PX))
                painter.drawImage(strip, rgb_image(bars.strip_rgb(bars.values)[None]))
            self._paint_labels(painter, bars)
        if self._ringed:
            focus_ring(painter, QRectF(self.rect()), scaled(4), self._maps.theme)

    def _paint_missing(self, painter: QPainter, text: str) -> None:
        theme, area = self._maps.theme, QRectF(self.rect()).adjusted(0.5, 4.5, -0.5, -4.5)
        painter.setPen(QPen(theme.line, 1))
        painter.setBrush(hatch_brush(theme))
        painter.drawRoundedRect(area, scaled(4), scaled(4))
        painter.setFont(ui_font(12))
        width = painter.fontMetrics().horizontalAdvance(text) + scaled(20)
        plate = QRectF(0, 0, min(width, area.width()), painter.fontMetrics().height() + scaled(6))
        plate.moveCenter(area.center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.panel)
        painter.drawRoundedRect(plate, scaled(4), scaled(4))
        painter.setPen(theme.secondary)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_bars(self, painter: QPainter, area: QRectF, bars: Bars) -> None:
        """Every bar, or the extremes under each pixel where there are more units than pixels."""
        values = columns(bars.values, int(area.width()))
        slot = area.width() / len(values)
        gap = min(scaled(3), slot * 0.22) if slot > 2 else 0.0
        radius = min(scaled(1.5), (slot - gap) / 3)
        colours = bars.bar_rgb(np.nan_to_num(values, posinf=np.inf, neginf=-np.inf))
        zero = position(0.0, bars, area)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, value in enumerate(values):
            left, width = area.left() + place * slot + gap / 2, slot - gap
            if not np.isfinite(value):
                self._paint_odd(painter, QRectF(left, area.top(), width, area.height()), float(value), zero)
                continue
            y = position(float(value), bars, area)
            bar = QRectF(left, min(y, zero), width, max(abs(y - zero), 1.0 if value else 0.0))
            painter.setBrush(QColor(*(int(part) for part in colours[place])))
            painter.drawRoundedRect(bar, radius, radius)
        painter.fillRect(QRectF(area.left(), round(zero) - 0.5, area.width(), 1), self._maps.theme.strong_line)

    def _paint_odd(self, painter: QPainter, slot: QRectF, value: float, zero: float) -> None:
        """Not a number: a cross at zero. Infinity: an open bar through to the end of the scale."""
        painter.save()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._maps.theme.warning, 1.6))
        if np.isnan(value):
            size, middle = min(scaled(4), slot.width() / 2), slot.center().x()
            painter.drawLine(round(middle - size), round(zero - size), round(middle + size), round(zero + size))
            painter.drawLine(round(middle - size), round(zero + size), round(middle + size), round(zero - size))
        else:
            end = slot.top() if value > 0 else slot.bottom()
            painter.drawRect(QRectF(slot.left() + 1, min(end, zero), max(slot.width() - 2, 1), abs(zero - end)))
        painter.restore()

    def _paint_labels(self, painter: QPainter, bars: Bars) -> None:
        """Numbers or names under the bars, as many as have room; the chosen unit's always."""
        count = len(bars.values)
        slot = self.width() / count
        texts = [bars.labels[n] if n < len(bars.labels) else str(n + 1) for n in (0, count - 1)]
        widest = max(painter.fontMetrics().horizontalAdvance(text) for text in texts) + scaled(3)
        step = next(m * 10**n for n in range(9) for m in (1, 2, 5) if m * 10**n * slot >= widest)
        box = QRectF(0, 0, slot, QFontMetricsF(ui_font(LABEL_PX)).height())
        y = self.height() - box.height()
        for unit in {bars.unit, 0, *range(step - 1, count, step)}:
            chosen = unit == bars.unit
            if not 0 <= unit < count or (not chosen and abs(unit - bars.unit) * slot < widest and step > 1):
                continue
            if unit == 0 and step > 1 and (step - 1) * slot < widest:
                continue
            painter.setFont(bold_font(LABEL_PX) if chosen else ui_font(LABEL_PX))
            painter.setPen(self._maps.theme.accent if chosen else self._maps.theme.secondary)
            text = bars.labels[unit] if unit < len(bars.labels) else str(unit + 1)
            room = max(slot * step - scaled(3), scaled(24))
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            box.setWidth(painter.fontMetrics().horizontalAdvance(text) + 2)
            box.moveTo(min(max((unit + 0.5) * slot - box.width() / 2, 0), self.width() - box.width()), y)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def unit_at(self, x: float) -> int | None:
        """The unit under a place."""
        if self._bars is None or self._bars.values is None or not len(self._bars.values):
            return None
        return min(max(int(x / max(self.width(), 1) * len(self._bars.values)), 0), len(self._bars.values) - 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        unit = self.unit_at(event.position().x())
        if unit is not None and event.button() == Qt.MouseButton.LeftButton:
            self.unit_chosen.emit(unit)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        unit = self.unit_at(event.position().x())
        if unit is not None:
            self.edit_requested.emit(unit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        there = self._bars is not None and self._bars.values is not None
        if there and step is not None:
            self.unit_chosen.emit(min(max(self._bars.unit + step, 0), len(self._bars.values) - 1))
        elif there and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_requested.emit(self._bars.unit)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = came_by_key(event)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ringed = False
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            unit = self.unit_at(event.pos().x())
            QToolTip.showText(QPoint(event.globalPos()), "" if unit is None else self._said(unit), self)
            return True
        return super().event(event)


def position(value: float, bars: Bars, area: QRectF) -> float:
    """The height of a value in the area, clipped to the scale."""
    span = (bars.high - bars.low) or 1.0
    share = min(max((value - bars.low) / span, 0.0), 1.0)
    return area.bottom() - share * area.height()


def columns(values: NDArray, most: int) -> NDArray:
    """The values, or where there are more than ``most`` the one of largest size among neighbours."""
    size = -(-len(values) // max(most, 1))
    if size <= 1:
        return values
    padded = np.zeros(-(-len(values) // size) * size)
    padded[: len(values)] = values
    rows = padded.reshape(-1, size)
    sizes = np.where(np.isnan(rows), np.inf, np.abs(rows))
    return rows[np.arange(len(rows)), sizes.argmax(axis=1)]
