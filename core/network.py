"""A network: layers of cells, a readout and a loss, and the names of all its parameters.

A parameter's path is its block and its name: ``l0/W_f``, ``l0.reverse/W_f``, ``head/V``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# The same name twice: these are names of this module too.
from core.block import HEAD as HEAD
from core.block import INPUT_PATH, JOIN, REVERSE, TARGET_PATH
from core.block import Block as Block
from core.cell import Cell
from core.errors import ShapeError
from core.language import read_cell, with_loss
from core.stages import Stage, stages_of

Array = NDArray[np.floating]
Padding = Literal["zero", "carried"]
LOSS = "L"


@dataclass(frozen=True, eq=False)
class Network:
    """Blocks in the order data flows: embedding, layers and joins, then the readout with its loss."""

    layers: tuple[Block, ...]  # all blocks but the readout
    head: Block
    loss: str  # name of the loss, "cross-entropy"; "" for a network that is only walked forward
    padding: Padding = "zero"  # rows behind the end of a sequence: zeros, or the last valid row again

    def __post_init__(self) -> None:
        _check_reads(self.blocks)
        _check_ties(self.blocks)
        if self.head.reverse:
            raise ShapeError("the readout walks in reverse; it must walk forward, as its losses do")

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks in the order data flows."""
        return (*self.layers, self.head)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The blocks by when they walk: stage after stage, those of one stage side by side."""
        return stages_of(self.blocks)

    @cached_property
    def _stage_numbers(self) -> Mapping[str, int]:
        return {block.name: number for number, stage in enumerate(self.stages) for block in stage.blocks}

    def stage(self, block: str) -> int:
        """The number of the stage in which a block walks."""
        return self._stage_numbers[block]

    def block(self, name: str) -> Block:
        """The block of this name. Raises KeyError."""
        return self._by_name[name]

    def title_of(self, name: str) -> str:
        """A block in words, with the arrow of its direction where it needs one: "layer 1 →", "layer 1 ←", "layer 2"."""
        block = self._by_name[name]
        words = block.title.partition(",")[0]
        if name.endswith(JOIN):
            return f"{words} joined"
        if block.reverse:
            return f"{words} ←"
        return f"{words} →" if f"{name}{REVERSE}" in self._by_name else words

    @cached_property
    def _by_name(self) -> Mapping[str, Block]:
        return {block.name: block for block in self.blocks}

    def read_by(self, block: str, name: str) -> str:
        """Path of what a block reads under an input's name: "input", "target", or "l0/h"."""
        return self._by_name[block].reads[name]

    @cached_property
    def input_readers(self) -> tuple[tuple[Block, str], ...]:
        """The blocks that read the sequence itself, each with the name of that input."""
        return tuple((b, name) for b in self.blocks for name, path in b.reads.items() if path == INPUT_PATH)

    @property
    def inputs(self) -> int:
        """Width of the input."""
        block, name = self.input_readers[0]
        return block.cell.input_sizes[name]

    @property
    def outputs(self) -> int:
        """Width of the readout's output."""
        return self.head.cell.outputs

    @property
    def last_layer(self) -> Block:
        """The last block before the readout that is no join."""
        return next(block for block in reversed(self.layers) if not block.name.endswith(JOIN))

    @cached_property
    def summary(self) -> str:
        """The layers in words, bottom to top: "LSTM · GRU (both directions)"."""
        names: dict[str, str] = {}
        for block in self.layers:
            layer, _, part = block.name.partition(".")
            if f".{part}" == REVERSE:
                way = "both directions" if layer in names else "reverse"
                names[layer] = f"{block.cell.definition.short_name} ({way})"
            elif not part:
                names[layer] = block.cell.definition.short_name
        return " · ".join(names.values())

    @cached_property
    def owners(self) -> tuple[Block, ...]:
        """The blocks with parameters of their own."""
        return tuple(block for block in self.blocks if not block.tied)

    def sharing(self, owner: str) -> tuple[Block, ...]:
        """The blocks that use the parameters of one."""
        return tuple(block for block in self.blocks if block.owner == owner)

    @cached_property
    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of every parameter by path."""
        shapes = {f"{b.name}/{n}": shape for b in self.owners for n, shape in b.cell.parameter_shapes.items()}
        return MappingProxyType(shapes)

    @cached_property
    def trainable(self) -> tuple[str, ...]:
        """Paths of the parameters that training changes."""
        return tuple(f"{block.name}/{name}" for block in self.owners for name in block.cell.trainable)

    def initial_parameters(self, seed: int | np.random.Generator = 0) -> dict[str, Array]:
        """Parameters at the start of training, by each one's initialiser; the same seed gives the same numbers."""
        generator = np.random.default_rng(seed)
        return {
            f"{block.name}/{name}": value
            for block in self.owners
            for name, value in block.cell.initial_parameters(generator).items()
        }

    def initial_states(self, batch: int | None = None) -> dict[str, Array]:
        """Zeros for every initial value by path, "l0/h" -> (K, B, H)."""
        states = ((block.name, block.cell.initial_state(batch)) for block in self.layers)
        return {f"{block}/{name}": value for block, state in states for name, value in state.items()}

    def check(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """All parameters as read-only arrays of the right shapes. Raises ShapeError naming what is wrong."""
        checked = {f"{b.name}/{n}": v for b in self.owners for n, v in b.parameters(parameters).items()}
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
    """A network of one or more cells, bottom to top, with a built-in readout and loss. All walk forward.

    ``outputs`` is the width of the readout (default: that of the last layer). Raises ShapeError where a layer does
    not fit the one below, LanguageError for an unknown readout or loss. ``core.stack.build_stack`` builds any network.
    """
    stack = [cells] if isinstance(cells, Cell) else list(cells)
    for below, above in pairwise(stack):
        if above.inputs != below.outputs:
            raise ShapeError(
                f"a layer of {below.outputs} units is read by one with {above.inputs} inputs; make them equal"
            )
    layers: list[Block] = []
    read = INPUT_PATH
    for number, cell in enumerate(stack):
        definition = cell.definition
        block = Block(f"l{number}", cell, frozenset({definition.output}), {definition.inputs[0]: read})
        layers.append(block)
        read = block.output_path
    width = stack[-1].outputs
    if head == "direct" and outputs not in (None, width):
        raise ShapeError(f"without a readout the output has {width} numbers, but the target has {outputs}")
    definition = read_cell(head, "heads")
    readout = Cell(with_loss(definition, loss) if loss else definition, width, outputs or width)
    return Network(tuple(layers), head_block(readout, loss, (read,)), loss)


def head_block(readout: Cell, loss: str, reads: tuple[str, ...]) -> Block:
    """The readout as a block that reads these paths, and the target."""
    names = [name for name in readout.definition.inputs if name != TARGET_PATH]
    read = dict(zip(names, reads, strict=True))
    return Block(HEAD, readout, frozenset({LOSS} if loss else ()), {**read, TARGET_PATH: TARGET_PATH})


def _check_reads(blocks: tuple[Block, ...]) -> None:
    """Every input of every block read from an earlier one of the right width. Raises ShapeError."""
    widths: dict[str, int] = {}
    for block in blocks:
        for name, width in block.cell.input_sizes.items():
            path = block.reads.get(name, "")
            if path in (INPUT_PATH, TARGET_PATH):
                widths.setdefault(path, width)
            if path not in widths:
                raise ShapeError(
                    f"block {block.name} reads {path or 'nothing'} as {name}, which no block before it gives"
                )
            if widths[path] != width:
                raise ShapeError(
                    f"block {block.name} reads {width} numbers as {name}, but {path} gives {widths[path]}; "
                    "make them equal"
                )
        widths |= {f"{block.name}/{name}": size for name, size in block.cell.variable_sizes.items()}


def _check_ties(blocks: tuple[Block, ...]) -> None:
    """Blocks that share parameters need the same ones. Raises ShapeError."""
    owners = {block.name: block.cell.parameter_shapes for block in blocks if not block.tied}
    for block in blocks:
        if block.tied and dict(owners.get(block.tied, {})) != dict(block.cell.parameter_shapes):
            raise ShapeError(
                f"block {block.name} cannot use the parameters of {block.tied}, which has not the same ones"
            )


def _frozen(value: Array) -> Array:
    if value.flags.writeable:
        value = value.copy()
        value.flags.writeable = False
    return value
