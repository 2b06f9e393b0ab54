"""Named delays: ``[delays] d = 4`` and ``h[-d]`` in an equation; a layer may give another number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from core.errors import ShapeError
from core.language.definition import CellDefinition
from core.language.limits import MAX_DELAY
from core.language.source import Document
from core.operators import Expression


def delays_in(table: Mapping[str, Any], document: Document) -> dict[str, int]:
    """The table [delays]: how many steps each name stands for; the names are not checked. Raises LanguageError."""
    delays = table.get("delays", {})
    if not isinstance(delays, dict):
        raise document.error("[delays] must be a table of name = number of steps", "delays")
    for name, steps in delays.items():
        if type(steps) is not int or not 1 <= steps <= MAX_DELAY:
            message = f"[delays] {name}: expected a whole number of steps from 1 to {MAX_DELAY}, got {steps!r}"
            raise document.error(message, "delays", name)
    return dict(delays)


def with_delays(definition: CellDefinition, delays: Mapping[str, int]) -> CellDefinition:
    """The cell with other numbers for the delays it names. Raises ShapeError for a name or a number it cannot take."""
    for name, steps in delays.items():
        if name not in definition.named_delays:
            known = ", ".join(definition.named_delays) or "none"
            raise ShapeError(f"the cell {definition.name} names no delay {name}; it names: {known}")
        if not 1 <= steps <= MAX_DELAY:
            raise ShapeError(f"the delay {name} is {steps}; give 1 to {MAX_DELAY} steps")
    changed = {**definition.named_delays, **delays}
    if changed == definition.named_delays:
        return definition
    equations = tuple(
        msgspec.structs.replace(equation, expression=_delayed(equation.expression, changed))
        for equation in definition.equations
    )
    return replace(definition, equations=equations, named_delays=changed)


def _delayed(node: Expression, delays: Mapping[str, int]) -> Expression:
    if node.delay_name:
        return msgspec.structs.replace(node, delay=delays[node.delay_name])
    args = tuple(_delayed(arg, delays) for arg in node.args)
    unchanged = all(new is old for new, old in zip(args, node.args, strict=True))
    return node if unchanged else msgspec.structs.replace(node, args=args)
