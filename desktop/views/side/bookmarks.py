"""Snapshots and bookmarks: places in the walk that have a name."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QMenu, QVBoxLayout, QWidget

from desktop.style.colours import ColourMaps
from desktop.style.theme import Theme, scaled
from desktop.views.focus import came_by_key
from desktop.views.side.bookmark_cards import CardDelegate, CardModel
from desktop.views.side.parts import SIDE_PX, ButtonRow, ShortButton, WrapLabel, fit_column, least_width
from desktop.views.side.records import BookmarkCard

CARD_SIDE_PX = 12.0  # cards reach a little over the edge of the text, so that their words have room
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
OWN_KEYS = (*ENTER, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_F2, Qt.Key.Key_Up, Qt.Key.Key_Down)


class CardList(QListView):
    """The list of cards. Enter goes there, F2 renames, Delete removes."""

    asked = Signal(object)  # ("jump", "delete") and the row

    def __init__(self, maps: ColourMaps, model: CardModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards = CardDelegate(maps, self)
        self.setModel(model)
        self.setItemDelegate(self.cards)
        self.setAccessibleName(self.tr("Snapshots and bookmarks; Enter goes there, F2 renames, Delete removes"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setStyleSheet("QListView:focus { border: none; }")  # the ring stands round one card
        self.clicked.connect(lambda index: self.asked.emit(("jump", index.row())))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in OWN_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index, key = self.currentIndex(), Qt.Key(event.key())
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)  # Enter ends the editing, and goes nowhere
        elif index.isValid() and key in ENTER:
            self.asked.emit(("jump", index.row()))
        elif index.isValid() and key == Qt.Key.Key_F2:
            self.edit(index)
        elif index.isValid() and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.asked.emit(("delete", index.row()))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.cards.ringed = came_by_key(event)
        if not self.currentIndex().isValid() and self.model().rowCount():
            self.setCurrentIndex(self.model().index(0, 0))
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.cards.ringed = False
        super().focusOutEvent(event)


class BookmarksPanel(QWidget):
    """Shows a list of ``BookmarkCard``."""

    jump_requested = Signal(object)  # BookmarkCard
    rename_requested = Signal(object)  # (BookmarkCard, new name)
    delete_requested = Signal(object)  # BookmarkCard
    add_requested = Signal(object)  # None

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bookmarks_panel")
        self.setAccessibleName(self.tr("Snapshots and bookmarks"))
        self._model = CardModel(self)
        self.list = CardList(ColourMaps(theme), self._model)
        self._empty = WrapLabel(
            self.tr("No bookmarks yet. Walk to a place worth coming back to, and give it a name here."), "secondary"
        )
        self.add = ShortButton(self.tr("Add a bookmark…"), self.tr("Name this place, to come back to it (B)"))
        self.elsewhere = WrapLabel(role="secondary", size=11)
        self._buttons = ButtonRow(self.add)
        self._column = QVBoxLayout(self)
        for part in (self._empty, self.list, self.elsewhere):
            self._column.addWidget(part)
        self._column.addWidget(self._buttons)
        self._column.addStretch(1)
        self._column.setStretchFactor(self.list, 100)
        self.list.asked.connect(self._do)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self._model.renamed.connect(self.rename_requested)
        self.add.clicked.connect(lambda _checked=False: self.add_requested.emit(None))
        self.set_theme(theme)
        self.show_bookmarks(())

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self.setMinimumWidth(least_width())
        fit_column(self._column, CARD_SIDE_PX)
        inset = round(scaled(SIDE_PX - CARD_SIDE_PX))
        for part in (self._empty, self.elsewhere, self._buttons):
            part.setContentsMargins(inset, 0, inset, 0)
        self._empty.set_theme(theme)
        self.elsewhere.set_theme(theme)
        self._buttons.set_theme(theme)
        self.list.cards.maps = ColourMaps(theme)
        self.list.scheduleDelayedItemsLayout()
        self._fit()

    def show_bookmarks(self, cards: Iterable[BookmarkCard], elsewhere: int = 0) -> None:
        """Show these places; so many more are of another walk."""
        cards = tuple(cards)
        if cards != self._model.cards:
            self._model.show_cards(cards)
        self.list.setVisible(bool(cards))
        self._empty.setVisible(not cards and not elsewhere)
        one, more = self.tr("A bookmark"), self.tr("{count} bookmarks").format(count=elsewhere)
        words = self.tr("{marks} of another model or other data; undo brings them back.")
        self.elsewhere.setText(words.format(marks=one if elsewhere == 1 else more))
        self.elsewhere.setVisible(elsewhere > 0)
        self._fit()

    def _fit(self) -> None:
        """The list is as high as its cards, or less where the panel is low."""
        high = self.list.sizeHintForRow(0) * len(self._model.cards) if self._model.cards else 0
        self.list.setMaximumHeight(max(high, 1) + 2)
        self.list.setMinimumHeight(min(max(high, 1) + 2, round(scaled(54))))

    def _do(self, asked: object) -> None:
        what, row = asked
        card = self._model.cards[row]
        (self.jump_requested if what == "jump" else self.delete_requested).emit(card)

    def _open_menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        if index.isValid():
            self.menu_for(index).popup(self.list.viewport().mapToGlobal(place))

    def menu_for(self, index: QModelIndex) -> QMenu:
        """What can be done with one place."""
        row = index.row()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Go there"), lambda: self._do(("jump", row)))
        menu.addAction(self.tr("Rename"), lambda: self.list.edit(index))
        menu.addAction(self.tr("Delete"), lambda: self._do(("delete", row)))
        return menu
