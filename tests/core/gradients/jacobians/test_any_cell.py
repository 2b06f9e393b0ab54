"""What the laboratory says of cells that nobody has thought of: random equations of the grammar."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings

from core.cell import Cell
from core.gradients.jacobians.direct_paths import direct_paths
from core.gradients.jacobians.jacobian import Jacobians, step_jacobian
from core.gradients.jacobians.linear import LinearRecurrence, linear_recurrence
from core.gradients.jacobians.output_gates import output_gate
from core.gradients.jacobians.pascanu import Dial, dial
from core.gradients.jacobians.products import span_product
from core.gradients.jacobians.saturation import saturation
from core.gradients.jacobians.spectra import lyapunov_spectrum
from core.gradients.verdicts import verdicts
from core.language import parse_cell
from core.network import build_network
from core.run import Problem, Run
from tests.core.language.test_random_equations import cells, refusal, with_shapes

STEPS = 5


def run_of(text: str) -> Run:
    cell = Cell(parse_cell(text), 2, 3)
    network = build_network(cell, head="softmax", loss="cross-entropy", outputs=3)
    generator = np.random.default_rng(3)
    parameters = {path: generator.normal(0, 0.6, shape) for path, shape in network.parameter_shapes.items()}
    initial = {path: generator.normal(size=rows.shape) for path, rows in network.initial_states(1).items()}
    weights = np.zeros((STEPS, 1))
    weights[-1] = 1
    targets = np.eye(3)[generator.integers(0, 3, (STEPS, 1))]
    inputs = generator.normal(size=(STEPS, 1, 2))
    return Run(Problem(network, parameters, inputs, targets, weights=weights, initial=initial)).complete()


def carried(run: Run, k: int) -> tuple[Any, Any]:
    """dL/dh at step k by the product of Jacobians, and as the run walked it back."""
    space, adjoint = Jacobians(run, "l0").space, run.adjoints("l0/h")
    assert adjoint is not None
    at_end = np.zeros(space.size)
    inbox = run.tapes["l0"].inbox_of("h")
    assert inbox is not None
    at_end[space.part("h").columns] = inbox[-1]
    product = span_product(run, "l0", STEPS - 1, k)
    row = (at_end @ product.matrix) * 10**product.scale
    arrived = run.tapes["l0"].inbox_of("h")
    assert arrived is not None
    return row[space.part("h").columns], arrived[run.tapes["l0"].lead + k]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells())
def test_products_of_jacobians_are_what_a_run_sends_back(equations: str) -> None:
    text = with_shapes(equations)
    if refusal(text) is not None:
        return
    run = run_of(text)
    for k in range(STEPS - 1):
        found, expected = carried(run, k)
        scale = np.abs(expected).max() + 1e-12
        rounding = 1e-14 * np.abs(run.adjoints("l0/h")).max()  # of terms that cancel, as in U @ (h[-2] - h[-1])
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8 * scale + rounding)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells())
def test_everything_has_an_answer_or_says_why_not(equations: str) -> None:
    text = with_shapes(equations)
    if refusal(text) is not None:
        return
    run = run_of(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        matrices = Jacobians(run, "l0").rows(slice(None))
        found = linear_recurrence(run, "l0")
        if isinstance(found, LinearRecurrence):
            np.testing.assert_allclose(matrices, np.broadcast_to(found.matrix, matrices.shape), rtol=1e-12, atol=1e-14)
        bounds = dial(run, "l0")
        if isinstance(bounds, Dial):
            np.testing.assert_allclose(matrices, bounds.slopes[:, :, None] * bounds.weights, rtol=1e-10, atol=1e-13)
        said = [found.sentence, bounds.sentence, output_gate(run, "l0").sentence, step_jacobian(run, "l0", 2).sentence]
        said += [lyapunov_spectrum(run, "l0", burn_in=1).sentence]
        said += [each.sentence for each in (*direct_paths(run, "l0"), *saturation(run, "l0"), *verdicts(run))]
        assert all(str(sentence).endswith(".") for sentence in said)


def test_single_precision() -> None:
    run = run_of(with_shapes("h = tanh(W @ x + U @ h[-1] + R @ h[-2] + b)"))
    single = Run(replace(run.problem, dtype=np.dtype(np.float32))).complete()
    np.testing.assert_allclose(
        Jacobians(single, "l0").rows(slice(None)), Jacobians(run, "l0").rows(slice(None)), rtol=1e-4, atol=1e-5
    )
    assert Jacobians(single, "l0").at(1).dtype == np.float64
