"""From a configuration to parts: what each Keras layer is, with its activations, directions and tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType

from core.files.models.keras.activations import activation_named, layer_activation
from core.files.models.keras.config import LayerConfig, flag, integer, layers_of
from core.files.models.keras.file import KerasFile
from core.files.models.keras.parts import GRU, JOINS, LSTM, RNN, Activation, Dense, Embedding, Model, Part, Recurrent
from core.files.models.keras.tensors import tensors_of
from core.files.models.records import Answers
from core.stack import Direction
from core.tokens import shown

RECURRENT = (LSTM, GRU, RNN)
OFF_AT_INFERENCE = ("Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout",
                    "ActivityRegularization")  # fmt: skip
ACTIVATION_LAYERS = ("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax")
_ADVICE = "Save the recurrent part with its readout as a model of its own."
_OPENED = "Opened are LSTM, GRU, SimpleRNN, Bidirectional, Dense, TimeDistributed, Embedding, Dropout, Activation."
_MASKS = "padding: {} masks steps at the end of a sequence; give the lengths of the sequences to walk them so"


def model_in(file: KerasFile, answers: Answers) -> Model:
    """The parts of a model by its configuration. Raises FileError for layers that are not opened, by name."""
    reader = _Reader(file, answers)
    for layer in layers_of(file):
        reader.read(layer)
    parts = tuple(reader.parts)
    for before, after in pairwise(parts):
        if isinstance(before, Recurrent) and not before.sequences and isinstance(after, Recurrent):
            raise file.refusal(
                f"{shown(after.name)} reads {shown(before.name)}, which gives its last step only "
                "(return_sequences=False). Save the model with return_sequences=True there."
            )
    return Model(parts, tuple(dict.fromkeys(reader.remarks)))


@dataclass(eq=False)
class _Reader:
    """Reads layers one by one into parts."""

    file: KerasFile
    answers: Answers
    parts: list[Part] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def read(self, layer: LayerConfig) -> None:
        if layer.kind == "InputLayer":
            return
        if layer.kind in OFF_AT_INFERENCE:
            self.remarks.append(f"ignored: {shown(layer.name)} ({layer.kind}), which does nothing outside training")
            return
        reader = _READERS.get(layer.kind)
        if reader is None:
            raise self.refused(layer)
        part = reader(self, layer)
        before = self.parts[-1] if self.parts else None
        if isinstance(part, Activation) and isinstance(before, Dense) and before.activation == "linear":
            self.parts[-1] = replace(before, activation=part.activation)
        elif part is not None:
            self.parts.append(part)

    def refused(self, layer: LayerConfig) -> Exception:
        return self.file.refusal(
            f"{shown(layer.name)} is a layer of the class {shown(layer.kind[:60])}, which is not opened here. "
            f"{_OPENED} {_ADVICE}"
        )

    def recurrent(self, layer: LayerConfig) -> Recurrent:
        """An LSTM, GRU or SimpleRNN, or an RNN around the cell of one."""
        cell = self.cell_of(layer)
        self.check_walk(layer)
        place = shown(layer.name)
        tensors = tensors_of(self.file, layer, cell.kind)
        activation = activation_named(cell.config.get("activation", "tanh"), place, self.file, self.answers)
        gates = "sigmoid"
        if cell.kind != RNN:
            given = cell.config.get("recurrent_activation", "hard_sigmoid")  # the default of old files
            gates = activation_named(given, place, self.file, self.answers)
        reset_after = cell.kind == GRU and flag(cell, "reset_after", False, self.file)
        return Recurrent(
            cell.kind,
            layer.name,
            integer(cell, "units", self.file),
            (tensors.weights(0),),
            activation,
            gates,
            flag(cell, "use_bias", True, self.file),
            reset_after,
            Direction.REVERSE if flag(layer, "go_backwards", False, self.file) else Direction.FORWARD,
            sequences=flag(layer, "return_sequences", False, self.file),
        )

    def cell_of(self, layer: LayerConfig) -> LayerConfig:
        if layer.kind != "RNN":
            return layer
        cell = layer.inner("cell", self.file)
        kind = cell.kind.removesuffix("Cell")
        if kind not in RECURRENT:
            raise self.refused(cell)
        return replace(cell, kind=kind)

    def check_walk(self, layer: LayerConfig) -> None:
        """Refuses or remarks on how the layer is walked."""
        if flag(layer, "time_major", False, self.file):
            raise self.file.refusal(
                f"{shown(layer.name)} has time_major=True: its input has time before the batch. "
                "Save the model with time_major=False."
            )
        if flag(layer, "stateful", False, self.file):
            self.remarks.append(
                f"ignored: {shown(layer.name)} is stateful; Keras goes on from the last batch's state, here each walk "
                "begins with zeros"
            )
        if any(layer.config.get(key) for key in ("dropout", "recurrent_dropout")):
            self.remarks.append(f"ignored: the dropout of {shown(layer.name)}, which does nothing outside training")

    def bidirectional(self, layer: LayerConfig) -> Recurrent:
        """Both directions of a recurrent layer, and how they are merged."""
        forward = layer.inner("layer", self.file)
        if forward.kind not in (*RECURRENT, "RNN"):
            raise self.refused(forward)
        first = self.recurrent(forward)
        self.check_directions(layer, first)
        merge = layer.config.get("merge_mode", "concat")
        if not isinstance(merge, str) or merge not in JOINS:
            raise self.file.refusal(
                f"{shown(layer.name)} has merge_mode={str(merge)[:20]}: two outputs instead of one. "
                f"Choose one of {', '.join(JOINS)}."
            )
        tensors = tensors_of(self.file, layer, first.kind)
        both = tensors.weights(0), tensors.weights(1)
        return replace(first, name=layer.name, weights=both, direction=Direction.BOTH, merge=merge)

    def check_directions(self, layer: LayerConfig, first: Recurrent) -> None:
        """Refuses directions that differ, and those that turn time round together."""
        if layer.config.get("backward_layer") is not None:
            second = self.recurrent(layer.inner("backward_layer", self.file))
            ways = first.direction, second.direction
            same = replace(second, name="", weights=(), direction=ways[0]) == replace(first, name="", weights=())
            if not same or ways[1] is not Direction.REVERSE:
                raise self.file.refusal(
                    f"the directions of {shown(layer.name)} differ in more than their weights. "
                    "Give both the same settings."
                )
        if first.direction is not Direction.FORWARD:
            raise self.file.refusal(
                f"{shown(layer.name)} wraps a layer with go_backwards=True, which turns its time round. "
                "Save it with go_backwards=False."
            )

    def dense(self, layer: LayerConfig) -> Dense:
        if layer.config.get("lora_rank") or layer.config.get("quantization_config"):
            raise self.file.refusal(f"{shown(layer.name)} is quantised or has LoRA weights. Save it without.")
        activation = activation_named(layer.config.get("activation"), shown(layer.name), self.file, self.answers)
        weights = tensors_of(self.file, layer, "Dense").weights(0)
        if flag(layer, "use_bias", True, self.file) != bool(weights.bias):
            raise self.file.refusal(f"use_bias of {shown(layer.name)} does not fit its tensors. Save the model again.")
        return Dense(layer.name, integer(layer, "units", self.file), weights, activation)

    def distributed(self, layer: LayerConfig) -> Part | None:
        """A layer that TimeDistributed applies at every step, as all are here."""
        inner = layer.inner("layer", self.file)
        if inner.kind in OFF_AT_INFERENCE:
            self.read(inner)
            return None
        if inner.kind in ACTIVATION_LAYERS:
            return self.activation(inner)
        if inner.kind != "Dense":
            raise self.refused(inner)
        return self.dense(replace(inner, name=layer.name, group=f"{layer.group}/layer"))

    def embedding(self, layer: LayerConfig) -> Embedding:
        masks = flag(layer, "mask_zero", False, self.file)
        if masks:
            self.remarks.append(_MASKS.format(f"{shown(layer.name)} (token 0)"))
        weights = tensors_of(self.file, layer, "Embedding").weights(0)
        tokens, width = integer(layer, "input_dim", self.file), integer(layer, "output_dim", self.file)
        return Embedding(layer.name, tokens, width, weights, masks)

    def activation(self, layer: LayerConfig) -> Activation:
        value = layer_activation(layer.kind, layer.config)
        return Activation(layer.name, activation_named(value, shown(layer.name), self.file, self.answers))

    def masking(self, layer: LayerConfig) -> None:
        value = str(layer.config.get("mask_value", 0.0))[:20]
        self.remarks.append(_MASKS.format(f"{shown(layer.name)} (steps of {value} only)"))


_READERS: Mapping[str, Callable[[_Reader, LayerConfig], Part | None]] = MappingProxyType(
    {
        **dict.fromkeys((*RECURRENT, "RNN"), _Reader.recurrent),
        **dict.fromkeys(ACTIVATION_LAYERS, _Reader.activation),
        "Bidirectional": _Reader.bidirectional,
        "Dense": _Reader.dense,
        "TimeDistributed": _Reader.distributed,
        "Embedding": _Reader.embedding,
        "Masking": _Reader.masking,
    }
)
