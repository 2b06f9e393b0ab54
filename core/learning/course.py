"""A training that can be paused, gone back in, and done again with the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace
from numpy.typing import NDArray

from core.errors import Cancelled, DataError
from core.learning.checkpoints import BUDGET_BYTES, Checkpoint, Checkpoints
from core.learning.record import Training
from core.learning.step import LearningSettings
from core.learning.training import Progress, TrainingResult, accuracy, fitting_state, train
from core.network import Network
from core.sequence import Sequence
from core.supply import Supply

Arrays = Mapping[str, NDArray[Any]]
HELD_OUT = 200  # sequences that the metric is taken on
MARKS = 50  # times that it is taken in a training as long as it is meant to be
_NONE: Arrays = {}


class Beginning(msgspec.Struct, frozen=True, eq=False):
    """All that the numbers of a training hang on; ``own`` is the sequence that is learned from without a task."""

    network: Network
    parameters: Arrays
    optimiser_state: Arrays
    training: Training
    settings: LearningSettings
    own: Sequence
    initial: Arrays = msgspec.field(default_factory=dict)  # path -> (K, 1, H) or (K, B, H)


class Mark(msgspec.Struct, frozen=True):
    """What was measured in one iteration of a training; 0 is the state before the first, of which only the score is."""

    number: int
    loss: float = float("nan")  # mean over the batch, before the update
    norm: float = float("nan")  # of the gradient, before clipping
    clipped: bool = False
    score: float | None = None  # share of right answers on what is held out, after the update; None: not measured


class Course:
    """The iterations of one training, each after the other; ``marks`` may be read while another thread goes on.

    Walking back takes the last checkpoint before and learns from there again: the same batches, so the same numbers.
    """

    def __init__(self, beginning: Beginning, budget_bytes: int = BUDGET_BYTES) -> None:
        network, training = beginning.network, beginning.training
        parameters, optimiser = network.check(beginning.parameters), beginning.settings.optimiser
        state = fitting_state(network, parameters, optimiser, beginning.optimiser_state)
        self.beginning = beginning
        self.supply: Supply = training.supply(beginning.own)
        self.marks: list[Mark] = []
        self.diverged = False
        self._checkpoints = Checkpoints(Checkpoint(0, parameters, state), budget_bytes)
        self.last = Checkpoint(0, parameters, state)
        self._stages = [(0, replace(beginning.settings, over_batch="sum"))]  # iterations done before, settings
        self._held_out: tuple[Sequence, ...] | None = None

    @property
    def done(self) -> int:
        """Iterations that were done."""
        return self.last.number

    @property
    def left(self) -> int:
        """Iterations until it is as long as it is meant to be, or as long again."""
        return self.left_after(self.done)

    def left_after(self, done: int) -> int:
        """The same, when so many are done."""
        planned = self.beginning.training.iterations
        return -done % planned if done else planned

    @property
    def every(self) -> int:
        """So many iterations lie between two scores; fixed, so that they are the same however often one pauses."""
        return max(1, self.beginning.training.iterations // MARKS)

    def go_on(self, iterations: int, cancelled: Callable[[], bool] = lambda: False) -> None:
        """So many iterations more; fewer where it is cancelled or where the next update would not be finite."""
        if not self.marks:
            self.marks.append(Mark(0, score=self._score(self.last.parameters)))
        _, self.diverged = self._learn(self.last, self.done + iterations, self._note, cancelled)

    def at(self, number: int, cancelled: Callable[[], bool] = lambda: False) -> Checkpoint:
        """Where the training stood after ``number`` iterations. Raises DataError for others, Cancelled."""
        if not 0 <= number <= self.done:
            raise DataError(f"the training has not come to iteration {number}; it has done {self.done}")
        if number == self.done:
            return self.last
        found, _ = self._learn(self._checkpoints.before(number), number, None, cancelled)
        if found.number < number:
            raise Cancelled
        return found

    def batch(self, number: int) -> Sequence:
        """What iteration ``number``, from 1, learns from."""
        return self.supply.batch(self.beginning.training.done + number - 1)

    def change(self, settings: LearningSettings) -> None:
        """Learn in this way from the next iteration on."""
        settings = replace(settings, over_batch="sum")
        kept = [(first, way) for first, way in self._stages if first < self.done]
        self._stages = kept if kept and kept[-1][1] == settings else [*kept, (self.done, settings)]

    def settings_of(self, number: int) -> LearningSettings:
        """How iteration ``number``, from 1, learned, or would."""
        return next(settings for first, settings in reversed(self._stages) if first < max(number, 1))

    def stages(self, done: int) -> tuple[tuple[int, LearningSettings], ...]:
        """Of the first ``done`` iterations: how many were learned in which way, one after the other."""
        ends = [*(first for first, _ in self._stages[1:]), done]
        counted = [(min(end, done) - first, way) for (first, way), end in zip(self._stages, ends, strict=True)]
        return tuple((iterations, way) for iterations, way in counted if iterations > 0)

    def _learn(
        self, stood: Checkpoint, end: int, say: Callable[[Progress], None] | None, cancelled: Callable[[], bool]
    ) -> tuple[Checkpoint, bool]:
        """Where it stands then, and whether it diverged."""
        while stood.number < end:
            borders = [first for first, _ in self._stages if first > stood.number]
            wanted = min([end, *borders]) - stood.number
            result = self._train(stood, wanted, say, cancelled)
            stood = Checkpoint(stood.number + result.iterations, result.parameters, result.optimiser_state)
            if result.iterations < wanted:
                return stood, result.diverged
        return stood, False

    def _train(
        self, start: Checkpoint, iterations: int, say: Callable[[Progress], None] | None, cancelled: Callable[[], bool]
    ) -> TrainingResult:
        begun = self.beginning
        batches = self.supply.batches(begun.training.done + start.number)
        return train(
            begun.network,
            start.parameters,
            batches,
            self.settings_of(start.number + 1),
            iterations,
            start.optimiser_state,
            say,
            cancelled,
            begun.initial,
        )

    def _note(self, done: Progress) -> None:
        self.last = Checkpoint(self.last.number + 1, done.parameters, done.optimiser_state)
        self._checkpoints.add(self.last)
        due = self.done % self.every == 0 or not self.left
        score = self._score(done.parameters) if due else None
        self.marks.append(Mark(self.done, done.loss, done.report.norm_before, done.report.entries_cut > 0, score))

    def _score(self, parameters: Arrays) -> float | None:
        if not self.supply.metric:
            return None
        if self._held_out is None:
            self._held_out = self.supply.some_held_out(HELD_OUT)
        return accuracy(self.beginning.network, parameters, self._held_out, self.supply.score, self.beginning.initial)


def beginning_anew(beginning: Beginning, seed: int) -> Beginning:
    """The same training from initial parameters of this seed, which is also the seed of its batches."""
    training = replace(beginning.training.anew(), seed=seed)
    parameters = training.initial_parameters(beginning.network, seed)
    return replace(beginning, parameters=parameters, optimiser_state=_NONE, training=training)
