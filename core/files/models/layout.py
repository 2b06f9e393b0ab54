"""Which part of which tensor of a file is which part of a parameter: one description, used in three directions.

Parameters are sums of pieces of tensors; gradients are handed back to the tensors; what was trained is written back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import ShapeError
from core.tokens import shown

Array: TypeAlias = NDArray[Any]
Arrays: TypeAlias = Mapping[str, Array]
Part: TypeAlias = tuple["int | tuple[int, int]", ...]  # along each axis one index, or from (included) to (excluded)


@dataclass(frozen=True)
class Piece:
    """A part of a tensor that is a part of a parameter, or one of several that are summed there.

    ``parameter`` is a path, "l0/W_f", or that of initial values, "initial/l0/h". Pieces of one parameter stand in the
    same place (they are summed, as PyTorch's two biases) or in places that do not overlap.
    """

    tensor: str
    parameter: str
    part: Part = ()  # of the tensor; () is all of it
    place: Part = ()  # in the parameter; () is all of it
    transposed: bool = False

    def of(self, tensor: Array) -> Array:
        """The view of the file's tensor that this piece is, in the parameter's orientation."""
        found = tensor[_index(self.part)]
        return found.T if self.transposed else found

    def within(self, parameter: Array) -> Array:
        """The view of the parameter that this piece fills."""
        return parameter[_index(self.place)]


@dataclass(frozen=True)
class Layout:
    """All pieces of a file, and the shapes of the tensors they are cut from."""

    pieces: tuple[Piece, ...] = ()
    shapes: Mapping[str, tuple[int, ...]] = ()  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shapes", dict(self.shapes))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Paths of the parameters that come from the file."""
        return tuple(dict.fromkeys(piece.parameter for piece in self.pieces))

    def joined(self, other: Layout) -> Layout:
        """Both layouts as one."""
        return Layout((*self.pieces, *other.pieces), {**self.shapes, **other.shapes})

    def read(self, tensors: Arrays, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
        """The parameters (float64) that the tensors give; ``shapes`` are those that the network wants.

        Raises ShapeError naming a tensor that does not fit.
        """
        found = {path: np.zeros(shapes[path]) for path in self.parameters}
        for piece in self.pieces:
            given, wanted = piece.of(tensors[piece.tensor]), piece.within(found[piece.parameter])
            if given.shape != wanted.shape:
                raise ShapeError(
                    f"{shown(piece.tensor)}: the part {list(piece.part) or 'as a whole'} has shape {given.shape}, "
                    f"expected {wanted.shape} for {piece.parameter}. Check which program wrote it, and its sizes."
                )
            with np.errstate(invalid="ignore", over="ignore"):  # numbers that are not finite are shown, not refused
                wanted += given
        return found

    def gradients(self, gradients: Arrays) -> dict[str, Array]:
        """The gradients of the file's tensors, in the file's names and shapes.

        A summand has the gradient of the sum; what no parameter reads has the gradient zero. A tensor that feeds no
        parameter with a gradient is left out.
        """
        found: dict[str, Array] = {}
        for piece in self.pieces:
            if piece.parameter in gradients:
                whole = found.setdefault(piece.tensor, np.zeros(self.shapes[piece.tensor]))
                sent = piece.within(gradients[piece.parameter])
                whole[_index(piece.part)] += sent.T if piece.transposed else sent
        return found

    def write(self, parameters: Arrays, tensors: Arrays | None = None) -> dict[str, Array]:
        """The file's tensors (float64) with these parameters in them.

        Where pieces are summed the first takes what changed. Without ``tensors`` the others are zero.
        """
        before = {name: np.zeros(shape) for name, shape in self.shapes.items()} if tensors is None else tensors
        written = {name: np.array(before[name], dtype=float) for name in self.shapes}
        for first, others in self._sums():
            wanted = first.within(np.asarray(parameters[first.parameter]))
            rest = [piece.of(written[piece.tensor]) for piece in others]
            target = first.of(written[first.tensor])
            total = sum(rest, target)
            target[...] = np.where(total == wanted, target, wanted - sum(rest, np.zeros(())))
        return written

    def _sums(self) -> Iterator[tuple[Piece, list[Piece]]]:
        """The pieces that stand in the same place, the first and the others."""
        groups: dict[tuple[str, Part], list[Piece]] = {}
        for piece in self.pieces:
            groups.setdefault((piece.parameter, piece.place), []).append(piece)
        for first, *others in groups.values():
            yield first, others


def _index(part: Part) -> Any:
    return tuple(slice(*bounds) if isinstance(bounds, tuple) else bounds for bounds in part) or ...
