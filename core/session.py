"""A session: branches of iterations, a cursor that walks them, edits with undo, bookmarks and breakpoints.

State is replaced, never edited: an edit begins a new branch at the current iteration, and undo returns to the old one.
The cursor says how far is shown; how far is computed is the run's own frontier.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.breakpoints import Breakpoint, first_event
from core.errors import SessionError
from core.frame import Cursor, Grain, Phase, Position
from core.learning.optimisers import initial_state
from core.learning.step import LearningSettings, Outcome, learn
from core.network import Network
from core.posing import problem_of
from core.reveal import Shown
from core.run import Intervention, Problem, Run
from core.sequence import Sequence
from core.timeline import Timeline

Arrays = Mapping[str, NDArray[Any]]
MEMORY_BUDGET_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class Setup:
    """What every iteration of a branch has in common."""

    network: Network
    sequence: Sequence
    initial: Arrays = field(default_factory=dict)  # path -> (K, B, H)
    interventions: tuple[Intervention, ...] = ()
    learning: LearningSettings = LearningSettings()
    name: str = ""

    def problem(self, parameters: Arrays) -> Problem:
        """What an iteration with these parameters computes."""
        return problem_of(
            self.network,
            parameters,
            self.sequence,
            initial=self.initial,
            interventions=self.interventions,
            window=self.learning.window,
        )


@dataclass(frozen=True, eq=False)
class Iteration:
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

    def iteration(self, number: int) -> Iteration:
        """The start of an iteration; iterations on the way to it are computed."""
        if number < self.first:
            return self.owner(number).iteration(number)
        while self.last < number:
            outcome = self.outcome(self.last)
            self.iterations.append(Iteration(outcome.parameters, outcome.optimiser_state))
        return self.iterations[number - self.first]

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


@dataclass(frozen=True)
class Bookmark:
    """A named place to come back to."""

    name: str
    cursor: Cursor
    note: str = ""


@dataclass(frozen=True, eq=False)
class Undoable:
    """One state of the undo history: the branch before or after an edit, and where the cursor stood."""

    label: str
    branch: Branch
    cursor: Cursor


class Session:
    """The walk of one network on one sequence. Every intent either succeeds or raises and changes nothing."""

    def __init__(self, setup: Setup, parameters: Arrays, optimiser_state: Arrays | None = None) -> None:
        checked = setup.network.check(parameters)
        state = initial_state(setup.learning.optimiser, checked) if optimiser_state is None else optimiser_state
        self.branch = Branch(setup, Iteration(checked, state))
        self.cursor = Cursor()
        self.grain = Grain.EQUATION
        self.bookmarks: tuple[Bookmark, ...] = ()
        self.breakpoints: tuple[Breakpoint, ...] = ()
        self.notes = ""
        self.event = ""  # what stopped the walk at the cursor
        self.undone: list[Undoable] = []
        self.done: list[Undoable] = []
        self.shown = Shown()
        self.run  # noqa: B018  the first run is made, so that what does not fit is refused here

    # What stands at the cursor

    @property
    def setup(self) -> Setup:
        """The setup of the iteration the cursor is in."""
        return self.branch.owner(self.cursor.iteration).setup

    @property
    def run(self) -> Run:
        """The run the cursor is in."""
        return self.branch.run(self.cursor.iteration)

    @property
    def timeline(self) -> Timeline:
        """The walk of the cursor's iteration."""
        return self.run.timeline

    @property
    def position(self) -> Position:
        """The operation that was done last."""
        return self.timeline.position(self.cursor)

    @property
    def parameters(self) -> Arrays:
        """The parameters of the cursor's iteration, before its update."""
        return self.branch.iteration(self.cursor.iteration).parameters

    @property
    def outcome(self) -> Outcome:
        """Gradients, clipping and update of the cursor's iteration, computed where it is missing."""
        return self.branch.outcome(self.cursor.iteration)

    @property
    def ghost(self) -> Run | None:
        """The run before the last edit, as far as it was computed; None without an edit."""
        branch = self.branch.owner(self.cursor.iteration)
        return branch.parent.run(self.cursor.iteration) if branch.parent and self.done else None

    # Moving. A step past what is computed computes exactly that step.

    def go_to(self, cursor: Cursor) -> None:
        """Stand at a cursor. Raises SessionError outside the walk."""
        if cursor.iteration < 0:
            raise SessionError("there is no iteration before the first")
        run = self.branch.run(cursor.iteration)
        if not 0 <= cursor.index <= run.timeline.length:
            raise SessionError(f"position {cursor.index} is outside an iteration of {run.timeline.length} operations")
        run.ensure(cursor.index)
        self.cursor, self.event = cursor, ""

    def step_forward(self, grain: Grain | None = None) -> bool:
        """One step of the grain; at the end of an iteration the next one begins. False where there is no next one."""
        index, timeline = self.cursor.index, self.timeline
        if index < timeline.length:
            self.go_to(replace(self.cursor, index=timeline.next(index, grain or self.grain)))
            return True
        if Phase.UPDATE not in timeline.phases:
            return False
        iteration = self.cursor.iteration + 1
        following = self.branch.run(iteration).timeline
        self.go_to(Cursor(iteration, following.next(0, grain or self.grain)))
        return True

    def step_back(self, grain: Grain | None = None) -> bool:
        """One step of the grain back; from the start of an iteration to the end of the one before. False at the start."""
        if self.cursor.index > 0:
            index = self.timeline.previous(self.cursor.index, grain or self.grain)
            if index > 0 or self.cursor.iteration == 0:
                self.go_to(replace(self.cursor, index=index))
                return True
        if self.cursor.iteration == 0:
            return False
        iteration = self.cursor.iteration - 1
        self.go_to(Cursor(iteration, self.branch.run(iteration).timeline.length))
        return True

    def go_start(self) -> None:
        """Stand at the start of the iteration; there already: at the start of the first one."""
        iteration = self.cursor.iteration if self.cursor.index else 0
        self.go_to(Cursor(iteration, 0))

    def go_end(self) -> None:
        """Stand at the end of the iteration."""
        self.go_to(replace(self.cursor, index=self.timeline.length))

    def go_to_phase(self, phase: Phase) -> None:
        """Stand at the first time step of a phase. Raises SessionError where the walk has no such phase."""
        start = self.timeline.starts_phase(phase)
        self.go_to(replace(self.cursor, index=self.timeline.next(start, Grain.TIME_STEP)))

    def go_to_time(self, t: int) -> None:
        """Stand where time step ``t`` is complete in the current phase, or in the nearest phase that visits it."""
        phase = self.position.phase
        order = [phase, *(p for p in (Phase.BACKWARD, Phase.FORWARD) if p is not phase)]
        for wanted in order:
            if wanted not in self.timeline.phases:
                continue
            try:
                self.go_to(replace(self.cursor, index=self.timeline.end_of(wanted, t)))
                return
            except SessionError:
                continue
        raise SessionError(f"there is no time step {t + 1} in this walk")

    def next_event(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Go on to the next breakpoint; without one in this iteration, to its end. Whether a breakpoint was met."""
        if self.cursor.index >= self.timeline.length and not self.step_forward():
            return False
        found = first_event(self.run, self.breakpoints, self.cursor.index, cancelled)
        if found is None:
            if not cancelled():
                self.go_end()
            return False
        self.go_to(replace(self.cursor, index=found.index))
        self.event = found.text
        return True

    def check_event(self, since: Cursor) -> bool:
        """Whether a breakpoint lies after ``since`` and up to the cursor; if so the cursor stands there (for play)."""
        start = since.index if since.iteration == self.cursor.iteration else 0
        found = first_event(self.run, self.breakpoints, start, lambda: False, until=self.cursor.index)
        if found is None:
            return False
        self.go_to(replace(self.cursor, index=found.index))
        self.event = found.text
        return True

    # Editing. Each edit begins a branch at the cursor's iteration.

    def set_weight(self, path: str, index: tuple[int, ...], value: float) -> None:
        """Give one entry of a parameter another value. Raises SessionError for a path or index that is not there."""
        if path not in self.parameters:
            raise SessionError(f"there is no parameter {path}; there are: {', '.join(self.parameters)}")
        changed = np.array(self.parameters[path])
        try:
            changed[index] = value
        except IndexError:
            raise SessionError(f"{path} has shape {changed.shape}, so it has no entry {index}") from None
        changed.flags.writeable = False
        self._edit(f"set {path}", self.setup, {**self.parameters, path: changed}, shared=0)

    def set_parameters(self, parameters: Arrays, label: str = "set parameters") -> None:
        """Give all parameters other values. Raises ShapeError where they do not fit."""
        self._edit(label, self.setup, self.setup.network.check(parameters), shared=0)

    def set_input(self, t: int, value: Any) -> None:
        """Give step ``t`` another input: a token or a vector."""
        sequence = self.setup.sequence.with_input(t, value)
        self._edit(f"set input {t + 1}", replace(self.setup, sequence=sequence), self.parameters, shared=t)

    def set_target(self, t: int, value: Any) -> None:
        """Give step ``t`` another target: a label, a class (-1: none) or a vector."""
        sequence = self.setup.sequence.with_target(t, value)
        self._edit(f"set target {t + 1}", replace(self.setup, sequence=sequence), self.parameters, shared=0)

    def set_sequence(self, sequence: Sequence, label: str = "change the data") -> None:
        """Walk another sequence. Raises ShapeError or DataError where the network does not fit it."""
        setup = replace(self.setup, sequence=sequence, initial={}, interventions=())
        self._edit(label, setup, self.parameters, shared=0)

    def set_initial(self, path: str, row: int, unit: int, value: float) -> None:
        """Give one unit of an initial state another value; ``row`` counts from the earliest."""
        states = {**self.setup.network.initial_states(self.setup.sequence.batch), **self.setup.initial}
        if path not in states:
            raise SessionError(f"{path} has no initial value; these have: {', '.join(states)}")
        changed = np.array(states[path])
        try:
            changed[row, :, unit] = value
        except IndexError:
            raise SessionError(f"the initial value of {path} has shape {changed.shape}") from None
        self._edit(f"set initial {path}", replace(self.setup, initial={**states, path: changed}), self.parameters, 0)

    def overwrite(self, path: str, t: int, unit: int, value: float | None) -> None:
        """Overwrite a unit of a variable at step ``t``; None takes the overwriting back."""
        block, variable = path.split("/")
        kept = tuple(
            i for i in self.setup.interventions if (i.block, i.variable, i.t, i.unit) != (block, variable, t, unit)
        )
        new = () if value is None else (Intervention(block, variable, t, unit, value),)
        setup = replace(self.setup, interventions=(*kept, *new))
        self._edit(f"overwrite {path} at {t + 1}", setup, self.parameters, shared=t)

    def set_learning(self, learning: LearningSettings) -> None:
        """Use another optimiser, clipping or window from this iteration on."""
        same_optimiser = type(learning.optimiser) is type(self.setup.learning.optimiser)
        same_window = learning.window == self.setup.learning.window
        shared = self.setup.sequence.length if same_window else 0
        setup = replace(self.setup, learning=learning)
        state = None if not same_optimiser else self.branch.iteration(self.cursor.iteration).optimiser_state
        self._edit("change learning", setup, self.parameters, shared, state)

    def set_model(self, network: Network, parameters: Arrays, sequence: Sequence, name: str = "") -> None:
        """Walk another network. Raises ShapeError or DataError where parts do not fit."""
        setup = Setup(network, sequence, learning=self.setup.learning, name=name)
        self._edit("change the model", setup, network.check(parameters), shared=0)

    def _edit(self, label: str, setup: Setup, parameters: Arrays, shared: int, state: Arrays | None = None) -> None:
        number, old = self.cursor.iteration, self.branch
        if state is None:
            state = old.iteration(number).optimiser_state
            if setup.learning.optimiser != self.setup.learning.optimiser or set(parameters) != set(self.parameters):
                state = initial_state(setup.learning.optimiser, parameters)
        branch = Branch(setup, Iteration(parameters, state), number, old)
        branch.adopt(number, self.run.rewritten(setup.problem(parameters), shared))
        self.done.append(Undoable(label, old, self.cursor))
        self.undone.clear()
        self._stand_on(branch)

    def _stand_on(self, branch: Branch) -> None:
        """Show another branch, as near to the present cursor as it goes."""
        self.branch = branch
        length = branch.run(self.cursor.iteration).timeline.length
        self.go_to(replace(self.cursor, index=min(self.cursor.index, length)))

    # Undo and redo of edits. Moving is not undone.

    @property
    def undo_label(self) -> str:
        """What undo would take back; "" for nothing."""
        return self.done[-1].label if self.done else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again; "" for nothing."""
        return self.undone[-1].label if self.undone else ""

    def undo(self) -> bool:
        """Take the last edit back. False where there is none."""
        return self._swap(self.done, self.undone)

    def redo(self) -> bool:
        """Do the edit again that was taken back last. False where there is none."""
        return self._swap(self.undone, self.done)

    def _swap(self, source: list[Undoable], target: list[Undoable]) -> bool:
        if not source:
            return False
        entry = source.pop()
        target.append(Undoable(entry.label, self.branch, self.cursor))
        self._stand_on(entry.branch)
        return True

    # Bookmarks and breakpoints

    def add_bookmark(self, name: str, note: str = "") -> None:
        """Name this place; a bookmark of the same name is replaced."""
        kept = tuple(mark for mark in self.bookmarks if mark.name != name)
        self.bookmarks = (*kept, Bookmark(name, self.cursor, note))

    def remove_bookmark(self, name: str) -> None:
        """Forget a bookmark."""
        self.bookmarks = tuple(mark for mark in self.bookmarks if mark.name != name)

    def add_breakpoint(self, breakpoint: Breakpoint) -> None:
        """Stop where this happens."""
        if breakpoint not in self.breakpoints:
            self.breakpoints = (*self.breakpoints, breakpoint)

    def remove_breakpoint(self, breakpoint: Breakpoint) -> None:
        """Stop there no more."""
        self.breakpoints = tuple(kept for kept in self.breakpoints if kept != breakpoint)
