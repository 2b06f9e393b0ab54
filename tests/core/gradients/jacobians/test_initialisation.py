"""What initialisation and activations do to the product of Jacobians: orthogonal, identity, forget bias, ReLU."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.gradients.jacobians.direct_paths import direct_paths
from core.gradients.jacobians.products import SpanProduct, span_product
from core.learning.initialisers import Rule, initialise
from core.run import Run
from tests.core.gradients.problems import problem_for

STEPS, UNITS = 60, 12


def product(cell: str, matrix: Any, **changed: Any) -> SpanProduct:
    problem = problem_for(cell, steps=STEPS, batch=1, units=UNITS, scale=0.1)
    parameters = {**problem.parameters, "l0/U": matrix, **changed}
    run = Run(replace(problem, parameters=parameters, initial={}))
    run.forward_to(run.steps)
    return span_product(run, "l0", STEPS - 1)


def orthogonal(gain: float) -> Any:
    return initialise(Rule("orthogonal", gain), (UNITS, UNITS), np.random.default_rng(0), units=UNITS)


def test_an_orthogonal_matrix_keeps_all_lengths_in_a_linear_cell() -> None:
    found = product("rnn_identity", orthogonal(1.0))
    np.testing.assert_allclose(found.logs, 0.0, atol=1e-10)
    np.testing.assert_allclose(found.conditions, 0.0, atol=1e-10)


@pytest.mark.parametrize(("gain", "grows"), [(0.9, False), (1.3, True)])
def test_the_scale_of_the_matrix_decides(gain: float, grows: bool) -> None:
    found = product("rnn_identity", orthogonal(gain))
    np.testing.assert_allclose(found.rate, gain, rtol=1e-9)
    assert (found.norms[-1] > 0) == grows


def test_identity_and_relu_keep_a_gradient_that_tanh_loses_and_a_larger_matrix_makes_relu_explode() -> None:
    open_units = {"l0/W": np.zeros((UNITS, 2)), "l0/b": np.full(UNITS, 0.05)}
    identity = product("rnn_relu", np.eye(UNITS), **open_units)
    np.testing.assert_allclose(identity.logs, 0.0, atol=1e-12)
    assert product("rnn_tanh", np.eye(UNITS), **open_units).norms[-1] < -5
    assert product("rnn_relu", np.eye(UNITS) * 1.5, **open_units).norms[-1] == pytest.approx(STEPS * np.log10(1.5))
    assert product("rnn_tanh", np.eye(UNITS) * 1.5, **open_units).norms[-1] < 0


def test_the_bias_of_the_forget_gate_lengthens_the_direct_path() -> None:
    problem = problem_for("lstm", steps=STEPS, batch=1, units=UNITS, scale=0.1)
    constants, norms = [], []
    for bias in (-1.0, 0.0, 1.0, 3.0):
        parameters = {**problem.parameters, "l0/b_f": np.full(UNITS, bias)}
        run = Run(replace(problem, parameters=parameters))
        run.forward_to(run.steps)
        constants.append(float(np.median(direct_paths(run, "l0")[0].time_constants)))
        norms.append(float(span_product(run, "l0", STEPS - 1, of="c").norms[-1]))
    assert constants == sorted(constants)
    assert norms == sorted(norms)
    assert constants[-1] > 10 * constants[1]
