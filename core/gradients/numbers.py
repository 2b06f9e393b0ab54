"""Numbers that span hundreds of decades: logarithms that do not warn, and short texts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LN10 = math.log(10.0)


def log10(values: Array) -> Array:
    """Logarithms to base 10: -inf for zero, NaN for NaN."""
    with np.errstate(all="ignore"):
        return np.asarray(np.log10(values))


def ratio_text(value: float) -> str:
    """A number in three digits: "0.199", "1.2e-08", "0", "inf"."""
    if math.isnan(value):
        return "not a number"
    return f"{value:.3g}"


def power_text(exponent: float) -> str:
    """A number that is given by its logarithm to base 10, also beyond the range of numbers: "3.2e-512"."""
    if math.isnan(exponent):
        return "not a number"
    if math.isinf(exponent):
        return "0" if exponent < 0 else "infinity"
    if abs(exponent) < 300:
        return ratio_text(10.0**exponent)
    whole = math.floor(exponent)
    digits = round(10.0 ** (exponent - whole), 1)
    return f"1e{whole + 1:+d}" if digits >= 10 else f"{digits:g}e{whole:+d}"
