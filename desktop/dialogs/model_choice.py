"""A model as it was chosen, and the network it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.cell import Cell
from core.errors import GatewalkError, LanguageError
from core.language import CellDefinition, parse_cell, read_cell
from core.language.cell_file import MAX_BYTES
from core.learning.initialisers import Rule, initialise
from core.models import HEADS, built_in
from core.network import Network, build_network

MATRIX_RULES = ("uniform", "normal", "scaled", "xavier uniform", "xavier normal", "he", "orthogonal", "identity")
MOST_UNITS = 4096


@dataclass(frozen=True, eq=False)
class ModelChoice:
    """What a person chose. ``rule`` fills the matrices of the layer; None: as the cell says."""

    definition: CellDefinition
    units: int
    readout: str = "softmax"
    loss: str = "cross-entropy"
    seed: int = 0
    rule: Rule | None = None


@dataclass(frozen=True, eq=False)
class ChosenModel:
    """A choice with the network it makes and the parameters it begins with."""

    choice: ModelChoice
    network: Network
    parameters: Mapping[str, NDArray]


@dataclass(frozen=True)
class Verdict:
    """What checking a text of equations gave: a definition, or what is wrong and where."""

    definition: CellDefinition | None = None
    problem: str = ""
    line: int = 0  # from 1; 0 for no place
    column: int = 0


def check_text(text: str) -> Verdict:
    """Whether a text is a cell. Never raises for what a person may type."""
    if not text.strip():
        return Verdict(problem="")
    try:
        return Verdict(parse_cell(text))
    except LanguageError as error:
        return Verdict(None, error.message, error.line, error.column)
    except GatewalkError as error:
        return Verdict(None, str(error))


def built_in_cells() -> tuple[tuple[str, str], ...]:
    """Names of the cells that ship with the program, and their titles; the simple ones first."""
    found = [(name, read_cell(name).name) for name in built_in()]
    families = ("rnn", "lstm", "gru", "mgu")

    def place(pair: tuple[str, str]) -> tuple[int, str]:
        family = next((n for n, start in enumerate(families) if pair[0].startswith(start)), len(families))
        return family, pair[0]

    return tuple(sorted(found, key=place))


def readouts() -> tuple[str, ...]:
    """Names of the readouts that ship with the program."""
    return HEADS


def losses_of(readout: str) -> tuple[str, ...]:
    """The losses that a readout has."""
    return tuple(read_cell(readout, "heads").losses)


def network_of(choice: ModelChoice, inputs: int, outputs: int | None = None) -> Network:
    """The network that reads ``inputs`` numbers. Raises ShapeError or LanguageError for what does not fit."""
    cell = Cell(choice.definition, inputs, choice.units)
    # Without a readout and without a target, the output is as wide as there are units.
    wide = None if choice.readout == "direct" and not choice.loss else outputs
    return build_network(cell, head=choice.readout, loss=choice.loss, outputs=wide)


def choice_of(network: Network) -> ModelChoice:
    """The choice that a network of one layer came from, as far as it can be told."""
    readout = Path(network.head.cell.definition.file).stem
    top = network.layers[-1].cell
    return ModelChoice(top.definition, top.units, readout if readout in HEADS else "softmax", network.loss)


def parameters_of(choice: ModelChoice, network: Network) -> Mapping[str, NDArray]:
    """The parameters at the start; the same seed gives the same numbers. Raises GatewalkError."""
    values = network.initial_parameters(choice.seed)
    if choice.rule is not None:
        generator = np.random.default_rng(choice.seed)
        for block in network.layers:
            for name, spec in block.cell.definition.parameters.items():
                path = f"{block.name}/{name}"
                if values[path].ndim == 2 and spec.value is None:
                    values[path] = initialise(choice.rule, values[path].shape, generator, units=choice.units)
    return network.check(values)


def plain_text(path: Path) -> str | None:
    """The text of a cell file, right or wrong, so that it can be mended; None where it is no text of that size."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return None if "\0" in text else text
