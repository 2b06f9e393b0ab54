"""The composition root: makes everything, wires it, and hands over the window."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QLibraryInfo, QLocale, QSettings, QTimer, QTranslator
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from core.errors import GatewalkError
from core.resources import resource_path
from desktop.bridge import Bridge, example_session
from desktop.edits import Edits
from desktop.files import Files
from desktop.look import Look
from desktop.main_window import MainWindow, Parts
from desktop.proofs import Proofs
from desktop.reports import Kind, default_log_file, defect
from desktop.settings import Settings
from desktop.typesetting import Typesetter, default_cache_folder
from desktop.views.changes import ChangesPanel
from desktop.views.diagram import InsidePainter
from desktop.views.equations import EquationsPanel
from desktop.views.inspector import Inspector
from desktop.views.plots import TimePlots
from desktop.views.unrolled import UnrolledView

NAME = "Gatewalk"
FIRST_SIZE = (1600, 900)


def create_window(arguments: Sequence[str] = ()) -> QMainWindow:
    """The whole window with the ready example, or with the file that ``arguments`` name; the loop is not run."""
    app = application()
    settings = Settings(QSettings(NAME, NAME))
    bridge = Bridge(example_session())
    look = Look(app, settings, app)
    window = _window(bridge, settings, look)
    _first_size(window)
    window.restore_layout()
    window.setFocus()
    for file in _files_in(arguments)[:1]:
        window.files.open_path(file)
    _catch_defects(window)
    return window


def run(arguments: Sequence[str]) -> int:
    """Open the window and stay until it is closed; the exit code."""
    window = create_window(arguments)
    window.show()
    return QApplication.exec()


def application() -> QApplication:
    """The application, made once; named, dressed and translated."""
    sys.setswitchinterval(0.001)  # a worker must not hold up a key press
    known = QApplication.instance()
    app = known if isinstance(known, QApplication) else QApplication([NAME])
    app.setApplicationName(NAME)
    app.setApplicationDisplayName("")
    app.setOrganizationName(NAME)
    app.setStyle("Fusion")
    icon_file = resource_path("icons", "gatewalk.svg")
    if icon_file.exists():
        app.setWindowIcon(QIcon(str(icon_file)))
    _translate(app)
    return app


def _translate(app: QApplication) -> None:
    """Texts in the system's language, where there is a translation."""
    places = (
        ("gatewalk", str(resource_path("translations"))),
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
    )
    for name, folder in places:
        translator = QTranslator(app)
        if name == "gatewalk" and not translator.load(QLocale.system(), name, "_", folder):
            return  # Qt's own words in another language than ours would only confuse
        if name == "gatewalk" or translator.load(QLocale.system(), name, "_", folder):
            app.installTranslator(translator)


def _window(bridge: Bridge, settings: Settings, look: Look) -> MainWindow:
    theme, maps = look.theme, look.maps
    typesetter = Typesetter(cache_folder=default_cache_folder())
    unrolled = UnrolledView()
    inside = InsidePainter(theme, maps)
    unrolled.set_inside_painter(inside)
    views: dict[str, QWidget] = {
        "equations": EquationsPanel(theme, typesetter),
        "inspector": Inspector(maps),
        "changes": ChangesPanel(maps),
        "plots": TimePlots(theme),
    }
    files, edits = Files(bridge, settings), Edits(bridge)
    proofs = Proofs(bridge, views["inspector"].show_proof)
    parts = Parts(bridge, settings, look, typesetter, views, inside, files, edits, proofs)
    window = MainWindow(unrolled, parts)
    files.attach(window, unrolled, window.menus.recent)
    edits.attach(window)
    return window


def _first_size(window: MainWindow) -> None:
    room = window.screen().availableSize()
    window.resize(min(FIRST_SIZE[0], room.width()), min(FIRST_SIZE[1], room.height()))


def _files_in(arguments: Sequence[str]) -> list[Path]:
    return [Path(word) for word in arguments if not word.startswith("-")]


def _catch_defects(window: MainWindow) -> None:
    """What goes wrong in a slot becomes a sentence in the window, its details a file."""

    def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QTimer.singleShot(0, window.close)
            return
        if isinstance(error, GatewalkError):
            window.bridge.report(str(error), Kind.ERROR)
        else:
            window.bridge.reported.emit(defect(error.with_traceback(trace), default_log_file()))

    previous = sys.excepthook
    sys.excepthook = caught
    window.files.at_close(lambda: setattr(sys, "excepthook", previous))
