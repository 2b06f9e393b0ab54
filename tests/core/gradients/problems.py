"""Small problems with everything random, for tests of gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from core.cell import Cell, cell_from_text, load_cell
from core.network import build_network
from core.run import Problem, Run


def cell_of(cell: str, inputs: int, units: int) -> Cell:
    """A cell from equations, or a built-in one."""
    make = cell_from_text if "=" in cell else load_cell
    return make(cell, inputs=inputs, units=units)


def problem_for(
    *cells: str,
    batch: int = 2,
    steps: int = 5,
    units: int = 3,
    head: str = "softmax",
    loss: str = "cross-entropy",
    scale: float = 0.7,
    seed: int = 0,
    **rest: Any,
) -> Problem:
    """A problem with random parameters, inputs, targets and initial states; one layer per cell."""
    generator = np.random.default_rng(seed)
    layers = [cell_of(cell, units if number else 2, units) for number, cell in enumerate(cells)]
    outputs = None if head == "direct" else 4
    network = build_network(layers, head=head, loss=loss, outputs=outputs)
    initial = network.initial_parameters(generator)
    trained = {path: generator.normal(0, scale, initial[path].shape) for path in network.trainable}
    targets = generator.normal(size=(steps, batch, network.outputs))
    if loss == "cross-entropy":
        targets = np.eye(network.outputs)[generator.integers(0, network.outputs, (steps, batch))]
    states = {path: generator.normal(size=rows.shape) for path, rows in network.initial_states(batch).items()}
    inputs = generator.normal(size=(steps, batch, 2))
    return replace(Problem(network, {**initial, **trained}, inputs, targets, initial=states), **rest)


def run_for(*cells: str, **options: Any) -> Run:
    """A complete run of such a problem."""
    return Run(problem_for(*cells, **options)).complete()
