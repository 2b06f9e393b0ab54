"""What the readout says and what it should say, as texts."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.frame import Prediction, Scale
from core.network import HEAD
from core.reveal.scales import scale_of
from core.run import Run
from core.sequence import Sequence

Array = NDArray[Any]
LOOKED_BACK = 8  # steps, to see what is asked for


def predictions(run: Run, sequence: Sequence, steps: slice, sample: int) -> list[Prediction]:
    """What the readout says at some steps: the likeliest class of several, or the output as text."""
    head = run.network.head
    outputs = run.values(f"{HEAD}/{head.output}")[steps, sample]
    if scale_of(head, head.output) is not Scale.GATE or outputs.shape[1] == 1:
        return [Prediction(number_text(row), None, None) for row in outputs]
    best = outputs.argmax(axis=1)
    likeliest = outputs[np.arange(len(outputs)), best]
    wanted = _classes(sequence, steps, sample)
    names = _class_names(sequence, outputs.shape[1])
    return [
        Prediction(names[k], p, k == c if c >= 0 else None, _asks_next(sequence, t, sample))
        if p == p
        else Prediction("nan", None, None)
        for t, k, p, c in zip(count(steps.start), best.tolist(), likeliest.tolist(), wanted, strict=False)
    ]


def _asks_next(sequence: Sequence, t: int, sample: int) -> bool:
    """Whether step ``t`` is asked for the token that comes next, as far as one can tell without what comes next."""
    known, vocabulary = sequence.known, sequence.vocabulary
    if known is None or known.ndim != 2 or vocabulary is None or sequence.target_labels != vocabulary.tokens:
        return False
    if not t:
        return bool(known[0, sample] >= 0)
    before = slice(max(0, t - LOOKED_BACK), t)
    read = sequence.inputs[before.start + 1 : t + 1, sample].argmax(axis=1)
    return bool((known[before, sample] == read).mean() > 0.5)  # a few may have been edited


def _classes(sequence: Sequence, steps: slice, sample: int) -> list[int]:
    """The right class of each step, -1 where there is none."""
    targets = sequence.targets
    if targets is None or targets.ndim != 2:
        return [-1] * (steps.stop - steps.start)
    return [int(c) for c in targets[steps, sample]]


def _class_names(sequence: Sequence, size: int) -> tuple[str, ...]:
    labels = sequence.target_labels
    return (*labels, *(str(k + 1) for k in range(len(labels), size)))


def number_text(row: Array) -> str:
    """The number, or the first of several and dots."""
    return f"{row[0]:.3g}" if len(row) == 1 else f"{row[0]:.3g} …"


def target_texts(sequence: Sequence, sample: int) -> tuple[str, ...]:
    """The target of each step as text, "" where there is none."""
    targets = sequence.targets
    if targets is None:
        return ("",) * sequence.length
    own, labels = sequence.length_of(sample), sequence.target_labels
    rows, padding = targets[:own, sample], ("",) * (sequence.length - own)
    if targets.ndim == 2:
        return *("" if c < 0 else (labels[c] if c < len(labels) else str(c + 1)) for c in rows), *padding
    return *("" if np.isnan(row).any() else number_text(row) for row in rows), *padding
