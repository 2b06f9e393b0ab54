"""Edits as pure functions: what a person changes, as a new setup and parameters, and how many steps stay the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from core.branch import Arrays, Iteration, Setup
from core.errors import SessionError
from core.learning.optimisers import initial_state
from core.learning.step import LearningSettings, fitting_learning
from core.network import Network
from core.origin import Origin
from core.run import Intervention
from core.sequence import Sequence


class Edit(msgspec.Struct, frozen=True, eq=False):
    """The outcome of an edit; the first ``shared`` time steps of the forward half compute the same as before."""

    label: str
    setup: Setup
    parameters: Arrays
    shared: int = 0
    optimiser_state: Arrays | None = None  # None: it goes on where it fits


def start_of(edit: Edit, iteration: Iteration, setup: Setup) -> Iteration:
    """The iteration an edit begins with; the optimiser's state goes on where kind and parameters stay the same."""
    optimiser, parameters = edit.setup.learning.optimiser, edit.parameters
    if edit.optimiser_state is not None:
        return Iteration(parameters, edit.optimiser_state)
    alike = _shapes(parameters) == _shapes(iteration.parameters)
    if alike and type(optimiser) is type(setup.learning.optimiser):
        return Iteration(parameters, iteration.optimiser_state)
    return Iteration(parameters, initial_state(optimiser, parameters))


def _shapes(arrays: Arrays) -> dict[str, tuple[int, ...]]:
    return {path: value.shape for path, value in arrays.items()}


def weight_edit(setup: Setup, parameters: Arrays, path: str, index: tuple[int, ...], value: float) -> Edit:
    """One entry of a parameter gets another value. Raises SessionError for a path or index that is not there."""
    if path not in parameters:
        raise SessionError(f"there is no parameter {path}; there are: {', '.join(parameters)}")
    changed = np.array(parameters[path])
    _check_place(path, index, changed.shape)
    changed[index] = value
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
    _check_place(f"the initial value of {path}", (row, unit), (changed.shape[0], changed.shape[-1]))
    changed[row, :, unit] = value
    return Edit(f"set initial {path}", replace(setup, initial={**states, path: changed}), parameters)


def sequence_edit(setup: Setup, parameters: Arrays, sequence: Sequence, label: str) -> Edit:
    """Another sequence, on which nothing is overwritten; initial values are those of the network's file."""
    initial = {} if setup.origin is None else setup.origin.initial_for(sequence.batch)
    return Edit(label, replace(setup, sequence=sequence, initial=initial, interventions=()), parameters)


def learning_edit(setup: Setup, parameters: Arrays, learning: LearningSettings) -> Edit:
    """Another optimiser, clipping or window; the forward half stays the same."""
    return Edit("change learning", replace(setup, learning=learning), parameters, setup.sequence.length)


def model_edit(
    setup: Setup, network: Network, parameters: Arrays, sequence: Sequence, name: str, origin: Origin | None
) -> Edit:
    """Another network, which learns as the one before, but for units and layers that it has not. Raises ShapeError."""
    initial = {} if origin is None else origin.initial_for(sequence.batch)
    learning = fitting_learning(network, setup.learning)
    changed = Setup(network, sequence, initial, learning=learning, name=name, origin=origin)
    changed = replace(changed, training=setup.training.fitting(network))
    return Edit("change the model", changed, network.check(parameters))


def overwriting_edit(setup: Setup, parameters: Arrays, path: str, t: int, unit: int, value: float | None) -> Edit:
    """A unit of a variable is overwritten at step ``t``; None takes the overwriting back. Raises SessionError."""
    return _overwriting(setup, parameters, path, t, (unit,), value)


def overwriting_all_edit(setup: Setup, parameters: Arrays, path: str, t: int, value: float | None) -> Edit:
    """All units of a variable are overwritten at step ``t``, as to forget there; None takes it back. SessionError."""
    block, variable = _variable(setup, path, t, 0)
    units = range(setup.network.block(block).cell.variable_sizes[variable])
    return _overwriting(setup, parameters, path, t, units, value)


def _overwriting(
    setup: Setup, parameters: Arrays, path: str, t: int, units: Iterable[int], value: float | None
) -> Edit:
    places = [(*_variable(setup, path, t, unit), t, unit) for unit in units]
    kept = tuple(i for i in setup.interventions if (i.block, i.variable, i.t, i.unit) not in places)
    new = () if value is None else tuple(Intervention(*place, value) for place in places)
    return Edit(f"overwrite {path} at t = {t + 1}", replace(setup, interventions=(*kept, *new)), parameters, t)


def _check_place(name: str, index: tuple[int, ...], shape: tuple[int, ...]) -> None:
    if len(index) != len(shape) or not all(0 <= i < size for i, size in zip(index, shape, strict=True)):
        raise SessionError(f"{name} has shape {shape}, so it has no entry {', '.join(map(str, index))} (from 0)")


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
