"""Several sequences as one batch."""

from __future__ import annotations

from collections.abc import Sequence as Ordered

import numpy as np

from core.errors import DataError, ShapeError
from core.sequence import Sequence
from core.tables import check_size


def side_by_side(sequences: Ordered[Sequence], name: str = "") -> Sequence:
    """One batch of sequences of one element each, in their order; the shorter ones are padded. Targets are left out.

    Raises DataError for none and for too many, ShapeError for different widths or vocabularies.
    """
    if not sequences:
        raise DataError("There are no sequences to walk: got an empty text. Give at least one.")
    first = sequences[0]
    for number, each in enumerate(sequences, 1):
        if each.width != first.width or each.vocabulary != first.vocabulary:
            raise ShapeError(
                f"Sequence {number} has {each.width} numbers per step, expected {first.width} as in the first. "
                "Give all of them the same."
            )
    lengths = np.array([each.length for each in sequences])
    longest = int(lengths.max())
    check_size(longest, len(sequences), first.width)
    inputs = np.zeros((longest, len(sequences), first.width))
    for place, each in enumerate(sequences):
        inputs[: each.length, place] = each.inputs[:, 0]
    tokens = (*first.tokens, *("",) * (longest - first.length))
    padding = lengths if lengths.min() < longest else None
    return Sequence(inputs, tokens, vocabulary=first.vocabulary, kind=first.kind, name=name, lengths=padding)
