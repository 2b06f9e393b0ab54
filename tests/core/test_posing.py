"""A sequence becomes a problem: classes one-hot, no loss where there is no target, and clear words where it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from core.cell import load_cell
from core.errors import DataError, ShapeError
from core.network import build_network
from core.posing import problem_of, targets_of
from core.run import Run
from core.sequence import Sequence, from_tokens, last_target, next_token_targets


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
