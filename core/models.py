"""Models for the command line: a name or a file, and options, become a network and its parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.cell import Cell
from core.errors import DataError, FileError, ShapeError
from core.files.models import SUFFIXES, OpenedModel, open_model
from core.files.npz import read_npz, without_prefix
from core.files.snapshot import SNAPSHOT_SUFFIX, read_model
from core.language import CellDefinition, read_cell, with_delays
from core.network import Network, build_network
from core.network_file import NetworkFile, is_network, network_names, read_network_file
from core.resources import resource_path
from core.tokens import shown
from core.vocabulary import Vocabulary

Array = NDArray[Any]
DEFAULT_UNITS = 8
MAX_PARAMETERS = 50_000_000  # 400 MB in float64
HEADS = ("softmax", "identity", "logistic", "tanh", "relu", "direct")
LOSSES = ("squared", "cross-entropy")


@dataclass(frozen=True, eq=False)
class Model:
    """A network with numbers; ``opened`` says more of one that another program's file holds."""

    network: Network
    parameters: Mapping[str, Array]
    opened: OpenedModel | None = None
    file: NetworkFile | None = None  # the network file that it was built from


@dataclass(frozen=True)
class Choices:
    """What the command line says about a model; "" and None mean: choose what fits.

    ``loss`` is "" for a network that is only walked forward; ``answers`` are for what a model file does not say.
    """

    units: int | None = None
    seed: int | None = None
    weights: str = ""
    head: str = ""
    loss: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    delays: Mapping[str, int] = field(default_factory=dict)  # of those that the cell names


def load_model(name_or_path: str, choices: Choices, *, inputs: int, outputs: int | None = None) -> Model:
    """The model of this name or file that reads ``inputs`` numbers and gives ``outputs`` (None: as many as units).

    Raises FileError, LanguageError for what cannot be read, ShapeError for weights that do not fit.
    """
    if choices.delays and (is_model_file(name_or_path) or is_snapshot(name_or_path) or is_network(name_or_path)):
        raise DataError(f"--delay is for a cell that names delays; {shown(name_or_path)} has its own. Leave it out.")
    if is_model_file(name_or_path):
        return _file_model(name_or_path, choices)
    if choices.answers:
        raise DataError(f"--answer is for model files; {shown(name_or_path)} leaves nothing open. Leave it out.")
    if is_snapshot(name_or_path):
        return _saved_model(name_or_path, choices)
    if is_network(name_or_path):
        return _network_model(name_or_path, choices, inputs, outputs)
    definition = with_delays(read_definition(name_or_path), choices.delays)
    weights = _weights(choices.weights) if choices.weights else None
    units = _units(definition, choices.units, weights)
    head = _head(choices, weights)
    if outputs is None and weights is not None and "head/V" in weights:
        outputs = len(np.atleast_1d(weights["head/V"]))
    cell = Cell(definition, inputs, units)
    if choices.loss and head == "direct" and outputs is not None and outputs != cell.outputs:
        raise ShapeError(
            f"Without a readout the output has the {cell.outputs} units, but the target has {outputs}. "
            "Give targets of that width, or a readout: --head identity."
        )
    network = build_network(cell, head=head, loss=choices.loss, outputs=None if head == "direct" else outputs)
    _check_size(network)
    if weights is None:
        return Model(network, network.check(network.initial_parameters(choices.seed or 0)))
    _check_weights(network, weights, choices.weights)
    return Model(network, network.check(weights))


def read_definition(name_or_path: str) -> CellDefinition:
    """The cell of a built-in name or a ``.toml`` file. Raises FileError that says what can be opened."""
    if is_model_file(name_or_path) or Path(name_or_path).suffix.lower() in (".h5", ".hdf5", ".bin", ".ckpt", ".pb"):
        raise FileError(
            f"{shown(name_or_path)} is no cell. Give a cell file (.toml), a built-in cell ({', '.join(built_in())}), "
            f"or a model ({', '.join(SUFFIXES)})."
        )
    try:
        return read_cell(name_or_path)
    except FileError as error:
        if Path(name_or_path).suffix:
            raise
        raise FileError(f"{error}; networks are: {', '.join(network_names())}") from None


def is_snapshot(name_or_path: str) -> bool:
    """Whether this names a saved session, which has its own numbers and words."""
    return Path(name_or_path).suffix.lower() == SNAPSHOT_SUFFIX


def is_model_file(name_or_path: str) -> bool:
    """Whether this names a model of another program, or weights that say by their names what they are."""
    return Path(name_or_path).suffix.lower() in SUFFIXES


def vocabulary_of(name_or_path: str) -> Vocabulary | None:
    """The words that a saved session reads; None for numbers and for models without words of their own."""
    return read_model(name_or_path).vocabulary if is_snapshot(name_or_path) else None


def file_of(name_or_path: str) -> NetworkFile | None:
    """The network file of this name; None where it names no network. Raises FileError."""
    return read_network_file(name_or_path) if is_network(name_or_path) else None


def _saved_model(path: str, choices: Choices) -> Model:
    """The network and parameters of a snapshot. Raises FileError; DataError for options that it leaves no room for."""
    if choices.units or choices.weights or choices.head:
        raise DataError(
            f"{shown(path)} is a saved session with its own units, weights and readout. "
            "Leave --units, --weights and --head out, or name a cell instead."
        )
    saved = read_model(path, loss=choices.loss)
    return Model(saved.network, saved.parameters)


