"""From expressions to the nodes of a plan: shared subexpressions found, sums of matrix products made affine maps.

Forward and backward equations of one cell are lowered by one ``Lowering``, so that the backward side finds the forward
results it needs and the plan knows which of them to keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.operators import Expression
from core.operators.expression import ADJOINT, INBOX, INPUT, NUMBER, PARAMETER, TIME, VARIABLE

if TYPE_CHECKING:
    from core.cell import Cell

LEAF, OPERATION, AFFINE, VIEW = "leaf", "operation", "affine", "view"


@dataclass(frozen=True)
class Map:
    """One product of an affine node: ``parameter`` (its columns first:last, or transposed) times ``source``."""

    parameter: str
    transposed: bool
    columns: tuple[int, int] | None
    source: Node


@dataclass(frozen=True, eq=False)
class Node:
    """A value the plan computes or is given; ``width`` is its length, ``rank`` 2 marks a matrix."""

    kind: str
    key: tuple[object, ...]  # what it is: leaf kind and name, or operator and attributes
    args: tuple[Node, ...] = ()
    width: int = 1
    rank: int = 1
    shape: tuple[int, ...] = ()
    maps: tuple[Map, ...] = ()
    biases: tuple[str, ...] = ()

    @property
    def is_constant(self) -> bool:
        """Whether this is a literal or a parameter: nothing the workspace holds."""
        return self.kind == LEAF and self.key[0] in (NUMBER, PARAMETER)

    @property
    def sources(self) -> tuple[Node, ...]:
        """Everything this node reads."""
        return tuple(m.source for m in self.maps) if self.kind == AFFINE else self.args


@dataclass(frozen=True, eq=False)
class GradientTerm:
    """One term of a parameter's gradient: a vector per step, or the two factors of a rank-one matrix per step.

    With ``source`` the term is outer(delta, source), placed at ``columns`` of the matrix.
    """

    parameter: str
    delta: Node
    source: Node | None = None
    columns: tuple[int, int] | None = None


@dataclass(eq=False)
class Lowered:
    """All nodes of one cell's forward and backward step, by what they are for."""

    variables: dict[str, Node] = field(default_factory=dict)
    adjoints: dict[str, Node] = field(default_factory=dict)
    sends: dict[tuple[str, str, int], Node] = field(default_factory=dict)  # (leaf kind, name, delay) -> node
    gradients: list[GradientTerm] = field(default_factory=list)
    forward: list[Node] = field(default_factory=list)  # in an order that can be computed
    backward: list[Node] = field(default_factory=list)


def lower(cell: Cell, path: frozenset[str], inboxes: frozenset[str]) -> Lowered:
    """The nodes of one step of ``cell``.

    ``path`` are the variables that gradients can reach, ``inboxes`` those that receive gradient from outside the step.
    """
    lowering = _Lowering(cell)
    lowering.run_forward()
    lowering.run_backward(path, inboxes)
    return lowering.result


