"""A network from PyTorch's state dicts: which modules and cell, what stands around them, and where the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, ShapeError
from core.files.models.biasless import without_biases
from core.files.models.layout import Layout
from core.files.models.loading import load_numbers, not_finite, precision
from core.files.models.pytorch.layout import (
    GATES,
    NATIVE,
    embedding_layout,
    layer_layout,
    linear_layout,
)
from core.files.models.pytorch.linear_parts import Linear, embedding_among, head_of, linears_in, readout_among
from core.files.models.pytorch.names import Module, Way, check_layers, follow, modules_in, none_found
from core.files.models.records import Answers, FileTensor, OpenedModel, Question
from core.language import CellDefinition, read_cell
from core.network import Network
from core.stack import Direction, LayerSpec, build_stack
from core.tables import count
from core.tokens import shown

Array = NDArray[Any]
Tensors = Mapping[str, FileTensor]
_TOGETHER = " → "
_MOST_NAMED = 6


@dataclass(frozen=True)
class _Parts:
    """What the network is made of."""

    cells: tuple[str, ...]  # of each layer, by the names of the built-in ones
    ways: tuple[tuple[Way, ...], ...]  # of each layer
    embedding: Linear | None
    readout: Linear | None
    head: str


def model_of(file: Path, tensors: Tensors, answers: Answers, loss: str, remarks: tuple[str, ...] = ()) -> OpenedModel:
    """The model in a state dict, with what was found and what was ignored. Raises FileError, ShapeError, DataError."""
    modules = modules_in(tensors)
    if not modules:
        raise none_found(shown(file.name), tensors)
    chosen = _chosen(modules, answers)
    check_layers(chosen)
    parts = _parts(tensors, chosen, answers, loss)
    network, layout = _network(parts, loss), _layout(parts)
    numbers = load_numbers(file, tensors, layout)
    parameters = network.check(layout.read(numbers, network.parameter_shapes))
    found = f"{_found(parts)}; {precision(tensors, layout)}"
    ties = _ties(tensors, layout)
    said = (*remarks, *_assumed(parts), _padding(parts, numbers), ties, _ignored(tensors, layout), not_finite(numbers))
    return OpenedModel(network, parameters, {}, found, tuple(filter(None, said)), layout, tensors, answers)


def _chosen(modules: tuple[Module, ...], answers: Answers) -> tuple[Module, ...]:
    """The modules that form the network: the only one; else, by answer or guess, one, or all behind each other."""
    if len(modules) == 1:
        return modules
    choices: dict[str, tuple[Module, ...]] = {}
    if follow(modules):
        choices[_TOGETHER.join(module.name for module in modules)] = modules
    choices |= {module.name: (module,) for module in modules}
    text = f"The file has {len(modules)} recurrent modules. Which is meant, or do they follow each other?"
    return choices[answers.choose(Question("module", text, tuple(choices), next(iter(choices))))]


def _parts(tensors: Tensors, modules: tuple[Module, ...], answers: Answers, loss: str) -> _Parts:
    ways = tuple(layer for module in modules for layer in module.layers)
    cells = _cells(modules, answers)
    linears = list(linears_in(tensors))
    embedding = embedding_among(linears, modules[0].inputs, answers)
    rest = [linear for linear in linears if linear is not embedding]
    readout = readout_among(rest, modules[-1].outputs, answers)
    return _Parts(cells, ways, embedding, readout, head_of(loss, answers) if readout else "direct")


def _cells(modules: tuple[Module, ...], answers: Answers) -> tuple[str, ...]:
    """The cell of every layer; modules with as many gates have the same one, which is asked for once."""
    known: dict[tuple[int, bool], str] = {}
    found = []
    for module in modules:
        way = module.layers[0][0]
        kind = way.gates, any(other.names.weight_hr for layer in module.layers for other in layer)
        if kind not in known:
            known[kind] = _cell(way, kind[1], "cell" if not known else f"cell of {module.name}", answers)
        found += [known[kind]] * len(module.layers)
    return tuple(found)


def _cell(way: Way, projected: bool, key: str, answers: Answers) -> str:
    """The built-in cell of so many gates, by answer or guess. Raises ShapeError for a number that no cell has."""
    choices = [n for n, gates in GATES.items() if len(gates) == way.gates and ("projected" in n) is projected]
    if not choices:
        raise ShapeError(
            f"{shown(way.names.weight_ih)} has {way.gates} × {way.units} rows"
            f"{' and a projection' if projected else ''}, expected 1 (RNN), 3 (GRU) or 4 (LSTM) times the units, and a "
            "projection of an LSTM only. It belongs to a cell that PyTorch does not have."
        )
    if len(choices) == 1:
        return choices[0]
    text = f"The weights have {way.gates} × {way.units} rows for {way.units} units. Which cell do they belong to?"
    return answers.choose(Question(key, text, tuple(choices), "gru" if way.gates > 1 else "rnn_tanh"))


def _definition(cell: str, way: Way) -> CellDefinition:
    definition = read_cell(cell)
    return definition if way.names.bias_ih else without_biases(definition)


def _network(parts: _Parts, loss: str) -> Network:
    layers = [_layer(cell, layer) for cell, layer in zip(parts.cells, parts.ways, strict=True)]
    first, readout = parts.ways[0][0], parts.readout
    if readout is None and loss == "cross-entropy":
        raise DataError(
            "The model has no readout, so it gives no scores of classes for a cross-entropy. Give numbers as targets, "
            "one for each unit of the last layer."
        )
    head: CellDefinition | str = parts.head
    if readout and not readout.bias:
        head = without_biases(read_cell(parts.head, "heads"))
    return build_stack(
        layers,
        inputs=parts.embedding.rows if parts.embedding else first.inputs,
        embedding=first.inputs if parts.embedding else None,
        head=head,
        loss=loss,
        outputs=readout.rows if readout else None,
    )


def _layer(cell: str, layer: tuple[Way, ...]) -> LayerSpec:
    way, *others = layer
    if any(other.units != way.units or bool(other.names.bias_ih) != bool(way.names.bias_ih) for other in others):
        raise ShapeError(
            f"{shown(others[0].names.weight_ih)} differs in its units or biases from the forward direction."
        )
    sizes = {"projection": way.outputs} if way.names.weight_hr else {}
    return LayerSpec(_definition(cell, way), way.units, Direction.BOTH if others else Direction.FORWARD, sizes=sizes)


def _layout(parts: _Parts) -> Layout:
    layout = Layout()
    if parts.embedding:
        layout = embedding_layout(parts.embedding.weight, (parts.embedding.rows, parts.embedding.columns))
    for number, (cell, layer) in enumerate(zip(parts.cells, parts.ways, strict=True)):
        for way, block in zip(layer, (f"l{number}", f"l{number}.reverse"), strict=False):
            sizes = (way.inputs, way.units, way.outputs)
            layout = layout.joined(layer_layout(_definition(cell, way), cell, way.names, block, sizes))
    if parts.readout:
        weight, bias, rows, columns = (
            parts.readout.weight,
            parts.readout.bias,
            parts.readout.rows,
            parts.readout.columns,
        )
        layout = layout.joined(linear_layout(weight, bias, ("head/V", "head/b"), (rows, columns)))
    return layout


def _found(parts: _Parts) -> str:
    """What was found, in one line."""
    way, layers = parts.ways[0][0], len(parts.ways)
    units = " and ".join(dict.fromkeys(str(layer[0].units) for layer in parts.ways))
    names = " and ".join(dict.fromkeys(read_cell(cell).name for cell in parts.cells))
    words = [f"PyTorch's names: {names}, {count(layers, 'layer')} of {units} units"]
    if len(parts.ways[0]) > 1:
        words[0] += " in both directions"
    if way.names.weight_hr:
        words.append(f"projected to {way.outputs}")
    words.append(f"reads {count(way.inputs, 'number')}")
    if parts.embedding:
        words[-1] = f"embedding of {parts.embedding.rows} tokens ({parts.embedding.weight})"
    if parts.readout:
        words.append(f"{parts.head} readout of {parts.readout.rows} ({parts.readout.weight})")
    orders = [", ".join(GATES[cell]) for cell in dict.fromkeys(parts.cells) if len(GATES[cell]) > 1]
    if orders:
        words.append(f"gates in the order {' and '.join(orders)}")
    return ", ".join(words)


def _assumed(parts: _Parts) -> list[str]:
    """What these files do not say and nobody was asked."""
    others = dict.fromkeys(cell for cell in parts.cells if cell not in NATIVE)
    said = [f"assumed: the cell {cell}, which PyTorch's own modules do not compute" for cell in others]
    if not parts.ways[0][0].names.bias_ih:
        said.append("no biases in the file, so the cell has none")
    if parts.readout:
        said.append("assumed: the readout reads every time step")
    if parts.readout is None:
        said.append("no readout, so the output is that of the last layer")
    return said


def _padding(parts: _Parts, numbers: Mapping[str, Array]) -> str:
    """A remark on an embedding whose row of zeros looks like padding_idx; "" for none."""
    if parts.embedding is None:
        return ""
    zero = np.flatnonzero(~numbers[parts.embedding.weight].any(axis=1))
    if not len(zero):
        return ""
    return f"token {zero[0]} is embedded as zeros; if that is padding_idx, PyTorch gives it no gradient, unlike here"


def _ties(tensors: Tensors, layout: Layout) -> str:
    """A remark on tensors that are one and the same in the file; "" where there are none."""
    names: dict[int, list[str]] = {}
    for name in layout.shapes:
        names.setdefault(id(tensors[name]), []).append(name)
    tied = "; ".join(" and ".join(map(shown, same)) for same in names.values() if len(same) > 1)
    return f"tied: {tied}; here each has a gradient of its own, in PyTorch they have the sum" if tied else ""


def _ignored(tensors: Tensors, layout: Layout) -> str:
    """A remark on the tensors that play no part; "" where there are none."""
    names = [name for name in tensors if name not in layout.shapes]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"ignored: {', '.join(map(shown, names[:_MOST_NAMED]))}{more}" if names else ""
