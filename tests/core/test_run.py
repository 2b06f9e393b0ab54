"""Runs: stepping equals running, gradients are derivatives, windows cut, edits share rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cell import load_cell
from core.errors import DataError, ShapeError
from core.frame import Grain, Phase
from core.network import HEAD, LOSS, build_network
from core.run import Intervention, Problem, Run
from tests.core.derivatives import initial_gradient, parameter_gradient
from tests.core.test_references import RECORDED, from_pytorch
from tests.core.walk_cases import CASES, THREE_BACK, session_of


def problem_of(name: str) -> Problem:
    return CASES[name]().run.problem


def everything(run: Run) -> dict[str, Any]:
    """All that a run computed, by what it is."""
    found: dict[str, Any] = {"losses": run.losses(), "inputs": run.input_adjoints()}
    for block in run.network.blocks:
        for name in block.cell.definition.variables:
            path = f"{block.name}/{name}"
            found[path], found[f"grad/{path}"] = run.values(path), run.adjoints(path)
        for name in block.cell.definition.delays:
            found[f"initial/{block.name}/{name}"] = run.initial_adjoints(f"{block.name}/{name}")
    return found | {f"param/{path}": gradient for path, gradient in run.gradients().items()}


def assert_same_bits(one: Run, other: Run) -> None:
    first, second = everything(one), everything(other)
    for key, value in first.items():
        assert (value is None) == (second[key] is None), key
        assert value is None or value.tobytes() == second[key].tobytes(), key


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("grain", Grain)
def test_stepping_equals_running_bit_for_bit(name: str, grain: Grain) -> None:
    problem = problem_of(name)
    stepped, index = Run(problem), 0
    while index < stepped.timeline.length:
        index = stepped.timeline.next(index, grain)
        stepped.ensure(index)
    assert_same_bits(stepped, Run(problem).complete())


def test_a_step_computes_exactly_what_it_needs() -> None:
    run = Run(problem_of("lstm"))
    timeline = run.timeline
    for index in range(timeline.length + 1):
        run.ensure(index)
        done = timeline.progress(index)
        touched = [progress.steps + bool(progress.entries or progress.operations) for progress in done.values()]
        assert (run.forward_done, run.backward_done) == (touched[0], touched[2])
    with pytest.raises(ValueError, match="read-only"):
        run.values("l0/h")[0] = 1.0


@pytest.mark.parametrize(
    "name", ["lstm", "stacked", "masked batch", "three back", "two states", "scalars", "direct", "identity", "logistic",
             "tiny", "one of all"],
)  # fmt: skip
def test_gradients_are_derivatives(name: str) -> None:
    problem = problem_of(name)
    run = Run(problem).complete()
    for path in problem.network.trainable:
        close(run.gradient(path), parameter_gradient(problem, path))
    for path in problem.network.initial_states():
        close(run.initial_adjoints(path), initial_gradient(problem, path))


def close(found: np.ndarray, right: np.ndarray) -> None:
    """Equal to 1e-11 of the largest entry; sums of a few dozen terms in another order."""
    np.testing.assert_allclose(found, right, rtol=0, atol=1e-11 * float(np.abs(right).max()))


@pytest.mark.parametrize("window", [1, 2, 3, 6, 9])
@pytest.mark.parametrize("cells", [("lstm",), (THREE_BACK,), ("gru", THREE_BACK)], ids="+".join)
@pytest.mark.parametrize("batch", [1, 2])
def test_a_window_cuts_the_walk_into_stretches_counted_from_the_end(
    cells: tuple[str, ...], window: int, batch: int
) -> None:
    whole = session_of(*cells, steps=6, batch=batch, at=(0, 1, 4, 5)).run.problem
    run = Run(replace(whole, window=window)).complete()
    assert_forward_alike(run, Run(whole).complete())
    total = dict.fromkeys(whole.network.trainable, 0.0)
    for stop in range(6, 0, -window):  # each stretch alone, its start held fast
        stretch = Run(stretch_of(whole, run, max(0, stop - window), stop)).complete()
        for path in total:
            total[path] = total[path] + stretch.gradient(path)
        for path in (f"{block.name}/{name}" for block in whole.network.layers for name in block.path):
            close(run.adjoints(path)[max(0, stop - window) : stop], stretch.adjoints(path))
    for path, gradient in total.items():
        close(run.gradient(path), gradient)
    assert_same_bits(run.without_window(), Run(whole).complete())


def stretch_of(problem: Problem, run: Run, first: int, stop: int) -> Problem:
    """The steps first <= t < stop by themselves."""
    rows = {path: len(states) for path, states in problem.network.initial_states().items()}
    before = {
        path: np.concatenate([run.initial(path), run.values(path)[:first]])[-count:] for path, count in rows.items()
    }
    steps = slice(first, stop)
    targets, weights = problem.targets, problem.weights
    assert targets is not None
    assert weights is not None
    return replace(
        problem, inputs=problem.inputs[steps], targets=targets[steps], weights=weights[steps], initial=before
    )


def assert_forward_alike(one: Run, other: Run) -> None:
    for block in one.network.blocks:
        for name in block.cell.definition.variables:
            assert one.values(f"{block.name}/{name}").tobytes() == other.values(f"{block.name}/{name}").tobytes()


def test_where_a_window_cuts() -> None:
    problem = replace(problem_of("lstm"), inputs=np.zeros((7, 1, 2)), targets=None, weights=None, window=3)
    assert [t for t in range(7) if problem.cuts(t)] == [1, 4]
    assert [t for t in range(7) if problem.cuts(t, 2)] == [1, 2, 4, 5]
    for delay in range(5):
        assert problem.cut_steps(delay).tolist() == [problem.cuts(t, delay) for t in range(7)]
    free = replace(problem, window=0)
    assert not any(free.cuts(t, 3) for t in range(7))
    assert not free.cut_steps(3).any()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_runs_agree_with_pytorch(path: Path) -> None:
    kind, _, at = path.stem.split("-")
    with np.load(path) as file:
        recorded = dict(file)
    run = run_of_recorded(kind, recorded, at).complete()
    np.testing.assert_allclose(run.losses().sum(), recorded["loss"], rtol=1e-12)
    np.testing.assert_allclose(run.input_adjoints(), recorded["grad/x"], rtol=1e-9, atol=1e-13)
    for name in network_states(kind):
        np.testing.assert_allclose(run.values(f"l0/{name}"), recorded[name], rtol=1e-10, atol=1e-13)
        initial = run.initial_adjoints(f"l0/{name}")[0]
        np.testing.assert_allclose(initial, recorded[f"grad/{name}0"], rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(run.adjoints("l0/h"), recorded["grad/h"], rtol=1e-9, atol=1e-13)
    if kind == "lstm":  # PyTorch keeps only what later steps send to c, not what comes through h of the same step
        later = run.sends("l0", "variable", "c", 1)[1:]
        np.testing.assert_allclose(later, recorded["grad/c"][:-1], rtol=1e-9, atol=1e-13)
    for name, gradient in recorded_gradients(kind, recorded).items():
        np.testing.assert_allclose(run.gradient(f"l0/{name}"), gradient, rtol=1e-9, atol=1e-12)


def network_states(kind: str) -> tuple[str, ...]:
    return ("h", "c") if kind == "lstm" else ("h",)


def run_of_recorded(kind: str, recorded: dict[str, np.ndarray], at: str) -> Run:
    """PyTorch's example as a run: no readout, half the sum of squares of h as the loss."""
    (steps, batch, inputs), units = recorded["x"].shape, recorded["weight_hh"].shape[1]
    network = build_network(load_cell(kind, inputs=inputs, units=units), head="direct", loss="squared")
    weights = np.ones((steps, batch))
    if at == "last":
        weights[:-1] = 0.0
    initial = {f"l0/{name}": recorded[f"{name}0"][None] for name in network_states(kind)}
    parameters = {f"l0/{name}": value for name, value in from_pytorch(kind, recorded).items()}
    return Run(Problem(network, parameters, recorded["x"], np.zeros((steps, batch, units)), weights, initial))


