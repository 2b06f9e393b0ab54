"""One scenario as a card: its picture, its name, a sentence; or what is wrong with its file."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QImage, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from core.words import Words, said
from desktop.gallery.cards import Card
from desktop.style.theme import Theme, bold_font, hatch_brush, scaled, ui_font
from desktop.views.focus import came_by_key
from desktop.widgets.drawing import focus_ring, rounded

NAME_PX, SENTENCE_PX, FACT_PX = 14.5, 12.5, 11.5
PAD_PX, RADIUS_PX, LINES = 12.0, 8.0, 3
RATIO = 9 / 16
STEPS = Words("lesson of {count} steps", "{count} 步课程")
NETWORKS = Words("{count} networks", "{count} 个网络")
BROKEN = Words("cannot be opened", "无法打开")
MOVES = {Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right", Qt.Key.Key_Up: "up", Qt.Key.Key_Down: "down"}
PRESSES = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CardButton(QAbstractButton):
    """Pressed by a click, Enter or Space; the arrows ask for a neighbour."""

    moved = Signal(object)  # "left", "right", "up" or "down"

    def __init__(self, card: Card, theme: Theme, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card, self._theme, self._language = card, theme, language
        self._image = QImage()
        self._ringed = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._name()

    def show_card(self, card: Card, language: str) -> None:
        """Show this instead."""
        self.card, self._language = card, language
        self._name()
        self.update()

    def show_image(self, image: QImage) -> None:
        """The picture of the scenario."""
        self._image = image
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours; the picture comes anew."""
        self._theme, self._image = theme, QImage()
        self.updateGeometry()
        self.update()

    def _name(self) -> None:
        words = f"{self.card.name(self._language)}. {self.card.sentence(self._language)}"
        self.setAccessibleName(words)
        self.setToolTip(self.card.problem or str(self.card.file.name))

    def sizeHint(self) -> QSize:
        return QSize(round(scaled(260)), self.heightForWidth(round(scaled(260))))

    def minimumSizeHint(self) -> QSize:
        return QSize(round(scaled(180)), self.heightForWidth(round(scaled(180))))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        """The picture, and under it as many lines as a card has."""
        lines = QFontMetricsF(bold_font(NAME_PX)).height() + LINES * QFontMetricsF(ui_font(SENTENCE_PX)).height()
        return round(width * RATIO + lines + QFontMetricsF(ui_font(FACT_PX)).height() + scaled(3.2 * PAD_PX))

    # Keys

    def event(self, event: QEvent) -> bool:
        """The keys of a card are its own, also those that walk elsewhere."""
        plain = event.type() == QEvent.Type.ShortcutOverride and _is_plain(event)
        if plain and (event.key() in MOVES or event.key() in PRESSES):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in MOVES:
            self.moved.emit(MOVES[Qt.Key(event.key())])
        elif event.key() in PRESSES:
            self.click()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = came_by_key(event) or event.reason() == Qt.FocusReason.OtherFocusReason
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ringed = False
        super().focusOutEvent(event)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, area, radius = self._theme, QRectF(self.rect()), scaled(RADIUS_PX)
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        rounded(painter, area, radius, theme.panel, None)
        picture = QRectF(0, 0, area.width(), area.width() * RATIO)
        outline = QPainterPath()
        outline.addRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.setClipPath(outline)
        self._paint_picture(painter, picture)
        painter.setClipping(False)
        self._paint_words(painter, picture.bottom(), area)
        hovered = self.underMouse()
        rounded(painter, area, radius, None, theme.faint if hovered else theme.line)
        if self._ringed:
            focus_ring(painter, area, radius, theme)
        painter.end()

    def _paint_picture(self, painter: QPainter, area: QRectF) -> None:
        theme = self._theme
        painter.fillRect(area, theme.background)
        if not self._image.isNull():
            painter.drawImage(area, self._image)
        elif self.card.problem:
            painter.fillRect(area, hatch_brush(theme))
            painter.setFont(bold_font(NAME_PX))
            painter.setPen(theme.warning)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, said(BROKEN, self._language))
        painter.setPen(theme.line)
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _paint_words(self, painter: QPainter, top: float, area: QRectF) -> None:
        theme, pad = self._theme, scaled(PAD_PX)
        room = QRectF(pad, top + 0.8 * pad, area.width() - 2 * pad, area.bottom() - top - 1.6 * pad)
        name = QFontMetricsF(bold_font(NAME_PX))
        painter.setFont(bold_font(NAME_PX))
        painter.setPen(theme.text)
        words = name.elidedText(self.card.name(self._language), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(QRectF(room.x(), room.y(), room.width(), name.height()), Qt.AlignmentFlag.AlignLeft, words)
        fact = QFontMetricsF(ui_font(FACT_PX)).height()
        body = room.adjusted(0, name.height() + 0.35 * pad, 0, -fact - 0.3 * pad)
        painter.setFont(ui_font(SENTENCE_PX))
        painter.setPen(theme.warning if self.card.problem else theme.secondary)
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        painter.drawText(body, flags, _fitted(self.card.sentence(self._language), body, painter))
        painter.setFont(ui_font(FACT_PX))
        painter.setPen(theme.secondary)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, self._facts())

    def _facts(self) -> str:
        counts = ((STEPS, self.card.steps, 1), (NETWORKS, self.card.networks, 2))
        facts = [said(words, self._language).format(count=count) for words, count, least in counts if count >= least]
        return "" if self.card.problem else " · ".join(facts)


def _is_plain(event: QKeyEvent) -> bool:
    return not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier


def _fitted(text: str, room: QRectF, painter: QPainter) -> str:
    """As much of a text as fits a few lines, with dots where some is missing."""
    flags, metrics = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft, painter.fontMetrics()
    tall = QRectF(0, 0, room.width(), 1e5).toRect()
    whole = text
    while text and metrics.boundingRect(tall, flags, text).height() > room.height() + 1:
        text = text[:-2].rstrip()
    return text if text == whole else text[:-1].rstrip(" ,;，、") + "…"
