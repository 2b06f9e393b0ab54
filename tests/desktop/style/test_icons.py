from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QIcon
from pytestqt.qtbot import QtBot

from desktop.style.icons import NAMES, icon, icon_pixmap
from desktop.style.theme import DARK, LIGHT, Theme

TRANSPORT = ["go_start", "step_back", "pause", "play", "step_forward", "go_end", "next_event"]
OTHERS = ["undo", "redo", "open", "save", "picture", "data", "bookmark", "fit", "plus", "minus", "help"]


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_draws_something_inside_its_square(qtbot: QtBot, name: str) -> None:
    image = icon_pixmap(name, QColor("black"), 48).toImage()
    inked = [(x, y) for x in range(48) for y in range(48) if image.pixelColor(x, y).alpha() > 40]
    assert len(inked) > 30
    assert all(0 < x < 47 and 0 < y < 47 for x, y in inked)


def test_all_names_that_actions_use_are_there() -> None:
    assert {*TRANSPORT, *OTHERS} <= set(NAMES)


def test_icons_are_told_apart(qtbot: QtBot) -> None:
    pictures = [icon_pixmap(name, QColor("black"), 24).toImage() for name in NAMES]
    assert all(first != second for place, first in enumerate(pictures) for second in pictures[:place])


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_states_have_the_colours_of_the_theme(qtbot: QtBot, theme: Theme) -> None:
    made = icon("play", theme)
    for mode, state, colour in (
        (QIcon.Mode.Normal, QIcon.State.Off, theme.text),
        (QIcon.Mode.Disabled, QIcon.State.Off, theme.faint),
        (QIcon.Mode.Normal, QIcon.State.On, theme.accent),
    ):
        image = made.pixmap(made.availableSizes()[0], mode, state).toImage()
        assert image.pixelColor(image.width() // 2, image.height() // 2).name() == colour.name()
