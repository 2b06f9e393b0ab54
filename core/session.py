"""A session: branches of iterations, a cursor that walks them, edits with undo, bookmarks and breakpoints.

State is replaced, never edited: an edit begins a new branch at the current iteration, and undo returns to the old one.
The cursor says how far is shown; how far is computed is the run's own frontier.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from core.branch import Arrays, Bookmark, Branch, Iteration, Setup, Undoable
from core.breakpoints import Breakpoint, Event, first_event
from core.editing import Edit, initial_edit, input_edit, overwriting_edit, start_of, target_edit, weight_edit
from core.errors import SessionError
from core.frame import Cursor, Grain, Phase, Position
from core.learning.optimisers import initial_state
from core.learning.step import LearningSettings, Outcome
from core.network import Network
from core.origin import Origin
from core.reveal import Shown
from core.run import Run
from core.sequence import Sequence
from core.timeline import Timeline

__all__ = ["Bookmark", "Branch", "Iteration", "Session", "Setup", "Undoable"]


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
        """The run before the last edit; None without one, or where the two walks do not go the same way."""
        number = self.cursor.iteration
        parent = self.branch.owner(number).parent
        if parent is None or not self.done or not parent.owner(number).setup.walks_like(self.setup):
            return None
        return parent.run(number)

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
        """One step of the grain back; the start of an iteration is the end of the one before. False at the start."""
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
        """Stand at the first step of a phase, at most a time step into it. Raises SessionError without such a phase."""
        start = self.timeline.starts_phase(phase)
        grain = Grain.TIME_STEP if self.grain is Grain.PASS else self.grain
        self.go_to(replace(self.cursor, index=self.timeline.next(start, grain)))

    def go_to_time(self, t: int) -> None:
        """Stand where time step ``t`` is complete in the current pass, or in the last pass before that visits it.

        Raises SessionError for a time step that is not there.
        """
        index = self.timeline.end_of_time(t, self.cursor.index)
        if index is None:
            raise SessionError(f"there is no time step {t + 1}; the sequence has {self.run.problem.steps}")
        self.go_to(replace(self.cursor, index=index))

    def next_event(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Go on to the next breakpoint; without one in this iteration, to its end. Whether a breakpoint was met.

        At the end of an iteration the next one is searched. Nothing moves where it is cancelled.
        """
        start = self.cursor
        if start.index >= self.timeline.length:
            if Phase.UPDATE not in self.timeline.phases:
                return False
            start = Cursor(start.iteration + 1, 0)
        run = self.branch.run(start.iteration)
        found = first_event(run, self.breakpoints, start.index, cancelled)
        if found is None:
            if not cancelled():
                self.go_to(replace(start, index=run.timeline.length))
            return False
        self._stop_at(start.iteration, found)
        return True

    def _stop_at(self, iteration: int, event: Event) -> None:
        self.go_to(Cursor(iteration, event.index))
        self.event = event.text

    def check_event(self, since: Cursor) -> bool:
        """Whether a breakpoint lies after ``since`` and up to the cursor; if so the cursor stands there (for play)."""
        start = since.index if since.iteration == self.cursor.iteration else 0
        found = first_event(self.run, self.breakpoints, start, lambda: False, until=self.cursor.index)
        if found is None:
            return False
        self._stop_at(self.cursor.iteration, found)
        return True

    # Editing. Each edit begins a branch at the cursor's iteration.

    def set_weight(self, path: str, index: tuple[int, ...], value: float) -> None:
        """Give one entry of a parameter another value."""
        self._edit(weight_edit(self.setup, self.parameters, path, index, value))

    def set_parameters(self, parameters: Arrays, label: str = "set parameters") -> None:
        """Give all parameters other values. Raises ShapeError where they do not fit."""
        self._edit(Edit(label, self.setup, self.setup.network.check(parameters)))

    def set_input(self, t: int, value: Any) -> None:
        """Give step ``t`` another input: a token or a vector."""
        self._edit(input_edit(self.setup, self.parameters, t, value))

    def set_target(self, t: int, value: Any) -> None:
        """Give step ``t`` another target: a label, a class (-1: none) or a vector."""
        self._edit(target_edit(self.setup, self.parameters, t, value))

    def set_sequence(self, sequence: Sequence, label: str = "change the data") -> None:
        """Walk another sequence. Raises ShapeError or DataError where the network does not fit it."""
        origin = self.setup.origin
        initial = {} if origin is None else origin.initial_for(sequence.batch)
        setup = replace(self.setup, sequence=sequence, initial=initial, interventions=())
        self._edit(Edit(label, setup, self.parameters))

    def set_initial(self, path: str, row: int, unit: int, value: float) -> None:
        """Give one unit of an initial state another value; ``row`` counts from the earliest."""
        self._edit(initial_edit(self.setup, self.parameters, path, row, unit, value))

    def overwrite(self, path: str, t: int, unit: int, value: float | None) -> None:
        """Overwrite a unit of a variable at step ``t``; None takes the overwriting back."""
        self._edit(overwriting_edit(self.setup, self.parameters, path, t, unit, value))

    def set_learning(self, learning: LearningSettings) -> None:
        """Use another optimiser, clipping or window from this iteration on."""
        setup = replace(self.setup, learning=learning)
        self._edit(Edit("change learning", setup, self.parameters, self.setup.sequence.length))

    def set_model(
        self, network: Network, parameters: Arrays, sequence: Sequence, name: str = "", origin: Origin | None = None
    ) -> None:
        """Walk another network, from the file ``origin``. Raises ShapeError or DataError where parts do not fit."""
        initial = {} if origin is None else origin.initial_for(sequence.batch)
        setup = Setup(network, sequence, initial, learning=self.setup.learning, name=name, origin=origin)
        self._edit(Edit("change the model", setup, network.check(parameters)))

    def _edit(self, edit: Edit) -> None:
        """Stand on a new branch; nothing changes where the edit cannot be run."""
        number, old = self.cursor.iteration, self.branch
        branch = Branch(edit.setup, start_of(edit, old.iteration(number), self.setup), number, old)
        branch.adopt(number, self.run.rewritten(edit.setup.problem(edit.parameters), edit.shared))
        entry = Undoable(edit.label, old, self.cursor)
        self._stand_on(branch, branch.nearest(self.position))
        self.done.append(entry)
        self.undone.clear()

    def _stand_on(self, branch: Branch, cursor: Cursor) -> None:
        """Show another branch at a cursor; all is computed before anything changes."""
        branch.run(cursor.iteration).ensure(cursor.index)
        self.branch, self.cursor, self.event = branch, cursor, ""

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
        entry, left = source[-1], Undoable(source[-1].label, self.branch, self.cursor)
        self._stand_on(entry.branch, self._returning_to(entry))
        source.pop()
        target.append(left)
        return True

    def _returning_to(self, entry: Undoable) -> Cursor:
        """Where the cursor stood, if nobody has moved it since; else as near as that branch goes to where it is."""
        stood = entry.branch.run(entry.cursor.iteration).timeline.position(entry.cursor)
        unmoved = self.branch.nearest(stood) == self.cursor
        return entry.cursor if unmoved else entry.branch.nearest(self.position)

    # Bookmarks and breakpoints

    def add_bookmark(self, name: str, note: str = "") -> None:
        """Name this place; a bookmark of the same name is replaced."""
        kept = tuple(mark for mark in self.bookmarks if mark.name != name)
        self.bookmarks = (*kept, Bookmark(name, self.cursor, note))

    def remove_bookmark(self, name: str) -> None:
        """Forget a bookmark."""
        self.bookmarks = tuple(mark for mark in self.bookmarks if mark.name != name)

    def add_breakpoint(self, point: Breakpoint) -> None:
        """Stop where this happens."""
        if point not in self.breakpoints:
            self.breakpoints = (*self.breakpoints, point)

    def remove_breakpoint(self, point: Breakpoint) -> None:
        """Stop there no more."""
        self.breakpoints = tuple(kept for kept in self.breakpoints if kept != point)
