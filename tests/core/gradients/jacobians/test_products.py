"""Products of Jacobians over a span: plain products, the gradients of a run, and 600 decades."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import Cancelled, SessionError
from core.gradients.itemised.loss_map import loss_map
from core.gradients.jacobians.jacobian import Jacobians
from core.gradients.jacobians.products import chosen_lags, span_product
from core.gradients.numbers import power_text
from core.language import read_cell
from core.run import Problem, Run
from core.stack import Direction, LayerSpec, build_stack
from tests.core.gradients.problems import problem_for, run_for

SKIPS = "h = tanh(W @ x + U @ h[-1] + S @ h[-3] + b)"


@pytest.mark.parametrize("cell", ["rnn_tanh", "lstm", "gru", SKIPS])
def test_every_lag_is_the_plain_product(cell: str) -> None:
    run = run_for(cell, steps=8, scale=1.2)
    matrices = Jacobians(run, "l0", 1).rows(slice(None))
    found = span_product(run, "l0", 6, 1, sample=1)
    plain = np.eye(matrices.shape[1])
    for place, lag in enumerate(found.lags):
        plain = plain @ matrices[7 - lag]
        values = np.linalg.svd(plain)[1]
        np.testing.assert_allclose(10 ** found.logs[place], values, rtol=1e-6, atol=1e-12 * values[0])
        assert 10 ** found.norms[place] == pytest.approx(np.linalg.norm(plain, 2))
        assert found.conditions[place] == found.logs[place, 0] - found.logs[place, -1]
    np.testing.assert_allclose(found.matrix * 10**found.scale, plain, rtol=1e-9, atol=1e-14)
    assert found.lags.tolist() == [1, 2, 3, 4, 5]
    assert found.starts.tolist() == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("cell", ["rnn_tanh", "lstm", "gru", "mgu", SKIPS])
def test_it_carries_the_gradient_of_a_late_loss(cell: str) -> None:
    """dL_t/dz_t times the product is what the walk back gives; with the map of all losses as the witness."""
    weights = np.zeros((8, 2))
    weights[7] = 1
    run = run_for(cell, steps=8, weights=weights)
    space = Jacobians(run, "l0").space
    at_end = np.zeros(space.size)  # the readout reads the output alone
    adjoint = run.adjoints("l0/h")
    assert adjoint is not None
    at_end[space.part("h").columns] = adjoint[7, 0]
    reach = loss_map(run, "l0/h")
    for k in range(7):
        product = span_product(run, "l0", 7, k)
        row = at_end @ product.matrix * 10**product.scale
        np.testing.assert_allclose(row[space.part("h").columns], adjoint[k, 0], rtol=1e-9, atol=1e-13)
        assert np.linalg.norm(row[space.part("h").columns]) == pytest.approx(reach.norms[7, k], rel=1e-9)


def test_a_block_of_it_holds_the_rest_of_the_state_at_the_start() -> None:
    run = run_for("lstm", steps=6)
    matrices, space = Jacobians(run, "l0").rows(slice(None)), Jacobians(run, "l0").space
    plain = (matrices[5] @ matrices[4] @ matrices[3])[space.part("c").columns, space.part("c").columns]
    found = span_product(run, "l0", 5, 2, of="c")
    np.testing.assert_allclose(found.matrix * 10**found.scale, plain, rtol=1e-10)
    np.testing.assert_allclose(10 ** found.logs[-1], np.linalg.svd(plain)[1], rtol=1e-8)
    assert [part.label for part in found.rows] == ["c"]
    crossed = span_product(run, "l0", 5, 2, of="h", by="c")
    assert crossed.matrix.shape == (3, 3)


def test_a_reverse_walk_goes_to_later_times() -> None:
    network = build_stack([LayerSpec(read_cell("gru"), 3, Direction.REVERSE)], inputs=2, outputs=3)
    generator = np.random.default_rng(1)
    parameters = {path: generator.normal(0, 0.8, shape) for path, shape in network.parameter_shapes.items()}
    run = Run(Problem(network, parameters, generator.normal(size=(6, 1, 2)))).complete()
    name = network.layers[0].name
    jacobians = Jacobians(run, name)
    found = span_product(run, name, 1, 4)
    assert found.starts.tolist() == [2, 3, 4]
    plain = jacobians.at(1) @ jacobians.at(2) @ jacobians.at(3)
    np.testing.assert_allclose(found.matrix * 10**found.scale, plain, rtol=1e-10)
    assert span_product(run, name, 1).starts[-1] == 6


@pytest.mark.parametrize("size", [1e-3, 30.0])
def test_600_decades(size: float) -> None:
    problem = problem_for("rnn_identity", steps=200, batch=1, head="direct", loss="squared")
    values = np.array([1.0, 0.5, 1e-2]) * size
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    parameters = {**problem.parameters, "l0/U": turn @ np.diag(values) @ turn.T}
    run = Run(replace(problem, parameters=parameters))
    run.forward_to(run.steps)
    found = span_product(run, "l0", 199)
    expected = found.lags[:, None] * np.log10(values)
    np.testing.assert_allclose(found.logs, expected, rtol=1e-9)
    assert found.rate == pytest.approx(size, rel=1e-6)
    assert power_text(found.norms[-1]) in str(found.sentence)
    assert ("every gradient of h shrinks" in str(found.sentence)) == (size < 1)


def test_dead_units_are_zero_and_broken_ones_not_a_number() -> None:
    problem = problem_for("rnn_relu", steps=6)
    dead = {**problem.parameters, "l0/b": np.array([-1e3, 2.0, 2.0])}
    run = Run(replace(problem, parameters=dead))
    run.forward_to(run.steps)
    found = span_product(run, "l0", 5)
    assert np.isneginf(found.logs[:, -1]).all()
    assert np.isposinf(found.conditions).all()
    broken = run_for("h = exp(exp(W @ x + U @ h[-1]))", scale=2.0)
    product = span_product(broken, "l0", 4)
    assert np.isnan(product.logs[-1]).all()
    assert "not finite" in str(product.sentence)
    assert np.isnan(product.rate) or np.isfinite(product.norms).sum() >= 2


def test_long_spans_are_sampled() -> None:
    lags = chosen_lags(2000, 40)
    assert {1, 2, 3, 2000} <= lags
    assert len(lags) <= 80
    assert chosen_lags(5, 40) == {1, 2, 3, 4, 5}


def test_errors() -> None:
    run = run_for("lstm")
    with pytest.raises(SessionError, match="span is empty"):
        span_product(run, "l0", 2, 2)
    with pytest.raises(SessionError, match="7 is none"):
        span_product(run, "l0", 6)
    with pytest.raises(SessionError, match="9 is none"):
        span_product(run, "l0", 2, 8)
    with pytest.raises(SessionError, match="f is not part of the state"):
        span_product(run, "l0", 2, of="f")
    with pytest.raises(Cancelled):
        span_product(run, "l0", 4, cancelled=lambda: True)
    seen: list[tuple[int, int]] = []
    span_product(run, "l0", 4, 1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("exponent", "text"),
    [(-512.5, "3.2e-513"), (0.0, "1"), (-8.0, "1e-08"), (400.0, "1e+400"), (-np.inf, "0"), (np.inf, "infinity")],
)
def test_numbers_beyond_the_range(exponent: float, text: str) -> None:
    assert power_text(exponent) == text
    assert power_text(float("nan")) == "not a number"
    assert power_text(309.9999) == "1e+310"
