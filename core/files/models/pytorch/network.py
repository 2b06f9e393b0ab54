"""PyTorch's own names and rows for a network of this program, so that what was trained here goes there."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import DataError
from core.files.models.biasless import without_biases
from core.files.models.layout import Layout, Piece
from core.files.models.pytorch.layout import NATIVE, embedding_layout, layer_layout, linear_layout, names_of
from core.language import CellDefinition, read_cell
from core.network import HEAD, Block, Network

_REVERSE, _JOIN = ".reverse", ".join"
_EMBEDDING = "embedding"
_DIRECT = "direct"
_LINEAR = ("identity", "softmax", "logistic")


def pytorch_layout(network: Network) -> Layout:
    """Where the parameters stand in a PyTorch state dict.

    Layers that one nn.RNN, GRU or LSTM can hold are that module: its names alone where there is nothing else
    (``weight_ih_l0``), else behind ``rnn.``, beside ``embedding.weight`` and ``fc.weight``. Other stacks are a module a
    layer, ``rnn0.weight_ih_l0``. Raises DataError where PyTorch has no such cell, join or readout.
    """
    layers = [[b for b in network.layers if _layer_of(b) == f"l{n}"] for n in range(_count(network))]
    cells = [_cell(network, blocks) for blocks in layers]
    has_head, has_embedding = bool(network.head.cell.parameter_shapes), network.layers[0].name == _EMBEDDING
    one = _is_one_module(layers, cells)
    layout = Layout()
    if has_embedding:
        embedding = network.layers[0].cell
        layout = embedding_layout("embedding.weight", (embedding.inputs, embedding.outputs))
    for number, (blocks, cell) in enumerate(zip(layers, cells, strict=True)):
        prefix = ("rnn." if has_head or has_embedding else "") if one else f"rnn{number}."
        for block in blocks:
            layout = layout.joined(_block_layout(block, cell, prefix, number if one else 0))
    return layout.joined(_head_layout(network)) if has_head else layout


def builtin_name(definition: CellDefinition, kind: str, names: tuple[str, ...]) -> str:
    """Which of these built-in cells has just these equations, with or without their biases; "" for none."""
    equations = [_plain(equation.text) for equation in definition.equations]
    for name in names:
        whole = read_cell(name, kind)
        for known in (whole, without_biases(whole)):
            if equations[: len(known.equations)] == [_plain(equation.text) for equation in known.equations]:
                return name
    return ""


def _plain(text: str) -> str:
    return "".join(text.split())


def _layer_of(block: Block) -> str:
    """The layer that a block with parameters belongs to; "" for joins and the embedding."""
    return "" if block.name.endswith(_JOIN) else block.name.removesuffix(_REVERSE)


def _count(network: Network) -> int:
    return len({_layer_of(block) for block in network.layers} - {"", _EMBEDDING})


def _cell(network: Network, blocks: list[Block]) -> str:
    """The built-in cell of a layer, one that PyTorch has. Raises DataError."""
    forward = blocks[0]
    title = forward.title
    if forward.reverse:
        raise DataError(
            f"{title}: PyTorch has no layer that only walks backward. Save it as .npz with --names gatewalk."
        )
    if any(block.tied or not block.aligned for block in blocks):
        raise DataError(f"{title}: PyTorch has no tied or unaligned directions. Save it as .npz with --names gatewalk.")
    if len(blocks) > 1 and not _is_concatenated(network, forward.name):
        raise DataError(
            f"{title}: its directions are not joined by concatenation, as PyTorch does it. Save it as .npz with "
            "--names gatewalk."
        )
    found = [builtin_name(block.cell.definition, "cells", NATIVE) for block in blocks]
    if not all(found) or len(set(found)) > 1:
        raise DataError(
            f"{title}: PyTorch has no layer that computes {forward.cell.definition.name}; it has {', '.join(NATIVE)}. "
            "Save the numbers as .npz with --names gatewalk, and the cell as a module with export --as torch."
        )
    return found[0]


def _is_concatenated(network: Network, layer: str) -> bool:
    """Whether both directions stand side by side for whoever reads them; a readout of a matrix each reads them so."""
    joins = [block for block in network.layers if block.name == f"{layer}{_JOIN}"]
    return not joins or bool(builtin_name(joins[0].cell.definition, "joins", ("concatenation",)))


def _is_one_module(layers: list[list[Block]], cells: list[str]) -> bool:
    kinds = {(len(blocks), *_signature(block)) for blocks in layers for block in blocks}
    return len(set(cells)) == 1 and len(kinds) == 1


def _signature(block: Block) -> tuple[int, int, bool]:
    return block.cell.units, block.cell.outputs, _has_biases(block)


def _has_biases(block: Block) -> bool:
    return any(name == "b" or name.startswith("b_") for name in block.cell.parameter_shapes)


def _block_layout(block: Block, cell: str, prefix: str, layer: int) -> Layout:
    reverse = "_reverse" if block.reverse else ""
    names = names_of(prefix, layer, reverse, biases=_has_biases(block), projected="projected" in cell)
    sizes = (block.cell.inputs, block.cell.units, block.cell.outputs)
    return layer_layout(block.cell.definition, cell, names, block.name, sizes)


def _head_layout(network: Network) -> Layout:
    """A linear layer; where the readout has a matrix for each direction, both side by side."""
    head = network.head.cell
    names = tuple(f"{name}{both}" for name in _LINEAR for both in ("", "_both"))
    if not builtin_name(head.definition, "heads", names):
        raise DataError(
            f"PyTorch's linear layer does not compute the readout {head.definition.name}. Save it as .npz with --names "
            "gatewalk."
        )
    shapes = head.parameter_shapes
    outputs, width = shapes["V"]
    bias = "fc.bias" if "b" in shapes else ""
    if "V_r" not in shapes:
        return linear_layout("fc.weight", bias, (f"{HEAD}/V", f"{HEAD}/b"), (outputs, width))
    whole = width + shapes["V_r"][1]
    pieces = tuple(_side_by_side(outputs, width, whole))
    sizes: dict[str, tuple[int, ...]] = {"fc.weight": (outputs, whole)}
    if not bias:
        return Layout(pieces, sizes)
    return Layout((*pieces, Piece(bias, f"{HEAD}/b")), {**sizes, bias: (outputs,)})


def _side_by_side(outputs: int, width: int, whole: int) -> Iterator[Piece]:
    yield Piece("fc.weight", f"{HEAD}/V", ((0, outputs), (0, width)))
    yield Piece("fc.weight", f"{HEAD}/V_r", ((0, outputs), (width, whole)))
