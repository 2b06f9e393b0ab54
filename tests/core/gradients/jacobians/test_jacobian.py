"""Jacobians of one step: closed forms, finite differences, and states of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled, SessionError
from core.gradients.jacobians.jacobian import Jacobians, condition, jacobian_series, singular_values, step_jacobian
from core.language import read_cell
from core.run import Intervention, Problem, Run
from core.stack import Direction, LayerSpec, build_stack
from tests.core.gradients.problems import problem_for, run_for

SKIPS = "h = tanh(W @ x + U @ h[-1] + S @ h[-3] + b)"
TWO_STATES = "a = sigmoid(W @ x + U @ h[-2] + b)\nh = a * h[-1] + (1 - a) * tanh(V @ [x, h[-1]])"
SLICES = "q = h[-1][0:2]\nn = tanh(W @ x + u * h[-1] + [q, h[-1][1:2]])\nh = [0.9 * q, n[1:2]]"
CELLS = ["rnn_tanh", "lstm", "lstm_peephole", "lstm_coupled", "gru", "gru_reset_before", "mgu", SKIPS, TWO_STATES]


def numbers(run: Run, path: str, t: int, sample: int = 0) -> Any:
    return run.values(path)[t, sample]


def before(run: Run, path: str, t: int, sample: int = 0) -> Any:
    return run.values(path)[t - 1, sample] if t else run.initial(path)[-1, sample]


@pytest.mark.parametrize("t", [0, 3])
def test_rnn(t: int) -> None:
    run = run_for("rnn_tanh")
    h, u = numbers(run, "l0/h", t, 1), run.problem.parameters["l0/U"]
    np.testing.assert_allclose(Jacobians(run, "l0", 1).at(t), np.diag(1 - h**2) @ u, rtol=1e-13, atol=1e-15)


def test_leaky() -> None:
    run = run_for("h = 0.8 * h[-1] + 0.2 * tanh(W @ x + U @ h[-1] + b)")
    parameters, t = run.problem.parameters, 2
    inner = parameters["l0/W"] @ run.problem.inputs[t, 0] + parameters["l0/U"] @ before(run, "l0/h", t)
    slopes = 1 - np.tanh(inner + parameters["l0/b"]) ** 2
    expected = 0.8 * np.eye(3) + 0.2 * np.diag(slopes) @ parameters["l0/U"]
    np.testing.assert_allclose(Jacobians(run, "l0").at(t), expected, rtol=1e-13, atol=1e-15)


def test_gru_with_the_reset_after_the_product() -> None:
    run, t = run_for("gru"), 2
    p = {path[3:]: value for path, value in run.problem.parameters.items() if path.startswith("l0/")}
    r, z, n, h = *(numbers(run, f"l0/{name}", t) for name in "rzn"), before(run, "l0/h", t)
    candidate = np.diag(r) @ p["U_n"] + np.diag((p["U_n"] @ h + p["b_hn"]) * r * (1 - r)) @ p["U_r"]
    expected = np.diag(z) + np.diag((h - n) * z * (1 - z)) @ p["U_z"] + np.diag((1 - z) * (1 - n**2)) @ candidate
    np.testing.assert_allclose(Jacobians(run, "l0").at(t), expected, rtol=1e-12, atol=1e-15)


def test_lstm() -> None:
    run, t = run_for("lstm"), 2
    found = step_jacobian(run, "l0", t, of="c")
    np.testing.assert_array_equal(found.matrix, np.diag(numbers(run, "l0/f", t)))
    of_h = step_jacobian(run, "l0", t, of="h", by="c").matrix
    o, c, f = (numbers(run, f"l0/{name}", t) for name in "ocf")
    np.testing.assert_allclose(of_h, np.diag(o * (1 - np.tanh(c) ** 2) * f), rtol=1e-13)


def differences(problem: Problem, block: str, t: int, sample: int) -> Any:
    """The Jacobian by central differences: the state before a step is given as initial values of a walk of one step."""
    run = Run(problem).complete()
    jacobians = Jacobians(run, block, sample)
    space, walked = jacobians.space, jacobians.walked
    row = walked.step(t)

    def state(run: Run, row: int) -> Any:
        tape = run.tapes[block]
        rows = {part: tape.values(part.name)[tape.lead + walked.first + row - part.back] for part in space.parts}
        return np.concatenate([rows[part][sample] if problem.batch else rows[part] for part in space.parts])

    def stepped(column: int, by: float) -> Any:
        fresh = Run(problem).complete()
        tape = fresh.tapes[block]
        name, back, unit = space.place(column)
        values = tape.values(name)[tape.lead + walked.first + row - 1 - back]
        (values[sample] if problem.batch else values)[unit] += by
        tape.forward(walked.first + row)
        return state(fresh, row)

    width = 1e-6
    columns = [(stepped(n, width) - stepped(n, -width)) / (2 * width) for n in range(space.size)]
    return jacobians.at(t), np.array(columns).T


@pytest.mark.parametrize("t", [0, 1, 4])
@pytest.mark.parametrize("cell", [*CELLS, SLICES])
def test_finite_differences(cell: str, t: int) -> None:
    found, expected = differences(problem_for(cell, scale=0.9), "l0", t, sample=1)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_finite_differences_in_a_reverse_walk() -> None:
    network = build_stack([LayerSpec(read_cell("lstm"), 3, Direction.BOTH)], inputs=2, outputs=3)
    generator = np.random.default_rng(5)
    parameters = {path: generator.normal(0, 0.7, shape) for path, shape in network.parameter_shapes.items()}
    problem = Problem(network, parameters, generator.normal(size=(5, 2, 2)))
    for t in (0, 2, 4):
        found, expected = differences(problem, "l0.reverse", t, sample=0)
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_what_an_overwritten_unit_was_before_does_not_matter() -> None:
    overwritten = (Intervention("l0", "h", 2, 1, 0.4), Intervention("l0", "f", 3, 0, 1.0))
    problem = problem_for("lstm", interventions=overwritten)
    for t in (2, 3):
        found, expected = differences(problem, "l0", t, sample=0)
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)
    jacobians = Jacobians(Run(problem).complete(), "l0")
    assert not jacobians.at(2)[jacobians.space.part("h").first + 1].any()


def test_only_the_own_steps_of_a_shorter_sequence() -> None:
    run = run_for("gru", lengths=np.array([5, 3]))
    assert Jacobians(run, "l0", 1).count == 3
    assert len(jacobian_series(run, "l0", 1).times) == 3
    with pytest.raises(SessionError, match="time steps 1 to 3; 4 is none"):
        step_jacobian(run, "l0", 3, sample=1)


def test_values_carried_along_for_longer_delays() -> None:
    run = run_for(SKIPS)
    jacobians = Jacobians(run, "l0")
    assert [part.label for part in jacobians.space.parts] == ["h", "h[-1]", "h[-2]"]
    matrix, slopes = jacobians.at(3), 1 - numbers(run, "l0/h", 3) ** 2
    np.testing.assert_array_equal(matrix[3:], np.eye(6, 9))
    np.testing.assert_allclose(matrix[:3, 6:], np.diag(slopes) @ run.problem.parameters["l0/S"], rtol=1e-13)
    assert jacobians.space.place(7) == ("h", 2, 1)
    assert jacobians.space.has_memory_lanes


def test_a_variable_that_reaches_nothing_is_named_and_left_out() -> None:
    run = run_for("h = tanh(W @ x + U @ h[-1])\nm = 0.9 * m[-1] + h")
    space = Jacobians(run, "l0").space
    assert (space.names, space.unreached) == (("h",), ("m",))
    with pytest.raises(SessionError, match="m is not part of the state"):
        space.part("m")


@pytest.mark.parametrize("cell", CELLS)
def test_all_at_once_is_one_after_the_other(cell: str) -> None:
    run = run_for(cell)
    jacobians = Jacobians(run, "l0", 1)
    together = jacobians.rows(slice(None))
    for t in range(5):
        np.testing.assert_allclose(together[t], jacobians.at(t), rtol=1e-13, atol=1e-16)
    series = jacobian_series(run, "l0", 1)
    for t in range(5):
        step = step_jacobian(run, "l0", t, sample=1)
        np.testing.assert_allclose(series.singular_values[t], step.singular_values, rtol=1e-12, atol=1e-15)
        assert series.radii[t] == pytest.approx(step.radius)
        np.testing.assert_allclose(step.singular_values, np.linalg.svd(step.matrix)[1], rtol=1e-10, atol=1e-15)
        assert str(step.sentence).startswith(f"layer 1, t = {t + 1}: one step back stretches")


def test_numbers_at_the_ends_of_the_range() -> None:
    matrix = np.array([[3e200, 0.0], [4e200, 0.0]])
    np.testing.assert_allclose(singular_values(matrix), [5e200, 0.0])
    np.testing.assert_allclose(singular_values(matrix / 1e200 / 1e250), [5e-250, 0.0])
    assert condition(np.array([2.0, 0.5])) == 4.0
    assert condition(np.array([2.0, 1e-17])) == np.inf
    assert np.isnan(condition(np.array([np.nan, 1.0])))


def test_what_is_not_finite_is_said() -> None:
    run = run_for("h = exp(exp(W @ x + U @ h[-1]))", scale=2.0)
    series, jacobians = jacobian_series(run, "l0"), Jacobians(run, "l0")
    broken = [not np.isfinite(jacobians.at(t)).all() for t in range(5)]
    assert any(broken)
    np.testing.assert_array_equal(np.isnan(series.singular_values).any(axis=1), broken)
    np.testing.assert_array_equal(np.isnan(series.radii), broken)
    step = step_jacobian(run, "l0", broken.index(True))
    assert "is not finite" in str(step.sentence)
    assert np.isnan(step.condition)
    huge = jacobian_series(run_for("rnn_identity", scale=1e200), "l0")
    assert np.isfinite(huge.singular_values).all()


def test_errors() -> None:
    problem = problem_for("lstm")
    with pytest.raises(SessionError, match="whole forward pass"):
        Jacobians(Run(problem), "l0")
    with pytest.raises(SessionError, match="no state in readout"):
        Jacobians(Run(problem).complete(), "head")
    with pytest.raises(SessionError, match="the time steps 1 to 5; 6 is none"):
        Jacobians(Run(problem).complete(), "l0").at(5)
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        jacobian_series(Run(problem).complete(), "l0", cancelled=cancelled)
    assert len(asked) == 3


def test_progress() -> None:
    seen: list[tuple[int, int]] = []
    jacobian_series(run_for("gru"), "l0", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(n, 5) for n in range(1, 6)]
