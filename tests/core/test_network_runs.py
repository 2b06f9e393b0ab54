"""Runs of networks of both directions and of batches with different lengths, against what they must equal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bulk import Bulk
from core.errors import DataError, ShapeError
from core.gradients.proof.check import prove_all
from core.network import Network
from core.run import Intervention, Problem, Run
from tests.core.network_cases import ALIGNED, BOTH, NETWORKS, Direction, layer, problem_on, stack

LENGTHS = (4, 2, 3, 1)
POLE = "h = tanh(W @ (x / (0.1 + x * x)) + U @ h[-1] + b / x)"  # b / x has no value where the layer below is zero


def everything(run: Run) -> dict[str, np.ndarray]:
    """All values and gradients of a run by key."""
    paths = [f"{block.name}/{name}" for block in run.network.blocks for name in block.cell.definition.variables]
    adjoints = {f"grad/{path}": found for path in paths if (found := run.adjoints(path)) is not None}
    initial = {f"initial/{path}": run.initial_adjoints(path) for path in run.network.initial_states()}
    return {**{p: run.values(p) for p in paths}, **adjoints, **run.gradients(), **initial, "x": run.input_adjoints()}


def identical(one: Run, other: Run) -> None:
    others = everything(other)
    assert all(array.tobytes() == others[key].tobytes() for key, array in everything(one).items())


def close(found: np.ndarray, right: np.ndarray, what: str) -> None:
    np.testing.assert_allclose(found, right, rtol=1e-11, atol=1e-13, err_msg=what)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("batch", [1, 3])
def test_stepping_equals_running(name: str, batch: int) -> None:
    problem = problem_on(NETWORKS[name](), batch=batch, at=(1, 2))
    stepped = Run(problem)
    for index in range(stepped.timeline.length + 1):
        stepped.ensure(index)
    assert (stepped.forward_done, stepped.backward_done) == (stepped.steps, stepped.steps)
    identical(stepped, Run(problem).complete())


def test_a_reverse_walk_is_the_forward_walk_of_the_sequence_turned_round() -> None:
    network = NETWORKS["reverse"]()
    problem = problem_on(network, batch=2)
    forward = [replace(block, reverse=False) for block in network.layers]
    turned = Problem(
        Network(tuple(forward), network.head, network.loss),
        problem.parameters,
        problem.inputs[::-1],
        problem.targets[::-1],
        initial=problem.initial,
    )
    one, other = Run(problem).complete(), Run(turned).complete()
    close(one.input_adjoints(), other.input_adjoints()[::-1], "x")
    for path, gradient in other.gradients().items():
        close(one.gradient(path), gradient, path)


@pytest.mark.parametrize("name", ALIGNED)
def test_a_padded_batch_is_its_sequences_one_by_one(name: str) -> None:
    is_its_sequences(problem_on(NETWORKS[name](), batch=4, lengths=LENGTHS))


@pytest.mark.parametrize("padding", ["zero", "carried"])
def test_a_cell_that_makes_no_number_of_padding(padding: str) -> None:
    """1 / 0 and its derivative, forward, in reverse and above; the states that wait there are kept."""
    network = stack(layer("h = tanh(W @ (1 / x) + U @ h[-1] + V @ h[-2])", 2, BOTH, join="sum"), layer(POLE))
    network = Network(network.layers, network.head, network.loss, padding)  # type: ignore[arg-type]
    problem = problem_on(network, batch=4, lengths=LENGTHS)
    is_its_sequences(problem, everywhere=padding == "zero")
    run, whole = Run(problem).complete(), Bulk(network).complete(problem)
    for path, gradient in run.gradients().items():
        close(whole.gradient(path), gradient, path)


def is_its_sequences(problem: Problem, *, everywhere: bool = True) -> None:
    """Whether a batch gives what its sequences give alone, and zeros (not ``everywhere``: of gradients) behind them."""
    together, total = Run(problem).complete(), dict[str, np.ndarray]()
    found = everything(together)
    for sample, length in enumerate(LENGTHS):
        one = Run(_alone(problem, sample, length)).complete()
        for key, right in everything(one).items():
            if key in problem.parameters:
                total[key] = total.get(key, 0.0) + right
            elif key.startswith("initial/"):
                close(found[key][:, sample], right[:, 0], key)
            else:
                close(found[key][:length, sample], right[:, 0], key)
                if everywhere or key.startswith("grad/"):
                    assert not found[key][length:, sample].any(), key
        for block in problem.network.layers:
            close(together.final(block.output_path)[sample], one.final(block.output_path)[0], block.name)
        close(together.losses()[:length, sample], one.losses()[:, 0], "loss")
    for path, gradient in total.items():
        close(together.gradient(path), gradient, path)


def _alone(problem: Problem, sample: int, length: int) -> Problem:
    this = slice(sample, sample + 1)
    initial = {path: rows[:, this] for path, rows in problem.initial.items()}
    assert problem.targets is not None
    targets = problem.targets[:length, this]
    return Problem(problem.network, problem.parameters, problem.inputs[:length, this], targets, initial=initial)


@pytest.mark.parametrize("padding", ["zero", "carried"])
@pytest.mark.parametrize("name", ALIGNED)
def test_nothing_of_the_padding_leaks(name: str, padding: str) -> None:
    network = NETWORKS[name]()
    network = Network(network.layers, network.head, network.loss, padding)  # type: ignore[arg-type]
    problem = problem_on(network, batch=4, lengths=LENGTHS)
    inputs, targets = problem.inputs.copy(), np.array(problem.targets)
    inputs[~problem.valid] = np.array([np.nan, np.inf])
    targets[~problem.valid] = np.nan
    identical(Run(problem).complete(), Run(replace(problem, inputs=inputs, targets=targets)).complete())


def test_padding_may_carry_the_last_row_on() -> None:
    network = stack(layer("lstm", 2, BOTH))
    carried = Network(network.layers, network.head, network.loss, "carried")
    problem = problem_on(carried, batch=2, lengths=(4, 2))
    run, zero = Run(problem).complete(), Run(replace(problem, network=network)).complete()
    for path in ("l0/h", "l0/c", "l0.join/h"):
        values = run.values(path)[:, 1]
        assert (values[2:] == values[1]).all()
        assert not zero.values(path)[2:, 1].any()
    assert not run.values("l0.reverse/h")[2:, 1].any()  # a reverse walk has nothing to carry before it begins
    assert all((gradient == zero.gradient(path)).all() for path, gradient in run.gradients().items())


def test_one_short_sequence_is_padded_too() -> None:
    for name in ALIGNED:
        problem = problem_on(NETWORKS[name](), lengths=(3,))
        run, alone = Run(problem).complete(), Run(_alone(problem, 0, 3)).complete()
        for path, gradient in alone.gradients().items():
            close(run.gradient(path), gradient, path)
        assert not run.input_adjoints()[3:].any()


def test_lengths_that_cannot_be() -> None:
    problem = problem_on(NETWORKS["bidirectional"](), batch=2)
    with pytest.raises(ShapeError, match="one whole number for each of the 2 sequences"):
        replace(problem, lengths=np.array([4]))
    with pytest.raises(DataError, match="from 2 to 5, expected 0 to 4"):
        replace(problem, lengths=np.array([2, 5]))
    turned = problem_on(NETWORKS["as it walks"](), batch=2)
    with pytest.raises(DataError, match=r"block l0.reverse hands on its steps in the order it walks them"):
        replace(turned, lengths=np.array([4, 3]))
    assert not replace(turned, lengths=np.array([4, 4])).is_padded


def test_a_sequence_without_steps_leaves_its_initial_state() -> None:
    problem = problem_on(stack(layer("gru", 2, BOTH)), batch=2, lengths=(4, 0))
    run = Run(problem).complete()
    for path in ("l0/h", "l0.reverse/h"):
        assert run.final(path)[1].tolist() == problem.initial[path][0, 1].tolist()
    assert not run.input_adjoints()[:, 1].any()


@pytest.mark.parametrize("name", NETWORKS)
def test_tied_and_other_gradients_are_derivatives(name: str) -> None:
    summary = prove_all(Run(problem_on(NETWORKS[name](), steps=3, batch=2)).complete())
    assert summary.agrees
    assert summary.verdicts("agrees") == summary.count


layers_drawn = st.lists(
    st.builds(
        lambda cell, units, direction, join, tied: layer(cell, units, direction, join=join, tied=tied),
        st.sampled_from(["lstm", "gru", "rnn_tanh", "lstm_peephole", "mgu", "h = tanh(W @ x + U @ h[-2] + S @ h[-1])"]),
        st.integers(1, 3),
        st.sampled_from(list(Direction)),
        st.sampled_from(["concatenation", "sum", "average", "product"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=15, deadline=None)
@given(layers_drawn, st.sampled_from([None, 2]), st.booleans(), st.integers(0, 1000))
def test_every_gradient_of_any_mix_is_proven(layers, embedding, padded, seed) -> None:
    network = stack(*layers, embedding=embedding)
    problem = problem_on(network, steps=3, batch=2, lengths=(3, 2) if padded else None, seed=seed)
    summary = prove_all(Run(problem).complete())
    assert summary.agrees, summary.failures[:3]
    assert summary.verdicts("agrees") > 0.9 * summary.count


@pytest.mark.parametrize("name", ["bidirectional", "three back", "reverse"])
def test_a_window_cuts_each_walk_from_its_own_end(name: str) -> None:
    """As if the delayed values of the first step of each stretch were given: their gradients end there."""
    problem = problem_on(NETWORKS[name](), steps=5, window=2)
    run = Run(problem).complete()
    assert [step for step in range(5) if problem.cuts(step)] == [1, 3]
    reverse = next(block for block in run.network.layers if block.reverse)
    free = Run(replace(problem, window=0)).complete()
    path = reverse.output_path
    assert run.values(path).tobytes() == free.values(path).tobytes()
    assert not np.array_equal(run.adjoints(path), free.adjoints(path))
    # step 3 of a reverse walk over five times is time 1, so what time 2 gets of the past comes from its column alone
    alone = Run(replace(problem, window=1)).complete()
    if name == "bidirectional":
        assert run.adjoints(path)[2].tobytes() == alone.adjoints(path)[2].tobytes()


def test_an_overwritten_unit_of_a_reverse_block() -> None:
    problem = problem_on(NETWORKS["two of both"](), steps=4)
    change = Intervention("l0.reverse", "h", 1, 0, 0.25)
    changed = replace(problem, interventions=(change,))
    before, after = Run(problem).complete(), Run(changed).complete()
    assert after.values("l0.reverse/h")[1, 0, 0] == 0.25
    same = [(a == b).all() for a, b in zip(before.values("l0.reverse/h"), after.values("l0.reverse/h"), strict=True)]
    assert same == [False, False, True, True]
    assert prove_all(after).agrees


def test_a_rewritten_run_shares_only_what_is_the_same() -> None:
    problem = problem_on(NETWORKS["two of both"](), steps=4)
    inputs = problem.inputs.copy()
    inputs[2] += 1.0
    changed = replace(problem, inputs=inputs)
    run = Run(problem).complete().rewritten(changed, 2)
    assert (run.forward_done, run.backward_done) == (2, 0)
    identical(run.complete(), Run(changed).complete())
    whole = Run(problem).complete().rewritten(problem, 4)
    assert whole.forward_done == whole.steps == 20
    reverse = problem_on(NETWORKS["reverse"](), steps=4)
    assert Run(reverse).complete().rewritten(reverse, 2).forward_done == 0


@pytest.mark.parametrize(
    ("head", "loss"),
    [("softmax", "cross-entropy"), ("identity", "squared"), ("logistic", "squared"), ("relu", "squared")],
)
def test_a_matrix_for_each_direction_is_one_matrix_cut_in_two(head: str, loss: str) -> None:
    parts = stack(layer("lstm", 2, BOTH, join="readout"), head=head, loss=loss)
    whole = stack(layer("lstm", 2, BOTH), head=head, loss=loss)
    problem = problem_on(parts, batch=2, lengths=(4, 3))
    beside = np.concatenate([problem.parameters["head/V"], problem.parameters["head/V_r"]], axis=1)
    parameters = {path: value for path, value in problem.parameters.items() if path != "head/V_r"} | {"head/V": beside}
    one, other = Run(problem).complete(), Run(replace(problem, network=whole, parameters=parameters)).complete()
    close(one.values("head/y"), other.values("head/y"), "y")
    close(one.losses(), other.losses(), "loss")
    for path, gradient in one.gradients().items():
        columns = {"head/V": slice(2), "head/V_r": slice(2, 4)}.get(path, slice(None))
        right = other.gradient("head/V" if path == "head/V_r" else path)
        close(gradient, right[..., columns], path)
