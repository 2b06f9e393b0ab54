"""Where steps lead: cursors from cursors. Iterations on the way are computed, the steps shown are not."""

from __future__ import annotations

from msgspec.structs import replace

from core.branch import Branch
from core.errors import SessionError
from core.frame import Cursor, Grain, Phase


def forward(branch: Branch, cursor: Cursor, grain: Grain) -> Cursor | None:
    """One step of the grain; at the end of an iteration into the next one. None where there is no next one."""
    start = onwards(branch, cursor)
    if start is None:
        return None
    return replace(start, index=branch.run(start.iteration).timeline.next(start.index, grain))


def onwards(branch: Branch, cursor: Cursor) -> Cursor | None:
    """Where the walk goes on: here, or at an end where the next iteration begins. None where there is no next one."""
    timeline = branch.run(cursor.iteration).timeline
    if cursor.index < timeline.length:
        return cursor
    return Cursor(cursor.iteration + 1, 0) if Phase.UPDATE in timeline.phases else None


def back(branch: Branch, cursor: Cursor, grain: Grain) -> Cursor | None:
    """One step of the grain back; the start of an iteration is the end of the one before. None at the start."""
    if cursor.index > 0:
        index = branch.run(cursor.iteration).timeline.previous(cursor.index, grain)
        if index > 0 or cursor.iteration == 0:
            return replace(cursor, index=index)
    if cursor.iteration == 0:
        return None
    return Cursor(cursor.iteration - 1, branch.run(cursor.iteration - 1).timeline.length)


def to_phase(branch: Branch, cursor: Cursor, phase: Phase, grain: Grain) -> Cursor:
    """The first step of a phase, at most a time step into it. Raises SessionError without such a phase."""
    timeline = branch.run(cursor.iteration).timeline
    start = timeline.starts_phase(phase)
    return replace(cursor, index=timeline.next(start, Grain.TIME_STEP if grain is Grain.PASS else grain))


def to_time(branch: Branch, cursor: Cursor, t: int) -> Cursor:
    """Where time step ``t`` is complete in the current pass, or in the last pass before that visits it.

    Raises SessionError for a time step that is not there.
    """
    run = branch.run(cursor.iteration)
    index = run.timeline.end_of_time(t, cursor.index)
    if index is None:
        raise SessionError(f"there is no time step {t + 1}; the sequence has {run.problem.steps}")
    return replace(cursor, index=index)
