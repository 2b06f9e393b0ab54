"""What a value of an ONNX graph is: numbers of the file, or something that the network computes while it runs.

The sizes of a value that the network computes are products of *atoms*: time, batch, directions, features. A reshape
only regroups atoms, a transpose reorders them, so that whatever way an exporter joined its layers, it stays known
which number is which. A size that is only known when the model runs is stood in for by a prime of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.tokens import shown

if TYPE_CHECKING:
    from core.files.models.onnx.recurrent import Strand

Array = NDArray[Any]
_MOST_STEPS = 50  # of a readout
COMPUTED = -1  # the origin of a number that stands nowhere in the file


class NotUnderstood(FileError):
    """Why a node is not understood; whoever walks the graph names it. ``advice``: what to do, if not the usual."""

    def __init__(self, reason: str, advice: str = "") -> None:
        self.advice = advice
        super().__init__(reason)


@dataclass(frozen=True, eq=False)
class Known:
    """Numbers that follow from the file alone, and for each of them which number of the file it is."""

    array: Array
    _trace: Callable[[], Array]
    depth: int = 0  # nodes between the file and these numbers

    @cached_property
    def origin(self) -> Array:
        """Of the shape of ``array``: numbers of initialisers counted through the file, or COMPUTED."""
        return self._trace()

    def moved(self, move: Callable[[Array], Array]) -> Known:
        """The same numbers in another place or shape, or some of them."""
        return Known(move(self.array), lambda: move(self.origin), self.depth + 1)


def computed(array: Array) -> Known:
    """Numbers that stand nowhere in the file."""
    return Known(array, lambda: np.full(array.shape, COMPUTED, np.int32))


@dataclass(frozen=True, eq=False)
class Atom:
    """One thing that is counted: steps, sequences, directions, features. ``fixed`` where the file says how many."""

    size: int
    fixed: bool = True


@dataclass(frozen=True, eq=False)
class Fed:
    """What the model is given, under a name of the file, or a part of it; ``axes`` are its own."""

    name: str
    axes: tuple[Atom, ...]
    whole: bool = True

    def as_whole(self) -> Fed:
        """This, where it is no part. Raises NotUnderstood."""
        if not self.whole:
            raise NotUnderstood(f"it reads only a part of what the model is given as {shown(self.name)}")
        return self


@dataclass(frozen=True, eq=False)
class Embedded:
    """A row of a table for each token that the model is given."""

    table: Known  # (words, width)
    tokens: Fed


@dataclass(frozen=True, eq=False)
class Part:
    """A state of one direction of a layer: at all steps ("all"), at a step ("first", "last"), or after all of them."""

    strand: Strand
    variable: str = "h"
    at: str = "all"


@dataclass(frozen=True, eq=False)
class States:
    """States of one or more directions, one behind the other along the features."""

    parts: tuple[Part, ...]

    @property
    def width(self) -> int:
        """How many numbers that is at one step."""
        return sum(part.strand.units for part in self.parts)


@dataclass(frozen=True, eq=False)
class Affine:
    """``V @ x + b``: V (outputs, inputs); None for no bias."""

    matrix: Known
    bias: Known | None = None


ReadoutStep: TypeAlias = "Affine | str"  # a string is a function of the language with its options, "elu({}, alpha=2)"


@dataclass(frozen=True, eq=False)
class Readout:
    """What linear layers and functions make of states, step by step."""

    of: States
    steps: tuple[ReadoutStep, ...]

    def then(self, step: ReadoutStep) -> Readout:
        """With one step more. Raises NotUnderstood for more steps than a readout has."""
        if len(self.steps) >= _MOST_STEPS:
            raise NotUnderstood(f"it is behind {_MOST_STEPS} other layers and functions of the readout")
        return Readout(self.of, (*self.steps, step))


Content: TypeAlias = Fed | Embedded | States | Readout


@dataclass(frozen=True, eq=False)
class Signal:
    """Something that the network computes: its sizes as groups of atoms.

    ``features`` count what is in ``content``: parts and their units, of states as wide as each other; else all in one.
    ``time`` counts the steps, None where there is but one.
    """

    dims: tuple[tuple[Atom, ...], ...]
    content: Content
    features: tuple[Atom, ...] = ()
    time: Atom | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes, with stand-ins for those that the file leaves open."""
        return tuple(math.prod(atom.size for atom in dim) for dim in self.dims)

    def with_dims(self, dims: tuple[tuple[Atom, ...], ...]) -> Signal:
        """The same numbers otherwise grouped or ordered."""
        return replace(self, dims=dims)

    def is_features(self, axis: int) -> bool:
        """Whether an axis counts all the features, and nothing else."""
        return counted(self.dims[axis]) == counted(self.features)

    def is_parts(self, axis: int) -> bool:
        """Whether an axis counts the parts of states, and nothing else, not even a single sequence."""
        parts, dim = self.features[:1], self.dims[axis]
        own = all(atom in parts for atom in dim)
        return len(self.features) == 2 and own and counted(dim) == counted(parts)

    def is_time(self, axis: int) -> bool:
        """Whether an axis counts the steps, and nothing else."""
        return self.time is not None and counted(self.dims[axis]) == (self.time,)


Value: TypeAlias = Known | Signal


def counted(atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """The atoms that there is more than one of: where one stands is as good as anywhere."""
    return tuple(atom for atom in atoms if atom.size > 1 or not atom.fixed)


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front. Raises NotUnderstood."""
    if not -rank <= axis < rank:
        raise NotUnderstood(f"it names axis {axis} of a value with {rank} axes")
    return axis % rank
