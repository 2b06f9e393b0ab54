"""What a run computed, as arrays under stable names: the keys of ``trace``, of snapshots and of exported data.

Shapes: ``l0/h`` (T, B, H), ``output`` (T, B, O), ``loss`` (T, B), ``initial/l0/h`` (K, B, H) with the earliest first;
parameters as they are. Gradients have the same names behind ``grad/``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.files.models.layout import Layout
from core.network import HEAD, LOSS
from core.run import Run

Array = NDArray[Any]


def arrays_of(run: Run, forward: int | None = None, backward: int | None = None) -> dict[str, Array]:
    """The arrays of a run by key, as far as it is computed (or less: ``forward``, ``backward`` time steps of its walk).

    Rows that are not computed are NaN. There are no gradients before the backward pass began, and none of parameters
    and initial values before it is complete.
    """
    forward = run.forward_done if forward is None else forward
    backward = run.backward_done if backward is None else backward
    arrays = {**_given(run), **_values(run, forward)}
    if backward:
        arrays |= _adjoints(run, backward)
    if backward == run.steps:
        arrays |= _totals(run)
    return arrays


def ends_of(run: Run) -> dict[str, Array]:
    """Where lengths differ: ``lengths`` (B,), and ``final/l0/h`` (B, H) after the last step of each walk."""
    if not run.problem.is_padded:
        return {}
    assert run.problem.lengths is not None
    return {"lengths": run.problem.lengths, **{f"final/{path}": run.final(path) for path in _initial_rows(run)}}


def file_gradients(run: Run, layout: Layout) -> dict[str, Array]:
    """The gradients in the names and shapes of a model file, ``grad/file/NAME``; {} before they are there."""
    if run.backward_done < run.steps:
        return {}
    found = {key.removeprefix("grad/").removeprefix("param/"): gradient for key, gradient in _totals(run).items()}
    return {f"grad/file/{name}": gradient for name, gradient in layout.gradients(found).items()}


def _given(run: Run) -> dict[str, Array]:
    """What the walk starts from."""
    states = {f"initial/{path}": run.initial(path)[-rows:] for path, rows in _initial_rows(run).items()}
    parameters = {f"param/{path}": np.asarray(value) for path, value in run.problem.parameters.items()}
    return {"input": np.asarray(run.problem.inputs), **parameters, **states}


def _values(run: Run, forward: int) -> dict[str, Array]:
    arrays = {path: _only(run.values(path), _forward(run, path, forward)) for path in _variables(run)}
    arrays["output"] = arrays[f"{HEAD}/{run.network.head.output}"]
    if run.has_loss:
        arrays["loss"] = _only(run.losses(), _forward(run, HEAD, forward))
    return arrays


def _adjoints(run: Run, backward: int) -> dict[str, Array]:
    """Total adjoints; a variable that no gradient can reach has none."""
    found = {path: run.adjoints(path) for path in _variables(run)}
    arrays = {
        f"grad/{path}": _only(adjoint, _backward(run, path, backward))
        for path, adjoint in found.items()
        if adjoint is not None
    }
    input_adjoints = run.input_adjoints()
    for block, _ in run.network.input_readers:
        input_adjoints = _only(input_adjoints, _backward(run, block.name, backward))
    return {**arrays, "grad/input": input_adjoints}


def _forward(run: Run, path: str, done: int) -> slice:
    """The time steps at which a block has values."""
    block = path.split("/")[0]
    return run.times_of(block, slice(0, run.rows_of(run.network.stage(block), done)))


def _backward(run: Run, path: str, done: int) -> slice:
    """The time steps at which a block has adjoints."""
    block, steps = path.split("/")[0], run.problem.steps
    from_last = len(run.network.stages) - 1 - run.network.stage(block)
    return run.times_of(block, slice(steps - run.rows_of(from_last, done), steps))


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
