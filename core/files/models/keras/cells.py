"""The cells of Keras's recurrent layers as equations, and where their parameters stand in its tensors.

Keras 3: kernel (I, G H), recurrent kernel (H, G H), bias (G H), or (2, 3 H) for a GRU that resets after the product;
the gates are i, f, c, o (LSTM) and z, r, h (GRU). Vectors multiply from the left there, so matrices are transposed.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.files.models.biasless import without_biases
from core.files.models.keras.activations import applied
from core.files.models.keras.parts import GATES, GRU, LSTM, RNN, Recurrent, Weights
from core.files.models.layout import Layout, Piece
from core.language import CellDefinition, parse_cell, read_cell

_BUILT_IN = {(LSTM, "tanh", "sigmoid", True): "lstm", (LSTM, "tanh", "sigmoid", False): "lstm",
             (GRU, "tanh", "sigmoid", True): "gru", (GRU, "tanh", "sigmoid", False): "gru_reset_before",
             (RNN, "tanh"): "rnn_tanh", (RNN, "relu"): "rnn_relu", (RNN, "sigmoid"): "rnn_logistic",
             (RNN, "linear"): "rnn_identity"}  # fmt: skip
_ROLES = {
    LSTM: {
        "f": "forget gate", "i": "input gate", "g": "candidate", "c": "cell state", "o": "output gate",
        "h": "hidden state",
    },
    GRU: {"r": "reset gate", "z": "update gate", "n": "candidate", "h": "hidden state"},
    RNN: {"h": "hidden state"},
}  # fmt: skip


def definition_of(layer: Recurrent) -> CellDefinition:
    """The built-in cell that computes the layer; where none does, one written from its settings."""
    key = (layer.kind, layer.activation) if layer.kind == RNN else (
        layer.kind, layer.activation, layer.gate_activation, layer.reset_after)  # fmt: skip
    built_in = _BUILT_IN.get(key)
    if built_in:
        definition = read_cell(built_in)
        return definition if layer.has_bias else without_biases(definition)
    names = [layer.activation] if layer.kind == RNN else [layer.gate_activation, layer.activation]
    name = f"{layer.kind} ({', '.join(names)}{'' if layer.has_bias else ', no biases'})"
    roles = "\n".join(f'{variable} = "{role}"' for variable, role in _ROLES[layer.kind].items())
    equations = "\n".join(_equations(layer))
    return parse_cell(
        f'name = "{name}"\nsource = "Keras, from the settings of the layer"\n'
        f'equations = """\n{equations}\n"""\n\n[roles]\n{roles}\n'
    )


def _equations(layer: Recurrent) -> Iterator[str]:
    if layer.kind == RNN:
        yield f"h = {applied(layer.activation, _sum(layer, '', 'U @ h[-1]'))}"
    elif layer.kind == LSTM:
        yield from _lstm(layer)
    else:
        yield from _gru(layer)


def _sum(layer: Recurrent, end: str, recurrent: str) -> str:
    """What goes into an activation: input, recurrent part, bias."""
    return f"W{end} @ x + {recurrent}" + (f" + b{end}" if layer.has_bias else "")


def _gate(layer: Recurrent, name: str) -> str:
    return f"{name} = {applied(layer.gate_activation, _sum(layer, f'_{name}', f'U_{name} @ h[-1]'))}"


def _lstm(layer: Recurrent) -> Iterator[str]:
    yield _gate(layer, "f")
    yield _gate(layer, "i")
    yield f"g = {applied(layer.activation, _sum(layer, '_g', 'U_g @ h[-1]'))}"
    yield "c = f * c[-1] + i * g"
    yield _gate(layer, "o")
    yield f"h = o * {applied(layer.activation, 'c')}"


def _gru(layer: Recurrent) -> Iterator[str]:
    yield _gate(layer, "r")
    yield _gate(layer, "z")
    if not layer.reset_after:
        yield f"n = {applied(layer.activation, _sum(layer, '_n', 'U_n @ (r * h[-1])'))}"
    elif layer.has_bias:
        yield f"n = {applied(layer.activation, 'W_n @ x + b_n + r * (U_n @ h[-1] + b_hn)')}"
    else:
        yield f"n = {applied(layer.activation, 'W_n @ x + r * (U_n @ h[-1])')}"
    yield "h = z * h[-1] + (1 - z) * n"


def shapes_of(layer: Recurrent, weights: Weights, inputs: int) -> dict[str, tuple[int, ...]]:
    """The shapes that the layer's settings ask for, by tensor."""
    columns = layer.units * len(GATES[layer.kind])
    shapes: dict[str, tuple[int, ...]] = {weights.kernel: (inputs, columns), weights.recurrent: (layer.units, columns)}
    if layer.has_bias:
        shapes[weights.bias] = (2, columns) if layer.kind == GRU and layer.reset_after else (columns,)
    return shapes


def layout_of(layer: Recurrent, weights: Weights, block: str, inputs: int) -> Layout:
    """Where the parameters of one direction stand in its tensors."""
    return Layout(tuple(_pieces(layer, weights, block, inputs)), shapes_of(layer, weights, inputs))


def _pieces(layer: Recurrent, weights: Weights, block: str, inputs: int) -> Iterator[Piece]:
    for number, gate in enumerate(GATES[layer.kind]):
        columns = number * layer.units, (number + 1) * layer.units
        end = f"_{gate}" if gate else ""
        yield Piece(weights.kernel, f"{block}/W{end}", ((0, inputs), columns), transposed=True)
        yield Piece(weights.recurrent, f"{block}/U{end}", ((0, layer.units), columns), transposed=True)
        if layer.has_bias and layer.kind == GRU and layer.reset_after:
            yield Piece(weights.bias, f"{block}/b{end}", (0, columns))
            yield Piece(weights.bias, f"{block}/{'b_hn' if gate == 'n' else f'b{end}'}", (1, columns))
        elif layer.has_bias:
            yield Piece(weights.bias, f"{block}/b{end}", (columns,))
