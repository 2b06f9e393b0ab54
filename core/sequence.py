"""A sequence: what a network reads, step by step, and what it should say.

Shape letters: ``T`` time steps, ``B`` batch size, ``D`` width of the input, ``O`` width of the output.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import DataError, ShapeError
from core.padding import checked_lengths, lengths_by_gaps, without_padding
from core.tables import as_steps, check_finite, check_size, float_array, number_texts, numbers_of
from core.targets import (
    NO_LOSS,
    checked_targets,
    chosen_steps,
    class_of,
    empty_like_row,
    has_target,
    not_behind,
    only_last,
    target_row,
    with_row,
    without,
)
from core.tokens import Kind, guess_kind, tokens_of
from core.vocabulary import Vocabulary

__all__ = ["Sequence", "Vocabulary", "from_numbers", "from_text", "from_tokens", "last_target", "next_token_targets"]

MAX_CHARACTERS = 1_000_000  # far more than the words of the longest sequence; keeps every answer quick


@dataclass(frozen=True, eq=False)
class Sequence:
    """Inputs over time and, where there are any, targets. All arrays are read-only; changes give a new Sequence.

    ``tokens`` names each step of the first batch element: a word, a character, a number, or "". ``targets`` is what
    the loss sees: classes with -1 where there is no loss, or numbers with a row of NaN where there is none.
    ``known`` keeps the targets at steps whose loss is switched off, so that it can be switched on again. ``lengths``
    says how many steps each sequence of the batch has, where they differ; what comes after them is padding.
    """

    inputs: NDArray[np.float64]  # (T, B, D)
    tokens: tuple[str, ...] = ()  # (T,)
    targets: NDArray[Any] | None = None  # (T, B) whole numbers or (T, B, O) float64
    target_labels: tuple[str, ...] = ()  # (O,) names of the output classes; may be empty
    vocabulary: Vocabulary | None = None
    kind: Kind = "numbers"
    name: str = ""
    known: NDArray[Any] | None = None
    lengths: NDArray[np.intp] | None = None  # (B,)

    def __post_init__(self) -> None:
        inputs = self.inputs
        if self.lengths is not None:
            self._set("lengths", checked_lengths(self.lengths, *np.shape(inputs)[:2], least=1))
            inputs = without_padding(inputs, self.lengths)
        inputs = _checked_inputs(inputs, self.vocabulary)
        self._set("inputs", inputs)
        self._set("tokens", tuple(self.tokens) or _names(inputs, self.vocabulary))
        self._set("target_labels", tuple(self.target_labels))
        if len(self.tokens) != self.length:
            raise ShapeError(f"Got {len(self.tokens)} tokens for {self.length} steps. Give one token per step.")
        if self.targets is not None:
            known = self.targets if self.known is None else self.known
            self._set("targets", checked_targets(self.targets, self.length, self.batch, self.target_labels))
            self._set("known", checked_targets(known, self.length, self.batch, self.target_labels))
            if self.lengths is not None:
                for name in ("targets", "known"):
                    self._set(name, not_behind(getattr(self, name), self.lengths))

    @property
    def length(self) -> int:
        """T, the number of time steps."""
        return self.inputs.shape[0]

    @property
    def batch(self) -> int:
        """B, the number of sequences side by side."""
        return self.inputs.shape[1]

    @property
    def width(self) -> int:
        """D, the numbers that the network reads at one step."""
        return self.inputs.shape[2]

    @property
    def loss_mask(self) -> NDArray[np.bool_]:
        """Where there is a loss: (T, B)."""
        if self.targets is None:
            return np.zeros(self.inputs.shape[:2], dtype=bool)
        found = has_target(self.targets)
        return found if self.lengths is None else found & (np.arange(self.length)[:, None] < self.lengths)

    @property
    def ends(self) -> NDArray[np.intp]:
        """The last step of each sequence of the batch, (B,)."""
        return (np.full(self.batch, self.length) if self.lengths is None else self.lengths) - 1

    def length_of(self, sample: int) -> int:
        """How many steps one sequence of the batch has; after them stands padding."""
        return self.length if self.lengths is None else int(self.lengths[sample])

    def tokens_at(self, sample: int) -> tuple[str, ...]:
        """The token of each step of one batch element."""
        if not 0 <= sample < self.batch:
            raise DataError(f"There is no sequence {sample + 1} in this batch; it has {self.batch}.")
        names = self.tokens if sample == 0 else _names(self.inputs[:, sample : sample + 1], self.vocabulary)
        own = self.length_of(sample)
        return names if own == self.length else (*names[:own], *("",) * (self.length - own))

    def with_input(self, t: int, vector: ArrayLike | str) -> Sequence:
        """A copy whose input at step ``t`` is ``vector``: (D,) or (B, D), or a token of the vocabulary."""
        self._check_step(t)
        if isinstance(vector, str):
            vector = self._one_hot(vector)
        row = float_array(vector, f"The input of step {t + 1}")
        if row.shape not in ((self.width,), (self.batch, self.width)):
            raise ShapeError(
                f"The input of step {t + 1} got {' × '.join(map(str, row.shape)) or 'one'} numbers, expected "
                f"{self.width} (or {self.batch} × {self.width} for the whole batch). Give one number per input."
            )
        check_finite(row, f"The input of step {t + 1}")
        inputs = self.inputs.copy()
        inputs[t] = row
        name = _names(inputs[t : t + 1, :1], self.vocabulary)
        return replace(self, inputs=_handed_over(inputs), tokens=(*self.tokens[:t], *name, *self.tokens[t + 1 :]))

    def padded(self, lengths: ArrayLike) -> Sequence:
        """A copy whose sequences have so many steps each, (B,); what comes after them is padding."""
        return replace(self, lengths=checked_lengths(lengths, self.length, self.batch, least=1))

    def with_target(self, t: int, target: ArrayLike | str) -> Sequence:
        """A copy with this target, and its loss, at step ``t``: a class (number or label; -1: none) or output numbers.

        A class may be given per batch element (B,); numbers as (O,) or (B, O).
        """
        self._check_step(t)
        if isinstance(target, str):
            target = class_of(target, self.target_labels)
        row = target_row(target, f"The target of step {t + 1}")
        targets = empty_like_row(row, self.length, self.batch) if self.targets is None else self.targets
        known = targets if self.known is None else self.known
        return replace(self, targets=with_row(targets, t, row), known=with_row(known, t, row))

    def with_loss_at(self, steps: Literal["all", "last"] | Iterable[int], sample: int | None = None) -> Sequence:
        """A copy whose loss stands at all steps that have a target, at the last of them, or at the chosen steps.

        With ``sample`` only in that sequence of the batch.
        """
        if self.known is None:
            raise DataError("This sequence has no targets, so no step can have a loss. Give it targets first.")
        if steps == "last" and self.lengths is not None:
            return replace(self, targets=only_last(self.known, self.lengths))
        of = slice(None) if sample is None else slice(sample, sample + 1)
        known, targets = self.known[:, of], np.array(self.targets)
        off = np.setdiff1d(np.arange(self.length), chosen_steps(steps, known))
        targets[:, of] = without(known, off)
        return replace(self, targets=targets)

    def _one_hot(self, token: str) -> NDArray[np.float64]:
        if self.vocabulary is None:
            raise DataError("This sequence has no vocabulary, so a step takes numbers, not a word. Give numbers.")
        return self.vocabulary.one_hot(self.vocabulary.index(token))

    def _check_step(self, t: int) -> None:
        if not 0 <= t < self.length:
            raise DataError(f"There is no step {t + 1}: the sequence has the steps 1 to {self.length}.")

    def _set(self, field_name: str, value: object) -> None:
        object.__setattr__(self, field_name, value)


def from_tokens(
    tokens: Iterable[str], vocabulary: Vocabulary | None = None, *, kind: Kind = "words", name: str = ""
) -> Sequence:
    """A one-hot sequence of ``tokens``, B = 1; without a vocabulary its own tokens become one."""
    tokens = tuple(tokens)
    if not tokens:
        raise DataError(f"There are no {kind} to read: got an empty text. Type at least one of the {kind}.")
    vocabulary = Vocabulary.from_tokens(tokens) if vocabulary is None else vocabulary
    check_size(len(tokens), 1, len(vocabulary))
    inputs = vocabulary.one_hot(vocabulary.encode(tokens)[:, None])
    return Sequence(_handed_over(inputs), tokens, vocabulary=vocabulary, kind=kind, name=name)


def from_text(
    text: str,
    vocabulary: Vocabulary | None = None,
    kind: Kind | None = None,
    *,
    width: int | None = None,
    name: str = "",
) -> Sequence:
    """The sequence of a typed or pasted text; ``kind`` is guessed when it is not given.

    ``width`` is what the network reads at one step. Raises DataError (empty, unknown words, too long) and ShapeError.
    """
    if len(text) > MAX_CHARACTERS:
        raise DataError(
            f"The text is too long: got {len(text):,} characters, expected at most {MAX_CHARACTERS:,}. "
            "Use a part of it."
        )
    kind = guess_kind(text, None if vocabulary is None else vocabulary.tokens) if kind is None else kind
    if kind == "numbers":
        return from_numbers(text, width, name=name)
    sequence = from_tokens(tokens_of(text, kind), vocabulary, kind=kind, name=name)
    if width is not None and sequence.width != width:
        raise ShapeError(
            f"Got a vocabulary of {sequence.width} tokens, expected {width}, the inputs of the network. "
            "Use the vocabulary that the network was made for, or make a network for this text."
        )
    return sequence


def from_numbers(values: str | ArrayLike, width: int | None = None, *, name: str = "") -> Sequence:
    """The sequence of a text of numbers, or of an array (T,), (T, D) or (T, B, D); one row per step.

    A text of one line holds one number per step, unless it has exactly ``width`` numbers. In a batch rows of NaN behind
    the end of a shorter sequence are padding.
    """
    table = numbers_of(values) if isinstance(values, str) else float_array(values, "The input")
    if isinstance(values, str) and len(table) == 1 and table.shape[1] != width:
        table = table.T
    steps = as_steps(table, width)
    return Sequence(steps, name=name, lengths=lengths_by_gaps(steps) if steps.shape[1] > 1 else None)


def next_token_targets(sequence: Sequence) -> Sequence:
    """A copy whose target at each step is the next token; the last step has none."""
    if sequence.vocabulary is None:
        raise DataError("Next-token targets need words or characters; this sequence holds numbers. Give it targets.")
    if sequence.length < 2:
        raise DataError("Got a text of one token; the next token needs a text of at least two. Type a longer text.")
    ids = sequence.inputs.argmax(axis=2)
    targets = np.full_like(ids, NO_LOSS)
    targets[:-1] = ids[1:]
    targets[sequence.ends, np.arange(sequence.batch)] = NO_LOSS
    return replace(sequence, targets=targets, known=None, target_labels=sequence.vocabulary.tokens)


def last_target(sequence: Sequence, label: int | str, labels: Iterable[str] = ()) -> Sequence:
    """A copy with one target, the class ``label``, at the last step; ``labels`` names the classes anew."""
    target_labels = tuple(labels) or sequence.target_labels
    targets = np.full(sequence.inputs.shape[:2], NO_LOSS)
    found = class_of(label, target_labels) if isinstance(label, str) else label
    targets[sequence.ends, np.arange(sequence.batch)] = found
    return replace(sequence, targets=targets, known=None, target_labels=target_labels)


def _checked_inputs(values: ArrayLike, vocabulary: Vocabulary | None) -> NDArray[np.float64]:
    """``values`` as a read-only (T, B, D) array that nobody else can change."""
    array = float_array(values, "The input")
    if array.ndim != 3:
        raise ShapeError(f"Got inputs of shape {array.shape}, expected three axes: steps × batch × numbers.")
    array = as_steps(array)
    if vocabulary is not None and array.shape[2] != len(vocabulary):
        raise ShapeError(
            f"Got {array.shape[2]} numbers per step, expected {len(vocabulary)}, one per token of the vocabulary."
        )
    check_finite(array)
    return array if _is_private(array) else _handed_over(array.copy())


def _handed_over(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """``array``, which nobody else holds, made read-only so that a Sequence takes it without a copy."""
    array.flags.writeable = False
    return array


def _is_private(array: NDArray[np.float64]) -> bool:
    return not array.flags.writeable and array.base is None


def _names(inputs: NDArray[np.float64], vocabulary: Vocabulary | None) -> tuple[str, ...]:
    """A text per step for the first batch element: its token, its number, or "" where it is neither."""
    if vocabulary is None:
        return number_texts(inputs)
    rows = inputs[:, 0]
    exact = (np.count_nonzero(rows, axis=1) == 1) & (rows.max(axis=1) == 1)
    return tuple(vocabulary.tokens[i] if one else "" for i, one in zip(rows.argmax(axis=1), exact, strict=True))
