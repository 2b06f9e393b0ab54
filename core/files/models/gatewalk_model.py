"""A network from arrays under Gatewalk's own names: ``l0/W_f``, ``head/V``, also behind ``param/``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from core.errors import FileError, ShapeError
from core.files.models.biasless import without_biases
from core.files.models.layout import Layout, Piece
from core.files.models.loading import load_numbers, not_finite, precision
from core.files.models.pytorch.linear_parts import head_of
from core.files.models.records import Answers, FileTensor, OpenedModel, Question
from core.language import CellDefinition, read_cell
from core.network import Network
from core.resources import resource_path
from core.stack import READOUT, Direction, LayerSpec, build_stack
from core.tables import count
from core.tokens import shown

Tensors = Mapping[str, FileTensor]
Shapes = Mapping[str, tuple[int, ...]]  # of one block's parameters by their short names
PREFIX = "param/"
_KEY = re.compile(r"(embedding|head|l\d{1,3}(?:\.reverse)?)/\w+")
_JOINS = ("sum", "average", "product")


def has_own_names(tensors: Tensors) -> bool:
    """Whether there are parameters under Gatewalk's names."""
    return any(_KEY.fullmatch(name.removeprefix(PREFIX)) for name in tensors)


def own_model(file: Path, tensors: Tensors, answers: Answers, loss: str) -> OpenedModel:
    """The network that the names and shapes of the parameters say. Raises FileError, ShapeError, DataError."""
    prefix = PREFIX if any(name.startswith(PREFIX) for name in tensors) else ""
    keys = {name.removeprefix(prefix): name for name in tensors if name.startswith(prefix)}
    keys = {path: name for path, name in keys.items() if _KEY.fullmatch(path)}
    blocks: dict[str, dict[str, tuple[int, ...]]] = {}
    for path, name in keys.items():
        block, short = path.split("/")
        blocks.setdefault(block, {})[short] = tensors[name].shape
    network = _network(blocks, answers, loss)
    pieces = tuple(Piece(name, path) for path, name in keys.items() if path in network.parameter_shapes)
    layout = Layout(pieces, {piece.tensor: tensors[piece.tensor].shape for piece in pieces})
    missing = [path for path in network.parameter_shapes if path not in keys]
    if missing:
        raise ShapeError(f"{shown(file.name)}: the parameter {shown(missing[0])} is missing. Add it.")
    numbers = load_numbers(file, tensors, layout)
    parameters = network.check(layout.read(numbers, network.parameter_shapes))
    layers = [block for block in network.layers if not block.reverse and block.name.startswith("l")]
    own = ", ".join(dict.fromkeys(block.cell.definition.name for block in layers if "." not in block.name))
    found = f"Gatewalk's names: {own}, {network.head.cell.definition.name.lower()} readout of {network.outputs}"
    return OpenedModel(
        network,
        parameters,
        {},
        f"{found}, reads {count(network.inputs, 'number')}; {precision(tensors, layout)}",
        tuple(filter(None, [not_finite(numbers)])),
        layout,
        tensors,
        answers,
    )


def _network(blocks: Mapping[str, Shapes], answers: Answers, loss: str) -> Network:
    layers = sum(block.startswith("l") and "." not in block for block in blocks)
    if not layers or any(f"l{number}" not in blocks for number in range(layers)):
        raise ShapeError(f"The layers are called l0, l1 and so on; got {', '.join(map(shown, blocks))}. Rename them.")
    cells = _cells([blocks[f"l{number}"] for number in range(layers)], answers)
    specs = []
    for number, cell in enumerate(cells):
        both = f"l{number}.reverse" in blocks
        read = _width_read(cells[number + 1 :], blocks, number + 1)
        direction = Direction.BOTH if both else Direction.FORWARD
        specs.append(_layer(cell, blocks[f"l{number}"], read, direction, answers))
    head = blocks.get("head", {})
    embedding = blocks.get("embedding", {}).get("E", ())
    return build_stack(
        specs,
        inputs=embedding[1] if len(embedding) == 2 else _sizes(specs[0].cell, blocks["l0"])["inputs"],
        embedding=embedding[0] if len(embedding) == 2 else None,
        head=_head(head, loss, answers),
        loss=loss,
        outputs=head["V"][0] if len(head.get("V", ())) == 2 else None,
    )


