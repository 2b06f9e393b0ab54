"""A calm bar at the top of the drawing that says what happened; it never takes the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.style.icons import icon
from desktop.style.theme import Theme, scaled, ui_font
from desktop.widgets.breakable import breakable, unbroken
from desktop.widgets.drawing import rounded

NOTE, ERROR, BUSY = "note", "error", "busy"
NOTE_MS, ERROR_MS = 6_000, 20_000
EDGE_PX, WIDEST_PX, MARK_PX = 12.0, 680.0, 4.0


class MessageBar(QFrame):
    """Stands at the top of the widget that it is given, as wide as there is room; details open on request.

    ``push`` hears how many pixels it takes at the top, 0 while it is closed.
    """

    closed = Signal(object)  # None

    def __init__(self, over: QWidget, theme: Theme, push: Callable[[int], object] | None = None) -> None:
        super().__init__(over)
        self._push = push or (lambda _px: None)
        self._theme = theme
        self._kind = NOTE
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.close_message)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.more = QPushButton(self.tr("Details"))
        self.more.setProperty("flat", True)
        self.more.setCheckable(True)
        self.cross = QToolButton()
        self.cross.setAccessibleName(self.tr("Close this message"))
        self.cross.setToolTip(self.cross.accessibleName())
        for button in (self.more, self.cross):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._details: QPlainTextEdit | None = None
        self._arrange()
        self.more.toggled.connect(self._show_details)
        self.cross.clicked.connect(lambda _checked=False: self.close_message())
        over.installEventFilter(self)
        self.hide()
        self.set_theme(theme)

    def _arrange(self) -> None:
        self._row = QHBoxLayout()
        self._row.addWidget(self.words, 1)
        self._row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(self.cross, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._row)

    @property
    def details(self) -> QPlainTextEdit:
        """Where details stand; made with the first ones, as an editor is dear and most windows see none."""
        if self._details is None:
            self._details = QPlainTextEdit()
            self._details.setReadOnly(True)
            self._details.setAccessibleName(self.tr("Details"))
            self._column.addWidget(self._details)
            self._details.hide()
            self._measure_details()
        return self._details

    def _measure_details(self) -> None:
        self.details.setFont(ui_font(11.5))
        self.details.setFixedHeight(round(scaled(120)))

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._theme = theme
        edge = round(scaled(8))
        self._column.setContentsMargins(round(edge * 1.8), edge, edge, edge)
        self._row.setSpacing(edge)
        self.words.setFont(ui_font(13))
        if self._details is not None:
            self._measure_details()
        side = round(scaled(14))
        self.cross.setIconSize(QSize(side, side))
        self.cross.setIcon(icon("close", theme))
        if not self.isHidden():
            self.place()
        self.update()

    def show_message(self, text: str, kind: str = NOTE, details: str = "", timeout_ms: int | None = None) -> None:
        """Say a sentence; an empty one takes the last one back. Busy stays until then; 0 ms stays until closed."""
        self._later.stop()
        if not text:
            self.close_message()
            return
        self._kind = kind
        self.words.setText(breakable(text))
        self.more.setVisible(bool(details))
        self.more.setChecked(False)
        if details or self._details is not None:
            self.details.setPlainText(details)
        self.setAccessibleName(text)
        self.place()
        self.show()
        self.raise_()
        self.place()
        usual = {NOTE: NOTE_MS, ERROR: ERROR_MS, BUSY: 0}.get(kind, NOTE_MS)
        wait = usual if timeout_ms is None else timeout_ms
        if wait:
            self._later.start(wait)
        self.update()

    @property
    def text(self) -> str:
        """What it says; "" while it is closed."""
        return "" if self.isHidden() else unbroken(self.words.text())

    def close_message(self) -> None:
        """Go away."""
        self._later.stop()
        if not self.isHidden():
            self.hide()
            self._push(0)
            self.closed.emit(None)

    def place(self) -> None:
        """At the top, in the middle."""
        over, edge = self.parentWidget(), round(scaled(EDGE_PX))
        wide = max(min(over.width() - 2 * edge, round(scaled(WIDEST_PX))), 1)
        high = self._column.totalHeightForWidth(wide) if self._column.hasHeightForWidth() else self.sizeHint().height()
        self.setGeometry((over.width() - wide) // 2, edge, wide, min(high, max(over.height() - 2 * edge, 1)))
        if not self.isHidden():
            self._push(self.height() + edge)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stays in its place when what it stands over changes its size."""
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize and not self.isHidden():
            self.place()
        return False

    def enterEvent(self, event: QEvent) -> None:
        """What is being read does not go away."""
        self._later.stop()
        super().enterEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect().toRectF()
        rounded(painter, area, scaled(6), self._theme.panel, self._theme.strong_line)
        colour = {ERROR: self._theme.warning, BUSY: self._theme.secondary}.get(self._kind, self._theme.good)
        mark = area.adjusted(scaled(5), scaled(7), 0, -scaled(7))
        mark.setWidth(scaled(MARK_PX))
        rounded(painter, mark, mark.width() / 2, colour, None)
        painter.end()

    def _show_details(self, wanted: bool) -> None:
        self._later.stop()
        self.details.setVisible(wanted)
        self.place()


def with_messages(view: QWidget, theme: Theme) -> tuple[QWidget, MessageBar]:
    """A widget that holds ``view``, and the bar over it; a message pushes the view down and covers none of it."""
    holder, room = QWidget(), QWidget()
    holder.setObjectName("central")
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(room)
    column.addWidget(view, 1)
    room.setFixedHeight(0)
    return holder, MessageBar(holder, theme, room.setFixedHeight)


def report_error(bar: MessageBar, sentence: str, details: str = "") -> None:
    """Say what went wrong; the details open on request."""
    bar.show_message(sentence, ERROR, details)
