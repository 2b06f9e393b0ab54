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
    """A length that may not be known yet: a name ("units"), a number, or neither until it is joined."""

    __slots__ = ("_joined", "_label")

    def __init__(self, label: str | int | None = None) -> None:
        self._label = label
        self._joined: Size | None = None

    def root(self) -> Size:
        """The size that stands for all sizes joined with this one."""
        size = self
        while size._joined is not None:
            size = size._joined
        return size

    @property
    def label(self) -> str | int | None:
        """Name or number of this size; None while nothing fixes it."""
        return self.root()._label

    def join(self, other: Size) -> None:
        """Make both sizes one. Raises ShapeError when they are known to differ."""
        mine, theirs = self.root(), other.root()
        if mine is theirs:
            return
        if mine.is_open:
            mine, theirs = theirs, mine
        if theirs.is_open:
            theirs._joined = mine
        elif isinstance(mine, SumSize) and isinstance(theirs, SumSize) and len(mine.pieces) == len(theirs.pieces):
            for piece, other_piece in zip(mine.pieces, theirs.pieces, strict=True):
                piece.join(other_piece)
        elif mine.label is None or mine.label != theirs.label:
            raise ShapeError(f"a vector of size {mine} meets one of size {theirs}")

    @property
    def is_open(self) -> bool:
        """Whether nothing is known of this size yet."""
        return self.label is None

    def __repr__(self) -> str:
        return str(self.label if self.label is not None else "?")


Shape = tuple[Size, ...]
Rule = Callable[[tuple[Shape, ...], tuple[float, ...]], Shape]

RANK_NAMES = ("a scalar", "a vector", "a matrix")


def describe(shape: Shape) -> str:
    """The shape in words, "a vector of size units"."""
    sizes = " by ".join(str(size) for size in shape)
    return RANK_NAMES[len(shape)] + (f" of size {sizes}" if shape else "")


def join_shapes(first: Shape, second: Shape) -> None:
    """Join two shapes size by size. Raises ShapeError when their ranks differ."""
    if len(first) != len(second):
        raise ShapeError(f"{describe(first)} meets {describe(second)}")
    for mine, theirs in zip(first, second, strict=True):
        mine.join(theirs)


def _elementwise(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    result: Shape = ()
    ranks = {len(shape) for shape in shapes}
    if 2 in ranks and len(ranks) > 1:
        meeting = " and ".join(describe(shape) for shape in shapes)
        raise ShapeError(f"{meeting} do not go together element by element; write @ for matrix times vector")
    for shape in shapes:
        if shape and result:
            join_shapes(result, shape)
        result = result or shape
    return result


def _matmul(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    matrix, vector = shapes
    if len(matrix) != 2 or len(vector) != 1:
        raise ShapeError(f"@ takes a matrix and a vector, not {describe(matrix)} and {describe(vector)}")
    matrix[1].join(vector[0])
    return (matrix[0],)


def _vectors(name: str, shapes: tuple[Shape, ...]) -> None:
    for shape in shapes:
        if len(shape) != 1:
            raise ShapeError(f"{name} takes vectors, not {describe(shape)}")


def _outer(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    _vectors("outer", shapes)
    return (shapes[0][0], shapes[1][0])


def _transpose(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    if len(shapes[0]) != 2:
        raise ShapeError(f"transpose takes a matrix, not {describe(shapes[0])}")
    return (shapes[0][1], shapes[0][0])


def _scalar(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    _vectors("a sum or mean", shapes)
    return ()


def _vector(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    _vectors("softmax and layer_norm", shapes)
    return shapes[0]


def _spread(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    return shapes[1]


def _pair_to_scalar(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    join_shapes(shapes[0], shapes[1])
    return ()


def _concat(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    _vectors("[a, b]", shapes)
    return (SumSize(tuple(shape[0] for shape in shapes)),)


def _part(shapes: tuple[Shape, ...], attributes: tuple[float, ...]) -> Shape:
    """Piece number ``attributes[0]`` of a concatenation of the remaining arguments' sizes."""
    return shapes[1 + int(attributes[0])]


def _slice(shapes: tuple[Shape, ...], attributes: tuple[float, ...]) -> Shape:
    _vectors("a slice", shapes)
    first, last = (int(bound) for bound in attributes)
    label = shapes[0][0].label
    if isinstance(label, int) and last > label:
        raise ShapeError(f"the slice [{first}:{last}] reaches beyond a vector of size {label}")
    return (Size(last - first),)


class SumSize(Size):
    """The size of a concatenation: the sum of its pieces' sizes."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: tuple[Size, ...]) -> None:
        super().__init__()
        self.pieces = pieces

    @property
    def is_open(self) -> bool:
        """Never: its pieces say what it is."""
        return False

    def __repr__(self) -> str:
        return " + ".join(str(piece) for piece in self.pieces)


def _pad(shapes: tuple[Shape, ...], _: tuple[float, ...]) -> Shape:
    return shapes[1]


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "matmul": _matmul,
        "outer": _outer,
        "transpose": _transpose,
        "sum": _scalar,
        "mean": _scalar,
        "count": _scalar,
        "softmax": _vector,
        "layer_norm": _vector,
        "spread": _spread,
        "concat": _concat,
        "part": _part,
        "slice": _slice,
        "pad": _pad,
        "softmax_cross_entropy": _pair_to_scalar,
        "logistic_cross_entropy": _pair_to_scalar,
    }
)


def shape_of(operator: str, shapes: tuple[Shape, ...], attributes: tuple[float, ...]) -> Shape:
    """The shape that ``operator`` gives for arguments of these shapes. Raises ShapeError where they do not fit."""
    return RULES.get(operator, _elementwise)(shapes, attributes)


def size_value(size: Size, sizes: Mapping[str, int]) -> int:
    """The length of ``size`` in numbers, given the named sizes. Raises ShapeError when it is not fixed."""
    root = size.root()
    if isinstance(root, SumSize):
        return sum(size_value(piece, sizes) for piece in root.pieces)
    if isinstance(root.label, int):
        return root.label
    if root.label is None or root.label not in sizes:
        raise ShapeError(f"no number is given for the size {root!r}; give one of: {', '.join(sizes) or 'none'}")
    return sizes[root.label]


def is_fixed(size: Size) -> bool:
    """Whether a number or a name stands behind this size."""
    root = size.root()
    if isinstance(root, SumSize):
        return all(is_fixed(piece) for piece in root.pieces)
    return root.label is not None
