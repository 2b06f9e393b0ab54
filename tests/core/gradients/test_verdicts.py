"""Verdicts: gradients that vanish or explode and what is to blame, dead and saturated units."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.errors import DataError, SessionError
from core.gradients.itemised.loss_map import loss_map
from core.gradients.verdicts import Kind, Thresholds, Verdict, verdicts, with_one_loss
from core.language import read_cell
from core.run import Problem, Run
from core.stack import Direction, LayerSpec, build_stack
from tests.core.gradients.problems import problem_for, run_for


def at_last(steps: int) -> Any:
    weights = np.zeros((steps, 1))
    weights[-1] = 1
    return weights


def of_kind(run: Run, kind: Kind, limits: Thresholds | None = None) -> list[Verdict]:
    return [verdict for verdict in verdicts(run, limits) if verdict.kind is kind]


def lstm(forget: list[list[float]], **changed: Any) -> Run:
    """An LSTM whose forget gates are given: no matrices but those of the input, which brings the gate's argument."""
    steps = len(forget)
    problem = problem_for("lstm", steps=steps, batch=1, weights=at_last(steps), units=2)
    own = {path: np.zeros_like(value) for path, value in problem.parameters.items() if path.startswith("l0/")}
    own |= {"l0/W_f": np.eye(2), "l0/b_g": np.array([0.5, -0.5]), **changed}
    gates = np.array(forget)
    inputs = np.log(gates / (1 - gates))[:, None]
    return Run(replace(problem, parameters={**problem.parameters, **own}, inputs=inputs)).complete()


def test_vanishing_names_the_gate_the_unit_and_the_steps() -> None:
    forget = [[0.9, 0.9]] * 12
    forget[9] = [0.9, 0.2]  # the first factor below 0.3 on the way back, but not the end
    forget[4] = [1e-8, 1e-9]
    run = lstm(forget)
    (found,) = [verdict for verdict in of_kind(run, Kind.VANISHES) if verdict.path == "l0/c"]
    assert (found.t, found.unit, found.times) == (3, 1, (3, 9))
    assert found.numbers["factor"] == pytest.approx(0.2)
    text = str(found.sentence)
    assert text == (
        "Vanishes: the gradient of the cell state c (layer 1) is below 1e-06 of its start at t = 4; first factor below "
        "0.3: the forget gate f of unit 2 at t = 10 (0.2)."
    )
    norms = np.linalg.norm(run.adjoints("l0/c")[:, 0], axis=1)
    assert norms[3] < 1e-6 * norms[11] <= norms[4]
    assert found.numbers["norm"] == pytest.approx(norms[3])


def test_no_single_factor_may_be_to_blame() -> None:
    (found,) = [verdict for verdict in of_kind(lstm([[0.5, 0.5]] * 30), Kind.VANISHES) if verdict.path == "l0/c"]
    assert found.times == (29 - 20,)  # 0.5 ** 20 is the first power below 1e-6
    assert "no factor of its direct path is below 0.3, their median is 0.5 (the forget gate f)" in str(found.sentence)
    assert found.units == ()


def test_thresholds_are_people_s_to_set() -> None:
    run = lstm([[0.9, 0.9]] * 20)
    assert [verdict.path for verdict in of_kind(run, Kind.VANISHES)] == ["l0/h"]  # which no later step reads
    (found, _) = of_kind(run, Kind.VANISHES, Thresholds(vanish=0.5))
    assert found.t == 19 - 7
    for wrong in ({"vanish": 0.0}, {"factor": 1.5}, {"share": -1}, {"explode": 0.5}):
        with pytest.raises(DataError, match=f"The threshold {next(iter(wrong))} is"):
            Thresholds(**wrong)


def test_a_plain_rnn_has_no_gate_to_blame() -> None:
    problem = problem_for("rnn_identity", steps=12, batch=1, weights=at_last(12))
    run = Run(replace(problem, parameters={**problem.parameters, "l0/U": np.eye(3) * 0.1})).complete()
    (found,) = of_kind(run, Kind.VANISHES)
    assert found.times == (11 - 7, 10)
    assert "the first step that keeps less than 0.3 of it is t = 11, which keeps 0.1" in str(found.sentence)
    run = Run(replace(problem, parameters={**problem.parameters, "l0/U": np.eye(3) * 0.31})).complete()
    (found,) = of_kind(run, Kind.VANISHES, Thresholds(vanish=1e-3))
    assert "no step keeps less than 0.3 of it" in str(found.sentence)


def test_exploding() -> None:
    problem = problem_for("rnn_identity", steps=12, batch=1, weights=at_last(12))
    still = {"l0/W": np.zeros((3, 2)), "l0/b": np.zeros(3), "l0/U": np.diag([1.0, 10.0, 0.1])}
    run = Run(replace(problem, parameters={**problem.parameters, **still}, initial={})).complete()
    (found,) = of_kind(run, Kind.EXPLODES)
    norms = np.linalg.norm(run.adjoints("l0/h")[:, 0], axis=1)
    t = int(np.flatnonzero(norms > 1e6 * norms[11])[-1])
    assert (found.t, found.unit) == (t, 1)
    assert found.numbers["growth"] <= 10.0 + 1e-9
    assert "most of all in unit 2" in str(found.sentence)


