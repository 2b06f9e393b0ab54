"""Remakes ``tests/data/cell_sources`` with PyTorch. Not run by the tests, which only read the files.

    python tests/data/make_cell_sources.py     (in an environment that has torch and msgspec)

For every built-in cell, and for a cell of ``CELLS`` below that calls every function of the language: NAME.txt is the
PyTorch source that the program exports, NAME.npz what that source computed in float64, each from a seed of its own:
``x`` (T, B, D), the parameters ``weights/NAME``, the output ``y``, every variable under its name, and ``grad/NAME`` of
half the sum of y squared.
"""

from __future__ import annotations

import sys
from pathlib import Path
from runpy import run_path
from zlib import crc32

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from core.cell import Cell
from core.files.cell_source import source_of
from core.language import parse_cell, read_cell
from core.resources import resource_path
from tests.data.every_function import EVERY_FUNCTION

FOLDER = Path(__file__).parent / "cell_sources"
STEPS, BATCH, INPUTS, UNITS = 4, 2, 3, 4


def cells() -> dict[str, Cell]:
    """The cells by name."""
    names = sorted(path.stem for path in resource_path("cells").glob("*.toml"))
    found = {name: Cell(read_cell(name), INPUTS, UNITS) for name in names}
    return {**found, "every_function": Cell(parse_cell(EVERY_FUNCTION), INPUTS, UNITS)}


def computed(source: Path, cell: Cell) -> dict[str, np.ndarray]:
    """What the module that the source describes gives, with every parameter random."""
    module = run_path(str(source))["Cell"]().double()
    for name, parameter in module.weights.items():
        if parameter.requires_grad:
            with torch.no_grad():
                parameter.normal_(0, 0.6)
        assert tuple(parameter.shape) == cell.parameter_shapes[name]
    longest = max((delay for delays in cell.definition.delays.values() for delay in delays), default=0)
    x = torch.randn(max(STEPS, longest + 3), BATCH, INPUTS).double()  # so that every edge is walked
    y, variables = module(x)
    if any(parameter.requires_grad for parameter in module.weights.values()):
        (0.5 * (y**2).sum()).backward()
    weights = {f"weights/{name}": p.detach().numpy() for name, p in module.weights.items()}
    gradients = {f"grad/{name}": p.grad.numpy() for name, p in module.weights.items() if p.grad is not None}
    values = {name: value.detach().numpy() for name, value in variables.items()}
    return {"x": x.numpy(), "y": y.detach().numpy(), **weights, **gradients, **values}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, cell in cells().items():
        source = FOLDER / f"{name}.txt"
        source.write_text(source_of(cell, "torch"), encoding="utf-8")
        torch.manual_seed(crc32(name.encode()))
        np.savez_compressed(FOLDER / f"{name}.npz", **computed(source, cell))
    print(f"wrote {sum(path.stat().st_size for path in FOLDER.iterdir()):,} bytes to {FOLDER}")


if __name__ == "__main__":
    main()
