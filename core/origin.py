"""Where a network came from: a file of another program, what was found in it, and how its numbers stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from core.files.models.layout import Layout, Piece
    from core.files.models.records import OpenedModel

Array = NDArray[Any]
Arrays = Mapping[str, Array]


class Origin(msgspec.Struct, frozen=True, eq=False):
    """What is known about the file that a network was opened from."""

    file: str  # the whole path
    found: str  # one line
    remarks: tuple[str, ...]  # what was assumed, and what was ignored
    answers: Mapping[str, str]  # what was answered to the questions that the file leaves open, by key
    names: Layout
    initial: Arrays  # initial states by path, (K, B, H) or (K, 1, H); empty for zeros
    tensors: Arrays  # those of the file that the parameters alone do not tell, in float64

    def initial_for(self, batch: int) -> dict[str, Array]:
        """The initial states for so many sequences: path -> (K, B, H); {} where the file's are for another number."""
        if any(states.shape[1] not in (1, batch) for states in self.initial.values()):
            return {}
        return {path: np.repeat(rows, batch // rows.shape[1], axis=1) for path, rows in self.initial.items()}

    def values(self, parameters: Arrays) -> dict[str, Array]:
        """The file's tensors (float64), with these parameters in them."""
        zeros = {name: np.zeros(shape) for name, shape in self.names.shapes.items()}
        states = {f"initial/{path}": rows for path, rows in self.initial.items()}
        return self.names.write({**parameters, **states}, {**zeros, **self.tensors})

    def gradients(self, gradients: Arrays) -> dict[str, Array]:
        """The gradients of the file's tensors that these gradients of parameters give."""
        return self.names.gradients(gradients)

    def entry(self, tensor: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]] | None:
        """The parameter's entry that an entry of a tensor is, or a summand of; None where it is none."""
        marked = np.zeros(self.names.shapes[tensor])
        marked[index] = 1.0
        for piece in self.names.pieces:
            if piece.tensor != tensor or piece.parameter.startswith("initial/"):
                continue
            place = np.argwhere(piece.of(marked))
            if len(place):
                return piece.parameter, _within(piece, tuple(map(int, place[0])))
        return None


def _within(piece: Piece, index: tuple[int, ...]) -> tuple[int, ...]:
    """The index in the whole parameter of an entry of what a piece fills; ``place`` is in front of it."""
    whole = []
    rest = list(index)
    for bounds in piece.place:
        if isinstance(bounds, int):
            whole.append(bounds)
        else:
            whole.append(bounds[0] + rest.pop(0))
    return (*whole, *rest)


def origin_of(opened: OpenedModel, file: str) -> Origin:
    """The origin of a network that was opened from ``file``."""
    loaded = {name: np.asarray(opened.tensors[name].load(), dtype=float) for name in sorted(_untold(opened.names))}
    return Origin(
        file, opened.found, opened.remarks, dict(opened.answers.taken), opened.names, dict(opened.initial), loaded
    )


def _untold(names: Layout) -> set[str]:
    """The tensors that cannot be told from the parameters: summands, and those that are not read as a whole."""
    places: dict[object, list[Piece]] = {}
    read = dict.fromkeys(names.shapes, 0)
    for piece in names.pieces:
        places.setdefault((piece.parameter, piece.place), []).append(piece)
        read[piece.tensor] += piece.of(np.broadcast_to(0.0, names.shapes[piece.tensor])).size
    summands = {piece.tensor for pieces in places.values() if len(pieces) > 1 for piece in pieces}
    return summands | _partly(read, names.shapes)


def _partly(read: Mapping[str, int], shapes: Mapping[str, Iterable[int]]) -> set[str]:
    return {name for name, size in read.items() if size != prod(shapes[name])}
