"""The map of losses, what one step is made of, and what is left over the lag."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled, SessionError
from core.gradients.itemised.loss_map import contributions, loss_map, total_adjoints
from core.gradients.itemised.retention import reach_sentence, retention
from core.gradients.itemised.shares import row_norms, shares_of
from core.gradients.proof.check import Target, prove
from core.network import build_network
from core.run import Problem, Run
from tests.core.gradients.brute import adjoints_by_loss, reached_paths, run_of_loss, runs_by_loss
from tests.core.gradients.problems import cell_of, problem_for, run_for
from tests.core.network_cases import NETWORKS, problem_on


def linear_run(weights: Any, steps: int = 12) -> Run:
    """h_t = W h_{t-1} + U x_t + b, and half the squared distance of h_t from random targets."""
    weights = np.atleast_2d(np.asarray(weights, float))
    units = len(weights)
    network = build_network(cell_of("rnn_identity", 1, units), head="direct", loss="squared")
    start = {**network.initial_parameters(0), "l0/U": weights}
    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(steps, 1, 1))
    targets = generator.normal(size=(steps, 1, units)) + 2.0
    return Run(Problem(network, start, inputs, targets)).complete()


@pytest.mark.parametrize("name", ["mixed", "as it walks", "up and down"])
def test_a_map_has_the_norms_and_components_of_single_passes(name: str) -> None:
    problem = problem_on(NETWORKS[name](), steps=6, at=(1, 2, 5))
    run, alone = Run(problem).complete(), runs_by_loss(problem)
    for path in reached_paths(run):
        found, expected = loss_map(run, path), adjoints_by_loss(alone, path)
        total = expected.sum(axis=0)
        lengths = np.linalg.norm(total, axis=-1)
        np.testing.assert_allclose(found.norms, np.linalg.norm(expected, axis=-1), rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(found.totals, lengths, rtol=1e-10, atol=1e-15)
        with np.errstate(all="ignore"):
            along = np.einsum("tkh,kh->tk", expected, total) / lengths
        np.testing.assert_allclose(found.along, along, rtol=1e-9, atol=1e-14)
        assert not found.norms[~found.reached].any()
        assert not found.norms[[0, 3, 4]].any()


def test_parts_are_what_complex_steps_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss of one step alone, its forward pass computed again with a tiny imaginary number added to one unit."""
    monkeypatch.setattr("core.gradients.proof.measure._CENTRAL_TOLERANCE", -1.0)
    monkeypatch.setattr("core.gradients.proof.measure._tolerance", lambda _, wanted: wanted)
    problem = problem_for("lstm", "gru", batch=1, steps=4)
    run = Run(problem).complete()
    for t in range(4):
        alone = run_of_loss(problem, t, 0)
        for k in range(4):
            parts = contributions(run, "l0/c", k).parts[t]
            for unit, value in enumerate(parts):
                proof = prove(alone, Target("l0/c", k, (0, unit)))
                assert proof.method == "complex step"
                assert value == pytest.approx(proof.numeric, rel=1e-11, abs=1e-16)


@pytest.mark.parametrize("cell", ["lstm", "gru_reset_before", "rnn_tanh"])
def test_columns_add_up_to_the_gradient(cell: str) -> None:
    run = run_for(cell, steps=9, batch=3)
    for path in ("l0/h",) if cell == "rnn_tanh" else reached_paths(run):
        for sample in range(3):
            found = loss_map(run, path, sample)
            np.testing.assert_allclose(found.along.sum(axis=0), found.totals, rtol=1e-12)
            np.testing.assert_allclose(found.shares(4).sum(), 1.0, rtol=1e-12)


def test_a_linear_recurrence_decays_by_its_weight() -> None:
    found = loss_map(linear_run(0.5), "l0/h")
    own = found.norms.diagonal()
    for t in range(12):
        for k in range(t + 1):
            assert found.norms[t, k] == pytest.approx(own[t] * 0.5 ** (t - k), rel=1e-13)
    kept = retention(found)
    assert kept.rate == pytest.approx(0.5, rel=1e-12)
    assert kept.start == pytest.approx(0.0, abs=1e-12)
    assert kept.spread < 1e-12
    assert (kept.fitted, kept.left_out) == (78, 0)
    np.testing.assert_allclose(kept.median, np.arange(12) * np.log10(0.5), atol=1e-12)
    np.testing.assert_allclose(kept.line(np.arange(3)), np.arange(3) * np.log10(0.5), atol=1e-12)
    assert str(kept.sentence) == (
        "A step back multiplies the gradient in h of layer 1 by 0.5, by a line fitted to 78 values."
    )  # fmt: skip
    assert "reaches back 6 steps in h of layer 1 until less than 1 %" in str(reach_sentence(found, 11))
    assert "reaches back all 3 steps" in str(reach_sentence(found, 3))


def test_a_nilpotent_recurrence_forgets_exactly_and_zeros_are_left_out_of_the_fit() -> None:
    found = loss_map(linear_run([[0.0, 2.0], [0.0, 0.0]]), "l0/h")
    assert found.reached[5, 0]
    assert found.norms[5, 3] == 0.0
    kept = retention(found)
    assert kept.left_out == sum(max(0, t - 1) for t in range(12))
    assert kept.fitted == 78 - kept.left_out
    assert "left out" in str(kept.sentence)
    assert (kept.least[2:] == -np.inf).all()


