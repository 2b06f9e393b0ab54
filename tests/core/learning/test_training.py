"""Training in bulk is the walked iteration, many times; the shipped weights keep what their scenario promises."""

from __future__ import annotations

from itertools import count, repeat

import numpy as np
import pytest

from core.cell import load_cell
from core.files.weights import read_weights
from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Adam, Momentum, initial_state
from core.learning.step import LearningSettings, learn
from core.learning.training import accuracy, train
from core.network import build_network
from core.posing import problem_of
from core.resources import resource_path
from core.run import Run
from core.scenario import read_scenario
from core.sequence import Sequence

ADAM = LearningSettings(Adam(rate=0.01), Clipping("norm", 1.0))


@pytest.fixture(scope="module")
def network():
    return build_network(load_cell("lstm", inputs=3, units=4), outputs=2)


@pytest.fixture
def parameters(network):
    return network.initial_parameters(1)


def sequence(batch: int, seed: int = 0, steps: int = 5) -> Sequence:
    generator = np.random.default_rng(seed)
    targets = generator.integers(-1, 2, (steps, batch))
    targets[-1] = generator.integers(0, 2, batch)
    return Sequence(generator.normal(size=(steps, batch, 3)), targets=targets)


def batches(first: int = 0):
    return (sequence(4, seed, 3 + seed % 4) for seed in count(first))


@pytest.mark.parametrize("settings", [ADAM, LearningSettings(SGD(0.5), window=2), LearningSettings(Momentum(0.1))])
def test_one_sequence_at_a_time_is_what_is_walked(network, parameters, settings):
    read = sequence(1)
    result = train(network, parameters, repeat(read), settings, 3)
    walked, state = network.check(parameters), initial_state(settings.optimiser, parameters)
    for _ in range(3):
        outcome = learn(Run(problem_of(network, walked, read, window=settings.window)), settings, state)
        walked, state = outcome.parameters, outcome.optimiser_state
    assert result.iterations == 3
    for path, value in walked.items():
        np.testing.assert_allclose(result.parameters[path], value, rtol=0, atol=1e-12)
    assert result.gradient_norms[-1] == pytest.approx(outcome.report.norm_before, rel=1e-12)


def test_the_update_takes_the_mean_over_the_batch(network, parameters):
    plain, whole = LearningSettings(SGD(1.0)), sequence(4)
    together = train(network, parameters, [whole], plain, 1)
    singles = [
        train(
            network, parameters, [Sequence(whole.inputs[:, i : i + 1], targets=whole.targets[:, i : i + 1])], plain, 1
        )
        for i in range(4)
    ]
    np.testing.assert_allclose(together.losses[0], np.mean([single.losses[0] for single in singles]), rtol=1e-12)
    for path, start in parameters.items():
        mean = np.mean([single.parameters[path] - start for single in singles], axis=0)
        np.testing.assert_allclose(together.parameters[path] - start, mean, rtol=1e-10, atol=1e-14)


def test_pausing_changes_nothing_bit_for_bit(network, parameters):
    whole = train(network, parameters, batches(), ADAM, 20)
    first = train(network, parameters, batches(), ADAM, 8)
    second = train(network, first.parameters, batches(8), ADAM, 12, first.optimiser_state)
    np.testing.assert_array_equal(np.concatenate([first.losses, second.losses]), whole.losses)
    for path, value in whole.parameters.items():
        np.testing.assert_array_equal(second.parameters[path], value)


def test_it_learns_and_leaves_what_was_passed_in_alone(network, parameters):
    before = {path: value.copy() for path, value in parameters.items()}
    result = train(network, parameters, repeat(sequence(2)), LearningSettings(Adam(0.05), Clipping("norm", 0.1)), 60)
    assert result.losses[-1] < 0.5 * result.losses[0]
    assert result.clipped.any()
    assert (result.gradient_norms[result.clipped] > 0.1).all()
    for path, value in before.items():
        np.testing.assert_array_equal(parameters[path], value)


