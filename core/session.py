"""A session: branches of iterations, a cursor that walks them, edits with undo, bookmarks and breakpoints.

State is replaced, never edited: an edit begins a new branch at the current iteration, and undo returns to the old one.
The cursor says how far is shown; how far is computed is the run's own frontier.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from core import editing, lane_list, moves
from core.branch import Arrays, Bookmark, Branch, Iteration, Setup
from core.breakpoints import Breakpoint, Event, first_event
from core.editing import Edit, start_of
from core.errors import SessionError
from core.frame import Cursor, Grain, Phase, Position
from core.lanes import Companion
from core.learning.optimisers import initial_state
from core.learning.step import LearningSettings, Outcome
from core.network import Network
from core.origin import Origin
from core.reveal import Shown
from core.run import Run
from core.sequence import Sequence
from core.timeline import Timeline
from core.undo import Undoable

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
        self.lanes: tuple[Companion, ...] = ()  # beside the lead
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
        return self.branch.run_before(self.cursor.iteration) if self.done else None

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
        """One step of the grain; after the end of an iteration the next one begins. False where there is none."""
        return self._go(moves.forward(self.branch, self.cursor, grain or self.grain))

    def step_back(self, grain: Grain | None = None) -> bool:
        """One step of the grain back. False at the start."""
        return self._go(moves.back(self.branch, self.cursor, grain or self.grain))

    def _go(self, cursor: Cursor | None) -> bool:
        if cursor is not None:
            self.go_to(cursor)
        return cursor is not None

    def go_start(self) -> None:
        """Stand at the start of the iteration; there already: at the start of the first one."""
        iteration = self.cursor.iteration if self.cursor.index else 0
        self.go_to(Cursor(iteration, 0))

    def go_end(self) -> None:
        """Stand at the end of the iteration."""
        self.go_to(replace(self.cursor, index=self.timeline.length))

    def go_to_phase(self, phase: Phase) -> None:
        """Stand at the first step of a phase, at most a time step into it. Raises SessionError without such a phase."""
        self.go_to(moves.to_phase(self.branch, self.cursor, phase, self.grain))

    def go_to_time(self, t: int) -> None:
        """Stand where time step ``t`` is complete in the current pass, or in the last pass before that visits it.

        Raises SessionError for a time step that is not there.
        """
        self.go_to(moves.to_time(self.branch, self.cursor, t))

    def next_event(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Go on to the next breakpoint; without one in this iteration, to its end. Whether a breakpoint was met.

        At the end of an iteration the next one is searched. Nothing moves where it is cancelled.
        """
        start = moves.onwards(self.branch, self.cursor)
        if start is None:
            return False
        run = self.branch.run(start.iteration)
        found = first_event(run, self.breakpoints, start.index, cancelled)
        if found is None:
            if not cancelled():
                self.go_to(replace(start, index=run.timeline.length))
            return False
        self._stop_at(start.iteration, found)
        return True

    def check_event(self, since: Cursor) -> bool:
        """Whether a breakpoint lies after ``since`` and up to the cursor; if so the cursor stands there (for play)."""
        start = since.index if since.iteration == self.cursor.iteration else 0
        found = first_event(self.run, self.breakpoints, start, lambda: False, until=self.cursor.index)
        if found is None:
            return False
        self._stop_at(self.cursor.iteration, found)
        return True

    def _stop_at(self, iteration: int, event: Event) -> None:
        self.go_to(Cursor(iteration, event.index))
        self.event = event.text

    # Editing. Each edit begins a branch at the cursor's iteration.

    def set_weight(self, path: str, index: tuple[int, ...], value: float) -> None:
        """Give one entry of a parameter another value."""
        self.edit(editing.weight_edit(self.setup, self.parameters, path, index, value))

    def set_parameters(self, parameters: Arrays, label: str = "set parameters") -> None:
        """Give all parameters other values. Raises ShapeError where they do not fit."""
        self.edit(Edit(label, self.setup, self.setup.network.check(parameters)))

    def set_input(self, t: int, value: Any) -> None:
        """Give step ``t`` another input: a token or a vector."""
        self.edit(editing.input_edit(self.setup, self.parameters, t, value))

    def set_target(self, t: int, value: Any) -> None:
        """Give step ``t`` another target: a label, a class (-1: none) or a vector."""
        self.edit(editing.target_edit(self.setup, self.parameters, t, value))

    def set_sequence(self, sequence: Sequence, label: str = "change the data") -> None:
        """Walk another sequence. Raises ShapeError or DataError where the network does not fit it."""
        self.edit(editing.sequence_edit(self.setup, self.parameters, sequence, label))

    def set_initial(self, path: str, row: int, unit: int, value: float) -> None:
        """Give one unit of an initial state another value; ``row`` counts from the earliest."""
        self.edit(editing.initial_edit(self.setup, self.parameters, path, row, unit, value))

    def overwrite(self, path: str, t: int, unit: int, value: float | None) -> None:
        """Overwrite a unit of a variable at step ``t``; None takes the overwriting back."""
        self.edit(editing.overwriting_edit(self.setup, self.parameters, path, t, unit, value))

    def set_learning(self, learning: LearningSettings) -> None:
        """Use another optimiser, clipping or window from this iteration on."""
        self.edit(editing.learning_edit(self.setup, self.parameters, learning))

    def set_model(
        self, network: Network, parameters: Arrays, sequence: Sequence, name: str = "", origin: Origin | None = None
    ) -> None:
        """Walk another network, from the file ``origin``. Raises ShapeError or DataError where parts do not fit."""
        self.edit(editing.model_edit(self.setup, network, parameters, sequence, name, origin))

    def edit(self, edit: Edit) -> None:
        """Any edit: stand on a new branch; nothing changes where it cannot be run."""
        number = self.cursor.iteration
        branch = Branch(edit.setup, start_of(edit, self.branch.iteration(number), self.setup), number, self.branch)
        branch.adopt(number, self.run.rewritten(edit.setup.problem(edit.parameters), edit.shared))
        self._do(Undoable(edit.label, branch, branch.nearest(self.position), self.lanes))

    def _do(self, new: Undoable) -> None:
        """Stand on what an edit has made, so that undo leaves it."""
        left = self._here(new.label)
        self._stand_on(new)
        self.done.append(left)
        self.undone.clear()

    def _here(self, label: str) -> Undoable:
        return Undoable(label, self.branch, self.cursor, self.lanes)

    def _stand_on(self, state: Undoable) -> None:
        """Show another branch and lanes; all is computed before anything changes."""
        state.branch.run(state.cursor.iteration).ensure(state.cursor.index)
        self.branch, self.cursor, self.lanes, self.event = state.branch, state.cursor, state.lanes, ""

    # Lanes beside the lead; changes of them are edits too.

    def add_lane(self, lane: Companion) -> str:
        """One more lane; the name it got. Raises SessionError for too many, DataError, ShapeError for other data."""
        self._set_lanes(
            f"add lane {lane.name}", lane_list.with_lane(self.lanes, lane, self.branch, self.cursor.iteration)
        )
        return self.lanes[-1].name

    def remove_lane(self, name: str) -> None:
        """Take a lane away. Raises SessionError for a name that none has."""
        self._set_lanes(f"remove lane {name}", lane_list.without_lane(self.lanes, name))

    def rename_lane(self, name: str, new: str) -> None:
        """Give a lane another name. Raises SessionError for one that is taken."""
        self._set_lanes(f"rename lane {name}", lane_list.renamed(self.lanes, name, new))

    def make_lead(self, name: str) -> None:
        """Let the cursor walk a lane; the lead takes its place. Raises SessionError where it has nothing here."""
        branch, position, others = lane_list.led_by(self.lanes, name, self.branch, self.position)
        self._do(Undoable(f"make {name} the lead", branch, branch.nearest(position), others))

    def _set_lanes(self, label: str, found: tuple[Companion, ...]) -> None:
        self._do(Undoable(label, self.branch, self.cursor, found))

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
        entry, left = source[-1], self._here(source[-1].label)
        self._stand_on(replace(entry, cursor=entry.returning(self.branch, self.cursor, self.position)))
        source.pop()
        target.append(replace(left, landed=self.cursor))
        return True

    # Bookmarks and breakpoints

    def add_bookmark(self, name: str, note: str = "") -> None:
        """Name this place; a bookmark of the same name is replaced."""
        kept = tuple(mark for mark in self.bookmarks if mark.name != name)
        self.bookmarks = (*kept, Bookmark(name, self.cursor, note, self.timeline.length))

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
