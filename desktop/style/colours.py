"""Numbers to colours: gates, states and gradient norms, for whole arrays at once.

Three scales, three hues. Tables are blended in the OKLab space, where equal steps look equally large.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtGui import QColor, QImage

from desktop.style.theme import Theme

STEPS = 256
THINNEST_PX = 1.5
THICKEST_PX = 7.0
TINY = math.nextafter(0.0, 1.0)

_TO_CONES = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
_TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ColourMaps:
    """The look-up tables of one theme; build one per theme and pass it to those who draw."""

    theme: Theme
    gate_table: NDArray = field(init=False, repr=False)  # (256, 3) uint8
    state_table: NDArray = field(init=False, repr=False)  # (511, 3) uint8, neutral in the middle
    gradient_table: NDArray = field(init=False, repr=False)  # (256, 3) uint8

    def __post_init__(self) -> None:
        theme = self.theme
        negative = _blend(theme.state_negative, theme.state_zero)
        positive = _blend(theme.state_zero, theme.state_positive)
        object.__setattr__(self, "gate_table", _blend(theme.gate_zero, theme.gate_one))
        object.__setattr__(self, "state_table", np.concatenate([negative, positive[1:]]))
        object.__setattr__(self, "gradient_table", _blend(theme.gradient_low, theme.gradient_high))

    def gate_rgb(self, values: ArrayLike) -> NDArray:
        """Grey to teal for values from 0 to 1, (..., 3) uint8; NaN in the warning colour."""
        return self._look_up(self.gate_table, np.asarray(values, dtype=float), self.theme.warning)

    def state_rgb(self, values: ArrayLike, limit: float) -> NDArray:
        """Blue through neutral to orange for values from -limit to limit, (..., 3) uint8; NaN in the warning colour."""
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            ratios = np.asarray(values, dtype=float) / max(float(limit), np.finfo(float).tiny)
        return self._look_up(self.state_table, (np.clip(ratios, -1.0, 1.0) + 1.0) / 2.0, self.theme.warning)

    def gradient_rgb(self, norms: ArrayLike, low: float, high: float) -> NDArray:
        """Pale to magenta over the logarithm of norms, (..., 3) uint8; NaN (nothing has arrived) as not computed."""
        return self._look_up(self.gradient_table, gradient_fraction(norms, low, high), self.theme.not_computed)

    def gradient_colour(self, norm: float, low: float, high: float) -> QColor:
        """The colour of one gradient norm."""
        place = self.gradient_place(norm, low, high)
        if place is None:
            return QColor(self.theme.not_computed)
        return QColor(*self.gradient_table[place].tolist())

    def gradient_place(self, norm: float, low: float, high: float) -> int | None:
        """The row of ``gradient_table`` for one norm; None for NaN."""
        share = gradient_share(norm, low, high)
        return None if math.isnan(share) else round(share * (len(self.gradient_table) - 1))

    def state_colour(self, value: float, limit: float) -> QColor:
        """The colour of one signed value."""
        return QColor(*(int(part) for part in self.state_rgb(value, limit)))

    def gate_colour(self, value: float) -> QColor:
        """The colour of one gate value."""
        return QColor(*(int(part) for part in self.gate_rgb(value)))

    def _look_up(self, table: NDArray, fractions: NDArray, missing: QColor) -> NDArray:
        unknown = np.isnan(fractions)
        places = np.clip(np.where(unknown, 0.0, fractions), 0.0, 1.0) * (len(table) - 1)
        colours = table[np.rint(places).astype(np.intp)]
        if unknown.any():
            colours[unknown] = missing.getRgb()[:3]
        return colours


def gate_rgb(theme: Theme, values: ArrayLike) -> NDArray:
    """As ``ColourMaps.gate_rgb``, for a single use."""
    return ColourMaps(theme).gate_rgb(values)


def state_rgb(theme: Theme, values: ArrayLike, limit: float) -> NDArray:
    """As ``ColourMaps.state_rgb``, for a single use."""
    return ColourMaps(theme).state_rgb(values, limit)


def gradient_rgb(theme: Theme, norms: ArrayLike, low: float, high: float) -> NDArray:
    """As ``ColourMaps.gradient_rgb``, for a single use."""
    return ColourMaps(theme).gradient_rgb(norms, low, high)


def gradient_colour(theme: Theme, norm: float, low: float, high: float) -> QColor:
    """As ``ColourMaps.gradient_colour``, for a single use."""
    return ColourMaps(theme).gradient_colour(norm, low, high)


def gradient_fraction(norms: ArrayLike, low: float, high: float) -> NDArray:
    """Where norms lie between low (0) and high (1) on a logarithmic scale; zero gives 0, infinity 1, NaN stays."""
    norms = np.asarray(norms, dtype=float)
    bottom, top = _decades(low, high)
    logs = np.log10(np.maximum(norms, TINY))
    if top <= bottom:  # a single norm so far: full from there on
        return np.where(np.isnan(norms), np.nan, (logs >= top).astype(float))
    return np.clip((logs - bottom) / (top - bottom), 0.0, 1.0)


def gradient_share(norm: float, low: float, high: float) -> float:
    """``gradient_fraction`` of a single norm, without what arrays cost: every edge asks for it."""
    if not math.isfinite(norm):
        return norm if math.isnan(norm) else float(norm > 0.0)
    bottom, top = _decades(low, high)
    log = math.log10(max(norm, TINY))
    return float(log >= top) if top <= bottom else min(max((log - bottom) / (top - bottom), 0.0), 1.0)


def _decades(low: float, high: float) -> tuple[float, float]:
    """The logarithms of the ends of a scale; those of all positive numbers where an end is none."""
    bottom = math.log10(low if 0.0 < low < math.inf else TINY)
    return bottom, math.log10(high if 0.0 < high < math.inf else sys.float_info.max)


def gradient_width_px(norm: float, low: float, high: float) -> float:
    """The width of the edge that carries a gradient; 0 where nothing has been sent."""
    if math.isnan(norm):
        return 0.0
    return THINNEST_PX + (THICKEST_PX - THINNEST_PX) * gradient_share(norm, low, high)


def rgb_image(array: NDArray) -> QImage:
    """An image that owns its data, from (h, w, 3) uint8."""
    pixels = np.ascontiguousarray(array, dtype=np.uint8)
    height, width = pixels.shape[:2]
    if not height or not width:
        return QImage()
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _blend(first: QColor, last: QColor) -> NDArray:
    """(256, 3) uint8 from the first to the last colour, evenly to the eye."""
    ends = np.array([first.getRgbF()[:3], last.getRgbF()[:3]])
    linear = np.where(ends <= 0.04045, ends / 12.92, ((ends + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T
    shares = np.linspace(0.0, 1.0, STEPS)[:, None]
    mixed = lab[0] * (1.0 - shares) + lab[1] * shares
    back = (mixed @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T
    clipped = np.clip(back, 0.0, 1.0)
    coded = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.rint(np.clip(coded, 0.0, 1.0) * 255).astype(np.uint8)
