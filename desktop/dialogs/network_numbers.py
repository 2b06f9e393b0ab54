"""The numbers that a chosen network begins with: kept ones, and new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.block import EMBEDDING, HEAD, REVERSE
from core.learning.initialisers import Rule, initialise
from core.network import Block, Network
from desktop.dialogs.network_choice import NetworkChoice, is_same

Arrays = Mapping[str, NDArray]


@dataclass(frozen=True, eq=False)
class Present:
    """The network that is walked, and its numbers."""

    network: Network
    parameters: Arrays


@dataclass(frozen=True, eq=False)
class ChosenNetwork:
    """A choice with the network it makes, in place of another one."""

    choice: NetworkChoice
    network: Network
    before: Present

    @cached_property
    def parameters(self) -> dict[str, NDArray]:
        """The numbers that it begins with: kept ones, and new ones. Raises GatewalkError."""
        return self.network.check({**parameters_of(self.choice, self.network), **self._kept})

    @cached_property
    def _kept(self) -> dict[str, NDArray]:
        return kept_from(self.choice, self.network, self.before)

    @property
    def keeps(self) -> frozenset[str]:
        """Paths of the parameters that have the same numbers as before under the same names."""
        return frozenset(path for path, value in self._kept.items() if self.before.parameters.get(path) is value)

    def keeps_all(self, paths: Iterable[str]) -> bool:
        """Whether all of these parameters and initial values are still those of before."""
        states = {f"initial/{path}" for path in self.network.initial_states()}
        return all(path in self.keeps or path in states for path in paths)

    @property
    def same(self) -> bool:
        """Whether nothing changes."""
        return is_same(self.network, self.before.network) and self.keeps == frozenset(self.network.parameter_shapes)


def parameters_of(choice: NetworkChoice, network: Network) -> dict[str, NDArray]:
    """New numbers for all parameters; the same seed gives the same ones. Raises GatewalkError."""
    values = network.initial_parameters(choice.seed)
    generator = np.random.default_rng(choice.seed)
    for number, layer in enumerate(choice.layers):
        for block in _blocks_of(network, f"l{number}"):
            if layer.rule is not None:
                values |= _filled(block, layer.rule, values, generator)
    return network.check(values)


def _blocks_of(network: Network, name: str) -> list[Block]:
    """The blocks of a layer that have parameters of their own."""
    return [block for block in network.owners if block.name in (name, name + REVERSE)]


def _filled(block: Block, rule: Rule, values: Arrays, generator: np.random.Generator) -> dict[str, NDArray]:
    """The matrices of a block, filled anew."""
    specs = block.cell.definition.parameters
    matrices = [name for name in specs if values[f"{block.name}/{name}"].ndim == 2 and specs[name].value is None]
    units = block.cell.units
    return {
        f"{block.name}/{name}": initialise(rule, values[f"{block.name}/{name}"].shape, generator, units=units)
        for name in matrices
    }


def kept_from(choice: NetworkChoice, network: Network, before: Present) -> dict[str, NDArray]:
    """The present numbers of blocks whose equations and shapes stay the same."""
    if not choice.keep:
        return {}
    there, kept = {block.name: block for block in before.network.owners}, {}
    for block in network.owners:
        old = there.get(_was(choice, block.name))
        if old is None or _base(old) != _base(block):
            continue
        for name, shape in block.cell.parameter_shapes.items():
            if old.cell.parameter_shapes[name] == shape:
                kept[f"{block.name}/{name}"] = before.parameters[f"{old.name}/{name}"]
    return kept


def _was(choice: NetworkChoice, block: str) -> str:
    """What a block of the chosen network was called before; "" for a new one."""
    if block in (HEAD, EMBEDDING):
        return block
    layer, dot, part = block.partition(".")
    chosen = choice.layers[int(layer.removeprefix("l"))]
    if not chosen.was or chosen.rule is not None:
        return ""
    return f"{chosen.was}{dot}{part}"


def _base(block: Block) -> str:
    """The text of the equations; that of the loss is no part of it."""
    return block.cell.definition.text
