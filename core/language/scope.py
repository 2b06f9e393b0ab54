"""The names that equations may use."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from core.operators import FUNCTIONS
from core.operators.shapes import Shape, is_fixed

TIME_NAME = "t"


class Scope(msgspec.Struct):
    """The names an equation may read, with their shapes; free names are added as parameters on first use."""

    inputs: Mapping[str, Shape]
    assigned: frozenset[str]  # every name that some equation assigns
    variables: dict[str, Shape] = msgspec.field(default_factory=dict)  # shapes of the variables seen so far
    done: set[str] = msgspec.field(default_factory=set)  # variables whose equation has been read
    parameters: dict[str, Shape] = msgspec.field(default_factory=dict)
    delays: Mapping[str, int] = msgspec.field(default_factory=dict)  # the named ones
    read: set[str] = msgspec.field(default_factory=set)  # every name that some equation reads


def unfixed(shapes: Mapping[str, Shape]) -> list[str]:
    """The names that have a size nothing fixes."""
    return [name for name, shape in shapes.items() if not all(is_fixed(size) for size in shape)]


def name_problem(name: str) -> str:
    """What keeps a name from standing for a value; "" where nothing does."""
    if name.startswith("_"):
        return f"the name {name} begins with an underscore; begin names with a letter"
    if name in FUNCTIONS:
        return f"{name} is a function of the language; take another name"
    if name == TIME_NAME:
        return f"{name} is the number of the time step; take another name"
    return ""
