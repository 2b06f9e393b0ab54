"""The records a plan is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from core.operators.expression import NUMBER, PARAMETER

LEAF, OPERATION, AFFINE, VIEW = "leaf", "operation", "affine", "view"

SendKey = tuple[str, str, int]  # leaf kind, name, delay


class Map(msgspec.Struct, frozen=True):
    """One product of an affine node: ``parameter`` (its columns first:last, or transposed) times ``source``."""

    parameter: str
    transposed: bool
    columns: tuple[int, int] | None
    source: Node


class Node(msgspec.Struct, frozen=True, eq=False):
    """A value the plan computes or is given; ``width`` is its length, ``rank`` 2 marks a matrix."""

    kind: str
    key: tuple[object, ...]  # what it is: leaf kind and name, or operator and attributes
    args: tuple[Node, ...] = ()
    shape: tuple[int, ...] = (1,)
    maps: tuple[Map, ...] = ()
    biases: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Length of the last axis."""
        return self.shape[-1]

    @property
    def rank(self) -> int:
        """1 for scalars and vectors, 2 for matrices."""
        return len(self.shape)

    @property
    def is_constant(self) -> bool:
        """Whether this is a literal or a parameter: nothing the workspace holds."""
        return self.kind == LEAF and self.key[0] in (NUMBER, PARAMETER)

    @property
    def sources(self) -> tuple[Node, ...]:
        """Everything this node reads."""
        return tuple(m.source for m in self.maps) if self.kind == AFFINE else self.args

    @property
    def whole(self) -> Node:
        """What a view looks at; the node itself where it is none."""
        return self.args[0].whole if self.kind == VIEW else self

    @property
    def offset(self) -> int:
        """Where a view begins in what it looks at; 0 for everything else."""
        if self.kind != VIEW:
            return 0
        first = self.key[1]
        assert isinstance(first, int)
        return first + self.args[0].offset


class GradientTerm(msgspec.Struct, frozen=True, eq=False):
    """One term of a parameter's gradient: a vector or matrix per step, or the two factors of a rank-one matrix.

    With ``source`` the term is outer(delta, source), placed at ``columns`` of the matrix.
    """

    parameter: str
    delta: Node
    source: Node | None = None
    columns: tuple[int, int] | None = None

    @property
    def factors(self) -> tuple[Node, ...]:
        """What a run must store of every step to form this term."""
        return (self.delta,) if self.source is None else (self.delta, self.source)


class Lowered(msgspec.Struct, eq=False):
    """All nodes of one cell's forward and backward step, by what they are for."""

    variables: dict[str, Node] = msgspec.field(default_factory=dict)
    adjoints: dict[str, Node] = msgspec.field(default_factory=dict)
    sends: dict[SendKey, Node] = msgspec.field(default_factory=dict)
    gradients: list[GradientTerm] = msgspec.field(default_factory=list)
    forward: list[Node] = msgspec.field(default_factory=list)  # in an order that can be computed
    backward: list[Node] = msgspec.field(default_factory=list)

    @property
    def factors(self) -> list[Node]:
        """The factors of all gradient terms."""
        return [factor for term in self.gradients for factor in term.factors]


def needed_for(roots: Iterable[Node]) -> set[Node]:
    """The roots and everything they read, directly or not."""
    found: set[Node] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(node.sources)
    return found


def wholes(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes, with what it looks at in the place of every view."""
    return (node.whole for node in nodes)
