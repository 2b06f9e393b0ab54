"""A Sequence holds what is read and what should be said, refuses what cannot be walked, and changes by copies."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import DataError, ShapeError
from core.sequence import (
    MAX_CHARACTERS,
    Sequence,
    Vocabulary,
    from_numbers,
    from_text,
    from_tokens,
    last_target,
    next_token_targets,
)

WORDS = Vocabulary(("the", "cat", "cats", "sat", "don't"))


def refusal(error, make, *arguments, **named):
    """The sentence with which ``make`` refuses."""
    with pytest.raises(error) as caught:
        make(*arguments, **named)
    return str(caught.value)


def test_words_become_one_hot_rows_of_the_vocabulary():
    sequence = from_text("The CATS, sat!", WORDS)
    assert sequence.tokens == ("the", "cats", "sat")
    assert sequence.kind == "words"
    assert sequence.inputs.dtype == np.float64
    assert (sequence.length, sequence.batch, sequence.width) == (3, 1, 5)
    np.testing.assert_array_equal(sequence.inputs[:, 0].argmax(axis=1), [0, 2, 3])
    np.testing.assert_array_equal(sequence.inputs.sum(axis=2), np.ones((3, 1)))


def test_without_a_vocabulary_the_text_gives_its_own():
    sequence = from_text("b a c a", kind="words")
    assert sequence.vocabulary == Vocabulary(("a", "b", "c"))


def test_characters_keep_case_and_spaces_and_chinese_is_found_by_itself():
    assert from_text("Ab a", kind="characters").tokens == ("A", "b", " ", "a")
    assert from_text("猫在家。").tokens == ("猫", "在", "家", "。")
    assert from_text("猫在家。").kind == "characters"
    assert from_text("我 love 猫。", kind="words").tokens == ("我", "love", "猫")


def test_unknown_words_are_named_with_near_matches():
    message = refusal(DataError, from_text, "the catz barked", WORDS)
    assert "“catz” (near: " in message
    assert "“cats”" in message
    assert "“barked”" in message
    assert "5 tokens" in message


def test_a_wrong_width_says_got_expected_and_what_to_do():
    message = refusal(ShapeError, from_numbers, [[1.0, 2.0], [3.0, 4.0]], 3)
    assert "Got 2 numbers per step, expected 3" in message
    assert "Give 3 columns" in message
    assert "expected 9" in refusal(ShapeError, from_text, "the cat", WORDS, width=9)


@pytest.mark.parametrize("text", ["", "   \n", "?!…"])
def test_an_empty_text_is_refused(text):
    assert "empty" in refusal(DataError, from_text, text, WORDS, kind="words")


@pytest.mark.parametrize("array", [[], np.zeros((0, 3)), np.zeros((3, 0)), np.zeros((2, 0, 1))])
def test_an_empty_array_is_refused(array):
    assert "empty" in refusal(DataError, from_numbers, array)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_non_finite_number_is_named_by_row_and_column(bad):
    array = np.zeros((4, 3))
    array[2, 1] = bad
    assert "row 3, column 2" in refusal(DataError, from_numbers, array)
    batch = np.zeros((4, 2, 3))
    batch[3, 1, 0] = bad
    assert "row 4, sequence 2, column 1" in refusal(DataError, from_numbers, batch)


@pytest.mark.parametrize(
    ("shape", "steps"), [((5,), (5, 1, 1)), ((5, 3), (5, 1, 3)), ((5, 2, 3), (5, 2, 3)), ((1, 4), (1, 1, 4))]
)
def test_arrays_of_one_two_and_three_axes(shape, steps):
    assert from_numbers(np.ones(shape)).inputs.shape == steps


def test_other_arrays_are_refused():
    assert "4 axes" in refusal(ShapeError, from_numbers, np.zeros((1, 1, 1, 1)))
    assert "complex numbers" in refusal(DataError, from_numbers, np.zeros(3, complex))
    assert "different lengths" in refusal(DataError, from_numbers, [[1.0], [2.0, 3.0]])


def test_typed_numbers_one_line_is_one_number_per_step():
    assert from_text("1 2 -3.5").tokens == ("1", "2", "-3.5")
    assert from_numbers("1, 2, 3", 1).inputs.shape == (3, 1, 1)
    assert from_numbers("1, 2, 3", 3).inputs.shape == (1, 1, 3)
    assert from_numbers("1 2\n3 4").tokens == ("", "")


def test_too_long_is_refused_with_the_limit():
    assert "20,001 steps" in refusal(DataError, from_numbers, np.zeros(20_001))
    assert "at most 20,000" in refusal(DataError, from_text, "a " * 20_001, kind="words")
    assert "at most 1,000,000" in refusal(DataError, from_text, "a" * (MAX_CHARACTERS + 1))
    many = [str(number) for number in range(5_000)]
    assert "numbers, but at most 16,000,000 fit" in refusal(DataError, from_tokens, many)


def test_nobody_can_change_the_arrays():
    array = np.ones((3, 2))
    sequence = from_numbers(array)
    array[0, 0] = 9
    assert sequence.inputs[0, 0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        sequence.inputs[0] = 0
    view = array.reshape(3, 1, 2)
    view.flags.writeable = False  # its base can still be written
    held = Sequence(view)
    array[1] = 7
    assert held.inputs[1].max() == 1


def test_with_input_replaces_one_step_in_a_copy():
    sequence = from_text("the cat sat", WORDS)
    changed = sequence.with_input(1, "cats")
    assert changed.tokens == ("the", "cats", "sat")
    assert sequence.tokens == ("the", "cat", "sat")
    mixed = sequence.with_input(1, [0, 0.5, 0.5, 0, 0])
    assert mixed.tokens == ("the", "", "sat")
    np.testing.assert_array_equal(mixed.inputs[1, 0], [0, 0.5, 0.5, 0, 0])
    assert from_numbers([1.0, 2.0]).with_input(0, [2.5]).tokens == ("2.5", "2")


def test_with_input_refuses_what_does_not_fit():
    sequence = from_numbers(np.zeros((2, 3)))
    assert "got 2 numbers, expected 3" in refusal(ShapeError, sequence.with_input, 0, [1.0, 2.0])
    assert "NaN" in refusal(DataError, sequence.with_input, 0, [1.0, np.nan, 0.0])
    assert "no step 3" in refusal(DataError, sequence.with_input, 2, [1.0, 2.0, 3.0])
    assert "no vocabulary" in refusal(DataError, sequence.with_input, 0, "cat")


def test_next_token_targets():
    sequence = next_token_targets(from_text("the cat sat", WORDS))
    np.testing.assert_array_equal(sequence.targets, [[1], [3], [-1]])
    assert sequence.target_labels == WORDS.tokens
    np.testing.assert_array_equal(sequence.loss_mask, [[True], [True], [False]])
    assert "two" in refusal(DataError, next_token_targets, from_text("cat", WORDS))
    assert "numbers" in refusal(DataError, next_token_targets, from_numbers([1.0, 2.0]))


def test_last_target_by_label_or_number():
    plain = from_text("the cat sat", WORDS)
    by_label = last_target(plain, "were", ("was", "were"))
    np.testing.assert_array_equal(by_label.targets, [[-1], [-1], [1]])
    assert last_target(by_label, 0).target_labels == ("was", "were")
    message = refusal(DataError, last_target, plain, "where", ("was", "were"))
    assert "“where” (near: “were”" in message
    assert "class 2, expected 0 to 1" in refusal(DataError, last_target, plain, 2, ("was", "were"))
    assert "no names" in refusal(DataError, last_target, plain, "were")


def test_loss_at_all_last_or_chosen_steps_and_back_again():
    full = next_token_targets(from_text("the cat sat the cat", WORDS))
    assert full.with_loss_at("last").targets.ravel().tolist() == [-1, -1, -1, 1, -1]
    assert full.with_loss_at([0, 2]).targets.ravel().tolist() == [1, -1, 0, -1, -1]
    np.testing.assert_array_equal(full.with_loss_at("last").with_loss_at("all").targets, full.targets)
    assert "empty list" in refusal(DataError, full.with_loss_at, [])
    assert "no step 6" in refusal(DataError, full.with_loss_at, [5])
    assert "Step 5 has no target" in refusal(DataError, full.with_loss_at, [4])
    assert "no targets" in refusal(DataError, from_numbers([1.0]).with_loss_at, "all")


def test_numbers_as_targets_have_a_row_of_nan_where_there_is_no_loss():
    sequence = Sequence(np.zeros((3, 2, 1)), targets=np.arange(12.0).reshape(3, 2, 2))
    last = sequence.with_loss_at("last")
    assert last.loss_mask.tolist() == [[False, False], [False, False], [True, True]]
    assert np.isnan(last.targets[:2]).all()
    np.testing.assert_array_equal(last.targets[2], sequence.targets[2])


def test_with_target_at_one_step():
    numbers = from_numbers([1.0, 2.0]).with_target(1, [0.5])
    assert numbers.loss_mask.ravel().tolist() == [False, True]
    assert numbers.with_target(0, 3).targets.ravel().tolist() == [3.0, 0.5]
    classes = last_target(from_text("the cat", WORDS), "were", ("was", "were")).with_target(0, "was")
    assert classes.targets.ravel().tolist() == [0, 1]
    assert classes.with_target(0, -1).targets.ravel().tolist() == [-1, 1]
    message = refusal(ShapeError, classes.with_target, 0, [0.1, 0.9])
    assert "got 2 numbers, expected 1 class" in message
    assert "class 2" in refusal(DataError, classes.with_target, 0, 2)


def test_targets_that_do_not_fit_are_refused():
    inputs = np.zeros((2, 1, 1))
    assert "shape (3, 1)" in refusal(ShapeError, Sequence, inputs, targets=np.zeros((3, 1), int))
    assert "row 2, sequence 1 is 0.5" in refusal(DataError, Sequence, inputs, targets=[[0.0], [0.5]])
    assert "class -2" in refusal(DataError, Sequence, inputs, targets=[[0], [-2]])
    bad = np.array([[[1.0, np.nan]], [[0.0, 0.0]]])
    assert "row 1, column 2" in refusal(DataError, Sequence, inputs, targets=bad)
    assert "2 steps" in refusal(ShapeError, Sequence, inputs, tokens=("a",))
    assert "one per token" in refusal(ShapeError, Sequence, inputs, vocabulary=WORDS)


def test_tokens_of_every_batch_element():
    inputs = WORDS.one_hot([[0, 1], [2, 3]])
    sequence = Sequence(inputs, vocabulary=WORDS, kind="words")
    assert sequence.tokens == ("the", "cats")
    assert sequence.tokens_at(1) == ("cat", "sat")
    assert "it has 2" in refusal(DataError, sequence.tokens_at, 2)
