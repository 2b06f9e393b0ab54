"""The gallery: what stands on its cards, how they are opened, and where their pictures come from."""

from __future__ import annotations

from time import monotonic, sleep

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.scenario import scenario_names
from desktop.gallery.cards import card_of, own_cards, shipped_cards
from desktop.gallery.thumbnails import KEPT, frame_of
from tests.desktop.windows import open_window

SMALL = 'name = "Small"\ndescription = "One. Two."\n[network]\nunits = 2\n[data]\ntext = "a b a"\ntarget = 1\n'


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.scenarios.set_language("en")
        yield window


@pytest.fixture
def gallery(window):
    window.commands["open_gallery"].trigger()
    QApplication.processEvents()
    return window.scenario_pages.gallery


def until(condition, seconds: float = 20.0) -> None:
    end = monotonic() + seconds
    while not condition() and monotonic() < end:
        QApplication.processEvents()
        sleep(0.005)
    assert condition()


def test_all_shipped_scenarios_have_a_card_in_their_order():
    cards = shipped_cards()
    assert {card.key for card in cards} == set(scenario_names())
    assert cards[0].key == "agreement"
    assert not any(card.problem for card in cards)
    orders = [card.settings.order for card in cards]
    assert orders == sorted(orders)
    for language in ("en", "zh"):
        assert all(card.name(language) and card.sentence(language) for card in cards)


def test_the_window_opens_without_the_gallery(window):
    assert window.scenario_pages.gallery is None
    assert window.middle.currentWidget() is window.unrolled


def test_at_the_start_it_opens_after_the_first_picture(window):
    window.scenario_pages.open_after_paint()
    assert window.scenario_pages.gallery is None
    window.unrolled.update()
    until(lambda: window.scenario_pages.shows_gallery)
    window.scenario_pages.close_gallery()
    window.unrolled.repaint()
    QApplication.processEvents()
    assert not window.scenario_pages.shows_gallery


def test_a_click_opens_a_scenario_and_closes_the_gallery(window, gallery):
    assert window.scenario_pages.shows_gallery
    card = next(button for button in gallery.buttons if button.card.key == "three_steps_by_hand")
    card.click()
    assert window.bridge.session.setup.name == "Three steps by hand"
    assert not window.scenario_pages.shows_gallery
    assert window.scenarios.lesson.number == 0


def test_keys_move_over_the_cards_and_open_them(window, gallery):
    gallery.focus_first()
    gallery.buttons[0].setFocus()
    index = window.bridge.session.cursor.index
    QTest.keyClick(gallery.buttons[0], Qt.Key.Key_Right)
    assert gallery.buttons[1].hasFocus()
    QTest.keyClick(gallery.buttons[1], Qt.Key.Key_Down)
    assert gallery.buttons[1 + gallery._across].hasFocus()
    QTest.keyClick(gallery.buttons[1 + gallery._across], Qt.Key.Key_Up)
    QTest.keyClick(gallery.buttons[1], Qt.Key.Key_Left)
    assert gallery.buttons[0].hasFocus()
    QTest.keyClick(gallery.buttons[0], Qt.Key.Key_Left)
    assert gallery.buttons[0].hasFocus()
    assert window.bridge.session.cursor.index == index
    QTest.keyClick(gallery.buttons[0], Qt.Key.Key_Return)
    assert not window.scenario_pages.shows_gallery
    assert window.scenarios.lesson is not None


def test_esc_and_the_command_again_close_it(window, gallery):
    QTest.keyClick(gallery.buttons[0], Qt.Key.Key_Escape)
    assert window.middle.currentWidget() is window.unrolled
    window.commands["open_gallery"].trigger()
    assert window.scenario_pages.shows_gallery
    window.commands["open_gallery"].trigger()
    assert window.middle.currentWidget() is window.unrolled


def test_panels_under_the_drawing_make_room_and_come_back(window):
    panels = window.panels
    before = panels["plots"].dock.height()
    assert panels["plots"].seen
    assert panels.usual
    for close in ("open_gallery", "show_laboratory"):
        window.commands["open_gallery"].trigger()
        QApplication.processEvents()
        assert panels["plots"].dock.isHidden()
        assert panels["training"].dock.isHidden()
        window.commands[close].trigger()
        QApplication.processEvents()
        assert not panels["plots"].dock.isHidden()
        until(lambda: panels["plots"].seen and not panels["training"].seen)
        assert abs(panels["plots"].dock.height() - before) < 3
        assert panels.usual
    window.commands["open_gallery"].trigger()
    assert window.files.may_lose_work()
    assert not panels["plots"].dock.isHidden()


