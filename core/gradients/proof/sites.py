"""All values of a run whose gradients can be proven, and the gradients the run gives for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.block import INPUT_PATH
from core.gradients.proof.replay import INITIAL, PARAM
from core.run import Run

Array = NDArray[Any]
MEMORY = 64_000_000  # bytes that one block of work may take, about
_INTERMEDIATES = 8  # results of operations per variable, about


@dataclass(frozen=True)
class Site:
    """One number of every sample: an entry of a parameter (``t`` None), or a unit of a value at step or row ``t``."""

    path: str
    t: int | None
    index: tuple[int, ...]


def entries(path: str, t: int | None, shape: tuple[int, ...]) -> list[Site]:
    """The sites of all entries of an array."""
    return [Site(path, t, index) for index in np.ndindex(shape)]


def known_paths(run: Run) -> list[str]:
    """Paths of everything that has a gradient, by the keys of a trace file."""
    network = run.network
    variables = [f"{block.name}/{name}" for block in network.blocks for name in block.cell.definition.variables]
    parameters = [f"{PARAM}{path}" for path in network.trainable]
    return [*parameters, *(f"{INITIAL}{path}" for path in network.initial_states()), INPUT_PATH, *variables]


def analytic_gradient(run: Run, path: str) -> Array:
    """The gradient that the run gives: of a parameter in its shape, else (T or K, B, ·); zeros where none can reach."""
    if path.startswith(PARAM):
        with np.errstate(all="ignore"):  # what has overflowed cannot be proven, but is no reason to warn
            return run.gradient(path.removeprefix(PARAM))
    if path.startswith(INITIAL):
        name = path.removeprefix(INITIAL)
        return run.initial_adjoints(name)[-len(run.network.initial_states()[name]) :]
    if path == INPUT_PATH:
        return run.input_adjoints()
    found = run.adjoints(path)
    return np.zeros_like(run.values(path)) if found is None else found


def value_of(run: Run, path: str) -> Array:
    """The values themselves, shaped as their gradient."""
    if path.startswith(PARAM):
        name = path.removeprefix(PARAM)
        return np.asarray(run.problem.parameters[name]).reshape(run.network.parameter_shapes[name])
    if path.startswith(INITIAL):
        name = path.removeprefix(INITIAL)
        return run.initial(name)[-len(run.network.initial_states()[name]) :]
    return np.asarray(run.problem.inputs) if path == INPUT_PATH else run.values(path)


def groups_of_all(run: Run) -> list[list[Site]]:
    """Every site, in groups that are measured together and fit into memory."""
    groups: list[list[Site]] = []
    initial: list[Site] = []
    for path in known_paths(run):
        if path.startswith(PARAM):
            shape = analytic_gradient(run, path).shape
            groups += _cut(run, entries(path, None, shape), numbers=int(np.prod(shape)))
        elif path.startswith(INITIAL):
            gradient = analytic_gradient(run, path)
            initial += [site for row in range(len(gradient)) for site in entries(path, row, gradient.shape[2:])]
    groups += _cut(run, initial)
    for t in range(run.problem.steps):
        groups += _cut(run, _sites_at(run, t))
    return groups


def _sites_at(run: Run, t: int) -> list[Site]:
    """The input and all variables of one step."""
    sites = entries(INPUT_PATH, t, (run.network.inputs,))
    for block in run.network.blocks:
        for name, size in block.cell.variable_sizes.items():
            sites += entries(f"{block.name}/{name}", t, (size,))
    return sites


def _cut(run: Run, sites: list[Site], numbers: int = 0) -> list[list[Site]]:
    """The sites in pieces; ``numbers`` are those that every copy needs for itself alone."""
    width = run.network.inputs + sum(sum(block.cell.variable_sizes.values()) for block in run.network.blocks)
    if len(run.network.stages) > 1:  # later stages read the whole walks of earlier ones
        width += run.problem.steps * sum(block.cell.outputs for block in run.network.layers)
    one_copy = 16 * (numbers + _INTERMEDIATES * width * run.problem.batch_size)
    most = max(1, MEMORY // (2 * one_copy))
    return [sites[first : first + most] for first in range(0, len(sites), most)]
