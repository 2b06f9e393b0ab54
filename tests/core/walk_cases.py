"""Small sessions of every kind a person can walk, by name, with everything in them random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from msgspec.structs import replace

from core.cell import Cell, cell_from_text, load_cell
from core.frame import Cursor, Grain
from core.learning.clipping import Clipping
from core.learning.optimisers import Adam, Momentum
from core.learning.step import LearningSettings
from core.network import build_network
from core.regulariser.settings import Regulariser
from core.sequence import Sequence, from_numbers, from_text, next_token_targets
from core.session import Session, Setup

REGULARISED = LearningSettings(Adam(), Clipping("norm", 0.1), regulariser=Regulariser(0.5, "all", "exact", "l0"))
THREE_BACK = "h = tanh(W @ x + U @ h[-1] + S @ h[-3] + b)"
TWO_STATES = "a = sigmoid(W @ x + U @ h[-2] + b)\nh = a * h[-1] + (1 - a) * tanh(V @ [x, h[-1]])"
SCALARS = "m = mean(h[-1])\ns = sigmoid(k * m + j)\nh = tanh(W @ x + s * h[-1] + b * m)"
PLAIN = "q = h[-1]\nh = q\ny = tanh(W @ x + h) * 0.5"


def cell_of(text: str, inputs: int, units: int) -> Cell:
    """A cell from equations, or a built-in one."""
    return (cell_from_text if "=" in text else load_cell)(text, inputs=inputs, units=units)


def session_of(
    *cells: str,
    steps: int = 4,
    batch: int = 1,
    units: int = 3,
    head: str = "softmax",
    loss: str = "cross-entropy",
    at: tuple[int, ...] | None = None,
    learning: LearningSettings | None = None,
    scale: float = 0.8,
    seed: int = 0,
) -> Session:
    """A session with random numbers; ``at`` are the steps with a loss (None: all, empty: no targets)."""
    generator = np.random.default_rng(seed)
    layers = [cell_of(cell, units if number else 2, units) for number, cell in enumerate(cells)]
    network = build_network(layers, head=head, loss=loss, outputs=None if head == "direct" else 3)
    targets: Any = generator.normal(size=(steps, batch, network.outputs))
    if loss == "cross-entropy":
        targets = generator.integers(0, network.outputs, (steps, batch))
    sequence = from_numbers(generator.normal(size=(steps, batch, 2)))
    if at != ():
        sequence = Sequence(sequence.inputs, targets=targets)
    if at:
        sequence = sequence.with_loss_at(at)
    parameters = {path: generator.normal(0, scale, shape) for path, shape in network.parameter_shapes.items()}
    initial = {path: generator.normal(size=rows.shape) for path, rows in network.initial_states(batch).items()}
    return Session(Setup(network, sequence, initial, learning=learning or LearningSettings()), parameters)


def overwritten() -> Session:
    """Units overwritten in several variables."""
    session = session_of("lstm", at=(1, 3))
    session.overwrite("l0/c", 2, 1, 0.7)
    session.overwrite("l0/h", 1, 0, -0.2)
    session.overwrite("l0/f", 3, 2, 1.0)
    return session


def masked_batch() -> Session:
    """A batch whose elements have their losses at different steps."""
    session = session_of("gru", "lstm", batch=3, at=(0, 2, 3))
    sequence = session.setup.sequence
    targets = np.array(sequence.targets)
    targets[2] = [-1, 1, -1]
    targets[3] = [2, -1, -1]
    return Session(replace(session.setup, sequence=Sequence(sequence.inputs, targets=targets)), session.parameters)


def words() -> Session:
    """A sentence, each word to be predicted from those before it."""
    sequence = next_token_targets(from_text("the cats that ran were", kind="words"))
    network = build_network(load_cell("lstm", inputs=sequence.width, units=3), outputs=sequence.width)
    learning = LearningSettings(Adam(0.05), Clipping("norm", 0.5))
    return Session(Setup(network, sequence, learning=learning), network.initial_parameters(3))


def gradient_gone() -> Session:
    """A ReLU cell whose units are all shut: gradients that are exactly zero."""
    session = session_of("rnn_relu", at=(3,))
    session.set_parameters({**session.parameters, "l0/b": np.full(3, -50.0)})
    return session


CASES: dict[str, Callable[[], Session]] = {
    "lstm": lambda: session_of("lstm"),
    "last": lambda: session_of("gru", at=(3,)),
    "middle": lambda: session_of("lstm", steps=5, at=(1, 2)),
    "no targets": lambda: session_of("lstm", at=()),
    "no loss": lambda: session_of("rnn_tanh", loss=""),
    "one step": lambda: session_of("lstm", steps=1),
    "one unit": lambda: session_of("gru", units=1, at=(0, 3)),
    "one of all": lambda: session_of("rnn_tanh", steps=1, units=1),
    "stacked": lambda: session_of("lstm", "gru", at=(1, 3)),
    "batch": lambda: session_of("lstm", batch=2, learning=LearningSettings(Momentum(), Clipping("value", 0.01))),
    "masked batch": masked_batch,
    "window": lambda: session_of("lstm", steps=5, learning=LearningSettings(window=2)),
    "regularised": lambda: session_of("lstm", "gru", batch=2, at=(1, 3), learning=REGULARISED),
    "three back": lambda: session_of(THREE_BACK, steps=6, at=(2, 5)),
    "three back, window": lambda: session_of(THREE_BACK, steps=6, batch=2, learning=LearningSettings(window=2)),
    "two states": lambda: session_of(TWO_STATES, steps=5),
    "scalars": lambda: session_of(SCALARS, batch=2),
    "direct": lambda: session_of("gru_simplified", head="direct", loss="squared"),
    "identity": lambda: session_of("lstm_peephole", head="identity", loss="squared", at=(0, 2)),
    "logistic": lambda: session_of("gru_reset_before", head="logistic", loss="squared"),
    "overwritten": overwritten,
    "words": words,
    "gradient gone": gradient_gone,
    "tiny": lambda: session_of("rnn_identity", head="identity", loss="squared", scale=1e-90),
    "not finite": lambda: session_of("lstm", head="identity", loss="squared", scale=1e200),
    "not finite, linear": lambda: session_of("rnn_identity", batch=2, scale=1e200),
}


def places(session: Session, grain: Grain = Grain.OPERATION, iterations: int = 1) -> Iterator[Cursor]:
    """The session walked forward to the end of an iteration, standing at each place in turn."""
    yield session.cursor
    while session.cursor.index < session.timeline.length or session.cursor.iteration + 1 < iterations:
        if not session.step_forward(grain):
            return
        yield session.cursor
