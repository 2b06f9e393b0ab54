"""A share as a line: what it is, a bar, the percentage."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import percent_text
from desktop.style.theme import scaled, ui_font
from desktop.widgets.drawing import line_height, rounded, text_width

TEXT_PX = 12
BAR_HEIGHT_PX = 9.0
LABEL_SHARE = 0.5
GAP_PX = 10.0
FILL_FRACTION = 0.8  # of the gradient scale: as strong as the bars of a drawing ought to be


class BarRow(QWidget):
    """One share of a whole; a negative one is an outline only, and says so."""

    def __init__(self, maps: ColourMaps, label: str = "", share: float = 0.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps = maps
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_share(label, share)

    def show_share(self, label: str, share: float) -> None:
        """Show this share; 1 is the whole."""
        self._label, self._share = label, float(share)
        self.setAccessibleName(f"{label}: {percent_text(share)}")
        self.setToolTip(label)
        self.update()

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with these colours."""
        self._maps = maps
        self.update()

    def sizeHint(self) -> QSize:
        """One line of text and a little air."""
        return QSize(round(scaled(280)), round(line_height(ui_font(TEXT_PX)) + scaled(9)))

    def minimumSizeHint(self) -> QSize:
        """Labels are shortened in narrow panels."""
        return QSize(round(scaled(140)), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the font."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Label, bar, percentage."""
        font, theme = ui_font(TEXT_PX), self._maps.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font)
        number_width = max(text_width(font, "100 %"), text_width(font, percent_text(self._share)))
        label_width = round(self.width() * LABEL_SHARE)
        label = QFontMetricsF(font).elidedText(self._label, Qt.TextElideMode.ElideRight, label_width - scaled(GAP_PX))
        painter.setPen(theme.secondary)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, label_width, self.height()), middle | Qt.AlignmentFlag.AlignLeft, label)
        painter.setPen(theme.text)
        number = QRectF(self.width() - number_width, 0, number_width, self.height())
        painter.drawText(number, middle | Qt.AlignmentFlag.AlignRight, percent_text(self._share))
        high = scaled(BAR_HEIGHT_PX)
        room = number.left() - scaled(GAP_PX) - label_width
        self._draw_bar(painter, QRectF(label_width, (self.height() - high) / 2, max(room, 0.0), high))
        painter.end()

    def _draw_bar(self, painter: QPainter, area: QRectF) -> None:
        radius = scaled(2.5)
        colour = self._maps.gradient_colour(10 ** (FILL_FRACTION - 1.0), 0.1, 1.0)
        rounded(painter, area, radius, self._maps.theme.gradient_low, None)
        share = self._share if math.isfinite(self._share) else 0.0
        if share == 0.0:
            return
        length = max(min(abs(share), 1.0) * area.width(), min(scaled(2), area.width()))
        bar = QRectF(area.left(), area.top(), length, area.height())
        if share > 0.0:
            rounded(painter, bar, min(radius, length / 2), colour, None)
        else:
            painter.setPen(QPen(colour, 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(bar.adjusted(0.7, 0.7, -0.7, -0.7), radius, radius)
