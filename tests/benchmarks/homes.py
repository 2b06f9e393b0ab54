"""A place of their own for settings and caches, so that nothing of the person who measures is read or written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FOLDERS = {
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
    "PYTHONPYCACHEPREFIX": "bytecode",
}


def own_home(place: Path) -> Mapping[str, str]:
    """Variables of the environment that lead to empty folders in ``place``."""
    for folder in FOLDERS.values():
        (place / folder).mkdir(exist_ok=True)
    return {variable: str(place / folder) for variable, folder in FOLDERS.items()}
