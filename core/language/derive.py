"""The backward equations, derived: what each operation sends to each of its arguments, and what reaches each leaf.

An equation's tree is walked from its root to its leaves; the vector-Jacobian products come from the operator table.
The result is again made of expressions, with two more leaves: the adjoint of a variable, dL/d(variable), and its inbox,
the part that later time steps and the readers of the output have sent.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from core.language.definition import CellDefinition, Equation
from core.operators import OPERATORS, Expression
from core.operators.expression import ADJOINT, INPUT, PARAMETER, VARIABLE, apply, leaf


class Sent(msgspec.Struct, frozen=True, eq=False):
    """What ``operation`` sends back to its argument number ``argument``; None where nothing flows."""

    operation: Expression
    argument: int
    expression: Expression | None


class Contribution(msgspec.Struct, frozen=True, eq=False):
    """One term of a leaf's gradient: ``reader`` is the equation it comes through."""

    reader: str
    target: Expression
    expression: Expression


class Backward(msgspec.Struct, frozen=True, eq=False):
    """The backward pass of one equation: its operations in reverse, and what reaches its leaves."""

    equation: Equation
    sends: tuple[Sent, ...]
    contributions: tuple[Contribution, ...]


def backward_of(equation: Equation) -> Backward:
    """The derived backward pass of one equation, from the adjoint of its variable to its leaves."""
    root = equation.expression
    adjoint = leaf(ADJOINT, equation.name, root.shape)
    sends: list[Sent] = []
    contributions: list[Contribution] = []
    for node, cotangent in _reverse(equation, root, adjoint, sends):
        if node.operator in (VARIABLE, PARAMETER, INPUT):
            contributions.append(Contribution(equation.name, node, cotangent))
    return Backward(equation, tuple(sends), tuple(contributions))


def order_of_operations(backward: Backward) -> list[Expression]:
    """The operations of an equation in the order the backward walk meets them."""
    return list(dict.fromkeys(send.operation for send in backward.sends))


def _reverse(
    equation: Equation, node: Expression, cotangent: Expression, sends: list[Sent]
) -> Iterator[tuple[Expression, Expression]]:
    """Every node with its cotangent, readers first; what operations send is noted in ``sends``."""
    yield node, cotangent
    if node.is_leaf:
        return
    result = leaf(VARIABLE, equation.name, node.shape) if node is equation.expression else node
    rule = OPERATORS[node.operator].vjp
    flowing: list[tuple[Expression, Expression]] = []
    for index, sent in enumerate(rule(cotangent, result, *node.args, *node.attributes)):
        fitted = None if sent is None else fit(sent, node.args[index])
        sends.append(Sent(node, index, fitted))
        if fitted is not None:
            flowing.append((node.args[index], fitted))
    for argument, fitted in reversed(flowing):  # the exact reverse of the forward order
        yield from _reverse(equation, argument, fitted, sends)


def fit(sent: Expression, argument: Expression) -> Expression:
    """A gradient in the shape of its argument: summed where a scalar was spread, and the reverse."""
    rank, wanted = len(sent.shape), len(argument.shape)
    if rank == wanted:
        return sent
    if not wanted:
        return apply("matrix_sum" if rank == 2 else "sum", sent)
    return apply("matrix_spread" if wanted == 2 else "spread", sent, argument)


def all_contributions(definition: CellDefinition) -> tuple[Contribution, ...]:
    """The contributions of all equations, last equation first (the order of the backward walk)."""
    return tuple(c for equation in reversed(definition.equations) for c in backward_of(equation).contributions)


def on_gradient_path(definition: CellDefinition, seeds: frozenset[str]) -> frozenset[str]:
    """The variables whose adjoint can differ from zero when gradients enter at ``seeds``.

    ``seeds`` are the output (read by another block) and the loss; variables that a later step reads join as soon as
    one of their readers is on the path.
    """
    readers: dict[str, set[str]] = {}
    for contribution in all_contributions(definition):
        if contribution.target.operator == VARIABLE:
            readers.setdefault(contribution.target.name, set()).add(contribution.reader)
    reached = set(seeds)
    grown = True
    while grown:
        new = {name for name, by in readers.items() if by & reached} - reached
        reached |= new
        grown = bool(new)
    return frozenset(reached)
