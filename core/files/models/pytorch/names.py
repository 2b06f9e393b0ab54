"""Which recurrent modules a state dict holds, by the names and shapes of its tensors; no numbers are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, permutations

from core.errors import FileError, ShapeError
from core.files.models.pytorch.layout import LayerNames
from core.files.models.records import FileTensor
from core.tokens import shown

_MOST_LAYERS = 64
_MOST_PERMUTED = 5  # modules whose order is looked for by their sizes
_WEIGHT = re.compile(r"(?P<prefix>(?:.*\.)?)weight_ih(?:_l(?P<layer>\d{1,4})(?P<reverse>_reverse)?)?", re.DOTALL)

_COMPUTED = re.compile(r"parametrizations\.weight_[ih]h|weight_[ih]h(?:_l\d{1,4}(?:_reverse)?)?_(?:g|v|raw|orig)$")

Tensors = Mapping[str, FileTensor]


@dataclass(frozen=True)
class Way:
    """One direction of one layer: its names and sizes."""

    names: LayerNames
    gates: int
    inputs: int
    units: int
    outputs: int


@dataclass(frozen=True)
class Module:
    """A recurrent module: for each layer its forward way, and its reverse way where there is one."""

    prefix: str
    layers: tuple[tuple[Way, ...], ...]

    @property
    def name(self) -> str:
        """The prefix as people say it."""
        return self.prefix.rstrip(".") or "(top level)"

    @property
    def inputs(self) -> int:
        """Width of what it reads."""
        return self.layers[0][0].inputs

    @property
    def outputs(self) -> int:
        """Width of what it gives, both directions together."""
        return sum(way.outputs for way in self.layers[-1])


def modules_in(tensors: Tensors) -> tuple[Module, ...]:
    """The recurrent modules, in the order in which they could follow each other. Raises ShapeError."""
    found: dict[str, set[tuple[str, str]]] = {}
    for name, tensor in tensors.items():
        match = _WEIGHT.fullmatch(name)
        if match and len(tensor.shape) == 2:
            found.setdefault(match["prefix"], set()).add((match["layer"] or "", match["reverse"] or ""))
    modules = [_module(tensors, prefix, ends) for prefix, ends in found.items()]
    return _in_order(modules)


def check_layers(modules: tuple[Module, ...]) -> None:
    """Raises ShapeError for more layers than can be walked."""
    layers = sum(len(module.layers) for module in modules)
    if layers > _MOST_LAYERS:
        raise ShapeError(f"The modules have {layers} layers, expected at most {_MOST_LAYERS}. Choose one: module=NAME.")


def follow(modules: tuple[Module, ...]) -> bool:
    """Whether each module reads what the one before gives, by their widths."""
    return all(below.outputs == above.inputs for below, above in pairwise(modules))


def _in_order(modules: list[Module]) -> tuple[Module, ...]:
    """The order of their numbers where only these tell them apart, else the file's, or one in which they follow."""
    orders = [tuple(modules)]
    if len({re.sub(r"\d+", "", module.prefix) for module in modules}) == 1:
        orders = [tuple(sorted(modules, key=lambda module: _natural(module.prefix)))]
    if len(modules) <= _MOST_PERMUTED:
        orders += list(permutations(modules))
    return next((order for order in orders if follow(order)), orders[0])


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part[:9]) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", text)]


def _module(tensors: Tensors, prefix: str, ends: set[tuple[str, str]]) -> Module:
    if ("", "") in ends:  # a cell, whose names have no number of a layer
        return Module(prefix, ((_way(tensors, prefix, ""),),))
    count = 1 + max(int(layer) for layer, _ in ends)
    if count > _MOST_LAYERS:
        raise ShapeError(f"{shown(prefix)} has a layer {count - 1}, expected at most {_MOST_LAYERS} layers.")
    both = any(reverse for _, reverse in ends)
    missing = [
        f"{prefix}weight_ih_l{layer}{reverse}"
        for layer in range(count)
        for reverse in ("", "_reverse")[: 1 + both]
        if (str(layer), reverse) not in ends
    ]
    if missing:
        raise ShapeError(f"{shown(missing[0])} is missing: the layers of a module count from 0. Save the whole module.")
    ways = [[_way(tensors, prefix, f"_l{layer}{r}") for r in ("", "_reverse")[: 1 + both]] for layer in range(count)]
    module = Module(prefix, tuple(map(tuple, ways)))
    _check_widths(module)
    return module


