"""Small parts that the panels at the left share."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.style.theme import scaled, ui_font
from desktop.views.scrolling import quiet_scroll
from desktop.widgets.breakable import breakable, unbroken

SIDE_PX, TOP_PX, BOTTOM_PX = 20.0, 4.0, 14.0
LEAST_WIDTH_PX, MOST_LEAST_PX = 150.0, 240
LEAST_WIDTH_PX, MOST_LEAST_PX = 150.0, 240


class WrapLabel(QLabel):
    """Words that may be squeezed to any width: they wrap, and break inside a word only where nothing else helps."""

    def __init__(self, text: str = "", role: str = "", size: float = 12.0) -> None:
        super().__init__(breakable(text))
        self._size = size
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        self.setFont(ui_font(size))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(round(scaled(60)))

    def setText(self, text: str) -> None:
        """Show this; no word is so long that it would be cut."""
        super().setText(breakable(text))

    def text(self) -> str:
        """What was set."""
        return unbroken(super().text())

    def set_theme(self, _theme: object) -> None:
        """As large as the font is now; colours come from the style sheet."""
        self.setFont(ui_font(self._size))


class ShortButton(QPushButton):
    """A button that never asks for more width than there is: its words are cut, the tool tip has them in full."""

    def __init__(self, text: str, tip: str = "") -> None:
        super().__init__(text)
        self._words = text
        self.setAccessibleName(text)
        self.setToolTip(tip or text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setFont(ui_font(12))
        self.setStyleSheet("QPushButton { padding: 0.26em 0.4em; } QPushButton:focus { padding: 0.18em 0.32em; }")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_words(self, text: str) -> None:
        """Say something else."""
        self._words = text
        self.setAccessibleName(text)
        self.setToolTip(text)
        self._cut()
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(round(scaled(36)), super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        wanted = QFontMetricsF(self.font()).horizontalAdvance(self._words.replace("&", ""))
        return QSize(round(wanted + scaled(15)), super().sizeHint().height())

    def set_theme(self, _theme: object) -> None:
        """As large as the font is now."""
        self.setFont(ui_font(12))
        self._cut()
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        room = self.width() - scaled(12)
        text = QFontMetricsF(self.font()).elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        if text != self.text():
            self.setText(text)


class ButtonRow(QWidget):
    """Buttons side by side where there is room, else one under the other."""

    def __init__(self, *buttons: ShortButton) -> None:
        super().__init__()
        self._buttons = buttons
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        for button in buttons:
            self._box.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._box.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: object) -> None:
        """As large as the font is now."""
        self._box.setSpacing(round(scaled(6)))
        for button in self._buttons:
            button.set_theme(theme)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = [button.sizeHint().width() for button in self._buttons if not button.isHidden()]
        wanted = sum(shown) + self._box.spacing() * (len(shown) - 1)
        across = wanted <= self.width()
        self._box.setDirection(QBoxLayout.Direction.LeftToRight if across else QBoxLayout.Direction.TopToBottom)


class Facts(QWidget):
    """Rows of a quiet word and what it is; the panel may be narrow, so values wrap."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[WrapLabel, WrapLabel]] = []
        self.set_theme(None)

    def show_rows(self, rows: tuple[tuple[str, str], ...]) -> None:
        """Show these; labels are kept where there already are some."""
        while len(self._rows) < len(rows):
            pair = WrapLabel(role="secondary"), WrapLabel()
            pair[0].setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
            pair[0].setWordWrap(False)
            pair[1].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for column, part in enumerate(pair):
                self._grid.addWidget(part, len(self._rows), column, Qt.AlignmentFlag.AlignTop)
            self._rows.append(pair)
        for number, pair in enumerate(self._rows):
            shown = number < len(rows)
            for part, text in zip(pair, rows[number] if shown else ("", ""), strict=True):
                part.setText(text)
                part.setVisible(shown)

    def set_theme(self, _theme: object) -> None:
        """As large as the font is now."""
        self._grid.setHorizontalSpacing(round(scaled(10)))
        self._grid.setVerticalSpacing(round(scaled(3)))
        for pair in self._rows:
            for part in pair:
                part.set_theme(_theme)


def column_of(panel: QWidget) -> QVBoxLayout:
    """The column of a panel that scrolls when the dock is too low for it; its margins come by ``fit_column``."""
    body = QWidget()
    column = QVBoxLayout(body)
    outer = QVBoxLayout(panel)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(quiet_scroll(body))
    fit_column(column)
    return column


def fit_column(column: QVBoxLayout, side_px: float = SIDE_PX) -> None:
    """Margins and spacing as large as the font is now."""
    side = round(scaled(side_px))
    column.setContentsMargins(side, round(scaled(TOP_PX)), side, round(scaled(BOTTOM_PX)))
    column.setSpacing(round(scaled(7)))


def least_width() -> int:
    """How narrow a panel at the side may become; in large type the drawing needs the room more."""
    return min(round(scaled(LEAST_WIDTH_PX)), MOST_LEAST_PX)
