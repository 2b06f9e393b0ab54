"""Bookmarks as cards: a thumbnail of gradient norms, a name, and where it is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.style.colours import ColourMaps
from desktop.style.theme import Theme, bold_font, hatch_brush, scaled, ui_font
from desktop.views.side.records import BookmarkCard
from desktop.widgets.drawing import focus_ring, rounded

CARD_PX, GAP_PX, THUMB_PX, PAD_PX = 47.0, 6.0, 38.0, 8.0
MOST_BARS = 6
Role = Qt.ItemDataRole


class CardModel(QAbstractListModel):
    """The cards as rows. A new name is handed on, not taken: it shows once it comes back."""

    renamed = Signal(object)  # (BookmarkCard, new name)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.cards: tuple[BookmarkCard, ...] = ()

    def show_cards(self, cards: tuple[BookmarkCard, ...]) -> None:
        """Show these; selection and place stay where the number of cards does."""
        if len(cards) == len(self.cards):
            self.cards = cards
            if cards:
                self.dataChanged.emit(self.index(0), self.index(len(cards) - 1))
            return
        self.beginResetModel()
        self.cards = cards
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.cards)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> object:
        card = self.cards[index.row()]
        if role in (Role.DisplayRole, Role.EditRole):
            return card.name
        if role == Role.AccessibleTextRole:
            return f"{card.name}, {card.subtitle}"
        if role == Role.ToolTipRole:
            return "\n".join(part for part in (card.name, card.subtitle, card.note) if part)
        return card if role == Role.UserRole else None

    def setData(self, index: QModelIndex, value: object, role: int = Role.EditRole) -> bool:
        name = str(value).strip()
        if role != Role.EditRole or not name or name == self.cards[index.row()].name:
            return False
        self.renamed.emit((self.cards[index.row()], name))
        return True


class CardDelegate(QStyledItemDelegate):
    """Draws one card as in a list of places one can go back to."""

    def __init__(self, maps: ColourMaps, parent: QObject) -> None:
        super().__init__(parent)
        self.maps = maps
        self.ringed = False

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(round(scaled(120)), round(scaled(CARD_PX + GAP_PX)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        card: BookmarkCard = index.data(Role.UserRole)
        theme = self.maps.theme
        area = card_area(QRectF(option.rect))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        is_file = card.kind == "snapshot"
        lit = card.here and not is_file  # the accent says "here", and an open file is no place
        ground = theme.accent_tint if lit else theme.background if hovered else theme.panel
        rounded(painter, area, scaled(5), ground, theme.accent if lit else theme.line)
        pad = scaled(PAD_PX)
        picture = QRectF(area.left() + pad, area.top() + pad, scaled(THUMB_PX), area.height() - 2 * pad)
        if is_file:
            paint_file(painter, picture, self.maps.theme)
        else:
            paint_norms(painter, picture, card.norms, self.maps)
        self._paint_words(painter, text_area(area), card)
        focused = option.state & QStyle.StateFlag.State_HasFocus
        if focused and self.ringed:
            focus_ring(painter, area, scaled(5), theme)
        painter.restore()

    def _paint_words(self, painter: QPainter, area: QRectF, card: BookmarkCard) -> None:
        theme = self.maps.theme
        title, small = bold_font(12), ui_font(11)
        high = QFontMetricsF(title).height() + QFontMetricsF(small).height()
        top = area.top() + (area.height() - high) / 2
        kinds = ((title, theme.text, card.name), (small, theme.secondary, card.subtitle))
        for font, colour, words in kinds:
            metrics = QFontMetricsF(font)
            painter.setFont(font)
            painter.setPen(colour)
            row = QRectF(area.left(), top, area.width(), metrics.height())
            if words is card.subtitle and card.brief and metrics.horizontalAdvance(words) > row.width():
                words = card.brief
            cut = metrics.elidedText(words, Qt.TextElideMode.ElideRight, row.width())
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, cut)
            top += metrics.height()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> QWidget:
        line = QLineEdit(parent)
        line.setAccessibleName(self.tr("New name"))
        return line

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        area = text_area(card_area(QRectF(option.rect)))
        high = editor.sizeHint().height()
        editor.setGeometry(
            QRectF(area.left() - scaled(6), area.center().y() - high / 2, area.width() + scaled(8), high).toRect()
        )


def card_area(row: QRectF) -> QRectF:
    """The card within its row of the list."""
    return row.adjusted(1, 0, -1, -scaled(GAP_PX))


def text_area(card: QRectF) -> QRectF:
    """Where the words stand on a card."""
    return card.adjusted(scaled(2 * PAD_PX + THUMB_PX), scaled(4), -scaled(PAD_PX), -scaled(4))


def paint_file(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """A sheet with a folded corner, for a session that was saved."""
    high = min(area.height(), scaled(28))
    wide, fold = high * 0.76, high * 0.28
    left, top = area.center().x() - wide / 2, area.center().y() - high / 2
    right, bottom = left + wide, top + high
    corners = ((left, top), (right - fold, top), (right, top + fold), (right, bottom), (left, bottom))
    painter.setPen(QPen(theme.secondary, max(scaled(1.2), 1.0)))
    painter.setBrush(theme.background)
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
    painter.drawPolyline([QPointF(right - fold, top), QPointF(right - fold, top + fold), QPointF(right, top + fold)])


def paint_norms(painter: QPainter, area: QRectF, norms: tuple[float, ...], maps: ColourMaps) -> None:
    """Gradient norms over time as bars of colour; hatched where nothing had arrived."""
    bars = thumbnail(norms)
    finite = bars[np.isfinite(bars) & (bars > 0)]
    if not finite.size:
        painter.fillRect(area, hatch_brush(maps.theme))
        rounded(painter, area, scaled(2), None, maps.theme.line)
        return
    top = float(finite.max())
    low = max(float(finite.min()), top * 1e-4)
    width = area.width() / len(bars)
    for place, norm in enumerate(bars):
        bar = QRectF(area.left() + place * width, area.top(), max(width - scaled(1), 1.0), area.height())
        if np.isnan(norm):
            painter.fillRect(bar, hatch_brush(maps.theme))
        else:
            painter.fillRect(bar, maps.gradient_colour(float(norm), low, top))


def thumbnail(norms: tuple[float, ...], most: int = MOST_BARS) -> np.ndarray:
    """At most ``most`` bars, each the largest norm of its part of the sequence; NaN where a part has none."""
    values = np.asarray(norms, dtype=float)
    if not values.size:
        return values
    parts = np.array_split(values, min(most, len(values)))
    return np.array([np.nan if np.isnan(part).all() else np.nanmax(part) for part in parts])
