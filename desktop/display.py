"""Is there a display that Qt can open? Asked without Qt, which would abort the process instead of answering."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from desktop.system_libraries import advice, library_named_in, loading_error


class Display(msgspec.Struct, frozen=True):
    """``platform`` is the plugin that Qt must use ("" leaves Qt the choice); ``obstacle`` says why there is none."""

    platform: str = ""
    obstacle: str = ""


def find_display(environment: Mapping[str, str], system: str = sys.platform) -> Display:
    """The display to open, or a sentence that says why none can be opened. Needs Qt to be importable."""
    asked = environment.get("QT_QPA_PLATFORM", "").partition(":")[0].partition(";")[0]
    if not system.startswith("linux") or (asked and asked != "xcb" and not asked.startswith("wayland")):
        return Display()
    obstacles = {}
    if asked == "xcb" or (not asked and environment.get("DISPLAY")):
        obstacles["xcb"] = x11_obstacle(environment)
    if asked.startswith("wayland") or (not asked and environment.get("WAYLAND_DISPLAY")):
        obstacles["wayland"] = wayland_obstacle(environment)
    if not obstacles:
        return Display(obstacle="There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set).")
    usable = [platform for platform, obstacle in obstacles.items() if not obstacle]
    if not usable:
        return Display(obstacle=" ".join(obstacles.values()))
    return Display(platform="" if asked or len(usable) == 2 else usable[0])


def x11_obstacle(environment: Mapping[str, str]) -> str:
    """Why Qt cannot open a window over X11; empty when it can."""
    return plugin_obstacle("libqxcb.so") or x11_server_obstacle(environment.get("DISPLAY", ""))


def wayland_obstacle(environment: Mapping[str, str]) -> str:
    """Why Qt cannot open a window over Wayland; empty when it can."""
    return plugin_obstacle("libqwayland*.so") or wayland_server_obstacle(environment)


def plugin_obstacle(pattern: str) -> str:
    """What keeps Qt's platform plugin from loading; empty when one of those that match can be loaded."""
    from PySide6.QtCore import QLibraryInfo

    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"
    errors = [loading_error(str(path)) for path in sorted(folder.glob(pattern))]
    if not errors:
        return f"This Qt has no display plugin {pattern} in {folder}."
    if not all(errors):
        return ""
    library = library_named_in(errors[0])
    return f"The window cannot open: {advice(library) if library else errors[0]}."


def x11_server_obstacle(display: str) -> str:
    """Why no X server answers at this display; empty when one does."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode() or None, None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return f"The window cannot open: no X server answers at DISPLAY={display!r}." if failed else ""


def wayland_server_obstacle(environment: Mapping[str, str]) -> str:
    """Why no Wayland compositor answers; empty when one does."""
    address = Path(environment.get("XDG_RUNTIME_DIR", ""), environment.get("WAYLAND_DISPLAY") or "wayland-0")
    import socket  # where there is no Wayland, the start is not to wait for it

    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(address))
    except OSError:
        return f"The window cannot open: no Wayland compositor answers at {address}."
    return ""
