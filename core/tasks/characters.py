"""The characters of a text, one after the other: which one comes next?"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from core.errors import DataError
from core.files.reading import read_text
from core.resources import resource_path
from core.sequence import Sequence
from core.tasks.task import TEST, Ids, Task, of_tokens
from core.vocabulary import Vocabulary

MAX_BYTES = 1_000_000
TRAINING_SHARE = 0.9  # of the text, from its beginning; the rest is the test part


class CharactersTask(Task, frozen=True, tag="characters"):
    """Pieces of ``length`` characters out of a text: a shipped one by its name, or a ``.txt`` file."""

    text: str = "sonnets"
    length: Annotated[int, msgspec.Meta(ge=2, le=5000)] = 60

    metric = "next characters"

    @property
    def vocabulary(self) -> Vocabulary:
        """Every character of the text, by its code."""
        return _read(self.text)[0]

    @property
    def labels(self) -> tuple[str, ...]:
        """The same."""
        return self.vocabulary.tokens

    def batch(self, generator: np.random.Generator, size: int) -> Sequence:
        """``size`` pieces of the first part."""
        return self._pieces(generator, size, self._part(0.0, TRAINING_SHARE))

    def held_out(self, count: int) -> tuple[Sequence, ...]:
        """``count`` pieces of the last part, always the same for one seed."""
        return (self._pieces(np.random.default_rng((self.seed, TEST)), count, self._part(TRAINING_SHARE, 1.0)),)

    def _part(self, first: float, last: float) -> Ids:
        ids = _read(self.text)[1]
        part = ids[round(first * len(ids)) : round(last * len(ids))]
        if len(part) <= self.length:
            least = round((self.length + 1) / (1.0 - TRAINING_SHARE)) + 1
            raise DataError(
                f"“{self.text}” has {len(ids):,} characters, expected at least {least:,} for pieces of {self.length}. "
                "Take a longer text, or shorter pieces."
            )
        return part

    def _pieces(self, generator: np.random.Generator, count: int, part: Ids) -> Sequence:
        starts = generator.integers(len(part) - self.length, size=count)
        pieces = part[starts[:, None] + np.arange(self.length + 1)]
        name = Path(self.text).stem
        return of_tokens(pieces[:, :-1], pieces[:, 1:], self.vocabulary, self.labels, name, "characters")


@lru_cache(maxsize=4)
def _read(name: str) -> tuple[Vocabulary, Ids]:
    """A text's characters as numbers. Raises FileError, DataError."""
    path = Path(name) if name.endswith(".txt") else resource_path("texts", f"{name}.txt")
    if not name.endswith(".txt") and not path.exists():
        known = ", ".join(sorted(file.stem for file in resource_path("texts").glob("*.txt")))
        raise DataError(f"There is no text “{name}”. Use one of: {known}; or give a .txt file.")
    text = read_text(path, MAX_BYTES, "A text of at most a megabyte is enough to learn from.").strip()
    if not text:
        raise DataError(f"“{name}” is empty, expected some text. Choose another file.")
    vocabulary = Vocabulary(tuple(sorted(set(text))))
    return vocabulary, vocabulary.encode(text)
