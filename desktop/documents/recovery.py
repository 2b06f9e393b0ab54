"""After a crash: offers the unsaved work that was kept, and keeps that of today."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QWidget

from core.errors import GatewalkError
from desktop.bridge import Bridge
from desktop.dialogs import ask
from desktop.documents import session_files
from desktop.documents.autosave import Autosave, Leftover
from desktop.documents.files import Files
from desktop.reports import Kind


class Recovery(QObject):
    """Asks about one session at a time, the newest first."""

    def __init__(self, bridge: Bridge, files: Files, autosave: Autosave, window: QWidget) -> None:
        super().__init__(window)
        self._bridge, self._files, self._autosave, self._window = bridge, files, autosave, window
        self._opened: list[Leftover] = []
        autosave.failed.connect(self._complain)
        autosave.start()

    def offer(self) -> None:
        """Ask about what a crash has left behind, if anything."""
        found = self._autosave.leftovers()
        if not found:
            return
        newest = found[0]
        when = newest.time.strftime("%Y-%m-%d %H:%M")
        ask.ask_recovery(self._window, when, lambda answer: self._take(newest, answer))

    def close(self) -> None:
        """The program ends well: what was opened again has been saved, or was not wanted."""
        for leftover in self._opened:
            self._autosave.forget(leftover)
        self._autosave.close()

    def _take(self, leftover: Leftover, answer: object) -> None:
        if answer == ask.RECOVER and self._files.may_lose_work():
            self._open(leftover)
        elif answer == ask.FORGET:
            self._autosave.forget(leftover)

    def _open(self, leftover: Leftover) -> None:
        try:
            session_files.open_session(self._bridge, leftover.path)
        except GatewalkError as error:
            self._bridge.report(str(error), Kind.ERROR)
            return
        self._opened.append(leftover)
        self._files.forget_path()
        self._bridge.mark_modified()
        self._autosave.save()
        self._bridge.report(tr("This session was kept through a crash; save it to keep it for good."))

    def _complain(self, sentence: object) -> None:
        text = tr("Unsaved work cannot be kept safe: {reason}").format(reason=sentence)
        self._bridge.report(text, Kind.ERROR)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Recovery", text)