class _Lowering:
    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.result = Lowered()
        self._nodes: dict[tuple[object, ...], Node] = {}  # by structure
        self._memo: dict[Expression, Node] = {}  # by identity
        self._order: list[Node] = self.result.forward

    def run_forward(self) -> None:
        for equation in self.cell.definition.equations:
            node = self.node(equation.expression)
            if node.kind in (LEAF, VIEW) or node in self.result.variables.values():
                node = self._new(OPERATION, ("identity", equation.name), (node,), node.shape)
            self.result.variables[equation.name] = node
            self._memo[equation.expression] = node

    def run_backward(self, path: frozenset[str], inboxes: frozenset[str]) -> None:
        self._order = self.result.backward
        arrived: dict[str, list[Node]] = {}
        sends: dict[tuple[str, str, int], list[Node]] = {}
        for backward in self.cell.backward:
            name = backward.equation.name
            if name not in path:
                continue
            self.result.adjoints[name] = self._adjoint(name, arrived.pop(name, []), name in inboxes)
            for contribution in backward.contributions:
                self._contribute(contribution.target, contribution.expression, arrived, sends)
        self.result.sends = {key: self._sum(terms) for key, terms in sends.items()}

    def _adjoint(self, name: str, parts: list[Node], inbox: bool) -> Node:
        width = self.cell.variable_sizes[name]
        if inbox:
            parts = [self._leaf((INBOX, name), (width,)), *parts]
        node = self._sum(parts)
        if node.kind in (LEAF, VIEW) or node in self.result.adjoints.values():
            node = self._new(OPERATION, ("identity", "adjoint", name), (node,), (width,))
        return node

    def _contribute(
        self,
        target: Expression,
        expression: Expression,
        arrived: dict[str, list[Node]],
        sends: dict[tuple[str, str, int], list[Node]],
    ) -> None:
        if target.operator == PARAMETER:
            self._gradient(target, expression)
        elif target.operator == VARIABLE and not target.delay:
            arrived.setdefault(target.name, []).append(self.node(expression))
        else:
            key = (target.operator, target.name, target.delay)
            sends.setdefault(key, []).append(self.node(expression))

    def _gradient(self, target: Expression, expression: Expression) -> None:
        terms = self.result.gradients
        if expression.operator != "outer":
            terms.append(GradientTerm(target.name, self.node(expression)))
            return
        delta = self.node(expression.args[0])
        if expression.args[1].operator != "concat":
            terms.append(GradientTerm(target.name, delta, self.node(expression.args[1])))
            return
        first = 0
        for piece in expression.args[1].args:
            source = self.node(piece)
            terms.append(GradientTerm(target.name, delta, source, (first, first + source.width)))
            first += source.width

    def _sum(self, terms: list[Node]) -> Node:
        """The sum of nodes, with all their matrix products in one affine node."""
        maps = [m for term in terms if self._joins(term) for m in term.maps]
        biases = [b for term in terms if self._joins(term) for b in term.biases]
        rest = [term for term in terms if not self._joins(term)]
        if len(maps) > 1 or len(terms) - len(rest) > 1:
            rest.insert(0, self._affine(tuple(maps), tuple(biases), terms[0].width))
        elif maps:
            rest = terms
        result = rest[0]
        for term in rest[1:]:
            result = self._new(OPERATION, ("add",), (result, term), (max(result.width, term.width),))
        return result

    @staticmethod
    def _joins(node: Node) -> bool:
        return node.kind == AFFINE

    def node(self, expression: Expression) -> Node:
        """The node of an expression; the same one for the same computation."""
        found = self._memo.get(expression)
        if found is None:
            found = self._build(expression)
            self._memo[expression] = found
        return found

    def _build(self, expression: Expression) -> Node:
        if expression.is_leaf:
            return self._leaf_of(expression)
        shape = self.cell.shape(expression.shape) or (1,)
        match expression.operator:
            case "add":
                return self._sum_of(expression, shape)
            case "matmul" if _weight(expression.args[0]):
                return self._affine(tuple(self._maps(expression)), (), shape[0])
            case "part" | "slice":
                return self._view(expression, shape)
            case "identity":
                return self.node(expression.args[0])
        args = tuple(self.node(arg) for arg in expression.args)
        return self._new(OPERATION, (expression.operator, *expression.attributes), args, shape)

    def _leaf_of(self, leaf: Expression) -> Node:
        if leaf.operator == NUMBER:
            return self._leaf((NUMBER, leaf.value), (1,))
        if leaf.operator == VARIABLE and not leaf.delay:
            return self.result.variables[leaf.name]
        if leaf.operator == ADJOINT:
            return self.result.adjoints[leaf.name]
        if leaf.operator == TIME:
            return self._leaf((TIME,), (1,))
        key = (leaf.operator, leaf.name, leaf.delay) if leaf.operator != PARAMETER else (PARAMETER, leaf.name)
        return self._leaf(key, self.cell.shape(leaf.shape) or (1,))

    def _leaf(self, key: tuple[object, ...], shape: tuple[int, ...]) -> Node:
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node(LEAF, key, width=shape[-1], rank=len(shape), shape=shape)
        return found

    def _sum_of(self, expression: Expression, shape: tuple[int, ...]) -> Node:
        maps: list[Map] = []
        biases: list[str] = []
        rest: list[Node] = []
        for term in _terms(expression):
            if term.operator == "matmul" and _weight(term.args[0]):
                maps.extend(self._maps(term))
            elif term.operator == PARAMETER and len(shape) == 1:
                biases.append(term.name)
            else:
                rest.append(self.node(term))
        if maps:
            rest.insert(0, self._affine(tuple(maps), tuple(biases), shape[0]))
        else:
            rest.extend(self._leaf((PARAMETER, name), self.cell.parameter_shapes[name]) for name in biases)
        result = rest[0]
        for term in rest[1:]:
            result = self._new(OPERATION, ("add",), (result, term), shape)
        return result

    def _maps(self, product: Expression) -> list[Map]:
        matrix, vector = product.args
        name, transposed = _weight(matrix)  # type: ignore[misc]
        if vector.operator != "concat":
            return [Map(name, transposed, None, self.node(vector))]
        maps, first = [], 0
        for piece in vector.args:
            source = self.node(piece)
            maps.append(Map(name, transposed, (first, first + source.width), source))
            first += source.width
        return maps

    def _view(self, expression: Expression, shape: tuple[int, ...]) -> Node:
        whole = self.node(expression.args[0])
        if expression.operator == "slice":
            first = int(expression.attributes[0])
        else:
            before = expression.args[1 : 1 + int(expression.attributes[0])]
            first = sum(self.cell.shape(piece.shape)[0] for piece in before)
        return self._new(VIEW, ("view", first), (whole,), shape)

    def _affine(self, maps: tuple[Map, ...], biases: tuple[str, ...], width: int) -> Node:
        key = (AFFINE, maps, biases)
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node(AFFINE, (AFFINE,), width=width, shape=(width,), maps=maps, biases=biases)
            self._order.append(found)
        return found

    def _new(self, kind: str, key: tuple[object, ...], args: tuple[Node, ...], shape: tuple[int, ...]) -> Node:
        structure = (kind, key, tuple(id(arg) for arg in args))
        found = self._nodes.get(structure)
        if found is None:
            found = Node(kind, key, args, shape[-1], len(shape), shape)
            self._nodes[structure] = found
            self._order.append(found)
        return found


def _weight(matrix: Expression) -> tuple[str, bool] | None:
    """The parameter behind a matrix and whether it is transposed; None for a computed matrix."""
    if matrix.operator == PARAMETER:
        return matrix.name, False
    if matrix.operator == "transpose" and matrix.args[0].operator == PARAMETER:
        return matrix.args[0].name, True
    return None


def _terms(expression: Expression) -> list[Expression]:
    """The terms of a sum, left to right."""
    if expression.operator != "add":
        return [expression]
    return [term for arg in expression.args for term in _terms(arg)]


def readers(nodes: list[Node]) -> Mapping[Node, list[Node]]:
    """Which of ``nodes`` read a node."""
    found: dict[Node, list[Node]] = {}
    for node in nodes:
        for source in node.sources:
            found.setdefault(source, []).append(node)
    return found
