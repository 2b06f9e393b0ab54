"""Training in bulk: many iterations without a walk, each computed whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.frame import ClipReport
from core.learning.clipping import clip
from core.learning.optimisers import Optimiser, initial_state
from core.learning.paces import DONE, check_paces
from core.learning.step import LearningSettings, updated, with_regulariser
from core.network import HEAD, Network
from core.posing import problem_of
from core.regulariser.fitting import check_regulariser
from core.sequence import Sequence

if TYPE_CHECKING:
    from core.bulk import Bulk

Array = NDArray[Any]
Arrays = Mapping[str, Array]
_ZEROS: Arrays = MappingProxyType({})
Score = Callable[[Array, Sequence], tuple[int, int]]  # (outputs (T, B, O), sequence) -> right answers, all answers


class Progress(msgspec.Struct, frozen=True, eq=False):
    """One iteration of a training; ``parameters`` and ``optimiser_state`` are those after its update."""

    number: int  # from 1, within this training
    loss: float  # before the update, mean over the sequences of the batch
    report: ClipReport
    parameters: Arrays
    optimiser_state: Arrays


class TrainingResult(msgspec.Struct, frozen=True, eq=False):
    """What a training gives; its arrays have one entry an iteration."""

    parameters: Arrays
    optimiser_state: Arrays
    losses: NDArray[np.float64]  # mean loss per sequence, before the update
    gradient_norms: NDArray[np.float64]  # before clipping
    clipped: NDArray[np.bool_]
    diverged: bool = False  # stopped before an update that was not finite

    @property
    def iterations(self) -> int:
        """How many iterations were done."""
        return len(self.losses)


def train(
    network: Network,
    parameters: Arrays,
    batches: Iterable[Sequence],
    settings: LearningSettings,
    iterations: int,
    optimiser_state: Arrays | None = None,
    on_iteration: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    initial: Arrays = _ZEROS,
) -> TrainingResult:
    """What is learned in at most ``iterations`` iterations, one batch each; it ends early when ``batches`` does.

    A run sums the loss over T and B. Here the update takes the mean over the batch: the gradients are scaled by 1/B
    before they are clipped, so that the rate does not depend on B. An iteration is computed whole (``core.bulk``); with
    B = 1 it is the one that is walked, to 1e-12 of its scale. ``cancelled`` is asked before every iteration; what was
    learned until then is in the result. A state of another optimiser is replaced by a fresh one. Nothing that is passed
    in changes, and equal arguments give equal results, bit for bit. ``initial`` are initial states by path, as
    ``initial_for`` takes them.
    """
    check_paces(network, settings.paces)
    check_regulariser(network, settings.regulariser)
    parameters, bulk = network.check(parameters), _bulk_of(network)
    state = fitting_state(network, parameters, settings.optimiser, optimiser_state)
    losses: list[float] = []
    reports: list[ClipReport] = []
    diverged = False
    for number, batch in enumerate(islice(batches, iterations), 1):
        if cancelled is not None and cancelled():
            break
        done = _iteration(bulk, parameters, batch, settings, state, number, initial_for(initial, batch.batch))
        if diverged := not _is_finite(done):
            break  # the update would lose what was learned
        parameters, state = dict(done.parameters), done.optimiser_state
        losses.append(done.loss)
        reports.append(done.report)
        if on_iteration is not None:
            on_iteration(done)
    norms = np.array([report.norm_before for report in reports])
    clipped = np.array([report.entries_cut > 0 for report in reports], dtype=bool)
    return TrainingResult(parameters, state, np.array(losses), norms, clipped, diverged)


def initial_for(initial: Arrays, batch: int) -> dict[str, Array]:
    """Initial states (K, batch, H) by path; those for another number of sequences (K, ·, H) begin all as the first."""
    return {
        path: rows if rows.shape[1] == batch else np.repeat(rows[:, :1], batch, axis=1)
        for path, rows in initial.items()
    }


def accuracy(
    network: Network,
    parameters: Arrays,
    sequences: Iterable[Sequence],
    score: Score | None = None,
    initial: Arrays = _ZEROS,
) -> float:
    """The share of right answers, counted by ``score`` (a task's); nan where nothing is asked.

    Without a ``score``, an answer is right where the largest output is the target's largest.
    """
    right = total = 0
    bulk, count = _bulk_of(network), score or _largest
    for sequence in sequences:
        begun = initial_for(initial, sequence.batch)
        run = bulk.forward(problem_of(network, parameters, sequence, initial=begun))
        if sequence.targets is not None:
            found = count(run.values(f"{HEAD}/{network.head.output}"), sequence)
            right, total = right + found[0], total + found[1]
    return right / total if total else float("nan")


def _largest(outputs: Array, sequence: Sequence) -> tuple[int, int]:
    assert sequence.targets is not None
    targets, mask = sequence.targets, sequence.loss_mask
    wanted = targets if targets.ndim == 2 else targets.argmax(axis=2)
    return int(np.count_nonzero((outputs.argmax(axis=2) == wanted) & mask)), int(np.count_nonzero(mask))


def _is_finite(done: Progress) -> bool:
    arrays = (*done.parameters.values(), *done.optimiser_state.values())
    numbers = np.array([done.loss, done.report.norm_before])
    return bool(np.isfinite(numbers).all()) and all(np.isfinite(array).all() for array in arrays)


def fitting_state(network: Network, parameters: Arrays, optimiser: Optimiser, state: Arrays | None = None) -> Arrays:
    """``state`` where it is one of this optimiser for these parameters, else the one before the first update."""
    first = initial_state(optimiser, {path: parameters[path] for path in network.trainable})
    fits = state is not None and _shapes(state) == _shapes(first)
    return state if state is not None and fits else first


def _shapes(arrays: Arrays) -> dict[str, tuple[int, ...]]:
    """Shapes of what belongs to rows of parameters; counts may be of all rows, or of each."""
    return {key: array.shape for key, array in arrays.items() if key != DONE and not key.startswith("updates/")}


def _bulk_of(network: Network) -> Bulk:
    """Loaded when something is trained: the window starts without it."""
    from core.bulk import Bulk

    return Bulk(network)


def _iteration(
    bulk: Bulk,
    parameters: Arrays,
    batch: Sequence,
    settings: LearningSettings,
    state: Arrays,
    number: int,
    initial: Arrays,
) -> Progress:
    with np.errstate(all="ignore"):  # what is not finite is found afterwards
        run = bulk.complete(problem_of(bulk.network, parameters, batch, initial=initial, window=settings.window))
        gradients: Arrays = {path: gradient / batch.batch for path, gradient in run.gradients().items()}
        gradients, _ = with_regulariser(run, settings.regulariser, gradients, 1.0 / batch.batch)
        loss = float(run.losses().sum()) / batch.batch
    clipped, report = clip(settings.clipping, gradients)
    changed, moved = updated(bulk.network, settings, parameters, clipped, state)
    return Progress(number, loss, report, changed, moved)
