"""A problem computed in bulk beside the same problem walked step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.bulk import Bulk, WholeRun
from core.network import Network
from core.problem import Problem
from core.run import Run


def everything(run: WholeRun | Run) -> dict[str, Any]:
    """All that both can tell, by what it is."""
    network = run.network
    found: dict[str, Any] = {"losses": run.losses()}
    paths = [f"{block.name}/{name}" for block in network.blocks for name in block.cell.definition.variables]
    found |= {path: run.values(path) for path in paths}
    if not run.has_loss:
        return found
    found |= {f"grad/{path}": run.adjoints(path) for path in paths} | {"grad/input": run.input_adjoints()}
    for block in network.blocks:
        for name in block.cell.definition.delays:
            path = f"{block.name}/{name}"
            found[f"grad/initial/{path}"] = run.initial_adjoints(path)
    return found | {f"grad/param/{path}": run.gradient(path) for path in network.trainable}


def assert_equal(problem: Problem, tolerance: float = 1e-12) -> None:
    """Bulk and stepping agree in everything to ``tolerance`` of each array's scale."""
    whole = Bulk(problem.network).complete(problem)
    assert isinstance(whole, WholeRun)
    walked = everything(Run(problem).complete())
    found = everything(whole)
    assert found.keys() == walked.keys()
    for key, expected in walked.items():
        assert (found[key] is None) == (expected is None), key
        if expected is not None:
            assert found[key].shape == expected.shape, key
            assert found[key].dtype == expected.dtype, key
            scale = np.abs(expected).max(initial=0.0)
            np.testing.assert_allclose(found[key], expected, rtol=0, atol=tolerance * scale, err_msg=key)


def problem_for(
    network: Network, *, steps: int = 6, batch: int = 1, seed: int = 0, scale: float = 0.5, **rest: Any
) -> Problem:
    """A problem with everything in it random, a loss at most steps."""
    generator = np.random.default_rng(seed)
    targets = generator.normal(size=(steps, batch, network.outputs))
    if network.loss == "cross-entropy":
        targets = np.eye(network.outputs)[generator.integers(0, network.outputs, (steps, batch))]
    weights = (generator.random((steps, batch)) < 0.8).astype(float)
    weights[-1] = 1.0
    parameters = {path: generator.normal(0, scale, shape) for path, shape in network.parameter_shapes.items()}
    initial = {path: generator.normal(size=rows.shape) for path, rows in network.initial_states(batch).items()}
    inputs = generator.normal(size=(steps, batch, network.inputs))
    return Problem(network, parameters, inputs, targets, weights, initial, **rest)
