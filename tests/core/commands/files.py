"""Files for commands, and a way to run them as the command line does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import main

GATES = {"lstm": "ifgo", "gru": "rzn", "rnn_tanh": "", "rnn_relu": ""}


def run_command(*words: object) -> int:
    """The exit code of one command line; also where the parser refuses it."""
    try:
        return main.main([str(word) for word in words])
    except SystemExit as stopped:
        return int(stopped.code or 0)


def save(path: Path, array: Any) -> Path:
    """The path, with the array in it."""
    np.save(path, array)
    return path


def parts(kind: str, stacked: np.ndarray, letter: str) -> dict[str, np.ndarray]:
    """One of PyTorch's arrays, cut into the gates of a cell."""
    gates = GATES[kind]
    if not gates:
        return {letter: stacked}
    pieces = np.split(stacked, len(gates))
    return {f"{letter}_{gate}": piece for gate, piece in zip(gates, pieces, strict=True)}


def from_pytorch(kind: str, arrays: Any, prefix: str = "") -> dict[str, np.ndarray]:
    """PyTorch's parameters, or with "grad/" their gradients, under the names of the cell file."""
    found = parts(kind, arrays[f"{prefix}weight_ih"], "W") | parts(kind, arrays[f"{prefix}weight_hh"], "U")
    inner, outer = arrays[f"{prefix}bias_ih"], arrays[f"{prefix}bias_hh"]
    biases = parts(kind, inner if prefix else inner + outer, "b")
    if kind == "gru":  # the candidate keeps its two biases apart
        biases["b_n"], biases["b_hn"] = np.split(inner, 3)[2], np.split(outer, 3)[2]
    return found | biases
