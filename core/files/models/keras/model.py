"""A Keras model as a network: its parts checked against the tensors, built, and filled with the file's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ShapeError
from core.files.models.keras.cells import definition_of, layout_of
from core.files.models.keras.file import KerasFile
from core.files.models.keras.layers import model_in
from core.files.models.keras.parts import GATES, GRU, JOINS, LSTM, Activation, Dense, Embedding, Model, Recurrent
from core.files.models.keras.readout import Readout, dense_cell, dense_layout
from core.files.models.keras.unnamed import guessed_model
from core.files.models.layout import Layout, Piece
from core.files.models.loading import load_numbers, not_finite, precision
from core.files.models.records import Answers, OpenedModel
from core.network import Network, Padding
from core.stack import Direction, LayerSpec, build_stack
from core.tokens import shown

_ORDERS = {LSTM: "i, f, c, o", GRU: "z, r, h"}
_MOST_NAMED = 6


def opened(path: Path, file: KerasFile, answers: Answers, loss: str) -> OpenedModel:
    """The model of a file, with what was found, assumed and ignored. Raises FileError, ShapeError, DataError."""
    model = guessed_model(file, answers) if file.config is None else model_in(file, answers)
    if not model.recurrent:
        kinds = ", ".join(part.words for part in model.parts) or "nothing"
        raise file.refusal(f"there is no recurrent layer in it; it holds {kinds}. Choose a model with one.")
    parts = _Assembly(file, model)
    _check_shapes(file, parts.layout)
    numbers = load_numbers(path, file.tree.tensors, parts.layout)
    network = parts.network(loss)
    parameters = parts.layout.read(numbers, network.parameter_shapes)
    for array in parameters.values():
        array.flags.writeable = False
    remarks = (*model.remarks, *_walked(model), _ignored(file, parts.layout), not_finite(numbers))
    return OpenedModel(
        network,
        network.check(parameters),
        {},
        f"{_found(file, model)}; {precision(file.tree.tensors, parts.layout)}",
        tuple(filter(None, remarks)),
        parts.layout,
        file.tree.tensors,
        answers,
    )


@dataclass(eq=False)
class _Assembly:
    """The parts put together from the bottom up: layers, readout, and the layout of all tensors."""

    file: KerasFile
    model: Model
    layout: Layout = field(default_factory=Layout)
    layers: list[LayerSpec] = field(default_factory=list)
    embedding: Embedding | None = None
    inputs: int = 0  # width of the sequence; 0 before anything says it
    width: int = 0  # of what was put on last

    def __post_init__(self) -> None:
        parts = self.model.parts
        last = max(place for place, part in enumerate(parts) if isinstance(part, Recurrent))
        for part in parts[: last + 1]:
            self._add(part)
        behind = parts[last + 1 :]
        if any(isinstance(part, Embedding) for part in behind):
            raise self.file.refusal("an Embedding stands behind a recurrent layer, where it has no tokens to read.")
        self.readout = Readout(tuple(p for p in behind if isinstance(p, Dense | Activation)), self.width)
        self.layout = self.layout.joined(self.readout.layout)

    def _add(self, part: Recurrent | Dense | Embedding | Activation) -> None:
        if isinstance(part, Embedding):
            if self.inputs:
                raise self.file.refusal(f"{shown(part.name)} is not the first layer, where an Embedding belongs.")
            self.embedding, self.inputs, self.width = part, part.tokens, part.width
            kernel = part.weights.kernel
            pieces = (Piece(kernel, "embedding/E", transposed=True),)
            self.layout = self.layout.joined(Layout(pieces, {kernel: (part.tokens, part.width)}))
            return
        if isinstance(part, Activation):
            if not self.width:
                raise self.file.refusal(f"{shown(part.name)} is the first layer, where nothing says its width.")
            self.layers.append(LayerSpec(dense_cell(part), self.width))
            return
        read = self._reads(part)
        if isinstance(part, Dense):
            block = f"l{len(self.layers)}"
            self.layout = self.layout.joined(dense_layout(part, (f"{block}/W", f"{block}/b"), read))
            self.layers.append(LayerSpec(dense_cell(part), part.units))
            self.width = part.units
        else:
            self._add_recurrent(part, read)

    def _reads(self, part: Recurrent | Dense) -> int:
        """How many numbers the part reads; of the first one its kernel says it."""
        kernel = (part.weights[0] if isinstance(part, Recurrent) else part.weights).kernel
        shape = self.file.tree.tensors[kernel].shape
        if not self.width:
            if len(shape) != 2 or not shape[0]:
                raise self.file.refusal(f"{shown(kernel)} has shape {shape}, expected (inputs, units). Save it again.")
            self.inputs = self.width = shape[0]
        return self.width

    def _add_recurrent(self, part: Recurrent, read: int) -> None:
        block = f"l{len(self.layers)}"
        blocks = [f"{block}.reverse"] if part.direction is Direction.REVERSE else [block, f"{block}.reverse"]
        for weights, name in zip(part.weights, blocks, strict=False):
            if bool(weights.bias) != part.has_bias:
                raise self.file.refusal(
                    f"use_bias of {shown(part.name)} is {str(part.has_bias).lower()}, which does not fit its tensors. "
                    "Save the model with Keras again."
                )
            self.layout = self.layout.joined(layout_of(part, weights, name, read))
        self.layers.append(
            LayerSpec(definition_of(part), part.units, part.direction, JOINS[part.merge], aligned=part.aligned)
        )
        self.width = part.outputs

    def network(self, loss: str) -> Network:
        """The network, with Keras's way of going on behind the end of a sequence."""
        embedding = self.embedding.width if self.embedding else None
        return build_stack(
            self.layers,
            inputs=self.inputs,
            embedding=embedding,
            head=self.readout.head(loss),
            loss=loss,
            outputs=self.readout.outputs,
            padding=_padding(self.model),
        )


