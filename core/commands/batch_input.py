"""The input and the target of a command line: which axis is time, and how long each sequence is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.files.lengths import Lengths, lengths_in
from core.files.models import Answers, Question
from core.files.sequences import read_sequence
from core.sequence import Sequence
from core.tables import MAX_NUMBERS
from core.vocabulary import Vocabulary

Array = NDArray[Any]
INPUT_KEY = "input"
TIME_FIRST, BATCH_FIRST = "time-first", "batch-first"
_QUESTION = Question(
    INPUT_KEY,
    "Is the first axis of the input time, (T, B, D), or the batch, (B, T, D)?",
    (TIME_FIRST, BATCH_FIRST),
    TIME_FIRST,
)


class BatchInput:
    """Reads the files of one command line; both have the same order of axes and the same lengths."""

    def __init__(self, lengths: str = "", answers: Answers | None = None) -> None:
        """``lengths``: numbers or a file, "" for none; ``answers`` where the order of axes is asked, else time first.

        Raises FileError, DataError.
        """
        self._lengths = Lengths(lengths_in(lengths)) if lengths else None
        self._answers = answers
        self._turned = False
        self._size = (0, 0)  # steps and sequences of the input

    def read(self, path: str, vocabulary: Vocabulary | None = None, tokens: int | None = None) -> Sequence:
        """The sequence in a file, time first; one-hot rows where it holds numbers of so many ``tokens``.

        Raises GatewalkError.
        """
        read = read_sequence(path, vocabulary=vocabulary, prepare=self._inputs)
        sequence = read if tokens is None else with_tokens(read, tokens)
        if sequence.batch > read.batch and self._lengths is None:
            self._ask()
            if self._turned:
                sequence = replace(sequence, inputs=sequence.inputs.swapaxes(0, 1), tokens=())
        self._size = sequence.length, sequence.batch
        return sequence if self._lengths is None else self._lengths.of(sequence)

    def targets(self, array: Array) -> Array:
        """The targets of a file in the same order, with none in padding; (B,) or (B, O) are for the last step."""
        steps, sequences = self._size
        if array.ndim in (1, 2) and len(array) == sequences not in (1, steps) and array.shape[1:] != (steps,):
            return array.T if array.shape[1:] == (1,) and array.dtype.kind != "f" else array[None]
        array = self._in_order(array)
        return array if self._lengths is None else self._lengths.targets(array)

    def _inputs(self, array: Array) -> Array:
        several = self._lengths is not None and len(self._lengths.steps) > 1
        if (array.ndim == 3 and array.shape[1] > 1) or (several and array.ndim > 1):
            self._ask()
        array = self._in_order(array)
        return array if self._lengths is None else self._lengths.inputs(array)

    def _ask(self) -> None:
        if self._answers is not None:
            self._turned = self._answers.choose(_QUESTION) == BATCH_FIRST

    def _in_order(self, array: Array) -> Array:
        return array.swapaxes(0, 1) if self._turned and array.ndim > 1 else array


def with_tokens(sequence: Sequence, tokens: int) -> Sequence:
    """The sequence as one-hot rows where it holds numbers of so many tokens, (T,), (T, B) or (T, B, 1).

    Raises DataError for a number that is no token.
    """
    if sequence.width == tokens or sequence.vocabulary is not None:
        return sequence
    if sequence.width > 1 and sequence.batch > 1:
        return sequence  # of another width, which the network will say
    numbers = sequence.inputs[:, 0, :] if sequence.batch == 1 else sequence.inputs[:, :, 0]
    known = (numbers == np.round(numbers)) & (numbers >= 0) & (numbers < tokens)
    if not known.all():
        t, sample = np.argwhere(~known)[0]
        raise DataError(
            f"The input has {numbers[t, sample]:g} at step {t + 1}, sequence {sample + 1}, but the network reads the "
            f"tokens 0 to {tokens - 1}. Give numbers of tokens, (T,) or (T, B), or rows of {tokens} numbers."
        )
    if numbers.size * tokens > MAX_NUMBERS:
        raise DataError(
            f"{numbers.size:,} steps of {tokens:,} tokens are {numbers.size * tokens:,} numbers, expected at most "
            f"{MAX_NUMBERS:,}. Give a shorter input."
        )
    return replace(sequence, inputs=np.eye(tokens)[numbers.astype(np.int64)], tokens=())
