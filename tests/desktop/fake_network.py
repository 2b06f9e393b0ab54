"""Made-up activations and gradients that look like those of a trained net: deterministic, quick, of any length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WORDS = ("the", "cats", "that", "the", "dog", "chased", "yesterday", "often", "were")

ROLES = {
    "f": "forget gate",
    "i": "input gate",
    "g": "candidate",
    "o": "output gate",
    "c": "cell state",
    "h": "hidden state",
    "z": "update gate",
    "r": "reset gate",
    "n": "candidate",
}


@dataclass(frozen=True, eq=False)
class FakeCell:
    """The variables of a made-up cell in walking order."""

    title: str
    names: tuple[str, ...]
    gates: frozenset[str]
    states: tuple[str, ...]
    latex: dict[str, str]
    backward: dict[str, str]
    gradient_decay: float


LSTM = FakeCell(
    "LSTM",
    ("f", "i", "g", "o", "c", "h"),
    frozenset("fio"),
    ("c", "h"),
    {
        "f": r"f_{t} = \sigma(W_f x_{t} + U_f h_{t-1} + b_f)",
        "i": r"i_{t} = \sigma(W_i x_{t} + U_i h_{t-1} + b_i)",
        "g": r"g_{t} = \tanh(W_g x_{t} + U_g h_{t-1} + b_g)",
        "o": r"o_{t} = \sigma(W_o x_{t} + U_o h_{t-1} + b_o)",
        "c": r"c_{t} = f_{t} \odot c_{t-1} + i_{t} \odot g_{t}",
        "h": r"h_{t} = o_{t} \odot \tanh(c_{t})",
    },
    {
        "f": r"\delta f_{t} = \delta c_{t} \odot c_{t-1}",
        "i": r"\delta i_{t} = \delta c_{t} \odot g_{t}",
        "g": r"\delta g_{t} = \delta c_{t} \odot i_{t}",
        "o": r"\delta o_{t} = \delta h_{t} \odot \tanh(c_{t})",
        "c": r"\delta c_{t} = \delta h_{t} \odot o_{t} \odot (1 - \tanh^2(c_{t})) + \delta c_{t+1} \odot f_{t+1}",
        "h": r"\delta h_{t} = U_f^{\top} \delta a^f_{t+1} + U_i^{\top} \delta a^i_{t+1} + V^{\top} \delta y_{t}",
    },
    0.87,
)
GRU = FakeCell(
    "GRU",
    ("z", "r", "n", "h"),
    frozenset("zr"),
    ("h",),
    {
        "z": r"z_{t} = \sigma(W_z x_{t} + U_z h_{t-1} + b_z)",
        "r": r"r_{t} = \sigma(W_r x_{t} + U_r h_{t-1} + b_r)",
        "n": r"n_{t} = \tanh(W_n x_{t} + U_n (r_{t} \odot h_{t-1}) + b_n)",
        "h": r"h_{t} = (1 - z_{t}) \odot n_{t} + z_{t} \odot h_{t-1}",
    },
    {
        "z": r"\delta z_{t} = \delta h_{t} \odot (h_{t-1} - n_{t})",
        "r": r"\delta r_{t} = U_n^{\top} \delta a^n_{t} \odot h_{t-1}",
        "n": r"\delta n_{t} = \delta h_{t} \odot (1 - z_{t})",
        "h": r"\delta h_{t} = \delta h_{t+1} \odot z_{t+1} + V^{\top} \delta y_{t}",
    },
    0.8,
)
RNN = FakeCell(
    "RNN",
    ("h",),
    frozenset(),
    ("h",),
    {"h": r"h_{t} = \tanh(W x_{t} + U h_{t-1} + b)"},
    {"h": r"\delta h_{t} = U^{\top} \delta a_{t+1} + V^{\top} \delta y_{t}"},
    0.45,
)
CELLS = {"lstm": LSTM, "gru": GRU, "rnn": RNN}


@dataclass(frozen=True, eq=False)
class FakeRun:
    """Everything of a made-up run over all T steps: values and adjoints by name, (T, H) each."""

    cell: FakeCell
    values: dict[str, NDArray]
    adjoints: dict[str, NDArray]
    tokens: tuple[str, ...]
    losses: NDArray


def fake_run(cell: FakeCell, steps: int, units: int, seed: int = 0) -> FakeRun:
    """A run whose values wander slowly and whose gradients fade towards the past."""
    rng = np.random.default_rng(seed)
    values = _values(cell, _wander(rng, len(cell.names), steps, units), steps, units)
    adjoints = {name: _fading(rng, cell, name, steps, units) for name in cell.names}
    tokens = tuple(WORDS[t % len(WORDS)] for t in range(steps))
    return FakeRun(cell, values, adjoints, tokens, _losses(rng, steps))


def _wander(rng: np.random.Generator, count: int, steps: int, units: int) -> NDArray:
    """Smooth noise of unit size, (count, T, H)."""
    noise = rng.standard_normal((count, steps + 2, units))
    return 0.75 * noise[:, 2:] + 0.6 * noise[:, 1:-1] + 0.4 * noise[:, :-2]


def _values(cell: FakeCell, drive: NDArray, steps: int, units: int) -> dict[str, NDArray]:
    values = {
        name: _sigmoid(1.6 * drive[row] + (0.9 if name == "f" else 0.2)) if name in cell.gates else np.tanh(drive[row])
        for row, name in enumerate(cell.names)
    }
    if "c" in cell.names:
        previous = np.zeros(units)
        for t in range(steps):
            previous = values["f"][t] * previous + values["i"][t] * values["g"][t]
            values["c"][t] = previous
        values["h"] = values["o"] * np.tanh(values["c"])
    return values


def _fading(rng: np.random.Generator, cell: FakeCell, name: str, steps: int, units: int) -> NDArray:
    size = {"c": 1.0, "h": 0.5}.get(name, 0.12)
    decay = cell.gradient_decay ** np.arange(steps - 1, -1, -1)
    rough = np.exp(0.25 * rng.standard_normal(steps))
    return size * (decay * rough)[:, None] * rng.standard_normal((steps, units))


def _losses(rng: np.random.Generator, steps: int) -> NDArray:
    """A loss at the last step, and at every ninth before it."""
    losses = np.full(steps, np.nan)
    where = np.arange(steps - 1, -1, -9)
    losses[where] = rng.uniform(0.05, 1.5, len(where))
    return losses


def _sigmoid(x: NDArray) -> NDArray:
    return 1.0 / (1.0 + np.exp(-x))
