"""Which variables are gates: between 0 and 1 by their equations."""

from __future__ import annotations

from core.language.definition import CellDefinition
from core.operators.expression import NUMBER, PARAMETER, VARIABLE

_BETWEEN_0_AND_1 = frozenset({"sigmoid", "hard_sigmoid", "softmax"})


def is_gate(definition: CellDefinition, name: str) -> bool:
    """Whether a variable lies between 0 and 1 by its equation; also 1 minus such a gate, and a fixed share."""
    root = definition.equation(name).expression
    if root.operator in _BETWEEN_0_AND_1:
        return True
    if root.operator == "sub" and root.args[0].operator == NUMBER and root.args[0].value == 1.0:
        gate = root.args[1]
        return gate.operator == VARIABLE and not gate.delay and is_gate(definition, gate.name)
    if root.operator == PARAMETER:  # a share that is given and stays
        spec = definition.parameters[root.name]
        return spec.bounds is not None and not spec.trainable and 0.0 <= spec.bounds[0] <= spec.bounds[1] <= 1.0
    return False


def gates_of(definition: CellDefinition) -> tuple[str, ...]:
    """All gates of a cell, in file order."""
    return tuple(name for name in definition.variables if is_gate(definition, name))
