"""Recovery after a crash: a snapshot of unsaved work, written beside the walk and removed when all ends well.

A locked file beside each recovery snapshot says that its program still runs; one whose lock can be taken was left
behind by a crash.
"""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from PySide6.QtCore import QLockFile, QObject, QStandardPaths, QTimer, Signal

from core.errors import GatewalkError
from desktop.bridge import Bridge
from desktop.documents.files import SNAPSHOT
from desktop.walking.worker import Result, Worker

INTERVAL_MS = 30_000
PREFIX = "recovery-"
KEEP_BYTES = 0  # values are computed again when a recovery is opened: quicker to write


class Leftover(msgspec.Struct, frozen=True):
    """Unsaved work of a program that did not end well."""

    path: Path
    time: datetime  # when it was last written, local time


class Autosave(QObject):
    """Keeps a recovery snapshot of what ``bridge`` holds while it is modified."""

    failed = Signal(object)  # a sentence, once; the walk goes on

    def __init__(
        self,
        bridge: Bridge,
        folder: Path | None = None,
        *,
        interval_ms: int = INTERVAL_MS,
        parent: QObject | None = None,
    ) -> None:
        """``folder``: where recovery snapshots lie, by default in the person's application data."""
        super().__init__(parent)
        self._bridge, self._folder = bridge, folder or default_folder()
        self.path = self._folder / f"{PREFIX}{os.getpid()}-{os.urandom(4).hex()}{SNAPSHOT}"
        self._lock: QLockFile | None = None
        self._claims: dict[Path, QLockFile] = {}
        self._written: object = None  # the frame that the last snapshot shows
        self._complained = False
        self._worker = Worker(self)
        self._worker.finished.connect(self._finished)
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self.save)

    def start(self) -> None:
        """Save every so often from now on."""
        self._timer.start()

    def save(self) -> None:
        """Write a recovery snapshot beside the walk if there is unsaved work that the last one does not hold."""
        if not self._bridge.modified:
            if not self._worker.busy:
                self._remove_own()
            return
        if self._worker.busy or self._bridge.frame is self._written or not self._locked():
            return
        from core.files.snapshot import capture, write_capture  # what writes files can wait for the first picture

        captured = capture(self._bridge.session, view=self._bridge.view)
        self._written, path = self._bridge.frame, self.path
        self._worker.submit("autosave", lambda _cancelled: write_capture(captured, path, limit_bytes=KEEP_BYTES))

    @property
    def busy(self) -> bool:
        """Whether a snapshot is being written."""
        return self._worker.busy

    def leftovers(self) -> list[Leftover]:
        """Unsaved work of programs that crashed, the newest first; no other window is offered it meanwhile."""
        found = [leftover for path in self._candidates() if (leftover := self._claim(path)) is not None]
        return sorted(found, key=lambda leftover: leftover.time, reverse=True)

    def forget(self, leftover: Leftover) -> None:
        """Remove what was left behind, as it was opened and saved, or is not wanted."""
        with contextlib.suppress(OSError):
            leftover.path.unlink(missing_ok=True)
        claim = self._claims.pop(leftover.path, None)
        if claim is not None:
            claim.unlock()

    def close(self) -> None:
        """The program ends well: nothing is left behind."""
        self._timer.stop()
        self._worker.close()
        self._remove_own()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
        for claim in self._claims.values():
            claim.unlock()
        self._claims.clear()

    def _finished(self, result: Result) -> None:
        if result.error is None:
            return
        self._written = None
        if not self._complained:
            self._complained = True
            known = isinstance(result.error, GatewalkError)
            self.failed.emit(str(result.error) if known else f"{type(result.error).__name__}: {result.error}")

    def _locked(self) -> bool:
        """Whether our lock stands; without it another window would take our file for a leftover."""
        if self._lock is None:
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
            lock = _lock_of(self.path)
            if not lock.tryLock(0):
                return False
            self._lock = lock
        return True

    def _candidates(self) -> list[Path]:
        try:
            found = list(self._folder.glob(f"{PREFIX}*{SNAPSHOT}"))
        except OSError:
            return []
        return [path for path in found if path != self.path]

    def _claim(self, path: Path) -> Leftover | None:
        if path not in self._claims:
            lock = _lock_of(path)
            if not lock.tryLock(0):
                return None
            self._claims[path] = lock
        try:
            written = path.stat().st_mtime
        except OSError:
            return None
        return Leftover(path, datetime.fromtimestamp(written, UTC).astimezone())

    def _remove_own(self) -> None:
        self._written = None
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def default_folder() -> Path:
    """Where recovery snapshots lie."""
    data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    return Path(data) / "recovery"


def _lock_of(path: Path) -> QLockFile:
    lock = QLockFile(str(path.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # a lock is stale when its process is gone, however old it is
    return lock
