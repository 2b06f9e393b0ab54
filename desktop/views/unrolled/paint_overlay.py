"""Paints what lies over the picture and is no part of it: the mark of scrolling, the focus, a notice."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen

from desktop.style.theme import Theme
from desktop.views.unrolled.chrome import Chrome

SCROLL_PX = 4.0


def paint_scroll_mark(painter: QPainter, theme: Theme, size: QSize, share: float, start: float) -> None:
    """A thin mark at the right where there is more than fits."""
    if share >= 1.0:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.strong_line)
    room = size.height() - 8.0
    rect = QRectF(size.width() - SCROLL_PX - 4, 4 + room * start, SCROLL_PX, room * share)
    painter.drawRoundedRect(rect, SCROLL_PX / 2, SCROLL_PX / 2)


def paint_focus(painter: QPainter, theme: Theme, rect: QRect) -> None:
    """A quiet frame around the view that has the keyboard."""
    painter.setPen(QPen(theme.strong_line, 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect.adjusted(0, 0, -1, -1))


def paint_notice(painter: QPainter, chrome: Chrome, rect: QRect, text: str) -> None:
    """A sentence in an empty view."""
    painter.fillRect(rect, chrome.theme.background)
    painter.setPen(chrome.theme.secondary)
    painter.setFont(chrome.fonts.text)
    inner = rect.adjusted(24, 24, -24, -24)
    painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
