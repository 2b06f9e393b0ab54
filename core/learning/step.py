"""One training step after the backward pass: gather gradients, add the regulariser's, clip them, update parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from numpy.typing import NDArray

from core.frame import ClipReport
from core.learning.clipping import Clipping, clip
from core.learning.optimisers import SGD, Optimiser, update
from core.learning.paces import Pace, counted, fitting_paces, iterations_done, resting
from core.network import Network
from core.regulariser.fitting import fitting_regulariser
from core.regulariser.settings import Regulariser
from core.run import Run

if TYPE_CHECKING:
    from core.bulk.whole import WholeRun
    from core.regulariser.information_flow import InformationFlow

Arrays = Mapping[str, NDArray[Any]]
OverBatch = Literal["sum", "mean"]


class LearningSettings(msgspec.Struct, frozen=True):
    """How an iteration ends: the optimiser, the clipping, and the window of truncated BPTT (0: the whole sequence).

    ``paces`` are of the units that are updated less often than every iteration. The loss of a batch is the sum of its
    sequences' losses, or their mean, as trainings take it; the regulariser is added up in the same way.
    """

    optimiser: Optimiser = SGD()
    clipping: Clipping = Clipping()
    window: int = 0
    paces: tuple[Pace, ...] = ()
    over_batch: OverBatch = "sum"
    regulariser: Regulariser = Regulariser()


def fitting_learning(network: Network, settings: LearningSettings) -> LearningSettings:
    """The settings for a network, without what is said of units and layers that it has not."""
    paces, regulariser = fitting_paces(network, settings.paces), fitting_regulariser(network, settings.regulariser)
    return msgspec.structs.replace(settings, paces=paces, regulariser=regulariser)


class Outcome(msgspec.Struct, frozen=True, eq=False):
    """What one training step gives, by parameter path; ``parameters`` and ``optimiser_state`` are those afterwards.

    ``gradients`` are those of the loss; ``regularised`` have the regulariser's share in them and are what is clipped,
    the very same arrays where there is no regulariser.
    """

    gradients: Arrays
    regularised: Arrays
    clipped: Arrays
    report: ClipReport
    parameters: Arrays
    optimiser_state: Arrays
    flow: InformationFlow | None = None


def learn(run: Run, settings: LearningSettings, optimiser_state: Arrays) -> Outcome:
    """The training step of a run; computes what of the run is still missing. Nothing that is passed in changes."""
    gradients = run.complete().gradients()
    share = 1.0 / run.problem.batch_size if settings.over_batch == "mean" else 1.0
    regularised, flow = with_regulariser(run, settings.regulariser, gradients, share)
    clipped, report = clip(settings.clipping, regularised)
    parameters, state = updated(run.network, settings, run.problem.parameters, clipped, optimiser_state)
    return Outcome(gradients, regularised, clipped, report, parameters, state, flow)


def with_regulariser(
    run: Run | WholeRun, settings: Regulariser, gradients: Arrays, share: float = 1.0
) -> tuple[Arrays, InformationFlow | None]:
    """The gradients with the regulariser's added, of which each sequence counts ``share``, and its terms.

    The same gradients and None where there is none. Raises SessionError for a layer that the network has not.
    """
    if not settings.weight:
        return gradients, None
    from core.regulariser.information_flow import information_flow  # most sessions never need it

    flow, weight = information_flow(run, settings), settings.weight * share
    return {path: gradient + weight * flow.gradients[path] for path, gradient in gradients.items()}, flow


def updated(
    network: Network, settings: LearningSettings, parameters: Arrays, gradients: Arrays, state: Arrays
) -> tuple[dict[str, NDArray[Any]], Arrays]:
    """The parameters and the optimiser's state after an update, in which units may rest. Raises as ``update`` does."""
    if not settings.paces:
        return update(settings.optimiser, parameters, gradients, state)
    rest = resting(network, settings.paces, iterations_done(state))
    changed, moved = update(settings.optimiser, parameters, gradients, state, rest)
    return changed, counted(moved)
