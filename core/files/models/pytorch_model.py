"""A network from PyTorch's state dicts: which modules and cell, what stands around them, and where the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import ShapeError
from core.files.models.biasless import without_biases
from core.files.models.layout import Layout
from core.files.models.linear_parts import Linear, embedding_among, head_of, linears_in, readout_among
from core.files.models.loading import load_numbers, not_finite, precision
from core.files.models.pytorch_layout import (
    GATES,
    NATIVE,
    embedding_layout,
    layer_layout,
    linear_layout,
)
from core.files.models.pytorch_names import Module, Way, follow, modules_in, none_found
from core.files.models.records import Answers, FileTensor, OpenedModel, Question
from core.language import CellDefinition, read_cell
from core.network import Network
from core.stack import Direction, LayerSpec, build_stack
from core.tables import count
from core.tokens import shown

Tensors = Mapping[str, FileTensor]
_TOGETHER = " → "
_MOST_NAMED = 6


@dataclass(frozen=True)
class _Parts:
    """What the network is made of."""

    cell: str
    ways: tuple[tuple[Way, ...], ...]  # of each layer
    embedding: Linear | None
    readout: Linear | None
    head: str


def model_of(file: Path, tensors: Tensors, answers: Answers, loss: str, remarks: tuple[str, ...] = ()) -> OpenedModel:
    """The model in a state dict, with what was found and what was ignored. Raises FileError, ShapeError, DataError."""
    modules = modules_in(tensors)
    if not modules:
        raise none_found(shown(file.name), tensors)
    parts = _parts(tensors, _chosen(modules, answers), answers, loss)
    network, layout = _network(parts, loss), _layout(parts)
    numbers = load_numbers(file, tensors, layout)
    parameters = network.check(layout.read(numbers, network.parameter_shapes))
    found = f"{_found(parts)}; {precision(tensors, layout)}"
    said = (*remarks, *_assumed(parts), _ignored(tensors, layout), not_finite(numbers))
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
    cell = _cell(ways, answers)
    linears = list(linears_in(tensors))
    embedding = embedding_among(linears, modules[0].inputs, answers)
    rest = [linear for linear in linears if linear is not embedding]
    readout = readout_among(rest, modules[-1].outputs, answers)
    return _Parts(cell, ways, embedding, readout, head_of(loss, answers) if readout else "direct")


def _cell(ways: tuple[tuple[Way, ...], ...], answers: Answers) -> str:
    """The built-in cell of so many gates, by answer or guess. Raises ShapeError for a number that no cell has."""
    way = ways[0][0]
    if any(other.gates != way.gates for layer in ways for other in layer):
        raise ShapeError("The modules that follow each other are of different kinds. Choose one of them: module=NAME.")
    projected = any(other.names.weight_hr for layer in ways for other in layer)
    choices = [name for name, gates in GATES.items() if len(gates) == way.gates and ("projected" in name) == projected]
    if not choices:
        raise ShapeError(
            f"{shown(way.names.weight_ih)} has {way.gates} × {way.units} rows"
            f"{' and a projection' if projected else ''}, expected 1 (RNN), 3 (GRU) or 4 (LSTM) times the units, and a "
            "projection of an LSTM only. It belongs to a cell that PyTorch does not have."
        )
    if len(choices) == 1:
        return choices[0]
    text = f"The weights have {way.gates} × {way.units} rows for {way.units} units. Which cell do they belong to?"
    return answers.choose(Question("cell", text, tuple(choices), "gru" if way.gates > 1 else "rnn_tanh"))


def _definition(cell: str, way: Way) -> CellDefinition:
    definition = read_cell(cell)
    return definition if way.names.bias_ih else without_biases(definition)


def _network(parts: _Parts, loss: str) -> Network:
    layers = [_layer(parts.cell, layer) for layer in parts.ways]
    first, readout = parts.ways[0][0], parts.readout
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
    for number, layer in enumerate(parts.ways):
        for way, block in zip(layer, (f"l{number}", f"l{number}.reverse"), strict=False):
            sizes = (way.inputs, way.units, way.outputs)
            layout = layout.joined(layer_layout(_definition(parts.cell, way), parts.cell, way.names, block, sizes))
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
    words = [f"PyTorch's names: {read_cell(parts.cell).name}, {count(layers, 'layer')} of {units} units"]
    if len(parts.ways[0]) > 1:
        words[0] += " in both directions"
    if way.names.weight_hr:
        words.append(f"projected to {way.outputs}")
    words.append(f"reads {count(way.inputs, 'number')}")
    if parts.embedding:
        words[-1] = f"embedding of {parts.embedding.rows} tokens ({parts.embedding.weight})"
    if parts.readout:
        words.append(f"{parts.head} readout of {parts.readout.rows} ({parts.readout.weight})")
    gates = GATES[parts.cell]
    if len(gates) > 1:
        words.append(f"gates in the order {', '.join(gates)}")
    return ", ".join(words)


def _assumed(parts: _Parts) -> list[str]:
    """What these files do not say and nobody was asked."""
    said = []
    if parts.cell not in NATIVE:
        said.append(f"assumed: the cell {parts.cell}, which PyTorch's own modules do not compute")
    if not parts.ways[0][0].names.bias_ih:
        said.append("no biases in the file, so the cell has none")
    if parts.readout:
        said.append("assumed: the readout reads every time step")
    if parts.readout is None:
        said.append("no readout, so the output is that of the last layer")
    return said


def _ignored(tensors: Tensors, layout: Layout) -> str:
    """A remark on the tensors that play no part; "" where there are none."""
    names = [name for name in tensors if name not in layout.shapes]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"ignored: {', '.join(map(shown, names[:_MOST_NAMED]))}{more}" if names else ""
