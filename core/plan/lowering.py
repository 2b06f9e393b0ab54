"""From expressions to the nodes of a plan: shared subexpressions found, sums of matrix products made affine maps.

Forward and backward equations of one cell are lowered by one ``_Lowering``, so that the backward side finds the forward
results it needs and the plan knows which of them to keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.operators import Expression
from core.operators.expression import ADJOINT, INBOX, NUMBER, PARAMETER, TIME, VARIABLE
from core.plan.nodes import AFFINE, LEAF, OPERATION, VIEW, GradientTerm, Lowered, Map, Node, SendKey

if TYPE_CHECKING:
    from core.cell import Cell


def lower(cell: Cell, path: frozenset[str], inboxes: frozenset[str]) -> Lowered:
    """The nodes of one step of ``cell``.

    ``path`` are the variables that gradients can reach, ``inboxes`` those that receive gradient from outside the step.
    """
    lowering = _Lowering(cell)
    lowering.run_forward()
    lowering.run_backward(path, inboxes)
    return lowering.result


class _Lowering:
    """Builds nodes, each computation once.

    The node of a variable or an adjoint is never shared with another equation that happens to compute the same: a
    person may overwrite the variable, and only what reads it may see that.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.result = Lowered()
        self._nodes: dict[tuple[object, ...], Node] = {}  # by structure
        self._structures: dict[Node, tuple[object, ...]] = {}
        self._memo: dict[Expression, Node] = {}  # by identity
        self._order: list[Node] = self.result.forward
        self._arrived: dict[str, list[Node]] = {}  # what a variable's readers in this step send to it
        self._sends: dict[SendKey, list[Node]] = {}

    def run_forward(self) -> None:
        for equation in self.cell.definition.equations:
            node = self.node(equation.expression)
            if node.kind in (LEAF, VIEW) or self._is_shared(node):
                node = self._new(OPERATION, ("identity", equation.name), (node,), node.shape)
            self._own(node)
            self.result.variables[equation.name] = node
            self._memo[equation.expression] = node

    def run_backward(self, path: frozenset[str], inboxes: frozenset[str]) -> None:
        self._order = self.result.backward
        for backward in self.cell.backward:
            name = backward.equation.name
            if name not in path:
                continue
            self.result.adjoints[name] = self._adjoint(name, name in inboxes)
            for contribution in backward.contributions:
                self._contribute(contribution.target, contribution.expression)
        self.result.sends = {key: self._passed(self._sum(terms)) for key, terms in self._sends.items()}

    def _adjoint(self, name: str, inbox: bool) -> Node:
        shape = (self.cell.variable_sizes[name],)
        parts = self._arrived.pop(name, [])
        if inbox:
            parts = [self._leaf((INBOX, name), shape), *parts]
        node = self._sum(parts)
        if node.kind in (LEAF, VIEW) or self._is_shared(node):
            node = self._new(OPERATION, ("identity", "adjoint", name), (node,), shape)
        self._own(node)
        return node

    def _contribute(self, target: Expression, expression: Expression) -> None:
        if target.operator == PARAMETER:
            self._gradient(target, expression)
        elif target.operator == VARIABLE and not target.delay:
            self._arrived.setdefault(target.name, []).append(self.node(expression))
        else:
            key = (target.operator, target.name, target.delay)
            self._sends.setdefault(key, []).append(self.node(expression))

    def _gradient(self, target: Expression, expression: Expression) -> None:
        terms = self.result.gradients
        if expression.operator != "outer":
            terms.append(GradientTerm(target.name, self._passed(self.node(expression))))
            return
        delta, vector = expression.args
        row = self._passed(self.node(delta))
        for source, columns in self._pieces(vector):
            terms.append(GradientTerm(target.name, row, self._passed(source), columns))

    def _pieces(self, vector: Expression) -> list[tuple[Node, tuple[int, int] | None]]:
        """The parts of a concatenation with their places in it; any other vector as a whole."""
        if vector.operator != "concat":
            return [(self.node(vector), None)]
        pieces: list[tuple[Node, tuple[int, int] | None]] = []
        first = 0
        for piece in vector.args:
            source = self.node(piece)
            pieces.append((source, (first, first + source.width)))
            first += source.width
        return pieces

    def _is_shared(self, node: Node) -> bool:
        """Whether anything but the equation at hand uses this node."""
        result = self.result
        named = [*result.variables.values(), *result.adjoints.values(), *result.factors]
        waiting = [term for terms in (*self._arrived.values(), *self._sends.values()) for term in terms]
        return any(other.whole is node for other in (*named, *waiting)) or any(
            node in other.sources for other in self._order
        )

    def _own(self, node: Node) -> None:
        """Let no later expression find this node by its structure."""
        self._nodes.pop(self._structures[node], None)

    def _passed(self, node: Node) -> Node:
        """The node itself, or a copy of an adjoint that is passed on as it is.

        What is sent on can then be nothing, where the adjoint of an overwritten value is still shown.
        """
        if node.whole not in self.result.adjoints.values():
            return node
        return self._new(OPERATION, ("identity", "passed"), (node,), node.shape)

    def _sum(self, terms: list[Node]) -> Node:
        """The sum of nodes, with all their matrix products in one affine node."""
        affine = [term for term in terms if term.kind == AFFINE]
        rest = terms
        if len(affine) > 1:
            maps = tuple(product for term in affine for product in term.maps)
            biases = tuple(bias for term in affine for bias in term.biases)
            joined = self._affine(maps, biases, affine[0].shape)
            rest = [joined, *(term for term in terms if term.kind != AFFINE)]
        return self._added(rest)

    def _added(self, terms: list[Node]) -> Node:
        result = terms[0]
        for term in terms[1:]:
            shape = max(result.shape, term.shape, key=lambda shape: (len(shape), shape))
            result = self._new(OPERATION, ("add",), (result, term), shape)
        return result

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
                return self._affine(tuple(self._maps(expression)), (), shape)
            case "part" | "slice":
                return self._view(expression, shape)
            case "identity":
                return self.node(expression.args[0])
        args = tuple([self.node(arg) for arg in expression.args])
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
            found = self._nodes[key] = Node(LEAF, key, shape=shape)
        return found

    def _sum_of(self, expression: Expression, shape: tuple[int, ...]) -> Node:
        """A sum with its matrix products and biases in one affine node, which comes first."""
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
            return self._added([self._affine(tuple(maps), tuple(biases), shape), *rest])
        return self._added([*rest, *(self._leaf((PARAMETER, b), self.cell.parameter_shapes[b]) for b in biases)])

    def _maps(self, product: Expression) -> list[Map]:
        matrix, vector = product.args
        weight = _weight(matrix)
        assert weight is not None
        return [Map(*weight, columns, source) for source, columns in self._pieces(vector)]

    def _view(self, expression: Expression, shape: tuple[int, ...]) -> Node:
        whole = self.node(expression.args[0])
        if expression.operator == "slice":
            first = int(expression.attributes[0])
        else:
            before = expression.args[1 : 1 + int(expression.attributes[0])]
            first = sum(self.cell.shape(piece.shape)[0] for piece in before)
        return self._new(VIEW, ("view", first, *shape), (whole,), shape)

    def _affine(self, maps: tuple[Map, ...], biases: tuple[str, ...], shape: tuple[int, ...]) -> Node:
        return self._noted((AFFINE, maps, biases), Node(AFFINE, (AFFINE,), shape=shape, maps=maps, biases=biases))

    def _new(self, kind: str, key: tuple[object, ...], args: tuple[Node, ...], shape: tuple[int, ...]) -> Node:
        return self._noted((kind, key, args), Node(kind, key, args, shape))

    def _noted(self, structure: tuple[object, ...], node: Node) -> Node:
        """The node of this structure that is there already, or this new one."""
        found = self._nodes.get(structure)
        if found is None:
            found = self._nodes[structure] = node
            self._structures[node] = structure
            self._order.append(node)
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
