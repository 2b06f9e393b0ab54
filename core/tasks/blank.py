"""A word in the middle is missing, and the words after it say which one it was: a network must read both ways."""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.sequence import Sequence
from core.tasks.task import Ids, Task, of_tokens, test_rows, training_rows
from core.vocabulary import Vocabulary

BLANK = "____"
Language = Literal["english", "chinese"]

# What is broken, whose it is, who says so, when; and for each missing word how the sentence may go on.
_SLOTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "english": (
        ("my", "our", "her", "his"),
        ("phone", "radio", "lamp", "camera", "clock", "oven"),
        ("is broken", "is too old", "does not work", "fell into water"),
        ("so", "and"),
        ("I", "we", "they"),
        ("want to", "have to", "will"),
    ),
    "chinese": (
        ("我 的", "我们 的", "她 的", "他 的"),
        ("手机", "收音机", "台灯", "相机", "闹钟"),
        ("坏 了", "太 旧 了", "不能 用 了"),
        ("，",),
        ("我", "我们", "他们"),
        ("打算", "要", "想"),
    ),
}
_ENDINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "english": {
        "buy": ("a new one", "a better one in town", "another one today"),
        "repair": ("it with new parts", "it at home", "it instead of waiting"),
        "borrow": ("one from a friend", "one until Monday", "one for a week"),
    },
    "chinese": {
        "买": ("一部 新 手机", "一个 更好 的", "另 一个"),
        "修": ("它 一下", "好 它", "一 修 再 用"),
        "借": ("朋友 的 用", "一个 用 几天", "别人 的"),
    },
}
_FIRST = {
    "english": "my phone is broken so I will ____ a new one",
    "chinese": "我 的 手机 坏 了 ， 我 打算 ____ 一部 新 手机",
}


class BlankTask(Task, frozen=True, tag="blank"):
    """Sentences of which a verb is missing; it is asked for where it is missing."""

    language: Language = "english"

    metric = "missing words"

    @property
    def vocabulary(self) -> Vocabulary:
        """All words of the sentences, and the sign for the missing one."""
        return _VOCABULARIES[self.language]

    @property
    def labels(self) -> tuple[str, ...]:
        """The words that can be missing."""
        return tuple(_ENDINGS[self.language])

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` sentences to learn from."""
        return self._sequence(training_rows(generator, size, self._draw, self.seed))

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` other sentences."""
        return (self._sequence(test_rows(count, self._draw, self.seed)),)

    def example(self) -> Sequence:
        """The sentence with which the articles explain it."""
        words = _FIRST[self.language].split()
        targets = np.where(np.array(words) == BLANK, 0, -1)
        ids = self.vocabulary.encode(words)
        return of_tokens(ids[None], targets[None], self.vocabulary, self.labels, " ".join(words))

    def _draw(self, generator: np.random.Generator, count: int) -> Ids:
        sizes = [len(choices) for choices in _SLOTS[self.language]]
        endings = [len(ways) for ways in _ENDINGS[self.language].values()]
        word = generator.integers(len(endings), size=count)
        way = generator.integers(np.array(endings)[word])
        return np.column_stack([*(generator.integers(size, size=count) for size in sizes), word, way])

    def _sequence(self, rows: Ids) -> Sequence:
        texts = [self._words(row.tolist()) for row in rows]
        lengths = np.array([len(words) for words in texts])
        ids = np.zeros((len(rows), lengths.max()), dtype=np.int64)
        targets = np.full_like(ids, -1)
        for number, (words, row) in enumerate(zip(texts, rows, strict=True)):
            ids[number, : len(words)] = self.vocabulary.encode(words)
            targets[number, words.index(BLANK)] = row[-2]
        found = of_tokens(ids, targets, self.vocabulary, self.labels, "fill the blank")
        return found if (lengths == lengths.max()).all() else found.padded(lengths)

    def _words(self, row: list[int]) -> list[str]:
        """The words of a sentence: its choices, the blank, and how it goes on."""
        *choices, word, way = row
        begin = [slot[choice] for slot, choice in zip(_SLOTS[self.language], choices, strict=True)]
        ways = list(_ENDINGS[self.language].values())[word]
        return " ".join([*begin, BLANK, ways[way]]).split()


def _vocabulary(language: str) -> Vocabulary:
    every = [text for slot in _SLOTS[language] for text in slot]
    every += [text for ways in _ENDINGS[language].values() for text in ways]
    words = [BLANK, *" ".join([*every, _FIRST[language]]).split()]
    return Vocabulary(tuple(dict.fromkeys(words)))


_VOCABULARIES = {language: _vocabulary(language) for language in _SLOTS}
