"""Cells of several time scales: values by hand, gradients by proof, and what each is there for."""

from __future__ import annotations

import numpy as np
import pytest

from core.bulk import Bulk
from core.cell import load_cell
from core.gradients.proof.check import prove_all
from core.language import read_cell, with_delays
from core.models import random_parameters
from core.network import Network, build_network
from core.run import Intervention, Problem, Run
from core.stack import Direction, LayerSpec, build_stack
from tests.core.bulk.equality import assert_equal
from tests.core.references_over_time import WALKS, skipping

STEPS, BATCH, INPUTS, UNITS = 20, 2, 3, 6


def network_of(name: str, **delays: int) -> Network:
    layer = LayerSpec(read_cell(name), UNITS, delays=delays)
    return build_stack([layer], inputs=INPUTS, head="identity", loss="squared", outputs=2)


def problem_of(network: Network, steps: int = STEPS, **rest: object) -> Problem:
    generator = np.random.default_rng(5)
    inputs, targets = generator.normal(size=(steps, BATCH, INPUTS)), generator.normal(size=(steps, BATCH, 2))
    return Problem(network, random_parameters(network, generator), inputs, targets, **rest)


@pytest.mark.parametrize("name", WALKS)
def test_all_variables_are_those_worked_out_by_hand(name: str) -> None:
    problem = problem_of(network_of(name))
    own = {path[3:]: value for path, value in problem.parameters.items() if path.startswith("l0/")}
    expected = WALKS[name](own, problem.inputs)
    run = Run(problem).complete()
    assert set(expected) == set(run.network.layers[0].cell.definition.variables)
    for variable, values in expected.items():
        np.testing.assert_allclose(run.values(f"l0/{variable}"), values, rtol=1e-12, atol=1e-14, err_msg=variable)


@pytest.mark.parametrize("name", WALKS)
def test_every_gradient_is_proved_and_bulk_agrees(name: str) -> None:
    delays = {delay: number for number, delay in enumerate(read_cell(name).named_delays, 2)}
    problem = problem_of(network_of(name, **delays), steps=6)
    assert prove_all(Run(problem).complete()).agrees
    assert_equal(problem)


def test_a_layer_gives_its_own_delays() -> None:
    problem = problem_of(network_of("rnn_skip_several", d=2, e=7))
    own = {path[3:]: value for path, value in problem.parameters.items() if path.startswith("l0/")}
    expected = skipping({"U": 1, "U_d": 2, "U_e": 7})(own, problem.inputs)["h"]
    np.testing.assert_allclose(Run(problem).complete().values("l0/h"), expected, rtol=1e-12, atol=1e-14)


def test_both_directions_have_the_delay_of_the_layer() -> None:
    layer = LayerSpec(read_cell("rnn_skip_only"), UNITS, Direction.BOTH, delays={"d": 3})
    network = build_stack([layer], inputs=INPUTS, head="identity", loss="squared", outputs=2)
    assert [dict(block.cell.definition.delays) for block in network.layers[:2]] == [{"h": (3,)}] * 2
    assert_equal(problem_of(network, steps=7))


def test_without_the_short_edge_the_gradient_arrives_in_strides() -> None:
    """Only the last step has a loss, so with edges over 4 steps nothing arrives between."""
    network = network_of("rnn_skip_only")
    weights = np.zeros((STEPS, BATCH))
    weights[-1] = 1.0
    run = Run(problem_of(network, weights=weights)).complete()
    arrived = np.linalg.norm(run.adjoints("l0/h"), axis=(1, 2)) > 0
    assert list(np.flatnonzero(arrived)) == [3, 7, 11, 15, 19]


