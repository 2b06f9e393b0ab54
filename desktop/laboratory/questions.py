"""What a picture of the laboratory asks, and what it is asked of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

import msgspec
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from core.errors import Cancelled as Stopped
from core.frame import Frame
from core.learning.step import LearningSettings
from core.run import Problem, Run

Progress = Callable[[int, int], None]  # how much is done, of how much
Cancelled = Callable[[], bool]
Arrays = Mapping[str, NDArray[Any]]
Found = TypeVar("Found")
SLICE = 64  # time steps between two looks at whether somebody has stopped it


class Place(msgspec.Struct, frozen=True):
    """Where a person looks: a variable ("l0/h"), a time step from 0, one of its units, a sequence of the batch."""

    path: str
    t: int
    unit: int = 0
    sample: int = 0


class Subject(msgspec.Struct, frozen=True, eq=False):
    """What is asked about: an iteration's problem, how it learns, and the parameters of the iterations before it."""

    problem: Problem
    learning: LearningSettings = LearningSettings()
    earlier: tuple[Arrays, ...] = ()


class Finished:
    """A run of its own over a subject, computed as far as somebody asks; the walk on screen is not touched by it."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._run = Run(subject.problem)
        self._known: dict[object, object] = {}

    def once(self, key: object, compute: Callable[[], Found]) -> Found:
        """What ``compute`` gives, computed once for a key: a part of an answer that others need too."""
        if key not in self._known:
            self._known[key] = compute()
        return cast(Found, self._known[key])

    def forward(self, cancelled: Cancelled) -> Run:
        """The run with its whole forward half. Raises Cancelled."""
        _in_slices(self._run.forward_to, self._run.steps, cancelled)
        return self._run

    def whole(self, cancelled: Cancelled) -> Run:
        """The run with both halves, where there is a loss. Raises Cancelled."""
        self.forward(cancelled)
        if self._run.has_loss:
            _in_slices(self._run.backward_to, self._run.steps, cancelled)
        return self._run


class Question(Protocol):
    """A frozen, hashable record of everything an answer depends on besides the subject; equal ones are asked once."""

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> object:
        """The answer, computed beside the window. Raises GatewalkError."""


def _in_slices(compute: Callable[[int], None], steps: int, cancelled: Cancelled) -> None:
    for done in range(SLICE, steps + SLICE, SLICE):
        if cancelled():
            raise Stopped(tr("This was stopped."))
        compute(min(done, steps))


def place_of(frame: Frame) -> Place:
    """What is selected, else where the walk is; in phases without time, the last step."""
    view, position, lane = frame.view, frame.position, frame.lanes[0]
    t = view.t if view.t is not None else position.t
    return Place(view.path or position.path, lane.length - 1 if t is None else t, view.unit, view.sample)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
