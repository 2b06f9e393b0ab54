"""Training on batches of different lengths: an iteration against its sequences alone, a task that needs both ways."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, repeat

import numpy as np

from core.language import read_cell
from core.learning.optimisers import SGD, Adam
from core.learning.step import LearningSettings
from core.learning.training import accuracy, train
from core.network import Network
from core.network_file import read_network_file
from core.posing import problem_of
from core.run import Run
from core.sequence import Sequence
from core.stack import LayerSpec, build_stack
from core.tasks.blank import BlankTask
from tests.core.network_cases import BOTH, layer, stack

LENGTHS = (5, 2, 4, 1)


def test_an_iteration_takes_the_mean_over_sequences_of_different_lengths() -> None:
    network = stack(layer("lstm", 3, BOTH), layer("gru", 2, BOTH, join="readout"))
    generator = np.random.default_rng(5)
    inputs, targets = generator.normal(size=(5, 4, 2)), generator.integers(-1, 3, (5, 4))
    targets[0] = 1
    batch = Sequence(inputs, targets=targets, lengths=np.array(LENGTHS))
    inputs[np.arange(5)[:, None] >= np.array(LENGTHS)] = np.nan  # read, or learned from, it would show
    padded = Sequence(inputs, targets=targets, lengths=np.array(LENGTHS))
    parameters = network.initial_parameters(1)
    alone = [Sequence(inputs[:n, b : b + 1], targets=targets[:n, b : b + 1]) for b, n in enumerate(LENGTHS)]
    runs = [Run(problem_of(network, parameters, sequence)).complete() for sequence in alone]
    for given in (batch, padded):
        result = train(network, parameters, repeat(given), LearningSettings(SGD(rate=0.5)), 1)
        np.testing.assert_allclose(result.losses[0], np.mean([run.losses().sum() for run in runs]), rtol=1e-12)
        for path in network.trainable:
            mean = sum(run.gradient(path) for run in runs) / len(runs)
            np.testing.assert_allclose(result.parameters[path], parameters[path] - 0.5 * mean, rtol=1e-11, atol=1e-13)


def test_filling_a_blank_needs_the_words_behind_it() -> None:
    task = BlankTask()
    example = task.example()
    both = read_network_file("fill_the_blank").network(inputs=example.width, outputs=task.outputs)
    forward = build_stack(
        [LayerSpec(read_cell("rnn_tanh"), 20)], inputs=example.width, loss="cross-entropy", outputs=task.outputs
    )
    assert learned(both, task) > 0.97
    assert learned(forward, task) < 0.6  # one word of three


def learned(network: Network, task: BlankTask) -> float:
    """The share of missing words that a network finds after a short training."""
    settings = LearningSettings(Adam(rate=0.02))
    result = train(network, network.initial_parameters(0), batches(task), settings, 120)
    return accuracy(network, result.parameters, task.held_out(100))


def batches(task: BlankTask) -> Iterator[Sequence]:
    """Sentences of different lengths, padded."""
    for number in count():
        batch = task.batch(np.random.default_rng((0, number)), 16)
        assert batch.lengths is not None
        yield batch
