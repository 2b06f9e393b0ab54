"""What the bars of the inspector draw, taken out of an inspection."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor

from core.frame import Inspection, Scale
from desktop.style.colours import ColourMaps
from desktop.views.steady import SteadyRange, rounded_up
from desktop.views.unit_bars import Bars

Colouring = Callable[[NDArray], NDArray]  # (H,) to (H, 3) uint8


def unit_name(seen: Inspection) -> str:
    """The name of the chosen unit, "unit 4" where it has none."""
    if seen.unit < len(seen.labels):
        return seen.labels[seen.unit]
    return tr("unit {number}").format(number=seen.unit + 1)


def missing_words(seen: Inspection) -> str:
    """Why a value does not stand there."""
    return tr("padding") if seen.padding else tr("not computed yet")


def value_bars(seen: Inspection, limit: float, steady: SteadyRange, key: Hashable, maps: ColourMaps) -> Bars:
    """The values: gates from 0 to 1, states from -limit to limit of the whole run."""
    name = tr("{name} at t = {t}").format(name=seen.name, t=seen.t + 1)
    missing = missing_words(seen)
    if seen.scale is Scale.GATE:
        return _bars(seen, seen.values, (0.0, 1.0), maps.gate_rgb, maps.gate_rgb, (missing, name))
    low, high = steady.fit(_signed_limits(seen, limit), key)
    theme = maps.theme
    return _bars(
        seen,
        seen.values,
        (low, high),
        _by_sign(theme.state_negative, theme.state_positive),
        lambda values: maps.state_rgb(values, high),
        (missing, name),
    )


def _by_sign(negative: QColor, positive: QColor) -> Colouring:
    """Full colours: the length of a bar says how much, the colour only which way."""
    pair = np.array([negative.getRgb()[:3], positive.getRgb()[:3]], dtype=np.uint8)
    return lambda values: pair[(values > 0).astype(int)]


def _signed_limits(seen: Inspection, limit: float) -> tuple[float, float]:
    """The scale, with the side that has no value in this run left out."""
    finite = np.zeros(1) if seen.values is None else seen.values[np.isfinite(seen.values)]
    largest = max(limit if np.isfinite(limit) else 0.0, float(np.abs(finite).max(initial=0.0)))
    largest = rounded_up(largest) if largest > np.finfo(float).tiny else 1.0
    return -largest, largest


def adjoint_bars(seen: Inspection, steady: SteadyRange, key: Hashable, maps: ColourMaps) -> Bars:
    """The gradient of every unit. Its scale follows the step, since gradients fade over many powers of ten."""
    assert seen.adjoints is not None
    finite = seen.adjoints[np.isfinite(seen.adjoints)]
    largest = float(np.abs(finite).max(initial=0.0))
    size = rounded_up(largest) if largest > 0 else 1.0
    low, high = steady.fit((-size, size), (key, seen.t))
    full = maps.gradient_colour(10.0**-0.2, 0.1, 1.0)
    words = (tr("nothing has arrived yet"), f"∂L/∂{seen.name}")
    tint = partial(_sizes_rgb, maps, high)
    return _bars(seen, seen.adjoints, (low, high), _by_sign(full, full), tint, words)


def _sizes_rgb(maps: ColourMaps, largest: float, values: NDArray) -> NDArray:
    """The gradient scale over the four powers of ten under the largest."""
    return maps.gradient_rgb(np.abs(values), largest * 1e-4, largest)


def _bars(
    seen: Inspection,
    values: NDArray | None,
    scale: tuple[float, float],
    bar_rgb: Colouring,
    strip_rgb: Colouring,
    words: tuple[str, str],
) -> Bars:
    return Bars(values, *scale, bar_rgb, strip_rgb, seen.unit, seen.labels, *words)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Inspector", text)
