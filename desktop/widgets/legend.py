"""What the colours mean: gates, states, gradients, and what is not computed yet."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import MINUS, power_text, short_text
from desktop.style.theme import hatch_brush, scaled, ui_font
from desktop.widgets.drawing import line_height, ramp, text_width

TEXT_PX = 11
RAMP_PX = 60.0
RAMP_HEIGHT_PX = 9.0
GAP_PX = 6.0
GROUP_GAP_PX = 22.0


class Legend(QWidget):
    """Three scales with their ends in numbers, drawn in one line."""

    def __init__(self, maps: ColourMaps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limits = (1e-4, 1.0)
        self._state_limit: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_maps(maps)
        self._describe()

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with these colours."""
        self._maps = maps
        self._ramps = (ramp(maps.gate_table), ramp(maps.state_table), ramp(maps.gradient_table))
        self._hatch = hatch_brush(maps.theme)
        self.update()

    def show_limits(self, gradient_limits: tuple[float, float], state_limit: float | None = None) -> None:
        """Show the ends of the scales; without a state limit only the signs stand at its ends."""
        if (gradient_limits, state_limit) == (self._limits, self._state_limit):
            return
        self._limits, self._state_limit = gradient_limits, state_limit
        self._describe()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for all of it in one line."""
        font = ui_font(TEXT_PX)
        words = sum(text_width(font, word) for _ramp, before, after in self._groups() for word in (before, after))
        boxes = 3 * scaled(RAMP_PX) + scaled(RAMP_HEIGHT_PX) * 1.6
        gaps = 3 * scaled(GROUP_GAP_PX) + 10 * scaled(GAP_PX)
        return QSize(round(words + boxes + gaps + 8), round(line_height(font) + scaled(4)))

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the font."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Word, ramp, word; four times."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(TEXT_PX))
        x = 0.0
        for picture, before, after in self._groups():
            x = self._word(painter, x, before)
            x = self._box(painter, x, picture)
            x = self._word(painter, x, after) + scaled(GROUP_GAP_PX)
        painter.end()

    def _groups(self) -> tuple[tuple[QImage | None, str, str], ...]:
        low, high = (power_text(limit) for limit in self._limits)
        limit = "" if self._state_limit is None else short_text(self._state_limit)
        gate, state, gradient = self._ramps
        return (
            (gate, self.tr("gate") + "  0", "1"),
            (state, self.tr("state") + "  " + MINUS + limit, "+" + limit),
            (gradient, self.tr("gradient") + "  " + low, high),
            (None, "", self.tr("not computed yet")),
        )

    def _word(self, painter: QPainter, x: float, word: str) -> float:
        if not word:
            return x
        width = painter.fontMetrics().horizontalAdvance(word) + 1.0
        painter.setPen(self._maps.theme.secondary)
        painter.drawText(QRectF(x, 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
        return x + width + scaled(GAP_PX)

    def _box(self, painter: QPainter, x: float, picture: QImage | None) -> float:
        high = scaled(RAMP_HEIGHT_PX)
        wide = scaled(RAMP_PX) if picture is not None else high * 1.6
        area = QRectF(round(x), round((self.height() - high) / 2), round(wide), round(high))
        if picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(area, picture)
        else:
            painter.setBrushOrigin(QPointF(area.topLeft()))
            painter.fillRect(area, self._hatch)
        painter.setPen(QPen(self._maps.theme.line, 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        return area.right() + scaled(GAP_PX)

    def _describe(self) -> None:
        low, high = (power_text(limit) for limit in self._limits)
        self.setAccessibleName(self.tr("What the colours mean"))
        words = self.tr(
            "Gates from 0, grey, to 1, teal. States from minus, blue, to plus, orange. "
            "Gradients on a logarithmic scale from {low}, pale, to {high}, magenta. Hatched: not computed yet."
        )
        self.setAccessibleDescription(words.format(low=low, high=high))
