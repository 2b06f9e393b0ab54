"""``.onnx`` files: the network in a graph of recurrent nodes, with what was found and what was ignored."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.files.models.layout import Layout, Piece
from core.files.models.loading import MAX_NUMBERS, not_finite, precision
from core.files.models.onnx.file import read_graph
from core.files.models.onnx.graph import Graph
from core.files.models.onnx.head import head_of, numbers_of, outputs_of
from core.files.models.onnx.layout import Origin
from core.files.models.onnx.plan import Layer, Plan, path_of, plan_of
from core.files.models.onnx.remarks import found_in, remarks_on
from core.files.models.onnx.values import Known
from core.files.models.onnx.walk import walk
from core.files.models.records import Answers, OpenedModel
from core.network import Network
from core.stack import Direction, LayerSpec, build_stack
from core.tokens import shown

Array = NDArray[Any]
Summands = Mapping[str, tuple[Known, ...]]


def open_onnx(file: Path, answers: Answers, loss: str) -> OpenedModel:
    """The model in an ONNX file. Raises FileError naming the node that is not understood, DataError."""
    with np.errstate(all="ignore"):  # numbers that are not finite are said, not warned of
        return _opened(file, answers, loss)


def _opened(file: Path, answers: Answers, loss: str) -> OpenedModel:
    graph = read_graph(file)
    values, notes = walk(graph)
    plan = plan_of(graph, values)
    network = _network(plan, loss)
    summands = dict(_summands(plan))
    _check_size(file, summands)
    initial = dict(_initial(plan))
    parameters = network.check({path: _sum(knowns) for path, knowns in summands.items()})
    layout, unnamed = _layout(graph, summands)
    remarks = remarks_on(graph, plan, loss, layout, unnamed)
    broken = not_finite({**parameters, **initial})
    found = f"{found_in(graph, plan)}; {precision(graph.tensors, layout) if layout.pieces else 'no named weights'}"
    return OpenedModel(
        network,
        parameters,
        initial,
        found,
        (*remarks, *dict.fromkeys(notes), *filter(None, [broken])),
        layout,
        graph.tensors,
        answers,
    )


def _network(plan: Plan, loss: str) -> Network:
    first = plan.layers[0].strands[0]
    return build_stack(
        [_spec(layer) for layer in plan.layers],
        inputs=first.inputs if plan.embedding is None else plan.embedding.array.shape[0],
        embedding=None if plan.embedding is None else first.inputs,
        head=head_of(plan.steps, loss),
        loss=loss,
        outputs=outputs_of(plan.steps),
    )


def _spec(layer: Layer) -> LayerSpec:
    first, *others = layer.strands
    direction = Direction.BOTH if others else Direction.REVERSE if first.reverse else Direction.FORWARD
    differs = bool(others) and others[0].form != first.form
    reverse = others[0].form.definition() if differs else None
    return LayerSpec(first.form.definition(), first.units, direction, aligned=layer.aligned, reverse_cell=reverse)


def _summands(plan: Plan) -> Iterator[tuple[str, tuple[Known, ...]]]:
    """Every parameter by path, with what is summed there."""
    if plan.embedding is not None:
        yield "embedding/E", (plan.embedding.moved(np.transpose),)
    for layer in plan.layers:
        for strand in layer.strands:
            for name, knowns in strand.parameters.items():
                yield f"{path_of(strand, plan)}/{name}", knowns
    for name, known in numbers_of(plan.steps).items():
        yield f"head/{name}", (known,)


def _check_size(file: Path, summands: Summands) -> None:
    numbers = sum(math.prod(knowns[0].array.shape) for knowns in summands.values())
    if numbers > MAX_NUMBERS:
        raise DataError(f"{shown(file.name)} has {numbers:,} weights, expected at most {MAX_NUMBERS:,} to be walked.")


def _sum(knowns: tuple[Known, ...]) -> Array:
    total = np.array(knowns[0].array, dtype=float)
    for known in knowns[1:]:
        total += known.array
    return total


def _layout(graph: Graph, summands: Summands) -> tuple[Layout, list[str]]:
    """Where the parameters stand in the file, and the paths of those that stand nowhere in it as they are."""
    origin = Origin(graph)
    pieces: list[Piece] = []
    unnamed: list[str] = []
    for path, knowns in summands.items():
        found = [origin.piece(path, known) for known in knowns]
        pieces += [piece for piece in found if piece is not None]
        if None in found:
            unnamed.append(path)
    named = dict.fromkeys(piece.tensor for piece in pieces)
    return Layout(tuple(pieces), {name: graph.tensors[name].shape for name in named}), unnamed


def _initial(plan: Plan) -> Iterator[tuple[str, Array]]:
    """Initial states that are not zero: (1, B, H), or (1, 1, H) where all sequences have the same."""
    for layer in plan.layers:
        for strand in layer.strands:
            for variable, value in strand.initial.items():
                if isinstance(value, Known) and value.array.any():
                    rows = np.array(value.array, dtype=float)
                    same = rows[:1] if (rows == rows[:1]).all() else rows
                    yield f"{path_of(strand, plan)}/{variable}", same[None]
