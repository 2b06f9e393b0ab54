"""How PyTorch lays recurrent weights out: which rows are which gate, under which names.

The conventions of torch.nn.RNN, GRU, LSTM and their cells: ``weight_ih`` (G H, D), ``weight_hh`` (G H, H), two biases
(G H), one behind the other; with ``proj_size`` also ``weight_hr`` (P, H).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.files.models.layout import Layout, Piece
from core.language import CellDefinition

GATES: Mapping[str, tuple[str, ...]] = MappingProxyType(  # built-in cell -> its gates in the order of the rows
    {
        "lstm": ("i", "f", "g", "o"),
        "lstm_projected": ("i", "f", "g", "o"),
        "gru": ("r", "z", "n"),
        "gru_reset_before": ("r", "z", "n"),
        "gru_takes_new": ("r", "z", "n"),
        "gru_reset_after_takes_new": ("r", "z", "n"),
        "rnn_tanh": ("",),
        "rnn_relu": ("",),
        "rnn_identity": ("",),
        "rnn_logistic": ("",),
    }
)
NATIVE = ("lstm", "lstm_projected", "gru", "rnn_tanh", "rnn_relu")  # what PyTorch's modules compute
PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
_APART = "b_hn"  # the recurrent bias of a GRU's candidate, which the reset gate multiplies


@dataclass(frozen=True)
class LayerNames:
    """Names of the tensors of one direction of one layer; "" for what is not there."""

    weight_ih: str
    weight_hh: str
    bias_ih: str = ""
    bias_hh: str = ""
    weight_hr: str = ""


def names_of(prefix: str, layer: int, reverse: str = "", *, biases: bool = True, projected: bool = False) -> LayerNames:
    """PyTorch's own names: ``weight_ih_l0_reverse``."""
    end = f"_l{layer}{reverse}"
    weight_ih, weight_hh, bias_ih, bias_hh, weight_hr = (f"{prefix}{part}{end}" for part in PARTS)
    if not biases:
        bias_ih = bias_hh = ""
    return LayerNames(weight_ih, weight_hh, bias_ih, bias_hh, weight_hr if projected else "")


def layer_layout(
    definition: CellDefinition, cell: str, names: LayerNames, block: str, sizes: tuple[int, int, int]
) -> Layout:
    """The layout of one block whose cell is the built-in ``cell``; ``sizes`` are inputs, units and outputs."""
    inputs, units, outputs = sizes
    rows = units * len(GATES[cell])
    shapes: dict[str, tuple[int, ...]] = {names.weight_ih: (rows, inputs), names.weight_hh: (rows, outputs)}
    if names.bias_ih:
        shapes |= {names.bias_ih: (rows,), names.bias_hh: (rows,)}
    if names.weight_hr:
        shapes[names.weight_hr] = (outputs, units)
    return Layout(tuple(_pieces(definition, cell, names, block, units)), shapes)


def _pieces(definition: CellDefinition, cell: str, names: LayerNames, block: str, units: int) -> Iterator[Piece]:
    for number, gate in enumerate(GATES[cell]):
        part = ((number * units, (number + 1) * units),)
        end = f"_{gate}" if gate else ""
        yield Piece(names.weight_ih, f"{block}/W{end}", part)
        yield Piece(names.weight_hh, f"{block}/U{end}", part)
        if names.bias_ih:
            apart = gate == "n" and _APART in definition.parameters
            yield Piece(names.bias_ih, f"{block}/b{end}", part)
            yield Piece(names.bias_hh, f"{block}/{_APART if apart else f'b{end}'}", part)
    if names.weight_hr:
        yield Piece(names.weight_hr, f"{block}/P")


def linear_layout(weight: str, bias: str, parameters: tuple[str, str], shape: tuple[int, int]) -> Layout:
    """The layout of a linear readout: weight (O, F), and a bias (O,) unless its name is ""."""
    pieces, shapes = (Piece(weight, parameters[0]),), {weight: shape}
    if not bias:
        return Layout(pieces, shapes)
    return Layout((*pieces, Piece(bias, parameters[1])), {**shapes, bias: shape[:1]})


def embedding_layout(weight: str, shape: tuple[int, int]) -> Layout:
    """The layout of an embedding: weight (tokens, width), a row a token, where the cell has a column."""
    return Layout((Piece(weight, "embedding/E", transposed=True),), {weight: shape})