def test_gradients_along_long_edges_decay_with_a_quarter_of_the_steps() -> None:
    """The same weights, over single steps and over four: what is left after 16 steps is what was left after 4."""
    short, long = (network_of("rnn_skip_only", d=delay) for delay in (1, 4))
    weights = np.zeros((17, 1))
    weights[-1] = 1.0
    generator = np.random.default_rng(0)
    parameters = random_parameters(short, generator)
    left = []
    for network, steps in ((short, 5), (long, 17)):
        inputs, targets = np.zeros((steps, 1, INPUTS)), np.ones((steps, 1, 2))
        own = {path: value * (0 if path == "l0/b" else 1) for path, value in parameters.items()}
        run = Run(Problem(network, own, inputs, targets, weights[-steps:])).complete()
        left.append(run.adjoints("l0/h")[0])
    np.testing.assert_allclose(left[0], left[1], rtol=1e-12)


@pytest.mark.parametrize("name", ["leaky", "rnn_leaky"])
def test_an_overwritten_share_forgets_at_a_border(name: str) -> None:
    """With a = 0 at step 6, nothing of the averaged past is left there."""
    network = network_of(name)
    state = network.layers[0].output_path
    size = network.layers[0].cell.outputs
    cut = tuple(Intervention("l0", "a", 6, unit, 0.0) for unit in range(size))
    run = Run(problem_of(network, interventions=cut)).complete()
    new = run.problem.inputs[6] if name == "leaky" else run.values("l0/n")[6]
    np.testing.assert_array_equal(run.values(state)[6], new)
    if name == "leaky":
        np.testing.assert_array_equal(run.adjoints(state)[:6, :, 0] != 0, np.ones((6, BATCH), bool))
        kept = run.problem.parameters["l0/alpha"]
        np.testing.assert_allclose(run.values(state)[7], kept * new + (1 - kept) * run.problem.inputs[7], rtol=1e-14)


def test_drawn_shares_are_time_constants_up_to_the_longest() -> None:
    shares = load_cell("rnn_leaky_drawn", inputs=2, units=2000).initial_parameters(1)["alpha"]
    constants = -1 / np.log(shares)
    assert 1 <= constants.min() < 1.1
    assert 90 < constants.max() <= 100
    assert np.median(constants) == pytest.approx(10, rel=0.15)  # halfway on a logarithmic scale


def test_clockwork_units_stand_still_between_their_steps() -> None:
    network = network_of("rnn_clockwork")
    run = Run(problem_of(network)).complete()
    moved = np.any(np.diff(run.values("l0/h"), axis=0) != 0, axis=1)  # (T - 1, H)
    periods = run.problem.parameters["l0/p"]
    assert sorted(set(periods)) == [1, 2, 4, 8]
    for t in range(1, STEPS):
        np.testing.assert_array_equal(moved[t - 1], t % periods == 0)


def test_groups_have_leaks_delays_and_periods_of_their_own() -> None:
    own = network_of("rnn_groups").initial_parameters(0)
    np.testing.assert_array_equal(own["l0/k"], [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(own["l0/p"], [1, 1, 2, 2, 4, 4])
    assert np.all((own["l0/alpha"] > 0) & (own["l0/alpha"] < 1))


def test_drawn_delays_are_each_as_likely() -> None:
    drawn = load_cell("rnn_skip_drawn", inputs=2, units=3000).initial_parameters(1)["k"]
    assert set(drawn) == {0, 1, 2}
    np.testing.assert_allclose([np.mean(drawn == group) for group in range(3)], 1 / 3, atol=0.03)


def test_fixed_numbers_stay_and_trained_ones_move() -> None:
    for name, trained in (("rnn_leaky", False), ("rnn_leaky_trained", True), ("rnn_skip_learned", True)):
        network = network_of(name)
        gradients = Bulk(network).complete(problem_of(network)).gradients()
        path = {"rnn_leaky": "l0/alpha", "rnn_leaky_trained": "l0/s", "rnn_skip_learned": "l0/w_d"}[name]
        assert (path in gradients and bool(np.any(gradients[path]))) == trained


def test_a_cell_without_named_delays_is_left_alone() -> None:
    cell = read_cell("rnn_tanh")
    assert with_delays(cell, {}) is cell
    assert build_network(load_cell("rnn_tanh", inputs=2, units=2)).layers[0].cell.definition.named_delays == {}
