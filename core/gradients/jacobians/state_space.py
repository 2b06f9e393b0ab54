"""The state of a block as one vector, so that one step is one Jacobian matrix, whatever the cell and its delays.

The state after a step holds every variable that later steps read, [h; c], each once for every step it is read back
("companion" form): with ``v[-3]`` in a cell, v_t, v_{t-1} and v_{t-2} are parts of it.
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from core.errors import SessionError
from core.network import Block


class StatePart(msgspec.Struct, frozen=True):
    """A stretch of the state: ``name`` as it was ``back`` steps before the step that the state stands behind."""

    name: str
    back: int
    first: int
    last: int

    @property
    def columns(self) -> slice:
        """Where it stands."""
        return slice(self.first, self.last)

    @property
    def label(self) -> str:
        """The part as people write it: "h" or "h[-2]"."""
        return f"{self.name}[-{self.back}]" if self.back else self.name


class StateSpace(msgspec.Struct, frozen=True, dict=True):
    """The parts of a block's state, in file order, those of one variable behind each other.

    ``unreached`` are variables that later steps read but that never reach what others read from the block: no gradient
    comes to them, and they are not part of the state.
    """

    parts: tuple[StatePart, ...]
    unreached: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """N, the length of the state."""
        return self.parts[-1].last

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables, each once."""
        return tuple(dict.fromkeys(part.name for part in self.parts))

    @property
    def has_memory_lanes(self) -> bool:
        """Whether it holds values that are only carried along, for delays above 1."""
        return any(part.back for part in self.parts)

    def part(self, name: str, back: int = 0) -> StatePart:
        """A part. Raises SessionError for a variable that is not of the state."""
        for part in self.parts:
            if (part.name, part.back) == (name, back):
                return part
        raise SessionError(
            f"{name} is not part of the state, which is {', '.join(self.names)}: no later step reads it, or nothing "
            "reads what comes of it. Choose another."
        )

    def place(self, number: int) -> tuple[str, int, int]:
        """Variable, steps back and unit of one number of the state."""
        part = next(part for part in self.parts if part.first <= number < part.last)
        return part.name, part.back, number - part.first


def state_space(block: Block) -> StateSpace:
    """The state of a block. Raises SessionError for a block without memory."""
    delays, parts, first = block.cell.definition.delays, [], 0
    for name in (name for name in delays if name in block.path):
        size = block.cell.variable_sizes[name]
        for back in range(max(delays[name])):
            parts.append(StatePart(name, back, first, first + size))
            first += size
    if not parts:
        raise SessionError(
            f"There is no state in {block.title}: it reads nothing from earlier steps. Choose another layer."
        )
    return StateSpace(tuple(parts), tuple(name for name in delays if name not in block.path))
