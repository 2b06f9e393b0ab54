"""Lyapunov spectra of systems whose exponents are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.cell import cell_from_text
from core.errors import Cancelled, DataError
from core.gradients.jacobians.jacobian import Jacobians
from core.gradients.jacobians.spectra import LyapunovSpectrum, kaplan_yorke, lyapunov_spectrum
from core.network import build_network
from core.run import Problem, Run
from tests.core.gradients.problems import problem_for, run_for

# Henon 1976, and the logistic map; the input is multiplied by a weight of zero so that it does not drive them.
HENON = "h = 1 - 1.4 * h[-1] * h[-1] + 0.3 * h[-2] + w * x"
LOGISTIC = "h = 4 * h[-1] * (1 - h[-1]) + w * x"


def free_run(text: str, start: list[float], steps: int) -> Run:
    cell = cell_from_text(text, inputs=1, units=1)
    network = build_network(cell, head="direct", loss="")
    parameters = {path: np.zeros(shape) for path, shape in network.parameter_shapes.items()}
    initial = {"l0/h": np.array(start).reshape(-1, 1, 1)}
    run = Run(Problem(network, parameters, np.zeros((steps, 1, 1)), initial=initial))
    run.forward_to(run.steps)
    return run


def test_logistic_map() -> None:
    spectrum = lyapunov_spectrum(free_run(LOGISTIC, [0.1234], 6000), "l0")
    assert spectrum.exponents[0] == pytest.approx(np.log(2), abs=0.01)
    assert abs(spectrum.exponents[0] - np.log(2)) < 5 * spectrum.spread[0] + 1e-3
    assert "grows by a factor of" in str(spectrum.sentence)


def test_henon_map_with_its_delay_of_two() -> None:
    spectrum = lyapunov_spectrum(free_run(HENON, [0.1, 0.1], 8000), "l0", burn_in=500)
    assert spectrum.exponents[0] == pytest.approx(0.4192, abs=0.01)  # Sprott 2003
    assert spectrum.exponents.sum() == pytest.approx(np.log(0.3), rel=1e-10)
    assert spectrum.kaplan_yorke == pytest.approx(1.258, abs=0.01)
    assert spectrum.burn_in == 500
    assert spectrum.times[0] == 500


def linear(matrix: Any, steps: int) -> LyapunovSpectrum:
    problem = problem_for("rnn_identity", steps=steps, batch=1)
    run = Run(replace(problem, parameters={**problem.parameters, "l0/U": np.asarray(matrix, float)}))
    run.forward_to(run.steps)
    return lyapunov_spectrum(run, "l0", burn_in=100)


def test_a_linear_recurrence_has_the_logarithms_of_its_eigenvalues() -> None:
    basis = np.array([[1.0, 2, 0], [0, 1, 1], [1, 0, 1]])
    spectrum = linear(basis @ np.diag([0.3, 1.2, 0.7]) @ np.linalg.inv(basis), 1000)
    np.testing.assert_allclose(spectrum.exponents, np.log([1.2, 0.7, 0.3]), atol=1e-10)
    np.testing.assert_allclose(spectrum.convergence[-1], spectrum.exponents)
    assert spectrum.convergence.shape == (900, 3)


def test_a_pair_of_complex_eigenvalues_converges_to_its_modulus() -> None:
    spectrum = linear([[0.0, -0.9, 0], [0.9, 0.5, 0], [0, 0, 0.1]], 3000)
    np.testing.assert_allclose(spectrum.exponents, np.log([0.9, 0.9, 0.1]), atol=2e-3)


def test_a_singular_step_is_minus_infinity() -> None:
    spectrum = linear(np.diag([0.9, 0.5, 0.0]), 200)
    np.testing.assert_allclose(spectrum.exponents[:2], np.log([0.9, 0.5]), atol=1e-12)
    assert np.isneginf(spectrum.exponents[2])
    assert spectrum.singular_steps.tolist() == [0, 0, 100]
    assert np.isnan(spectrum.regular[2])
    assert "1 of 3 are −∞" in str(spectrum.sentence)
    dense = np.outer([1.0, 2, 3], [0.1, 0.3, 0.1])  # rank 1, eigenvalue 1
    found = linear(dense, 200)
    assert found.exponents[0] == pytest.approx(0.0, abs=1e-12)
    assert np.isneginf(found.exponents[1:]).all()
    assert "keeps its size" in str(found.sentence)


def test_a_unit_that_is_dead_for_a_while() -> None:
    problem = problem_for("rnn_relu", steps=60, batch=1)
    off = np.zeros_like(problem.inputs)
    off[30] = -1e6
    parameters = {**problem.parameters, "l0/W": np.abs(problem.parameters["l0/W"]), "l0/b": np.full(3, 5.0)}
    parameters["l0/U"] = 0.1 * np.abs(parameters["l0/U"])
    run = Run(replace(problem, parameters=parameters, inputs=off))
    run.forward_to(run.steps)
    spectrum = lyapunov_spectrum(run, "l0", burn_in=0)
    assert np.isneginf(spectrum.exponents).all()  # at one step nothing passes
    assert np.isfinite(spectrum.convergence[29]).all()
    assert np.isneginf(spectrum.convergence[30]).all()
    assert spectrum.singular_steps.min() >= 1
    assert np.isfinite(spectrum.regular).all()
    assert "forgotten at once" in str(spectrum.sentence)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_sum_is_that_of_the_determinants(cell: str) -> None:
    run = run_for(cell, steps=60)
    spectrum = lyapunov_spectrum(run, "l0", burn_in=0)
    matrices = Jacobians(run, "l0").rows(slice(None))
    expected = np.mean([np.linalg.slogdet(matrix)[1] for matrix in matrices])
    assert spectrum.exponents.sum() == pytest.approx(expected, rel=1e-9)
    assert (np.diff(spectrum.exponents) <= 0).all()


def test_what_is_not_finite_has_no_exponents() -> None:
    spectrum = lyapunov_spectrum(run_for("h = exp(exp(W @ x + U @ h[-1]))", scale=2.0), "l0")
    assert np.isnan(spectrum.exponents).all()
    assert "no Lyapunov exponents" in str(spectrum.sentence)
    assert np.isnan(spectrum.kaplan_yorke)


def test_dimensions() -> None:
    assert kaplan_yorke(np.array([-1.0, -2.0])) == 0.0
    assert kaplan_yorke(np.array([1.0, 0.5])) == 2.0
    assert kaplan_yorke(np.array([0.5, -np.inf])) == 1.0
    assert kaplan_yorke(np.array([0.9, 0.0, -14.57])) == pytest.approx(2.0618, abs=1e-3)  # Lorenz


def test_errors() -> None:
    run = run_for("gru")
    with pytest.raises(DataError, match="burn-in is 5 steps, but the sequence has 5"):
        lyapunov_spectrum(run, "l0", burn_in=5)
    with pytest.raises(Cancelled):
        lyapunov_spectrum(run, "l0", cancelled=lambda: True)
