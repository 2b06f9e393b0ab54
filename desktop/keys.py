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

from desktop.views.choice import Choice
from desktop.views.equations import EquationList
from desktop.views.unit_bars import UnitBars
from desktop.views.unit_stepper import UnitStepper

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
UPRIGHT = (QAbstractItemView, QAbstractSlider, QComboBox, EquationList, UnitStepper)  # know up and down themselves
SIDELONG = (Choice, UnitBars)  # know left and right only
SIDEWAYS = {Qt.Key.Key_Up: Qt.Key.Key_Left, Qt.Key.Key_Down: Qt.Key.Key_Right}


class FocusKeys(QObject):
    """Translates keys for the controls of one window; leaves dialogs and text fields alone."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        QApplication.instance().installEventFilter(self)

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
        return event.key() in SIDEWAYS and isinstance(widget, UPRIGHT + SIDELONG)

    def _act(self, widget: QWidget, event: QKeyEvent) -> bool:
        if isinstance(widget, UPRIGHT):
            return False
        if isinstance(widget, QAbstractButton):
            widget.click()
        else:
            key = SIDEWAYS[Qt.Key(event.key())]
            QCoreApplication.sendEvent(widget, QKeyEvent(event.type(), key, event.modifiers()))
        return True
