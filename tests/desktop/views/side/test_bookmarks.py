from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from desktop.style.theme import DARK, LIGHT
from desktop.views.side.bookmark_cards import thumbnail
from desktop.views.side.bookmarks import BookmarksPanel
from desktop.views.side.records import BookmarkCard

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
CARDS = (
    BookmarkCard("Before training", "iteration 0 · loss", (1e-4, 1e-3, 1e-2, 0.1, 1.0)),
    BookmarkCard("It forgets", "iteration 40 · backward, t = 3", (math.nan, math.nan, 0.1, 1.0), here=True),
    BookmarkCard("Trained", "iteration 900 · forward, t = 1"),
)


@pytest.fixture
def panel(qtbot: QtBot) -> BookmarksPanel:
    panel = BookmarksPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_bookmarks(CARDS)
    panel.resize(220, 300)
    panel.show()
    qtbot.wait(1)
    return panel


def heard(panel: BookmarksPanel) -> list[tuple[str, object]]:
    said: list[tuple[str, object]] = []
    for name in ("jump_requested", "rename_requested", "delete_requested", "add_requested"):
        getattr(panel, name).connect(lambda what, name=name: said.append((name, what)))
    return said


def test_a_click_goes_there(panel: BookmarksPanel, qtbot: QtBot) -> None:
    said = heard(panel)
    place = panel.list.visualRect(panel.list.model().index(1, 0)).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert said == [("jump_requested", CARDS[1])]


def test_keys_go_there_and_delete(panel: BookmarksPanel, qtbot: QtBot) -> None:
    said = heard(panel)
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.list.model().index(0, 0))
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert said == [("jump_requested", CARDS[1]), ("delete_requested", CARDS[1])]


def test_a_place_gets_another_name(panel: BookmarksPanel, qtbot: QtBot) -> None:
    said = heard(panel)
    panel.list.setCurrentIndex(panel.list.model().index(2, 0))
    qtbot.keyClick(panel.list, Qt.Key.Key_F2)
    line = panel.list.findChild(QLineEdit)
    assert line.text() == "Trained"
    line.setText("  Learned ")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(said))
    assert said == [("rename_requested", (CARDS[2], "Learned"))]
    assert panel.list.model().index(2, 0).data() == "Trained"  # until it is so


def test_the_menu_does_the_same(panel: BookmarksPanel) -> None:
    said = heard(panel)
    for place in (0, 2):
        panel.menu_for(panel.list.model().index(0, 0)).actions()[place].trigger()
    panel.add.click()
    assert [name for name, _ in said] == ["jump_requested", "delete_requested", "add_requested"]


def test_nothing_yet_says_what_to_do(panel: BookmarksPanel) -> None:
    panel.show_bookmarks([])
    assert not panel.list.isVisible()
    assert panel.add.isVisible()


def test_cards_are_read_aloud_and_painted(panel: BookmarksPanel) -> None:
    words = panel.list.model().index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "It forgets, iteration 40 · backward, t = 3"
    light = panel.grab().toImage()
    panel.set_theme(DARK)
    assert panel.grab().toImage() != light


def test_a_thumbnail_keeps_the_largest_of_each_part() -> None:
    assert thumbnail((1.0, 5.0, 2.0)).tolist() == [1.0, 5.0, 2.0]
    bars = thumbnail((*[math.nan] * 10, *np.arange(50.0)))
    assert len(bars) == 6
    assert math.isnan(bars[0])
    assert bars[-1] == 49.0
    assert thumbnail(()).size == 0
