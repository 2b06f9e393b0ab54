"""The table of commands as actions of a window, and as the key sheet and the README list their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from desktop.style.icons import NAMES, icon
from desktop.style.theme import Theme
from desktop.window.command_table import Command, commands


class Actions:
    """The table as actions of a window, by name."""

    def __init__(self, window: Any, owner: QObject) -> None:
        self.commands = {command.name: command for command in commands()}
        self._groups: dict[str, QActionGroup] = {}
        self._actions = {name: self._made(command, window, owner) for name, command in self.commands.items()}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in these colours and as large as the font is now."""
        for name, command in self.commands.items():
            if command.icon in NAMES:
                self._actions[name].setIcon(icon(command.icon, theme))

    def _made(self, command: Command, window: Any, owner: QObject) -> QAction:
        action = QAction(command.text, owner)
        action.setObjectName(command.name)
        action.setIconText(command.short or command.text.replace("&", ""))
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setToolTip(tip_with_keys(command))
        action.setStatusTip("")
        action.setCheckable(command.checkable)
        action.setMenuRole(QAction.MenuRole.QuitRole if command.name == "quit" else QAction.MenuRole.NoRole)
        action.triggered.connect(lambda _checked=False: command.intent(window))
        if command.choice:
            self._group(command.choice, owner).addAction(action)
        return action

    def _group(self, name: str, owner: QObject) -> QActionGroup:
        if name not in self._groups:
            self._groups[name] = QActionGroup(owner)
        return self._groups[name]


def tip_with_keys(command: Command) -> str:
    """The tip and, in brackets, the key."""
    keys = key_texts(command)
    return f"{command.tip} ({keys[0]})" if keys else command.tip


def key_texts(command: Command) -> tuple[str, ...]:
    """The keys of a command as this system writes them."""
    return tuple(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in command.keys)


def keys_by_menu() -> dict[str, list[tuple[str, str]]]:
    """For the key sheet: title of each group, and (keys, words) of each command that has keys."""
    titles = {
        "walk": tr("Walk"), "grain": tr("How far one step goes"), "phase": tr("Phases"), "compare": tr("Compare"),
        "train": tr("Train"),
        "view": tr("Drawing"),
        "edit": tr("Edit"), "file": tr("File"), "look": tr("Look"), "panels": tr("Panels"), "help": tr("Help"),
    }  # fmt: skip
    sheet: dict[str, list[tuple[str, str]]] = {title: [] for title in titles.values()}
    for command in commands():
        if command.keys:
            sheet[titles[command.menu]].append((", ".join(key_texts(command)), command.tip))
    return sheet


def keys_as_markdown() -> str:
    """The table of keys for the README."""
    lines = ["| key | what it does |", "|---|---|"]
    for rows in keys_by_menu().values():
        lines += [f"| `{keys}` | {words} |" for keys, words in rows]
    return "\n".join(lines)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Actions", text)
