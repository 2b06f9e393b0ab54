from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from PySide6.QtGui import QColor, QFont, QGuiApplication

from desktop.style.theme import (
    DARK,
    LIGHT,
    Theme,
    font_scale,
    hatch_brush,
    lane_colours,
    maths_font,
    palette,
    stylesheet,
    system_theme,
    ui_font,
)

THEMES = [LIGHT, DARK]


def luminance(colour: QColor) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: QColor, second: QColor) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("role", ["text", "secondary", "accent", "good", "warning"])
def test_what_is_read_stands_out_from_its_ground(theme: Theme, role: str) -> None:
    assert contrast(getattr(theme, role), theme.panel) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_lanes_differ_also_without_hue(theme: Theme) -> None:
    colours = lane_colours(theme)
    assert colours[0] == theme.accent
    assert len({colour.name() for colour in colours}) == len(colours)
    assert all(contrast(colour, theme.background) >= 3.0 for colour in colours)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_style_sheet_has_every_place_filled(qapp: QGuiApplication, theme: Theme) -> None:
    text = stylesheet(theme)
    assert "@" not in text
    assert "em;" not in text
    assert theme.accent.name() in text
    qapp.setStyleSheet(text)  # a sheet that Qt cannot read is a warning, and warnings fail
    qapp.setStyleSheet("")


def test_themes_are_frozen() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        LIGHT.accent = QColor("red")  # type: ignore[misc]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_is_not_computed_is_hatched_and_no_value(qapp: QGuiApplication, theme: Theme) -> None:
    tile = hatch_brush(theme).texture().toImage()
    seen = {tile.pixelColor(x, y).name() for x in range(tile.width()) for y in range(tile.height())}
    assert len(seen) > 1
    for zero in (theme.gate_zero, theme.state_zero, theme.gradient_low):
        assert theme.not_computed.name() != zero.name()


def test_fonts_grow_with_the_application(qapp: QGuiApplication) -> None:
    before, small = QFont(qapp.font()), ui_font(13).pixelSize()
    larger = QFont(before)
    larger.setPixelSize(26)
    qapp.setFont(larger)
    try:
        assert font_scale() == pytest.approx(2.0)
        assert ui_font(13).pixelSize() == 26 > small
        assert maths_font(13).pixelSize() == 26
        assert maths_font().italic()
    finally:
        qapp.setFont(before)


def test_system_theme_and_palette(qapp: QGuiApplication) -> None:
    assert system_theme(qapp) in THEMES
    assert palette(DARK).window().color() == DARK.panel


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_three_scales_have_three_hues(theme: Theme) -> None:
    hues = [theme.gate_one.hue(), theme.state_negative.hue(), theme.state_positive.hue(), theme.gradient_high.hue()]
    apart = [min(abs(a - b), 360 - abs(a - b)) for a, b in combinations(hues, 2)]
    assert min(apart) >= 25
    assert all(first != second for first, second in pairwise(sorted(hues)))
