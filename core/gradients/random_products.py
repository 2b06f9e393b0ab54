"""Products of random numbers, and powers: why a gradient explodes on average and vanishes almost always.

The product P of n independent numbers of mean 0 and variance v has mean 0 and variance exactly v^n. But ln|P| is a
sum: its typical size grows with n while its spread grows with sqrt(n), so that P is nearly log-normal and its variance
lives in draws that are too rare to be met. The median of |P| falls like exp(n E ln|w|), and a sample variance misses
v^n by orders of magnitude, however many draws there are. Everything is kept as logarithms to base 10.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import Cancelled, DataError
from core.frame import Sentence
from core.gradients.jacobians.jacobian import Cancel, Progress
from core.gradients.numbers import LN10, power_text

Array = NDArray[Any]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Law(StrEnum):
    """What the numbers are drawn from, all with mean 0."""

    NORMAL = "normal"
    UNIFORM = "uniform"
    SIGNS = "signs"  # plus or minus the standard deviation


class RandomProducts(msgspec.Struct, frozen=True, eq=False):
    """Products of 1 to n numbers over many draws, each an array over the number of factors, (n,).

    All are logarithms to base 10 but ``share``: ``exact`` of the variance v^n, ``sampled`` of the mean square of the
    draws (their sample variance around the known mean 0), ``quantiles`` (5, n) of |P| at 5, 25, 50, 75 and 95 %,
    ``typical`` of exp(n E ln|w|), what the median follows. ``share`` (n,): how much of the sampled variance the largest
    single draw makes up. ``needed`` (n,): about how many draws a sample variance within 10 % would take. ``examples``
    (few, n): single draws of |P|.
    """

    law: Law
    variance: float
    draws: int
    exact: Array
    sampled: Array
    quantiles: Array
    typical: Array
    share: Array
    needed: Array
    examples: Array
    sentence: Sentence


def random_products(
    factors: int,
    variance: float,
    draws: int,
    generator: np.random.Generator,
    law: Law = Law.NORMAL,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> RandomProducts:
    """Draw ``draws`` products of 1 to ``factors`` numbers. Raises DataError for numbers out of range; Cancelled."""
    if factors < 1 or draws < 2 or not 0 < variance < math.inf:
        raise DataError(
            f"{factors} factors of variance {variance:g} in {draws} draws: give at least 1 factor, a finite variance "
            "above 0, and at least 2 draws."
        )
    logs = np.zeros(draws)
    rows, examples = [], np.empty((min(draws, 24), factors))
    for n in range(factors):
        if cancelled is not None and cancelled():
            raise Cancelled("The products were not drawn to the end.")
        with np.errstate(divide="ignore"):
            logs += np.log10(np.abs(_drawn(law, variance, draws, generator)))
        examples[:, n] = logs[: len(examples)]
        rows.append(_measured(logs))
        if progress is not None:
            progress(n + 1, factors)
    sampled, share, quantiles = (np.array(column) for column in zip(*rows, strict=True))
    counts = np.arange(1, factors + 1)
    exact, typical = counts * math.log10(variance), counts * (_MEAN_LOG[law] + 0.5 * math.log10(variance))
    needed = _needed(law, counts)
    sentence = _sentence(factors, variance, draws, exact, sampled, quantiles)
    return RandomProducts(law, variance, draws, exact, sampled, quantiles.T, typical, share, needed, examples, sentence)


_FOURTH = {Law.NORMAL: 3.0, Law.UNIFORM: 1.8, Law.SIGNS: 1.0}  # E w^4 for variance 1: P^2 has relative variance 3^n - 1
_MEAN_LOG = {  # E log10|w| for variance 1
    Law.NORMAL: -0.5 * (math.log(2.0) + 0.57721566490153286) / LN10,
    Law.UNIFORM: (0.5 * math.log(3.0) - 1.0) / LN10,
    Law.SIGNS: 0.0,
}


def _needed(law: Law, counts: Array) -> Array:
    """log10 of how many draws bring the mean square within a tenth of v^n: 100 ((E w^4 / v^2)^n - 1)."""
    fourth = counts * math.log10(_FOURTH[law])
    with np.errstate(divide="ignore"):
        return np.maximum(2.0 + fourth + np.log10(1.0 - 10.0**-fourth), math.log10(2.0))


def _drawn(law: Law, variance: float, draws: int, generator: np.random.Generator) -> Array:
    deviation = math.sqrt(variance)
    match law:
        case Law.NORMAL:
            return generator.normal(0.0, deviation, draws)
        case Law.UNIFORM:
            return generator.uniform(-deviation * math.sqrt(3.0), deviation * math.sqrt(3.0), draws)
        case Law.SIGNS:
            return generator.choice([-deviation, deviation], draws)


def _measured(logs: Array) -> tuple[float, float, Array]:
    """log10 of the mean square, the largest draw's part of it, and quantiles; nothing overflows on the way."""
    peak = float(logs.max())
    squares = 10.0 ** (2 * (logs - peak))
    return 2 * peak + math.log10(squares.mean()), 1.0 / float(squares.sum()), np.quantile(logs, QUANTILES)


def _sentence(factors: int, variance: float, draws: int, exact: Array, sampled: Array, quantiles: Array) -> Sentence:
    values = {
        "factors": str(factors),
        "variance": f"{variance:g}",
        "draws": f"{draws:,}",
        "exact": power_text(float(exact[-1])),
        "sampled": power_text(float(sampled[-1])),
        "median": power_text(float(quantiles[-1][2])),
        "off": power_text(abs(float(exact[-1] - sampled[-1]))),
    }
    words = (
        "A product of {factors} numbers of variance {variance} has variance {exact}; {draws} draws show {sampled}, "
        "half of them are below {median}"
    )
    if abs(exact[-1] - sampled[-1]) > 0.3:
        return Sentence(
            words + ". They part by {off}: what makes the variance is rarer than one in {draws}.",
            values,
        )
    return Sentence(words + ".", values)


class PowerTable(msgspec.Struct, frozen=True, eq=False):
    """base^n for n = 0 to ``exponents[-1]``: ``decades`` are the logarithms to base 10."""

    base: float
    exponents: Array
    decades: Array
    sentence: Sentence

    @property
    def values(self) -> Array:
        """The powers themselves; 0 and inf beyond the range of numbers."""
        with np.errstate(all="ignore"):
            return np.asarray(10.0**self.decades)


def power_of(base: float, exponent: int) -> PowerTable:
    """The powers of a number, 1.01^365 against 0.99^365. Raises DataError for a base that is not above 0."""
    if not 0 < base < math.inf or exponent < 1:
        raise DataError(f"{base:g}^{exponent}: give a finite base above 0 and an exponent of at least 1.")
    exponents = np.arange(exponent + 1)
    decades = exponents * math.log10(base)
    values = {"base": f"{base:g}", "exponent": str(exponent), "power": power_text(float(decades[-1]))}
    words = "{base} to the power of {exponent} is {power}"
    if base != 1.0:
        steps = math.log(2.0) / abs(math.log(base))
        values["steps"] = f"{steps:.3g}"
        words += f": it {'doubles' if base > 1 else 'halves'} every {{steps}} steps"
    return PowerTable(base, exponents, decades, Sentence(words + ".", values))
