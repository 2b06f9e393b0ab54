from __future__ import annotations

import numpy as np
import pytest

from core.errors import GatewalkError
from core.posing import with_next_targets
from core.sequence import Sequence, from_numbers, from_text, last_target
from core.vocabulary import Vocabulary
from desktop.dialogs.text_reading import (
    LABEL,
    NEXT,
    NONE,
    ROWS,
    TargetChoice,
    Wanted,
    batch_words,
    parts_of,
    read_text,
    target_kinds,
    targets_of_session,
    text_of,
    with_target,
    with_word,
)

VOCABULARY = Vocabulary.from_tokens(["the", "cats", "cat", "dog", "chased", "was", "were"])
MODEL = Wanted(VOCABULARY, len(VOCABULARY), 2, ("was", "were"))


def test_unknown_words_are_found_with_what_is_near() -> None:
    reading = read_text(("the caats chasd the dog",), "words", MODEL)
    assert reading.sequence is None
    assert reading.wrong == frozenset({1, 2})
    assert reading.unknown[0] == ("caats", ("cats", "cat"))
    assert "not in the vocabulary" in reading.problem


def test_what_fits_is_a_sequence() -> None:
    reading = read_text(("The cats chased, the dog!",), "words", MODEL)
    assert reading.problem == ""
    assert reading.tokens == ("the", "cats", "chased", "the", "dog")
    assert reading.sequence.vocabulary is VOCABULARY


@pytest.mark.parametrize("text", ["", "  \n", "1 2\n3", "1;x", "a" * 1_000_001, "nan nan"])
def test_anything_typed_is_answered_with_a_sentence(text: str) -> None:
    reading = read_text((text,), "numbers", Wanted(width=2))
    assert reading.sequence is None
    assert reading.problem


def test_another_width_than_the_model_reads_is_refused_also_for_words() -> None:
    assert "expected 3" in read_text(("one two",), "words", Wanted(width=3)).problem
    assert read_text(("one two",), "words", Wanted()).problem == ""


def test_chinese_is_read_character_by_character() -> None:
    assert read_text(("猫追狗",), "characters", Wanted()).tokens == ("猫", "追", "狗")


def test_the_targets_that_make_sense() -> None:
    assert target_kinds("words", MODEL) == (LABEL, NONE)
    assert target_kinds("words", Wanted(VOCABULARY, 7, 7, VOCABULARY.tokens)) == (NEXT, NONE)
    assert target_kinds("numbers", Wanted(None, 3, 1)) == (ROWS, NONE)
    assert target_kinds("characters", Wanted()) == (NEXT, NONE)


def test_targets_are_put_where_they_belong() -> None:
    words = from_text("the cats chased", VOCABULARY)
    assert with_target(words, TargetChoice(LABEL, "were"), MODEL).targets[:, 0].tolist() == [-1, -1, 1]
    assert with_target(words, TargetChoice(NEXT), MODEL).targets[-1, 0] == -1
    assert with_target(words, TargetChoice(NONE), MODEL).targets is None
    numbers = from_numbers([[1.0], [2.0], [3.0]])
    following = with_target(numbers, TargetChoice(NEXT), Wanted()).targets[:, 0, 0]
    assert following[:2].tolist() == [2.0, 3.0]
    assert np.isnan(following[2])
    last = with_target(numbers, TargetChoice(ROWS, rows="0.5"), Wanted(outputs=1)).targets[:, 0, 0]
    assert np.isnan(last[:2]).all()
    assert last[2] == 0.5
    assert with_target(numbers, TargetChoice(ROWS, rows="1 2 3"), Wanted(outputs=1)).targets[:, 0, 0].tolist() == [
        1,
        2,
        3,
    ]


@pytest.mark.parametrize("rows", ["", "1 2", "x", "1\n2"])
def test_targets_that_do_not_fit_are_refused(rows: str) -> None:
    with pytest.raises(GatewalkError):
        with_target(from_numbers([[1.0], [2.0], [3.0]]), TargetChoice(ROWS, rows=rows), Wanted(outputs=1))


