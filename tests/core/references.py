"""What every built-in cell and head computes, written out by hand in plain NumPy.

Nothing here reads the cell files or any of the core: the two must agree because both are right. Shape letters: ``D``
inputs, ``H`` units, ``O`` outputs, ``B`` batch. Vectors may carry leading batch axes: ``x: (D,)`` or ``(B, D)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Values = Mapping[str, Array]
Step = Callable[[Values, Values, Array], dict[str, Array]]


def times(matrix: Array, vector: Array) -> Array:
    """The matrix times each vector of the batch."""
    return np.einsum("ij,...j->...i", matrix, vector)


def logistic(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def gate(p: Values, name: str, x: Array, h: Array) -> Array:
    """``W x + U h + b`` of one gate, before its activation."""
    return times(p[f"W_{name}"], x) + times(p[f"U_{name}"], h) + p[f"b_{name}"]


def rnn_sum(p: Values, state: Values, x: Array) -> Array:
    return times(p["W"], x) + times(p["U"], state["h"]) + p["b"]


def rnn_tanh(p: Values, state: Values, x: Array) -> dict[str, Array]:
    return {"h": np.tanh(rnn_sum(p, state, x))}


def rnn_identity(p: Values, state: Values, x: Array) -> dict[str, Array]:
    return {"h": rnn_sum(p, state, x)}


def rnn_logistic(p: Values, state: Values, x: Array) -> dict[str, Array]:
    return {"h": logistic(rnn_sum(p, state, x))}


def rnn_relu(p: Values, state: Values, x: Array) -> dict[str, Array]:
    return {"h": np.maximum(rnn_sum(p, state, x), 0)}


def lstm(p: Values, state: Values, x: Array) -> dict[str, Array]:
    h, c = state["h"], state["c"]
    f = logistic(gate(p, "f", x, h))
    i = logistic(gate(p, "i", x, h))
    g = np.tanh(gate(p, "g", x, h))
    o = logistic(gate(p, "o", x, h))
    c_now = f * c + i * g
    return {"f": f, "i": i, "g": g, "c": c_now, "o": o, "h": o * np.tanh(c_now)}


def lstm_peephole(p: Values, state: Values, x: Array) -> dict[str, Array]:
    h, c = state["h"], state["c"]
    f = logistic(gate(p, "f", x, h) + p["p_f"] * c)
    i = logistic(gate(p, "i", x, h) + p["p_i"] * c)
    g = np.tanh(gate(p, "g", x, h))
    c_now = f * c + i * g
    o = logistic(gate(p, "o", x, h) + p["p_o"] * c_now)
    return {"f": f, "i": i, "g": g, "c": c_now, "o": o, "h": o * np.tanh(c_now)}


def lstm_coupled(p: Values, state: Values, x: Array) -> dict[str, Array]:
    h, c = state["h"], state["c"]
    i = logistic(gate(p, "i", x, h))
    g = np.tanh(gate(p, "g", x, h))
    o = logistic(gate(p, "o", x, h))
    c_now = (1 - i) * c + i * g
    return {"i": i, "f": 1 - i, "g": g, "c": c_now, "o": o, "h": o * np.tanh(c_now)}


def gru_simplified(p: Values, state: Values, x: Array) -> dict[str, Array]:
    c = state["c"]
    both = np.concatenate([c, x], axis=-1)
    n = np.tanh(times(p["W_n"], both) + p["b_n"])
    u = logistic(times(p["W_u"], both) + p["b_u"])
    return {"n": n, "u": u, "c": u * n + (1 - u) * c}


def gru_gates(p: Values, h: Array, x: Array) -> tuple[Array, Array]:
    return logistic(gate(p, "r", x, h)), logistic(gate(p, "z", x, h))


def candidate_reset_after(p: Values, h: Array, x: Array, r: Array) -> Array:
    return np.tanh(times(p["W_n"], x) + p["b_n"] + r * (times(p["U_n"], h) + p["b_hn"]))


def candidate_reset_before(p: Values, h: Array, x: Array, r: Array) -> Array:
    return np.tanh(times(p["W_n"], x) + times(p["U_n"], r * h) + p["b_n"])


def gru(p: Values, state: Values, x: Array) -> dict[str, Array]:
    h = state["h"]
    r, z = gru_gates(p, h, x)
    n = candidate_reset_after(p, h, x, r)
    return {"r": r, "z": z, "n": n, "h": (1 - z) * n + z * h}


def gru_reset_before(p: Values, state: Values, x: Array) -> dict[str, Array]:
    h = state["h"]
    r, z = gru_gates(p, h, x)
    n = candidate_reset_before(p, h, x, r)
    return {"r": r, "z": z, "n": n, "h": z * h + (1 - z) * n}


def gru_takes_new(p: Values, state: Values, x: Array) -> dict[str, Array]:
    h = state["h"]
    r, z = gru_gates(p, h, x)
    n = candidate_reset_before(p, h, x, r)
    return {"r": r, "z": z, "n": n, "h": (1 - z) * h + z * n}


def gru_reset_after_takes_new(p: Values, state: Values, x: Array) -> dict[str, Array]:
    h = state["h"]
    r, z = gru_gates(p, h, x)
    n = candidate_reset_after(p, h, x, r)
    return {"r": r, "z": z, "n": n, "h": (1 - z) * h + z * n}


def gru_concatenated(p: Values, state: Values, x: Array) -> dict[str, Array]:
    """The same function as ``gru_takes_new``, each matrix cut into what acts on h and what acts on x."""
    parts: dict[str, Array] = {}
    for letter in "rzn":
        u, w = np.split(p[f"W_{letter}"], [state["h"].shape[-1]], axis=-1)
        parts |= {f"U_{letter}": u, f"W_{letter}": w, f"b_{letter}": p[f"b_{letter}"]}
    return gru_takes_new(parts, state, x)


def mgu(p: Values, state: Values, x: Array) -> dict[str, Array]:
    h = state["h"]
    f = logistic(gate(p, "f", x, h))
    n = candidate_reset_before(p, h, x, f)
    return {"f": f, "n": n, "h": (1 - f) * h + f * n}


STEPS: Mapping[str, Step] = {
    "rnn_tanh": rnn_tanh,
    "rnn_identity": rnn_identity,
    "rnn_logistic": rnn_logistic,
    "rnn_relu": rnn_relu,
    "lstm": lstm,
    "lstm_peephole": lstm_peephole,
    "lstm_coupled": lstm_coupled,
    "gru_simplified": gru_simplified,
    "gru": gru,
    "gru_reset_before": gru_reset_before,
    "gru_takes_new": gru_takes_new,
    "gru_reset_after_takes_new": gru_reset_after_takes_new,
    "gru_concatenated": gru_concatenated,
    "mgu": mgu,
}


def reference_step(name: str, parameters: Values, state: Values, x: Array) -> dict[str, Array]:
    """Every variable of cell ``name`` after one time step; ``state`` holds the old values, such as h and c."""
    return STEPS[name](parameters, state, x)


def reference_walk(name: str, parameters: Values, state: Values, x: Array) -> dict[str, Array]:
    """Every variable over the whole sequence ``x: (T, ..., D)``, each ``(T, ..., H)``; T is at least 1."""
    rows: list[dict[str, Array]] = []
    for x_t in x:
        rows.append(reference_step(name, parameters, {**state, **(rows[-1] if rows else {})}, x_t))
    return {variable: np.stack([row[variable] for row in rows]) for variable in rows[0]}


def reference_states(name: str) -> tuple[str, ...]:
    """The variables that a step reads from the step before."""
    if name == "gru_simplified":
        return ("c",)
    return ("h", "c") if name.startswith("lstm") else ("h",)


def reference_shapes(name: str, inputs: int, units: int) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter of cell ``name``."""
    w, u, b = (units, inputs), (units, units), (units,)
    if name.startswith("rnn"):
        return {"W": w, "U": u, "b": b}
    if name == "gru_simplified":
        wide = (units, units + inputs)
        return {"W_n": wide, "b_n": b, "W_u": wide, "b_u": b}
    if name == "gru_concatenated":
        return {f"{kind}_{letter}": b if kind == "b" else (units, units + inputs) for letter in "rzn" for kind in "Wb"}
    letters = {"lstm": "figo", "lstm_peephole": "figo", "lstm_coupled": "igo", "mgu": "fn"}.get(name, "rzn")
    shapes: dict[str, tuple[int, ...]] = {}
    for letter in letters:
        shapes |= {f"W_{letter}": w, f"U_{letter}": u, f"b_{letter}": b}
    if name == "lstm_peephole":
        shapes |= {"p_f": b, "p_i": b, "p_o": b}
    if name in ("gru", "gru_reset_after_takes_new"):
        shapes["b_hn"] = b
    return shapes


