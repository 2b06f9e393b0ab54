"""A sequence becomes a problem: classes one-hot, no loss where there is no target, and clear words where it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from core.cell import load_cell
from core.errors import DataError, ShapeError
from core.network import build_network
from core.posing import asks_next, problem_of, targets_of, with_next_targets, with_target_like
from core.run import Run
from core.sequence import Sequence, from_numbers, from_text, from_tokens, last_target, next_token_targets
from core.side_by_side import side_by_side
from core.vocabulary import Vocabulary


@pytest.fixture
def network():
    return build_network(load_cell("lstm", inputs=3, units=4), outputs=2)


def sequence(**targets: object) -> Sequence:
    return Sequence(np.random.default_rng(0).normal(size=(5, 2, 3)), **targets)


def test_classes_become_one_hot_and_minus_one_means_no_loss():
    classes = np.array([[-1, 1], [0, -1], [-1, -1], [1, 1], [0, 0]])
    targets, weights = targets_of(sequence(targets=classes), 2)
    np.testing.assert_array_equal(weights, classes >= 0)
    np.testing.assert_array_equal(targets.sum(axis=2), weights)
    np.testing.assert_array_equal(targets.argmax(axis=2)[classes >= 0], classes[classes >= 0])


def test_numbers_stay_and_rows_of_nan_mean_no_loss():
    numbers = np.random.default_rng(1).normal(size=(5, 2, 2))
    numbers[2, 1] = np.nan
    targets, weights = targets_of(sequence(targets=numbers), 2)
    assert weights[2, 1] == 0
    assert weights.sum() == 9
    np.testing.assert_array_equal(targets, np.nan_to_num(numbers))


def test_a_sequence_without_targets_is_only_walked_forward(network):
    problem = problem_of(network, network.initial_parameters(0), sequence())
    assert problem.targets is None
    assert not Run(problem).has_loss


def test_the_loss_stands_where_the_sequence_says(network):
    words = last_target(from_tokens(["a", "b", "c", "b", "a"]), "no", ("no", "yes"))
    run = Run(problem_of(network, network.initial_parameters(0), words, window=2)).complete()
    assert run.problem.window == 2
    np.testing.assert_array_equal(run.losses()[:, 0] > 0, [False] * 4 + [True])
    np.testing.assert_allclose(run.losses()[-1, 0], -np.log(run.values("head/y")[-1, 0, 0]), rtol=1e-12)


def test_what_does_not_fit_is_said_in_numbers(network):
    parameters = network.initial_parameters(0)
    with pytest.raises(ShapeError, match="4 numbers per step, but the network reads 3"):
        problem_of(network, parameters, from_tokens("abcd"))
    with pytest.raises(DataError, match=r"step 1, sequence 1 is class 2 \(c\), but the network has the outputs 0 to 1"):
        problem_of(network, parameters, next_token_targets(from_tokens("bcab")))
    with pytest.raises(ShapeError, match="targets have 3 numbers per step, but the network gives 2"):
        problem_of(network, parameters, sequence(targets=np.zeros((5, 2, 3))))


WORDS = Vocabulary(("cats", "dogs", "ran"))


def read(text: str) -> Sequence:
    return from_text(text, WORDS, "words")


def test_a_text_without_a_target_gets_the_one_before_at_its_last_step():
    asked = last_target(read("cats ran"), "were", ("was", "were"))
    new = with_target_like(read("dogs cats ran"), asked, 2)
    assert new.target_labels == ("was", "were")
    assert new.targets[:, 0].tolist() == [-1, -1, 1]


def test_each_sequence_of_a_batch_is_asked_at_its_own_end():
    asked = last_target(read("cats ran"), "were", ("was", "were"))
    batch = side_by_side([read("dogs cats ran"), read("cats")])
    new = with_target_like(batch, asked, 2)
    assert new.targets.T.tolist() == [[-1, -1, 1], [1, -1, -1]]
    other = with_target_like(side_by_side([read("cats"), read("cats dogs")]), new.with_target(0, [-1, 0]), 2)
    assert other.targets.T.tolist() == [[1, -1], [-1, 0]]
    single = with_target_like(read("dogs ran"), batch.with_target(0, [-1, 0]), 2)
    assert single.targets.T.tolist() == [[-1, 0]]


def test_a_loss_that_is_switched_off_counts_as_a_target():
    asked = last_target(read("cats ran"), "were", ("was", "were")).with_target(0, "was")
    new = with_target_like(read("dogs ran"), asked.with_loss_at([0]), 2)
    assert new.targets[:, 0].tolist() == [-1, 1]


def test_names_of_classes_stay_without_a_target_and_with_too_few_outputs():
    names = ("was", "were")
    bare = with_target_like(read("dogs ran"), Sequence(read("cats").inputs, target_labels=names), 2)
    assert (bare.targets, bare.target_labels) == (None, names)
    too_few = with_target_like(read("dogs ran"), last_target(read("cats"), "were", names), 1)
    assert (too_few.targets, too_few.target_labels) == (None, names)


def test_own_targets_stay():
    own = last_target(read("cats ran"), "was", ("was", "were"))
    assert with_target_like(own, last_target(read("cats"), "were", ("was", "were")), 2) is own


def test_next_tokens_are_asked_for_again():
    asked = next_token_targets(read("cats ran dogs"))
    assert asks_next(asked)
    assert not asks_next(last_target(read("cats ran"), 1))
    new = with_target_like(read("dogs cats"), asked, 3)
    assert new.targets[:, 0].tolist() == [0, -1]
    assert new.target_labels == WORDS.tokens


def test_an_edit_of_a_step_does_not_end_asking_for_the_next():
    asked = with_next_targets(from_numbers([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]))
    assert asks_next(asked.with_input(1, [0.0, 0.0]))
    assert not asks_next(asked.with_input(1, [0.0, 0.0]).with_input(2, [0.0, 0.0]))
    assert asks_next(next_token_targets(read("cats ran dogs ran")).with_target(0, "cats"))


def test_numbers_ask_for_the_next_ones_or_keep_the_last():
    asked = with_next_targets(from_numbers([[1.0, 2.0], [3.0, 4.0]]))
    assert asks_next(asked)
    new = with_target_like(from_numbers([[5.0, 6.0], [7.0, 8.0], [9.0, 1.0]]), asked, 2)
    np.testing.assert_array_equal(new.targets[:, 0], [[7.0, 8.0], [9.0, 1.0], [np.nan, np.nan]])
    own = from_numbers([1.0, 2.0, 3.0]).with_target(1, [0.5])
    np.testing.assert_array_equal(with_target_like(from_numbers([4.0, 5.0]), own, 1).targets[:, 0, 0], [np.nan, 0.5])
    with pytest.raises(ShapeError, match="at least two"):
        with_next_targets(from_numbers([1.0]))


def test_a_batch_keeps_its_targets_and_another_one_takes_the_first():
    pair = Sequence(np.zeros((3, 2, 2))).with_target(2, np.array([0, 1]))
    assert with_target_like(Sequence(np.ones((4, 2, 2))), pair, 2).targets[-1].tolist() == [0, 1]
    assert with_target_like(Sequence(np.ones((4, 3, 2))), pair, 2).targets[-1].tolist() == [0, 0, 0]
