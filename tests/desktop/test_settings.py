from __future__ import annotations

import math
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from desktop.settings import DEFAULT_SPEED, LARGEST_SCALE, MOST_RECENT, Settings, ThemeChoice


def opened(folder: Path) -> Settings:
    return Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))


def test_defaults(tmp_path: Path) -> None:
    settings = opened(tmp_path)
    assert settings.theme_choice is ThemeChoice.SYSTEM
    assert settings.speed == DEFAULT_SPEED
    assert settings.animations_on
    assert not settings.hide_predictions
    assert settings.ui_scale == 1.0
    assert settings.recent_files == ()
    assert settings.geometry.isEmpty()


def test_what_is_set_is_there_the_next_time(tmp_path: Path) -> None:
    before = opened(tmp_path)
    before.geometry, before.dock_state = QByteArray(b"\x00place"), QByteArray(b"\xffdocks")
    before.theme_choice, before.speed, before.ui_scale = ThemeChoice.DARK, math.inf, 1.5
    before.animations, before.reduced_motion, before.hide_predictions = True, True, True
    before.add_recent_file("/a/größe.gatewalk")
    before.sync()
    after = opened(tmp_path)
    assert (after.geometry, after.dock_state) == (QByteArray(b"\x00place"), QByteArray(b"\xffdocks"))
    assert (after.theme_choice, after.speed, after.ui_scale) == (ThemeChoice.DARK, math.inf, 1.5)
    assert after.reduced_motion
    assert not after.animations_on
    assert after.hide_predictions
    assert after.recent_files == ("/a/größe.gatewalk",)


def test_recent_files_are_few_and_each_once(tmp_path: Path) -> None:
    settings = opened(tmp_path)
    for number in range(MOST_RECENT + 3):
        settings.add_recent_file(f"{number}")
    settings.add_recent_file("5")
    assert settings.recent_files[:2] == ("5", f"{MOST_RECENT + 2}")
    assert len(settings.recent_files) == MOST_RECENT
    settings.remove_recent_file("5")
    assert "5" not in settings.recent_files
    settings.clear_recent_files()
    assert settings.recent_files == ()


@pytest.mark.parametrize("damage", ["", "nonsense", "-3", "nan", "[1, {", "{}"])
def test_damaged_entries_count_as_absent(tmp_path: Path, damage: str) -> None:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    keys = ("window/geometry", "look/theme", "look/scale", "look/animations", "walk/speed", "files/recent")
    for key in keys:
        store.setValue(key, damage)
    settings = Settings(store)
    assert settings.geometry.isEmpty()
    assert settings.theme_choice is ThemeChoice.SYSTEM
    assert 0.5 < settings.ui_scale <= LARGEST_SCALE
    assert settings.animations
    assert settings.speed == DEFAULT_SPEED
    assert settings.recent_files == ()


def test_recent_files_follow_what_another_window_has_stored(tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings, other = Settings(store), Settings(store)
    settings.add_recent_file("/a")
    assert settings.recent_files is settings.recent_files
    other.add_recent_file("/b")
    assert settings.recent_files == ("/b", "/a")
    other.clear_recent_files()
    assert settings.recent_files == ()


def test_what_concerns_scenarios_is_remembered(tmp_path):
    store = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    settings = Settings(store)
    assert (settings.language, settings.gallery_at_start, settings.scenario_files) == ("", True, ())
    settings.language, settings.gallery_at_start = "zh", False
    for file in ("a.toml", "b.toml", "a.toml"):
        settings.add_scenario_file(file)
    settings.sync()
    again = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    assert (again.language, again.gallery_at_start, again.scenario_files) == ("zh", False, ("a.toml", "b.toml"))
    again.remove_scenario_file("a.toml")
    assert again.scenario_files == ("b.toml",)
    store.setValue("scenarios/language", "klingon")
    store.setValue("scenarios/files", "[1, {")
    assert (settings.language, settings.scenario_files) == ("", ())