def test_cancelling_keeps_what_was_learned(network, parameters):
    seen = []
    result = train(network, parameters, batches(), ADAM, 1000, None, seen.append, lambda: len(seen) == 7)
    assert result.iterations == len(result.gradient_norms) == len(result.clipped) == 7
    assert [done.number for done in seen] == [*range(1, 8)]
    same = train(network, parameters, batches(), ADAM, 7)
    for path, value in same.parameters.items():
        np.testing.assert_array_equal(result.parameters[path], value)
    assert train(network, parameters, batches(), ADAM, 5, cancelled=lambda: True).iterations == 0


def test_it_ends_with_the_batches_and_stops_before_numbers_are_lost(network, parameters):
    assert train(network, parameters, [sequence(2)] * 3, ADAM, 10).iterations == 3
    result = train(network, parameters, batches(), LearningSettings(SGD(1e308)), 10)
    assert result.diverged
    assert all(np.isfinite(value).all() for value in result.parameters.values())


def test_a_state_of_another_optimiser_is_begun_anew(network, parameters):
    other = train(network, parameters, batches(), LearningSettings(Momentum()), 2).optimiser_state
    one, two = (train(network, parameters, batches(), ADAM, 2, state) for state in (other, None))
    np.testing.assert_array_equal(one.losses, two.losses)


def test_accuracy_counts_the_steps_that_have_a_loss(network, parameters):
    read = sequence(6)
    run = Run(problem_of(network, parameters, read)).complete()
    guessed = run.values("head/y").argmax(axis=2)
    right = Sequence(read.inputs, targets=np.where(read.loss_mask, guessed, -1))
    wrong = Sequence(read.inputs, targets=np.where(read.loss_mask, 1 - guessed, -1))
    assert accuracy(network, parameters, [right]) == 1
    assert accuracy(network, parameters, [wrong]) == 0
    assert accuracy(network, parameters, [right, wrong, right, right]) == 0.75
    assert np.isnan(accuracy(network, parameters, [Sequence(read.inputs)]))


# --- the shipped example ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def agreement():
    return read_scenario("agreement")


def test_held_out_sentences_are_longer_than_all_it_learned_from_and_half_mislead(agreement):
    task = agreement.task()
    tested = task.test_set(2000)
    assert min(sentence.gap for sentence in tested) > task.training_gaps[1]
    assert sum(sentence.attractor for sentence in tested) == sum(sentence.label for sentence in tested) == 1000
    lengths = {batch.length for batch, _ in zip(agreement.batches(), range(200), strict=False)}
    assert max(lengths) <= 6 + task.training_gaps[1]  # the longest opening has six words
    for batch in agreement.held_out(400):
        assert not set(batch.target_labels) & set(batch.vocabulary.tokens)  # the verb is never an input
        assert batch.loss_mask[-1].all()
        assert not batch.loss_mask[:-1].any()


def test_the_shipped_weights_are_right_on_held_out_sentences(agreement):
    network, parameters, task = agreement.network(), agreement.parameters(), agreement.task()
    assert accuracy(network, parameters, agreement.held_out(2000)) >= 0.99
    misled = tuple(sentence for sentence in task.test_set(2000) if sentence.attractor)
    assert accuracy(network, parameters, task.sequences(misled)) >= 0.98


def test_the_shipped_example_leaves_a_gradient_to_look_at(agreement):
    run = Run(problem_of(agreement.network(), agreement.parameters(), agreement.sequence())).complete()
    were = run.values("head/y")[:, 0, 1]
    assert 0.9 < were[-1] < 0.995
    assert were[1] > were[0] + 0.2  # "cats" says most of it
    assert were[4] < were[3]  # "dog" pulls the other way
    for path in ("l0/h", "l0/c"):
        assert (np.linalg.norm(run.adjoints(path)[:, 0], axis=1) > 0.02).all()


def test_the_recipe_makes_the_shipped_weights_again(agreement):
    weights = read_weights(resource_path("weights", "agreement.npz"))
    learning = agreement.settings.learning
    (stage,) = weights.recipe["stages"]
    assert (stage["iterations"], stage["seed"], stage["batch"]) == (len(weights.losses), learning.seed, learning.batch)
    start = agreement.initial_parameters()
    again = train(agreement.network(), start, agreement.batches(), learning.step(), 25)
    # Other machines round differently, and every iteration carries that on; 25 of them amplify it a little.
    np.testing.assert_allclose(again.losses, weights.losses[:25], rtol=1e-8)
