"""Lessons: short steps of text in a scenario file, each tied to a place in the walk and to what is looked at there."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from core.frame import Grain, Phase
from core.words import Choices, Text, Texts

Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Iteration = Annotated[int, msgspec.Meta(ge=0, le=1000)]  # those before it are walked, too
Panel = Literal["model", "data", "equations", "inspector", "parameters", "plots", "differences"]
Laboratory = Literal[
    "reach", "paths", "weights", "jacobian", "gates", "lyapunov", "linear", "random_products", "cliff", "verdicts"
]  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    """Where the cursor stands: ``t`` counts from 0; None for the first step of the phase. So does ``iteration``."""

    phase: Phase = Phase.FORWARD
    t: Natural | None = None
    grain: Grain | None = None
    iteration: Iteration = 0


class Look(msgspec.Struct, frozen=True):
    """What a step of a lesson looks at: a variable ("l0/h") at a time step and one of its units, a panel, a picture."""

    path: str = ""
    t: Natural | None = None
    unit: Natural | None = None
    panel: Panel | None = None
    laboratory: Laboratory | None = None


class Question(msgspec.Struct, frozen=True):
    """What people are to guess before they are told; ``answer`` counts the choices from 1."""

    text: Text
    choices: Texts
    answer: int
    because: Text = ""

    @property
    def problem(self) -> str:
        """What is wrong with it, or ""."""
        sets = (self.choices,) if isinstance(self.choices, tuple) else (self.choices.en, self.choices.zh or None)
        counts = {len(texts) for texts in sets if texts is not None}
        if len(counts) > 1:
            return "choices: there are not as many in each language."
        if min(counts) < 2:
            return f"choices: got {min(counts)}, expected at least two."
        if not 1 <= self.answer <= min(counts):
            return f"answer: got {self.answer}, expected one of the choices, 1 to {min(counts)}."
        return ""


class LessonStep(msgspec.Struct, frozen=True):
    """One step: a few sentences, and perhaps a place, something to look at, and a question."""

    text: Text
    at: Place | None = None
    look: Look | None = None
    question: Question | None = None


__all__ = ["Choices", "LessonStep", "Look", "Place", "Question"]