def test_a_word_is_replaced_wherever_it_stands() -> None:
    assert with_word("Caats and caatsy, caats.", "caats", "cats", "words") == "cats and caatsy, cats."
    assert with_word("don’t", "don't", "do", "words") == "do"
    assert with_word("猫狗猫", "猫", "虎", "characters") == "虎狗虎"


def test_the_targets_of_a_session_are_told_from_it() -> None:
    words, numbers = from_text("the cats chased", VOCABULARY, "words"), from_numbers([[1.0, 2.0], [3.0, 4.5]])
    assert targets_of_session(words) == TargetChoice(NONE)
    assert targets_of_session(words.with_target(0, -1)) == TargetChoice(NONE)
    assert targets_of_session(last_target(words, "were", ("was", "were"))) == TargetChoice(LABEL, "were")
    assert targets_of_session(with_next_targets(words)) == TargetChoice(NEXT)
    assert targets_of_session(with_next_targets(numbers)) == TargetChoice(NEXT)
    assert targets_of_session(numbers.with_target(1, [0.5, 1.0])) == TargetChoice(ROWS, rows="0.5, 1")


@pytest.mark.parametrize(
    "sequence",
    [
        from_text("the cats chased", VOCABULARY, "words"),
        from_text("a b\nc", kind="characters"),
        from_numbers([[1.0, -2.5], [3e-9, 4.0]]),
        from_numbers([1.0, 2.0, 3.0]),
    ],
)
def test_a_sequence_is_written_so_that_it_is_read_again(sequence: Sequence) -> None:
    again = from_text(text_of(sequence), sequence.vocabulary, sequence.kind, width=sequence.width)
    np.testing.assert_array_equal(again.inputs, sequence.inputs)


def test_what_is_too_long_to_be_typed_is_left_out() -> None:
    assert text_of(from_numbers(np.zeros((3000, 1)))) == ""


def test_a_text_without_a_target_keeps_the_names_of_the_classes() -> None:
    read = with_target(from_text("the cats", VOCABULARY, "words"), TargetChoice(NONE), MODEL)
    assert (read.targets, read.target_labels) == (None, ("was", "were"))


def test_lines_are_sequences_side_by_side_and_can_be_typed_again():
    text = "the cats\n\n the dog chased \nthe"
    parts = parts_of(text, "words")
    assert len(parts) == 3
    batch = read_text(parts, "words", MODEL).sequence
    assert batch.lengths.tolist() == [2, 3, 1]
    assert batch.vocabulary == VOCABULARY
    assert text_of(batch) == "the cats\nthe dog chased\nthe"
    assert batch_words(batch) == "3 sequences of 1 to 3 steps"
    assert targets_of_session(with_target(batch, TargetChoice(NEXT), Wanted())).kind == NEXT


def test_lines_without_a_model_share_one_vocabulary():
    batch = read_text(("ab", "bcd"), "characters", Wanted()).sequence
    assert batch.vocabulary.tokens == ("a", "b", "c", "d")


def test_blocks_of_rows_are_sequences_of_numbers():
    parts = parts_of("1 2\n3 4\n \n5 6\n", "numbers")
    batch = read_text(parts, "numbers", Wanted(width=2)).sequence
    assert batch.lengths.tolist() == [2, 1]
    assert text_of(batch) == "1, 2\n3, 4\n\n5, 6"
    asked = with_target(batch, TargetChoice(ROWS, rows="7 8"), Wanted(outputs=2))
    assert asked.targets[[1, 0], [0, 1]].tolist() == [[7, 8], [7, 8]]
    assert asked.loss_mask.sum() == 2


def test_a_line_that_cannot_be_read_says_why():
    reading = read_text(("the cats", "the caats"), "words", MODEL)
    assert reading.sequence is None
    assert reading.wrong == {3}
    assert "caats" in reading.problem
