from __future__ import annotations

import gc
import math

import numpy as np
import pytest

from desktop.style.colours import (
    THICKEST_PX,
    THINNEST_PX,
    ColourMaps,
    gate_rgb,
    gradient_colour,
    gradient_fraction,
    gradient_rgb,
    gradient_width_px,
    rgb_image,
    state_rgb,
)
from desktop.style.theme import DARK, LIGHT, Theme

THEMES = [LIGHT, DARK]


def rgb(colour: object) -> list[int]:
    return list(colour.getRgb()[:3])


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_ends_of_the_scales_are_the_colours_of_the_theme(theme: Theme) -> None:
    assert gate_rgb(theme, [0.0, 1.0]).tolist() == [rgb(theme.gate_zero), rgb(theme.gate_one)]
    expected = [rgb(theme.state_negative), rgb(theme.state_zero), rgb(theme.state_positive)]
    assert state_rgb(theme, [-2.0, 0.0, 2.0], 2.0).tolist() == expected
    assert gradient_rgb(theme, [1e-3, 1.0], 1e-3, 1.0).tolist() == [rgb(theme.gradient_low), rgb(theme.gradient_high)]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_lightness_runs_one_way_along_a_scale(theme: Theme) -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])
    maps = ColourMaps(theme)
    for table in (maps.gate_table, maps.gradient_table):
        steps = np.diff(table @ weights)
        assert (steps <= 1.0).all() or (steps >= -1.0).all()


def test_numbers_out_of_the_ordinary_have_colours() -> None:
    maps = ColourMaps(LIGHT)
    extreme = np.array([0.0, np.inf, np.nan, 1e-300, 1e300, 5e-324])
    colours = maps.gradient_rgb(extreme, 1e-300, 1e300)
    assert colours.dtype == np.uint8
    assert colours[2].tolist() == rgb(LIGHT.not_computed)
    assert colours[0].tolist() == colours[3].tolist() == rgb(LIGHT.gradient_low)
    assert colours[1].tolist() == colours[4].tolist() == rgb(LIGHT.gradient_high)
    states = maps.state_rgb([np.nan, np.inf, -np.inf, 1e300], 1e-320)
    assert states[0].tolist() == rgb(LIGHT.warning)
    assert states[1].tolist() == states[3].tolist() == rgb(LIGHT.state_positive)
    assert states[2].tolist() == rgb(LIGHT.state_negative)
    assert maps.gate_rgb([-0.5, 1.5]).tolist() == [rgb(LIGHT.gate_zero), rgb(LIGHT.gate_one)]


def test_the_gradient_scale_is_logarithmic() -> None:
    assert gradient_fraction([1e-4, 1e-2, 1.0], 1e-4, 1.0) == pytest.approx([0.0, 0.5, 1.0])


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (1.0, 1.0), (0.0, np.inf), (np.nan, np.nan), (2.0, 1.0)])
def test_limits_that_say_nothing_still_give_fractions(low: float, high: float) -> None:
    fractions = gradient_fraction([0.0, 1e-300, 1.0, 1e300, np.inf], low, high)
    assert np.isfinite(fractions).all()
    assert (np.diff(fractions) >= 0.0).all()


def test_widths_grow_with_the_norm() -> None:
    assert gradient_width_px(math.nan, 1e-4, 1.0) == 0.0
    assert gradient_width_px(0.0, 1e-4, 1.0) == THINNEST_PX
    assert gradient_width_px(5.0, 1e-4, 1.0) == THICKEST_PX
    assert gradient_colour(LIGHT, 1.0, 1e-4, 1.0) == LIGHT.gradient_high


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 0)])
def test_any_shape_of_values(shape: tuple[int, ...]) -> None:
    values = np.full(shape, 0.3)
    maps = ColourMaps(DARK)
    for colours in (maps.gate_rgb(values), maps.state_rgb(values, 1.0), maps.gradient_rgb(values, 0.1, 1.0)):
        assert colours.shape == (*shape, 3)


def test_an_image_outlives_its_array() -> None:
    array = np.zeros((4, 5, 3), dtype=np.uint8)
    array[1, 2] = (10, 20, 30)
    image = rgb_image(array)
    del array
    gc.collect()
    np.full((4, 5, 3), 255, dtype=np.uint8)
    assert (image.width(), image.height()) == (5, 4)
    assert image.pixelColor(2, 1).getRgb()[:3] == (10, 20, 30)
    assert rgb_image(np.zeros((0, 3, 3))).isNull()