def _network_model(name_or_path: str, choices: Choices, inputs: int, outputs: int | None) -> Model:
    """The model of a network file. Raises FileError; DataError for options that it leaves no room for."""
    if choices.units or choices.head:
        raise DataError(
            f"{shown(name_or_path)} is a network with its own units and readout. Leave --units and --head out, or name "
            "a cell instead."
        )
    file = read_network_file(name_or_path)
    network = file.network(inputs=inputs, outputs=outputs, loss=choices.loss)
    _check_size(network)
    if not choices.weights:
        return Model(network, network.check(network.initial_parameters(choices.seed or 0)), file=file)
    weights = _weights(choices.weights)
    _check_weights(network, weights, choices.weights)
    return Model(network, network.check(weights), file=file)


def _file_model(path: str, choices: Choices) -> Model:
    """The model in a file. Raises FileError, ShapeError; DataError for options that the file leaves no room for."""
    if choices.units or choices.weights or choices.seed is not None:
        raise DataError(
            f"{shown(path)} is a model with its own units and weights. Leave --units, --weights and --seed out, or "
            "name a cell instead."
        )
    answers = dict(choices.answers)
    if choices.head:
        answers |= {"readout": "none"} if choices.head == "direct" else {"head": choices.head}
    opened = open_model(path, answers, choices.loss)
    for key in opened.answers.unasked:
        asked = ", ".join(opened.answers.asked) or "none"
        raise DataError(
            f"{shown(Path(path).name)} leaves no question {shown(key)} open; its questions are: {asked}. Leave out "
            f"--{'head' if key == 'head' and choices.head else f'answer {key}=…'}."
        )
    return Model(opened.network, opened.parameters, opened)


def built_in() -> list[str]:
    """Names of the cells that ship with the program."""
    return sorted(path.stem for path in resource_path("cells").glob("*.toml"))


def random_parameters(network: Network, generator: np.random.Generator, scale: float = 0.5) -> dict[str, Array]:
    """Parameters for checks: everything trainable random, biases too; where a range is declared, within it."""
    values = network.initial_parameters(generator)
    for path in network.trainable:
        block, name = path.split("/")
        bounds = network.block(block).cell.definition.parameters[name].bounds
        shape = values[path].shape
        values[path] = generator.uniform(*bounds, shape) if bounds else generator.normal(0.0, scale, shape)
    return network.check(values)


def _weights(path: str) -> dict[str, Array]:
    return without_prefix(read_npz(path, "weights"), "param/")


def _units(definition: CellDefinition, given: int | None, weights: Mapping[str, Array] | None) -> int:
    units = given or (_size_in(definition, weights, "units") if weights else None) or DEFAULT_UNITS
    if units < 1:
        raise DataError(f"A layer has at least one unit, got {units}. Give --units a positive number.")
    return units


def inputs_in(name_or_path: str, weights: str) -> int | None:
    """The width of the input that a file of weights or a saved session is for; None where its shapes do not say."""
    if is_snapshot(name_or_path):
        return read_model(name_or_path).network.inputs
    if is_network(name_or_path):
        return read_network_file(name_or_path).inputs
    return _size_in(read_definition(name_or_path), _weights(weights), "inputs")


def _size_in(definition: CellDefinition, weights: Mapping[str, Array], wanted: str) -> int | None:
    """A named size ("units", "inputs") that the shapes of the weights say."""
    for name, spec in definition.parameters.items():
        array = weights.get(f"l0/{name}")
        if array is None or array.ndim != len(spec.shape):
            continue
        for size, length in zip(spec.shape, array.shape, strict=True):
            if size.label == wanted and length:
                return int(length)
    return None


def _head(choices: Choices, weights: Mapping[str, Array] | None) -> str:
    if choices.head:
        return choices.head
    has_readout = weights is not None and any(path.startswith("head/") for path in weights)
    if not choices.loss:
        return "identity" if has_readout else "direct"
    return "softmax" if choices.loss == "cross-entropy" else "identity"


def _check_size(network: Network) -> None:
    numbers = sum(math.prod(shape) for shape in network.parameter_shapes.values())
    if numbers > MAX_PARAMETERS:
        raise DataError(
            f"This network would have {numbers:,} parameters, expected at most {MAX_PARAMETERS:,}. Use fewer units."
        )


def _check_weights(network: Network, weights: Mapping[str, Array], file: str) -> None:
    """Every parameter there with its shape, and nothing else. Raises ShapeError that names what is wrong."""
    shapes, name = network.parameter_shapes, shown(Path(file).name)
    missing = [path for path in shapes if path not in weights]
    if missing:
        advice = " Add them, or choose --head direct." if all(p.startswith("head/") for p in missing) else " Add them."
        raise ShapeError(
            f"{name}: the weights of {_some(missing)} are missing; the file has {_some(list(weights))}.{advice}"
        )
    unknown = [path for path in weights if path not in shapes]
    if unknown:
        raise ShapeError(
            f"{name}: the model has no parameter {_some(unknown)}; it has {_some(list(shapes))}. Rename it."
        )
    for path, shape in shapes.items():
        found = weights[path].shape
        if found != shape and not (shape == (1,) and weights[path].size == 1):
            raise ShapeError(
                f"{name}: {path} has shape {found}, expected {shape}. Check units and inputs, or transpose."
            )


def _some(names: list[str], most: int = 8) -> str:
    return ", ".join(map(shown, names[:most])) + (" …" if len(names) > most else "") if names else "nothing"
