"""The tokens a network can read, and their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import DataError
from core.tokens import shown

_NAMED = 5  # unknown words that an error names one by one
_COMPARED = 2_000  # words compared for near matches, so that an error never takes long


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in a fixed order; the place of a token is its number, and its place in a one-hot vector."""

    tokens: tuple[str, ...]
    _places: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tokens = tuple(self.tokens)
        if not tokens:
            raise DataError("The vocabulary is empty: got no tokens, expected at least one. Give it some words.")
        places: dict[str, int] = {}
        for place, token in enumerate(tokens):
            if not token:
                raise DataError(
                    f"Token {place + 1} of the vocabulary is empty. Give it a letter or more, or remove it."
                )
            if token in places:
                raise DataError(
                    f"{shown(token)} stands twice in the vocabulary (tokens {places[token] + 1} and {place + 1}). "
                    "Remove one of them."
                )
            places[token] = place
        object.__setattr__(self, "tokens", tokens)
        object.__setattr__(self, "_places", places)

    @classmethod
    def from_tokens(cls, tokens: Iterable[str]) -> Vocabulary:
        """The vocabulary of a text: each of its tokens once, in alphabetical order."""
        return cls(tuple(sorted(set(tokens))))

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._places

    def index(self, token: str) -> int:
        """The number of ``token``; raises DataError when it is unknown."""
        return int(self.encode((token,))[0])

    def encode(self, tokens: Iterable[str]) -> NDArray[np.int64]:
        """The numbers of ``tokens``: (T,); raises DataError that names what is unknown and what is near to it."""
        tokens = tuple(tokens)
        unknown = dict.fromkeys(token for token in tokens if token not in self._places)
        if unknown:
            raise DataError(self._unknown(tuple(unknown)))
        return np.array([self._places[token] for token in tokens], dtype=np.int64)

    def decode(self, ids: Iterable[int]) -> tuple[str, ...]:
        """The tokens with these numbers."""
        return tuple(self.tokens[place] for place in ids)

    def one_hot(self, ids: ArrayLike) -> NDArray[np.float64]:
        """One row per number, 1 at its place and 0 elsewhere: (..., V) for ids of shape (...)."""
        places = np.asarray(ids)
        if not np.issubdtype(places.dtype, np.integer):
            raise DataError(f"Token numbers are whole numbers, got {places.dtype}. Encode the tokens first.")
        if places.size and (places.min() < 0 or places.max() >= len(self)):
            wrong = places[(places < 0) | (places >= len(self))].flat[0]
            raise DataError(f"There is no token number {wrong}: the vocabulary has the numbers 0 to {len(self) - 1}.")
        rows = np.zeros((*places.shape, len(self)))
        np.put_along_axis(rows, places[..., None].astype(np.int64), 1.0, axis=-1)
        return rows

    def near(self, token: str) -> tuple[str, ...]:
        """Up to three known tokens that look like ``token``, the likeliest first."""
        folded = token.casefold()
        alike = [known for known in self.tokens if known.casefold() == folded]
        candidates = islice((known for known in self.tokens if abs(len(known) - len(token)) <= 2), _COMPARED)
        import difflib  # only for a hint, which most starts never give

        close = difflib.get_close_matches(token, candidates, n=3)
        return tuple(dict.fromkeys([*alike, *close]))[:3]

    def _unknown(self, unknown: tuple[str, ...]) -> str:
        named = ", ".join(self._with_near(token) for token in unknown[:_NAMED])
        more = f", and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
        are = "is" if len(unknown) == 1 else "are"
        examples = ", ".join(map(shown, self.tokens[:8])) + (" …" if len(self) > 8 else "")
        return (
            f"{named}{more} {are} not in the vocabulary, which has {len(self):,} tokens: {examples} "
            "Use these tokens only, or choose a model that knows the others."
        )

    def _with_near(self, token: str) -> str:
        near = self.near(token)
        brief = token if len(token) <= 40 else token[:39] + "…"
        return shown(brief) + (f" (near: {', '.join(map(shown, near))})" if near else "")
