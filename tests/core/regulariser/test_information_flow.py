"""Ω against closed forms, what is left out of it, truncation, and how its three gradients differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.regulariser.flows import flow_of
from core.regulariser.rows import Finished, groups_of
from core.regulariser.settings import GRADIENTS, Gradient, Regulariser
from core.run import Problem, Run
from tests.core.regulariser.omega_values import TINY, along, flow, moved, some_direction
from tests.core.walk_cases import session_of


def parts(problem: Problem) -> tuple[np.ndarray, ...]:
    """h, d, u = d φ', v = Uᵀ u of a tanh RNN, (T, H) each, by hand."""
    run = Run(problem).complete()
    h, d = run.values("l0/h")[:, 0], run.adjoints("l0/h")[:, 0]
    u = d * (1 - h * h)
    return h, d, u, u @ problem.parameters["l0/U"]


def norms(rows: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rows, axis=1)


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_scalar_linear_rnn(gradient: Gradient) -> None:
    """h = w h' + x: every ratio is |w|, so Ω = T(|w| - 1)² and dΩ/dw = 2T(|w| - 1) sign w, by all three."""
    problem = session_of("h = U @ h[-1] + W @ x", units=1, steps=5, head="identity", loss="squared").run.problem
    for w in (0.6, -1.3):
        there = replace(problem, parameters={**problem.parameters, "l0/U": np.array([[w]])})
        found = flow(there, Regulariser(1.0, gradient=gradient))
        assert found.value == pytest.approx(5 * (abs(w) - 1) ** 2)
        assert found.gradients["l0/U"] == pytest.approx(2 * 5 * (abs(w) - 1) * np.sign(w))
        assert all(g == pytest.approx(0, abs=1e-12) for path, g in found.gradients.items() if path != "l0/U")


def test_the_terms_of_a_tanh_rnn() -> None:
    problem = session_of("rnn_tanh").run.problem
    _, d, _, v = parts(problem)
    assert flow(problem, Regulariser(1.0)).terms[:, 0] == pytest.approx((norms(v) / norms(d) - 1) ** 2, rel=1e-12)


def test_the_terms_of_an_lstm_with_its_cell_state() -> None:
    """[h; c] by hand: what of both comes from later steps (and h's own loss), and one step back through all gates."""
    run = session_of("lstm", steps=4).run.complete()
    p, at = run.problem.parameters, {name: run.values(f"l0/{name}")[:, 0] for name in "figoch"}
    before = np.concatenate([run.initial("l0/c")[:, 0], at["c"][:-1]])
    wet = np.tanh(at["c"])
    d_h = run.adjoints("l0/h")[:, 0]  # nothing else of the same step reads h
    d_c = run.adjoints("l0/c")[:, 0] - d_h * at["o"] * (1 - wet**2)  # only what later steps sent
    total = d_c + d_h * at["o"] * (1 - wet**2)
    deltas = {
        "f": total * before * at["f"] * (1 - at["f"]),
        "i": total * at["g"] * at["i"] * (1 - at["i"]),
        "g": total * at["i"] * (1 - at["g"] ** 2),
        "o": d_h * wet * at["o"] * (1 - at["o"]),
    }
    back = np.hstack([sum(deltas[gate] @ p[f"l0/U_{gate}"] for gate in "figo"), total * at["f"]])
    ratio = norms(back) / norms(np.hstack([d_h, d_c]))
    assert flow(run.problem, Regulariser(1.0, "all")).ratios[:, 0] == pytest.approx(ratio, rel=1e-12)


def test_the_immediate_gradient_is_the_authors() -> None:
    """2(‖v‖/‖d‖ - 1)/(‖v‖‖d‖) u vᵀ by U, and nothing by what does not carry the gradient."""
    problem = session_of("rnn_tanh").run.problem
    _, d, u, v = parts(problem)
    factor = 2 * (norms(v) / norms(d) - 1) / (norms(v) * norms(d))
    found = flow(problem, Regulariser(1.0, gradient="immediate")).gradients
    assert found["l0/U"] == pytest.approx(np.einsum("t,ti,tj->ij", factor, u, v), rel=1e-11)
    assert all(not gradient.any() for path, gradient in found.items() if path != "l0/U")