def reference_parameters(name: str, inputs: int, units: int, generator: np.random.Generator) -> dict[str, Array]:
    """Every parameter random, biases included: zeros would hide a wrong bias."""
    shapes = reference_shapes(name, inputs, units)
    return {key: generator.normal(0, 0.6, size=shape) for key, shape in shapes.items()}


def reference_head(name: str, parameters: Values, h: Array) -> dict[str, Array]:
    """Every variable of head ``name``: the scores z (where it has them) and the prediction y, ``(..., O)``."""
    z = times(parameters["V"], h) + parameters["b"]
    if name == "identity":
        return {"y": z}
    if name in ("tanh", "relu"):
        return {"y": np.tanh(z) if name == "tanh" else np.maximum(z, 0.0)}
    if name == "logistic":
        return {"z": z, "y": logistic(z)}
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return {"z": z, "y": powers / powers.sum(axis=-1, keepdims=True)}


def reference_loss(name: str, loss: str, y: Array, target: Array) -> Array:
    """The loss of each element of the batch, ``(...)``; the target has the shape of ``y: (..., O)``."""
    if loss == "squared":
        return 0.5 * ((y - target) ** 2).sum(axis=-1)
    if name == "softmax":
        return -(target * np.log(y)).sum(axis=-1)
    return -(target * np.log(y) + (1 - target) * np.log(1 - y)).sum(axis=-1)
