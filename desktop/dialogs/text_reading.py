"""What a typed text means: its tokens, what is wrong with it, and the sequence with its targets."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QCoreApplication

from core.errors import GatewalkError, ShapeError
from core.posing import asks_next, with_next_targets
from core.sequence import MAX_CHARACTERS, Sequence, from_text, last_target
from core.side_by_side import side_by_side
from core.tables import numbers_of
from core.targets import has_target
from core.tokens import Kind, tokens_of
from core.vocabulary import Vocabulary

NEXT, LABEL, ROWS, NONE = "next", "label", "rows", "none"
MOST_UNKNOWN = 4  # words for which near ones are looked up
PREVIEWED = 20_000
MOST_TYPED = 2_000  # numbers that stand in the dialog when it opens


@dataclass(frozen=True)
class Wanted:
    """What the model can read and say: None and () where it is not known."""

    vocabulary: Vocabulary | None = None
    width: int | None = None  # numbers it reads at one step
    outputs: int | None = None
    labels: tuple[str, ...] = ()  # names of its classes


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read. Without a sequence, ``problem`` says why."""

    sequence: Sequence | None = None
    problem: str = ""
    tokens: tuple[str, ...] = ()
    wrong: frozenset[int] = frozenset()
    unknown: tuple[tuple[str, tuple[str, ...]], ...] = ()  # words and what is near to each


@dataclass(frozen=True)
class TargetChoice:
    """Which target the sequence gets."""

    kind: str = NONE
    label: str = ""
    rows: str = ""  # numbers as typed


def parts_of(text: str, kind: Kind) -> tuple[str, ...]:
    """The sequences that may be meant: lines of a text; of numbers, blocks of rows between empty lines."""
    if len(text) > MAX_CHARACTERS:
        return (text,)
    found = re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if kind == "numbers" else text.splitlines()
    return tuple(part for part in found if part.strip()) or (text,)


def read_text(parts: tuple[str, ...], kind: Kind, wanted: Wanted) -> Reading:
    """The sequence of a text, or the batch of several, without targets yet. Never raises for what one may type."""
    readable = kind != "numbers" and sum(map(len, parts)) <= MAX_CHARACTERS
    tokens = tuple(token for part in parts for token in tokens_of(part, kind)) if readable else ()
    vocabulary = wanted.vocabulary
    wrong: frozenset[int] = frozenset()
    if vocabulary is not None:
        wrong = frozenset(t for t, token in enumerate(tokens) if token not in vocabulary)
    words = tuple(dict.fromkeys(tokens[t] for t in sorted(wrong)))[:MOST_UNKNOWN]
    unknown = tuple((word, vocabulary.near(word)) for word in words) if vocabulary is not None else ()
    try:
        if len(parts) > 1 and vocabulary is None and tokens:
            vocabulary = Vocabulary.from_tokens(tokens)  # one for all of them
        read = [from_text(part, vocabulary, kind, width=wanted.width) for part in parts]
        sequence = read[0] if len(read) == 1 else side_by_side(read)
    except GatewalkError as error:
        return Reading(None, str(error), tokens[:PREVIEWED], wrong, unknown)
    shown = tuple(token for each in read for token in each.tokens)
    return Reading(sequence, "", shown[:PREVIEWED])


def target_kinds(kind: Kind, wanted: Wanted) -> tuple[str, ...]:
    """The targets that make sense, the likeliest first."""
    reads = wanted.width if kind == "numbers" else (len(wanted.vocabulary) if wanted.vocabulary else wanted.outputs)
    own_labels = bool(wanted.labels) and (wanted.vocabulary is None or wanted.labels != wanted.vocabulary.tokens)
    found = [LABEL] if own_labels else []
    if wanted.outputs is None or reads is None or wanted.outputs == reads:
        found.append(NEXT)
    if kind == "numbers" and not wanted.labels:
        found.append(ROWS)
    return (*found, NONE)


