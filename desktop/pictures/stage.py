"""A walk without a window: pictures of frames, the drawing above and the sentence below."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QWidget

from core.frame import Frame
from desktop.pictures.moving_pictures import Pixels
from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.unrolled import UnrolledView

BAR_PX, MARGIN_PX = 40.0, 16.0


class Stage:
    """The unrolled view of a fixed size with the sentence of its frame. Never shown."""

    def __init__(self, size: QSize, theme: Theme) -> None:
        self._size, self._theme = size, theme
        self._bar = round(scaled(BAR_PX))
        self._view = UnrolledView()
        self._view.set_animation_ms(0)
        self._view.set_theme(theme)
        self._view.resize(size.width(), max(1, size.height() - self._bar))

    def picture(self, frame: Frame) -> QImage:
        """The picture of a frame."""
        self._view.show_frame(frame)
        image = QImage(self._size, QImage.Format.Format_RGB32)
        image.fill(self._theme.panel)
        painter = QPainter(image)
        self._view.paint_picture(painter, 1.0)
        painter.setClipping(False)
        self._write(painter, frame)
        painter.end()
        return image

    def _write(self, painter: QPainter, frame: Frame) -> None:
        """The sentence, and at the right how far the walk is."""
        font = ui_font(14)
        metrics = QFontMetrics(font)
        margin = round(scaled(MARGIN_PX))
        room = QRect(margin, self._view.height(), self._size.width() - 2 * margin, self._bar)
        painter.setFont(font)
        painter.setPen(self._theme.line)
        painter.drawLine(QPoint(0, room.top()), QPoint(self._size.width(), room.top()))
        place = f"{frame.position.cursor.index} / {frame.position.length}"
        painter.setPen(self._theme.secondary)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, place)
        room.setRight(room.right() - metrics.horizontalAdvance(place) - margin)
        painter.setPen(self._theme.text)
        sentence = metrics.elidedText(str(frame.sentence), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, sentence)


def grabbed(window: QWidget, size: QSize) -> QImage:
    """The picture of a whole window, of exactly this size."""
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    window.render(image)
    return image


def pixels_of(image: QImage) -> Pixels:
    """The image as (height, width, 3) bytes."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    height, width = plain.height(), plain.width()
    rows = np.frombuffer(plain.constBits(), dtype=np.uint8).reshape(height, plain.bytesPerLine())
    return rows[:, : 3 * width].reshape(height, width, 3).copy()
