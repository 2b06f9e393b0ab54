"""Linear recurrences: the power method, complex and defective matrices, gradients along eigenvectors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.gradients.jacobians.jacobian import Jacobians
from core.gradients.jacobians.linear import LinearRecurrence, NotLinear, eigenvectors, linear_recurrence
from core.language import read_cell
from core.run import Intervention, Problem, Run
from core.stack import Direction, LayerSpec, build_stack
from tests.core.gradients.problems import problem_for, run_for

SKIPS = "h = W @ x + U @ h[-1] + S @ h[-3] + b"
LEAKY = "c = 0.5 * c[-1] + W @ x + U @ h[-1]\nh = 0.1 * h[-1] + c"


def recurrence(matrix: Any, steps: int = 30, *, driven: bool = False) -> LinearRecurrence:
    problem = problem_for("rnn_identity", steps=steps, batch=1, weights=np.eye(steps)[:, -1:])
    parameters = {**problem.parameters, "l0/U": np.asarray(matrix, float)}
    if not driven:
        parameters |= {"l0/W": np.zeros((3, 2)), "l0/b": np.zeros(3)}
    found = linear_recurrence(Run(replace(problem, parameters=parameters)).complete(), "l0")
    assert isinstance(found, LinearRecurrence)
    return found


def test_a_symmetric_matrix_is_taken_apart_by_its_transpose() -> None:
    generator = np.random.default_rng(1)
    matrix = generator.normal(size=(3, 3)) * 0.5
    found = recurrence(matrix + matrix.T)
    assert found.is_symmetric
    np.testing.assert_array_equal(found.inverse, found.vectors.T)
    np.testing.assert_allclose(found.vectors @ np.diag(found.eigenvalues) @ found.vectors.T, found.matrix, atol=1e-14)
    np.testing.assert_allclose(found.components, found.free, rtol=1e-9, atol=1e-12)
    assert found.times == tuple(range(-1, 30))
    assert (np.diff(np.abs(found.eigenvalues)) <= 0).all()


def test_complex_eigenvalues_turn_and_follow_their_powers_forward_and_backward() -> None:
    found = recurrence([[0.6, -0.9, 0.1], [0.9, 0.6, 0.0], [0.2, 0.0, 0.5]])
    assert np.iscomplexobj(found.eigenvalues)
    assert not found.is_symmetric
    np.testing.assert_allclose(found.components, found.free, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(found.backward, found.free_backward, rtol=1e-9, atol=1e-13)
    rebuilt = found.components @ found.vectors.T
    np.testing.assert_allclose(rebuilt.imag, 0.0, atol=1e-9)
    assert np.abs(found.components[-1, 0]) > np.abs(found.components[0, 0])  # outside the unit circle
    assert np.abs(found.components[-1, -1]) < np.abs(found.components[0, -1])
    assert "2 of the eigenvalues lie outside the unit circle, 0 on it, 1 inside" in str(found.sentence)


@pytest.mark.parametrize("cell", ["rnn_identity", SKIPS, LEAKY])
def test_states_and_gradients_follow_the_matrix(cell: str) -> None:
    run = run_for(cell, steps=8)
    found = linear_recurrence(run, "l0", 1)
    assert isinstance(found, LinearRecurrence)
    jacobians = Jacobians(run, "l0", 1)
    for t in range(8):
        np.testing.assert_allclose(jacobians.at(t), found.matrix, rtol=1e-12, atol=1e-15)
    states = (found.components @ found.vectors.T).real
    h = jacobians.space.part("h").columns
    np.testing.assert_allclose(states[1:, h], run.values("l0/h")[:, 1], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(states[0, h], run.initial("l0/h")[-1, 1], rtol=1e-8, atol=1e-9)
    gradients = (found.backward @ found.inverse).real
    fresh = gradients[:-1] - gradients[1:] @ found.matrix  # what enters at a step comes from what reads h there
    others = np.ones(jacobians.space.size, bool)
    others[h] = False
    np.testing.assert_allclose(fresh[:, others], 0.0, atol=1e-9)
    np.testing.assert_allclose(fresh[0], 0.0, atol=1e-9)
    assert np.abs(fresh[1:, h]).min() > 1e-6
    initial = run.initial_adjoints("l0/h")[-1, 1]
    np.testing.assert_allclose(gradients[0, h], initial, rtol=1e-7, atol=1e-10)


def test_what_is_made_of_parameters_alone_is_fixed() -> None:
    found = linear_recurrence(run_for("leaky", units=2), "l0")
    assert isinstance(found, LinearRecurrence)
    np.testing.assert_allclose(found.eigenvalues, 0.9)


def test_a_defective_matrix_is_said() -> None:
    found = recurrence([[0.9, 1.0, 0.0], [0.0, 0.9, 1.0], [0.0, 0.0, 0.9]])
    assert found.is_defective
    assert np.isnan(found.components).all()
    np.testing.assert_allclose(found.eigenvalues, 0.9, atol=1e-4)
    assert "defective or nearly so" in str(found.sentence)
    fine = recurrence([[0.9, 1.0, 0.0], [0.0, 0.8, 1.0], [0.0, 0.0, 0.7]])
    assert not fine.is_defective
    assert fine.crowding == pytest.approx(np.linalg.cond(fine.vectors))
    broken = eigenvectors(np.full((2, 2), np.inf))
    assert np.isnan(broken[0]).all()


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("lstm", "not on parameters alone"), ("rnn_relu", "not on parameters alone"),
     ("h = W @ x + x * 0 + sigmoid(a) * h[-1] * h[-1]", "not on parameters alone"),
     ("h = where(mod(t, 2) < 1, U @ h[-1] + W @ x, h[-1])", "not on parameters alone")],
)  # fmt: skip
def test_others_are_not_linear(cell: str, reason: str) -> None:
    run = run_for(cell, units=2 if "x * 0" in cell else 3)
    found = linear_recurrence(run, "l0")
    assert isinstance(found, NotLinear)
    assert reason in str(found.sentence)


def test_an_overwritten_state_is_no_recurrence() -> None:
    found = linear_recurrence(run_for("rnn_identity", interventions=(Intervention("l0", "h", 2, 1, 0.0),)), "l0")
    assert isinstance(found, NotLinear)
    assert "h is overwritten" in str(found.sentence)


def test_without_a_walk_back_there_are_no_gradients() -> None:
    run = Run(problem_for("rnn_identity"))
    run.forward_to(run.steps)
    found = linear_recurrence(run, "l0")
    assert isinstance(found, LinearRecurrence)
    assert np.isnan(found.backward).all()
    assert np.isfinite(found.components).all()


def test_a_reverse_walk() -> None:
    network = build_stack([LayerSpec(read_cell("rnn_identity"), 3, Direction.REVERSE)], inputs=2, outputs=3)
    generator = np.random.default_rng(1)
    parameters = {path: generator.normal(0, 0.6, shape) for path, shape in network.parameter_shapes.items()}
    run = Run(Problem(network, parameters, generator.normal(size=(6, 1, 2)))).complete()
    name = network.layers[0].name
    found = linear_recurrence(run, name)
    assert isinstance(found, LinearRecurrence)
    assert found.times == (6, 5, 4, 3, 2, 1, 0)
    states = (found.components @ found.vectors.T).real
    np.testing.assert_allclose(states[1:], run.values(f"{name}/h")[::-1, 0], atol=1e-12)
