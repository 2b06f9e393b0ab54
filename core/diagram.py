"""The inside of a cell as a data-flow diagram: static nodes derived from the equations, with the operations they fold.

A sum of matrix products and biases is one node (``W x + U h + b``); so one node may stand for several operations.
"""

from __future__ import annotations

import msgspec

from core.language import CellDefinition
from core.language.latex import Notation, latex_of, name_latex, with_time
from core.operators import OPERATORS, Expression
from core.operators.expression import INPUT, NUMBER, PARAMETER, VARIABLE, operations


class Node(msgspec.Struct, frozen=True, eq=False):
    """One node; ``args`` are node numbers, ``layer`` the longest way from an input."""

    number: int
    kind: str  # "input", "constant", "parameter", "operation"
    label: str  # plain text, "σ"
    latex: str
    variable: str  # name of the equation whose value this is, else ""
    args: tuple[int, ...]
    layer: int
    expression: Expression
    reads: tuple[Expression, ...] = ()  # the argument each of `args` stands for
    operations: tuple[Expression, ...] = ()  # the operations folded into this node


class Diagram(msgspec.Struct, frozen=True, eq=False):
    """All nodes of a cell, arguments before their readers."""

    nodes: tuple[Node, ...]
    of_variable: dict[str, int] = msgspec.field(default_factory=dict)


def diagram_of(definition: CellDefinition) -> Diagram:
    """The diagram of a cell."""
    drawing = _Drawing()
    for equation in definition.equations:
        drawing.equation(equation.name, equation.expression)
    return Diagram(tuple(drawing.nodes), drawing.of_variable)


class _Drawing:
    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.of_variable: dict[str, int] = {}
        self._leaves: dict[tuple[str, str, int, float], int] = {}

    def equation(self, name: str, expression: Expression) -> None:
        self.of_variable[name] = self._node(expression, name)

    def _node(self, expression: Expression, variable: str = "") -> int:
        if expression.is_leaf and not variable:
            return self._leaf(expression)
        if expression.is_leaf:
            return self._add("operation", "=", expression, variable, (self._leaf(expression),), (expression,), ())
        if products := _affine(expression):
            return self._affine_node(expression, variable, products)
        if expression.operator == "concat":
            label = "[ ]"
        else:
            label = OPERATORS[expression.operator].sign
        args = [(arg, self._node(arg)) for arg in expression.args if arg.operator != PARAMETER]
        names = " ".join(arg.name for arg in expression.args if arg.operator == PARAMETER)
        label = f"{label} {names}".strip()
        numbers, reads = tuple(n for _, n in args), tuple(a for a, _ in args)
        return self._add("operation", label, expression, variable, numbers, reads, (expression,))

    def _affine_node(self, expression: Expression, variable: str, products: list[Expression]) -> int:
        vectors = [product.args[1] for product in products]
        pieces = [piece for vector in vectors for piece in (vector.args if vector.operator == "concat" else (vector,))]
        numbers = tuple(self._node(piece) for piece in pieces)
        label = " + ".join(_term_label(term) for term in _terms(expression))
        inside = {operation for piece in pieces for operation in operations(piece)}  # they have nodes of their own
        folded = tuple(operation for operation in operations(expression) if operation not in inside)
        return self._add("operation", label, expression, variable, numbers, tuple(pieces), folded)

    def _leaf(self, leaf: Expression) -> int:
        if leaf.operator == VARIABLE and not leaf.delay:
            return self.of_variable[leaf.name]
        key = (leaf.operator, leaf.name, leaf.delay, leaf.value if leaf.operator == NUMBER else 0.0)
        if key not in self._leaves:
            kind = {PARAMETER: "parameter", NUMBER: "constant"}.get(leaf.operator, "input")
            self._leaves[key] = self._add(kind, _leaf_label(leaf), leaf, "", (), (), ())
        return self._leaves[key]

    def _add(
        self,
        kind: str,
        label: str,
        expression: Expression,
        variable: str,
        args: tuple[int, ...],
        reads: tuple[Expression, ...],
        folded: tuple[Expression, ...],
    ) -> int:
        layer = 1 + max((self.nodes[arg].layer for arg in args), default=-1)
        latex = with_time(name_latex(variable), 0) if variable else latex_of(expression, Notation())
        number = len(self.nodes)
        self.nodes.append(Node(number, kind, label, latex, variable, args, layer, expression, reads, folded))
        return number


def _affine(expression: Expression) -> list[Expression]:
    """The matrix products of a sum of products and biases; empty for anything else."""
    terms = _terms(expression)
    products = [term for term in terms if term.operator == "matmul" and term.args[0].operator == PARAMETER]
    return products if len(products) + sum(term.operator == PARAMETER for term in terms) == len(terms) else []


def _terms(expression: Expression) -> list[Expression]:
    if expression.operator != "add":
        return [expression]
    return [term for arg in expression.args for term in _terms(arg)]


def _term_label(term: Expression) -> str:
    if term.operator == "matmul":
        vector = term.args[1]
        return f"{term.args[0].name} {_leaf_label(vector) if vector.is_leaf else '( )'}".strip()
    return term.name


def _leaf_label(leaf: Expression) -> str:
    if leaf.operator == NUMBER:
        return f"{leaf.value:g}"
    if leaf.operator == INPUT or not leaf.delay:
        return leaf.name
    if leaf.delay_name:
        return f"{leaf.name}[−{leaf.delay_name}]"
    return f"{leaf.name}′" if leaf.delay == 1 else f"{leaf.name}[−{leaf.delay}]"
