"""Sequences of a task as files that other programs read: all numbers as ``.npz``, tokens as ``.csv``."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, FileError
from core.files.replacing import replacing
from core.sequence import Sequence

Array = NDArray[Any]
SUFFIXES = (".npz", ".csv")


def save_sequences(path: Path, sequences: tuple[Sequence, ...]) -> None:
    """Write all sequences, those of one length (or padded together) as one array.

    ``.npz``: for the n-th batch ``inputs/n`` (T, B, D), ``targets/n`` (T, B) or (T, B, O), ``lengths/n`` (B,) where
    they differ; ``vocabulary`` and ``labels`` name the columns. ``.csv``: a row a sequence, its tokens and its targets,
    each separated by spaces. Raises FileError for another ending, DataError for numbers as ``.csv``.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FileError(f"{path}: sequences are written as .npz or .csv, got '{path.suffix or 'no ending'}'.")
    data = _csv(path, sequences) if suffix == ".csv" else _npz(sequences)
    if not path.parent.is_dir():
        raise FileError(f"{path}: there is no folder {path.parent}. Choose another place.")
    with replacing(path) as file:
        file.write(data)


def _npz(sequences: tuple[Sequence, ...]) -> bytes:
    arrays: dict[str, Array] = {}
    for number, sequence in enumerate(sequences):
        arrays[f"inputs/{number}"] = sequence.inputs
        if sequence.targets is not None:
            arrays[f"targets/{number}"] = sequence.targets
        if sequence.lengths is not None:
            arrays[f"lengths/{number}"] = sequence.lengths
    first = sequences[0]
    if first.vocabulary is not None:
        arrays["vocabulary"] = np.array(first.vocabulary.tokens)
    if first.target_labels:
        arrays["labels"] = np.array(first.target_labels)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _csv(path: Path, sequences: tuple[Sequence, ...]) -> bytes:
    if sequences[0].vocabulary is None:
        raise DataError(f"{path}: these sequences hold numbers, which a table of words cannot. Write them as .npz.")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["sequence", "targets"])
    for sequence in sequences:
        for sample in range(sequence.batch):
            length = sequence.length_of(sample)
            writer.writerow([" ".join(sequence.tokens_at(sample)[:length]), " ".join(_asked(sequence, sample, length))])
    return text.getvalue().encode()


def _asked(sequence: Sequence, sample: int, length: int) -> list[str]:
    """The target of each step, "-" where there is none."""
    if sequence.targets is None:
        return []
    classes = sequence.targets[:length, sample].tolist()
    return [sequence.target_labels[each] if each >= 0 else "-" for each in classes]
