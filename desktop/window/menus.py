"""The menu bar, filled from the table of commands."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu, QMenuBar

from desktop.window.actions import Actions

BREAKS = {  # a line comes before these
    "open_snapshot", "save_snapshot", "export_picture", "quit", "edit_value", "add_bookmark", "change_model",
    "step_forward", "beside_rnn_tanh", "go_start", "lesson_next", "slower", "show_gradients", "previous_variable",
    "larger_type", "toggle_animation", "walk_iteration", "end_training", "save_weights", "full_screen",
    "reset_layout", "about",
}  # fmt: skip


class Menus:
    """File, Edit, Walk, Compare, Train, View, Help."""

    def __init__(self, bar: QMenuBar, actions: Actions) -> None:
        self._actions = actions
        self.file = bar.addMenu(tr("&File"))
        self.edit = bar.addMenu(tr("&Edit"))
        self.walk = bar.addMenu(tr("&Walk"))
        self.compare = bar.addMenu(tr("&Compare"))
        self.train = bar.addMenu(tr("&Train"))
        self.view = bar.addMenu(tr("&View"))
        self.help = bar.addMenu(tr("&Help"))
        self.recent = QMenu(tr("Open &recent"), self.file)
        self._fill(self.file, "file")
        self.file.insertMenu(actions["open_data"], self.recent)
        self._fill(self.edit, "edit")
        self._fill(self.walk, "walk")
        self._fill(self.walk.addMenu(tr("&How far one step goes")), "grain")
        self._fill(self.walk.addMenu(tr("Go to the &phase")), "phase")
        self._fill(self.compare, "compare")
        self._fill(self.train, "train")
        self._fill(self.view, "view")
        self._fill(self.view.addMenu(tr("&Look")), "look")
        self._fill(self.view.addMenu(tr("&Panels")), "panels")
        self._fill(self.help, "help")

    def _fill(self, menu: QMenu, name: str) -> None:
        for command in self._actions.commands.values():
            if command.menu != name:
                continue
            if command.name in BREAKS and not menu.isEmpty():
                menu.addSeparator()
            menu.addAction(self._actions[command.name])


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Menus", text)
