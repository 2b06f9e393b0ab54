"""What opening a model file gives, and what it asks where the file does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from numpy.typing import NDArray

from core.errors import DataError
from core.files.models.layout import Layout
from core.network import Network
from core.tokens import shown

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Question:
    """Something that the file does not say. ``guess`` is one of ``choices``."""

    key: str  # "activation"; the command line answers by --answer activation=relu
    text: str  # the whole question, as a dialog shows it
    choices: tuple[str, ...]
    guess: str


class Answers:
    """Answers to what a file does not say: those that were given, else the guesses. Remembers what was asked."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self.given = dict(given or {})
        self.asked: dict[str, Question] = {}
        self.taken: dict[str, str] = {}

    def choose(self, question: Question) -> str:
        """The answer to ``question``. Raises DataError for an answer that is not among its choices."""
        answer = self.given.get(question.key, question.guess)
        if answer not in question.choices:
            known = ", ".join(shown(choice) for choice in question.choices)
            raise DataError(f"{question.text} Got {shown(answer)}, expected one of: {known}.")
        self.asked[question.key], self.taken[question.key] = question, answer
        return answer

    @property
    def guessed(self) -> tuple[Question, ...]:
        """The questions that nobody answered."""
        return tuple(question for key, question in self.asked.items() if key not in self.given)

    @property
    def unasked(self) -> tuple[str, ...]:
        """Keys of given answers to questions that did not come up."""
        return tuple(key for key in self.given if key not in self.asked)


@dataclass(frozen=True, eq=False)
class FileTensor:
    """A tensor of a file. ``load`` gives its numbers; nothing is read before.

    ``kind`` is its type in the file: float16, bfloat16, float32, float64, or a NumPy name of another type.
    """

    kind: str
    shape: tuple[int, ...]
    load: Callable[[], Array]  # in the file's type; bfloat16 as float32


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """A model from a file: a network with numbers, and how they stand in the file."""

    network: Network
    parameters: Mapping[str, Array]
    initial: Mapping[str, Array]  # path -> (K, B, H), or (K, 1, H) for every sequence; empty for zeros
    found: str  # one line: convention, layers, sizes, precision
    remarks: tuple[str, ...]  # what was assumed, and what was ignored
    names: Layout
    tensors: Mapping[str, FileTensor] = field(default_factory=dict)  # all of the file, the ignored ones too
    answers: Answers = field(default_factory=Answers)
