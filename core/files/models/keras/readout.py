"""Dense layers as equations: one in front of or between recurrent layers is a layer without memory, those behind the
last one are the readout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.files.models.keras.activations import applied
from core.files.models.keras.parts import Activation, Dense
from core.files.models.layout import Layout, Piece
from core.language import CellDefinition, parse_cell, read_cell

_HEADS = {"linear": "identity", "softmax": "softmax", "sigmoid": "logistic"}
_SQUARED = 'squared = "L = 0.5 * sum((y - target) ** 2)"'
_CROSS_ENTROPY = {"softmax": "softmax_cross_entropy", "sigmoid": "logistic_cross_entropy"}


def dense_cell(layer: Dense | Activation) -> CellDefinition:
    """A dense or activation layer that stands below a recurrent one, as a cell that remembers nothing."""
    argument = "x"
    if isinstance(layer, Dense):
        argument = "W @ x" + (" + b" if layer.weights.bias else "")
    return parse_cell(
        f'name = "Dense, no memory"\nsource = "Keras, from the settings of the layer"\n'
        f'equations = """\nh = {applied(layer.activation, argument)}\n"""\n'
    )


@dataclass(eq=False)
class Readout:
    """The layers behind the last recurrent one as one readout."""

    layers: tuple[Dense | Activation, ...]
    width: int  # of what it reads
    sizes: dict[str, int] = field(default_factory=dict)  # of the numbers between its layers

    def __post_init__(self) -> None:
        dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        self.sizes |= {f"dense_{number}": layer.units for number, layer in enumerate(dense[:-1], 1)}

    @property
    def outputs(self) -> int:
        """How many numbers the readout gives."""
        dense = [layer.units for layer in self.layers if isinstance(layer, Dense)]
        return dense[-1] if dense else self.width

    def head(self, loss: str) -> str | CellDefinition:
        """The built-in readout that computes it, else one written from the settings, with the losses that fit."""
        if not self.layers:
            return "direct"
        if len(self.layers) == 1 and isinstance(layer := self.layers[0], Dense) and layer.weights.bias:
            built_in = _HEADS.get(layer.activation, "")
            if built_in and (not loss or loss in read_cell(built_in, "heads").losses):
                return built_in
        return parse_cell(self._text())

    def _text(self) -> str:
        lines = list(self._equations())
        name = ", ".join(layer.words for layer in self.layers)
        sizes = "\n".join(f"{name} = {size}" for name, size in self.sizes.items())
        variables = "\n".join(f'a_{number} = "dense_{number}"' for number in range(1, len(self.sizes) + 1))
        return (
            f'name = "{name}"\nsource = "Keras, from the settings of the layers"\n'
            f'inputs = ["h", "target"]\noutput = "y"\nequations = """\n' + "\n".join(lines) + '\n"""\n\n'
            f"[sizes]\n{sizes}\n\n[variables]\n{variables}\n\n"
            f'[losses]\n{_SQUARED}\n{self._cross_entropy()}\n\n[roles]\ny = "prediction"\n'
        )

    def _equations(self) -> Iterator[str]:
        """z, the scores, are what the last activation is applied to."""
        read, last = "h", len(self.layers) - 1
        number = 0
        for place, layer in enumerate(self.layers):
            argument = read
            if isinstance(layer, Dense):
                number += 1
                end = f"_{number}" if number <= len(self.sizes) else ""
                argument = f"V{end} @ {read}" + (f" + b{end}" if layer.weights.bias else "")
            if place == last:
                yield f"z = {argument if isinstance(layer, Dense) else f'identity({argument})'}"
                yield f"y = {applied(layer.activation, 'z')}"
            else:
                between = number <= len(self.sizes)
                read = f"a_{number}" if between and isinstance(layer, Dense) else f"e_{place}"
                yield f"{read} = {applied(layer.activation, argument)}"

    def _cross_entropy(self) -> str:
        """Also for linear scores, which people train with a loss that takes them as they are."""
        last = self.layers[-1].activation
        if last == "linear":
            last = "sigmoid" if self.outputs == 1 else "softmax"
        function = _CROSS_ENTROPY.get(last)
        return f'cross-entropy = "L = {function}(z, target)"' if function else ""

    @property
    def layout(self) -> Layout:
        """Where its parameters stand in the file."""
        found, width, number = Layout(), self.width, 0
        for layer in self.layers:
            if isinstance(layer, Dense):
                number += 1
                end = f"_{number}" if number <= len(self.sizes) else ""
                found = found.joined(dense_layout(layer, (f"head/V{end}", f"head/b{end}"), width))
                width = layer.units
        return found


def dense_layout(layer: Dense, parameters: tuple[str, str], inputs: int) -> Layout:
    """Where the matrix and bias of a dense layer stand: kernel (I, O), whose transpose is the matrix, and bias (O,)."""
    weights = layer.weights
    pieces = [Piece(weights.kernel, parameters[0], transposed=True)]
    shapes: dict[str, tuple[int, ...]] = {weights.kernel: (inputs, layer.units)}
    if weights.bias:
        pieces.append(Piece(weights.bias, parameters[1]))
        shapes[weights.bias] = (layer.units,)
    return Layout(tuple(pieces), shapes)
