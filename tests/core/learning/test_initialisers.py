"""Initialisers: bounds and spreads, exact properties, reproducibility, errors."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from core.errors import GatewalkError, ShapeError
from core.learning.initialisers import INITIALISERS, Rule, chrono_biases, initialise


def make(name: str, shape: tuple[int, ...], value: float | None = None, seed: int = 3, units: int = 16) -> np.ndarray:
    return initialise(Rule(name, value), shape, np.random.default_rng(seed), units=units)


@pytest.mark.parametrize("name", INITIALISERS)
def test_every_rule_gives_float64_of_the_shape_and_repeats_itself(name: str) -> None:
    array = make(name, (6, 4))
    assert array.shape == (6, 4)
    assert array.dtype == np.float64
    assert np.isfinite(array).all()
    np.testing.assert_array_equal(array, make(name, (6, 4)))


@pytest.mark.parametrize("name", ["uniform", "normal", "constant", "zeros", "ones", "chrono forget", "chrono input"])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 4)])
def test_rules_for_vectors_fill_any_shape(name: str, shape: tuple[int, ...]) -> None:
    array = make(name, shape)
    assert isinstance(array, np.ndarray)
    assert array.shape == shape
    assert array.dtype == np.float64


# Standard deviations of 40,000 draws scatter by 0.4 %; 2 % leaves room for any seed.
@pytest.mark.parametrize(
    ("name", "value", "deviation"),
    [
        ("uniform", None, 1 / math.sqrt(3 * 16)),
        ("uniform", 2.0, 2 / math.sqrt(3 * 16)),
        ("normal", 0.3, 0.3),
        ("scaled", 0.9, 0.9 / math.sqrt(100)),
        ("xavier uniform", None, math.sqrt(2 / 500)),
        ("xavier normal", 2.0, 2 * math.sqrt(2 / 500)),
        ("he", None, math.sqrt(2 / 100)),
    ],
)
def test_spread(name: str, value: float | None, deviation: float) -> None:
    array = make(name, (400, 100), value)
    assert array.std() == pytest.approx(deviation, rel=0.02)
    assert abs(array.mean()) < 5 * deviation / 200


def test_uniform_rules_stay_within_their_bounds_and_reach_them() -> None:
    assert 0.99 / 4 < np.abs(make("uniform", (100, 100))).max() <= 1 / 4
    assert 0.99 * math.sqrt(6 / 200) < np.abs(make("xavier uniform", (100, 100))).max() <= math.sqrt(6 / 200)


def test_scaled_has_the_spectral_radius_it_names() -> None:
    radius = np.abs(np.linalg.eigvals(make("scaled", (300, 300), 0.8))).max()
    assert radius == pytest.approx(0.8, rel=0.1)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (1, 1)])
def test_orthogonal(shape: tuple[int, int]) -> None:
    array = make("orthogonal", shape, 1.5)
    square = array @ array.T if shape[0] <= shape[1] else array.T @ array
    np.testing.assert_allclose(square, 1.5**2 * np.eye(min(shape)), atol=1e-14)


def test_orthogonal_favours_no_sign() -> None:
    """Without sign(diag R) the first entry of Q would have one sign in every draw."""
    generator = np.random.default_rng(0)
    firsts = [initialise(Rule("orthogonal"), (3, 3), generator, units=3)[0, 0] for _ in range(200)]
    assert 60 < sum(first > 0 for first in firsts) < 140


def test_identity_and_constants() -> None:
    np.testing.assert_array_equal(make("identity", (2, 3), 0.5), [[0.5, 0, 0], [0, 0.5, 0]])
    np.testing.assert_array_equal(make("constant", (2,), -3.0), [-3, -3])
    np.testing.assert_array_equal(make("zeros", (2,)), [0, 0])
    np.testing.assert_array_equal(make("ones", (2,)), [1, 1])


def test_chrono_biases_belong_together_and_cover_the_times() -> None:
    forget, entry = chrono_biases((5000,), np.random.default_rng(1), longest=50.0)
    np.testing.assert_array_equal(forget, -entry)
    # A forget gate s(b) with b = ln u keeps for about u + 1 steps: u spreads evenly between 1 and longest - 1.
    times = np.exp(forget)
    assert times.min() >= 1
    assert times.max() <= 49
    assert times.mean() == pytest.approx(25, rel=0.03)


def test_unknown_rule_lists_the_known_ones() -> None:
    with pytest.raises(GatewalkError, match=r"'glorot'.*xavier uniform.*orthogonal"):
        make("glorot", (2, 2))


@pytest.mark.parametrize("name", ["orthogonal", "identity", "he", "scaled", "xavier normal", "xavier uniform"])
def test_rules_for_matrices_refuse_vectors(name: str) -> None:
    with pytest.raises(ShapeError, match=r"fills matrices, got shape \(4,\)"):
        make(name, (4,))


@pytest.mark.parametrize(
    ("name", "value"), [("normal", -1.0), ("normal", math.nan), ("ones", math.inf), ("chrono forget", 1.5)]
)
def test_values_a_rule_cannot_take(name: str, value: float) -> None:
    with pytest.raises(GatewalkError, match=name):
        make(name, (2,), value)


def test_sizes_below_one() -> None:
    with pytest.raises(ShapeError, match="at least 1"):
        make("zeros", (2, 0))
    with pytest.raises(ShapeError, match="at least 1"):
        make("uniform", (2,), units=0)


def test_rules_survive_json() -> None:
    rule = Rule("orthogonal", 0.95)
    assert msgspec.json.decode(msgspec.json.encode(rule), type=Rule) == rule
    assert msgspec.json.decode(b"{}", type=Rule) == Rule()
