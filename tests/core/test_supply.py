"""Batches hang on a seed and a number alone; without a task they are the own sequence."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from core.sequence import Sequence
from core.supply import Supply
from core.tasks import TASKS

OWN = Sequence(np.ones((3, 2, 1)), targets=np.array([[-1, 0], [1, 0], [0, 1]]))


def test_a_batch_is_the_same_however_it_was_come_to():
    supply = Supply(TASKS["copy"](delay=2), OWN, 4, 9)
    for number, batch in zip(range(3, 6), islice(supply.batches(3), 3), strict=True):
        np.testing.assert_array_equal(batch.inputs, supply.batch(number).inputs)
        assert batch.batch == 4
    other = Supply(TASKS["copy"](delay=2), OWN, 4, 10).batch(3)
    assert not np.array_equal(other.inputs, supply.batch(3).inputs)


def test_without_a_task_the_own_sequence_is_learned_from_and_looked_at():
    supply = Supply(None, OWN)
    assert supply.batch(7) is OWN
    assert supply.held_out(100) == (OWN,)
    assert supply.metric == "right answers"
    assert Supply(None, Sequence(np.ones((3, 1, 1)), targets=np.ones((3, 1, 1)))).metric == ""


@pytest.mark.parametrize("name", sorted(TASKS))
def test_what_is_held_out_is_as_much_as_there_is(name):
    supply = Supply(TASKS[name](), OWN)
    found = supply.some_held_out(48)
    assert 0 < sum(sequence.batch for sequence in found) <= 48


def test_few_sequences_are_better_than_none():
    found = Supply(TASKS["parity"](length=3, test_length=5), OWN).some_held_out(200)
    assert 4 <= sum(sequence.batch for sequence in found) < 32
