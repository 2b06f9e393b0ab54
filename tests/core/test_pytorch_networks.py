"""Networks of every cell, depth, direction and batch against PyTorch: values, final states, loss and all gradients."""

from __future__ import annotations

import json
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.bulk import Bulk
from core.language import read_cell
from core.run import Problem, Run
from core.stack import Direction, LayerSpec, build_stack
from tests.core.pytorch_arrays import PARTS, Arrays, of_cell, same

FILE = Path(__file__).parents[1] / "data" / "pytorch_networks.npz"
UNIT = 32.0


@cache
def stored() -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """The index, what is given and what PyTorch found."""
    with np.load(FILE) as file:
        return json.loads(file["index"].tobytes()), file["given"] / UNIT, file["found"]


def taken(index: dict[str, Any], numbers: np.ndarray) -> Arrays:
    return {name: numbers[at : at + int(np.prod(shape))].reshape(shape) for name, (at, shape) in index.items()}


CASES = list(stored()[0])


class Recorded:
    """One case: the network it is here, and where PyTorch's arrays belong in it."""

    def __init__(self, case: str) -> None:
        index, given, found = stored()
        inside, outside, lengths = index[case]
        self.given, self.found = taken(inside, given), taken(outside, found)
        self.lengths = np.array(lengths) if lengths else None
        self.kind, layers, direction, _, units, _, self.at, *_ = case.split("-")
        self.both = direction == "both"
        projection = self.given["h0"].shape[-1] if "proj" in case else 0
        cell = read_cell("lstm_projected" if projection else self.kind)
        sizes = {"projection": projection} if projection else {}
        way = Direction.BOTH if self.both else Direction.FORWARD
        specs = [LayerSpec(cell, int(units[1:]), way, sizes=sizes)] * int(layers[1:])
        self.network = build_stack(specs, inputs=self.given["x"].shape[-1], head="direct", loss="squared")

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """Each block with the end of its names in PyTorch, in the order of PyTorch's states."""
        names = [block.name for block in self.network.layers if not block.name.endswith(".join")]
        return [(name, name.replace("l", "_l", 1).replace(".reverse", "_reverse")) for name in names]

    def parameters(self, arrays: Arrays, gradient: bool = False) -> Arrays:
        """PyTorch's arrays under the names here; two biases are one here, whose gradient is that of either."""
        found: Arrays = {}
        for block, suffix in self.blocks:
            own = {name: arrays[name + suffix] for name in PARTS}
            found |= {f"{block}/{name}": value for name, value in of_cell(self.kind, own, gradient=gradient).items()}
            if f"weight_hr{suffix}" in arrays:
                found[f"{block}/P"] = arrays[f"weight_hr{suffix}"]
        return found

    def states(self, arrays: Arrays, ends: str) -> Arrays:
        """PyTorch's states, "h0" or "grad/h0" by their ends, by path, (1, B, H)."""
        names = [name for name in ("h", "c") if ends.replace("*", name) in arrays]
        return {f"{block}/{name}": arrays[ends.replace("*", name)][number : number + 1]
                for name in names for number, (block, _) in enumerate(self.blocks)}  # fmt: skip

    def gradients(self) -> Arrays:
        """PyTorch's gradients of the parameters by path."""
        arrays = {name.removeprefix("grad/"): array for name, array in self.found.items() if name.startswith("grad/")}
        return self.parameters(arrays, gradient=True)

    def weights(self) -> np.ndarray:
        """Where the loss stands, (T, B)."""
        steps, batch = self.given["x"].shape[:2]
        times, ends = np.arange(steps)[:, None], np.full(batch, steps) if self.lengths is None else self.lengths
        if self.at == "last":
            return times == ends - 1
        first = np.arange(batch) % ends
        return (times < ends) & ((self.at == "all") | ((times >= first) & ((times - first) % 2 == 0)))

    def problem(self) -> Problem:
        """The problem here."""
        return Problem(
            self.network,
            self.parameters(self.given),
            self.given["x"],
            self.given["target"],
            self.weights().astype(float),
            self.states(self.given, "*0"),
            lengths=self.lengths,
        )


@pytest.mark.parametrize("case", CASES)
def test_everything_is_as_pytorch_says(case: str) -> None:
    recorded = Recorded(case)
    run, found = Run(recorded.problem()).complete(), recorded.found
    same(run.values("head/y"), found["out"], "out")
    same(run.losses().sum(), found["loss"], "loss")
    for path, last in recorded.states(found, "*n").items():
        same(run.final(path), last[0], f"last of {path}")
    same(run.input_adjoints(), found["grad/x"], "grad/x")
    for path, gradient in recorded.states(found, "grad/*0").items():
        same(run.initial_adjoints(path), gradient, f"grad/initial/{path}")
    expected = recorded.gradients()
    assert set(expected) == set(run.network.trainable)
    for path, gradient in expected.items():
        same(run.gradient(path), gradient, f"grad/param/{path}")


@pytest.mark.parametrize("case", CASES[::9])
def test_so_is_what_is_computed_in_bulk(case: str) -> None:
    recorded = Recorded(case)
    problem, found = recorded.problem(), recorded.found
    run = Bulk(recorded.network).complete(problem)
    same(run.values("head/y"), found["out"], "out")
    same(run.input_adjoints(), found["grad/x"], "grad/x")
    for path, gradient in recorded.states(found, "grad/*0").items():
        same(run.initial_adjoints(path), gradient, path)
    for path, gradient in recorded.gradients().items():
        same(run.gradient(path), gradient, path)


def test_what_was_recorded() -> None:
    """Every kind of cell × depth × directions × place of the loss, with all steps and packed."""
    every = product(
        ("lstm", "gru", "rnn_tanh", "rnn_relu"),
        (1, 2, 3),
        ("forward", "both"),
        ("all", "last", "some"),
        ("", "-lengths"),
    )
    for kind, layers, way, at, packed in every:
        begin, end = f"{kind}-L{layers}-{way}-", f"-{at}{packed}"
        assert any(case.startswith(begin) and case.endswith(end) for case in CASES), begin + end
        assert kind != "lstm" or any(case.startswith(begin) and case.endswith(f"{end}-proj1") for case in CASES)
    sizes = {tuple(case.split("-")[3:6]) for case in CASES}
    assert len(sizes) >= 6
    assert FILE.stat().st_size < 400_000