def test_a_gradient_beyond_the_range_of_squares_keeps_its_norms() -> None:
    found = loss_map(linear_run(1e-40, steps=9), "l0/h")
    own = found.norms[7, 7]
    assert found.norms[7, 0] == pytest.approx(own * 1e-280, rel=1e-12)
    assert found.shares(0).sum() == pytest.approx(1.0, rel=1e-12)


def test_a_gradient_that_explodes_to_infinity_is_shown_and_left_out() -> None:
    with np.errstate(all="ignore"):
        kept = retention(loss_map(linear_run(1e40, steps=12), "l0/h"))
    assert kept.left_out > 0
    assert "left out" in str(kept.sentence)


def test_the_lag_of_a_reverse_layer_goes_with_its_walk() -> None:
    run = Run(problem_on(NETWORKS["reverse"](), steps=6)).complete()
    found = loss_map(run, run.network.last_layer.output_path)
    assert found.direction == -1
    np.testing.assert_array_equal(found.over_lags(2), found.norms[2, 2:])
    run = Run(problem_on(NETWORKS["as it walks"](), steps=6)).complete()
    found = loss_map(run, run.network.last_layer.output_path)
    assert found.entries.tolist() == [5, 4, 3, 2, 1, 0]
    assert found.reached[2].tolist() == [False, False, False, True, True, True]
    np.testing.assert_array_equal(found.over_lags(2), found.norms[2, 3:])


def test_what_one_step_is_made_of() -> None:
    problem = problem_on(NETWORKS["two of both"](), steps=6, batch=3, lengths=(6, 2, 4), at=(1, 3, 4))
    run = Run(problem).complete()
    found = contributions(run, "l0.reverse/h", 2, sample=2)
    expected = adjoints_by_loss(runs_by_loss(problem, 2), "l0.reverse/h", 2)[:, 2]
    np.testing.assert_allclose(found.parts, expected, rtol=1e-11, atol=1e-16)
    np.testing.assert_allclose(found.total, run.adjoints("l0.reverse/h")[2, 2], rtol=1e-12)
    np.testing.assert_allclose(found.shares.sum(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(found.norms, np.linalg.norm(expected, axis=-1), rtol=1e-11, atol=1e-16)
    strongest = int(np.abs(found.shares).argmax())
    assert f"from 2 losses; that of step {strongest + 1} makes up" in str(found.sentence)


def test_a_step_behind_the_last_loss_gets_nothing() -> None:
    run = run_for("lstm", steps=5, batch=1, weights=np.eye(5)[:, [2]])
    found = contributions(run, "l0/h", 3)
    assert not found.parts.any()
    assert np.isnan(found.shares).all()
    assert str(found.sentence) == "No loss sends a gradient to h of layer 1 at step 4."


def test_totals_need_no_backward_pass_of_the_run() -> None:
    problem = problem_on(NETWORKS["mixed"](), steps=5)
    forward = Run(problem)
    forward.forward_to(forward.steps)
    complete = Run(problem).complete()
    for path in reached_paths(complete):
        expected = complete.adjoints(path)[:, 0]
        np.testing.assert_allclose(total_adjoints(forward, path), expected, rtol=1e-11, atol=1e-15)


def test_blocks_of_losses_give_the_same_map(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_for("lstm", steps=11)
    whole = loss_map(run, "l0/c")
    monkeypatch.setattr("core.gradients.backward.loss_sweep.WIDEST", 4)
    told: list[tuple[int, int]] = []
    parted = loss_map(run, "l0/c", progress=lambda done, total: told.append((done, total)))
    np.testing.assert_allclose(parted.norms, whole.norms, rtol=1e-12)
    np.testing.assert_array_equal(parted.reached, whole.reached)
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_map_is_stopped_at_the_next_step() -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(Cancelled):
        loss_map(run_for("gru", steps=50), "l0/h", cancelled=cancelled)
    assert len(asked) == 3


@pytest.mark.parametrize("path", ["l0/nothing", "l7/h", "l0/W", "head"])
def test_what_has_no_gradient_is_said(path: str) -> None:
    with pytest.raises(SessionError, match="No gradient reaches"):
        loss_map(run_for("lstm"), path)


def test_single_precision_is_itemised_in_its_own() -> None:
    problem = problem_for("gru", steps=6, batch=1)
    single = loss_map(Run(replace(problem, dtype=np.dtype(np.float32))).complete(), "l0/h")
    double = loss_map(Run(problem).complete(), "l0/h")
    np.testing.assert_allclose(single.norms, double.norms, rtol=1e-4, atol=1e-6)


def test_shares_of_any_size_add_up() -> None:
    parts = np.array([[3.0, -1.0], [-2.0, 5.0], [0.5, 0.25]])
    for size in (1.0, 1e-300, 1e300):
        shares = shares_of(parts * size, parts.sum(axis=0) * size)
        np.testing.assert_allclose(shares.sum(), 1.0, rtol=1e-13)
        np.testing.assert_allclose(shares, parts @ [1.5, 4.25] / (1.5**2 + 4.25**2), rtol=1e-13)
        np.testing.assert_allclose(row_norms(parts * size), np.linalg.norm(parts, axis=1) * size, rtol=1e-13)
    assert np.isnan(shares_of(parts, np.zeros(2))).all()
