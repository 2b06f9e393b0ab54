"""A block: a layer's walk in one direction, an embedding, a join or the readout. A cell with a name and its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.cell import Cell
from core.errors import ShapeError
from core.language import Backward
from core.language.derive import on_gradient_path
from core.plan import Plan

Array = NDArray[np.floating]
HEAD = "head"
EMBEDDING = "embedding"
REVERSE, JOIN = ".reverse", ".join"  # behind the name of a layer, "l0.reverse"
INPUT_PATH, TARGET_PATH = "input", "target"  # what no block computes


def block_title(name: str) -> str:
    """A block in words, out of its name: "layer 1", "layer 2, reverse", "readout"."""
    if name in (HEAD, EMBEDDING):
        return "readout" if name == HEAD else EMBEDDING
    layer, dot, part = name.partition(".")
    number = layer.removeprefix("l")
    words = f"layer {int(number) + 1}" if number.isdecimal() else layer
    return f"{words}, {part}" if dot else words


def path_title(path: str) -> str:
    """A variable or a parameter in words, out of its path: "h of layer 1", "V of readout"."""
    block, slash, name = path.partition("/")
    return f"{name} of {block_title(block)}" if slash else path


@dataclass(frozen=True, eq=False)
class Block:
    """A cell with a name. ``ends`` are the variables that other blocks or the loss read.

    ``reads`` says for each input of the cell what it is: "input", "target", or a path "l0/h". A ``reverse`` block walks
    from the last time step to the first; where it is not ``aligned``, the rows that others read at t are those of its
    step t, whatever time that was (Keras' go_backwards). ``tied`` names the block whose parameters it uses, "" for own.
    """

    name: str
    cell: Cell
    ends: frozenset[str]
    reads: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reverse: bool = False
    aligned: bool = True
    tied: str = ""

    @property
    def direction(self) -> int:
        """+1 where the block walks time up, -1 where it walks it down."""
        return -1 if self.reverse else 1

    @property
    def owner(self) -> str:
        """Name of the block that the parameters belong to."""
        return self.tied or self.name

    @property
    def title(self) -> str:
        """The block in words: "layer 1", "layer 2, reverse", "readout"."""
        return block_title(self.name)

    @cached_property
    def path(self) -> frozenset[str]:
        """The variables that a gradient can reach."""
        return on_gradient_path(self.cell.definition, self.ends)

    @cached_property
    def plan(self) -> Plan:
        """The compiled step."""
        delayed = frozenset(self.cell.definition.delays)
        return Plan(self.cell, self.path, (delayed | self.ends) & self.path)

    @cached_property
    def _backward(self) -> Mapping[str, Backward]:
        return {backward.equation.name: backward for backward in self.cell.backward}

    def backward(self, equation: str) -> Backward:
        """The derived backward pass of one equation."""
        return self._backward[equation]

    @property
    def output(self) -> str:
        """The variable that the next block reads."""
        return self.cell.definition.output

    @property
    def output_path(self) -> str:
        """Path of the output, "l0/h"."""
        return f"{self.name}/{self.output}"

    def parameters(self, all_parameters: Mapping[str, Array]) -> dict[str, Array]:
        """This block's parameters by their short names, checked. Raises ShapeError naming path and shape."""
        prefix = f"{self.owner}/"
        own = {path[len(prefix) :]: value for path, value in all_parameters.items() if path.startswith(prefix)}
        try:
            return self.cell.check_parameters(own)
        except ShapeError as error:
            raise ShapeError(f"block {self.name}: {error}") from None
