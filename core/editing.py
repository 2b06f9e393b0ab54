"""Edits as pure functions: what a person changes, as a new setup and parameters, and how many steps stay the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.branch import Arrays, Setup
from core.errors import SessionError
from core.run import Intervention


@dataclass(frozen=True, eq=False)
class Edit:
    """The outcome of an edit; the first ``shared`` time steps of the forward half compute the same as before."""

    label: str
    setup: Setup
    parameters: Arrays
    shared: int = 0


def weight_edit(setup: Setup, parameters: Arrays, path: str, index: tuple[int, ...], value: float) -> Edit:
    """One entry of a parameter gets another value. Raises SessionError for a path or index that is not there."""
    if path not in parameters:
        raise SessionError(f"there is no parameter {path}; there are: {', '.join(parameters)}")
    changed = np.array(parameters[path])
    try:
        changed[index] = value
    except IndexError:
        raise SessionError(f"{path} has shape {changed.shape}, so it has no entry {index}") from None
    changed.flags.writeable = False
    return Edit(f"set {path}", setup, {**parameters, path: changed})


def input_edit(setup: Setup, parameters: Arrays, t: int, value: Any) -> Edit:
    """Step ``t`` gets another input: a token or a vector. Raises DataError, ShapeError."""
    return Edit(f"set input {t + 1}", replace(setup, sequence=setup.sequence.with_input(t, value)), parameters, t)


def target_edit(setup: Setup, parameters: Arrays, t: int, value: Any) -> Edit:
    """Step ``t`` gets another target: a label, a class (-1: none) or a vector. Raises DataError, ShapeError."""
    return Edit(f"set target {t + 1}", replace(setup, sequence=setup.sequence.with_target(t, value)), parameters)


def initial_edit(setup: Setup, parameters: Arrays, path: str, row: int, unit: int, value: float) -> Edit:
    """One unit of an initial state gets another value; ``row`` counts from the earliest. Raises SessionError."""
    states = {**setup.network.initial_states(setup.sequence.batch), **setup.initial}
    if path not in states:
        raise SessionError(f"{path} has no initial value; these have: {', '.join(states)}")
    changed = np.array(states[path])
    try:
        changed[row, :, unit] = value
    except IndexError:
        raise SessionError(
            f"the initial value of {path} has shape {changed.shape}, not an entry {row}, {unit}"
        ) from None
    return Edit(f"set initial {path}", replace(setup, initial={**states, path: changed}), parameters)


def overwriting_edit(setup: Setup, parameters: Arrays, path: str, t: int, unit: int, value: float | None) -> Edit:
    """A unit of a variable is overwritten at step ``t``; None takes the overwriting back. Raises SessionError."""
    block, variable = _variable(setup, path, t, unit)
    place = (block, variable, t, unit)
    kept = tuple(i for i in setup.interventions if (i.block, i.variable, i.t, i.unit) != place)
    new = () if value is None else (Intervention(block, variable, t, unit, value),)
    return Edit(f"overwrite {path} at t = {t + 1}", replace(setup, interventions=(*kept, *new)), parameters, t)


def _variable(setup: Setup, path: str, t: int, unit: int) -> tuple[str, str]:
    block, _, variable = path.partition("/")
    sizes = {b.name: b.cell.variable_sizes for b in setup.network.blocks}
    if variable not in sizes.get(block, {}):
        raise SessionError(f"there is no variable {path}")
    if not 0 <= unit < sizes[block][variable]:
        raise SessionError(f"{path} has {sizes[block][variable]} units, so there is no unit {unit + 1}")
    if not 0 <= t < setup.sequence.length:
        raise SessionError(f"there is no time step {t + 1}; the sequence has {setup.sequence.length}")
    return block, variable
