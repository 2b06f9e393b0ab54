"""Every gradient is proven, and none that is wrong, unresolved or at a kink passes for proven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import SessionError
from core.gradients.proof.check import Summary, Target, prove, prove_all
from core.resources import resource_path
from core.run import Intervention, Run
from tests.core.gradients.problems import problem_for, run_for

CELLS = sorted(path.stem for path in resource_path("cells").glob("*.toml"))
SMOOTH_RELU = "h = relu(W @ x + U @ h[-1] + b)"
TWO_BACK = "h = tanh(W @ x + U @ h[-1] + Q @ h[-2] + b)"
OPERATORS = """
a = softplus(W_a @ x + U_a @ h[-1]) * softsign(b_a) + elu(W_e @ x)
n = layer_norm(W_n @ [x, h[-1]] + b_n)
m = maximum(a, n) - minimum(hard_sigmoid(a), tanh(n))
h = where(n > 0, m, 0.5 * n) / (1 + abs(a)) + softmax(U_n @ h[-1]) * mean(a ** 2)
"""


def only_agrees(summary: Summary) -> bool:
    return summary.verdicts("agrees") == summary.count > 0 and summary.finished and not summary.failures


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("cell", [*CELLS, TWO_BACK, OPERATORS])
def test_every_gradient_of_every_cell_agrees(cell: str, batch: int) -> None:
    summary = prove_all(run_for(cell, batch=batch))
    assert only_agrees(summary), summary.failures[:3]
    assert summary.worst.relative_error < 1e-6


@pytest.mark.parametrize("cell", CELLS)
def test_complex_steps_agree_to_rounding(cell: str, monkeypatch) -> None:
    """With central differences out of the way nothing hides behind a wide tolerance."""
    monkeypatch.setattr("core.gradients.proof.measure._CENTRAL_TOLERANCE", -1.0)
    monkeypatch.setattr("core.gradients.proof.measure._tolerance", lambda _, wanted: wanted)
    summary = prove_all(run_for(cell))
    assert only_agrees(summary)
    assert all(path.methods["central difference"] == 0 for path in summary.paths)
    assert summary.worst.relative_error < 1e-10


@pytest.mark.parametrize(
    ("head", "loss"),
    [("softmax", "squared"), ("identity", "squared"), ("direct", "squared"), ("logistic", "squared"),
     ("logistic", "cross-entropy")],
)  # fmt: skip
def test_every_readout_and_loss_agrees(head: str, loss: str) -> None:
    assert only_agrees(prove_all(run_for("gru", head=head, loss=loss)))


def test_stacked_layers_agree() -> None:
    summary = prove_all(run_for("lstm", "gru", "rnn_tanh"))
    assert only_agrees(summary)
    assert {"param/l2/U", "l1/z", "initial/l0/c"} <= {path.path for path in summary.paths}


def test_losses_that_are_masked_agree() -> None:
    weights = np.array([[0, 1], [0, 0], [1, 1], [0, 0], [0, 0]], float)
    run = run_for("lstm", weights=weights)
    assert only_agrees(prove_all(run))
    late = prove(run, Target("l0/h", 3, (0, 0)))
    assert (late.analytic, late.numeric, late.verdict) == (0.0, 0.0, "agrees")
    early = prove(run, Target("l0/h", 0, (0, 0)))
    assert early.analytic != 0.0


def test_interventions_agree() -> None:
    overwritten = (
        Intervention("l0", "c", 2, 1, 0.7),
        Intervention("l0", "f", 2, 0, 0.1),
        Intervention("l0", "h", 4, 2, 0.0),
    )
    run = run_for("lstm", interventions=overwritten)
    assert only_agrees(prove_all(run))
    assert prove(run, Target("l0/c", 2, (0, 1))).analytic != 0.0  # what arrives is shown, though it goes no further


def test_counts_cover_everything() -> None:
    run = run_for("rnn_tanh", batch=2, steps=4, units=3)
    counts = {path.path: path.count for path in prove_all(run).paths}
    assert counts == {
        "param/l0/W": 6, "param/l0/U": 9, "param/l0/b": 3, "param/head/V": 12, "param/head/b": 4,
        "initial/l0/h": 6, "input": 16, "l0/h": 24, "head/z": 32, "head/y": 32, "head/L": 8,
    }  # fmt: skip


def test_small_blocks_give_the_same(monkeypatch) -> None:
    run = run_for("lstm")
    whole = prove_all(run)
    monkeypatch.setattr("core.gradients.proof.sites.MEMORY", 1)
    steps: list[tuple[int, int]] = []
    cut = prove_all(run, progress=lambda done, total: steps.append((done, total)))
    assert [(p.path, p.count, p.worst) for p in cut.paths] == [(p.path, p.count, p.worst) for p in whole.paths]
    assert steps[-1][0] == steps[-1][1] == len(steps)


def test_it_can_be_cancelled() -> None:
    asked = iter([False, False, True])
    summary = prove_all(run_for("lstm"), cancelled=lambda: next(asked))
    assert not summary.finished
    assert len(summary.paths) == 2


def planted(run: Run, path: str, factor: float = 1.001) -> Run:
    """The run with one wrong adjoint array, as a broken vector-Jacobian product would leave it."""
    block, name = path.split("/")
    run.tapes[block].adjoints(name)[...] *= factor
    return run


@pytest.mark.parametrize("path", ["l0/f", "l0/c", "l0/h", "head/z"])
def test_a_wrong_adjoint_is_found(path: str) -> None:
    summary = prove_all(planted(run_for("lstm", steps=3), path))
    assert not summary.agrees
    assert path in {proof.path for proof in summary.failures}
    assert summary.worst.relative_error == pytest.approx(1e-3, rel=0.01)


def test_a_wrong_derivative_is_found(monkeypatch) -> None:
    """Half the slope of tanh, in the table itself."""
    from core.operators import OPERATORS

    right = OPERATORS["tanh"]
    wrong = replace(right, vjp=lambda *args: tuple(0.5 * sent for sent in right.vjp(*args)))
    table = {**OPERATORS, "tanh": wrong}
    monkeypatch.setattr("core.language.derive.OPERATORS", table)
    summary = prove_all(run_for("rnn_tanh"))
    assert summary.verdicts("differs") > 50


def test_a_wrong_vanished_gradient_is_found() -> None:
    run = run_for("rnn_tanh", steps=80, scale=0.1, weights=np.eye(80)[-1][:, None].repeat(2, 1))
    tape = run.tapes["l0"]
    assert 0 < np.abs(tape.adjoints("h")[10]).max() < 1e-30
    tape.adjoints("h")[10] *= 1.01
    assert prove(run, Target("l0/h", 10, (0, 0))).verdict == "differs"
    assert prove(run, Target("l0/h", 11, (0, 0))).verdict == "agrees"


def test_vanished_gradients_are_proven_by_a_complex_step() -> None:
    last = np.zeros((200, 1))
    last[-1] = 1.0
    run = run_for("rnn_tanh", batch=1, steps=200, scale=0.3, seed=5, weights=last)
    proof = prove(run, Target("l0/h", 0, (0, 1)))
    assert 0 < abs(proof.analytic) < 1e-40
    assert (proof.method, proof.verdict) == ("complex step", "agrees")
    assert proof.relative_error < 1e-12


def test_exploded_gradients_are_proven() -> None:
    run = run_for("rnn_identity", steps=120, scale=5.0, head="identity", loss="squared", batch=1)
    proof = prove(run, Target("l0/h", 0, (0, 1)))
    assert abs(proof.analytic) > 1e30
    assert proof.verdict == "agrees"


def test_overflow_is_never_shown_as_agreeing() -> None:
    run = run_for("rnn_identity", steps=300, scale=50.0, head="identity", loss="squared", batch=1)
    proof = prove(run, Target("l0/h", 0, (0, 1)))
    assert not np.isfinite(proof.analytic)
    assert proof.verdict == "cannot be resolved"
    assert prove(run, Target("param/l0/U", None, (0, 0))).verdict == "cannot be resolved"


def at_a_kink(distance: float) -> Run:
    """A ReLU network whose first unit has its pre-activation so far from 0 at the first step."""
    problem = problem_for(SMOOTH_RELU, batch=1, units=2, head="direct", loss="squared")
    parameters = {path: np.array(value) for path, value in problem.parameters.items()}
    parameters["l0/b"][0] = distance
    problem.inputs[0] = 0.0
    problem.initial["l0/h"][...] = 0.0
    problem.targets[...] = -1.0
    return Run(
        problem.__class__(problem.network, parameters, problem.inputs, problem.targets, initial=problem.initial)
    ).complete()


def test_a_kink_is_never_shown_as_agreeing() -> None:
    run = at_a_kink(0.0)
    for target in (Target("param/l0/b", None, (0,)), Target("input", 0, (0, 0)), Target("initial/l0/h", 0, (0, 1))):
        assert prove(run, target).verdict == "kink"
    assert prove(run, Target("param/l0/b", None, (1,))).verdict != "differs"
    summary = prove_all(run)
    assert summary.verdicts("kink") > 0
    assert summary.agrees


@pytest.mark.parametrize("distance", [1e-6, -1e-6, 1e-30])
def test_a_smaller_step_avoids_a_kink_nearby(distance: float) -> None:
    proof = prove(at_a_kink(distance), Target("param/l0/b", None, (0,)))
    assert (proof.method, proof.verdict) == ("complex step", "agrees")


@pytest.mark.parametrize(
    "equations",
    ["h = maximum(W @ x, W @ x + a)", "h = abs(U @ x)", "h = hard_sigmoid(U @ x - 2.5)", "h = clip(U @ x + 1)",
     "h = where(U @ x > 0, U @ x, 0 * b)", "h = leaky_relu(U @ x)", "h = minimum(U @ x, 2 * (U @ x))"],
)  # fmt: skip
def test_other_kinks_are_seen(equations: str) -> None:
    problem = problem_for(equations, batch=1, steps=1, units=2, head="direct", loss="squared")
    parameters = {**problem.parameters, **({"l0/a": np.zeros(2)} if "a)" in equations else {})}
    problem.inputs[...] = 0.0
    run = Run(replace(problem, parameters=parameters, initial={})).complete()
    target = Target("param/l0/a", None, (0,)) if "l0/a" in parameters else Target("input", 0, (0, 0))
    assert prove(run, target).verdict == "kink"


def test_cancelled_gradients_are_rounding_not_errors() -> None:
    """Layer normalisation removes a shift of all units: the true gradient is 0, both numbers are rounding."""
    equations = '"""\nh = layer_norm(W @ x + U @ h[-1] + s)\n"""'
    text = f"equations = {equations}\n[constants]\ns = {{value = 0.3, trainable = true}}\n"
    summary = prove_all(run_for(text, units=5))
    assert summary.agrees
    assert {path.path: path.count for path in summary.paths}["param/l0/s"] == 1


def test_truncated_gradients_are_compared_whole() -> None:
    problem = problem_for("lstm", window=2)
    run = Run(problem).complete()
    proof = prove(run, Target("l0/h", 0, (0, 0)))
    assert proof.verdict == "agrees"
    assert proof.analytic == run.without_window().adjoints("l0/h")[0, 0, 0]
    assert proof.analytic != run.adjoints("l0/h")[0, 0, 0]
    assert "cut every 2 steps" in proof.note
    summary = prove_all(run)
    assert only_agrees(summary)
    assert "cut every 2 steps" in summary.note


def test_a_run_is_not_touched() -> None:
    run = Run(problem_for("lstm"))
    run.forward_to(2)
    assert prove(run, Target("l0/h", 0, (0, 0))).verdict == "agrees"
    assert (run.forward_done, run.backward_done) == (2, 0)


def test_single_precision_is_judged_by_its_own_rounding() -> None:
    run = run_for("lstm", dtype=np.dtype(np.float32))
    assert prove_all(run).agrees
    assert prove(planted(run, "l0/f", 1.01), Target("l0/f", 1, (0, 0))).verdict == "differs"


def test_proofs_say_where_they_are() -> None:
    run = run_for("lstm")
    weight = prove(run, Target("param/l0/W_f", None, (2, 1)))
    assert (weight.path, weight.t, weight.index) == ("param/l0/W_f", None, (2, 1))
    assert weight.analytic == run.gradient("l0/W_f")[2, 1]
    state = prove(run, Target("l0/c", 3, (1, 2)))
    assert (state.path, state.t, state.index) == ("l0/c", 3, (1, 2))
    assert state.analytic == run.adjoints("l0/c")[3, 1, 2]
    assert state.numeric == pytest.approx(state.analytic, rel=1e-6)


@pytest.mark.parametrize(
    "target",
    [Target("l0/q", 0, (0, 0)), Target("param/l0/W_f", None, (9, 0)), Target("param/l0/W_f", None, (0,)),
     Target("l0/h", 5, (0, 0)), Target("l0/h", -1, (0, 0)), Target("l0/h", None, (0, 0)), Target("input", 0, (2, 0)),
     Target("initial/l0/f", 0, (0, 0)), Target("initial/l0/h", 1, (0, 0))],
)  # fmt: skip
def test_what_is_not_there_is_said(target: Target) -> None:
    with pytest.raises(SessionError, match="there"):
        prove(run_for("lstm"), target)


def test_without_a_loss_nothing_can_be_proven() -> None:
    run = run_for("lstm", targets=None)
    with pytest.raises(SessionError, match="no loss"):
        prove_all(run)
