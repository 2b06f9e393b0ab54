"""What a run computed, as arrays under stable names: the keys of ``trace``, of snapshots and of exported data.

Shapes: ``l0/h`` (T, B, H), ``output`` (T, B, O), ``loss`` (T, B), ``initial/l0/h`` (K, B, H) with the earliest first;
parameters as they are. Gradients have the same names behind ``grad/``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.network import HEAD, LOSS
from core.run import Run

Array = NDArray[Any]


def arrays_of(run: Run, forward: int | None = None, backward: int | None = None) -> dict[str, Array]:
    """The arrays of a run by key, as far as it is computed (or less: ``forward``, ``backward`` time steps).

    Rows that are not computed are NaN. There are no gradients before the backward pass began, and none of parameters
    and initial values before it is complete.
    """
    forward = run.forward_done if forward is None else forward
    backward = run.backward_done if backward is None else backward
    arrays = {**_given(run), **_values(run, forward)}
    if backward:
        arrays |= _adjoints(run, run.problem.steps - backward)
    if backward == run.problem.steps:
        arrays |= _totals(run)
    return arrays


def _given(run: Run) -> dict[str, Array]:
    """What the walk starts from."""
    states = {f"initial/{path}": run.initial(path)[-rows:] for path, rows in _initial_rows(run).items()}
    parameters = {f"param/{path}": np.asarray(value) for path, value in run.problem.parameters.items()}
    return {"input": np.asarray(run.problem.inputs), **parameters, **states}


def _values(run: Run, forward: int) -> dict[str, Array]:
    rows = slice(None, forward)
    arrays = {path: _only(run.values(path), rows) for path in _variables(run)}
    arrays["output"] = arrays[f"{HEAD}/{run.network.head.output}"]
    if run.has_loss:
        arrays["loss"] = _only(run.losses(), rows)
    return arrays


def _adjoints(run: Run, first: int) -> dict[str, Array]:
    """Total adjoints; a variable that no gradient can reach has none."""
    rows = slice(first, None)
    found = {path: run.adjoints(path) for path in _variables(run)}
    arrays = {f"grad/{path}": _only(adjoint, rows) for path, adjoint in found.items() if adjoint is not None}
    return {**arrays, "grad/input": _only(run.input_adjoints(), rows)}


def _totals(run: Run) -> dict[str, Array]:
    """Gradients that are sums over all time steps."""
    arrays = {f"grad/param/{path}": gradient for path, gradient in run.gradients().items()}
    states = {f"grad/initial/{path}": run.initial_adjoints(path)[-rows:] for path, rows in _initial_rows(run).items()}
    return {**arrays, **states}


def _variables(run: Run) -> list[str]:
    """Paths of all variables but the loss, which has a name of its own."""
    paths = [f"{block.name}/{name}" for block in run.network.blocks for name in block.cell.definition.variables]
    return [path for path in paths if path != f"{HEAD}/{LOSS}" or not run.network.loss]


def _initial_rows(run: Run) -> dict[str, int]:
    return {path: len(states) for path, states in run.network.initial_states(1).items()}


def _only(array: Array, rows: slice) -> Array:
    """The array with NaN outside ``rows``; the array itself where nothing is outside."""
    if len(array[rows]) == len(array):
        return array
    kept = np.full_like(array, np.nan)
    kept[rows] = array[rows]
    return kept