def with_target(sequence: Sequence, choice: TargetChoice, wanted: Wanted) -> Sequence:
    """The sequence with the chosen target. Raises DataError or ShapeError for what does not fit."""
    if choice.kind == LABEL:
        return last_target(sequence, choice.label, wanted.labels)
    if choice.kind == ROWS:
        return _with_rows(sequence, numbers_of(choice.rows), wanted.outputs)
    if choice.kind == NEXT:
        return with_next_targets(sequence)
    return replace(sequence, target_labels=wanted.labels)


def targets_of_session(sequence: Sequence) -> TargetChoice:
    """The choice that the targets of a sequence came from, as far as it can be told."""
    if sequence.known is None or not has_target(sequence.known).any():
        return TargetChoice(NONE)
    if asks_next(sequence):
        return TargetChoice(NEXT)
    last = sequence.known[has_target(sequence.known)[:, 0]][-1:, 0] if has_target(sequence.known)[:, 0].any() else None
    if last is None:
        return TargetChoice(NONE)
    if last.ndim == 1:
        return TargetChoice(LABEL, sequence.target_labels[int(last[0])] if sequence.target_labels else "")
    return TargetChoice(ROWS, rows=rows_text(last))


def text_of(sequence: Sequence) -> str:
    """What somebody would type to get this sequence, or these; "" where it would be too long to read."""
    samples = range(sequence.batch)
    if sequence.vocabulary is not None:
        between = " " if sequence.kind == "words" else ""
        return "\n".join(between.join(sequence.tokens_at(each)[: sequence.length_of(each)]) for each in samples)
    if sequence.inputs.size > MOST_TYPED:
        return ""
    return "\n\n".join(rows_text(sequence.inputs[: sequence.length_of(each), each]) for each in samples)


def rows_text(rows: np.ndarray) -> str:
    """A table of numbers as one types it."""
    return "\n".join(", ".join(f"{value:.15g}" for value in row) for row in rows.tolist())


def _with_rows(sequence: Sequence, rows: np.ndarray, outputs: int | None) -> Sequence:
    """One row is meant for the last step; else there is one for each."""
    if len(rows) == 1 and rows.shape[1] == sequence.length > 1 and outputs in (None, 1):
        rows = rows.T  # a line with one number for each step
    if len(rows) not in (1, sequence.length) or outputs not in (None, rows.shape[1]):
        words = tr("Got {rows} × {columns} target numbers, expected 1 or {steps} rows of {outputs}.")
        expected = tr("numbers") if outputs is None else str(outputs)
        raise ShapeError(words.format(rows=len(rows), columns=rows.shape[1], steps=sequence.length, outputs=expected))
    targets = np.full((sequence.length, sequence.batch, rows.shape[1]), np.nan)
    if len(rows) == 1:
        targets[sequence.ends, np.arange(sequence.batch)] = rows
    else:
        targets[:] = rows[:, None, :]
    return replace(sequence, targets=targets, known=None)


def batch_words(sequence: Sequence) -> str:
    """How many sequences stand side by side, and how long they are."""
    least, most = int(sequence.ends.min()) + 1, sequence.length
    words = (
        tr("{count} sequences of {steps} steps")
        if least == most
        else tr("{count} sequences of {least} to {steps} steps")
    )
    return words.format(count=f"{sequence.batch:,}", steps=f"{most:,}", least=f"{least:,}")


def with_word(text: str, word: str, better: str, kind: Kind) -> str:
    """The text with one word replaced wherever it stands."""
    if kind == "characters":
        return text.replace(word, better)
    pattern = re.escape(word).replace("'", "['\u2018\u2019\u02bc\uff07]").replace(r"\-", "[-\u2010\u2011]")
    return re.sub(rf"(?<!\w){pattern}(?!\w)", lambda _found: better, text, flags=re.IGNORECASE)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("TextData", text)
