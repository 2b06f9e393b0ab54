"""A text of equations with the place of an error marked in it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent, QTextCursor
from PySide6.QtGui import QTextCharFormat as Format
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from desktop.style.theme import Theme, scaled, ui_font


class LineNumbers(QWidget):
    """The column of line numbers at the left of an editor."""

    def __init__(self, editor: EquationEditor) -> None:
        super().__init__(editor)
        self._editor = editor

    def sizeHint(self) -> QSize:
        return QSize(self._editor.number_width, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._editor.paint_numbers(self, event)


class EquationEditor(QPlainTextEdit):
    """Monospaced, with line numbers; Tab leaves it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._wrong_line = 0
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setPixelSize(round(scaled(13)))
        self.setFont(font)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setAccessibleName(self.tr("Equations of the cell"))
        self._numbers = LineNumbers(self)
        self.blockCountChanged.connect(lambda _count: self._make_room())
        self.updateRequest.connect(lambda _area, _dy: self._numbers.update())
        self._make_room()

    @property
    def number_width(self) -> int:
        """Room for the line numbers."""
        digits = max(len(str(self.blockCount())), 2)
        return round(QFontMetricsF(ui_font(11)).horizontalAdvance("0") * digits + scaled(14))

    def mark(self, line: int, column: int) -> None:
        """Mark a place, counted from 1; line 0 takes the mark away."""
        self._wrong_line = line
        self._numbers.update()
        if not line:
            self.setExtraSelections([])
            return
        block = self.document().findBlockByNumber(min(line, self.blockCount()) - 1)
        whole = QTextEdit.ExtraSelection()
        whole.format.setProperty(Format.Property.FullWidthSelection, True)
        tint = QColor(self._theme.warning)
        tint.setAlpha(28)
        whole.format.setBackground(tint)
        whole.cursor = QTextCursor(block)
        place = QTextEdit.ExtraSelection()
        place.format.setUnderlineStyle(Format.UnderlineStyle.WaveUnderline)
        place.format.setUnderlineColor(self._theme.warning)
        place.format.setForeground(self._theme.warning)
        place.cursor = self._word_at(block.position(), block.text(), column)
        self.setExtraSelections([whole, place])

    def go_to(self, line: int, column: int) -> None:
        """Put the text cursor there."""
        block = self.document().findBlockByNumber(max(min(line, self.blockCount()) - 1, 0))
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + min(max(column - 1, 0), len(block.text())))
        self.setTextCursor(cursor)
        self.setFocus()

    def _word_at(self, start: int, text: str, column: int) -> QTextCursor:
        """The word at a column; the whole line where no column is known."""
        first = min(max(column - 1, 0), max(len(text) - 1, 0))
        last = first + 1 if column else len(text)
        while column and last < len(text) and (text[last].isalnum() or text[last] == "_") and text[first].isalnum():
            last += 1
        cursor = QTextCursor(self.document())
        cursor.setPosition(start + first)
        cursor.setPosition(start + min(last, len(text)), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _make_room(self) -> None:
        self.setViewportMargins(self.number_width, 0, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        area = self.contentsRect()
        self._numbers.setGeometry(QRect(area.left(), area.top(), self.number_width, area.height()))

    def paint_numbers(self, column: QWidget, event: QPaintEvent) -> None:
        """The numbers of the lines in sight."""
        painter = QPainter(column)
        painter.setFont(ui_font(11))
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= event.rect().bottom():
            high = self.blockBoundingRect(block).height()
            number = block.blockNumber() + 1
            painter.setPen(self._theme.warning if number == self._wrong_line else self._theme.secondary)
            area = QRect(0, round(top), column.width() - round(scaled(8)), round(high))
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
            top, block = top + high, block.next()
        painter.end()
