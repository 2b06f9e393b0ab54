"""A row of small words of which one, or several, are chosen."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.focus import came_by_key
from desktop.widgets.drawing import focus_ring

PADDING_PX = 8.0


class Choice(QWidget):
    """Words in one thin frame. A click chooses a word; with ``several``, Ctrl and click adds or takes away."""

    arrows = "sidelong"
    chosen = Signal(object)  # tuple of the keys chosen by the person

    def __init__(
        self, theme: Theme, options: tuple[tuple[Hashable, str], ...], several: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._options = options
        self._several = several
        self._chosen: tuple[Hashable, ...] = ()
        self._focus = 0
        self._ringed = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self._theme = theme
        self.update()

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """What is chosen."""
        return self._chosen

    def show_options(self, options: tuple[tuple[Hashable, str], ...]) -> None:
        """Offer these words instead; emits nothing."""
        if options != self._options:
            self._options, self._focus = options, 0
            self.updateGeometry()
            self.show_chosen(self._chosen)

    def show_chosen(self, keys: tuple[Hashable, ...]) -> None:
        """Show these keys as chosen; emits nothing."""
        self._chosen = keys
        self.setAccessibleDescription(", ".join(text for key, text in self._options if key in keys))
        self.update()

    def sizeHint(self) -> QSize:
        boxes = self._boxes()
        return QSize(round(boxes[-1].right()) + 1, round(boxes[-1].height()) + 1)

    def _boxes(self) -> list[QRectF]:
        """One box a word, side by side."""
        metrics = QFontMetricsF(ui_font(11))
        height, x, boxes = metrics.height() + scaled(5), 0.5, []
        for _, text in self._options:
            width = metrics.horizontalAdvance(text) + 2 * scaled(PADDING_PX)
            boxes.append(QRectF(x, 0.5, width, height))
            x += width
        return boxes

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(11))
        boxes, radius = self._boxes(), scaled(4)
        whole = boxes[0].united(boxes[-1])
        painter.setPen(QPen(self._theme.line, 1))
        painter.setBrush(self._theme.panel)
        painter.drawRoundedRect(whole, radius, radius)
        for number, (box, (key, text)) in enumerate(zip(boxes, self._options, strict=True)):
            if key in self._chosen:
                painter.setPen(QPen(self._theme.strong_line, 1))
                painter.setBrush(self._theme.background)
                painter.drawRoundedRect(box, radius, radius)
            painter.setPen(self._theme.text if key in self._chosen else self._theme.secondary)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            if self._ringed and number == self._focus:
                focus_ring(painter, box, radius, self._theme)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for number, box in enumerate(self._boxes()):
            if box.contains(event.position()):
                self._choose(number, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = came_by_key(event)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ringed = False
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self._focus = (self._focus + step) % len(self._options)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._focus, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        else:
            super().keyPressEvent(event)

    def _choose(self, number: int, adding: bool) -> None:
        key = self._options[number][0]
        self._focus = number
        if not (adding and self._several):
            keys: tuple[Hashable, ...] = (key,)
        elif key in self._chosen:
            keys = tuple(each for each in self._chosen if each != key) or (key,)
        else:
            keys = (*self._chosen, key)
        self.show_chosen(keys)
        self.chosen.emit(keys)
