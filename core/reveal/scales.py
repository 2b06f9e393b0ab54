"""Which colour scale a variable is drawn with, and steady limits for the scales."""

from __future__ import annotations

import math

from core.frame import Scale
from core.language.gates import is_gate
from core.network import Block


def scale_of(block: Block, name: str) -> Scale:
    """GATE for what lies between 0 and 1 by its equation (also 1 minus such a gate), else STATE."""
    return Scale.GATE if is_gate(block.cell.definition, name) else Scale.STATE


def steady(value: float) -> float:
    """The limit of a colour scale: 1, 2 or 5 times a power of ten, at least 1, so that it seldom changes."""
    if not math.isfinite(value) or value <= 1.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (1.0, 2.0, 5.0) if value <= step * power), 10.0 * power)
