"""Which parameters of a cell multiply something of an earlier step: their gradients are chains through time."""

from __future__ import annotations

from core.language.definition import CellDefinition
from core.operators.expression import PARAMETER, VARIABLE, Expression, leaves, operations


def remembers(definition: CellDefinition, node: Expression) -> bool:
    """Whether a value of an earlier step is in it, also by variables of the same step."""
    for found in leaves(node):
        if found.operator == VARIABLE and (
            found.delay or remembers(definition, definition.equation(found.name).expression)
        ):
            return True
    return False


def recurrent_matrices(definition: CellDefinition) -> tuple[str, ...]:
    """The matrices that multiply a value of an earlier step, in the order in which the equations name them.

    U_f, U_i, U_g and U_o of an LSTM; W_n and W_u where matrices act on [state, input].
    """
    products = (
        node
        for equation in definition.equations
        for node in operations(equation.expression)
        if node.operator == "matmul" and node.args[0].operator == PARAMETER
    )
    return tuple(dict.fromkeys(node.args[0].name for node in products if remembers(definition, node.args[1])))
