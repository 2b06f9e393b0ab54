"""Places in the walk: phases, grains, the cursor, and the operation that stands there."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Phase(StrEnum):
    """The phases of one iteration, in walking order."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    REGULARISER = "regulariser"  # only where one is used
    CLIP = "clip"
    UPDATE = "update"


class Grain(StrEnum):
    """How far one step of the walk goes; each grain contains the one before it."""

    OPERATION = "operation"
    EQUATION = "equation"
    TIME_STEP = "time_step"
    PASS = "pass"


class Cursor(msgspec.Struct, frozen=True, order=True):
    """A place in the walk: ``index`` operations of iteration ``iteration`` are done."""

    iteration: int = 0
    index: int = 0


class Position(msgspec.Struct, frozen=True):
    """The cursor in words: the operation that was done last.

    ``t`` is None before the first step and in the phases without time (clip, update); ``equation`` is the variable
    whose equation was walked ("" where there is none; a parameter path in the update phase).
    """

    cursor: Cursor
    length: int  # operations in one iteration
    phase: Phase
    t: int | None = None
    block: str = ""  # "l0", "l0.reverse", "head"
    equation: str = ""
    operation: int = 0  # 0-based, among `operations` of this equation
    operations: int = 1

    @property
    def equation_done(self) -> bool:
        """Whether the last operation of the equation is done."""
        return self.operation == self.operations - 1

    @property
    def path(self) -> str:
        """Path of the variable that was walked, "l0/c", or ""."""
        return f"{self.block}/{self.equation}" if self.block and self.equation else ""
