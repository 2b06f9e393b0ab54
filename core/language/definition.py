"""What a cell file says, checked: equations with inferred shapes, parameters, roles. No numbers yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import msgspec

from core.learning.initialisers import Rule
from core.operators import Expression, Size
from core.operators.expression import VARIABLE, leaves


class Equation(msgspec.Struct, frozen=True, eq=False):
    """``name = expression``; ``line`` is its line in the file."""

    name: str
    expression: Expression
    line: int
    text: str


class ParameterSpec(msgspec.Struct, frozen=True, eq=False):
    """A matrix, vector or scalar that the equations read and training may change.

    ``value`` is a number or nested list that fixes the start; ``init`` is the initialiser that gives it else.
    """

    name: str
    shape: tuple[Size, ...]
    value: object = None
    init: Rule | None = None
    trainable: bool = True
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class CellDefinition:
    """A cell as text says it. ``core.cell.Cell`` adds sizes in numbers."""

    name: str
    equations: tuple[Equation, ...]
    parameters: Mapping[str, ParameterSpec]
    inputs: tuple[str, ...] = ("x",)
    output: str = "h"
    source: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)  # declared extra sizes
    named_delays: Mapping[str, int] = field(default_factory=dict)  # in steps; ``with_delays`` gives other ones
    losses: Mapping[str, str] = field(default_factory=dict)  # of a readout: name -> equation
    file: str = ""
    text: str = ""  # the whole file, as written

    @property
    def short_name(self) -> str:
        """The name without what stands in brackets behind it."""
        return self.name.split(" (")[0]

    def equation(self, name: str) -> Equation:
        """The equation of a variable. Raises KeyError."""
        for equation in self.equations:
            if equation.name == name:
                return equation
        raise KeyError(name)

    @property
    def variables(self) -> tuple[str, ...]:
        """The assigned names, in file order."""
        return tuple(equation.name for equation in self.equations)

    @cached_property
    def delays(self) -> Mapping[str, tuple[int, ...]]:
        """For each variable that a later step reads: how many steps later, ascending."""
        found: dict[str, set[int]] = {}
        for equation in self.equations:
            for leaf in leaves(equation.expression):
                if leaf.operator == VARIABLE and leaf.delay:
                    found.setdefault(leaf.name, set()).add(leaf.delay)
        return MappingProxyType({name: tuple(sorted(found[name])) for name in self.variables if name in found})
