"""What the picture of verdicts asks: the verdicts by a person's thresholds, and the courses that they are about."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.gradients.courses import course_of
from core.gradients.thresholds import Kind, Thresholds
from core.gradients.verdicts import Verdict, verdicts, with_one_loss
from core.run import Run
from desktop.laboratory.questions import Cancelled, Finished, Progress

ON_GRADIENTS = (Kind.VANISHES, Kind.EXPLODES, Kind.NOT_FINITE)


class VerdictsAnswer(msgspec.Struct, frozen=True, eq=False):
    """The verdicts; ``courses``: norms of each state's gradient over time; ``units``: of others, the worst unit's."""

    found: tuple[Verdict, ...]
    thresholds: Thresholds
    courses: dict[str, NDArray]
    units: dict[int, NDArray]  # by the number of the verdict
    has_loss: bool
    one_loss: int | None


class VerdictsQuestion(msgspec.Struct, frozen=True):
    """All verdicts on one sequence by these thresholds; ``t``: of the loss of this step alone."""

    thresholds: Thresholds
    t: int | None
    sample: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> VerdictsAnswer:
        """On the run with both halves."""
        run = finished.whole(cancelled)
        if self.t is not None:
            run = with_one_loss(run, self.t)
        progress(1, 2)
        found = verdicts(run, self.thresholds, self.sample)
        units = {
            number: _values(run, verdict, self.sample)
            for number, verdict in enumerate(found)
            if verdict.kind not in ON_GRADIENTS
        }
        courses = {path: _course(run, path, self.sample) for path in _states(run)} if run.has_loss else {}
        return VerdictsAnswer(found, self.thresholds, courses, units, run.has_loss, self.t)


def _states(run: Run) -> list[str]:
    """Paths of all variables whose gradients are judged."""
    return [
        f"{block.name}/{name}"
        for block in run.network.layers
        for name in block.cell.definition.delays
        if name in block.path
    ]


def _course(run: Run, path: str, sample: int) -> NDArray:
    """Norms of the gradient by time, NaN where the sequence has no step."""
    course = course_of(run, path, sample)
    found = np.full(run.problem.steps, np.nan)
    found[list(course.times)] = course.norms
    return found


def _values(run: Run, verdict: Verdict, sample: int) -> NDArray:
    """The worst unit of a verdict on a function, by time."""
    rows = run.values(verdict.path)
    return np.array(rows[:, sample, verdict.unit or 0], float)
