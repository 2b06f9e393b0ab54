"""Small networks of every kind, by name, with everything in them random; and sessions and problems on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.language import parse_cell, read_cell
from core.learning.step import LearningSettings
from core.network import Network
from core.run import Problem
from core.sequence import Sequence
from core.session import Session, Setup
from core.stack import Direction, LayerSpec, build_stack

BOTH, REVERSE = Direction.BOTH, Direction.REVERSE
LAYERED = "h = tanh(W @ x + U @ h[-1] + S @ h[-3] + b)"
CLOCK = "h = where(t > 1, tanh(W @ x + U @ h[-1]), h[-1] * a)"


def layer(cell: str, units: int = 2, direction: Direction = Direction.FORWARD, **options: Any) -> LayerSpec:
    """A layer of a built-in cell, or of equations."""
    return LayerSpec(parse_cell(cell) if "=" in cell else read_cell(cell), units, direction, **options)


def stack(*layers: LayerSpec, **options: Any) -> Network:
    """A network that reads two numbers and gives three."""
    return build_stack(layers, **{"inputs": 2, "loss": "cross-entropy", "outputs": 3, **options})


def _mixed() -> Network:
    return stack(
        layer("lstm", 3, BOTH),
        layer("lstm_projected", 3, BOTH, join="average", sizes={"projection": 2}),
        layer("gru", 2, BOTH, join="readout"),
        embedding=2,
    )


NETWORKS: dict[str, Callable[[], Network]] = {
    "bidirectional": lambda: stack(layer("lstm", 3, BOTH)),
    "two of both": lambda: stack(layer("gru", 2, BOTH), layer("lstm", 2, BOTH, join="sum")),
    "mixed": _mixed,
    "product": lambda: stack(layer("rnn_tanh", 2, BOTH, join="product"), layer("gru")),
    "tied": lambda: stack(layer("lstm", 2, BOTH, tied=True, join="readout"), loss="squared", head="identity"),
    "reverse": lambda: stack(layer("lstm", 2, REVERSE), layer("gru", 2, REVERSE)),
    "up and down": lambda: stack(layer("lstm"), layer("gru", 2, REVERSE), layer("rnn_tanh")),
    "three back": lambda: stack(layer(LAYERED, 2, BOTH), layer(LAYERED, 2, REVERSE)),
    "named delays": lambda: stack(layer("rnn_skip", 2, BOTH, delays={"d": 3}), layer("rnn_leaky")),
    "reads the time": lambda: stack(layer(CLOCK, 2, BOTH)),
    "as it walks": lambda: stack(layer("lstm", 2, BOTH, aligned=False), layer("gru", 2, REVERSE, aligned=False)),
}
ALIGNED = [name for name in NETWORKS if name != "as it walks"]


def problem_on(
    network: Network,
    steps: int = 4,
    batch: int = 1,
    at: tuple[int, ...] | None = None,
    lengths: tuple[int, ...] | None = None,
    window: int = 0,
    seed: int = 0,
) -> Problem:
    """A problem with random numbers; ``at`` are the steps with a loss (None: all)."""
    generator = np.random.default_rng(seed)
    weights = None if at is None else np.zeros((steps, batch))
    if weights is not None:
        weights[list(at or ())] = 1.0
    targets = generator.normal(size=(steps, batch, network.outputs))
    if network.loss == "cross-entropy":
        targets = np.eye(network.outputs)[generator.integers(0, network.outputs, (steps, batch))]
    return Problem(
        network,
        {path: generator.normal(0, 0.7, shape) for path, shape in network.parameter_shapes.items()},
        generator.normal(size=(steps, batch, network.inputs)),
        targets,
        weights,
        {path: generator.normal(size=rows.shape) for path, rows in network.initial_states(batch).items()},
        window=window,
        lengths=None if lengths is None else np.array(lengths),
    )


def session_on(network: Network, learning: LearningSettings | None = None, **options: Any) -> Session:
    """A session on such a problem."""
    problem = problem_on(network, **options)
    assert problem.targets is not None
    targets = problem.targets.argmax(axis=2) if network.loss == "cross-entropy" else problem.targets.copy()
    targets[problem.loss_weights == 0] = -1 if targets.ndim == 2 else np.nan
    sequence = Sequence(problem.inputs, targets=targets, lengths=problem.lengths)
    setup = Setup(network, sequence, problem.initial, learning=learning or LearningSettings(window=problem.window))
    return Session(setup, problem.parameters)
