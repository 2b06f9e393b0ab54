"""The terms of parameters' gradients: each one, their lengths and components, and that they add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cell import cell_from_text
from core.errors import SessionError
from core.gradients.itemised.weight_terms import weight_term, weight_terms
from core.network import build_network
from core.run import Run
from tests.core.bulk.equality import problem_for as bulk_problem
from tests.core.gradients.brute import reached_paths, run_of_loss
from tests.core.gradients.problems import problem_for
from tests.core.language.test_random_equations import cells, with_shapes
from tests.core.network_cases import ALIGNED, NETWORKS, problem_on
from tests.core.walk_cases import SCALARS, THREE_BACK, TWO_STATES

TWICE = "h = tanh(W @ [x, h[-1]] + U @ h[-1] + U @ h[-2] + b * h[-1] + b)"
MATRICES = "h = tanh(W @ x + (U * R) @ h[-1] + transpose(U) @ h[-2] + b)"
CELLS = ["lstm", "gru_reset_before", "lstm_peephole", "rnn_relu", THREE_BACK, TWO_STATES, SCALARS, TWICE, MATRICES]


def assert_adds_up(run: Run, path: str) -> None:
    """Over sequences and over blocks that share it, all terms are the run's gradient, to 1e-12 of its parts."""
    owner, _ = path.split("/")
    total, scale = np.zeros(run.network.parameter_shapes[path]), 1e-300
    for block in run.network.sharing(owner):
        for sample in range(run.problem.batch_size):
            found = weight_terms(run, path, sample, block=block.name)
            total += found.summed
            scale = max(scale, found.norms.max(initial=0.0))
            np.testing.assert_allclose(found.summed, found.gradient, rtol=0, atol=1e-12 * scale)
            if np.isfinite(found.along).all():
                np.testing.assert_allclose(found.along.sum(), found.norm, rtol=0, atol=1e-12 * scale * found.norms.size)
                np.testing.assert_allclose(found.by_step.sum(), found.by_loss.sum(), rtol=1e-9, atol=1e-12 * scale)
    np.testing.assert_allclose(total, run.gradient(path), rtol=0, atol=1e-12 * scale, err_msg=path)


@pytest.mark.parametrize("cell", CELLS)
def test_every_term_is_what_a_run_of_that_loss_alone_stores_at_that_step(cell: str) -> None:
    problem = problem_for(cell, batch=1, steps=5)
    run = Run(problem).complete()
    alone = [run_of_loss(problem, t, 0) for t in range(5)]
    for path in run.network.trainable:
        block, name = path.split("/")
        found = weight_terms(run, path)
        unit = found.gradient / np.linalg.norm(found.gradient)
        for t in range(5):
            for k in range(5):
                expected = alone[t].tapes[block].gradient(name, k, k + 1)
                np.testing.assert_allclose(weight_term(run, path, t, k), expected, rtol=1e-10, atol=1e-14)
                np.testing.assert_allclose(found.norms[t, k], np.linalg.norm(expected), rtol=1e-10, atol=1e-14)
                np.testing.assert_allclose(found.along[t, k], (expected * unit).sum(), rtol=1e-9, atol=1e-13)
                assert found.reached[t, k] or not expected.any()


@pytest.mark.parametrize("cell", CELLS)
def test_all_terms_add_up_to_the_gradient(cell: str) -> None:
    run = Run(problem_for(cell, batch=2, steps=7)).complete()
    for path in run.network.trainable:
        assert_adds_up(run, path)


@pytest.mark.parametrize("name", NETWORKS)
def test_all_terms_of_every_layer_add_up(name: str) -> None:
    run = Run(problem_on(NETWORKS[name](), steps=5, at=(0, 2, 4))).complete()
    for path in run.network.trainable:
        assert_adds_up(run, path)


@pytest.mark.parametrize("name", ALIGNED)
def test_with_lengths_and_a_window(name: str) -> None:
    run = Run(problem_on(NETWORKS[name](), steps=5, batch=2, lengths=(5, 3), window=2)).complete()
    for path in run.network.trainable:
        assert_adds_up(run, path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells(), st.integers(0, 99))
def test_random_cells(equations: str, seed: int) -> None:
    network = build_network(
        cell_from_text(with_shapes(equations), inputs=2, units=3), head="identity", loss="squared", outputs=2
    )
    run = Run(bulk_problem(network, steps=4, seed=seed, scale=0.4)).complete()
    if all(np.isfinite(run.adjoints(path)).all() for path in reached_paths(run)):
        for path in network.trainable:
            if any(term.parameter == path.split("/")[1] for term in network.block(path.split("/")[0]).plan.gradients):
                assert_adds_up(run, path)


def test_a_readout_has_no_chain_and_a_layer_has() -> None:
    run = Run(problem_for("lstm", batch=1, steps=6)).complete()
    readout, recurrent = weight_terms(run, "head/V"), weight_terms(run, "l0/U_f")
    assert not readout.chained
    assert recurrent.chained
    np.testing.assert_array_equal(readout.norms, np.diag(readout.norms.diagonal()))
    assert not np.triu(recurrent.norms, 1).any()
    assert (np.tril(recurrent.norms)[1:, 1:].sum(axis=0) > 0).all()


def test_there_is_no_term_for_the_given_initial_state() -> None:
    """U reads the given state at the first step: with that zero the terms at k = 0 are zero, not left out."""
    problem = problem_for("rnn_tanh", batch=1, steps=4)
    run = Run(replace(problem, initial={})).complete()
    found = weight_terms(run, "l0/U")
    assert not found.norms[:, 0].any()
    assert found.reached[:, 0].all()


def test_the_formula_of_the_simple_network() -> None:
    """dL_t/dW = sum over k of dL_t/ds_t (product of diag(f') W) diag(f'_k) outer s_{k-1}, written out by hand."""
    problem = problem_for("rnn_tanh", batch=1, steps=5, head="direct", loss="squared")
    run = Run(problem).complete()
    matrix = np.asarray(problem.parameters["l0/U"])
    states = np.concatenate([run.initial("l0/h")[-1:, 0], run.values("l0/h")[:, 0]])
    for t in range(5):
        gradient = states[t + 1] - problem.targets[t, 0]
        for k in range(t, -1, -1):
            delta = gradient * (1 - states[k + 1] ** 2)
            expected = np.outer(delta, states[k])
            np.testing.assert_allclose(weight_term(run, "l0/U", t, k), expected, rtol=1e-12, atol=1e-16)
            gradient = matrix.T @ delta
    assert weight_terms(run, "l0/U").error < 1e-12


def test_what_has_no_terms_is_said() -> None:
    problem = problem_for("lstm")
    run = Run(problem).complete()
    for path in ("l0/nothing", "l0/h", "l3/W"):
        with pytest.raises(SessionError, match="no terms"):
            weight_terms(run, path)
    with pytest.raises(SessionError, match="no terms"):
        weight_terms(run, "l0/W_f", block="head")
    forward = Run(problem)
    forward.forward_to(forward.steps)
    with pytest.raises(SessionError, match="to its end first"):
        weight_terms(forward, "l0/W_f")


def test_the_sentence_names_the_largest_term() -> None:
    run = Run(problem_for("gru", batch=1, steps=4)).complete()
    found = weight_terms(run, next(path for path in run.network.trainable if path.startswith("l0/U")))
    t, k = np.unravel_index(np.abs(found.along).argmax(), found.along.shape)
    assert f"the largest term is loss {t + 1} at step {k + 1}" in str(found.sentence)
