"""Cells of the form v_t = f(W v_{t-1} + what does not remember), found from their equations.

For these the Jacobian is diag(f') W, and the bounds of Pascanu, Mikolov & Bengio (2013) hold: with g the largest value
of abs(f'), gradients vanish for sure where sigma_max(W) < 1/g, and can explode only where sigma_max(W) > 1/g.
"""

from __future__ import annotations

import msgspec

from core.language.definition import CellDefinition
from core.language.recurrence import remembers
from core.operators import Expression
from core.operators.expression import PARAMETER, VARIABLE
from core.operators.shapes import is_elementwise


class PlainRecurrence(msgspec.Struct, frozen=True, eq=False):
    """``state`` = ``function``(``sign`` * ``matrix`` @ [``columns``] + ...); ``inner`` is what it is applied to.

    ``columns`` are the pieces that the matrix acts on, [h[-1], x], and ``place`` says which of them is the state.
    ``function`` is "identity" where there is none.
    """

    state: str
    matrix: str
    function: str
    attributes: tuple[float, ...]
    inner: Expression
    columns: tuple[Expression, ...]
    place: int
    sign: float


class _NotPlain(Exception):
    """Why a cell is not of this form."""


def plain_recurrence(definition: CellDefinition) -> PlainRecurrence | str:
    """The form of a cell, or in words why it has none."""
    try:
        return _found(definition)
    except _NotPlain as reason:
        return str(reason)


def _found(definition: CellDefinition) -> PlainRecurrence:
    delays = definition.delays
    if len(delays) != 1:
        raise _NotPlain(f"its state is made of {len(delays)} variables ({', '.join(delays) or 'none'}), not of one")
    ((state, steps),) = delays.items()
    if steps != (1,):
        raise _NotPlain(f"it reads {state} {' and '.join(str(d) for d in steps)} steps back, not 1 alone")
    root = _inlined(definition, definition.equation(state).expression)
    function, inner = "identity", root
    attributes: tuple[float, ...] = ()
    if len(root.args) == 1 and is_elementwise(root.operator) and root.operator != "neg":
        function, attributes, inner = root.operator, root.attributes, _inlined(definition, root.args[0])
    remembering = [found for found in _terms(definition, inner, 1.0) if remembers(definition, found[1])]
    if len(remembering) != 1:
        raise _NotPlain(f"{state}[-1] enters {len(remembering)} terms of {state}, not one product with a matrix")
    matrix, pieces, place = _product(state, remembering[0][1])
    return PlainRecurrence(state, matrix, function, attributes, inner, pieces, place, remembering[0][0])


def _product(state: str, term: Expression) -> tuple[str, tuple[Expression, ...], int]:
    """The matrix of the one product with the state, what it acts on, and which piece of that is the state."""
    if term.operator != "matmul" or term.args[0].operator != PARAMETER:
        raise _NotPlain(f"{state}[-1] is not multiplied by one matrix alone: gates or other functions act on it")
    vector = term.args[1]
    pieces = vector.args if vector.operator == "concat" else (vector,)
    places = [i for i, piece in enumerate(pieces) if piece.operator == VARIABLE and piece.delay]
    if len(places) != 1 or any(not piece.is_leaf for piece in pieces):
        raise _NotPlain(f"the matrix {term.args[0].name} does not act on {state}[-1] itself")
    return term.args[0].name, pieces, places[0]


def _inlined(definition: CellDefinition, node: Expression) -> Expression:
    """A variable of the same step replaced by its equation, identities passed over."""
    while True:
        if node.operator == VARIABLE and not node.delay:
            node = definition.equation(node.name).expression
        elif node.operator == "identity":
            node = node.args[0]
        else:
            return node


def _terms(definition: CellDefinition, node: Expression, sign: float) -> list[tuple[float, Expression]]:
    """What is added up, each term with its sign."""
    node = _inlined(definition, node)
    match node.operator:
        case "add":
            return [found for arg in node.args for found in _terms(definition, arg, sign)]
        case "sub":
            return [*_terms(definition, node.args[0], sign), *_terms(definition, node.args[1], -sign)]
        case "neg":
            return _terms(definition, node.args[0], -sign)
    return [(sign, node)]
