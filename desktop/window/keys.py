"""Keys of what has the focus: the arrows left and right and Space walk wherever the focus is, so that a control is
pressed by Enter, and changed by the arrows up and down."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QMainWindow,
    QWidget,
)

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
UPRIGHT = (QAbstractItemView, QAbstractSlider, QComboBox)  # know up and down themselves
ARROWS = "arrows"  # a control of our own says by this name which arrows it knows: "upright" or "sidelong"
SIDEWAYS = {Qt.Key.Key_Up: Qt.Key.Key_Left, Qt.Key.Key_Down: Qt.Key.Key_Right}


class FocusKeys(QObject):
    """Translates keys for the controls of one window; leaves dialogs and text fields alone."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        QApplication.instance().focusChanged.connect(self._follow)
        self._follow(None, QApplication.focusWidget())

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Listen to what has the focus only: what sees all events of the application slows down each of them."""
        if now is not None and now.window() is self._window:
            now.installEventFilter(self)  # once more does no harm, and without the focus nothing is done

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter presses, up and down go sideways; before that, the window's own keys stand back."""
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return False
        if not isinstance(watched, QWidget) or watched.window() is not self._window or not watched.hasFocus():
            return False
        wanted = self._is_for(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            if wanted:
                event.accept()
            return wanted
        return wanted and self._act(watched, event)

    def _is_for(self, widget: QWidget, event: QKeyEvent) -> bool:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if isinstance(widget, QAbstractButton):
            return event.key() in ENTER
        return event.key() in SIDEWAYS and (_is_upright(widget) or hasattr(widget, ARROWS))

    def _act(self, widget: QWidget, event: QKeyEvent) -> bool:
        if _is_upright(widget):
            return False
        if isinstance(widget, QAbstractButton):
            widget.click()
        else:
            key = SIDEWAYS[Qt.Key(event.key())]
            QCoreApplication.sendEvent(widget, QKeyEvent(event.type(), key, event.modifiers()))
        return True


def _is_upright(widget: QWidget) -> bool:
    """Whether it knows up and down itself."""
    return isinstance(widget, UPRIGHT) or getattr(widget, ARROWS, "") == "upright"
