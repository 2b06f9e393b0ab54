"""What the built-in cells of several time scales compute over a whole sequence, written out by hand in plain NumPy.

Like ``references``, but a cell here may look back over any number of steps, which are zeros before the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tests.core.references import Array, Values, logistic, times

Walk = Callable[[Values, Array], dict[str, Array]]


def back(states: list[Array], steps: int) -> Array:
    """The state so many steps before the next one."""
    return states[-steps] if steps <= len(states) else np.zeros_like(states[0])


def candidate(p: Values, x: Array, h: Array) -> Array:
    return np.tanh(times(p["W"], x) + times(p["U"], h) + p["b"])


def over(x: Array, units: int, step: Callable[[int, Array, list[Array]], dict[str, Array]], state: str) -> dict:
    """All variables of all steps; ``step(t, x_t, states)`` reads the states before it, the first of them zeros."""
    states, rows = [np.zeros((*x.shape[1:-1], units))], []
    for t, now in enumerate(x):
        rows.append(step(t, now, states))
        states.append(rows[-1][state])
    return {name: np.stack([np.broadcast_to(row[name], row[state].shape) for row in rows]) for name in rows[0]}


def leaky(p: Values, x: Array) -> dict[str, Array]:
    kept = p["alpha"]
    averages = [(1 - kept) * x[0]]
    for now in x[1:]:
        averages.append(kept * averages[-1] + (1 - kept) * now)
    return {"a": np.broadcast_to(kept, x.shape), "mu": np.stack(averages)}


def rnn_leaky(p: Values, x: Array) -> dict[str, Array]:
    kept = logistic(p["s"]) if "s" in p else p["alpha"]

    def step(t: int, now: Array, h: list[Array]) -> dict[str, Array]:
        n = candidate(p, now, h[-1])
        return {"a": kept, "n": n, "h": kept * h[-1] + (1 - kept) * n}

    return over(x, len(p["b"]), step, "h")


def skipping(delays: Mapping[str, int]) -> Walk:
    """An RNN with a matrix for each of these delays."""

    def walk(p: Values, x: Array) -> dict[str, Array]:
        def step(t: int, now: Array, h: list[Array]) -> dict[str, Array]:
            sums = times(p["W"], now) + p["b"]
            for name, steps in delays.items():
                sums = sums + times(p[name], back(h, steps))
            return {"h": np.tanh(sums)}

        return over(x, len(p["b"]), step, "h")

    return walk


def rnn_skip_learned(p: Values, x: Array) -> dict[str, Array]:
    def step(t: int, now: Array, h: list[Array]) -> dict[str, Array]:
        m = p["w"] * h[-1] + p["w_d"] * back(h, 4) + p["w_e"] * back(h, 16)
        return {"m": m, "h": candidate(p, now, m)}

    return over(x, len(p["b"]), step, "h")


def rnn_clockwork(p: Values, x: Array) -> dict[str, Array]:
    def step(t: int, now: Array, h: list[Array]) -> dict[str, Array]:
        n, moves = candidate(p, now, h[-1]), [t % period == 0 for period in p["p"]]
        return {"n": n, "h": np.where(moves, n, h[-1])}

    return over(x, len(p["b"]), step, "h")


def own_past(p: Values, h: list[Array]) -> Array:
    """The past of each unit at its own delay."""
    past = [back(h, steps) for steps in (1, 4, 16)]
    return np.stack([past[int(group)][..., unit] for unit, group in enumerate(p["k"])], axis=-1)


def rnn_skip_drawn(p: Values, x: Array) -> dict[str, Array]:
    def step(t: int, now: Array, h: list[Array]) -> dict[str, Array]:
        m = own_past(p, h)
        return {"m": m, "h": candidate(p, now, m)}

    return over(x, len(p["b"]), step, "h")


def rnn_groups(p: Values, x: Array) -> dict[str, Array]:
    def step(t: int, now: Array, h: list[Array]) -> dict[str, Array]:
        m = own_past(p, h)
        n, moves = candidate(p, now, m), [t % period == 0 for period in p["p"]]
        mixed = p["alpha"] * h[-1] + (1 - p["alpha"]) * n
        return {"a": p["alpha"], "m": m, "n": n, "h": np.where(moves, mixed, h[-1])}

    return over(x, len(p["b"]), step, "h")


def rnn_by_hand(p: Values, x: Array) -> dict[str, Array]:
    def step(t: int, now: Array, states: list[Array]) -> dict[str, Array]:
        return {"S": times(p["W_x"], now) + times(p["W_s"], states[-1]) + p["b_1"]}

    return over(x, len(p["b_1"]), step, "S")


WALKS: Mapping[str, Walk] = {
    "leaky": leaky,
    "rnn_leaky": rnn_leaky,
    "rnn_leaky_drawn": rnn_leaky,
    "rnn_leaky_trained": rnn_leaky,
    "rnn_skip": skipping({"U": 1, "U_d": 4}),
    "rnn_skip_several": skipping({"U": 1, "U_d": 4, "U_e": 16}),
    "rnn_skip_only": skipping({"U_d": 4}),
    "rnn_skip_learned": rnn_skip_learned,
    "rnn_skip_drawn": rnn_skip_drawn,
    "rnn_clockwork": rnn_clockwork,
    "rnn_groups": rnn_groups,
    "rnn_by_hand": rnn_by_hand,
}
