"""Rows of a label and a number, with room for a remark: values, gradients, and their proof."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from desktop.style.theme import Theme, scaled, ui_font

LABEL_PX = 106.0


class NumberRows(QWidget):
    """A small table: label, number, remark. Numbers can be selected and copied."""

    def __init__(self, theme: Theme, names: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(2, 1)
        self._rows: dict[str, tuple[QLabel, QLabel, QLabel]] = {}
        for row, name in enumerate(names):
            labels = (QLabel(), QLabel(), QLabel())
            for column, label in enumerate(labels):
                self._grid.addWidget(label, row, column)
            labels[2].setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._rows[name] = labels
        self._colours: dict[str, tuple[str, str]] = {}
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours, as large as the font is now."""
        self._theme = theme
        self._colours.clear()
        self._grid.setHorizontalSpacing(round(scaled(10)))
        self._grid.setVerticalSpacing(round(scaled(5)))
        self._grid.setColumnMinimumWidth(0, round(scaled(LABEL_PX)))
        for part in (part for labels in self._rows.values() for part in labels):
            part.setFont(ui_font(12))
        for label, number, remark in self._rows.values():
            label.setStyleSheet(f"color: {theme.secondary.name()};")
            number.setStyleSheet(f"color: {theme.text.name()};")
            remark.setStyleSheet(f"color: {theme.secondary.name()};")

    def show_row(
        self, name: str, label: str, number: str, remark: str = "", colour: QColor | None = None, quiet: str = ""
    ) -> None:
        """Show one row; ``quiet`` stands in for a number that is not there."""
        first, second, third = self._rows[name]
        room = scaled(LABEL_PX)
        label = QFontMetricsF(first.font()).elidedText(label, Qt.TextElideMode.ElideRight, room)
        for part, text in ((first, label), (second, number or quiet), (third, remark)):
            if part.text() != text:
                part.setText(text)
                part.setToolTip(text if part is third else "")
        wanted = (
            (self._theme.text if number else self._theme.secondary).name(),
            (colour or self._theme.secondary).name(),
        )
        if self._colours.get(name) != wanted:  # a style sheet is dear, so only when it changes
            self._colours[name] = wanted
            second.setStyleSheet(f"color: {wanted[0]};")
            third.setStyleSheet(f"color: {wanted[1]};")

    def put(self, row: int, left: QWidget, right: QWidget) -> None:
        """Put a widget under the labels and one under the numbers."""
        self._grid.addWidget(left, row, 0, Qt.AlignmentFlag.AlignLeft)
        self._grid.addWidget(right, row, 1, 1, 2)