def test_the_gradient_held_constant_lets_states_move_but_not_the_gradient() -> None:
    """Against the complex step of Ω in which ∇L keeps its numbers while everything else moves."""
    problem = session_of("lstm", steps=4).run.problem
    direction = some_direction(problem)
    for state in ("output", "all"):
        settings = Regulariser(1.0, state, "held")  # type: ignore[arg-type]
        expected = held_omega(problem, moved(problem, direction, TINY * 1j), state).imag / TINY
        assert along(flow(problem, settings), direction) == pytest.approx(expected, rel=1e-10)


def held_omega(problem: Problem, there: Problem, state: str) -> complex:
    here, run = Run(problem).complete(), Run(there).complete()
    fixed = flow_of(next(groups_of(Finished(problem, here.values, here.adjoints))), "l0", state)
    found = flow_of(next(groups_of(Finished(there, run.values, run.adjoints))), "l0", state)
    own = {key: rows for key, rows in fixed.own.items() if key[0] == "state"}
    sent = found.rows.evaluator(slice(0, there.steps), own)(found.back.values())
    norm = np.sqrt(sum((each * each).sum(axis=-1) for each in sent))
    return complex(((norm / fixed.norm - 1) ** 2).sum())


def test_the_three_gradients_differ() -> None:
    problem = session_of("gru", steps=5).run.problem
    exact, held, immediate = (
        np.concatenate([g.ravel() for g in flow(problem, Regulariser(1.0, gradient=each)).gradients.values()])
        for each in GRADIENTS
    )
    assert np.linalg.norm(exact - held) > 0.01 * np.linalg.norm(exact)
    assert np.linalg.norm(held - immediate) > 0.01 * np.linalg.norm(held)


def test_steps_without_a_gradient_are_left_out_and_counted() -> None:
    found = flow(session_of("rnn_tanh", steps=5, at=(2,)).run.problem, Regulariser(1.0))
    assert found.is_zero[:, 0].tolist() == [False, False, False, True, True]
    assert found.left_out == 2
    assert np.isnan(found.terms[3:]).all()
    assert np.isfinite(found.terms[:3]).all()


def test_a_vanished_gradient_still_has_a_term() -> None:
    """Its square is no number above 0, but its norm's ratio is."""
    problem = session_of(
        "h = U @ h[-1] + W @ x", units=1, steps=60, at=(59,), head="identity", loss="squared"
    ).run.problem
    tiny = replace(problem, parameters={**problem.parameters, "l0/U": np.array([[1e-4]])})
    found = flow(tiny, Regulariser(1.0))
    assert found.ratios[:, 0] == pytest.approx(1e-4)


def test_truncation_cuts_the_terms_and_the_gradient() -> None:
    """With a window, Ω is that of each stretch by itself, its first state given, without the term at its border."""
    problem = session_of("lstm", steps=6).run.problem
    direction = some_direction(problem)
    found = flow(replace(problem, window=2), Regulariser(1.0, "all"))
    assert np.flatnonzero(found.is_cut[:, 0]).tolist() == [0, 2, 4]
    assert found.left_out == 0
    whole = Run(problem).complete()
    expected = 0.0
    for first in (0, 2, 4):
        before = {f"l0/{n}": whole.values(f"l0/{n}")[first - 1 : first] if first else problem.initial[f"l0/{n}"]
                  for n in "hc"}  # fmt: skip
        stretch = replace(problem, inputs=problem.inputs[first : first + 2], targets=problem.targets[first : first + 2],
                          weights=None, initial=before)  # fmt: skip
        there = moved(stretch, direction, TINY * 1j)
        run = Run(there).complete()
        ratio = flow_of(next(groups_of(Finished(there, run.values, run.adjoints))), "l0", "all").ratio
        expected += ((ratio[1, 0] - 1) ** 2).imag / TINY
    assert along(found, direction) == pytest.approx(expected, rel=1e-10)
