"""Where a gradient comes from: one bar a share, negative shares to the left of zero."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.frame import Share
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import percent_text
from desktop.style.theme import scaled, ui_font
from desktop.widgets.drawing import rounded

TEXT_PX = 12.0
BAR_PX = 9.0
GAP_PX = 10.0
LARGEST = 2.0  # shares beyond this are drawn cut off; the number tells


class ShareList(QWidget):
    """Label, bar and percentage; a label that is too long for the line stands over its bar."""

    def __init__(self, maps: ColourMaps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps = maps
        self._shares: tuple[Share, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with these colours."""
        self._maps = maps
        self.update()

    def show_shares(self, shares: tuple[Share, ...]) -> None:
        """Show these shares of a whole."""
        if shares != self._shares:
            self._shares = shares
            self.setAccessibleName("; ".join(f"{share.label}: {percent_text(share.value)}" for share in shares))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(scaled(220)), self.heightForWidth(self.width()))

    def heightForWidth(self, width: int) -> int:
        lines = len(self._shares) * (2 if self._stacked(width) else 1)
        return round(lines * self._line() + (len(self._shares) * scaled(3) if self._stacked(width) else 0))

    def _line(self) -> float:
        return QFontMetricsF(ui_font(TEXT_PX)).height() + scaled(5)

    def _label_width(self) -> float:
        metrics = QFontMetricsF(ui_font(TEXT_PX))
        return max((metrics.horizontalAdvance(share.label) for share in self._shares), default=0.0)

    def _stacked(self, width: float) -> bool:
        """Whether labels stand over their bars."""
        return self._label_width() > 0.5 * width

    def _range(self) -> tuple[float, float]:
        values = [min(max(share.value, -LARGEST), LARGEST) for share in self._shares if math.isfinite(share.value)]
        return min([0.0, *values]), max([1.0, *values])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(TEXT_PX))
        metrics, stacked = painter.fontMetrics(), self._stacked(self.width())
        number = max([metrics.horizontalAdvance(percent_text(s.value)) for s in self._shares], default=0)
        left = 0.0 if stacked else self._label_width() + scaled(GAP_PX)
        bars = QRectF(left, 0, self.width() - number - scaled(GAP_PX) - left, scaled(BAR_PX))
        y, line, middle = 0.0, self._line(), Qt.AlignmentFlag.AlignVCenter
        for share in self._shares:
            painter.setPen(self._maps.theme.secondary)
            label = metrics.elidedText(share.label, Qt.TextElideMode.ElideMiddle, self.width())
            painter.drawText(QRectF(0, y, self.width(), line), middle | Qt.AlignmentFlag.AlignLeft, label)
            if stacked:
                y += line - scaled(3)
            painter.setPen(self._maps.theme.text)
            box = QRectF(self.width() - number, y, number, line)
            painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, percent_text(share.value))
            bars.moveTop(y + (line - bars.height()) / 2)
            self._paint_bar(painter, bars, share.value)
            y += line + (scaled(6) if stacked else 0)

    def _paint_bar(self, painter: QPainter, area: QRectF, share: float) -> None:
        theme, radius = self._maps.theme, scaled(2.5)
        low, high = self._range()
        zero = area.left() - low / (high - low) * area.width()
        rounded(painter, area, radius, theme.gradient_low, None)
        if low < 0:
            painter.fillRect(QRectF(round(zero) - 0.5, area.top() - 2, 1, area.height() + 4), theme.faint)
        if not math.isfinite(share) or share == 0:
            return
        length = max(abs(min(max(share, low), high)) / (high - low) * area.width(), scaled(2))
        colour = self._maps.gradient_colour(10.0**-0.2, 0.1, 1.0)
        bar = QRectF(zero if share > 0 else zero - length, area.top(), length, area.height())
        rounded(painter, bar, min(radius, length / 2), colour, None)