def test_a_panel_that_was_closed_stays_closed(window):
    window.commands["panel_plots"].trigger()
    assert window.panels["plots"].dock.isHidden()
    window.commands["open_gallery"].trigger()
    window.commands["open_gallery"].trigger()
    QApplication.processEvents()
    assert window.panels["plots"].dock.isHidden()


def test_thumbnails_come_one_by_one_and_are_kept(window, tmp_path):
    window.scenario_pages._thumbnails = tmp_path / "thumbnails"
    window.commands["open_gallery"].trigger()
    gallery = window.scenario_pages.gallery
    assert all(button._image.isNull() for button in gallery.buttons)
    until(lambda: all(not button._image.isNull() for button in gallery.buttons))
    assert all(button._image.size() == KEPT for button in gallery.buttons)
    kept = sorted((tmp_path / "thumbnails").glob("*.png"))
    assert len(kept) == len(gallery.buttons)
    times = [file.stat().st_mtime_ns for file in kept]
    window.commands["open_gallery"].trigger()
    window.commands["open_gallery"].trigger()
    until(lambda: all(not button._image.isNull() for button in gallery.buttons))
    assert not gallery.thumbnails._worker.busy
    assert [file.stat().st_mtime_ns for file in kept] == times


def test_other_numbers_in_a_scenario_give_another_picture(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    first = card_of(str(path), path).digest()
    assert card_of(str(path), path).digest() == first
    path.write_text(SMALL.replace("a b a", "a b b"), encoding="utf-8")
    assert card_of(str(path), path).digest() != first
    (tmp_path / "w.npz").write_bytes(b"one")
    path.write_text(SMALL + '[weights]\nfile = "w.npz"\n', encoding="utf-8")
    with_weights = card_of(str(path), path).digest()
    (tmp_path / "w.npz").write_bytes(b"two")
    assert card_of(str(path), path).digest() != with_weights


def test_a_thumbnail_shows_the_whole_walk(tmp_path):
    frame = frame_of("blank", "zh")
    assert frame.position.phase == "backward"
    assert [lane.name for lane in frame.lanes][1:] == ["只向前", "共用权重"]
    path = tmp_path / "small.toml"
    path.write_text(SMALL.replace("target = 1\n", ""), encoding="utf-8")
    assert frame_of(str(path), "en").position.phase == "forward"


def test_broken_files_are_cards_that_say_what_is_wrong(window, tmp_path):
    plain, deep = tmp_path / "plain.toml", tmp_path / "deep.toml"
    plain.write_text(SMALL.replace("units", "unitz"), encoding="utf-8")
    deep.write_text(SMALL + "[opening]\nt = 9\n", encoding="utf-8")
    for file in (plain, deep, tmp_path / "gone.toml"):
        window.settings.add_scenario_file(str(file))
    plain_card = next(card for card in own_cards((str(plain),)))
    assert "plain.toml, line 3, network: 'units' is missing" in plain_card.sentence("en")
    window.commands["open_gallery"].trigger()
    buttons = window.scenario_pages.gallery.buttons
    assert [button.card.file.name for button in buttons][len(scenario_names()) :] == ["deep.toml", "plain.toml"]
    deep_button = buttons[-2]
    until(lambda: deep_button.card.problem != "")
    assert "line 9, opening.t: got 9, expected a step from 0 to 2" in deep_button.accessibleName()
    before = window.bridge.session
    deep_button.click()
    assert window.bridge.session is before
    assert window.scenario_pages.shows_gallery


def test_the_persons_own_files_are_listed_after_they_were_opened(window, tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    assert window.files.open_path(path)
    window.commands["open_gallery"].trigger()
    assert window.scenario_pages.gallery.buttons[-1].card.name("en") == "Small"
    assert window.scenario_pages.gallery.buttons[-1].card.sentence("en") == "One."


def test_language_and_start_are_remembered(window, gallery):
    assert gallery.title.text() == "Scenarios"
    gallery.languages.chosen.emit(("zh",))
    assert gallery.title.text() == "场景"
    assert gallery.buttons[0].card.name("zh") in gallery.buttons[0].accessibleName()
    assert window.settings.gallery_at_start
    gallery.at_start.setChecked(False)
    assert not window.settings.gallery_at_start


def test_cards_fill_the_width_and_follow_colours(window, gallery):
    window.commands["theme_dark"].trigger()
    assert gallery.thumbnails._theme.name == "dark"
    window.commands["theme_light"].trigger()
    window.resize(1280, 720)
    QApplication.processEvents()
    narrow = gallery._across
    gallery.resize(1400, 600)
    assert gallery._across > narrow
    assert not gallery.grab().isNull()
