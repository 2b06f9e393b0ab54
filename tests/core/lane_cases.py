"""Sessions with lanes beside the lead, and the same networks walked alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from msgspec.structs import replace

from core import lanes
from core.cell import load_cell
from core.frame import Cursor
from core.lane_list import lane_named
from core.lanes import Companion
from core.learning.clipping import Clipping
from core.learning.optimisers import Adam
from core.learning.step import LearningSettings
from core.network import Network, build_network
from core.run import Run
from core.session import Session
from tests.core.network_cases import NETWORKS, session_on
from tests.core.walk_cases import CASES, masked_batch, session_of, words

ADAM = LearningSettings(Adam(0.05), Clipping("norm", 0.5))


def random_parameters(network: Network, seed: int = 5) -> dict[str, Any]:
    """Every parameter random, biases too."""
    generator = np.random.default_rng(seed)
    return {path: generator.normal(0, 0.7, shape) for path, shape in network.parameter_shapes.items()}


def network_of(session: Session, *cells: str, units: int = 4) -> Network:
    """A network of these cells for what a session reads, with its readout's loss."""
    now = session.setup.network
    widths = [now.inputs, *(units for _ in cells[1:])]
    layers = [load_cell(cell, inputs=width, units=units) for cell, width in zip(cells, widths, strict=True)]
    head = "softmax" if now.loss == "cross-entropy" else "identity"
    return build_network(layers, head=head, loss=now.loss, outputs=now.outputs)


def add(session: Session, network: Network, seed: int = 5) -> str:
    """A lane of another network beside the lead."""
    return session.add_lane(lanes.another_network(session.setup, network, random_parameters(network, seed)))


def plain(session: Session) -> Session:
    """With an RNN, a GRU and another start beside the lead."""
    add(session, network_of(session, "rnn_tanh", units=2))
    add(session, network_of(session, "gru", "lstm"))
    session.add_lane(lanes.another_start(session.setup, 11))
    return session


def of_all_directions(name: str, **options: Any) -> Session:
    """A network of both directions with a plain one and another of several stages beside it."""
    session = session_on(NETWORKS[name](), **options)
    add(session, NETWORKS["up and down"]())
    add(session, NETWORKS["two of both"]())
    session.add_lane(lanes.another_start(session.setup, 4))
    return session


def with_directions_beside() -> Session:
    """A plain network with those of both directions beside it."""
    session = session_of("gru", steps=5, at=(1, 4))
    for name in ("bidirectional", "reverse", "as it walks"):
        add(session, NETWORKS[name]())
    return session


WITH_LANES: dict[str, Callable[[], Session]] = {
    "words": lambda: plain(words()),
    "adam": lambda: plain(session_of("lstm", at=(1, 3), learning=ADAM)),
    "batch": lambda: plain(session_of("lstm", batch=2)),
    "masked batch": lambda: plain(masked_batch()),
    "window": lambda: plain(session_of("gru", steps=5, learning=LearningSettings(window=2))),
    "no targets": lambda: plain(CASES["no targets"]()),
    "one step": lambda: plain(CASES["one step"]()),
    "bidirectional": lambda: of_all_directions("bidirectional"),
    "mixed, padded": lambda: of_all_directions("mixed", batch=3, lengths=(4, 2, 3)),
    "directions beside": with_directions_beside,
}


def alone(session: Session, lane: Companion) -> Session:
    """A session of what a lane walks at the cursor, in its own first iteration there."""
    iteration = session.cursor.iteration
    branch = lane.branch(session.branch.owner(iteration))
    number = lane.number(iteration)
    start = branch.iteration(number)
    return Session(branch.owner(number).setup, start.parameters, start.optimiser_state)


def cursors(session: Session, count: int = 40) -> list[Cursor]:
    """Places all over the iteration the cursor is in, both ends among them."""
    length = session.timeline.length
    indices = sorted({round(part * length) for part in np.linspace(0, 1, count)})
    return [replace(session.cursor, index=index) for index in indices]


def run_of(session: Session, name: str) -> Run:
    """The run that a lane shows at the cursor."""
    iteration = session.cursor.iteration
    found = lane_named(session.lanes, name).run(session.branch.owner(iteration), iteration)
    assert isinstance(found, Run)
    return found
