"""What lies between ``python main.py`` and the window: is Qt here, and is there a display?

Qt aborts the process when it finds no display, so both are asked before the first Qt object is made. Nothing here
imports Qt at the top.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from core.errors import GatewalkError
from desktop.collector import nothing_is_garbage
from desktop.display import find_display
from desktop.system_libraries import advice, library_named_in

PROJECT = Path(__file__).resolve().parent.parent
PLAIN_IMPORT = builtins.__import__  # as it was before Qt was there


class MissingLibrary(GatewalkError):
    """Something that has to be installed before Qt can be used."""

    exit_code = 3


def open_window(arguments: list[str]) -> int:
    """The exit code of the window; without a display, of the same example walked off-screen.

    Raises MissingLibrary.
    """
    load_core()
    require_qt()
    display = find_display(os.environ)
    if display.obstacle:
        print(f"gatewalk: {display.obstacle} The example is walked off-screen instead.", file=sys.stderr)
        return walk_offscreen()
    if display.platform:
        os.environ["QT_QPA_PLATFORM"] = display.platform
    with nothing_is_garbage(), plain_imports():
        from desktop.app import run
    return run(arguments)


@contextmanager
def plain_imports() -> Iterator[None]:
    """Python's own ``import`` meanwhile.

    PySide6 puts one of its own in its place, which reads the source of every module to see whether it may ask for other
    spellings of Qt's names. None here does, and the reading is a twentieth of the start.
    """
    theirs = builtins.__import__
    builtins.__import__ = PLAIN_IMPORT
    try:
        yield
    finally:
        builtins.__import__ = theirs


def load_core() -> None:
    """Imports what has no Qt before Qt, which finds it loaded."""
    with nothing_is_garbage():
        for name in ("core.reveal", "core.scenario", "core.session"):
            import_module(name)


def walk_offscreen() -> int:
    """Walks the ready example into a picture and a snapshot in the current directory."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from desktop.commands.offscreen import run

    return int(run(Path.cwd()) or 0)


def prepare_offscreen() -> None:
    """Makes Qt draw without a display, for commands that have no window. Raises MissingLibrary."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    require_qt()


def require_qt() -> None:
    """Imports the parts of Qt that the window is made of. Raises MissingLibrary, saying what to install."""
    try:
        import PySide6.QtWidgets  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingLibrary(
            f"the Python package {error.name} is missing; install what Gatewalk needs with: "
            f"{sys.executable} -m pip install -e {PROJECT}"
        ) from error
    except (ImportError, OSError) as error:
        raise MissingLibrary(sentence_about(error)) from error


def sentence_about(error: Exception) -> str:
    """What stops Qt from loading, and the command that mends it."""
    library = library_named_in(str(error))
    if library:
        return advice(library)
    reinstall = f"{sys.executable} -m pip install --force-reinstall PySide6-Essentials"
    return f"Qt cannot be loaded ({error}); install it again with: {reinstall}"
