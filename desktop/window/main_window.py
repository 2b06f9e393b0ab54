"""The main window: the drawing in the middle, panels round it, the bar on top, the sentence at the bottom."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QLayout, QMainWindow, QToolBar

from core.frame import Detail, Frame
from desktop.bridge import Bridge
from desktop.dialogs.message_bar import with_messages
from desktop.reports import Kind, Report
from desktop.settings import Settings
from desktop.style.colours import ColourMaps
from desktop.style.theme import Theme
from desktop.style.typesetting import Typesetter
from desktop.views.diagram import InsidePainter
from desktop.views.unrolled import UnrolledView
from desktop.walking.scheduler import FrameScheduler
from desktop.window.actions import Actions
from desktop.window.columns import SharedColumns
from desktop.window.command_states import CommandStates
from desktop.window.contents import Maker
from desktop.window.keys import FocusKeys
from desktop.window.look import Look
from desktop.window.menus import Menus
from desktop.window.middle import Middle
from desktop.window.panels import Panels
from desktop.window.preferences import Preferences
from desktop.window.selection import Selection
from desktop.window.status import StatusLine
from desktop.window.toolbar import WalkBar
from desktop.window.veil import veiled
from desktop.window.wiring import wire_drawing, wire_panels

LAYOUT_VERSION = 2
LEAST_SIZE = (640, 420)


class Parts(msgspec.Struct, frozen=True, eq=False):
    """What the composition root hands to the window."""

    bridge: Bridge
    settings: Settings
    look: Look
    typesetter: Typesetter
    makers: dict[str, Maker]
    inside: InsidePainter
    files: Any
    edits: Any
    proofs: Any
    scenarios: Any
    trainer: Any


class MainWindow(QMainWindow):
    """Wires the bridge, the views and the commands; knows no session."""

    def __init__(self, unrolled: UnrolledView, parts: Parts) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Gatewalk[*]")
        self.setAcceptDrops(True)
        self.layout().setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # contents never resize the window
        self.setMinimumSize(*LEAST_SIZE)
        self.bridge, self.settings, self.look = parts.bridge, parts.settings, parts.look
        self.typesetter, self.files, self.edits, self.proofs = parts.typesetter, parts.files, parts.edits, parts.proofs
        self.trainer = parts.trainer
        self.unrolled, self._inside, self.scenarios = unrolled, parts.inside, parts.scenarios
        self.selection = Selection(parts.bridge, parts.edits, parts.proofs)
        self._last_shown: Frame | None = None
        self.commands = Actions(self, self)
        for name in self.commands:
            self.addAction(self.commands[name])
        self._states = CommandStates(self.commands, self.bridge)
        self._build(parts.makers)
        self._wire()
        self.preferences.apply()
        self.look.start(self._set_theme)
        self._set_theme(self.look.theme, self.look.maps)
        self._show_states(self.bridge.frame)
        self._show(self.bridge.frame)

    def _build(self, makers: dict[str, Maker]) -> None:
        theme = self.look.theme
        self.middle = Middle(self.unrolled, self.bridge, self.look.maps, self.typesetter, self.settings)
        central, self.messages = with_messages(self.middle, theme)
        self.setCentralWidget(central)
        self.panels = Panels(self, makers, theme)
        self.bar = WalkBar(theme, self.commands, self)
        tool_bar = QToolBar(self.tr("Walk"), self)
        tool_bar.setObjectName("tool_bar")
        tool_bar.setMovable(False)
        tool_bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        tool_bar.toggleViewAction().setEnabled(False)
        tool_bar.addWidget(self.bar)
        self.addToolBar(tool_bar)
        self.menus = Menus(self.menuBar(), self.commands)
        self.status = StatusLine(theme, self, lambda: self.settings.thresholds)
        self.setStatusBar(self.status)
        self.scheduler = FrameScheduler(parent=self)
        self.status.installEventFilter(self)
        self.focus_keys = FocusKeys(self)
        self._columns = SharedColumns(self.bridge, self.unrolled)
        self.preferences = Preferences(self.settings, self.look, self)

    def _wire(self) -> None:
        bridge = self.bridge
        bridge.frame_changed.connect(self.scheduler.submit)
        bridge.frame_changed.connect(self._show_states)
        bridge.reported.connect(self._say)
        self.scheduler.frame_due.connect(self._show)
        self.unrolled.view_changed.connect(self._columns.follow)
        self.bar.chips.phase_clicked.connect(bridge.go_to_phase)
        self.bar.speed_changed.connect(self.preferences.take_speed)
        self.panels.seen_changed.connect(self._panel_seen)
        wire_drawing(self.unrolled, bridge, self.edits)
        wire_panels(self.panels.made, bridge, self.edits, self.proofs, self._columns)

    # Showing

    def _show_states(self, frame: Frame) -> None:
        self._states.show_frame(frame)
        self.setWindowModified(self.bridge.modified)

    def _say(self, report: Report) -> None:
        """What went wrong or has more to it stands over the drawing until it is read; all else at the bottom."""
        if report.kind is Kind.ERROR or report.details:
            self.messages.show_message(report.text, report.kind, report.details)
            return
        if not report.text:
            self.messages.close_message()
        self.status.show_report(report)

    def _show(self, frame: Frame) -> None:
        """Give the frame to everything that is seen."""
        self._last_shown = frame
        self.bar.title.show_text(self.bridge.session.setup.name or "Gatewalk")
        self.bar.show_frame(frame)
        self.status.show_frame(frame)
        if frame.view.detail is Detail.INSIDE:
            self._inside.set_diagram(self.bridge.diagram(_block_of(frame)))
        self.unrolled.show_frame(veiled(frame) if self.settings.hide_predictions else frame)
        if self.isVisible():
            self.unrolled.repaint()  # the hand waits for the drawing; the panels follow at once
        self.middle.show_frame(frame)
        self.panels.show_frame(frame)

    def show_again(self) -> None:
        """Draw what is there once more."""
        self._show(self.bridge.frame)

    def _panel_seen(self, place: object) -> None:
        name, wanted = place
        self.commands[f"panel_{name}"].setChecked(wanted)
        if name == "changes":
            self.bridge.set_view(changes=self.panels["changes"].seen)
        if name == "plots":
            QTimer.singleShot(0, self, lambda: self._columns.place(self.unrolled.visible_columns))

    # Looks

    def _set_theme(self, theme: Theme, maps: ColourMaps) -> None:
        self._states.set_theme(theme)
        self.bar.set_theme(theme)
        self.status.set_theme(theme)
        self.messages.set_theme(theme)
        self._inside.set_colours(theme, maps)
        self.unrolled.set_theme(theme)
        self.middle.set_maps(maps)
        self.panels.set_theme(theme, maps)
        if self._last_shown is not None:
            self._show(self.bridge.frame)

    # Intents of the window itself

    def stop(self) -> None:
        """End what runs, wherever."""
        self.proofs.stop()
        self.trainer.pause()
        self.middle.stop()
        self.bridge.stop()

    def toggle_gradients(self) -> None:
        """Colour the strips by gradient, or by value."""
        self.unrolled.set_shown("gradients" if self.commands["show_gradients"].isChecked() else "values")

    def toggle_laboratory(self) -> None:
        """The laboratory in the place of the drawing, or the drawing again."""
        self.middle.show_laboratory(self.commands["show_laboratory"].isChecked())

    def start_training(self) -> None:
        """Train, pause or go on, where it can be seen."""
        self.panels.bring("training")
        self.trainer.start_pause()

    def toggle_full_screen(self) -> None:
        """The whole screen, or no longer."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self.commands["full_screen"].setChecked(self.isFullScreen())

    def show_keys(self) -> None:
        """All keys on one sheet."""
        from desktop.window.keys_sheet import show_keys

        show_keys(self, self.look.theme)

    def show_about(self) -> None:
        """What this is."""
        from desktop.window.keys_sheet import show_about

        show_about(self)

    # The window as such

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is slow to load waits until all has been painted once: the drawing, or the gallery in its place."""
        if event.type() == QEvent.Type.Paint and watched is self.status:
            self.status.removeEventFilter(self)
            QTimer.singleShot(0, self, self.panels.attach_late)
        return False

    def reset_layout(self) -> None:
        """All panels back in their places."""
        self.panels.arrange()
        self._show(self.bridge.frame)

    def restore_layout(self) -> None:
        """As it was when the window was closed last."""
        if not self.settings.geometry.isEmpty():
            self.restoreGeometry(self.settings.geometry)
        state = self.settings.dock_state
        if not state.isEmpty() and self.restoreState(state, LAYOUT_VERSION):
            self.panels.settle()
        else:  # as they were arranged when they were made; doing it twice leaves a bar of tabs behind
            self.panels.follow_size()

    def keep_layout(self) -> None:
        """Remember it for the next time."""
        self.settings.geometry = QByteArray(self.saveGeometry())
        usual = self.panels.usual
        self.settings.dock_state = QByteArray() if usual else QByteArray(self.saveState(LAYOUT_VERSION))
        self.settings.sync()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Panels keep their share of the room."""
        super().resizeEvent(event)
        self.panels.follow_size()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Only the lines between panels get here: somebody begins to move one."""
        self.panels.settle()
        super().mousePressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the full-screen mark right."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.commands["full_screen"].setChecked(self.isFullScreen())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask before unsaved work is lost."""
        if not self.files.may_lose_work():
            event.ignore()
            return
        self.keep_layout()
        self.bridge.stop()
        self.files.close()
        self.proofs.close()
        self.trainer.close()
        self.middle.close_worker()
        self.typesetter.close()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """One file at a time."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            QTimer.singleShot(0, self, lambda: self.files.open_path(files[0]))


def _block_of(frame: Frame) -> str:
    """The block whose inside is shown: that of the equations."""
    if frame.equations:
        return frame.equations[0].path.split("/")[0]
    return frame.position.block
