"""Derived equations differentiated again, and put into one another.

Backward equations are made of the same operators as forward ones, so that the table's vector-Jacobian products apply to
them as well. Here an expression is taken as a graph, not as a tree: a node that several others read is met once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from core.language.derive import fit
from core.operators import OPERATORS, Expression
from core.operators.expression import total

Pair = tuple[Expression, Expression]  # an expression, and what its value is multiplied by


def pulled_back(roots: Iterable[Pair], held: Collection[Expression] = ()) -> dict[Expression, Expression]:
    """The derivative of Σ ⟨cotangent, root⟩ by each leaf it reads; leaves are told apart by identity.

    ``held`` are nodes that count as constant. A leaf that nothing flows to is left out.
    """
    pairs = list(roots)
    arriving: dict[Expression, list[Expression]] = {}
    for root, cotangent in pairs:
        arriving.setdefault(root, []).append(cotangent)
    found: dict[Expression, Expression] = {}
    for node in reversed(_in_order(root for root, _ in pairs)):
        if node not in arriving or node in held:
            continue
        cotangent = total(arriving[node])
        if node.is_leaf:
            found[node] = cotangent
            continue
        sends = OPERATORS[node.operator].vjp(cotangent, node, *node.args, *node.attributes)
        for argument, sent in zip(node.args, sends, strict=False):
            if sent is not None:
                arriving.setdefault(argument, []).append(fit(sent, argument))
    return found


def _in_order(roots: Iterable[Expression]) -> list[Expression]:
    """All nodes, each once, arguments before what reads them."""
    order: dict[Expression, None] = {}
    for root in roots:
        waiting = [(root, False)]
        while waiting:
            node, is_open = waiting.pop()
            if node in order:
                continue
            if is_open:
                order[node] = None
            else:
                waiting += [(node, True), *((argument, False) for argument in node.args)]
    return list(order)


class Substitution:
    """Expressions with other ones in the place of some leaves; what was one node before is one node afterwards."""

    def __init__(self, kind: str, by: Mapping[str, Expression]) -> None:
        self._kind, self._by = kind, by  # leaves of this kind, by name; ``by`` may grow meanwhile
        self._known: dict[Expression, Expression] = {}

    def __call__(self, node: Expression) -> Expression:
        """The expression with the leaves replaced. Raises KeyError for one that has no replacement."""
        if node not in self._known:
            self._known[node] = self._replaced(node)
        return self._known[node]

    def _replaced(self, node: Expression) -> Expression:
        if node.is_leaf:
            return self._by[node.name] if node.operator == self._kind else node
        args = tuple(self(argument) for argument in node.args)
        if all(new is old for new, old in zip(args, node.args, strict=True)):
            return node
        return Expression(node.operator, args, node.shape, attributes=node.attributes, span=node.span)