def test_what_is_not_finite() -> None:
    run = run_for("h = exp(exp(W @ x + U @ h[-1]))", steps=20, scale=2.0, batch=1)
    found = of_kind(run, Kind.NOT_FINITE)
    rows = run.adjoints("l0/h")
    assert rows is not None
    broken = [t for t in range(20) if not np.isfinite(rows[t, 0]).all()]
    assert broken
    assert found[0].t == max(broken)


def test_dead_units() -> None:
    problem = problem_for("rnn_relu", batch=1)
    parameters = {**problem.parameters, "l0/U": np.zeros((3, 3)), "l0/b": np.array([-1e6, 1e6, -1e6])}
    (found,) = of_kind(Run(replace(problem, parameters=parameters)).complete(), Kind.DEAD)
    assert found.units == (0, 2)
    assert found.t is None
    assert str(found.sentence) == (
        "Dead ReLU: in the hidden state h (layer 1) unit 1 (and 1 more) has slope 0 at all 5 steps of this sequence; "
        "no gradient comes back through it."
    )
    assert (
        of_kind(Run(replace(problem, parameters={**parameters, "l0/b": np.full(3, 1e6)})).complete(), Kind.DEAD) == []
    )


@pytest.mark.parametrize(
    ("cell", "bias", "variable", "sign"),
    [("rnn_tanh", "b", "h", "tanh"), ("gru", "b_z", "z", "σ"), ("lstm", "b_o", "o", "σ")],
)
def test_saturated_units(cell: str, bias: str, variable: str, sign: str) -> None:
    problem = problem_for(cell, batch=1, scale=0.3)
    parameters = {**problem.parameters, f"l0/{bias}": np.array([0.0, 9.0, 0.0])}
    (found,) = of_kind(Run(replace(problem, parameters=parameters)).complete(), Kind.SATURATED)
    assert (found.path, found.units) == (f"l0/{variable}", (1,))
    assert f"stays where {sign} is flat" in str(found.sentence)
    assert found.numbers["share"] == 1.0
    assert of_kind(Run(problem).complete(), Kind.SATURATED) == []


def test_a_function_inside_an_equation_and_one_that_has_no_end() -> None:
    run = run_for("h = tanh(W @ x + U @ h[-1]) + relu(b - 100) + exp(0.001 * h[-1])", batch=1)
    found = of_kind(run, Kind.DEAD)
    assert found == []  # relu of a constant is the same at all steps and brings nothing back to the past
    run = run_for("h = 0.5 * h[-1] + relu(W @ x - exp(V @ x) - 100)", batch=1)
    assert [verdict.units for verdict in of_kind(run, Kind.DEAD)] == [(0, 1, 2)]


def test_the_loss_of_one_step_alone() -> None:
    run = run_for("lstm", steps=6)
    alone = with_one_loss(run, 4)
    expected = loss_map(run, "l0/h")
    rows = alone.adjoints("l0/h")
    assert rows is not None
    np.testing.assert_allclose(np.linalg.norm(rows[:, 0], axis=1), expected.norms[4], rtol=1e-10, atol=1e-16)
    with pytest.raises(SessionError, match="no loss at t = 3"):
        with_one_loss(run_for("lstm", weights=np.ones((5, 2)) * [[1], [1], [0], [1], [1]]), 2)


def test_a_reverse_walk_is_read_in_its_own_order() -> None:
    network = build_stack([LayerSpec(read_cell("rnn_identity"), 2, Direction.REVERSE)], inputs=2, loss="cross-entropy",
                          outputs=2)  # fmt: skip
    generator = np.random.default_rng(2)
    name = network.layers[0].name
    parameters = {path: generator.normal(size=shape) for path, shape in network.parameter_shapes.items()}
    parameters[f"{name}/U"] = np.eye(2) * 0.1
    weights = np.zeros((10, 1))
    weights[0] = 1
    targets = np.eye(2)[np.zeros((10, 1), int)]
    run = Run(Problem(network, parameters, generator.normal(size=(10, 1, 2)), targets, weights=weights)).complete()
    (found,) = of_kind(run, Kind.VANISHES)
    assert found.times == (7, 1)


def test_without_a_loss_functions_are_still_judged() -> None:
    problem = problem_for("rnn_relu", batch=1)
    bias = {**problem.parameters, "l0/b": np.full(3, -1e6)}
    run = Run(replace(problem, parameters=bias, targets=None))
    with pytest.raises(SessionError, match="once the forward pass is complete"):
        verdicts(run)
    run.forward_to(run.steps)
    assert [verdict.kind for verdict in verdicts(run)] == [Kind.DEAD]
