"""Symbolic sizes and the shape rule of every operator.

A shape is a tuple of sizes: ``()`` a scalar, ``(n,)`` a vector, ``(m, n)`` a matrix. Batch axes are never part of it.
Sizes that must be equal are joined as equations are read (union-find), so every size is inferred from its uses.
Values carry their shape as trailing axes behind the batch axes; a scalar carries one axis of length 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.errors import ShapeError


class Size:
    """A length that may not be known yet.

    It is a name ("units"), a number, the sum of ``parts`` (of a concatenation), or nothing until it is joined.
    """

    __slots__ = ("_joined", "_label", "_parts")

    def __init__(self, label: str | int | None = None, parts: tuple[Size, ...] = ()) -> None:
        self._label = label
        self._parts = parts
        self._joined: Size | None = None

    def root(self) -> Size:
        """The size that stands for all sizes joined with this one."""
        size = self
        while size._joined is not None:
            size = size._joined
        return size

    @property
    def pieces(self) -> tuple[Size, ...]:
        """The sizes this is the sum of, sums among them taken apart; itself where it is none."""
        root = self.root()
        return tuple(piece for part in root._parts for piece in part.pieces) or (root,)

    @property
    def label(self) -> str | int | None:
        """Name or number of this size; None while nothing fixes it, and for a sum with a name in it."""
        root = self.root()
        labels = [piece.label for piece in root.pieces] if root._parts else []
        if not labels:
            return root._label
        return sum(label for label in labels if isinstance(label, int)) if _all_numbers(labels) else None

    @property
    def is_open(self) -> bool:
        """Whether nothing is known of this size yet."""
        root = self.root()
        return root._label is None and not root._parts

    def join(self, other: Size) -> None:
        """Make both sizes one. Raises ShapeError when they are known to differ."""
        mine, theirs = self.root(), other.root()
        if mine is theirs:
            return
        if mine.is_open:
            mine, theirs = theirs, mine
        pieces, their_pieces = mine.pieces, theirs.pieces
        if theirs.is_open:
            if theirs in pieces:
                raise ShapeError(f"a vector of size {mine} meets one of its own parts")
            theirs._joined = mine
        elif len(pieces) == len(their_pieces) > 1:
            for piece, their_piece in zip(pieces, their_pieces, strict=True):
                piece.join(their_piece)
        elif mine.label is None or mine.label != theirs.label:
            raise ShapeError(f"a vector of size {mine} meets one of size {theirs}")

    def __repr__(self) -> str:
        return " + ".join("?" if piece.label is None else str(piece.label) for piece in self.pieces)


def _all_numbers(labels: list[str | int | None]) -> bool:
    return all(isinstance(label, int) for label in labels)


Shape = tuple[Size, ...]
Rule = Callable[[tuple[Shape, ...], tuple[float, ...]], Shape]

RANK_NAMES = ("a scalar", "a vector", "a matrix")


def describe(shape: Shape) -> str:
    """The shape in words, "a vector of size units"."""
    known = bool(shape) and not any(size.is_open for size in shape)
    return RANK_NAMES[len(shape)] + (f" of size {' by '.join(map(str, shape))}" if known else "")


def join_shapes(first: Shape, second: Shape) -> None:
    """Join two shapes size by size. Raises ShapeError when their ranks differ."""
    if len(first) != len(second):
        raise ShapeError(f"{describe(first)} meets {describe(second)}")
    for mine, theirs in zip(first, second, strict=True):
        mine.join(theirs)


def _elementwise(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    """Equal shapes; a scalar goes with everything."""
    result: Shape = ()
    if {1, 2} <= {len(shape) for shape in shapes}:
        meeting = " and ".join(describe(shape) for shape in shapes)
        raise ShapeError(f"{meeting} do not go together element by element; write @ for matrix times vector")
    for shape in shapes:
        if shape and result:
            join_shapes(result, shape)
        result = result or shape
    return result


def _matmul(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    matrix, vector = shapes
    if len(matrix) == len(vector) == 2:
        raise ShapeError("@ takes a matrix and a vector, not two matrices; write A @ (B @ x)")
    if len(matrix) != 2 or len(vector) != 1:
        raise ShapeError(f"@ takes a matrix and a vector, not {describe(matrix)} and {describe(vector)}")
    matrix[1].join(vector[0])
    return (matrix[0],)


def _check_rank(name: str, rank: int, *shapes: Shape) -> None:
    for shape in shapes:
        if len(shape) != rank:
            raise ShapeError(f"{name} takes {RANK_NAMES[rank]}, not {describe(shape)}")


def _outer(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    _check_rank("outer", 1, *shapes)
    return (shapes[0][0], shapes[1][0])


def _transpose(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    _check_rank("transpose", 2, *shapes)
    return (shapes[0][1], shapes[0][0])


def _reducing(name: str, rank: int = 1) -> Rule:
    """The rule of an operator that makes a scalar of a vector or matrix."""

    def rule(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
        _check_rank(name, rank, *shapes)
        for shape in shapes[1:]:
            join_shapes(shapes[0], shape)
        return ()

    return rule


def _normalising(name: str) -> Rule:
    """The rule of an operator that makes a vector of a whole vector."""

    def rule(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
        _check_rank(name, 1, *shapes)
        return shapes[0]

    return rule


def _spreading(name: str, rank: int) -> Rule:
    """The rule of an operator that fills a vector or matrix with a scalar."""

    def rule(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
        _check_rank(name, 0, shapes[0])
        _check_rank(name, rank, shapes[1])
        return shapes[1]

    return rule


def _concat(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    _check_rank("[a, b]", 1, *shapes)
    return (Size(parts=tuple(shape[0] for shape in shapes)),) if len(shapes) > 1 else shapes[0]


def _part(shapes: tuple[Shape, ...], attributes: tuple[float, ...]) -> Shape:
    """The shape of piece number ``attributes[0]``; the pieces stand behind the concatenation."""
    return shapes[1 + int(attributes[0])]


def _slice(shapes: tuple[Shape, ...], attributes: tuple[float, ...]) -> Shape:
    _check_rank("a slice", 1, *shapes)
    first, last = (int(bound) for bound in attributes)
    label = shapes[0][0].label
    if isinstance(label, int) and last > label:
        raise ShapeError(f"the slice [{first}:{last}] reaches beyond a vector of size {label}")
    return (Size(last - first),)


def _pad(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    return shapes[1]


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "matmul": _matmul,
        "outer": _outer,
        "transpose": _transpose,
        "sum": _reducing("sum"),
        "mean": _reducing("mean"),
        "count": _reducing("count"),
        "matrix_sum": _reducing("sum", rank=2),
        "spread": _spreading("spread", rank=1),
        "matrix_spread": _spreading("spread", rank=2),
        "softmax": _normalising("softmax"),
        "layer_norm": _normalising("layer_norm"),
        "concat": _concat,
        "part": _part,
        "slice": _slice,
        "pad": _pad,
        "softmax_cross_entropy": _reducing("softmax_cross_entropy"),
        "logistic_cross_entropy": _reducing("logistic_cross_entropy"),
    }
)


def is_elementwise(operator: str) -> bool:
    """Whether an operator works element by element, so that a scalar goes with a vector or a matrix."""
    return operator not in RULES


def shape_of(operator: str, shapes: tuple[Shape, ...], attributes: tuple[float, ...]) -> Shape:
    """The shape that ``operator`` gives for arguments of these shapes. Raises ShapeError where they do not fit."""
    return RULES.get(operator, _elementwise)(shapes, attributes)


def size_value(size: Size, sizes: Mapping[str, int]) -> int:
    """The length of ``size`` in numbers, given the named sizes. Raises ShapeError when it is not fixed."""
    return sum(_piece_value(piece, sizes) for piece in size.pieces)


def _piece_value(piece: Size, sizes: Mapping[str, int]) -> int:
    label = piece.label
    if isinstance(label, int):
        return label
    if label is None or label not in sizes:
        raise ShapeError(f"no number is given for the size {piece!r}; give one of: {', '.join(sizes) or 'none'}")
    return sizes[label]


def is_fixed(size: Size) -> bool:
    """Whether a number or a name stands behind this size."""
    return all(piece.label is not None for piece in size.pieces)
