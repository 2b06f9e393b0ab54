"""From a sequence to a problem: classes become one-hot targets, and steps without a target get no loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, ShapeError
from core.network import Network
from core.run import Intervention, Problem
from core.sequence import Sequence

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
    dtype: np.dtype[Any] = _FLOAT64,
) -> Problem:
    """What a run of ``network`` on ``sequence`` computes; a sequence without targets is only walked forward.

    Raises ShapeError where widths do not fit, DataError for a class that the network has no output for.
    """
    if sequence.width != network.inputs:
        raise ShapeError(
            f"The sequence has {sequence.width} numbers per step, but the network reads {network.inputs}. "
            "Use a sequence of that width, or make a network for this one."
        )
    targets, weights = targets_of(sequence, network.outputs)
    return Problem(
        network, parameters, sequence.inputs, targets, weights, dict(initial or {}), interventions, window, dtype
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
