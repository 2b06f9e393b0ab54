"""The gates' direct paths, derived: what they are for each cell, and how much of the truth they tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.errors import SessionError
from core.gradients.jacobians.direct_paths import direct_paths, time_constants
from core.gradients.jacobians.direct_shares import direct_share
from core.gradients.jacobians.jacobian import Jacobians
from core.gradients.jacobians.output_gates import NoOutputGate, OutputGate, output_gate
from core.gradients.jacobians.saturation import saturation
from core.run import Intervention, Run
from tests.core.gradients.problems import problem_for, run_for


def gate(run: Run, name: str, sample: int = 0) -> Any:
    return run.values(f"l0/{name}")[:, sample]


FACTORS = {
    "lstm": ("c", "f", lambda f: f),
    "lstm_peephole": ("c", "f", lambda f: f),
    "lstm_coupled": ("c", "f", lambda f: f),
    "gru": ("h", "z", lambda z: z),
    "gru_reset_before": ("h", "z", lambda z: z),
    "gru_takes_new": ("h", "z", lambda z: 1 - z),
    "gru_reset_after_takes_new": ("h", "z", lambda z: 1 - z),
    "gru_simplified": ("c", "u", lambda u: 1 - u),
    "mgu": ("h", "f", lambda f: 1 - f),
}


@pytest.mark.parametrize("cell", FACTORS)
def test_gates(cell: str) -> None:
    state, name, factor = FACTORS[cell]
    run = run_for(cell)
    (path,) = direct_paths(run, "l0", 1)
    assert (path.state, path.delay, path.gates) == (state, 1, (name,))
    np.testing.assert_allclose(path.factors, factor(gate(run, name, 1)), rtol=1e-15)
    assert path.gate_roles == ("update gate" if name in "zu" else "forget gate",)
    assert f"the {path.gate_roles[0]} {name}" in str(path.sentence)


def test_formulas() -> None:
    assert direct_paths(run_for("lstm"), "l0")[0].latex == "f_{t}"
    assert direct_paths(run_for("gru_takes_new"), "l0")[0].latex == "1 - z_{t}"


@pytest.mark.parametrize("cell", ["rnn_tanh", "rnn_identity", "h = tanh(W @ x + softmax(h[-1]))"])
def test_a_plain_rnn_has_none(cell: str) -> None:
    run = run_for(cell)
    assert direct_paths(run, "l0") == ()
    with pytest.raises(SessionError, match="h of layer 1 has no direct path"):
        direct_share(run, "l0", "h", 3)


def test_leaky_units_by_hand_and_trained() -> None:
    (path,) = direct_paths(run_for("h = 0.8 * h[-1] + 0.2 * tanh(W @ x + U @ h[-1] + b)"), "l0")
    np.testing.assert_allclose(path.factors, np.full((5, 3), 0.8))
    np.testing.assert_allclose(path.time_constants, -1 / np.log(0.8))
    run = run_for("h = a * h[-1] + (1 - a) * tanh(W @ x + U @ h[-1])")
    (path,) = direct_paths(run, "l0")
    np.testing.assert_allclose(path.factors, np.tile(run.problem.parameters["l0/a"], (5, 1)))
    assert path.gates == ("a",)


def test_numbers_that_are_none_hide_no_path() -> None:
    problem = problem_for("lstm_peephole")
    broken = {path: np.full_like(array, np.nan) for path, array in problem.parameters.items()}
    with np.errstate(all="ignore"):
        (path,) = direct_paths(Run(replace(problem, parameters=broken)).complete(), "l0")
    assert (path.state, path.gates) == ("c", ("f",))
    assert np.isnan(path.factors).all()


def test_by_way_of_another_variable() -> None:
    text = "f = sigmoid(W @ x + p * c[-1])\nk = f * c[-1]\nm = -k\nc = tanh(V @ x) - m\nh = f * tanh(c)"
    run = run_for(text)
    (path,) = direct_paths(run, "l0")
    assert (path.state, path.gates) == ("c", ("f",))
    np.testing.assert_allclose(path.factors, gate(run, "f"))


def test_longer_delays_and_units_of_their_own_time() -> None:
    text = "a = sigmoid(W @ x)\nh = a * h[-1] + 0.1 * h[-3] + tanh(U @ h[-1])"
    first, third = direct_paths(run_for(text, steps=7), "l0")
    assert [first.delay, third.delay] == [1, 3]
    np.testing.assert_allclose(third.factors, 0.1)
    np.testing.assert_allclose(third.log_products(6)[:, 0], [-1, -2, -3])
    np.testing.assert_allclose(third.time_constants, 3 / np.log(10))
    (path,) = direct_paths(run_for("h = where(mod(t, 2) < 1, tanh(W @ x + U @ h[-1]), h[-1])"), "l0")
    np.testing.assert_array_equal(path.factors[:, 0], [0, 1, 0, 1, 0])
    assert not path.time_constants.any()


def test_slices_that_keep_units_in_place_and_slices_that_do_not() -> None:
    (path,) = direct_paths(run_for("n = tanh(W @ x + u * h[-1])\nh = [0.9 * h[-1][0:2], n[1:2]]"), "l0")
    np.testing.assert_allclose(path.factors, np.tile([0.9, 0.9, 0.0], (5, 1)))
    assert direct_paths(run_for("n = tanh(W @ x + u * h[-1])\nh = [n[1:2], 0.9 * h[-1][0:2]]"), "l0") == ()


def test_where_everything_is_direct_it_is_the_jacobian() -> None:
    run = run_for("h = tanh(W @ x + u * h[-1] + b)", scale=1.5)
    (path,) = direct_paths(run, "l0")
    matrices = Jacobians(run, "l0").rows(slice(None))
    np.testing.assert_allclose(path.factors[:, :, None] * np.eye(3), matrices, rtol=1e-12, atol=1e-15)
    share = direct_share(run, "l0", "h", 4)
    np.testing.assert_allclose(share.shares, 1.0, rtol=1e-9)
    np.testing.assert_allclose(share.direct_norms, share.full_norms, rtol=1e-9)
    np.testing.assert_allclose(share.diagonal, share.direct, rtol=1e-8)


@pytest.mark.parametrize(("cell", "state"), [("lstm", "c"), ("gru", "h"), ("lstm_coupled", "c")])
def test_the_share_is_that_of_the_matrices(cell: str, state: str) -> None:
    run = run_for(cell, steps=7)
    (path,) = direct_paths(run, "l0")
    jacobians = Jacobians(run, "l0")
    matrices, columns = jacobians.rows(slice(None)), jacobians.space.part(state).columns
    found = direct_share(run, "l0", state, 6, 1)
    full, direct = np.eye(jacobians.space.size), np.eye(3)
    for place, row in enumerate(range(6, 1, -1)):
        full, direct = full @ matrices[row], direct * path.factors[row]
        block = full[columns, columns]
        assert found.shares[place] == pytest.approx((direct * block).sum() / (block**2).sum(), rel=1e-8)
        assert 10 ** found.direct_norms[place] == pytest.approx(np.linalg.norm(direct))
        assert 10 ** found.full_norms[place] == pytest.approx(np.linalg.norm(block))
        np.testing.assert_allclose(10 ** found.diagonal[place], np.abs(np.diagonal(block)), rtol=1e-6)
    assert found.lags.tolist() == [1, 2, 3, 4, 5]
    assert f"{100 * found.shares[-1]:.3g} % of it" in str(found.sentence)


def test_with_all_matrices_zero_the_direct_path_is_everything_however_small() -> None:
    problem = problem_for("lstm", steps=300, batch=1)
    shut = {path: np.zeros_like(value) for path, value in problem.parameters.items() if path.startswith("l0/")}
    shut["l0/b_f"] = np.array([-8.0, 0.0, 8.0])
    run = Run(replace(problem, parameters={**problem.parameters, **shut}))
    run.forward_to(run.steps)
    found = direct_share(run, "l0", "c", 299)
    expected = -np.log10(1 + np.exp(-shut["l0/b_f"]))
    np.testing.assert_allclose(found.direct[-1], 300 * expected, rtol=1e-12)
    np.testing.assert_allclose(found.shares, 1.0, rtol=1e-9)
    (path,) = direct_paths(run, "l0")
    np.testing.assert_allclose(path.time_constants, -1 / (expected * np.log(10)), rtol=1e-12)


def test_nothing_passes_an_overwritten_unit() -> None:
    run = run_for("lstm", interventions=(Intervention("l0", "c", 2, 1, 0.3),))
    (path,) = direct_paths(run, "l0")
    assert path.factors[2, 1] == 0.0
    assert path.time_constants[1] == 0.0
    assert direct_share(run, "l0", "c", 2).direct[0, 1] == -np.inf


def test_time_constants() -> None:
    factors = np.array([[0.5, 1.0, 0.0, 2.0, -0.5], [0.5, 1.0, 0.9, 1.0, 0.5]])
    np.testing.assert_allclose(time_constants(factors), [1 / np.log(2), np.inf, 0.0, np.inf, 1 / np.log(2)])


# Output gates


@pytest.mark.parametrize("cell", ["lstm", "lstm_peephole", "lstm_coupled"])
def test_what_the_output_gate_is_and_is_not(cell: str) -> None:
    run = run_for(cell)
    found = output_gate(run, "l0", 1)
    assert isinstance(found, OutputGate)
    assert (found.output, found.gate, found.inner) == ("h", "o", r"\tanh\left(c_{t}\right)")
    o = gate(run, "o", 1)
    np.testing.assert_allclose(found.factors, o)
    jacobians = Jacobians(run, "l0", 1)
    columns = jacobians.space.part("h").columns
    for t in range(5):
        truth = jacobians.at(t)[columns, columns]
        assert found.truth_norms[t] == pytest.approx(np.linalg.norm(truth))
        assert found.distances[t] == pytest.approx(np.linalg.norm(truth - np.diag(o[t])) / np.linalg.norm(truth))
        np.testing.assert_allclose(found.diagonals[t], np.diagonal(truth))
    assert found.distances.min() > 0.1  # the article's claim is wrong at every step
    assert "It is not the derivative of h by h" in str(found.sentence)


def test_an_output_that_is_not_read_later() -> None:
    found = output_gate(run_for("f = sigmoid(W @ x)\nc = f * c[-1] + V @ x\nh = tanh(c) * f"), "l0")
    assert isinstance(found, OutputGate)
    assert np.isnan(found.truth_norms).all()
    assert "It is not" not in str(found.sentence)


@pytest.mark.parametrize("cell", ["gru", "rnn_tanh", "lstm_projected"])
def test_cells_without_an_output_gate(cell: str) -> None:
    found = output_gate(run_for(cell, units=4 if cell == "lstm_projected" else 3), "l0")
    assert isinstance(found, NoOutputGate)
    assert "no output gate" in str(found.sentence)


# Saturation


def test_saturation() -> None:
    run = run_for("lstm_coupled", scale=2.0, steps=30)
    i, f, _ = saturation(run, "l0", 0.2, sample=1)
    values = gate(run, "f", 1)
    assert (f.path, f.role) == ("l0/f", "forget gate")
    assert f.low == pytest.approx((values < 0.2).mean())
    assert f.high == pytest.approx((values > 0.8).mean())
    np.testing.assert_allclose(f.low_by_unit, (values < 0.2).mean(axis=0))
    np.testing.assert_allclose(f.high_by_step, (values > 0.8).mean(axis=1))
    assert f.counts.sum() == 90
    assert (i.low, i.high) == (pytest.approx(f.high), pytest.approx(f.low))
    assert f.underflows == 0


def test_a_derivative_that_underflows_is_said() -> None:
    problem = problem_for("gru", batch=1)
    parameters = {**problem.parameters, "l0/b_z": np.array([50.0, 0.0, 0.0])}
    _, z = saturation(Run(replace(problem, parameters=parameters)).complete(), "l0")
    assert z.underflows == 5
    assert "at 5 of them its derivative is exactly 0" in str(z.sentence)
