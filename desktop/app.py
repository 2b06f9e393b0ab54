"""The composition root: makes everything, wires it, and hands over the window."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QLibraryInfo, QLocale, QSettings, QTimer, QTranslator
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMainWindow

from core.errors import GatewalkError
from core.resources import resource_path
from core.scenario_session import ready_session
from desktop.bridge import Bridge
from desktop.collector import keep_for_good, nothing_is_garbage
from desktop.documents.autosave import Autosave
from desktop.documents.files import Files
from desktop.documents.recovery import Recovery
from desktop.documents.scenarios import Scenarios
from desktop.reports import Kind, default_log_file, defect
from desktop.settings import Settings
from desktop.style.typesetting import Typesetter, default_cache_folder
from desktop.training.leaving import may_leave
from desktop.training.trainer import Trainer
from desktop.views.diagram import InsidePainter
from desktop.views.unrolled import UnrolledView
from desktop.walking.edits import Edits
from desktop.walking.proofs import Proofs
from desktop.window.contents import Contents
from desktop.window.look import Look
from desktop.window.main_window import MainWindow, Parts
from desktop.window.page_tabs import attach_page_tabs
from desktop.window.scenario_pages import ScenarioPages

NAME = "Gatewalk"
STYLE = "Fusion"
FIRST_SIZE = (1600, 900)
STANDS_MS = 1500  # by then everything is loaded and painted


def create_window(arguments: Sequence[str] = ()) -> QMainWindow:
    """The whole window with the ready example, or with the file that ``arguments`` name; the loop is not run."""
    application()
    with nothing_is_garbage():
        window = build_window(Bridge(ready_session()), Settings(QSettings(NAME, NAME)), default_cache_folder())
    for file in _files_in(arguments)[:1]:
        window.files.open_path(file)
    _keep_safe(window)
    return window


def run(arguments: Sequence[str]) -> int:
    """Open the window and stay until it is closed; the exit code."""
    with nothing_is_garbage():
        window = create_window(arguments)
        _catch_defects(window)
        if window.settings.gallery_at_start and not _files_in(arguments):
            window.scenario_pages.open_after_paint()
        window.show()
        QTimer.singleShot(STANDS_MS, window, window.recovery.offer)
        QTimer.singleShot(STANDS_MS, keep_for_good)
        return QApplication.exec()


def application() -> QApplication:
    """The application, made once; named, dressed and translated."""
    sys.setswitchinterval(0.001)  # a worker must not hold up a key press
    # Qt hands tall see-through fills to threads, one sixty-four rows: waiting for these takes longer than painting
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    known = QApplication.instance()
    app = known if isinstance(known, QApplication) else QApplication([NAME, "-style", STYLE])
    app.setApplicationName(NAME)
    app.setApplicationDisplayName("")
    app.setOrganizationName(NAME)
    if app is known:  # otherwise it has got it already; this hands back a style, whose enumerations take 5 ms to make
        app.setStyle(STYLE)
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


def build_window(bridge: Bridge, settings: Settings, formulas: Path) -> MainWindow:
    """Views, panels and what stands behind them, wired to a bridge; ``formulas``: where typeset ones are kept."""
    look = Look(QApplication.instance(), settings)
    typesetter = Typesetter(cache_folder=formulas)
    unrolled = UnrolledView()
    inside = InsidePainter(look.theme, look.maps)
    unrolled.set_inside_painter(inside)
    files, edits, trainer = Files(bridge, settings), Edits(bridge, look), Trainer(bridge)
    scenarios = Scenarios(bridge, settings, files)
    files.open_scenario = scenarios.open
    makers = Contents(bridge, settings, files, edits, look, typesetter, scenarios, trainer).makers()

    def show_proof(proof: object) -> None:
        window.panels["inspector"].view.show_proof(proof)

    proofs = Proofs(bridge, show_proof)
    parts = Parts(bridge, settings, look, typesetter, makers, inside, files, edits, proofs, scenarios, trainer)
    window = MainWindow(unrolled, parts)
    window.scenario_pages = ScenarioPages(window, scenarios, settings, formulas.parent / "thumbnails", look)
    window.page_tabs = attach_page_tabs(window)
    for part in (bridge, look, files, edits, proofs, scenarios, trainer, typesetter):
        part.setParent(window)
    files.attach(window, unrolled, window.menus.recent)
    edits.attach(window)
    files.at_leaving(lambda: may_leave(trainer, window))
    _first_size(window)
    window.restore_layout()
    window.setFocus()
    return window


def _first_size(window: MainWindow) -> None:
    room = window.screen().availableSize()
    window.resize(min(FIRST_SIZE[0], room.width()), min(FIRST_SIZE[1], room.height()))


def _files_in(arguments: Sequence[str]) -> list[Path]:
    return [Path(word) for word in arguments if not word.startswith("-")]


def _keep_safe(window: MainWindow) -> None:
    """Unsaved work survives a crash."""
    window.recovery = Recovery(window.bridge, window.files, Autosave(window.bridge, parent=window), window)
    window.files.at_close(window.recovery.close)


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
