"""Joins, readouts with a matrix for each direction, tied weights, embeddings and mixed stacks against PyTorch."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from core.bulk import Bulk
from core.language import read_cell
from core.network import Network
from core.run import Problem, Run
from core.stack import Direction, LayerSpec, build_stack
from tests.core.pytorch_arrays import PARTS, Arrays, of_cell, same

FILE = Path(__file__).parents[1] / "data" / "pytorch_joined.npz"


@cache
def stored() -> dict[str, Arrays]:
    """The arrays of each case by name."""
    with np.load(FILE) as file:
        keys, numbers = file["keys"].tolist(), file["numbers"]
        shapes = [tuple(map(int, text.split())) for text in file["shapes"].tolist()]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    pieces = zip(keys, np.split(numbers, ends[:-1]), shapes, strict=True)
    arrays = {key: piece.reshape(shape) for key, piece, shape in pieces}
    groups = groupby(arrays, lambda key: key.partition("/")[0])
    return {case: {key.partition("/")[2]: arrays[key] for key in inside} for case, inside in groups}


def network_of(case: str) -> tuple[Network, dict[str, str]]:
    """The network that a case describes; and the cell of each block."""
    kind, join, *rest = case.split("-")
    above = next((word.removeprefix("under_") for word in rest if word.startswith("under_")), "")
    layers = [LayerSpec(read_cell(kind), 2, Direction.BOTH, join, tied="tied" in rest)]
    layers += [LayerSpec(read_cell(above), 2)] if above else []
    embedding = 2 if "embedded" in rest else None
    network = build_stack(layers, inputs=3, embedding=embedding, head="softmax", loss="cross-entropy", outputs=3)
    return network, {"l0": kind, "l0.reverse": kind, "l1": above}


def parameters_of(arrays: Arrays, kinds: dict[str, str], prefix: str) -> Arrays:
    """What stands under a prefix, "param/" or "grad/param/", by path here."""
    found = {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
    paths = {path: value for path, value in found.items() if path.startswith(("head/", "embedding/"))}
    for block in dict.fromkeys(path.split("/")[0] for path in found if path not in paths):
        own = {part: found[f"{block}/{part}"] for part in PARTS}
        cell = of_cell(kinds[block], own, gradient=prefix.startswith("grad"))
        paths |= {f"{block}/{name}": value for name, value in cell.items()}
    return paths


def problem_in(case: str) -> tuple[Problem, Arrays, dict[str, str]]:
    arrays = stored()[case]
    network, kinds = network_of(case)
    classes = arrays["classes"].astype(int)
    states = {key.removeprefix("initial/"): rows[None] for key, rows in arrays.items() if key.startswith("initial/")}
    problem = Problem(
        network,
        parameters_of(arrays, kinds, "param/"),
        arrays["x"],
        np.eye(3)[classes],
        initial=states,
        lengths=arrays["lengths"].astype(int),
    )
    return problem, arrays, kinds


@pytest.mark.parametrize("case", list(stored()))
@pytest.mark.parametrize("way", ["walked", "in bulk"])
def test_everything_is_as_pytorch_says(case: str, way: str) -> None:
    problem, arrays, kinds = problem_in(case)
    run = Run(problem).complete() if way == "walked" else Bulk(problem.network).complete(problem)
    inside = problem.valid[..., None]
    same(np.where(inside, run.values("head/z"), 0), arrays["scores"], "scores")
    same(run.losses().sum(), arrays["loss"], "loss")
    same(run.input_adjoints(), arrays["grad/x"], "grad/x")
    for path in problem.initial:
        same(run.initial_adjoints(path)[0], arrays[f"grad/initial/{path}"], path)
    expected = parameters_of(arrays, kinds, "grad/param/")
    assert set(expected) == set(problem.network.trainable)
    for path, gradient in expected.items():
        same(run.gradient(path), gradient, path)


def test_what_was_recorded() -> None:
    joins = ("concatenation", "sum", "average", "product", "readout")
    assert {f"rnn_tanh-{join}" for join in joins} | {"rnn_tanh-readout-tied", "lstm-readout"} <= set(stored())
    assert FILE.stat().st_size < 60_000
