"""Starting where Qt's libraries or a display are missing: a sentence, never an abort."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from types import ModuleType

import pytest

from desktop import display, launch, system_libraries
from desktop.display import Display, find_display


@pytest.fixture
def walked(monkeypatch, tmp_path):
    """The folders that were walked into off-screen."""
    folders: list[Path] = []
    module = ModuleType("desktop.commands.offscreen")
    module.run = folders.append
    monkeypatch.setitem(sys.modules, "desktop.commands.offscreen", module)
    monkeypatch.chdir(tmp_path)
    return folders


@pytest.mark.parametrize("variables", [{}, {"DISPLAY": ""}, {"DISPLAY": "", "WAYLAND_DISPLAY": ""}])
def test_no_display_is_said(variables: dict[str, str]) -> None:
    assert "no display" in find_display(variables, "linux").obstacle


@pytest.mark.parametrize(
    ("variables", "system"),
    [({"QT_QPA_PLATFORM": "offscreen"}, "linux"), ({"QT_QPA_PLATFORM": "vnc:size=800x600"}, "linux")]
    + [({}, "darwin"), ({}, "win32")],
)
def test_a_platform_that_needs_no_display_is_left_alone(variables: dict[str, str], system: str) -> None:
    assert find_display(variables, system) == Display()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11")
def test_a_display_that_does_not_answer_is_said() -> None:
    assert find_display({"DISPLAY": ":2999"}, "linux").obstacle
    assert find_display({"DISPLAY": ":2999", "QT_QPA_PLATFORM": "xcb"}, "linux").obstacle


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Wayland")
def test_a_compositor_that_does_not_answer_is_said(tmp_path: Path) -> None:
    variables = {"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert find_display(variables, "linux").obstacle


def test_the_display_that_works_is_taken_when_the_other_does_not(monkeypatch) -> None:
    monkeypatch.setattr(display, "x11_obstacle", lambda environment: "")
    monkeypatch.setattr(display, "wayland_obstacle", lambda environment: "nobody answers")
    both = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}
    assert find_display(both, "linux") == Display(platform="xcb")
    monkeypatch.setattr(display, "wayland_obstacle", lambda environment: "")
    assert find_display(both, "linux") == Display()


def test_a_plugin_with_a_missing_library_is_said(monkeypatch) -> None:
    missing = "libxcb-cursor.so.0: cannot open shared object file: No such file or directory"
    monkeypatch.setattr(display, "loading_error", lambda path: missing)
    monkeypatch.setattr(system_libraries, "loading_error", lambda library: "")
    assert display.plugin_obstacle("libqxcb.so") == (
        "The window cannot open: libxcb-cursor.so.0 is missing; install with: sudo apt install libxcb-cursor0 "
        "(Fedora: sudo dnf install 'libxcb-cursor.so.0()(64bit)')."
    )


def test_without_a_display_the_example_is_walked_into_the_current_directory(monkeypatch, walked, capsys) -> None:
    monkeypatch.setattr(launch, "find_display", lambda environment: Display(obstacle="There is no display."))
    assert launch.open_window([]) == 0
    assert walked == [Path.cwd()]
    assert "There is no display. The example is walked off-screen instead." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (ModuleNotFoundError("No module named 'PySide6'", name="PySide6"), "pip install -e"),
        (ImportError("libEGL.so.1: cannot open shared object file: No such file"), "sudo apt install libegl1"),
        (ImportError("undefined symbol: _ZN5"), "pip install --force-reinstall PySide6-Essentials"),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_mends_it(monkeypatch, error: ImportError, advice: str) -> None:
    true_import = builtins.__import__

    def import_without_qt(name: str, *rest: object) -> ModuleType:
        if name.startswith("PySide6"):
            raise error
        return true_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", import_without_qt)
    with pytest.raises(launch.MissingLibrary) as raised:
        launch.require_qt()
    assert advice in str(raised.value)
    assert raised.value.exit_code == 3


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libEGL.so.1", "libegl1"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libxcb-render-util.so.0", "libxcb-render-util0"),
    ],
)
def test_debian_packages_are_named_by_rule(library: str, package: str) -> None:
    assert system_libraries.apt_package(library) == package


def test_the_program_is_imported_as_python_does_it_and_others_as_qt_wants_it(monkeypatch) -> None:
    def reading_all_sources(*words: object) -> ModuleType:
        raise AssertionError(words)

    monkeypatch.setattr(builtins, "__import__", reading_all_sources)
    with launch.plain_imports():
        import desktop.window.veil  # noqa: F401
    theirs = builtins.__import__
    monkeypatch.undo()
    assert theirs is reading_all_sources
