"""Sequences side by side are what each of them is alone, with padding behind the shorter ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import DataError, ShapeError
from core.sequence import from_numbers, from_text, last_target, next_token_targets
from core.side_by_side import side_by_side
from core.vocabulary import Vocabulary

WORDS = Vocabulary(("the", "cats", "sat", "dogs"))


def test_texts_of_different_lengths():
    batch = side_by_side([from_text(text, WORDS) for text in ("the cats", "the dogs sat", "cats")], "lines")
    assert batch.lengths.tolist() == [2, 3, 1]
    assert [batch.tokens_at(sample)[: batch.length_of(sample)] for sample in range(3)] == [
        ("the", "cats"),
        ("the", "dogs", "sat"),
        ("cats",),
    ]
    assert not batch.inputs[2, 0].any()
    assert batch.vocabulary is WORDS
    assert batch.name == "lines"
    assert next_token_targets(batch).targets.tolist() == [[1, 3, -1], [-1, 2, -1], [-1, -1, -1]]
    assert last_target(batch, 1).loss_mask.T.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_equal_lengths_need_no_padding():
    batch = side_by_side([from_numbers(np.full((3, 2), value)) for value in (1.0, 2.0)])
    assert batch.lengths is None
    assert batch.inputs[:, :, 0].tolist() == [[1.0, 2.0]] * 3


def test_what_cannot_stand_side_by_side():
    with pytest.raises(DataError, match="at least one"):
        side_by_side([])
    with pytest.raises(ShapeError, match="Sequence 2 has 3 numbers per step, expected 2"):
        side_by_side([from_numbers(np.ones((2, 2))), from_numbers(np.ones((2, 3)))])


def test_padding_is_never_asked():
    batch = side_by_side([from_text(text, WORDS) for text in ("the cats", "the dogs sat")])
    asked = replace(batch, targets=np.zeros((3, 2), int), known=None)
    assert asked.known.T.tolist() == [[0, 0, -1], [0, 0, 0]]
    numbers = replace(batch, targets=np.zeros((3, 2, 1)), known=None)
    assert np.isnan(numbers.targets[2, 0, 0])


def test_losses_are_switched_in_one_sequence_only():
    batch = next_token_targets(side_by_side([from_text(text, WORDS) for text in ("the cats sat", "the dogs")]))
    one = batch.with_loss_at([1], sample=0)
    assert one.targets.T.tolist() == [[-1, 2, -1], [3, -1, -1]]
    assert one.known is batch.known or np.array_equal(one.known, batch.known)
    with pytest.raises(DataError, match="Step 2 has no target"):
        batch.with_loss_at([1], sample=1)
