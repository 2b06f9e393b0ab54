"""The parts of a network one above the other, as in the drawing: readout on top, layers, what is read below."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from core.stack import Direction
from desktop.dialogs.network_words import Row
from desktop.style.theme import Theme, bold_font, scaled, ui_font

ROW_PX, NAME_PX, ARROW_PX, SIDE_PX = 46.0, 34.0, 18.0, 10.0
LEAST_SHARE = 0.2  # of the screen, that the list needs at least in large type
ROW = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class NetworkList(QListWidget):
    """Keys: Ins adds, Del removes, Ctrl with an arrow moves a layer; it can also be dragged."""

    chosen = Signal(object)  # key
    add_requested = Signal(object)  # None
    remove_requested = Signal(object)  # None
    move_requested = Signal(object)  # (number of the layer, its new number)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()
        self.setItemDelegate(RowPainter(theme, self))
        self.setAccessibleName(self.tr("Parts of the network, the readout on top"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setMinimumHeight(round(min(scaled(3 * ROW_PX), LEAST_SHARE * self.screen().availableSize().height())))
        frame = f"1px solid {theme.line.name()}"
        self.setStyleSheet(
            f"QListView {{ border: {frame}; border-radius: 4px; background: {theme.panel.name()}; }}"
            f"QListView:focus {{ border: 2px solid {theme.accent.name()}; }}"
        )
        self.currentRowChanged.connect(self._say_chosen)

    def show_rows(self, rows: tuple[Row, ...], key: str) -> None:
        """Show these with one of them chosen; emits nothing."""
        self.blockSignals(True)
        if [row.key for row in rows] != [row.key for row in self._rows]:
            self.clear()
            for _ in rows:
                self.addItem(QListWidgetItem())
        for number, row in enumerate(rows):
            self.item(number).setData(ROW, row)
            self.item(number).setData(Qt.ItemDataRole.AccessibleTextRole, row.spoken)
            self.item(number).setToolTip(row.spoken)
        self._rows = rows
        self.setCurrentRow(next(number for number, row in enumerate(rows) if row.key == key))
        self.blockSignals(False)
        self.viewport().update()

    @property
    def row(self) -> Row:
        """The chosen one."""
        return self._rows[self.currentRow()]

    def _say_chosen(self, number: int) -> None:
        if 0 <= number < len(self._rows):
            self.chosen.emit(self._rows[number].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        number = self.row.number
        if step and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if number is not None:
                self.move_requested.emit((number, number + step))
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_requested.emit(None)
        elif event.key() == Qt.Key.Key_Insert:
            self.add_requested.emit(None)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A layer that is dragged changes places with those it passes."""
        if not event.buttons() & Qt.MouseButton.LeftButton or self.row.number is None:
            return
        under = self.indexAt(event.position().toPoint()).row()
        over = self._rows[under].number if 0 <= under < len(self._rows) else None
        if over is not None and over != self.row.number:
            self.move_requested.emit((self.row.number, over))


class RowPainter(QStyledItemDelegate):
    """Name, title and size of a part, and an arrow that says which way it walks."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(round(scaled(120)), round(scaled(ROW_PX)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ROW)
        area, theme = QRectF(option.rect), self._theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.accent_tint)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme.background)
        painter.setPen(QPen(theme.line, 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        inner = area.adjusted(scaled(SIDE_PX), scaled(4), -scaled(SIDE_PX), -scaled(4))
        self._write(painter, row, inner)
        painter.restore()

    def _write(self, painter: QPainter, row: Row, area: QRectF) -> None:
        theme, half = self._theme, area.height() / 2
        left, right = area.left() + scaled(NAME_PX), area.right()
        painter.setFont(ui_font(12))
        painter.setPen(theme.secondary)
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(area.left(), area.top(), scaled(NAME_PX), half), middle, row.name)
        if row.wrong:
            self._mark(painter, QPointF(right - scaled(6), area.top() + half / 2))
            right -= scaled(ARROW_PX)
        if row.direction is not None:
            self._arrows(painter, row.direction, QPointF(right - scaled(ARROW_PX / 2), area.top() + half / 2))
            right -= scaled(ARROW_PX + 6)
        for text, font, colour, top in (
            (row.title, bold_font(12.5), theme.text, area.top()),
            (row.words, ui_font(11.5), theme.secondary, area.top() + half),
        ):
            painter.setFont(font)
            painter.setPen(colour)
            wide = (right if top == area.top() else area.right()) - left
            fitted = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(QRectF(left, top, wide, half), middle, fitted)

    def _mark(self, painter: QPainter, at: QPointF) -> None:
        """Something is to be mended here."""
        painter.setFont(bold_font(13))
        painter.setPen(self._theme.warning)
        side = scaled(8)
        painter.drawText(QRectF(at.x() - side, at.y() - side, 2 * side, 2 * side), Qt.AlignmentFlag.AlignCenter, "!")

    def _arrows(self, painter: QPainter, direction: Direction, at: QPointF) -> None:
        painter.setPen(QPen(self._theme.secondary, max(1.0, scaled(1.1))))
        long, head, apart = scaled(8), scaled(3), scaled(3)
        ways = {Direction.FORWARD: ((1, 0.0),), Direction.REVERSE: ((-1, 0.0),)}
        for way, shift in ways.get(direction, ((1, -apart), (-1, apart))):
            y, tip = at.y() + shift, at.x() + way * long
            painter.drawLine(QPointF(at.x() - way * long, y), QPointF(tip, y))
            for side in (-1, 1):
                painter.drawLine(QPointF(tip, y), QPointF(tip - way * head, y + side * head))
