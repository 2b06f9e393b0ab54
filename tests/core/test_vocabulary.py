"""A Vocabulary numbers tokens, and says what it does not know."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.errors import DataError
from core.vocabulary import Vocabulary


def test_encode_decode_and_look_up():
    words = Vocabulary(("b", "a"))
    assert words.encode(("a", "b", "a")).tolist() == [1, 0, 1]
    assert words.decode([1, 0]) == ("a", "b")
    assert words.index("a") == 1
    assert "a" in words
    assert "c" not in words
    assert len(words) == 2


def test_one_hot_of_any_shape():
    rows = Vocabulary(("a", "b", "c")).one_hot(np.array([[0, 2]]))
    assert rows.dtype == np.float64
    assert rows.tolist() == [[[1, 0, 0], [0, 0, 1]]]


@pytest.mark.parametrize("ids", [[3], [-1], [0.5]])
def test_numbers_outside_are_refused(ids):
    with pytest.raises(DataError):
        Vocabulary(("a", "b", "c")).one_hot(ids)


@pytest.mark.parametrize("tokens", [(), ("a", "a"), ("a", "")])
def test_unusable_vocabularies_are_refused(tokens):
    with pytest.raises(DataError):
        Vocabulary(tokens)


def test_a_difference_of_case_is_the_nearest_match():
    assert Vocabulary(("THE", "then")).near("the")[0] == "THE"


def test_many_unknown_words_get_a_short_and_quick_answer():
    words = Vocabulary(tuple(f"word{number}" for number in range(15_000)))
    start = time.thread_time()
    with pytest.raises(DataError, match="and 995 more are not in") as caught:
        words.encode(f"unknown{number}" + "x" * 500 for number in range(1_000))
    assert time.thread_time() - start < 1
    assert len(str(caught.value)) < 600
