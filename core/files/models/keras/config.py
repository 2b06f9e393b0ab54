"""The layers that a Keras configuration lists, in the order data flows; branches and own classes are refused by name.

Nothing in a configuration is run: Lambda layers and registered classes are code, and are named in the refusal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import FileError
from core.files.models.keras.file import KerasFile
from core.tokens import shown

_FROM_KERAS = ("keras", "tensorflow", "tf_keras", "builtins")
_MODELS = ("Sequential", "Functional", "Model")
_MOST_LAYERS = 500
_LONGEST_NAME = 200
_MASK_OPERATIONS = ("NotEqual", "Any")
_CHAIN = "Only chains of layers are opened: save the recurrent part as a model of its own."


@dataclass(frozen=True, eq=False)
class LayerConfig:
    """One layer as the configuration says it. ``group`` is where a file of Keras 3 keeps its weights ("lstm_1")."""

    kind: str
    name: str
    config: Mapping[str, Any]
    group: str = ""
    sources: tuple[tuple[str, int], ...] = field(default=())  # (layer, which of its outputs) that it reads

    def inner(self, key: str, file: KerasFile) -> LayerConfig:
        """The layer or cell inside this one. Raises FileError."""
        return _layer(self.config.get(key), file, f"{key} of {self.name}")


def layers_of(file: KerasFile) -> tuple[LayerConfig, ...]:
    """All layers of a model, the first one first. Raises FileError for what is no chain of known classes."""
    assert file.config is not None
    kind, config = file.config.get("class_name"), file.config.get("config")
    if kind not in _MODELS:
        raise file.refusal(
            f"it is a model of the class {shown(str(kind))}, expected Sequential or Functional. {_CHAIN}"
        )
    entries = config if isinstance(config, list) else config.get("layers") if isinstance(config, dict) else None
    if not isinstance(entries, list) or not entries or len(entries) > _MOST_LAYERS:
        raise file.refusal("its configuration lists no layers, or too many. Save the model with Keras again.")
    layers = _with_groups([_layer(entry, file, f"layer {number + 1}") for number, entry in enumerate(entries)])
    return layers if kind == "Sequential" else _chain(layers, config, file)


def _layer(entry: object, file: KerasFile, place: str) -> LayerConfig:
    """One entry of the configuration. Raises FileError for classes that are not Keras's own."""
    table = entry if isinstance(entry, dict) else {}
    kind, config = table.get("class_name"), table.get("config")
    if not isinstance(kind, str) or not isinstance(config, dict):
        raise file.refusal(f"the configuration of {place[:80]} makes no sense. Save the model with Keras again.")
    kind = kind.rsplit(">", 1)[-1] if kind.startswith("Keras>") else kind
    name = str(config.get("name") or table.get("name") or kind)[:_LONGEST_NAME]
    module, registered = str(table.get("module") or "keras"), table.get("registered_name")
    if kind == "Lambda":
        raise file.refusal(
            f"{shown(name)} is a Lambda layer: code in the file, which is never run here. "
            "Replace it by a layer of Keras."
        )
    if module.split(".")[0] not in _FROM_KERAS or registered not in (None, kind):
        raise file.refusal(
            f"{shown(name)} is of the own class {shown(str(registered or kind))}, which is not known here. "
            "Replace it by a layer of Keras, or write its equations as a cell."
        )
    return LayerConfig(kind, name, config, sources=tuple(_histories(table.get("inbound_nodes"), file, name)))


def _with_groups(layers: list[LayerConfig]) -> tuple[LayerConfig, ...]:
    """The layers with the names of their groups: the class in snake case, counted from the second on."""
    counts: dict[str, int] = {}
    found = []
    for layer in layers:
        base = snake_case(layer.kind)
        number = counts[base] = counts.get(base, -1) + 1
        group = f"{base}_{number}" if number else base
        found.append(LayerConfig(layer.kind, layer.name, layer.config, group, layer.sources))
    return tuple(found)


