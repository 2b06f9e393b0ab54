"""From a sequence to a problem: classes become one-hot targets, and steps without a target get no loss.

And the target of a sequence that came without one: what was asked before, or what comes next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, ShapeError
from core.network import Network
from core.run import Intervention, Problem
from core.sequence import Sequence, next_token_targets
from core.targets import NO_LOSS, has_target

Array = NDArray[Any]
_FLOAT64 = np.dtype(np.float64)


def problem_of(
    network: Network,
    parameters: Mapping[str, Array],
    sequence: Sequence,
    *,
    initial: Mapping[str, Array] | None = None,
    interventions: tuple[Intervention, ...] = (),
    window: int = 0,
    over_batch: Literal["sum", "mean"] = "sum",
    dtype: np.dtype[Any] = _FLOAT64,
    regularised: str = "",
) -> Problem:
    """What a run of ``network`` on ``sequence`` computes; a sequence without targets is only walked forward.

    The loss is the sum over the batch, or its mean: then a loss of each sequence counts 1/B.
    Raises ShapeError where widths do not fit, DataError for a class that the network has no output for.
    """
    if sequence.width != network.inputs:
        raise ShapeError(
            f"The sequence has {sequence.width} numbers per step, but the network reads {network.inputs}. "
            "Use a sequence of that width, or make a network for this one."
        )
    targets, weights = targets_of(sequence, network.outputs)
    if weights is not None and over_batch == "mean":
        weights = weights / sequence.batch
    return Problem(
        network,
        parameters,
        sequence.inputs,
        targets,
        weights,
        dict(initial or {}),
        interventions,
        window,
        dtype,
        sequence.lengths,
        regularised,
    )


def targets_of(sequence: Sequence, outputs: int) -> tuple[Array, Array] | tuple[None, None]:
    """The targets (T, B, O) as a loss reads them, and where there is a loss (T, B) as 0 and 1; None without any.

    Raises DataError for a class beyond the outputs, ShapeError for targets of another width.
    """
    if sequence.targets is None:
        return None, None
    mask = sequence.loss_mask
    if sequence.targets.ndim == 2:
        return _one_hot(sequence, mask, outputs), mask.astype(float)
    if sequence.targets.shape[2] != outputs:
        raise ShapeError(
            f"The targets have {sequence.targets.shape[2]} numbers per step, but the network gives {outputs}. "
            "Give as many numbers as the network has outputs."
        )
    return np.where(mask[..., None], sequence.targets, 0.0), mask.astype(float)


def _one_hot(sequence: Sequence, mask: NDArray[np.bool_], outputs: int) -> Array:
    classes = sequence.targets
    assert classes is not None
    if classes.max() >= outputs:
        t, sample = (int(place[0]) for place in np.nonzero(classes >= outputs))
        found = int(classes[t, sample])
        name = f" ({sequence.target_labels[found]})" if sequence.target_labels else ""
        raise DataError(
            f"The target of step {t + 1}, sequence {sample + 1} is class {found}{name}, but the network has the "
            f"outputs 0 to {outputs - 1}. Choose one of these, or make a network with more outputs."
        )
    rows = np.zeros((*classes.shape, outputs))
    rows[mask, classes[mask]] = 1.0
    return rows


def with_target_like(sequence: Sequence, before: Sequence, outputs: int) -> Sequence:
    """``sequence`` asked for what ``before`` was asked for, where ``outputs`` can say it; as it is with own targets.

    Next tokens and next numbers are asked for again; of anything else the last target is kept, at the last step. The
    names of the classes stay also where there was no target.
    """
    if sequence.targets is not None:
        return sequence
    named = replace(sequence, target_labels=before.target_labels)
    if before.known is None or not has_target(before.known).any():
        return named
    if asks_next(before) and sequence.length > 1 and outputs == sequence.width:
        return with_next_targets(sequence)
    there = has_target(before.known)
    last = len(there) - 1 - there[::-1].argmax(axis=0)  # of each sequence
    found = before.known[last, np.arange(before.batch)]  # (B,) or (B, O)
    if len(found) != sequence.batch:
        first = int(there.any(axis=0).argmax())
        found = found[first : first + 1].repeat(sequence.batch, axis=0)
    fits = found.max() < outputs if found.ndim == 1 else found.shape[1] == outputs
    return asked_at_its_end(named, found) if fits else named


def asked_at_its_end(sequence: Sequence, row: Array) -> Sequence:
    """A target (B,) or (B, O) at the last step of each sequence of the batch."""
    targets = np.array(sequence.with_target(sequence.length - 1, row).targets)
    targets[...] = NO_LOSS if targets.ndim == 2 else np.nan
    targets[sequence.ends, np.arange(sequence.batch)] = row
    return replace(sequence, targets=targets, known=None)


def with_next_targets(sequence: Sequence) -> Sequence:
    """A copy whose target at each step is what is read at the next one; the last step has none.

    Raises DataError for a text, ShapeError for numbers, of a single step.
    """
    if sequence.vocabulary is not None:
        return next_token_targets(sequence)
    if sequence.length < 2:
        raise ShapeError("Got a single step; the next numbers need at least two. Add a row of numbers.")
    targets = np.full(sequence.inputs.shape, np.nan)
    targets[:-1] = sequence.inputs[1:]
    targets[sequence.ends, np.arange(sequence.batch)] = np.nan
    return replace(sequence, targets=targets, known=None)


def asks_next(sequence: Sequence) -> bool:
    """Whether the targets are what is read at the next step, but for a few steps that were edited since."""
    known = sequence.known
    if known is None or sequence.length < 2:
        return False
    read = np.arange(1, sequence.length)[:, None] <= sequence.ends  # (T - 1, B): what no padding follows
    if sequence.vocabulary is None:
        same = known.shape == sequence.inputs.shape
        return same and _most(np.equal(known[:-1], sequence.inputs[1:]).all(axis=2)[read])
    same = known.ndim == 2 and sequence.target_labels == sequence.vocabulary.tokens
    return same and _most((known[:-1] == sequence.inputs[1:].argmax(axis=2))[read])


def _most(alike: NDArray[np.bool_]) -> bool:
    return bool(alike.size and alike.mean() > 0.5)
