"""Products beyond the range of numbers: exact arithmetic, known determinants, and sizes that differ by 600 decades."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from core.gradients.jacobians.graded import Graded, identity, log_singular_values, ranked_qr
from core.gradients.numbers import LN10


def product(matrices: Any) -> Graded:
    found = identity(len(matrices[0]))
    for matrix in matrices:
        found = found.times(np.asarray(matrix, float))
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 8, 17])
def test_a_short_product_is_the_plain_one(size: int) -> None:
    generator = np.random.default_rng(size)
    matrices = generator.normal(size=(3, size, size))
    found = product(matrices)
    plain = matrices[2] @ matrices[1] @ matrices[0]
    scaled, scale = found.scaled()
    np.testing.assert_allclose(scaled * np.exp(scale), plain, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(np.exp(found.log_singular_values()), np.linalg.svd(plain)[1], rtol=1e-9)


def exact(matrices: Any) -> tuple[float, float]:
    """Logarithms of the two singular values of a product of 2 x 2 matrices, in exact arithmetic until the last step."""
    whole = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]
    for matrix in matrices:
        own = [[Fraction(float(x)) for x in row] for row in matrix]
        whole = [[sum(own[i][k] * whole[k][j] for k in range(2)) for j in range(2)] for i in range(2)]
    squares = sum(x * x for row in whole for x in row)
    det = abs(whole[0][0] * whole[1][1] - whole[0][1] * whole[1][0])

    def log(value: Fraction) -> float:
        shift = value.numerator.bit_length() - value.denominator.bit_length()
        return float(np.log(float(value / Fraction(2) ** shift))) + shift * float(np.log(2.0))

    ratio = det / squares  # s1 s2 / (s1² + s2²)
    first = 0.5 * (log(squares) + np.log((1 + np.sqrt(max(0.0, 1 - 4 * float(ratio) ** 2))) / 2))
    return first, log(det) - first


@pytest.mark.parametrize("count", [1, 5, 40, 300])
@pytest.mark.parametrize("seed", range(6))
def test_against_exact_arithmetic(seed: int, count: int) -> None:
    generator = np.random.default_rng(seed)
    matrices = generator.normal(size=(count, 2, 2)) * generator.choice([0.01, 1.0, 50.0])
    if seed >= 3:  # graded and far from normal
        matrices = matrices * np.array([[1.0, 1e3], [1e-6, 1e-2]])
    np.testing.assert_allclose(product(matrices).log_singular_values(), exact(matrices), rtol=1e-11, atol=1e-9)


def test_a_small_value_beside_a_large_one_in_a_matrix_that_is_not_normal() -> None:
    found = product([[[0.1, 1.0], [0.0, 2.0]]] * 2000).log_singular_values() / LN10
    assert found[0] == pytest.approx(2000 * np.log10(2) + 0.5 * np.log10(1 + 1 / 1.9**2), rel=1e-9)
    assert found.sum() == pytest.approx(2000 * np.log10(0.2), rel=1e-12)


@pytest.mark.parametrize("size", [3, 12, 30])
def test_dense_factors_whose_product_is_known(size: int) -> None:
    """B1 D1 B0', B2 D2 B1', ... with orthogonal B: the product is B D ... D B', 600 decades and more wide."""
    generator = np.random.default_rng(size)
    logs, found, before = np.zeros(size), identity(size), np.eye(size)
    for _ in range(150):
        after = np.linalg.qr(generator.normal(size=(size, size)))[0]
        sizes = np.linspace(-5, 5, size) + generator.normal(0, 0.3, size)
        found = found.times(after @ np.diag(np.exp(sizes)) @ before.T)
        logs, before = logs + sizes, after
    assert np.ptp(logs) > 600 * LN10
    np.testing.assert_allclose(found.log_singular_values(), np.sort(logs)[::-1], rtol=1e-10, atol=1e-8)


@pytest.mark.parametrize("size", [4, 20, 40])
def test_the_sum_of_the_logarithms_is_that_of_the_determinants(size: int) -> None:
    generator = np.random.default_rng(size)
    matrices = generator.normal(size=(60, size, size)) * 0.3
    found = product(matrices).log_singular_values()
    assert np.ptp(found) > 20
    assert found.sum() == pytest.approx(sum(np.linalg.slogdet(matrix)[1] for matrix in matrices), rel=1e-11)
    assert (np.diff(found) <= 0).all()


def test_a_tiny_derivative_is_not_zero_and_a_zero_is() -> None:
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    tiny = product([np.diag([1e-20, 1.0, 1e-3]) @ turn] * 30).log_singular_values() / LN10
    assert tiny.sum() == pytest.approx(-690, rel=1e-9)
    zero = product([np.diag([0.0, 1.0, 1.0]) @ turn] * 30).log_singular_values()
    assert np.isneginf(zero).tolist() == [False, False, True]
    rank_one = product([np.outer([1.0, 2, 3], [1, 0.5, 2])] * 30).log_singular_values()
    assert np.isneginf(rank_one).tolist() == [False, True, True]
    assert rank_one[0] == pytest.approx(29 * np.log(8.0) + 0.5 * np.log(14 * 5.25), rel=1e-12)


def test_columns_without_a_direction_of_their_own_before_others() -> None:
    matrix = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, -2.0], [1.0, 1.0, 0.5]])
    found = product([matrix] * 7).log_singular_values()
    np.testing.assert_allclose(np.exp(found[:2]), np.linalg.svd(np.linalg.matrix_power(matrix, 7))[1][:2], rtol=1e-9)
    assert np.isneginf(found[2])
    order, q, r = ranked_qr(matrix)
    assert order.tolist() == [0, 2, 1]
    np.testing.assert_allclose(q @ r, matrix[:, order], atol=1e-14)
    assert not r[2].any()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("lag", [1, 2, 9])
def test_singular_matrices_with_structure(seed: int, lag: int) -> None:
    """Copies and zeros, as states hold that are only carried along: columns depend on others before and behind them."""
    generator = np.random.default_rng(seed)
    size = 9
    matrices = []
    for _ in range(lag):
        matrix = np.zeros((size, size))
        matrix[:3, 3:6], matrix[6:, 3:6] = np.eye(3), np.eye(3)
        matrix[3:6] = generator.normal(size=(3, size)) * (generator.random(size) < 0.7)
        matrices.append(matrix[generator.permutation(size)] if seed % 2 else matrix.T)
    found, plain = product(matrices), np.eye(size)
    for matrix in matrices:
        plain = matrix @ plain
    scaled, scale = found.scaled()
    np.testing.assert_allclose(scaled * np.exp(scale), plain, rtol=1e-9, atol=1e-12 * np.abs(plain).max())
    values, expected = np.exp(found.log_singular_values()), np.linalg.svd(plain)[1]
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-13 * expected[0])


def test_nothing_and_what_is_not_finite() -> None:
    nothing = product([np.zeros((2, 2)), np.eye(2)])
    assert np.isneginf(nothing.log_singular_values()).all()
    assert not nothing.scaled()[0].any()
    broken = product([np.eye(2), np.array([[np.inf, 0], [0, 1]]), np.eye(2)])
    assert np.isnan(broken.log_singular_values()).all()
    assert np.isnan(broken.scaled()[0]).all()
    mixed = log_singular_values(np.array([[0.0, 1.0], [np.nan, 0.0]]), np.array([np.eye(2), np.eye(2)]))
    np.testing.assert_array_equal(mixed, [[1.0, 0.0], [np.nan, np.nan]])
