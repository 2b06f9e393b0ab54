"""The tokens of a sequence as chips that flow over rows; thousands are fine, as only those in sight are drawn."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip, QWidget

from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.focus import came_by_key
from desktop.widgets.chip_flow import ChipFlow, Chips, flow, label
from desktop.widgets.drawing import focus_ring, rounded

TEXT_PX, PAD_PX, GAP_PX, LEAST_PX = 12.0, 7.0, 6.0, 22.0
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
PAGES = {Qt.Key.Key_PageUp: -5, Qt.Key.Key_PageDown: 5}


class TokenChips(QAbstractScrollArea):
    """Chips with the current one lit. A click jumps, a double-click edits; arrows and Enter do the same."""

    clicked = Signal(object)  # t
    double_clicked = Signal(object)  # t
    menu_requested = Signal(object)  # (t, global place)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chips = Chips()
        self._flow: ChipFlow = flow((), 1.0, 1.0, 0.0)
        self._current: int | None = None
        self._place = 0  # where the keyboard is
        self._ringed = False
        self._hovered: int | None = None
        self._right = 0.0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.set_theme(theme)

    @property
    def shown(self) -> Chips:
        """What is shown."""
        return self._chips

    @property
    def current(self) -> int | None:
        """The chip that is lit."""
        return self._current

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._theme = theme
        # The application's focus frame would stand round all chips; the ring round one says more.
        self.setStyleSheet("TokenChips:focus { border: none; }")
        self._lay_out()

    def set_right_margin(self, width: float) -> None:
        """Leave this much at the right, where the scroll bar may stand."""
        self._right = width
        self._lay_out()

    def show_chips(self, chips: Chips) -> None:
        """Show these; unchanged words stay where they are."""
        if chips == self._chips:
            return
        anew = chips.tokens != self._chips.tokens
        self._chips = chips
        if anew:
            self._place = 0
            if self._current is not None and self._current >= len(chips.tokens):
                self._current = None  # the frame that says where the walk stands comes later
            self._lay_out()
        self._name()
        self.viewport().update()

    def show_current(self, t: int | None) -> None:
        """Light one chip, and bring it into sight."""
        t = t if t is not None and 0 <= t < len(self._chips.tokens) else None
        if t == self._current:
            return
        for each in (self._current, self._place, t):
            if each is not None and each < len(self._chips.tokens):
                self.viewport().update(self._ground_of(each))
        self._current = t
        if t is not None:
            self._place = t
            self._bring(t)  # which draws all anew where it scrolls
        self._name()

    def _ground_of(self, t: int) -> QRect:
        """A chip with the ring that may stand round it."""
        return self.area_of(t).adjusted(-4, -4, 4, 4).toAlignedRect()

    def area_of(self, t: int) -> QRectF:
        """Where a chip is on screen, in the viewport."""
        return self._flow.area(t).translated(self._margin, self._margin - self.verticalScrollBar().value())

    def sizeHint(self) -> QSize:
        return QSize(round(scaled(180)), self._rows_high(3))

    def minimumSizeHint(self) -> QSize:
        return QSize(round(scaled(80)), self._rows_high(3))

    def _rows_high(self, most: int) -> int:
        """How high all rows are, but at most so many."""
        rows = min(max(len(self._flow.starts), 1), most)
        return round(rows * (self._flow.high + self._flow.gap) - self._flow.gap + 2 * self._margin)

    @property
    def _margin(self) -> float:
        return scaled(3)

    def _lay_out(self) -> None:
        metrics = QFontMetricsF(ui_font(TEXT_PX))
        pad, least = 2 * scaled(PAD_PX), scaled(LEAST_PX)
        words = {
            token: max(metrics.horizontalAdvance(label(token, 0)) + pad, least) for token in set(self._chips.tokens)
        }
        blank = max(metrics.horizontalAdvance(str(len(self._chips.tokens))) + pad, least)
        widths = [words[token] if token else blank for token in self._chips.tokens]
        room = max(self.viewport().width() - 2 * self._margin - self._spare(), least)
        self._flow = flow(widths, room, metrics.height() + scaled(7), scaled(GAP_PX))
        self.setMaximumHeight(max(round(self._flow.height + 2 * self._margin), self.minimumSizeHint().height()))
        self.updateGeometry()
        self._fit_bar()
        self.viewport().update()

    def _spare(self) -> float:
        """What is kept free of chips at the right: less where the scroll bar already took it."""
        bar = self.verticalScrollBar().width() if self.verticalScrollBar().isVisible() else 0
        return max(self._right - bar, 0.0)

    def _fit_bar(self) -> None:
        bar, seen = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(round(self._flow.height + 2 * self._margin) - seen, 0))
        bar.setPageStep(seen)
        bar.setSingleStep(round(self._flow.high + self._flow.gap))

    def _bring(self, t: int) -> None:
        """Scroll as little as is needed, or to the middle when the chip is far away."""
        area, bar, seen = self._flow.area(t), self.verticalScrollBar(), self.viewport().height()
        top, bottom = area.top(), area.bottom() + 2 * self._margin
        if top < bar.value() - seen or bottom > bar.value() + 2 * seen:
            bar.setValue(round((top + bottom - seen) / 2))
        elif top < bar.value():
            bar.setValue(round(top))
        elif bottom > bar.value() + seen:
            bar.setValue(round(bottom - seen))

    def _name(self) -> None:
        count = len(self._chips.tokens)
        words = self.tr("Sequence, {count} steps").format(count=count)
        if count and (self._current is not None or self.hasFocus()):
            here = self._place if self.hasFocus() else self._current
            words += f", t = {here + 1}: {label(self._chips.tokens[here], here)}"
        self.setAccessibleName(words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._lay_out()
        self._fit_bar()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(TEXT_PX))
        metrics = QFontMetricsF(painter.font())
        shift = self.verticalScrollBar().value() - self._margin
        painter.translate(self._margin, -shift)
        for t in self._flow.between(event.rect().top() + shift, event.rect().bottom() + shift):
            if event.region().intersects(self._ground_of(t)):
                self._paint_chip(painter, metrics, t)
        painter.end()

    def _paint_chip(self, painter: QPainter, metrics: QFontMetricsF, t: int) -> None:
        theme, area, token = self._theme, self._flow.area(t), self._chips.tokens[t]
        lit, wrong = t == self._current, t in self._chips.wrong
        ground = theme.accent_tint if lit else theme.background if t == self._hovered else theme.panel
        line = theme.warning if wrong else theme.accent if lit else theme.strong_line
        rounded(painter, area, scaled(4), ground, line)
        painter.setPen(theme.warning if wrong else theme.accent if lit else theme.text if token else theme.secondary)
        words = metrics.elidedText(label(token, t), Qt.TextElideMode.ElideRight, area.width() - scaled(6))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)
        if t in self._chips.underlined:
            self._underline(painter, area, theme.accent if lit else theme.secondary)
        if wrong:
            self._underline(painter, area.translated(0, -scaled(2)), theme.warning)
        if self._ringed and t == self._place:
            focus_ring(painter, area.adjusted(-2, -2, 2, 2), scaled(5), theme)

    def _underline(self, painter: QPainter, area: QRectF, colour: object) -> None:
        y, inset = area.bottom() - scaled(3), min(scaled(7), area.width() / 4)
        painter.setPen(QPen(colour, scaled(1.5)))
        painter.drawLine(QPointF(area.left() + inset, y), QPointF(area.right() - inset, y))

    # Mouse and keys

    def _at(self, place: QPointF) -> int | None:
        return self._flow.at(place.x() - self._margin, place.y() - self._margin + self.verticalScrollBar().value())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        t = self._at(event.position())
        if t is not None and event.button() == Qt.MouseButton.LeftButton:
            self._place = t
            self.clicked.emit(t)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        t = self._at(event.position())
        if t is not None and event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit(t)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)
        super().leaveEvent(event)

    def _hover(self, t: int | None) -> None:
        if t != self._hovered:
            self._hovered = t
            self.viewport().setCursor(Qt.CursorShape.ArrowCursor if t is None else Qt.CursorShape.PointingHandCursor)
            self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        t = self._place if by_key and self._chips.tokens else self._at(QPointF(event.pos()))
        if t is not None:
            place = self.viewport().mapToGlobal(self.area_of(t).bottomLeft().toPoint()) if by_key else event.globalPos()
            self.menu_requested.emit((t, QPoint(place)))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = came_by_key(event)
        self._name()
        self.viewport().update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ringed = False
        self.viewport().update()
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        """Up and down belong to the chips while they have the keyboard; left and right go on walking."""
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, *ENTER):
            event.accept()
            return True
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            t = self._at(QPointF(event.pos()))
            words = "" if t is None else f"t = {t + 1}: {label(self._chips.tokens[t], t)}"
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if not self._chips.tokens:
            super().keyPressEvent(event)
        elif key in ENTER:
            edits = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            (self.double_clicked if edits else self.clicked).emit(self._place)
        elif key in STEPS:
            self._walk_to(self._place + STEPS[key])
        elif key in PAGES:
            self._walk_to(self._flow.beside(self._place, PAGES[key]))
        else:
            super().keyPressEvent(event)

    def _walk_to(self, t: int) -> None:
        self._place = min(max(t, 0), len(self._chips.tokens) - 1)
        self._ringed = True
        self._bring(self._place)
        self._name()
        self.viewport().update()
