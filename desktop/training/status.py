"""What there is to show of a training."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from core.learning.course import Course, Mark


class Stage(StrEnum):
    """What a training is at."""

    NONE = "none"
    RUNNING = "running"
    PAUSING = "pausing"  # the iteration under way is finished first
    PAUSED = "paused"
    DONE = "done"  # as long as it was meant to be
    DIVERGED = "diverged"


class Status(msgspec.Struct, frozen=True, eq=False):
    """What there is to show; ``marks`` only grows while ``course`` is the same."""

    stage: Stage
    course: Course | None = None
    marks: tuple[Mark, ...] = ()
    chosen: int = 0  # iteration
    looking: bool = False  # an earlier iteration is being computed again
