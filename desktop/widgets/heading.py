"""Headings in small capitals, and the title bars of docks made of them."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from desktop.style.icons import icon
from desktop.style.theme import Theme, heading_font, scaled

JOINT = " · "
TitleIcons = tuple[QIcon, QIcon]
_QUOTED_OR_WORD = re.compile(r'"[^"]*"|(?<!\S)[^\W\d_]{2,}(?:-[^\W\d_]{2,})*(?=[,.:]?(?:\s|$))')


def capitals(text: str) -> str:
    """Words in capitals; names of variables (h is not H) and what is quoted stay as they are."""
    return _QUOTED_OR_WORD.sub(lambda found: found[0] if found[0].startswith('"') else found[0].upper(), text)


class SectionHeading(QLabel):
    """A heading over a section of a panel, in capitals."""

    def __init__(self, theme: Theme, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_theme(theme)

    def setText(self, text: str) -> None:
        """Show this; who has it read out hears words, not letters."""
        self._words = text
        super().setText(capitals(text))
        self.setAccessibleName(text)

    def text(self) -> str:
        """The heading as it was given."""
        return self._words

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, secondary, since a heading is to be read, and as large as the font is now."""
        self.setStyleSheet(f"color: {theme.secondary.name()};")
        self.setFont(heading_font())


def fitted(text: str, metrics: QFontMetrics, room: int) -> str:
    """The heading cut to the room: of three parts the middle one gives way, as the last says where the walk is."""
    if metrics.horizontalAdvance(text) <= room:
        return text
    parts = text.split(JOINT)
    if len(parts) == 3:
        left = room - metrics.horizontalAdvance(JOINT.join((parts[0], "", parts[2])))
        middle = metrics.elidedText(parts[1], Qt.TextElideMode.ElideRight, max(left, 0))
        words = (parts[0], middle, parts[2]) if len(middle) > 1 else (parts[0], parts[2])
        return metrics.elidedText(JOINT.join(words), Qt.TextElideMode.ElideRight, room)
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)


def float_or_dock(dock: QDockWidget) -> None:
    """Take the panel out of the window, a little towards its middle, or put it back."""
    dock.setFloating(not dock.isFloating())
    if dock.isFloating() and dock.parentWidget() is not None:
        window = dock.parentWidget().geometry()
        away = round(scaled(28))
        across = away if dock.geometry().center().x() < window.center().x() else -away
        down = away if dock.geometry().center().y() < window.center().y() else -away
        dock.move(dock.pos() + QPoint(across, down))


def title_icons(theme: Theme) -> TitleIcons:
    """What the buttons of a title show: floating and closing."""
    return icon("float", theme), icon("close", theme)


class DockTitle(QWidget):
    """The title bar of a dock: its heading, and quiet buttons to float and to close it."""

    def __init__(self, theme: Theme, dock: QDockWidget, icons: TitleIcons | None = None) -> None:
        super().__init__(dock)
        self._heading = SectionHeading(theme, dock.windowTitle(), self)
        self._float = self._button(self.tr("Float"), lambda: float_or_dock(dock))
        self._close = self._button(self.tr("Close"), dock.close)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setSpacing(0)
        row.addWidget(self._heading, 1)
        row.addWidget(self._float)
        row.addWidget(self._close)
        self._whole = dock.windowTitle()
        self._heading.setMinimumWidth(1)  # a long heading must not widen the dock
        self._heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        dock.windowTitleChanged.connect(self.show_title)
        dock.setTitleBarWidget(self)
        self.set_theme(theme, icons)

    def set_theme(self, theme: Theme, icons: TitleIcons | None = None) -> None:
        """Draw in these colours; ``icons``, where several titles share them."""
        self._heading.set_theme(theme)
        self.layout().setContentsMargins(*(round(scaled(side)) for side in (20, 10, 8, 4)))
        side = round(scaled(14))
        for button, picture in zip((self._float, self._close), icons or title_icons(theme), strict=True):
            button.setIconSize(QSize(side, side))
            button.setIcon(picture)
        self.layout().activate()
        self._fit()

    def show_title(self, text: str) -> None:
        """Show this, as much of it as there is room for."""
        if text != self._whole:
            self._whole = text
            self._fit()

    def _fit(self) -> None:
        whole = capitals(self._whole)
        cut = fitted(whole, self._heading.fontMetrics(), self._heading.width())
        shown = self._whole if cut == whole else cut
        if shown != self._heading.text():
            self._heading.setText(shown)
            self._heading.setAccessibleName(self._whole)
        self._heading.setToolTip(self._whole if shown != self._whole else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.layout().activate()
        self._fit()

    def _button(self, text: str, slot: Callable[[], object]) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.setAutoRaise(True)
        button.clicked.connect(lambda _checked=False: slot())
        return button
