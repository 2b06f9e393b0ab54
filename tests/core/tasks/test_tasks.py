"""Every task: what it gives can be learned, both parts are reproducible, and they share nothing."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from core.tasks import TASKS, AnyTask
from core.tasks.adding import AddingTask
from core.tasks.bits import LagTask, ParityTask
from core.tasks.blank import BLANK, BlankTask
from core.tasks.characters import CharactersTask
from core.tasks.copying import NOTHING, RECALL, CopyTask
from core.tasks.reber import SYMBOLS, ReberTask, allowed_next
from core.tasks.series import SeriesTask

EVERY = [
    *(kind() for kind in TASKS.values()),
    BlankTask(language="chinese"),
    ReberTask(grammar="simple"),
    ParityTask(asked="last step"),
    CopyTask(symbols=8, count=10),
    *(SeriesTask(wave=wave) for wave in ("square", "two sines", "chaos")),
]
ONE_PART = (AddingTask, SeriesTask, CharactersTask)  # parted by streams of numbers, or by the place in the text


def names(task):
    return str(task).replace(" ", "")


every_task = pytest.mark.parametrize("task", EVERY, ids=names)


@every_task
def test_batches_are_reproducible_and_as_large_as_asked(task):
    one, other = (task.batch(np.random.default_rng(3), 6) for _ in range(2))
    assert one.batch == 6
    assert np.array_equal(one.inputs, other.inputs)
    assert np.array_equal(one.targets, other.targets, equal_nan=True)
    assert one.loss_mask.any(axis=0).all()  # something is asked in each sequence
    assert not np.array_equal(one.inputs, task.batch(np.random.default_rng(4), 6).inputs)


@every_task
def test_a_network_for_it_has_as_many_outputs_as_the_targets_need(task):
    batch = task.batch(np.random.default_rng(0), 4)
    if batch.targets.ndim == 2:
        assert task.outputs == len(task.labels)
        assert batch.targets.max() < task.outputs
        assert batch.target_labels == task.labels
    else:
        assert batch.targets.shape[2] == task.outputs
    assert (batch.vocabulary is None) == (task.vocabulary is None)
    assert batch.vocabulary is None or batch.vocabulary == task.vocabulary


@every_task
def test_the_test_part_is_the_same_for_one_seed_and_another_for_another(task):
    one, other = task.held_out(8), task.held_out(8)
    assert all(np.array_equal(a.inputs, b.inputs) for a, b in zip(one, other, strict=True))
    changed = msgspec.structs.replace(task, seed=9).held_out(8)
    same = [
        a.inputs.shape == b.inputs.shape and np.array_equal(a.inputs, b.inputs)
        for a, b in zip(one, changed, strict=False)
    ]
    assert len(one) != len(changed) or not all(same)


@pytest.mark.parametrize("task", [task for task in EVERY if not isinstance(task, ONE_PART)], ids=names)
def test_what_is_tested_is_never_learned_from(task):
    def contents(sequence):
        return {
            sequence.inputs[: sequence.length_of(b), b].tobytes()
            + sequence.targets[: sequence.length_of(b), b].tobytes()
            for b in range(sequence.batch)
        }

    learned = set().union(*(contents(task.batch(np.random.default_rng(n), 64)) for n in range(20)))
    tested = set().union(*(contents(sequence) for sequence in task.held_out(32)))
    assert tested
    assert not learned & tested


@every_task
def test_the_example_is_one_sequence(task):
    example = task.example()
    assert example.batch == 1
    assert example.loss_mask.any()


@every_task
def test_perfect_answers_score_all_of_it(task):
    for sequence in task.held_out(8):
        if sequence.targets.ndim == 2:
            outputs = np.eye(task.outputs)[np.maximum(sequence.targets, 0)]
        else:
            outputs = np.nan_to_num(sequence.targets)
        right, asked = task.score(outputs, sequence)
        assert right == asked > 0
        wrong = task.score(-outputs - 5.0 * (sequence.targets.ndim == 3), sequence)
        assert wrong[0] < wrong[1] == asked


@every_task
def test_it_stands_in_a_file_by_its_name(task):
    table = msgspec.to_builtins(task)
    assert TASKS[table["name"]] is type(task)
    assert msgspec.convert(table, AnyTask) == task


@given(symbols=st.integers(2, 26), count=st.integers(1, 12), delay=st.integers(1, 40), seed=st.integers(0, 99))
def test_copy_asks_for_what_came_in_its_order(symbols, count, delay, seed):
    task = CopyTask(seed=seed, symbols=symbols, count=count, delay=delay)
    try:
        batch = task.batch(np.random.default_rng(seed), 3)
    except DataError:
        assert symbols**count < 16  # all strings may have been held out
        return
    assert batch.length == 2 * count + delay
    for b in range(3):
        words = batch.tokens_at(b)
        assert words[count : count + delay] == (NOTHING,) * delay
        assert words[count + delay :] == (RECALL,) * count
        asked = [task.labels[n] for n in batch.targets[-count:, b]]
        assert asked == list(words[:count])
    assert not batch.loss_mask[:-count].any()


def test_short_strings_are_all_held_out_or_learned():
    task = CopyTask(symbols=3, count=2)
    (tested,) = task.held_out(1000)
    learned = {tuple(task.batch(np.random.default_rng(n), 1).tokens[:2]) for n in range(300)}
    assert len(learned) + tested.batch == 9


def test_adding_asks_for_the_sum_of_the_marked():
    batch = AddingTask(length=11).batch(np.random.default_rng(1), 50)
    numbers, marks = batch.inputs[..., 0], batch.inputs[..., 1]
    assert (marks.sum(axis=0) == 2).all()
    assert (marks[:5].sum(axis=0) == 1).all()
    assert np.allclose(batch.targets[-1, :, 0], (numbers * marks).sum(axis=0))


def test_parity_counts_the_ones():
    task = ParityTask()
    (batch,) = task.held_out(20)
    assert batch.length == 20
    ones = batch.inputs[..., 1].cumsum(axis=0).astype(int)
    assert np.array_equal(batch.targets, ones % 2)
    with pytest.raises(DataError, match="test_length is 4, expected more than length"):
        ParityTask(length=4, test_length=4)


def test_lag_asks_for_an_earlier_bit():
    batch = LagTask(lag=3, length=9).batch(np.random.default_rng(0), 5)
    bits = batch.inputs[..., 1]
    assert np.array_equal(batch.targets[3:], bits[:-3])
    assert (batch.targets[:3] == -1).all()
    with pytest.raises(DataError, match="lag is 9, expected less than length"):
        LagTask(lag=9, length=9)


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_only_the_words_after_the_blank_tell_which_is_missing(language):
    task = BlankTask(language=language)
    before, after = {}, {}
    for n in range(40):
        batch = task.batch(np.random.default_rng(n), 32)
        for b in range(batch.batch):
            words = batch.tokens_at(b)[: batch.length_of(b)]
            place = words.index(BLANK)
            said = int(batch.targets[place, b])
            before.setdefault(words[:place], set()).add(said)
            after.setdefault(words[place + 1 :], set()).add(said)
    assert max(map(len, before.values())) == 3
    assert max(map(len, after.values())) == 1


def test_the_sentence_of_the_articles_is_the_example():
    assert "".join(BlankTask(language="chinese").example().tokens) == "我的手机坏了，我打算____一部新手机"


@pytest.mark.parametrize("grammar", ["simple", "embedded"])
def test_reber_strings_follow_the_grammar(grammar):
    task = ReberTask(grammar=grammar)
    batch = task.batch(np.random.default_rng(5), 200)
    for b in range(batch.batch):
        string = batch.inputs[: batch.length_of(b), b].argmax(axis=1).tolist()
        inner = string if grammar == "simple" else string[2:-2]
        for t, allowed in enumerate(allowed_next(inner)):
            following = [*inner[1:], SYMBOLS.index("E")][t]
            assert following in allowed
        if grammar == "embedded":
            assert string[-1] == string[1]
            assert SYMBOLS.tokens[string[0]] == "B"
            assert SYMBOLS.tokens[string[-2]] == "E"


def test_a_guess_of_the_embedded_symbol_is_right_half_of_the_time():
    task = ReberTask()
    (strings,) = task.held_out(400)
    outputs = np.zeros((strings.length, 400, 7))
    outputs[..., SYMBOLS.index("T")] = 1.0
    right, asked = task.score(outputs, strings)
    assert asked == 400
    assert 140 < right < 260


@pytest.mark.parametrize("wave", ["sine", "square", "two sines", "chaos"])
def test_series_ask_for_the_next_number(wave):
    batch = SeriesTask(wave=wave).batch(np.random.default_rng(2), 7)
    assert np.array_equal(batch.targets[:-1], batch.inputs[1:])
    assert np.abs(batch.inputs).max() <= 1.0


def test_characters_are_parted_by_their_place_in_the_text():
    task = CharactersTask()
    learned = {"".join(task.batch(np.random.default_rng(n), 1).tokens) for n in range(200)}
    (tested,) = task.held_out(50)
    text = "".join(tested.tokens_at(3))
    assert len(text) == 60
    assert not any(text[10:40] in piece for piece in learned)


def test_ones_own_text(tmp_path):
    file = tmp_path / "own.txt"
    file.write_text("我的手机坏了。" * 30, encoding="utf-8")
    task = CharactersTask(text=str(file), length=10)
    assert set(task.vocabulary.tokens) == set("我的手机坏了。")
    assert task.batch(np.random.default_rng(0), 2).length == 10
    file.with_name("short.txt").write_text("short", encoding="utf-8")
    with pytest.raises(DataError, match="has 5 characters, expected at least"):
        CharactersTask(text=str(tmp_path / "short.txt")).batch(np.random.default_rng(0), 1)
    with pytest.raises(DataError, match=r"There is no text “odes”\. Use one of: sonnets"):
        CharactersTask(text="odes").vocabulary  # noqa: B018


def test_more_than_there_are_is_refused():
    with pytest.raises(DataError, match="different sequences, got a wish for 500"):
        LagTask(lag=1, length=6).held_out(500)
