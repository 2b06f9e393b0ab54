"""Agreement sentences: right labels, short gaps to learn from, longer and balanced ones to be tested on."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import DataError
from core.sequence import from_text
from core.tasks.agreement import EXAMPLE, LABELS, AgreementTask, Sentence

PLURALS = {"cats", "dogs", "birds", "horses", "children", "farmers", "teachers", "houses", "trees", "rivers", "gardens"}
SINGULARS = {"cat", "dog", "bird", "horse", "child", "farmer", "teacher", "house", "tree", "river", "garden"}


@pytest.fixture
def task():
    return AgreementTask(seed=3)


def check(sentence: Sentence) -> None:
    """The sentence says of itself what its words say."""
    assert sentence.tokens[-sentence.gap - 1] in (PLURALS if sentence.label else SINGULARS)
    nouns = [token for token in sentence.tokens if token in PLURALS | SINGULARS]
    assert sentence.attractor == ((nouns[-1] in PLURALS) != bool(sentence.label))


def test_the_verb_is_never_an_input_and_all_words_are_known(task):
    assert not set(LABELS) & set(task.vocabulary.tokens)
    assert 40 <= len(task.vocabulary) <= 70
    assert set(task.vocabulary.tokens) >= PLURALS | SINGULARS


def test_training_sentences_are_short_labelled_right_and_have_attractors(task):
    sentences = task.training_set(500)
    for sentence in sentences:
        check(sentence)
    assert len(set(sentences)) == 500
    assert {sentence.gap for sentence in sentences} == set(range(1, 7))
    assert 0.4 < np.mean([sentence.label for sentence in sentences]) < 0.6
    assert np.mean([sentence.attractor for sentence in sentences]) > 0.2


def test_test_sentences_are_longer_balanced_and_half_have_an_attractor(task):
    sentences = task.test_set(400)
    for sentence in sentences:
        check(sentence)
    assert {sentence.gap for sentence in sentences} == set(range(7, 15))
    for label in (0, 1):
        of_label = [sentence.attractor for sentence in sentences if sentence.label == label]
        assert (len(of_label), sum(of_label)) == (200, 100)
    assert len({sentence.tokens for sentence in sentences}) == 400
    assert not {s.tokens for s in sentences} & {s.tokens for s in task.training_set(2_000)}


def test_neither_the_first_nor_the_last_noun_gives_the_answer_away(task):
    sentences = task.test_set(400)
    for place in (0, -1):
        nouns = [[t for t in s.tokens if t in PLURALS | SINGULARS][place] in PLURALS for s in sentences]
        right = np.mean([noun == bool(s.label) for noun, s in zip(nouns, sentences, strict=True)])
        assert right < 0.9


def test_the_seed_fixes_the_sets_and_the_generator_the_batches(task):
    assert task.test_set(8) == AgreementTask(seed=3).test_set(8) != AgreementTask(seed=4).test_set(8)
    assert task.training_set(8) == AgreementTask(seed=3).training_set(8) != AgreementTask(seed=4).training_set(8)
    one, two = (task.batch(np.random.default_rng(5), 4) for _ in range(2))
    np.testing.assert_array_equal(one.inputs, two.inputs)


def test_a_batch_has_one_length_and_its_loss_at_the_last_step(task):
    generator = np.random.default_rng(0)
    lengths = set()
    for _ in range(60):
        batch = task.batch(generator, 16)
        lengths.add(batch.length)
        assert batch.inputs.shape == (batch.length, 16, len(task.vocabulary))
        assert batch.target_labels == LABELS
        assert (batch.targets[:-1] == -1).all()
        assert np.isin(batch.targets[-1], (0, 1)).all()
        assert batch.tokens_at(15)[0] in task.vocabulary
    assert min(lengths) >= 3
    assert len(lengths) >= 6


def test_the_labels_of_a_batch_are_those_of_its_subjects(task):
    batch = task.batch(np.random.default_rng(1), 64)
    for sample in range(64):
        tokens = batch.tokens_at(sample)
        fronted = tokens[0] in {"near", "behind", "beside", "opposite"}
        nouns = [token for token in tokens if token in PLURALS | SINGULARS]
        assert (nouns[1 if fronted else 0] in PLURALS) == batch.targets[-1, sample]


def test_sentences_become_batches_of_equal_length(task):
    sentences = task.test_set(40)
    batches = task.sequences(sentences)
    assert sum(batch.batch for batch in batches) == 40
    texts = {" ".join(batch.tokens_at(b)) for batch in batches for b in range(batch.batch)}
    assert texts == set(map(str, sentences))


def test_the_example_is_what_a_person_would_type(task):
    example = task.example()
    typed = from_text(EXAMPLE, task.vocabulary)
    np.testing.assert_array_equal(example.inputs, typed.inputs)
    assert example.tokens == typed.tokens
    assert example.target_labels[example.targets[-1, 0]] == "were"
    assert example.name == EXAMPLE


def test_what_cannot_be_made_is_refused(task, monkeypatch):
    monkeypatch.setattr("core.tasks.agreement._REPEATS", 3)  # gives up sooner
    with pytest.raises(DataError, match="multiple of 4"):
        task.test_set(6)
    with pytest.raises(DataError, match="longer than any"):
        AgreementTask(training_gaps=(1, 7), test_gaps=(7, 9))
    with pytest.raises(DataError, match="at least 1"):
        AgreementTask(training_gaps=(0, 3))
    with pytest.raises(DataError, match="hold a noun"):
        AgreementTask(training_gaps=(1, 1), test_gaps=(2, 3))
    with pytest.raises(DataError, match="hardly give"):
        AgreementTask(training_gaps=(1, 1)).training_set(20_000)
