"""One training step after the backward pass: gather the gradients, clip them, update the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from numpy.typing import NDArray

from core.frame import ClipReport
from core.learning.clipping import Clipping, clip
from core.learning.optimisers import SGD, Optimiser, update
from core.run import Run

Arrays = Mapping[str, NDArray[Any]]


class LearningSettings(msgspec.Struct, frozen=True):
    """How an iteration ends: the optimiser, the clipping, and the window of truncated BPTT (0: the whole sequence)."""

    optimiser: Optimiser = SGD()
    clipping: Clipping = Clipping()
    window: int = 0


class Outcome(msgspec.Struct, frozen=True, eq=False):
    """What one training step gives, by parameter path; ``parameters`` and ``optimiser_state`` are those afterwards."""

    gradients: Arrays
    clipped: Arrays
    report: ClipReport
    parameters: Arrays
    optimiser_state: Arrays


def learn(run: Run, settings: LearningSettings, optimiser_state: Arrays) -> Outcome:
    """The training step of a run; computes what of the run is still missing. Nothing that is passed in changes."""
    gradients = run.complete().gradients()
    clipped, report = clip(settings.clipping, gradients)
    parameters, state = update(settings.optimiser, run.problem.parameters, clipped, optimiser_state)
    return Outcome(gradients, clipped, report, parameters, state)