def _way(tensors: Tensors, prefix: str, end: str) -> Way:
    """One direction of a layer from its names. Raises ShapeError naming what does not fit."""
    names = {part: f"{prefix}{part}{end}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")}
    if names["weight_hh"] not in tensors:
        raise ShapeError(
            f"{shown(names['weight_hh'])} is missing beside {shown(names['weight_ih'])}. "
            f"{_computed_from(tensors) or 'Save both.'}"
        )
    here = {part: name if name in tensors else "" for part, name in names.items()}
    if bool(here["bias_ih"]) != bool(here["bias_hh"]):
        missing = names["bias_hh" if here["bias_ih"] else "bias_ih"]
        raise ShapeError(f"{shown(missing)} is missing: PyTorch has both biases, or none. Save both.")
    shapes = {part: tensors[name].shape for part, name in here.items() if name}
    rows, inputs = shapes["weight_ih"]
    projected = "weight_hr" in shapes
    outputs = shapes["weight_hh"][-1] if len(shapes["weight_hh"]) == 2 else 0
    units = shapes["weight_hr"][-1] if projected else outputs
    expected = {"weight_ih": (rows, inputs), "weight_hh": (rows, outputs), "bias_ih": (rows,), "bias_hh": (rows,)}
    expected["weight_hr"] = (outputs, units)
    for part, shape in shapes.items():
        if shape != expected[part]:
            raise ShapeError(
                f"{shown(names[part])} has shape {shape}, expected {expected[part]} beside {names['weight_ih']}."
            )
    if not units or not inputs or rows % units:
        raise ShapeError(
            f"{shown(names['weight_ih'])} has {rows} rows and {inputs} columns for {units} units, expected a "
            "multiple of the units: one row a unit and gate."
        )
    return Way(LayerNames(**here), rows // units, inputs, units, outputs)


def _check_widths(module: Module) -> None:
    """Every layer reads what the one below gives. Raises ShapeError."""
    for below, above in pairwise(module.layers):
        width = sum(way.outputs for way in below)
        for way in above:
            if way.inputs != width or way.gates != below[0].gates:
                raise ShapeError(
                    f"{shown(way.names.weight_ih)} reads {way.inputs} numbers with {way.gates} gates, expected {width} "
                    f"and {below[0].gates} as in the layer below. The tensors belong to different models."
                )


def none_found(name: str, tensors: Tensors) -> FileError:
    """The error for a file without recurrent weights."""
    if computed := _computed_from(tensors):
        return FileError(f"{name}: no recurrent weights. {computed}")
    few = ", ".join(shown(key) for key in list(tensors)[:4]) or "no tensors"
    return FileError(
        f"{name}: no recurrent weights: expected names as PyTorch gives them (weight_ih_l0, rnn.weight_hh_l0, "
        f"cell.weight_ih), got {few}{' …' if len(tensors) > 4 else ''}. Save the state_dict of a model with an "
        "RNN, GRU or LSTM."
    )


def _computed_from(tensors: Tensors) -> str:
    """What to do where a weight is computed from others, as weight_norm and parametrize have it; "" where none is."""
    found = next((name for name in tensors if _COMPUTED.search(name)), None)
    if found is None:
        return ""
    return (
        f"It is computed from others ({shown(found)}, …) by a parametrization such as weight_norm. Remove that before "
        "saving: torch.nn.utils.parametrize.remove_parametrizations, or torch.nn.utils.remove_weight_norm."
    )
