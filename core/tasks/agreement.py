"""Subject and verb agree over a distance: "the cats that the dog chased yesterday" … were.

The verb itself is never an input: after the last word the network says "was" or "were". What stands between the
subject and the end (the gap) is made of phrases that say nothing about the subject's number: clause verbs are in the
past tense, and the other nouns are singular or plural at random. A noun of the other number nearest to the verb is
called an attractor, because it pulls towards the wrong answer. The subject need not be the first noun either: "near
the houses the cat that slept" … was.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.sequence import Sequence
from core.tasks.task import Task
from core.vocabulary import Vocabulary

EXAMPLE = "the cats that the dog chased yesterday"
LABELS = ("was", "were")

# Nouns in pairs, singular before plural, so that the parity of a noun's place is its number.
_BEINGS = [
    *("cat", "cats", "dog", "dogs", "bird", "birds", "horse", "horses"),
    *("child", "children", "farmer", "farmers", "teacher", "teachers"),
]
_PLACES = ["house", "houses", "tree", "trees", "river", "rivers", "garden", "gardens"]
_CLASSES: dict[str, list[str]] = {
    "noun": _BEINGS + _PLACES,
    "being": _BEINGS,
    "the": ["the"],
    "that": ["that"],
    "adjective": ["old", "young", "small", "big", "quiet", "happy"],
    "chased": ["chased", "saw", "liked", "followed", "helped", "called"],
    "slept": ["slept", "waited", "laughed"],
    "near": ["near", "behind", "beside", "opposite"],
    "outside": ["outside", "nearby"],
    "yesterday": ["yesterday", "today", "often", "again"],
    "once": ["once", "later", "yesterday", "today"],
}
_TOKENS = tuple(dict.fromkeys(word for words in _CLASSES.values() for word in words))
_NOUNS = len(_BEINGS) + len(_PLACES)
_SLOTS = tuple(_CLASSES)
_SIZES = np.array([len(words) for words in _CLASSES.values()])
_WORDS = np.array([[_TOKENS.index(words[i % len(words)]) for i in range(max(_SIZES))] for words in _CLASSES.values()])


class _Phrase(NamedTuple):
    """A phrase of the gap: which endings it may follow, its words as slots, and how it ends."""

    after: str
    slots: tuple[int, ...]
    end: str


def _phrase(after: str, words: str, end: str) -> _Phrase:
    return _Phrase(after, tuple(_SLOTS.index(word) for word in words.split()), end)


# Endings: N a noun, O a noun that ends a clause, V a verb, C closed by an adverb. A clause ("that …") needs a noun
# before it, an adverb needs a clause.
_PHRASES = (
    _phrase("N", "outside", "C"),
    _phrase("OV", "yesterday", "C"),
    _phrase("NO", "that slept", "V"),
    _phrase("NOVC", "near the noun", "N"),
    _phrase("NOVC", "near the adjective noun", "N"),
    _phrase("NO", "that chased the being", "O"),
    _phrase("NO", "that chased the adjective being", "O"),
    _phrase("NO", "that the being chased", "V"),
    _phrase("NO", "that the adjective being chased", "V"),
    _phrase("NO", "that the being near the noun chased", "V"),
)
_REPEATS = 20  # so many draws for one new sentence mean that there are hardly any more
_OPENINGS = tuple(
    tuple(_SLOTS.index(word) for word in words.split())
    for words in (
        "the being",
        "the adjective being",
        "once the being",
        "once the adjective being",
        "near the noun the being",  # the first noun is not the subject
        "near the noun the adjective being",
    )
)


class Sentence(msgspec.Struct, frozen=True):
    """A sentence up to its verb. ``label`` is 0 for "was" and 1 for "were"."""

    tokens: tuple[str, ...]
    label: int
    gap: int  # tokens between the subject noun and the end
    attractor: bool  # the noun nearest to the verb has the other number

    def __str__(self) -> str:
        return " ".join(self.tokens)


class AgreementTask(Task, frozen=True, tag="agreement"):
    """Sentences with short gaps to learn from and longer ones to be tested on."""

    training_gaps: tuple[int, int] = (1, 6)
    test_gaps: tuple[int, int] = (7, 14)

    metric = "right verbs"

    def __post_init__(self) -> None:
        _check_gaps(self.training_gaps)
        _check_gaps(self.test_gaps)
        if self.test_gaps[0] <= self.training_gaps[1]:
            raise DataError(
                f"Test gaps start at {self.test_gaps[0]} but training gaps reach {self.training_gaps[1]}: "
                "every test gap must be longer than any in training."
            )
        if self.test_gaps[0] < 3:
            raise DataError(f"Test gaps start at {self.test_gaps[0]}; shorter than 3 words they need not hold a noun.")

    @property
    def vocabulary(self) -> Vocabulary:
        """All words of the sentences; the verb forms to be predicted are not among them."""
        return Vocabulary(_TOKENS)

    @property
    def labels(self) -> tuple[str, ...]:
        """The verb forms."""
        return LABELS

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` test sentences (a multiple of 4), as batches of equal length. Raises DataError."""
        return self.sequences(self.test_set(count))

    def sample(self, generator: np.random.Generator, count: int, gaps: tuple[int, int]) -> tuple[Sentence, ...]:
        """``count`` random sentences; every gap from ``gaps[0]`` to ``gaps[1]`` is equally likely."""
        _check_gaps(gaps)
        drawn = generator.integers(gaps[0], gaps[1] + 1, count)
        return tuple(_sentence(_filled(generator, [_pattern(generator, gap)])[0], gap) for gap in drawn.tolist())

    def training_set(self, count: int) -> tuple[Sentence, ...]:
        """``count`` different training sentences, always the same for one seed."""
        generator = np.random.default_rng((self.seed, 0))
        found: dict[Sentence, None] = {}
        while len(found) < count:
            before, wanted = len(found), max(count - len(found), 50)
            found.update(dict.fromkeys(self.sample(generator, wanted, self.training_gaps)))
            if (len(found) - before) * _REPEATS < wanted:
                raise _too_many(count, self.training_gaps)
        return tuple(found)[:count]

    def test_set(self, count: int) -> tuple[Sentence, ...]:
        """``count`` different test sentences (a multiple of 4): half "were", and in half of each an attractor."""
        if count < 4 or count % 4:
            raise DataError(
                f"A balanced test set has a multiple of 4 sentences, got {count}. Ask for {count // 4 * 4 + 4}."
            )
        generator = np.random.default_rng((self.seed, 1))
        found: dict[Sentence, None] = {}
        for _ in range(_REPEATS * count):
            gap = int(generator.integers(self.test_gaps[0], self.test_gaps[1] + 1))
            row = _filled(generator, [_pattern(generator, gap)])[0]
            if (row[-gap:] >= _NOUNS).all():
                continue  # no noun between subject and verb, so nothing to be misled by
            label, attractor = len(found) % 2, len(found) // 2 % 2
            found[_sentence(_with_numbers(row, gap, label, attractor), gap)] = None
            if len(found) == count:
                return tuple(found)
        raise _too_many(count, self.test_gaps)

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` fresh training sentences of one random length: a Sequence with inputs (T, size, V)."""
        first, last = self.training_gaps
        length = len(_opening(generator)) + int(generator.integers(first, last + 1))
        openings = [o for o in _OPENINGS if first <= length - len(o) <= last]
        drawn = [openings[i] for i in generator.integers(len(openings), size=size).tolist()]
        ids = _filled(generator, [o + _gap(generator, length - len(o)) for o in drawn])
        subjects = ids[np.arange(size), [len(o) - 1 for o in drawn]]
        return self._sequence(ids, subjects % 2, f"agreement, {length} words")

    def sequence(self, sentence: Sentence) -> Sequence:
        """One sentence as a Sequence, its target at the last step."""
        return self.sequences((sentence,))[0]

    def sequences(self, sentences: tuple[Sentence, ...]) -> tuple[Sequence, ...]:
        """The sentences as batches of equal length, shortest first."""
        groups: dict[int, list[Sentence]] = {}
        for sentence in sentences:
            groups.setdefault(len(sentence.tokens), []).append(sentence)
        return tuple(self._batch_of(groups[length]) for length in sorted(groups))

    def example(self) -> Sequence:
        """The ready example as a Sequence, its target at the last step."""
        tokens = tuple(EXAMPLE.split())
        return self.sequence(Sentence(tokens, label=1, gap=5, attractor=True))

    def _batch_of(self, sentences: list[Sentence]) -> Sequence:
        vocabulary = self.vocabulary
        ids = np.array([vocabulary.encode(sentence.tokens) for sentence in sentences])
        name = str(sentences[0]) if len(sentences) == 1 else f"agreement, {ids.shape[1]} words"
        return self._sequence(ids, np.array([sentence.label for sentence in sentences]), name)

    def _sequence(self, ids: NDArray[np.int64], labels: NDArray[np.int64], name: str) -> Sequence:
        vocabulary = self.vocabulary
        targets = np.full(ids.T.shape, -1)
        targets[-1] = labels
        return Sequence(
            inputs=vocabulary.one_hot(ids.T),
            tokens=vocabulary.decode(ids[0]),
            targets=targets,
            target_labels=LABELS,
            vocabulary=vocabulary,
            kind="words",
            name=name,
        )


def _pattern(generator: np.random.Generator, gap: int) -> tuple[int, ...]:
    """The slots of a whole sentence with this gap."""
    return _opening(generator) + _gap(generator, gap)


def _opening(generator: np.random.Generator) -> tuple[int, ...]:
    return _OPENINGS[int(generator.integers(len(_OPENINGS)))]


def _gap(generator: np.random.Generator, length: int) -> tuple[int, ...]:
    """Random phrases that fill exactly ``length`` tokens after the subject noun."""
    slots: tuple[int, ...] = ()
    ending = "N"
    while len(slots) < length:
        choices = _choices(ending, length - len(slots))
        phrase = choices[int(generator.integers(len(choices)))]
        slots, ending = slots + phrase.slots, phrase.end
    return slots


@cache
def _choices(ending: str, left: int) -> tuple[_Phrase, ...]:
    """The phrases that may follow ``ending`` and from which ``left`` tokens can be filled exactly."""
    fitting = (phrase for phrase in _PHRASES if ending in phrase.after and len(phrase.slots) <= left)
    return tuple(p for p in fitting if len(p.slots) == left or _choices(p.end, left - len(p.slots)))


def _filled(generator: np.random.Generator, patterns: list[tuple[int, ...]]) -> NDArray[np.int64]:
    """Random words for patterns of equal length: (count, T) token numbers."""
    slots = np.array(patterns)
    return _WORDS[slots, generator.integers(_SIZES[slots])]


def _with_numbers(row: NDArray[np.int64], gap: int, label: int, attractor: int) -> NDArray[np.int64]:
    """``row`` whose subject has the number ``label``, and whose nearest noun the same or (attractor) the other."""
    row = row.copy()
    subject, nearest = len(row) - gap - 1, int(np.flatnonzero(row < _NOUNS)[-1])
    row[nearest] += (label ^ attractor) - row[nearest] % 2
    row[subject] += label - row[subject] % 2
    return row


def _sentence(row: NDArray[np.int64], gap: int) -> Sentence:
    tokens = tuple(_TOKENS[i] for i in row.tolist())
    label, nearest = int(row[-gap - 1] % 2), int(row[row < _NOUNS][-1] % 2)
    return Sentence(tokens, label, gap, attractor=label != nearest)


def _check_gaps(gaps: tuple[int, int]) -> None:
    if not 1 <= gaps[0] <= gaps[1]:
        raise DataError(f"Gaps run from a first to a last length, both at least 1, got {gaps[0]} to {gaps[1]}.")


def _too_many(count: int, gaps: tuple[int, int]) -> DataError:
    return DataError(
        f"Asked for {count:,} different sentences, but gaps of {gaps[0]} to {gaps[1]} words hardly give as many. "
        "Ask for fewer, or allow longer gaps."
    )
