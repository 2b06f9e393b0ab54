"""Whether the keyboard brought the focus: only then is a ring drawn, so that a click leaves no mark."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent

BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


def came_by_key(event: QFocusEvent) -> bool:
    """Whether a person walked here with Tab or a shortcut."""
    return event.reason() in BY_KEY
