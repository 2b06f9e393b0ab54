"""Branches: the iterations that follow from one setup, each with its parameters, its run and its training step."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec
from numpy.typing import NDArray

from core.errors import SessionError
from core.frame import Cursor, Phase, Position
from core.learning.paces import check_paces
from core.learning.record import Training
from core.learning.step import LearningSettings, Outcome, learn
from core.network import Network
from core.origin import Origin
from core.posing import problem_of
from core.regulariser.fitting import check_regulariser, regularised_layer
from core.run import Intervention, Problem, Run
from core.sequence import Sequence
from core.timeline import Timeline

Arrays = Mapping[str, NDArray[Any]]
MEMORY_BUDGET_BYTES = 512 * 1024 * 1024


class Setup(msgspec.Struct, frozen=True, eq=False):
    """What every iteration of a branch has in common."""

    network: Network
    sequence: Sequence
    initial: Arrays = msgspec.field(default_factory=dict)  # path -> (K, B, H)
    interventions: tuple[Intervention, ...] = ()
    learning: LearningSettings = msgspec.field(default_factory=LearningSettings)
    name: str = ""
    origin: Origin | None = None  # where the network came from, if from a file
    training: Training = Training()

    def __post_init__(self) -> None:
        check_paces(self.network, self.learning.paces)
        check_regulariser(self.network, self.learning.regulariser)

    def problem(self, parameters: Arrays) -> Problem:
        """What an iteration with these parameters computes."""
        return problem_of(
            self.network,
            parameters,
            self.sequence,
            initial=self.initial,
            interventions=self.interventions,
            window=self.learning.window,
            over_batch=self.learning.over_batch,
            regularised=regularised_layer(self.network, self.learning.regulariser),
        )

    def walks_like(self, other: Setup) -> bool:
        """Whether the same cursor means the same place in both, so that they can be compared."""
        losses = (self.sequence.loss_mask, other.sequence.loss_mask)
        return (
            self.network is other.network
            and regularised_layer(self.network, self.learning.regulariser)
            == regularised_layer(other.network, other.learning.regulariser)
            and losses[0].shape == losses[1].shape
            and bool((losses[0].any(axis=1) == losses[1].any(axis=1)).all())
        )


class Iteration(msgspec.Struct, frozen=True, eq=False):
    """Where an iteration starts: parameters and the optimiser's state."""

    parameters: Arrays
    optimiser_state: Arrays


class Branch:
    """Iterations from ``first`` on; earlier ones are the parent's. Only grows."""

    def __init__(self, setup: Setup, start: Iteration, first: int = 0, parent: Branch | None = None) -> None:
        self.setup, self.first, self.parent = setup, first, parent
        self.iterations = [start]
        self._outcomes: dict[int, Outcome] = {}
        self._runs: OrderedDict[int, Run] = OrderedDict()  # least recently used first
        self._dropped: dict[int, tuple[int, int]] = {}  # how far runs were computed that are not in memory

    def owner(self, number: int) -> Branch:
        """The branch that an iteration belongs to: this one or an ancestor."""
        return self if number >= self.first or self.parent is None else self.parent.owner(number)

    @property
    def last(self) -> int:
        """The highest iteration that has been started."""
        return self.first + len(self.iterations) - 1

    @cached_property
    def learns(self) -> bool:
        """Whether iterations end in an update, so that another one follows."""
        return Phase.UPDATE in self.setup.problem(self.iterations[0].parameters).timeline().phases

    def iteration(self, number: int) -> Iteration:
        """The start of an iteration; iterations on the way to it are computed. Raises SessionError for no such one."""
        if number < self.first:
            return self.owner(number).iteration(number)
        if number > self.last and not self.learns:
            raise SessionError(f"iteration {self.last + 1} has no loss to learn from, so no other follows it")
        while self.last < number:
            outcome = self.outcome(self.last)
            self.iterations.append(Iteration(outcome.parameters, outcome.optimiser_state))
        return self.iterations[number - self.first]

    def work(self, number: int) -> Iterator[None]:
        """Computes the iterations on the way to one, a time step at a time, so that it can be left at any."""
        if number < self.first:
            yield from self.owner(number).work(number)
        while self.last < number and self.learns:
            run = self.run(self.last)
            yield from steps_of(run, run.timeline.length)
            self.iteration(self.last + 1)

    def run(self, number: int) -> Run:
        """The run of an iteration; recomputed from its start where it was dropped to save memory."""
        if number < self.first:
            return self.owner(number).run(number)
        run = self._runs.get(number)
        if run is None:
            run = Run(self.setup.problem(self.iteration(number).parameters))
            forward, backward = self._dropped.pop(number, (0, 0))
            run.forward_to(forward)
            run.backward_to(backward if run.has_loss else 0)
            self._keep(number, run)
        self._runs.move_to_end(number)
        return run

    def run_before(self, number: int) -> Run | None:
        """The run of an iteration before the edit that began its branch; None without one, or where walks differ."""
        owner = self.owner(number)
        parent = owner.parent
        if parent is None or not parent.owner(number).setup.walks_like(owner.setup):
            return None
        return parent.run(number)

    def nearest(self, position: Position) -> Cursor:
        """A place of another branch in this one, as near as it goes; iterations it never came to are not computed."""
        number = min(position.cursor.iteration, self.last)
        timeline = self.run(number).timeline
        behind = number < position.cursor.iteration
        return Cursor(number, timeline.length if behind else timeline.nearest(position))

    def adopt(self, number: int, run: Run) -> None:
        """Take over a run that was computed elsewhere (rows copied from before an edit)."""
        self._keep(number, run)

    def _keep(self, number: int, run: Run) -> None:
        self._runs[number] = run
        while len(self._runs) > 2 and sum(kept.bytes for kept in self._runs.values()) > MEMORY_BUDGET_BYTES:
            dropped, old = self._runs.popitem(last=False)
            self._dropped[dropped] = old.forward_done, old.backward_done

    def frontiers(self) -> dict[int, tuple[int, int]]:
        """How far each iteration is computed: time steps forward and backward."""
        kept = {number: (run.forward_done, run.backward_done) for number, run in self._runs.items()}
        return {**self._dropped, **kept}

    def advance_to(self, number: int, frontier: tuple[int, int]) -> None:
        """Let an iteration be computed that far when it is next looked at (as it was when it was saved)."""
        self._dropped[number] = frontier

    def outcome(self, number: int) -> Outcome:
        """The training step at the end of an iteration."""
        if number < self.first:
            return self.owner(number).outcome(number)
        if number not in self._outcomes:
            state = self.iteration(number).optimiser_state
            self._outcomes[number] = learn(self.run(number), self.setup.learning, state)
        return self._outcomes[number]


def steps_of(run: Run, index: int) -> Iterator[None]:
    """Computes a run up to an index, a time step at a time."""
    forward, backward = run.frontier(index)
    for done in range(run.forward_done + 1, forward + 1):
        run.forward_to(done)
        yield
    for done in range(run.backward_done + 1, backward + 1):
        run.backward_to(done)
        yield


class Bookmark(msgspec.Struct, frozen=True):
    """A named place to come back to; ``length``: how many operations its iteration has, 0 where that is not known."""

    name: str
    cursor: Cursor
    note: str = ""
    length: int = 0

    def exists_in(self, timeline: Timeline) -> bool:
        """Whether the place is there in such iterations; those of another model or other data may be shorter."""
        return self.length in (0, timeline.length)
