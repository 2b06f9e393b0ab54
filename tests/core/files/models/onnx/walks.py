"""Walks of opened ONNX models, with what they give in the file's own shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.files.models import OpenedModel, open_model
from core.run import Problem, Run

Array = NDArray[Any]
DATA = Path(__file__).parents[4] / "data" / "onnx"


def expected_of(folder: str, name: str) -> dict[str, Array]:
    """What is stored for one model of a folder."""
    with np.load(DATA / folder / "expected.npz") as stored:
        return {key.removeprefix(f"{name}/"): stored[key] for key in stored if key.startswith(f"{name}/")}


def walked(opened: OpenedModel, inputs: Array, **options: Any) -> Run:
    """The forward walk over inputs (T, B, D), from the file's own initial states."""
    batch = inputs.shape[1]
    initial = {path: np.broadcast_to(r, (len(r), batch, r.shape[2])) for path, r in opened.initial.items()}
    initial |= options.pop("initial", {})
    return Run(Problem(opened.network, opened.parameters, inputs, initial=initial, **options)).complete()


def node_outputs(path: Path, expected: dict[str, Array], layout: int = 0) -> dict[str, Array]:
    """What a model of one node gives, under ONNX's names: Y (T, D, B, H), Y_h and Y_c (D, B, H), of layout 0.

    The stored input is (T, B, D), whatever the layout, unless ``layout`` is 1.
    """
    opened = open_model(path)
    inputs = np.asarray(expected["X"], float)
    lengths = expected.get("sequence_lens", expected.get("seq_lens"))
    given = {} if lengths is None else {"lengths": np.asarray(lengths, np.intp)}
    run = walked(opened, inputs.swapaxes(0, 1) if layout else inputs, **given)
    blocks = [block.name for block in opened.network.layers if block.name in ("l0", "l0.reverse")]
    found = {"Y": np.stack([run.values(f"{block}/h") for block in blocks], 1)}
    for output, variable in (("Y_h", "h"), ("Y_c", "c")):
        if opened.network.has_variable(f"{blocks[0]}/{variable}"):
            found[output] = np.stack([run.final(f"{block}/{variable}") for block in blocks])
    return found
