"""A network: layers of cells, a readout and a loss, and the names of all its parameters.

A parameter's path is its block and its name: ``l0/W_f``, ``head/V``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.cell import Cell
from core.errors import ShapeError
from core.language import Backward, read_cell, with_loss
from core.language.derive import on_gradient_path
from core.plan import Plan

Array = NDArray[np.floating]
HEAD = "head"
LOSS = "L"


@dataclass(frozen=True, eq=False)
class Block:
    """A layer or the readout: a cell with a name. ``ends`` are the variables that other blocks or the loss read."""

    name: str
    cell: Cell
    ends: frozenset[str]

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

    def parameters(self, all_parameters: Mapping[str, Array]) -> dict[str, Array]:
        """This block's own parameters by their short names, checked. Raises ShapeError naming path and shape."""
        prefix = f"{self.name}/"
        own = {path[len(prefix) :]: value for path, value in all_parameters.items() if path.startswith(prefix)}
        try:
            return self.cell.check_parameters(own)
        except ShapeError as error:
            raise ShapeError(f"block {self.name}: {error}") from None


@dataclass(frozen=True, eq=False)
class Network:
    """Layers bottom to top, then the readout with its loss."""

    layers: tuple[Block, ...]
    head: Block
    loss: str  # name of the loss, "cross-entropy"; "" for a network that is only walked forward

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks in the order data flows."""
        return (*self.layers, self.head)

    def block(self, name: str) -> Block:
        """The block of this name. Raises KeyError."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, Block]:
        return {block.name: block for block in self.blocks}

    def read_by(self, block: str, name: str) -> str:
        """Path of what a block reads under an input's name: "input", "target", or "l0/h"."""
        number = [b.name for b in self.blocks].index(block)
        if name != self.blocks[number].cell.definition.inputs[0]:
            return name
        below = self.blocks[number - 1] if number else None
        return f"{below.name}/{below.output}" if below else "input"

    @property
    def inputs(self) -> int:
        """Width of the input."""
        return self.layers[0].cell.inputs

    @property
    def outputs(self) -> int:
        """Width of the readout's output."""
        return self.head.cell.variable_sizes[self.head.output]

    @cached_property
    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of every parameter by path."""
        shapes = {f"{b.name}/{n}": shape for b in self.blocks for n, shape in b.cell.parameter_shapes.items()}
        return MappingProxyType(shapes)

    @cached_property
    def trainable(self) -> tuple[str, ...]:
        """Paths of the parameters that training changes."""
        return tuple(f"{block.name}/{name}" for block in self.blocks for name in block.cell.trainable)

    def initial_parameters(self, seed: int | np.random.Generator = 0) -> dict[str, Array]:
        """Parameters at the start of training, by each one's initialiser; the same seed gives the same numbers."""
        generator = np.random.default_rng(seed)
        return {
            f"{block.name}/{name}": value
            for block in self.blocks
            for name, value in block.cell.initial_parameters(generator).items()
        }

    def initial_states(self, batch: int | None = None) -> dict[str, Array]:
        """Zeros for every initial value by path, "l0/h" -> (K, B, H)."""
        states = ((block.name, block.cell.initial_state(batch)) for block in self.layers)
        return {f"{block}/{name}": value for block, state in states for name, value in state.items()}

    def check(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """All parameters as read-only arrays of the right shapes. Raises ShapeError naming what is wrong."""
        checked = {f"{b.name}/{n}": v for b in self.blocks for n, v in b.parameters(parameters).items()}
        return {path: _frozen(value) for path, value in checked.items()}

    def has_variable(self, path: str) -> bool:
        """Whether this is the path of a variable, "l0/c"."""
        block, _, name = path.partition("/")
        return block in self._by_name and name in self._by_name[block].cell.variable_sizes

    def readout_equations(self) -> Iterator[str]:
        """Variables of the readout that the forward phase walks: all but the loss."""
        return (name for name in self.head.cell.definition.variables if name != LOSS)


def build_network(
    cells: list[Cell] | Cell, *, head: str = "softmax", loss: str = "cross-entropy", outputs: int | None = None
) -> Network:
    """A network of one or more cells, bottom to top, with a built-in readout and loss.

    ``outputs`` is the width of the readout (default: the units of the last layer). Raises ShapeError where a layer does
    not fit the one below, LanguageError for an unknown readout or loss.
    """
    stack = [cells] if isinstance(cells, Cell) else list(cells)
    for below, above in pairwise(stack):
        if above.inputs != below.units:
            raise ShapeError(
                f"a layer of {below.units} units is read by one with {above.inputs} inputs; make them equal"
            )
    layers = tuple(Block(f"l{i}", cell, frozenset({cell.definition.output})) for i, cell in enumerate(stack))
    units = stack[-1].units
    definition = read_cell(head, "heads")
    if loss:
        definition = with_loss(definition, loss)
    width = units if head == "direct" else outputs or units
    if head == "direct" and outputs not in (None, units):
        raise ShapeError(f"without a readout the output has {units} numbers, but the target has {outputs}")
    readout = Cell(definition, units, width)
    return Network(layers, Block(HEAD, readout, frozenset({LOSS} if loss else ())), loss)


def _frozen(value: Array) -> Array:
    if value.flags.writeable:
        value = value.copy()
        value.flags.writeable = False
    return value
