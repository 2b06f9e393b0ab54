"""Which commands can be used now, which are on, and what they are called now."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QIcon

from core.frame import Frame
from desktop.bridge import Bridge
from desktop.style.icons import icon
from desktop.style.theme import Theme
from desktop.window.actions import Actions

PHASE = "phase_"


class CommandStates:
    """Keeps the actions in step with the bridge."""

    def __init__(self, actions: Actions, bridge: Bridge) -> None:
        self._actions, self._bridge = actions, bridge
        self._run_icon = self._pause_icon = QIcon()
        self._playing: bool | None = None

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in these colours."""
        self._actions.set_theme(theme)
        self._run_icon, self._pause_icon = icon("play", theme), icon("pause", theme)
        self._playing = None
        self._show_playing(self._bridge.playing)

    def show_frame(self, frame: Frame) -> None:
        """All of it is cheap, and must be right at once."""
        session, actions = self._bridge.session, self._actions
        for name, verb, label in (
            ("undo", tr("&Undo"), session.undo_label),
            ("redo", tr("&Redo"), session.redo_label),
        ):
            actions[name].setEnabled(bool(label))
            actions[name].setText(f"{verb}: {label}" if label else verb)
        actions[f"grain_{frame.grain}"].setChecked(True)
        for name in actions:
            if name.startswith(PHASE):
                actions[name].setEnabled(name.removeprefix(PHASE) in frame.phases)
        self._show_playing(self._bridge.playing)

    def _show_playing(self, playing: bool) -> None:
        if playing == self._playing:
            return
        self._playing = playing
        action, words = self._actions["run_pause"], tr("&Pause") if playing else tr("&Run")
        action.setText(words)
        action.setIconText(words.replace("&", ""))
        action.setIcon(self._pause_icon if playing else self._run_icon)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Actions", text)
