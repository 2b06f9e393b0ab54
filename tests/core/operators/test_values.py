"""Values of operators: known numbers, careful ends, kinks, complex arguments, and kernels that give the same."""

from __future__ import annotations

import numpy as np
import pytest

from core.operators import FUNCTIONS, OPERATORS, numeric
from core.operators.expression import VARIABLE, apply, leaf
from tests.core.operators.test_derivatives import (
    argument_shapes,
    attributes_of,
    evaluate,
    gradients,
    leaves_for,
    random_for,
)

X = np.array([-800.0, -40.0, -1.0, 0.0, 0.5, 40.0, 800.0])


@pytest.mark.parametrize("name", [name for name, row in OPERATORS.items() if row.kernel])
@pytest.mark.parametrize("batch", [(), (3,)])
def test_kernel_equals_value(name: str, batch: tuple[int, ...]) -> None:
    row = OPERATORS[name]
    args = list(random_for(name, leaves_for(argument_shapes(name)), batch, 2).values())
    expected = row.value(*args, *attributes_of(name))
    out = np.full(expected.shape, np.nan)
    assert row.kernel is not None
    for function, call_args in row.kernel(out, *args, *attributes_of(name)):
        function(*call_args)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("name", OPERATORS)
def test_complex_arguments_keep_the_real_part(name: str) -> None:
    args = random_for(name, leaves_for(argument_shapes(name)), (2,), 4)
    real = OPERATORS[name].value(*args.values(), *attributes_of(name))
    moved = [value + 1e-30j for value in args.values()]
    with_imaginary = OPERATORS[name].value(*moved, *attributes_of(name))
    np.testing.assert_allclose(np.real(with_imaginary), real, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", OPERATORS)
def test_branches_look_at_the_real_part(name: str) -> None:
    row = OPERATORS[name]
    if row.branch is None:
        assert name not in ("relu", "abs", "where", "maximum", "clip", "mod")
        return
    args = random_for(name, leaves_for(argument_shapes(name)), (2,), 4)
    sides = row.branch(*args.values(), *attributes_of(name))
    moved = [value + 1e-30j for value in args.values()]
    np.testing.assert_array_equal(row.branch(*moved, *attributes_of(name)), sides)


KINKS = {
    "relu": 0.0,
    "leaky_relu": 0.0,
    "elu": 0.0,
    "selu": 0.0,
    "abs": 0.0,
    "softsign": 0.0,
    "step": 0.0,
    "sign": 0.0,
    "thresholded_relu": 1.0,
    "hard_sigmoid": -2.5,
    "clip": 1.0,
}


@pytest.mark.parametrize("name", KINKS)
def test_the_two_sides_of_a_kink_are_told_apart(name: str) -> None:
    row, at = OPERATORS[name], KINKS[name]
    assert row.branch is not None
    left, right = row.branch(np.array([at - 1e-3, at + 1e-3]), *attributes_of(name))
    assert left != right


@pytest.mark.parametrize("name", FUNCTIONS)
def test_rules_give_one_gradient_an_argument(name: str) -> None:
    args = leaves_for(argument_shapes(name))
    result = apply(name, *args, attributes=attributes_of(name))
    assert OPERATORS[name].arity == len(args) == len(gradients(result, leaf(VARIABLE, "g", result.shape)))


def test_careful_ends() -> None:
    sigmoid = OPERATORS["sigmoid"].value(X)
    assert sigmoid[0] == 0.0
    assert sigmoid[-1] == 1.0
    assert 0 < sigmoid[1] < 1e-17
    softplus = OPERATORS["softplus"].value(X)
    assert softplus[0] == 0.0
    assert softplus[-1] == 800.0
    np.testing.assert_allclose(softplus[3], np.log(2))
    softmax = OPERATORS["softmax"].value(X)
    np.testing.assert_allclose(softmax.sum(), 1.0)
    assert OPERATORS["softmax_cross_entropy"].value(X, np.eye(7)[0])[0] == 1600.0
    logistic = OPERATORS["logistic_cross_entropy"].value(X, (X > 0) * 1.0)
    np.testing.assert_allclose(logistic, np.log(2) + np.log1p(np.exp(-1)) + np.log1p(np.exp(-0.5)), rtol=1e-12)


def test_a_row_of_zeros_as_target_has_no_loss() -> None:
    np.testing.assert_array_equal(numeric.softmax_cross_entropy(X[None], np.zeros((1, 7))), [[0.0]])


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("relu", [-1.0, 0.0, 2.0], [0.0, 0.0, 2.0]),
        ("leaky_relu", [-1.0, 0.0, 2.0], [-0.01, 0.0, 2.0]),
        ("thresholded_relu", [0.5, 1.0, 1.5], [0.0, 0.0, 1.5]),
        ("elu", [-1.0, 2.0], [np.exp(-1) - 1, 2.0]),
        ("selu", [1.0], [1.0507009873554805]),
        ("softsign", [-3.0, 1.0], [-0.75, 0.5]),
        ("hard_sigmoid", [-3.0, 0.0, 1.0, 3.0], [0.0, 0.5, 0.7, 1.0]),
        ("clip", [-3.0, 0.5, 3.0], [-1.0, 0.5, 1.0]),
        ("affine", [2.0], [2.0]),
        ("scaled_tanh", [0.5], [np.tanh(0.5)]),
        ("silu", [0.0, 800.0], [0.0, 800.0]),
        ("layer_norm", [1.0, 3.0], [-1 / np.sqrt(1 + 1e-5), 1 / np.sqrt(1 + 1e-5)]),
        ("identity", [-2.0], [-2.0]),
        ("sign", [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]),
        ("step", [-2.0, 0.0, 2.0], [0.0, 0.0, 1.0]),
    ],
)
def test_known_values(name: str, x: list[float], expected: list[float]) -> None:
    found = OPERATORS[name].value(np.array(x), *attributes_of(name))
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-16)


def test_modulo_takes_the_sign_of_the_divisor() -> None:
    found = OPERATORS["mod"].value(np.array([5.0, -5.0, 5.0]), np.array([3.0, 3.0, -3.0]))
    np.testing.assert_array_equal(found, np.mod([5.0, -5.0, 5.0], [3.0, 3.0, -3.0]))


def test_batch_axes_broadcast() -> None:
    """A parameter without batch axes meets a batch."""
    args = leaves_for(argument_shapes("concat"))
    values = random_for("concat", args, (), 1)
    values["a1"] = np.stack([values["a1"]] * 5)
    from_batch = OPERATORS["concat"].value(*values.values())
    assert from_batch.shape == (5, 10)
    assert evaluate(leaves_for(((),))[0], {"a0": np.ones(1)}).shape == (1,)