def snake_case(name: str) -> str:
    """ "TimeDistributed" as "time_distributed", "SimpleRNN" as "simple_rnn": Keras's own rule."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _histories(nodes: object, file: KerasFile, name: str) -> Iterator[tuple[str, int]]:
    """The outputs that a layer of a Functional model reads, in Keras 3's way of writing or the older one."""
    if isinstance(nodes, dict):
        history = nodes.get("keras_history")
        if history is not None:
            yield _source(history, file, name)
        for key, value in nodes.items():
            if key not in ("keras_history", "mask"):  # a mask says which steps are padding, and is no data
                yield from _histories(value, file, name)
    elif isinstance(nodes, list):
        if len(nodes) >= 3 and isinstance(nodes[0], str) and isinstance(nodes[1], int):
            yield _source(nodes, file, name)
            nodes = nodes[3:]
        for value in nodes:
            if isinstance(value, list | dict):
                yield from _histories(value, file, name)


def _source(history: object, file: KerasFile, name: str) -> tuple[str, int]:
    if isinstance(history, list) and len(history) >= 3 and isinstance(history[0], str) and type(history[2]) is int:
        return history[0], history[2]
    raise file.refusal(f"what {shown(name)} reads makes no sense. Save the model with Keras again.")


def _chain(layers: tuple[LayerConfig, ...], config: Any, file: KerasFile) -> tuple[LayerConfig, ...]:
    """The layers of a Functional model from its one input to its one output. Raises FileError where it branches."""
    layers = _without_masks(layers, file)
    readers: dict[str, LayerConfig] = {}
    for layer in layers:
        if len(layer.sources) > 1 or any(which for _, which in layer.sources):
            read = ", ".join(shown(source) for source, _ in layer.sources[:4])
            raise file.refusal(f"{shown(layer.name)} reads {read}, states among them or several inputs. {_CHAIN}")
        for source, _ in layer.sources:
            if source in readers:
                raise file.refusal(f"{shown(source)} is read by {shown(readers[source].name)} and others. {_CHAIN}")
            readers[source] = layer
    starts = [layer for layer in layers if not layer.sources]
    _check_ends(starts, config, file)
    found = [starts[0]]
    while found[-1].name in readers and len(found) <= len(layers):
        found.append(readers[found[-1].name])
    if len(found) != len(layers):
        raise file.refusal(f"its {len(layers)} layers are no chain; {len(found)} follow from its input. {_CHAIN}")
    return tuple(found)


def _without_masks(layers: tuple[LayerConfig, ...], file: KerasFile) -> tuple[LayerConfig, ...]:
    """The layers without the operations that Embedding and Masking put into a Functional model for their masks."""
    kept = tuple(layer for layer in layers if layer.kind not in _MASK_OPERATIONS)
    if len(kept) < len(layers) and not any(l.config.get("mask_zero") or l.kind == "Masking" for l in kept):
        raise file.refusal(f"it computes a mask of its own from its input. {_CHAIN}")
    return kept


def _check_ends(starts: list[LayerConfig], config: Any, file: KerasFile) -> None:
    outputs = list(_histories_of_ends(config.get("output_layers") if isinstance(config, dict) else None, file))
    if len(starts) != 1 or len(outputs) > 1 or any(which for _, which in outputs):
        raise file.refusal(f"it has {len(starts)} inputs and {len(outputs)} outputs, expected one each. {_CHAIN}")


def _histories_of_ends(ends: object, file: KerasFile) -> Iterator[tuple[str, int]]:
    yield from _histories(ends, file, "the output")


def integer(layer: LayerConfig, key: str, file: KerasFile) -> int:
    """A positive whole number of a layer's configuration. Raises FileError."""
    value = layer.config.get(key)
    if type(value) is not int or not 0 < value < 1 << 31:
        raise file.refusal(f"{key} of {shown(layer.name)} is {str(value)[:40]}, expected a positive whole number.")
    return value


def flag(layer: LayerConfig, key: str, default: bool, file: KerasFile) -> bool:
    """A truth value of a layer's configuration. Raises FileError."""
    value = layer.config.get(key, default)
    if not isinstance(value, bool):
        raise FileError(
            f"{shown(file.name)}: {key} of {shown(layer.name)} is {str(value)[:40]}, expected true or false."
        )
    return value
