"""Numbers as people read them: the digits that mean something, a true minus, no noise."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SMALLEST_PLAIN = 1e-3
LARGEST_PLAIN = 1e6


def number_text(value: float, digits: int = 4) -> str:
    """A number with at most ``digits`` significant digits: 0.031, 1.9, −0.4078, 1.2e−8, nan, ±∞."""
    value = float(value)
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    size = abs(float(f"{value:.{digits - 1}e}"))  # rounded first: 0.99996 is read as 1
    if size == 0.0:
        return "0"
    text = _plain(size, abs(value), digits) if SMALLEST_PLAIN <= size < LARGEST_PLAIN else _powered(abs(value), digits)
    return MINUS + text if value < 0 else text


def short_text(value: float) -> str:
    """A number with two significant digits, for labels on edges."""
    return number_text(value, digits=2)


def signed_text(value: float, digits: int = 4) -> str:
    """As ``number_text``, with a plus before what is above zero."""
    text = number_text(value, digits)
    return "+" + text if value > 0 else text


def power_text(value: float) -> str:
    """A positive number near a power of ten, for ends of logarithmic scales: 10⁻⁴, 3·10⁻⁵, 0."""
    value = float(value)
    if not 0.0 < value < math.inf:
        return number_text(value)
    mantissa, exponent = f"{value:.0e}".split("e")
    power = "10" + str(int(exponent)).translate(_SUPERSCRIPTS)
    return power if mantissa == "1" else f"{mantissa}·{power}"


def percent_text(share: float) -> str:
    """A share as a percentage: 92 %, 0.4 %, −3 %."""
    percent = 100.0 * float(share)
    if not math.isfinite(percent):
        return f"{number_text(percent)} %"
    text = f"{abs(percent):.0f}" if abs(percent) >= 0.95 or percent == 0.0 else f"{abs(percent):.1g}"
    if abs(percent) < 0.05 and percent != 0.0:
        text = "0.0"
    return f"{MINUS if percent < 0 and text != '0.0' else ''}{text} %"


def _plain(size: float, exact: float, digits: int) -> str:
    """Decimal notation without trailing zeros; whole numbers are never cut."""
    if size >= 10 ** (digits - 1):
        return f"{exact:.0f}"
    decimals = digits - 1 - math.floor(math.log10(size))
    text = f"{size:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _powered(exact: float, digits: int) -> str:
    mantissa, exponent = f"{exact:.{digits - 1}e}".split("e")
    power = int(exponent)
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{MINUS if power < 0 else ''}{abs(power)}"
