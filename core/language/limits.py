"""How long and how deep equations may be, so that everything that walks through them comes to an end."""

from __future__ import annotations

from core.operators import Expression

MAX_OPERATIONS = 5_000  # of all equations of a cell
MAX_DELAY = 10_000
MAX_DEPTH = 150  # operations inside each other in a derived backward equation: readers recurse
MAX_SIZE = 20_000  # operations in a derived backward equation written out

Size = tuple[int, int]  # depth, and number of operations written out


def is_too_large(expressions: list[Expression]) -> bool:
    """Whether one of the expressions is nested too deeply, or too long when written out."""
    known: dict[Expression, Size] = {}
    try:
        return any(depth > MAX_DEPTH or size > MAX_SIZE for depth, size in (_size(e, known) for e in expressions))
    except RecursionError:
        return True


def _size(expression: Expression, known: dict[Expression, Size]) -> Size:
    found = known.get(expression)
    if found is None:
        sizes = [_size(arg, known) for arg in expression.args]
        depth = 1 + max((depth for depth, _ in sizes), default=0)
        found = known[expression] = (depth, 1 + sum(size for _, size in sizes))
    return found
