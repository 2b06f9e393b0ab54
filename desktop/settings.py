"""What is remembered between sessions, typed; a damaged entry counts as absent."""

from __future__ import annotations

import json
import math
from enum import StrEnum

from PySide6.QtCore import QByteArray, QSettings

from core.errors import GatewalkError
from core.gradients.thresholds import Thresholds
from core.words import LANGUAGES

MOST_RECENT, MOST_SCENARIOS = 10, 30
DEFAULT_SPEED = 2.0  # steps a second
USUAL_BYTES, MOST_BYTES = 64 * 1024**2, 1024**3  # of computed values in a snapshot
SMALLEST_SCALE, LARGEST_SCALE = 0.7, 3.0


class ThemeChoice(StrEnum):
    """Which theme people asked for."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Settings:
    """Reads and writes a ``QSettings`` that the composition root (or a test) hands in."""

    def __init__(self, store: QSettings) -> None:
        self._store = store
        self._read: dict[str, tuple[str, tuple[str, ...]]] = {}  # by key: the text that stood there, and its names

    @property
    def geometry(self) -> QByteArray:
        """Place and size of the main window; empty before the first time."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("window/geometry", value)

    @property
    def dock_state(self) -> QByteArray:
        """Arrangement of docks and toolbars; empty before the first time."""
        return self._bytes("window/docks")

    @dock_state.setter
    def dock_state(self, value: QByteArray) -> None:
        self._store.setValue("window/docks", value)

    @property
    def theme_choice(self) -> ThemeChoice:
        """Light, dark, or as the system."""
        text = self._text("look/theme")
        return ThemeChoice(text) if text in list(ThemeChoice) else ThemeChoice.SYSTEM

    @theme_choice.setter
    def theme_choice(self, value: ThemeChoice) -> None:
        self._store.setValue("look/theme", str(value))

    @property
    def ui_scale(self) -> float:
        """How many times larger than usual text and controls are."""
        return min(max(self._number("look/scale", 1.0), SMALLEST_SCALE), LARGEST_SCALE)

    @ui_scale.setter
    def ui_scale(self, value: float) -> None:
        self._store.setValue("look/scale", str(float(value)))

    @property
    def animations(self) -> bool:
        """Whether people want values to glide."""
        return self._flag("look/animations", True)

    @animations.setter
    def animations(self, value: bool) -> None:
        self._store.setValue("look/animations", _flag_text(value))

    @property
    def reduced_motion(self) -> bool:
        """Whether motion is to be avoided altogether; wins over ``animations``."""
        return self._flag("look/reduced_motion", False)

    @reduced_motion.setter
    def reduced_motion(self, value: bool) -> None:
        self._store.setValue("look/reduced_motion", _flag_text(value))

    @property
    def animations_on(self) -> bool:
        """Whether anything may move by itself."""
        return self.animations and not self.reduced_motion

    @property
    def speed(self) -> float:
        """Steps a second while playing; infinity: as fast as it paints."""
        value = self._number("walk/speed", DEFAULT_SPEED, endless=True)
        return value if value > 0.0 else DEFAULT_SPEED

    @speed.setter
    def speed(self, value: float) -> None:
        self._store.setValue("walk/speed", str(float(value)))

    @property
    def hide_predictions(self) -> bool:
        """Whether predictions stay hidden until the walk reaches them."""
        return self._flag("walk/hide_predictions", False)

    @hide_predictions.setter
    def hide_predictions(self, value: bool) -> None:
        self._store.setValue("walk/hide_predictions", _flag_text(value))

    @property
    def snapshot_bytes(self) -> int:
        """Up to how many bytes of computed values a snapshot keeps."""
        return min(max(int(self._number("files/snapshot_bytes", USUAL_BYTES)), 0), MOST_BYTES)

    @snapshot_bytes.setter
    def snapshot_bytes(self, value: int) -> None:
        self._store.setValue("files/snapshot_bytes", str(int(value)))

    @property
    def language(self) -> str:
        """In which language scenarios are said; "" for the system's."""
        text = self._text("scenarios/language")
        return text if text in LANGUAGES else ""

    @language.setter
    def language(self, value: str) -> None:
        self._store.setValue("scenarios/language", value)

    @property
    def gallery_at_start(self) -> bool:
        """Whether the gallery of scenarios opens with the window."""
        return self._flag("scenarios/gallery_at_start", True)

    @gallery_at_start.setter
    def gallery_at_start(self, value: bool) -> None:
        self._store.setValue("scenarios/gallery_at_start", _flag_text(value))

    @property
    def scenario_files(self) -> tuple[str, ...]:
        """The person's own scenarios that were opened, the newest first."""
        return self._names("scenarios/files")

    def add_scenario_file(self, file: str) -> None:
        """Put one first in the gallery."""
        others = [known for known in self.scenario_files if known != file]
        self._keep_names("scenarios/files", [file, *others][:MOST_SCENARIOS])

    def remove_scenario_file(self, file: str) -> None:
        """Leave one out of the gallery."""
        self._keep_names("scenarios/files", [known for known in self.scenario_files if known != file])

    @property
    def thresholds(self) -> Thresholds:
        """From where on verdicts are given; the usual ones where one that is kept cannot be used."""
        try:
            known = json.loads(self._text("laboratory/thresholds") or "{}")
            return Thresholds(**{name: float(known[name]) for name in Thresholds.__struct_fields__ if name in known})
        except (ValueError, TypeError, GatewalkError):
            return Thresholds()

    @thresholds.setter
    def thresholds(self, value: Thresholds) -> None:
        known = {name: getattr(value, name) for name in Thresholds.__struct_fields__}
        self._store.setValue("laboratory/thresholds", json.dumps(known))

    @property
    def recent_files(self) -> tuple[str, ...]:
        """Files opened or saved, the newest first."""
        return self._names("files/recent")

    def add_recent_file(self, file: str) -> None:
        """Put a file first in the list."""
        self._keep_recent([file, *(known for known in self.recent_files if known != file)])

    def remove_recent_file(self, file: str) -> None:
        """Forget a file, as when it is gone."""
        self._keep_recent([known for known in self.recent_files if known != file])

    def clear_recent_files(self) -> None:
        """Forget all files."""
        self._keep_recent([])

    def sync(self) -> None:
        """Write to disk now."""
        self._store.sync()

    def _keep_recent(self, files: list[str]) -> None:
        self._keep_names("files/recent", files[:MOST_RECENT])

    def _keep_names(self, key: str, names: list[str]) -> None:
        self._store.setValue(key, json.dumps(names, ensure_ascii=False))

    def _names(self, key: str) -> tuple[str, ...]:
        text = self._text(key)
        if self._read.get(key, ("", ()))[0] != text:  # some are asked for with every frame
            self._read[key] = text, _names_in(text)
        return self._read.get(key, ("", ()))[1]

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def _text(self, key: str) -> str:
        value = self._store.value(key)
        return value if isinstance(value, str) else ""

    def _number(self, key: str, default: float, endless: bool = False) -> float:
        try:
            value = float(self._text(key))
        except ValueError:
            return default
        return value if math.isfinite(value) or (endless and value == math.inf) else default

    def _flag(self, key: str, default: bool) -> bool:
        return {"true": True, "false": False}.get(self._text(key).lower(), default)


def _names_in(text: str) -> tuple[str, ...]:
    """The names in a list of JSON; none where it is damaged."""
    try:
        names = json.loads(text)
    except ValueError:
        return ()
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def _flag_text(value: bool) -> str:
    return "true" if value else "false"
