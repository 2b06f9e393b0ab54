"""Weights in a ``.npz`` file: parameters, and where Gatewalk trained them how that was done.

Keys: ``param/l0/W_f``; ``optimiser/first/l0/W_f`` …; ``training/loss`` (mean loss of each iteration); ``recipe``, a
JSON text as bytes. A file of parameters alone, as ``numpy.savez`` writes it, is read as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.npz import read_npz, write_npz
from core.tokens import shown

Array = NDArray[Any]
Arrays = Mapping[str, Array]

_PARAMETER, _OPTIMISER, _LOSS, _RECIPE = "param/", "optimiser/", "training/loss", "recipe"


class Weights(msgspec.Struct, frozen=True, eq=False):
    """What a weights file holds, by parameter path; ``recipe`` is empty for parameters that came from elsewhere."""

    parameters: Arrays
    optimiser_state: Arrays = msgspec.field(default_factory=dict)
    losses: Array = msgspec.field(default_factory=lambda: np.zeros(0))  # (iterations,) in the order they were trained
    recipe: Mapping[str, Any] = msgspec.field(default_factory=dict)


def write_weights(path: str | Path, weights: Weights) -> None:
    """Writes the file completely or not at all. Raises FileError."""
    arrays = {_PARAMETER + name: array for name, array in weights.parameters.items()}
    arrays |= {_OPTIMISER + name: array for name, array in weights.optimiser_state.items()}
    recipe = json.dumps(weights.recipe, ensure_ascii=False).encode()
    write_npz(Path(path), {**arrays, _LOSS: weights.losses, _RECIPE: np.frombuffer(recipe, dtype=np.uint8)})


def read_weights(path: str | Path) -> Weights:
    """What the file holds; shapes are for the network to check. Raises FileError."""
    arrays = read_npz(path, "weights")
    parameters = _part(arrays, _PARAMETER)
    if not parameters:
        few = ", ".join(map(shown, list(arrays)[:4])) or "nothing"
        raise FileError(f"{path}: it holds no weights: expected keys such as “param/l0/W_f”, got {few}.")
    for array in arrays.values():
        array.setflags(write=False)
    recipe = _recipe(path, arrays[_RECIPE]) if _RECIPE in arrays else {}
    return Weights(parameters, _part(arrays, _OPTIMISER), arrays.get(_LOSS, np.zeros(0)).ravel(), recipe)


def _recipe(path: str | Path, text: Array) -> Mapping[str, Any]:
    try:
        recipe = json.loads(text.astype(np.uint8).tobytes())
    except (ValueError, RecursionError):
        recipe = None
    if not isinstance(recipe, dict):
        raise FileError(f"{path}: its recipe is not a JSON object. Train the weights again.")
    return recipe


def _part(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
