"""The dial: cells it applies to, found from their equations, and its bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.gradients.jacobians.jacobian import Jacobians
from core.gradients.jacobians.pascanu import Dial, NoDial, dial
from core.gradients.jacobians.products import span_product
from core.gradients.jacobians.slopes import slope, steepest
from core.operators import OPERATORS
from core.run import Run
from tests.core.gradients.problems import problem_for, run_for

PLAIN = [
    "rnn_tanh", "rnn_relu", "rnn_logistic", "rnn_identity",
    "h = tanh(W @ [h[-1], x] + b)",
    "h = tanh(W @ [x, h[-1]] + b)",
    "a = W @ x + U @ h[-1]\nh = tanh(a - b)",
    "h = softsign(W @ x + U @ h[-1])",
    "h = elu(U @ h[-1] + W @ x, alpha=0.5)",
    "s = sigmoid(W @ x)\nh = tanh(U @ h[-1] + s * s)",
    "h = tanh(W @ x - U @ h[-1])",
    "h = -(U @ h[-1]) - W @ x",
]  # fmt: skip
OTHERS = {
    "lstm": "made of 2 variables (c, h)",
    "gru": "enters 2 terms",
    "h = tanh(W @ x + U @ h[-1] + S @ h[-3])": "1 and 3 steps back",
    "h = tanh(W @ x + u * h[-1])": "gates or other functions",
    "h = tanh(W @ x + U @ tanh(h[-1]))": "does not act on h[-1] itself",
    "h = tanh(W @ x + softmax(U @ h[-1]))": "gates or other functions",
    "s = sigmoid(U @ h[-1])\nh = tanh(W @ x + s * s)": "gates or other functions",
}


@pytest.mark.parametrize("cell", PLAIN)
def test_the_jacobian_is_the_slopes_times_the_matrix(cell: str) -> None:
    run = run_for(cell)
    found = dial(run, "l0", 1)
    assert isinstance(found, Dial)
    matrices = Jacobians(run, "l0", 1).rows(slice(None))
    np.testing.assert_allclose(matrices, found.slopes[:, :, None] * found.weights, rtol=1e-12, atol=1e-14)
    assert found.norm == pytest.approx(np.linalg.norm(found.weights, 2))
    assert found.radius == pytest.approx(np.abs(np.linalg.eigvals(found.weights)).max())
    assert found.measured == pytest.approx(found.norm * np.abs(found.slopes).max())
    assert found.measured <= found.bound * (1 + 1e-9)
    assert found.bound == found.norm * found.steepest


@pytest.mark.parametrize("cell", OTHERS)
def test_other_cells_are_told_why_not(cell: str) -> None:
    found = dial(run_for(cell), "l0")
    assert isinstance(found, NoDial)
    assert OTHERS[cell] in str(found.sentence)


@pytest.mark.parametrize(
    ("size", "vanishes", "can_explode"), [(0.9, True, False), (1.0, False, False), (1.3, False, True)]
)
def test_the_two_bounds(size: float, vanishes: bool, can_explode: bool) -> None:
    problem = problem_for("rnn_tanh", steps=40, batch=1, scale=0.1)
    parameters = {**problem.parameters, "l0/U": np.diag([size, size / 2, size / 2])}
    run = Run(replace(problem, parameters=parameters))
    run.forward_to(run.steps)
    found = dial(run, "l0")
    assert isinstance(found, Dial)
    assert found.bound == pytest.approx(size)
    assert (found.bound < 1 - 1e-9, found.bound > 1 + 1e-9) == (vanishes, can_explode)
    norms = span_product(run, "l0", 39).norms
    assert (norms <= np.arange(1, 41) * np.log10(found.measured) + 1e-9).all()
    assert ("every gradient vanishes" in str(found.sentence)) == vanishes


def test_above_the_bound_a_sequence_may_still_vanish() -> None:
    problem = problem_for("rnn_tanh", steps=10, batch=1)
    parameters = {**problem.parameters, "l0/U": np.eye(3) * 1.5, "l0/b": np.full(3, 4.0), "l0/W": np.zeros((3, 2))}
    found = dial(Run(replace(problem, parameters=parameters)).complete(), "l0")
    assert isinstance(found, Dial)
    assert found.can_explode
    assert found.measured < 1
    assert "so here it vanishes" in str(found.sentence)


@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("tanh", (), 1.0), ("sigmoid", (), 0.25), ("relu", (), 1.0), ("identity", (), 1.0), ("softsign", (), 1.0),
        ("hard_sigmoid", (0.2, 0.5), 0.2), ("scaled_tanh", (1.7159, 2 / 3), 1.7159 * 2 / 3), ("silu", (), 1.09984),
        ("selu", (), 1.7580993), ("elu", (1.0,), 1.0), ("softplus", (), 1.0), ("exp", (), np.inf),
    ],
)  # fmt: skip
def test_steepest_slopes(name: str, attributes: tuple[float, ...], expected: float) -> None:
    assert steepest(name, attributes) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softsign", "silu", "selu", "softplus", "exp", "sin", "abs"])
def test_slopes_are_derivatives(name: str) -> None:
    x = np.array([[-2.3, -0.4], [0.7, 3.1]])
    value = OPERATORS[name].value
    expected = (value(x + 1e-6) - value(x - 1e-6)) / 2e-6
    np.testing.assert_allclose(slope(name, (), x), expected, rtol=1e-8)
    assert not slope("step", (), x).any()
