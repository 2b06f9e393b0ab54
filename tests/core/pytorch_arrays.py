"""PyTorch's arrays under the names here, and how closely they must agree."""

from __future__ import annotations

import numpy as np

LETTERS = {"lstm": "ifgo", "gru": "rzn"}  # PyTorch's order of the gates
PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
Arrays = dict[str, np.ndarray]


def of_cell(kind: str, own: Arrays, *, gradient: bool) -> Arrays:
    """The parameters of one cell; two biases are one here (but a GRU's b_hn), whose gradient is that of either."""
    w, u, b_x, b_h = (own[part] for part in PARTS)
    both = b_x if gradient else b_x + b_h
    letters = LETTERS.get(kind)
    if letters is None:
        return {"W": w, "U": u, "b": both}
    size, found = len(w) // len(letters), {}
    for number, letter in enumerate(letters):
        rows = slice(number * size, (number + 1) * size)
        found |= {f"W_{letter}": w[rows], f"U_{letter}": u[rows], f"b_{letter}": both[rows]}
    return found | ({"b_n": b_x[rows], "b_hn": b_h[rows]} if kind == "gru" else {})


def same(found: np.ndarray, expected: np.ndarray, what: str) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13, err_msg=what)
