"""The tabs beside the menus show pages, and follow when something else has chosen one."""

from __future__ import annotations

import pytest

from desktop.window.page_tabs import LABORATORY, SCENARIOS, WALK
from tests.desktop.windows import open_window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.show()
        yield window


def test_a_tab_shows_its_page(window):
    window.page_tabs.setCurrentIndex(LABORATORY)
    assert window.middle.shows_laboratory
    assert window.commands["show_laboratory"].isChecked()
    window.page_tabs.setCurrentIndex(SCENARIOS)
    assert window.scenario_pages.shows_gallery
    window.page_tabs.setCurrentIndex(LABORATORY)
    assert window.middle.shows_laboratory
    window.page_tabs.setCurrentIndex(WALK)
    assert window.middle.currentWidget() is window.unrolled
    assert not window.commands["show_laboratory"].isChecked()


def test_keys_and_menus_are_followed(window):
    assert window.page_tabs.currentIndex() == WALK
    window.commands["show_laboratory"].trigger()
    assert window.page_tabs.currentIndex() == LABORATORY
    window.commands["open_gallery"].trigger()
    assert window.page_tabs.currentIndex() == SCENARIOS
    window.commands["open_gallery"].trigger()
    assert window.page_tabs.currentIndex() == LABORATORY
    window.commands["show_laboratory"].trigger()
    assert window.page_tabs.currentIndex() == WALK


def test_menus_come_first_where_there_is_little_room(window, qtbot):
    window.resize(1280, 720)
    qtbot.waitUntil(window.page_tabs.isVisible)
    for _ in range(9):
        window.commands["larger_type"].trigger()
    window.resize(640, 480)
    qtbot.waitUntil(lambda: not window.page_tabs.isVisible())
    window.commands["usual_type"].trigger()
    window.resize(1280, 720)
    qtbot.waitUntil(window.page_tabs.isVisible)
