"""Which system libraries Qt needs on Linux, and how to install those that are missing."""

from __future__ import annotations

import ctypes
import re

# What Qt's own libraries and its X11 plugin load from the system; asked for together, so that one command is enough.
NEEDED = (
    "libEGL.so.1",
    "libGL.so.1",
    "libglib-2.0.so.0",
    "libfontconfig.so.1",
    "libfreetype.so.6",
    "libdbus-1.so.3",
    "libX11-xcb.so.1",
    "libxkbcommon.so.0",
    "libxkbcommon-x11.so.0",
    "libxcb-cursor.so.0",
    "libxcb-icccm.so.4",
    "libxcb-image.so.0",
    "libxcb-keysyms.so.1",
    "libxcb-randr.so.0",
    "libxcb-render-util.so.0",
    "libxcb-shape.so.0",
    "libxcb-shm.so.0",
    "libxcb-sync.so.1",
    "libxcb-xfixes.so.0",
    "libxcb-xkb.so.1",
)
APT_EXCEPTIONS = {"libglib-2.0.so.0": "libglib2.0-0"}


def loading_error(library: str) -> str:
    """Why the library (a file name or a path) cannot be loaded; empty when it can."""
    try:
        ctypes.CDLL(library)
    except OSError as error:
        return str(error) or "it cannot be loaded"
    return ""


def library_named_in(error: str) -> str:
    """The shared library that a loader's message says is missing, such as ``libEGL.so.1``; empty when it names none."""
    found = re.search(r"(lib[^\s/:]+\.so[.\d]*): cannot open shared object file", error)
    return found.group(1) if found else ""


def advice(library: str) -> str:
    """One sentence: what is missing (this library, and any other that Qt would stumble over next), what to type."""
    missing = [library, *(name for name in NEEDED if name != library and loading_error(name))]
    verb = "is" if len(missing) == 1 else "are"
    apt = " ".join(apt_package(name) for name in missing)
    dnf = " ".join(f"'{name}()(64bit)'" for name in missing)
    return f"{', '.join(missing)} {verb} missing; install with: sudo apt install {apt} (Fedora: sudo dnf install {dnf})"


def apt_package(library: str) -> str:
    """Debian's package of a library, by Debian's naming rule: ``libxcb-cursor.so.0`` is in ``libxcb-cursor0``."""
    if library in APT_EXCEPTIONS:
        return APT_EXCEPTIONS[library]
    stem, _, version = library.partition(".so")
    dash = "-" if stem[-1].isdigit() else ""
    return f"{stem}{dash}{version.lstrip('.')}".lower()
