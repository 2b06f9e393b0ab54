"""The gallery: cards of all scenarios, which a click or a key opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.words import LANGUAGES, Words, said
from desktop.gallery.card_button import CardButton
from desktop.gallery.cards import Card
from desktop.gallery.thumbnails import Thumbnails
from desktop.style.theme import Theme, bold_font, scaled, ui_font
from desktop.views.choice import Choice
from desktop.views.scrolling import quiet_scroll

LEAST_PX = 300.0  # high, for words beside the cards
CARD_PX, GAP_PX, EDGE_PX = 226.0, 14.0, 22.0
MOST_ACROSS = 5
TITLE = Words("Scenarios", "场景")
LEAD = Words(
    "Each opens a network with trained weights, and a short lesson that walks through it.",
    "每个场景打开一个训练好的网络，并配有一节带你逐步走完的短课。",
)
OPEN_FILE = Words("Open a file…", "打开文件…")
CLOSE = Words("Close", "关闭")
AT_START = Words("Show this at the start", "启动时显示")
Cards = Callable[[], tuple[Card, ...]]


class Gallery(QWidget):
    """Lists what ``cards`` gives, each time it is shown."""

    opened = Signal(object)  # key of a card
    file_wanted = Signal(object)  # None: a person wants to choose a file
    closed = Signal(object)  # None
    language_chosen = Signal(object)  # "en"
    at_start_chosen = Signal(object)  # whether it opens with the window

    def __init__(self, theme: Theme, cards: Cards, thumbnails_folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gallery")
        self.setAccessibleName(self.tr("Scenarios"))
        self._theme, self._list, self._language = theme, cards, "en"
        self.buttons: list[CardButton] = []
        self._across, self._asked = 0, False
        self.thumbnails = Thumbnails(thumbnails_folder, theme, self)
        self.title, self.lead = QLabel(), QLabel()
        self.title.setMinimumWidth(1)
        self.lead.setProperty("role", "secondary")
        self.lead.setWordWrap(True)
        self.languages = Choice(theme, tuple(LANGUAGES.items()), several=False)
        self.languages.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)  # the title gives way
        self.languages.setAccessibleName(self.tr("Language of the scenarios"))
        self.open_file, self.close_page = QPushButton(), QPushButton()
        self.at_start = QCheckBox()
        self._arrange()
        self._wire()
        self.set_theme(theme)

    def _arrange(self) -> None:
        for control in (self.open_file, self.close_page, self.at_start):
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        for part in (self.languages, self.open_file, self.close_page):
            top.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        below = QHBoxLayout()
        below.addWidget(self.lead, 1)
        below.addWidget(self.at_start, 0, Qt.AlignmentFlag.AlignTop)
        body = QWidget()
        self._grid = QGridLayout(body)
        self._scroll = quiet_scroll(body)
        self._column = QVBoxLayout(self)
        self._column.addLayout(top)
        self._column.addLayout(below)
        self._column.addWidget(self._scroll, 1)

    def _wire(self) -> None:
        self.thumbnails.made.connect(lambda pair: self._show_image(*pair))
        self.thumbnails.failed.connect(lambda pair: self._show_problem(*pair))
        self.languages.chosen.connect(lambda keys: self.language_chosen.emit(keys[0]))
        self.open_file.clicked.connect(lambda _checked=False: self.file_wanted.emit(None))
        self.close_page.clicked.connect(lambda _checked=False: self.closed.emit(None))
        self.at_start.toggled.connect(self.at_start_chosen.emit)

    def show_cards(self, language: str, at_start: bool) -> None:
        """List the scenarios anew, in a language."""
        self._language = language
        self.languages.show_chosen((language,))
        self.title.setText(said(TITLE, language))
        self.lead.setText(said(LEAD, language))
        for control, words in ((self.open_file, OPEN_FILE), (self.close_page, CLOSE), (self.at_start, AT_START)):
            control.setText(said(words, language))
        self.at_start.blockSignals(True)
        self.at_start.setChecked(at_start)
        self.at_start.blockSignals(False)
        self._fill(self._list())

    def _fill(self, cards: tuple[Card, ...]) -> None:
        for button in self.buttons:
            self._grid.removeWidget(button)
            button.deleteLater()
        self.buttons = [CardButton(card, self._theme, self._language) for card in cards]
        for button in self.buttons:
            button.clicked.connect(lambda _checked=False, key=button.card.key: self.opened.emit(key))
            button.moved.connect(lambda way, button=button: self._move(button, way))
        self._across, self._asked = 0, False
        self._place()
        self.update()

    def focus_first(self) -> None:
        """Let the keys act on the first card."""
        if self.buttons:
            self.buttons[0].setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    # Where cards stand

    def _place(self) -> None:
        gap = round(scaled(GAP_PX))
        room = self.width() - 2 * round(scaled(EDGE_PX)) + gap
        across = min(max(1, int(room // (scaled(CARD_PX) + gap))), MOST_ACROSS)
        if across == self._across:
            return
        for column in range(max(across, self._across) + 1):
            self._grid.setColumnStretch(column, 1 if column < across else 0)
        self._across = across
        for number, button in enumerate(self.buttons):
            self._grid.addWidget(button, number // across, number % across, Qt.AlignmentFlag.AlignTop)
        self._grid.setRowStretch(len(self.buttons) // across + 1, 1)

    def _move(self, button: CardButton, way: str) -> None:
        step = {"left": -1, "right": 1, "up": -self._across, "down": self._across}[way]
        number = self.buttons.index(button) + step
        if 0 <= number < len(self.buttons):
            self.buttons[number].setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll.ensureWidgetVisible(self.buttons[number], 0, round(scaled(GAP_PX)))

    # Pictures

    def _ask(self) -> None:
        for button in self.buttons:
            if button.card.settings is not None:
                self.thumbnails.ask(button.card, self._language)

    def _show_image(self, key: str, image: object) -> None:
        for button in self.buttons:
            if button.card.key == key:
                button.show_image(image)

    def _show_problem(self, key: str, problem: str) -> None:
        for button in self.buttons:
            if button.card.key == key:
                button.show_card(button.card.wrong(problem), self._language)

    # Looks and events

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._theme = theme
        self.thumbnails.set_theme(theme)
        self.setStyleSheet(f"QWidget#gallery {{ background: {theme.background.name()}; }}")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        edge, gap = round(scaled(EDGE_PX)), round(scaled(GAP_PX))
        self._column.setContentsMargins(edge, round(scaled(14)), edge, 0)
        self._column.setSpacing(round(scaled(9)))
        self._grid.setContentsMargins(0, 0, 0, gap)
        self._grid.setSpacing(gap)
        self.title.setFont(bold_font(20))
        self.lead.setFont(ui_font(13))
        self.languages.set_theme(theme)
        for button in self.buttons:
            button.set_theme(theme)
        self._across, self._asked = 0, False
        self._place()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Pictures are asked for once the cards themselves have been seen."""
        super().paintEvent(event)
        if not self._asked:
            self._asked = True
            QTimer.singleShot(0, self, self._ask)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for part in (self.lead, self.at_start):  # cards matter more
            part.setVisible(self.height() > scaled(LEAST_PX))
        self._place()

    def event(self, event: QEvent) -> bool:
        """Esc is the gallery's own while it is seen."""
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit(None)
        else:
            super().keyPressEvent(event)