def _padding(model: Model) -> Padding:
    """Keras repeats the last output behind a sequence's end, but Bidirectional sequences give zeros there."""
    last = model.recurrent[-1]
    return "zero" if last.direction is Direction.BOTH and last.sequences else "carried"


def _check_shapes(file: KerasFile, layout: Layout) -> None:
    """Every tensor there, and of the shape that the settings ask for. Raises ShapeError."""
    for name, shape in layout.shapes.items():
        tensor = file.tree.tensors.get(name)
        found = tensor.shape if tensor else "no such tensor"
        if found != shape:
            raise ShapeError(
                f"{shown(file.name)}: {shown(name)} has shape {found}, but the layer's settings ask for {shape}. "
                "Configuration and weights do not belong together: save the model with Keras again."
            )


def _found(file: KerasFile, model: Model) -> str:
    """What was found, in one line."""
    version = f"Keras {file.version}" if file.version else "Keras"
    kind = "weights only" if file.config is None else "model"
    parts = " → ".join(part.words for part in model.parts)
    kinds = dict.fromkeys(layer.kind for layer in model.recurrent if len(GATES[layer.kind]) > 1)
    orders = [f"gates in the order {_ORDERS[kind]}" for kind in kinds]
    return ", ".join([f"{version}, {kind}: {parts}", *orders])


def _walked(model: Model) -> Iterator[str]:
    """What to know about how the network is walked."""
    last = model.recurrent[-1]
    if not last.sequences:
        yield (
            f"return_sequences=False in {shown(last.name)}: the output is that of the last step; the readout is "
            "shown at every step"
        )
    for layer in model.recurrent:
        if layer.direction is not Direction.FORWARD and not layer.aligned:
            yield f"{shown(layer.name)}: what others read of its reverse direction at t is its step t, as in Keras"
    if last is model.parts[-1]:
        yield "no readout, so the output is that of the last layer"


def _ignored(file: KerasFile, layout: Layout) -> str:
    """A remark on the tensors that play no part; "" where there are none."""
    names = [name for name in file.tree.tensors if name not in layout.shapes]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"ignored: {', '.join(map(shown, names[:_MOST_NAMED]))}{more}" if names else ""
