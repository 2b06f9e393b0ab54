"""Models written so that other programs load them: ``.safetensors`` and ``.npz``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, FileError
from core.files.models.layout import Layout, Piece
from core.files.models.numbers import WEIGHT_KINDS
from core.files.models.pytorch.network import pytorch_layout
from core.files.models.records import OpenedModel
from core.files.models.safetensors import write_safetensors
from core.files.npz import write_npz
from core.network import Network
from core.tokens import shown

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Names = Literal["file", "pytorch", "gatewalk"]
NAMES: tuple[Names, ...] = ("file", "pytorch", "gatewalk")
SAVED_AS = (".safetensors", ".npz")
_ROWS = "weight_ih"  # in every name that PyTorch gives to recurrent weights


def save_model(
    path: Path, network: Network, parameters: Arrays, names: Names, opened: OpenedModel | None = None
) -> str:
    """Writes the parameters, and says in a few words under which names.

    "file": the names, types and shapes of the file that ``opened`` came from, with everything else it holds;
    "pytorch": those of a state dict; "gatewalk": ``param/l0/W_f``. Raises FileError, and DataError for a network that
    these names cannot hold.
    """
    if path.suffix.lower() not in SAVED_AS:
        raise FileError(
            f"{shown(str(path))}: models are saved as {' or '.join(SAVED_AS)}. Choose one of these endings."
        )
    if names == "file":
        tensors, kinds = _as_in_file(parameters, opened)
    else:
        layout = pytorch_layout(network) if names == "pytorch" else own_layout(network)
        tensors, kinds = layout.write(parameters), {}
    if path.suffix.lower() == ".npz":
        write_npz(path, tensors)
    else:
        write_safetensors(path, tensors, kinds)
    return {"file": "the file's own names", "pytorch": "PyTorch's names", "gatewalk": "Gatewalk's names"}[names]


def names_for(opened: OpenedModel | None) -> Names:
    """The names to save under where nobody says: the file's own where they are PyTorch's, else PyTorch's."""
    shapes = opened.names.shapes if opened else {}
    return "file" if any(_ROWS in name and len(shape) == 2 for name, shape in shapes.items()) else "pytorch"


def own_layout(network: Network) -> Layout:
    """Every parameter under its path, behind ``param/``, as weights files of this program have it."""
    shapes = network.parameter_shapes
    return Layout(tuple(Piece(f"param/{path}", path) for path in shapes), {f"param/{p}": s for p, s in shapes.items()})


def _as_in_file(parameters: Arrays, opened: OpenedModel | None) -> tuple[dict[str, Array], dict[str, str]]:
    """The file's tensors with these parameters in them, the ignored ones as they are, and their types."""
    if opened is None:
        raise DataError("This model did not come from a file, so there are no names of a file. Use --names pytorch.")
    before = {name: tensor.load() for name, tensor in opened.tensors.items() if _numpy_kind(tensor.kind)}
    written = opened.names.write(parameters, before)
    kinds = {name: opened.tensors[name].kind for name in before}
    found = {name: _as_kind(written.get(name, array), kinds[name]) for name, array in before.items()}
    return found, kinds


def _numpy_kind(kind: str) -> str:
    """The NumPy type of a kind; "" for texts and whatever else is no number."""
    if kind in WEIGHT_KINDS:
        return "float32" if kind == "bfloat16" else kind
    try:
        return np.dtype(kind).name if np.dtype(kind).kind in "iufb" else ""
    except TypeError:
        return ""


def _as_kind(array: Array, kind: str) -> Array:
    """The array in the file's type; bfloat16, which NumPy has not, as float32."""
    return array.astype(_numpy_kind(kind))
