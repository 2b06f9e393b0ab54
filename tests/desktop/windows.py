"""A window for tests, with settings of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication

from core.scenario_session import ready_session
from desktop.app import application, build_window
from desktop.bridge import Bridge
from desktop.settings import Settings
from desktop.window.main_window import MainWindow


@contextmanager
def open_window(
    folder: Path, size: tuple[int, int] = (1280, 720), before: Callable[[MainWindow], object] = id
) -> Iterator[MainWindow]:
    """The main window with the ready example, animation off; closed without questions, the look as it was before.

    ``before`` is done with the window before it is shown.
    """
    app = application()
    font, palette, sheet = app.font(), app.palette(), app.styleSheet()
    settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    settings.animations = False
    window = build_window(Bridge(ready_session(), log_file=folder / "log.txt"), settings, formulas())
    window.resize(*size)
    before(window)
    window.show()
    wait_for_panels(window)
    try:
        yield window
    finally:
        window.bridge.mark_saved()
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        app.setStyleSheet(sheet)
        app.setPalette(palette)
        app.setFont(font)


def formulas() -> Path:
    """Where typeset formulas are kept for all windows of this process; typesetting them is half of what one costs."""
    return Path(os.environ["XDG_DATA_HOME"], "formulas")


def wait_for_panels(window: MainWindow) -> None:
    """Until all panels are filled, which happens after the first picture."""
    deadline = monotonic() + 10.0
    while any(window.panels[name].late for name in window.panels) and monotonic() < deadline:
        QApplication.processEvents()
