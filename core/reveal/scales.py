"""Which colour scale a variable is drawn with, and steady limits for the scales."""

from __future__ import annotations

import math

from core.frame import Scale
from core.network import Block
from core.operators.expression import NUMBER, VARIABLE

_BETWEEN_0_AND_1 = {"sigmoid", "hard_sigmoid", "softmax"}


def scale_of(block: Block, name: str) -> Scale:
    """GATE for what lies between 0 and 1 by its equation (also 1 minus such a gate), else STATE."""
    root = block.cell.definition.equation(name).expression
    if root.operator in _BETWEEN_0_AND_1:
        return Scale.GATE
    if root.operator == "sub" and root.args[0].operator == NUMBER and root.args[0].value == 1.0:
        gate = root.args[1]
        if gate.operator == VARIABLE and not gate.delay:
            return scale_of(block, gate.name)
    return Scale.STATE


def steady(value: float) -> float:
    """The limit of a colour scale: 1, 2 or 5 times a power of ten, at least 1, so that it seldom changes."""
    if not math.isfinite(value) or value <= 1.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (1.0, 2.0, 5.0) if value <= step * power), 10.0 * power)
