"""Products of random numbers against what is known of them, and powers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.errors import Cancelled, DataError
from core.gradients.random_products import Law, power_of, random_products


def generator() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("law", Law)
@pytest.mark.parametrize("variance", [0.25, 1.0, 4.0])
def test_few_factors_show_the_exact_variance(law: Law, variance: float) -> None:
    found = random_products(3, variance, 400_000, generator(), law)
    np.testing.assert_allclose(10**found.exact, variance ** np.arange(1, 4))
    np.testing.assert_allclose(found.sampled, found.exact, atol=0.03)
    assert "They part" not in str(found.sentence)


def test_50_factors_miss_it_by_orders_of_magnitude() -> None:
    found = random_products(50, 1.0, 200_000, generator())
    assert found.exact[-1] == 0.0
    assert found.sampled[-1] < -2
    assert found.share[-1] > 0.05  # a few draws make up all of it
    assert found.needed[-1] > 23
    assert "They part" in str(found.sentence)
    assert "has variance 1; 200,000 draws show" in str(found.sentence)


@pytest.mark.parametrize("law", [Law.NORMAL, Law.UNIFORM])
def test_the_median_follows_the_mean_of_the_logarithm(law: Law) -> None:
    found = random_products(60, 2.0, 50_000, generator(), law)
    np.testing.assert_allclose(np.diff(found.quantiles[2])[20:].mean(), np.diff(found.typical).mean(), atol=0.02)
    assert (np.diff(found.quantiles, axis=0) >= 0).all()
    spread = found.quantiles[3] - found.quantiles[1]
    assert spread[48] / spread[11] == pytest.approx(2.0, rel=0.1)  # like the square root of the number of factors


def test_the_mean_of_the_logarithm_is_that_of_the_law() -> None:
    normal, uniform = (np.log10(np.abs(values)).mean() for values in (
        generator().normal(size=2_000_000), generator().uniform(-math.sqrt(3), math.sqrt(3), 2_000_000)))  # fmt: skip
    assert random_products(1, 1.0, 2, generator()).typical[0] == pytest.approx(normal, abs=2e-3)
    assert random_products(1, 1.0, 2, generator(), Law.UNIFORM).typical[0] == pytest.approx(uniform, abs=2e-3)


def test_signs_never_part() -> None:
    found = random_products(40, 4.0, 1000, generator(), Law.SIGNS)
    np.testing.assert_allclose(found.sampled, found.exact)
    np.testing.assert_allclose(found.quantiles[2], found.exact / 2)
    np.testing.assert_allclose(10**found.needed, 2)


def test_thousands_of_factors_stay_in_range() -> None:
    found = random_products(3000, 0.01, 100, generator())
    assert found.exact[-1] == pytest.approx(-6000)
    assert np.isfinite(found.sampled).all()
    assert np.isfinite(found.examples).all()
    assert "1e-6000" in str(found.sentence)


def test_the_same_generator_gives_the_same() -> None:
    first, second = (random_products(5, 1.0, 100, generator()) for _ in range(2))
    np.testing.assert_array_equal(first.examples, second.examples)
    assert first.examples.shape == (24, 5)


def test_errors() -> None:
    for factors, variance, draws in ((0, 1.0, 10), (5, 0.0, 10), (5, math.inf, 10), (5, 1.0, 1)):
        with pytest.raises(DataError, match="give at least 1 factor"):
            random_products(factors, variance, draws, generator())
    with pytest.raises(Cancelled):
        random_products(5, 1.0, 10, generator(), cancelled=lambda: True)
    seen: list[tuple[int, int]] = []
    random_products(2, 1.0, 10, generator(), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize(("base", "text"), [(1.01, "37.8: it doubles"), (0.99, "0.0255: it halves"), (1.0, "1.")])
def test_powers(base: float, text: str) -> None:
    found = power_of(base, 365)
    np.testing.assert_allclose(found.values, base ** np.arange(366))
    assert f"{base:g} to the power of 365 is {text}" in str(found.sentence)
    with pytest.raises(DataError):
        power_of(-1.0, 3)


def test_powers_beyond_the_range() -> None:
    found = power_of(1e10, 100)
    assert found.decades[-1] == pytest.approx(1000)
    assert np.isposinf(found.values[-1])
    assert "1e+1000" in str(found.sentence)
