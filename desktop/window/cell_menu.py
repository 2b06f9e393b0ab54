"""The menu of a place in the drawing: jump there, stop there, change what stands there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from core.breakpoints import AtTime
from desktop.bridge import Bridge
from desktop.walking.edits import Edits


def open_cell_menu(drawing: QWidget, bridge: Bridge, edits: Edits, path: str, t: int, where: QPoint) -> QMenu:
    """Opens the menu of the variable ``path`` ("" for a whole step) at step ``t``."""
    menu = QMenu(drawing)
    menu.setObjectName("cell_menu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    _add(menu, tr("Jump to t = {t}").format(t=t + 1), lambda: bridge.go_to_time(t))
    stops = _add(menu, tr("Stop at t = {t}").format(t=t + 1), lambda: bridge.edits.break_here(t))
    stops.setCheckable(True)
    stops.setChecked(AtTime(t) in bridge.session.breakpoints)
    menu.addSeparator()
    if bridge.session.setup.network.has_variable(path):
        name = path.rpartition("/")[2]
        _add(menu, tr("Select {name} at t = {t}").format(name=name, t=t + 1), lambda: bridge.select(path, t))
        if not path.startswith("head/"):
            text = tr("Overwrite {name} at t = {t}…").format(name=name, t=t + 1)
            _add(menu, text, lambda: edits.edit(("value", path, t)))
    if bridge.view.path or bridge.view.t is not None:
        _add(menu, tr("Select what the walk is at"), lambda: bridge.select("", None))
    _add(menu, tr("Change the input at t = {t}…").format(t=t + 1), lambda: edits.edit(("input", "input", t)))
    if bridge.session.setup.sequence.targets is not None:
        _add(menu, tr("Change the target at t = {t}…").format(t=t + 1), lambda: edits.edit(("target", "target", t)))
    export = drawing.window().findChild(QAction, "export_picture")
    if export is not None:
        menu.addSeparator()
        menu.addAction(export)
    menu.popup(where)
    return menu


def _add(menu: QMenu, text: str, done: Callable[[], object]) -> QAction:
    action = menu.addAction(text)
    action.triggered.connect(lambda _checked=False: done())
    return action


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("CellMenu", text)
