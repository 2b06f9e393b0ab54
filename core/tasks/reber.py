"""Strings of a Reber grammar (Reber 1967); embedded in another one, the last symbol but one hangs on the second."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.sequence import Sequence
from core.tasks.task import TEST, TRAINING, Array, Ids, Task, is_held_out
from core.vocabulary import Vocabulary

SYMBOLS = Vocabulary(("B", "T", "P", "S", "X", "V", "E"))
_AFTER = ((("T", 1), ("P", 2)), (("S", 1), ("X", 3)), (("T", 2), ("V", 4)), (("X", 2), ("S", 5)), (("P", 3), ("V", 5)))
_LAST = 5  # the state in which only E follows
_LONGEST = 30  # symbols of the inner string; hardly any is longer
_END = SYMBOLS.index("E")


class ReberTask(Task, frozen=True, tag="reber"):
    """Strings of different lengths, side by side; at each symbol the next one is asked for.

    In the simple grammar an answer is right where the grammar allows it; in the embedded one, which asks for memory,
    only the last T or P counts, which repeats the second symbol of the string.
    """

    grammar: Literal["simple", "embedded"] = "embedded"

    metric = "symbols that the grammar allows"

    @property
    def vocabulary(self) -> Vocabulary:
        """The seven symbols."""
        return SYMBOLS

    @property
    def labels(self) -> tuple[str, ...]:
        """The seven symbols."""
        return SYMBOLS.tokens

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` strings to learn from."""
        return _sequence([self._string(generator, TRAINING) for _ in range(size)])

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` strings that are never learned from; short ones come more than once, as they do in the grammar."""
        generator = np.random.default_rng((self.seed, TEST))
        return (_sequence([self._string(generator, TEST) for _ in range(count)]),)

    def score(self, outputs: Array, sequence: Sequence) -> tuple[int, int]:
        """How many answers the grammar allows (simple), or how many of the last T or P are right (embedded)."""
        said, ids, asked = outputs.argmax(axis=2), sequence.inputs.argmax(axis=2), 0
        right = 0
        for sample in range(sequence.batch):
            length = sequence.length_of(sample)
            string = ids[:length, sample].tolist()
            if self.grammar == "embedded":
                asked += 1
                right += int(said[length - 2, sample]) == string[1]
                continue
            allowed = allowed_next(string)
            asked += len(allowed)
            right += sum(int(said[t, sample]) in following for t, following in enumerate(allowed))
        return right, asked

    def _string(self, generator: np.random.Generator, part: int) -> list[int]:
        """One string of a part, without its last E, which is only ever asked for."""
        while True:
            inner = _inner(generator)
            if is_held_out(np.array([inner]), self.seed)[0] == (part == TEST):
                break
        if self.grammar == "simple":
            return inner
        way = SYMBOLS.index("TP"[int(generator.integers(2))])
        return [SYMBOLS.index("B"), way, *inner, _END, way]


def allowed_next(string: list[int]) -> list[frozenset[int]]:
    """For each symbol of a string of the simple grammar (from B on, without its last E) what may follow it."""
    state, found = 0, []
    for number, symbol in enumerate(string):
        if number:
            state = dict(_AFTER[state])[SYMBOLS.tokens[symbol]]
        following = ("E",) if state == _LAST else tuple(name for name, _ in _AFTER[state])
        found.append(frozenset(SYMBOLS.index(name) for name in following))
    return found


def _inner(generator: np.random.Generator) -> list[int]:
    """A random string of the simple grammar, from B to before E."""
    while True:
        state, string = 0, ["B"]
        while state != _LAST and len(string) <= _LONGEST:
            name, state = _AFTER[state][int(generator.integers(2))]
            string.append(name)
        if state == _LAST:
            return SYMBOLS.encode(string).tolist()


def _sequence(strings: list[list[int]]) -> Sequence:
    lengths: NDArray[np.intp] = np.array([len(string) for string in strings])
    ids: Ids = np.zeros((len(strings), lengths.max()), dtype=np.int64)
    targets = np.full_like(ids, -1)
    for row, string in enumerate(strings):
        ids[row, : len(string)] = string
        targets[row, : len(string)] = [*string[1:], _END]
    return Sequence(
        inputs=SYMBOLS.one_hot(ids.T),
        targets=targets.T,
        target_labels=SYMBOLS.tokens,
        vocabulary=SYMBOLS,
        kind="characters",
        name="Reber grammar",
        lengths=None if (lengths == lengths.max()).all() else lengths,
    )