def _cells(layers: list[Shapes], answers: Answers) -> list[CellDefinition]:
    """The cell of each layer; layers with the same parameters have the same cell."""
    kinds: dict[frozenset[str], CellDefinition] = {}
    for number, shapes in enumerate(layers):
        names = frozenset(shapes)
        if names not in kinds:
            kinds[names] = _cell(shapes, "cell" if not kinds else f"cell of layer {number + 1}", answers)
    return [kinds[frozenset(shapes)] for shapes in layers]


def _width_read(above: list[CellDefinition], blocks: Mapping[str, Shapes], number: int) -> int:
    """How many numbers what stands above a layer reads; 0 where nothing says it, -1 for a matrix a direction."""
    if above:
        return _sizes(above[0], blocks[f"l{number}"])["inputs"]
    head = blocks.get("head", {})
    return -1 if "V_r" in head else head["V"][-1] if head.get("V") else 0


def _layer(cell: CellDefinition, shapes: Shapes, read: int, direction: Direction, answers: Answers) -> LayerSpec:
    sizes = _sizes(cell, shapes)
    extra = {name: size for name, size in sizes.items() if name in cell.sizes}
    output = extra.get("projection", sizes["units"])
    join = "concatenation"
    if direction is Direction.BOTH and read < 0:
        join = READOUT
    elif direction is Direction.BOTH and read == output:
        text = "Both directions are joined into as many numbers as each has. How?"
        join = answers.choose(Question("join", text, _JOINS, _JOINS[0]))
    return LayerSpec(cell, sizes["units"], direction, join, extra)


def _cell(shapes: Shapes, key: str, answers: Answers) -> CellDefinition:
    """The built-in cell whose parameters have these names and ranks, by answer where several do."""
    found: dict[str, CellDefinition] = {}
    for path in sorted(resource_path("cells").glob("*.toml")):
        whole = read_cell(path.stem)
        for definition in (whole, without_biases(whole)):
            specs = definition.parameters
            if set(specs) == set(shapes) and all(len(specs[n].shape) == len(shapes[n]) for n in specs):
                found.setdefault(path.stem, definition)
    if not found:
        names = ", ".join(map(shown, list(shapes)[:8]))
        raise FileError(
            f"No built-in cell has the parameters {names}. Give the cell's file as the model, and these numbers as "
            "--weights."
        )
    if len(found) == 1:
        return next(iter(found.values()))
    usual = next((name for name in ("rnn_tanh", "gru_reset_before") if name in found), next(iter(found)))
    text = f"Several cells have the parameters {', '.join(shapes)}. Which one is it?"
    return found[answers.choose(Question(key, text, tuple(found), usual))]


def _sizes(cell: CellDefinition, shapes: Shapes) -> dict[str, int]:
    """The named sizes that the shapes of the parameters say. Raises ShapeError where one is not said."""
    found: dict[str, int] = {}
    for name, spec in cell.parameters.items():
        for size, length in zip(spec.shape, shapes[name], strict=True):
            if isinstance(size.label, str):
                found.setdefault(size.label, length)
    for name in ("units", "inputs"):
        if found.get(name, 0) < 1:
            raise ShapeError(f"The parameters {', '.join(shapes)} do not say the number of {name}.")
    return found


def _head(shapes: Shapes, loss: str, answers: Answers) -> CellDefinition | str:
    if not shapes:
        return "direct"
    head = head_of(loss, answers) + ("_both" if "V_r" in shapes else "")
    return head if "b" in shapes else without_biases(read_cell(head, "heads"))
