"""One training step after the backward pass: gather the gradients, clip them, update the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from numpy.typing import NDArray

from core.frame import ClipReport
from core.learning.clipping import Clipping, clip
from core.learning.optimisers import SGD, Optimiser, update
from core.learning.paces import Pace, counted, iterations_done, resting
from core.network import Network
from core.run import Run

Arrays = Mapping[str, NDArray[Any]]
OverBatch = Literal["sum", "mean"]


class LearningSettings(msgspec.Struct, frozen=True):
    """How an iteration ends: the optimiser, the clipping, and the window of truncated BPTT (0: the whole sequence).

    ``paces`` are of the units that are updated less often than every iteration. The loss of a batch is the sum of its
    sequences' losses, or their mean, as trainings take it.
    """

    optimiser: Optimiser = SGD()
    clipping: Clipping = Clipping()
    window: int = 0
    paces: tuple[Pace, ...] = ()
    over_batch: OverBatch = "sum"


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
    parameters, state = updated(run.network, settings, run.problem.parameters, clipped, optimiser_state)
    return Outcome(gradients, clipped, report, parameters, state)


def updated(
    network: Network, settings: LearningSettings, parameters: Arrays, gradients: Arrays, state: Arrays
) -> tuple[dict[str, NDArray[Any]], Arrays]:
    """The parameters and the optimiser's state after an update, in which units may rest. Raises as ``update`` does."""
    if not settings.paces:
        return update(settings.optimiser, parameters, gradients, state)
    rest = resting(network, settings.paces, iterations_done(state))
    changed, moved = update(settings.optimiser, parameters, gradients, state, rest)
    return changed, counted(moved)