def recorded_gradients(kind: str, recorded: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """PyTorch's gradients by our names; its two biases have the same gradient, but for the GRU's b_hn."""
    found = {name: recorded[f"grad/{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    split = from_pytorch(kind, {**found, "bias_hh": np.zeros_like(found["bias_hh"])})
    if kind == "gru":
        split["b_hn"] = from_pytorch(kind, found)["b_hn"]
    return split


def test_gradients_so_far_add_up() -> None:
    run = Run(problem_of("stacked")).complete()
    for path in run.network.trainable:
        later = [run.gradient(path, since) for since in range(run.problem.steps + 1)]
        assert not later[-1].any()
        close(later[0], run.gradient(path))
        assert later[0].tobytes() == run.gradients()[path].tobytes()


def test_overwriting_stops_the_gradient_where_it_arrives() -> None:
    problem = problem_of("lstm")
    place = Intervention("l0", "c", 2, 1, 0.7)
    run = Run(replace(problem, interventions=(place,))).complete()
    assert run.values("l0/c")[2, 0, 1] == 0.7
    assert run.adjoints("l0/c")[2, 0, 1] != 0.0
    assert run.sends("l0", "variable", "c", 1)[2, 0, 1] == 0.0  # c = f * c[-1] + i * g
    assert run.adjoints("l0/i")[2, 0, 1] == 0.0
    plain = Run(problem).complete()
    np.testing.assert_array_equal(run.values("l0/h")[:2], plain.values("l0/h")[:2])
    assert not np.array_equal(run.values("l0/h")[2:], plain.values("l0/h")[2:])


def test_a_rewritten_run_shares_rows_and_ends_the_same() -> None:
    problem = problem_of("stacked")
    inputs = problem.inputs.copy()
    inputs[2] += 1.0
    changed = replace(problem, inputs=inputs)
    run = Run(problem).complete().rewritten(changed, 2)
    assert (run.forward_done, run.backward_done) == (2, 0)
    assert_same_bits(run.complete(), Run(changed).complete())
    early = Run(problem)
    early.forward_to(1)
    assert early.rewritten(changed, 2).forward_done == 1


def test_initial_values_have_the_rows_their_variable_needs() -> None:
    run = CASES["two states"]().run.complete()
    assert run.initial("l0/h").shape == run.initial_adjoints("l0/h").shape == (2, 1, 3)
    assert run.initial("l0/a").shape == run.initial_adjoints("l0/a").shape == (0, 1, 3)


def test_without_targets_there_is_no_loss_and_no_way_back() -> None:
    run = CASES["no targets"]().run
    assert run.timeline.phases == (Phase.FORWARD,)
    run.complete()
    assert (run.has_loss, run.forward_done, run.backward_done) == (False, 4, 0)
    assert not run.losses().any()
    assert not any(gradient.any() for gradient in run.gradients().values())


def test_steps_without_a_loss_have_none_and_send_nothing() -> None:
    run = CASES["middle"]().run.complete()
    assert np.flatnonzero(run.losses()[:, 0]).tolist() == [1, 2]
    assert not run.adjoints("l0/h")[3:].any()
    assert run.adjoints("l0/h")[:3].any(axis=(1, 2)).all()
    assert not run.adjoints(f"{HEAD}/{LOSS}")[[0, 3, 4]].any()


@pytest.mark.parametrize("name", ["not finite", "not finite, linear"])
def test_what_is_not_finite_is_computed_without_a_word(name: str) -> None:
    run = CASES[name]().run.complete()
    assert not all(np.isfinite(gradient).all() for gradient in run.gradients().values())


def test_what_does_not_fit_is_refused() -> None:
    problem = problem_of("lstm")
    with pytest.raises(ShapeError, match="reads 2 numbers a step"):
        replace(problem, inputs=np.zeros((4, 1, 3)))
    with pytest.raises(ShapeError, match=r"the target has shape \(4, 1, 2\), expected \(4, 1, 3\)"):
        replace(problem, targets=np.zeros((4, 1, 2)))
    with pytest.raises(ShapeError, match=r"the weights of the loss have shape \(3, 1\)"):
        replace(problem, weights=np.zeros((3, 1)))
    with pytest.raises(DataError, match="window of truncated BPTT is -1"):
        replace(problem, window=-1)
