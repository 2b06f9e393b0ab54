"""Walks that are rendered without a window being seen: of the drawing alone, or of the whole window."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEventLoop, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QImage

from core.errors import FileError
from core.files.snapshot import SNAPSHOT_SUFFIX, load_session
from core.frame import Cursor, Grain, View
from core.reveal import frame_at
from core.scenario_session import ready_session
from core.timeline import Timeline
from desktop.app import application
from desktop.pictures.stage import Stage, grabbed
from desktop.settings import Settings, ThemeChoice
from desktop.style.theme import DARK, LIGHT

if TYPE_CHECKING:
    from desktop.window.main_window import MainWindow

SETTLE_MS = 60  # until what attaches later (plots, formulas) and the frame scheduler have painted


@dataclass(eq=False)
class Film:
    """Pictures of one iteration of a walk."""

    session: Any
    take: Callable[[], QImage]  # of where the session stands
    sentence: str = ""

    @property
    def timeline(self) -> Timeline:
        """The walk of the iteration."""
        return self.session.timeline

    def picture(self, index: int) -> QImage:
        """The picture at an index of the walk."""
        self.session.go_to(Cursor(self.session.cursor.iteration, index))
        image = self.take()
        self.sentence = str(frame_at(self.session, View()).sentence)
        return image


@contextmanager
def film(name: str, size: tuple[int, int], theme: str, whole_window: bool, grain: Grain) -> Iterator[Film]:
    """The walk of a scenario or a snapshot in steps of a grain, ready to be pictured. Raises FileError."""
    session, view = _opened(name)
    session.grain = grain
    pixels = QSize(*size)
    if not whole_window:
        application()
        stage = Stage(pixels, DARK if theme == "dark" else LIGHT)
        yield Film(session, lambda: stage.picture(frame_at(session, view)))
        return
    with unseen_window(session, view, ThemeChoice(theme)) as window:
        window.resize(pixels)
        window.show()

        def take() -> QImage:
            window.bridge.publish()
            settle()
            return grabbed(window, pixels)

        settle(10 * SETTLE_MS)
        yield Film(session, take)


@contextmanager
def unseen_window(session: Any, view: View, theme: ThemeChoice = ThemeChoice.LIGHT) -> Iterator[MainWindow]:
    """The main window, of full size, with settings of its own: nothing of the person's is read or written."""
    from desktop.app import build_window
    from desktop.bridge import Bridge
    from desktop.style.typesetting import default_cache_folder

    application()
    with tempfile.TemporaryDirectory(prefix="gatewalk-") as folder:
        settings = Settings(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
        settings.theme_choice, settings.animations = theme, False
        window = build_window(Bridge(session), settings, default_cache_folder())
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        window.bridge.replace_session(session, view)
        try:
            yield window
        finally:
            window.files.close()
            window.hide()
            window.deleteLater()
            settle()


def settle(duration_ms: int = SETTLE_MS) -> None:
    """Let the window paint what was asked for."""
    loop = QEventLoop()
    QTimer.singleShot(duration_ms, loop.quit)
    loop.exec()


def _opened(name: str) -> tuple[Any, View]:
    """The session of a scenario or a snapshot."""
    path = Path(name)
    if path.suffix.lower() == SNAPSHOT_SUFFIX:
        return load_session(path)
    if path.suffix and path.suffix.lower() != ".toml":
        raise FileError(f"{name}: expected the name of a scenario, a .toml scenario or a {SNAPSHOT_SUFFIX} snapshot.")
    return ready_session(name), View()
