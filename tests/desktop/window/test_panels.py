"""Panels share their columns as the window, and the type, have room for them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QTabBar

from desktop.style.theme import scaled
from desktop.window.panel_places import CROWDED_TABS, TABS, tabs_for
from tests.desktop.windows import open_window


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        yield window


def trigger(window, qtbot, name):
    tabs = window.panels.tabs
    window.findChild(QAction, name).trigger()
    settle(window, qtbot, tabs)


def enlarge(window, qtbot):
    """Type eight steps larger, at once: each step draws everything anew."""
    tabs = window.panels.tabs
    window.preferences.scale_type(1.125**8)
    settle(window, qtbot, tabs)


def settle(window, qtbot, tabs):
    wanted = tabs_for(window.height() / scaled(1.0))
    if window.panels.usual:  # panels follow the size of type a little later
        qtbot.waitUntil(lambda: window.panels.tabs == wanted, timeout=5000)
    qtbot.wait(60 if window.panels.tabs == tabs else 300)


def together(window, one, other):
    return window.panels[other].dock in window.tabifiedDockWidgets(window.panels[one].dock)


def test_which_panels_share_a_place() -> None:
    assert tabs_for(720) == TABS
    assert tabs_for(400) == CROWDED_TABS
    assert {behind for _, behind in TABS} < {behind for _, behind in CROWDED_TABS}


def test_large_type_makes_tabs_of_the_panels_at_the_sides(window, qtbot) -> None:
    assert not together(window, "model", "data")
    enlarge(window, qtbot)
    assert all(together(window, *pair) for pair in (("model", "data"), ("model", "bookmarks")))
    assert together(window, "equations", "inspector")
    assert window.panels["equations"].dock.widget().isVisible()
    assert window.panels["model"].seen
    trigger(window, qtbot, "usual_type")
    assert not together(window, "model", "data")
    assert not together(window, "equations", "inspector")
    assert all(window.panels[name].seen for name in ("model", "data", "bookmarks", "equations", "inspector"))
    assert window.panels["model"].dock.width() < 260


def test_a_tab_that_is_asked_for_comes_forward_and_stays_usual(window, qtbot) -> None:
    enlarge(window, qtbot)
    trigger(window, qtbot, "panel_inspector")
    assert window.panels["inspector"].seen
    trigger(window, qtbot, "phase_update")
    assert window.panels["changes"].seen
    trigger(window, qtbot, "usual_type")
    assert not together(window, "equations", "inspector")


def test_panels_that_somebody_has_arranged_stay_as_they_are(window, qtbot) -> None:
    window.panels.settle()
    enlarge(window, qtbot)
    assert not together(window, "model", "data")
    trigger(window, qtbot, "usual_type")
    QApplication.processEvents()


def test_what_was_looked_at_comes_back_after_the_parameters(window, qtbot) -> None:
    trigger(window, qtbot, "panel_differences")
    assert window.panels["differences"].seen
    trigger(window, qtbot, "phase_update")
    assert window.panels["changes"].seen
    trigger(window, qtbot, "phase_forward")
    assert window.panels["differences"].seen


def test_tabs_are_never_cut_to_a_letter(window, qtbot) -> None:
    enlarge(window, qtbot)
    bars = [bar for bar in window.findChildren(QTabBar) if bar.parent() is window and bar.isVisible()]
    assert sorted(bar.count() for bar in bars) == [2, 4, 5]
    assert all(bar.elideMode() is Qt.TextElideMode.ElideNone and bar.usesScrollButtons() for bar in bars)
    assert len({bar.styleSheet() for bar in bars}) == 1
