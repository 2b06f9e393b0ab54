"""Building networks of any kind: layers of one or both directions, joins, an embedding in front, a readout behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.block import EMBEDDING, INPUT_PATH, JOIN, REVERSE, TARGET_PATH, Block
from core.cell import Cell
from core.errors import DataError, ShapeError
from core.language import CellDefinition, read_cell, with_delays, with_loss
from core.network import Network, Padding, head_block
from core.operators.expression import INPUT, leaves

READOUT = "readout"  # the join of a top layer whose directions the readout reads by a matrix each
BOTH_SUFFIX = "_both"  # of the built-in readouts with a matrix for each direction


class Direction(StrEnum):
    """Which way a layer walks over time."""

    FORWARD = "forward"
    REVERSE = "reverse"
    BOTH = "both"


@dataclass(frozen=True, eq=False)
class LayerSpec:
    """What a layer is to be.

    ``join`` says how both directions become one: "concatenation", "sum", "average", "product" (or a definition of a
    cell with two inputs); "readout" for the last layer: a matrix for each direction. ``sizes`` are numbers for the
    extra sizes that the cell declares, ``delays`` for the delays it names. Without ``aligned`` what others read of the
    reverse direction at t is its step t. ``tied``: the reverse direction uses the parameters of the forward one.
    ``reverse_cell``: the cell of the reverse direction of a layer of both, where it is another one.
    """

    cell: CellDefinition
    units: int
    direction: Direction = Direction.FORWARD
    join: str | CellDefinition = "concatenation"
    sizes: Mapping[str, int] = field(default_factory=dict)
    aligned: bool = True
    tied: bool = False
    reverse_cell: CellDefinition | None = None
    delays: Mapping[str, int] = field(default_factory=dict)


def build_stack(
    layers: Iterable[LayerSpec],
    *,
    inputs: int,
    embedding: int | None = None,
    head: str | CellDefinition = "softmax",
    loss: str = "",
    outputs: int | None = None,
    padding: Padding = "zero",
) -> Network:
    """The network of these layers, bottom to top.

    ``embedding`` is the width of an embedding in front of the layers; ``outputs`` that of the readout (default: what
    the last layer gives). Raises ShapeError where parts do not fit, DataError for a join that cannot stand where it
    does, LanguageError and FileError for an unknown readout, loss or join.
    """
    specs = list(layers)
    if not specs:
        raise DataError("A network needs at least one layer, got none.")
    stack = _Stack(inputs)
    if embedding is not None:
        stack.add(EMBEDDING, read_cell(EMBEDDING, "embeddings"), embedding)
    for number, spec in enumerate(specs):
        if spec.join == READOUT and number < len(specs) - 1:
            raise DataError(
                f"Layer {number + 1} cannot be joined by the readout, which reads only the last layer. "
                'Use "concatenation".'
            )
        stack.add_layer(f"l{number}", spec)
    return stack.network(head, loss, outputs, padding)


class _Stack:
    """Blocks added one by one; ``_reads`` is what the next one reads: a path with its width, or one a direction."""

    def __init__(self, inputs: int) -> None:
        self._blocks: list[Block] = []
        self._reads: list[tuple[str, int]] = [(INPUT_PATH, inputs)]

    def add(self, name: str, definition: CellDefinition, units: int, **options: Any) -> Block:
        """A block that reads what stands on top, and stands on top itself."""
        block = _block(name, definition, units, self._reads, **options)
        self._blocks.append(block)
        self._reads = [(block.output_path, block.cell.outputs)]
        return block

    def add_layer(self, name: str, spec: LayerSpec) -> None:
        """The blocks of a layer."""
        below, directions = self._reads, []
        if spec.direction is not Direction.REVERSE:
            self.add(name, with_delays(spec.cell, spec.delays), spec.units, sizes=spec.sizes)
            directions += self._reads
        if spec.direction is not Direction.FORWARD:
            self._reads = below
            tied = name if spec.tied and directions else ""
            cell = with_delays((spec.reverse_cell if directions else None) or spec.cell, spec.delays)
            self.add(name + REVERSE, cell, spec.units, sizes=spec.sizes, reverse=True, aligned=spec.aligned, tied=tied)
            directions += self._reads
        self._reads = directions
        if spec.direction is Direction.BOTH and spec.join != READOUT:
            join = spec.join if isinstance(spec.join, CellDefinition) else read_cell(spec.join, "joins")
            self.add(name + JOIN, join, spec.units)

    def network(self, head: str | CellDefinition, loss: str, outputs: int | None, padding: Padding) -> Network:
        """The network with its readout."""
        definition = _readout(head, len(self._reads))
        definition = with_loss(definition, loss) if loss else definition
        width = self._reads[0][1]
        readout = Cell(definition, width, outputs or width, _sizes(definition, self._reads))
        if outputs not in (None, readout.outputs):
            raise ShapeError(
                f"without a readout the output has {readout.outputs} numbers, but the target has {outputs}"
            )
        block = head_block(readout, loss, tuple(path for path, _ in self._reads))
        return Network(tuple(self._blocks), block, loss, padding)


def _block(
    name: str,
    definition: CellDefinition,
    units: int,
    reads: list[tuple[str, int]],
    sizes: Mapping[str, int] = MappingProxyType({}),
    **options: Any,
) -> Block:
    """A block whose inputs are these paths of these widths. Raises DataError, ShapeError."""
    if len(definition.inputs) != len(reads):
        raise DataError(
            f"Block {name} ({definition.short_name}) has the inputs {', '.join(definition.inputs)}, but {len(reads)} "
            f"can be read: {', '.join(path for path, _ in reads)}. Use a cell with as many inputs."
        )
    cell = Cell(definition, reads[0][1], units, {**sizes, **_sizes(definition, reads)})
    read = dict(zip(definition.inputs, (path for path, _ in reads), strict=True))
    return Block(name, cell, frozenset({definition.output}), read, **options)


def _sizes(definition: CellDefinition, reads: list[tuple[str, int]]) -> dict[str, int]:
    """Numbers for the extra sizes that say how wide further inputs are."""
    read = (leaf for equation in definition.equations for leaf in leaves(equation.expression))
    labels = {leaf.name: leaf.shape[0].label for leaf in read if leaf.operator == INPUT}
    further = zip(definition.inputs[1:], reads[1:], strict=False)
    return {str(labels[name]): width for name, (_, width) in further if labels.get(name) in definition.sizes}


def _readout(head: str | CellDefinition, reads: int) -> CellDefinition:
    """The readout with so many inputs beside the target. Raises FileError, LanguageError, DataError."""
    if isinstance(head, str):
        head = read_cell(f"{head}{BOTH_SUFFIX}" if reads > 1 and not head.endswith(BOTH_SUFFIX) else head, "heads")
    names = [name for name in head.inputs if name != TARGET_PATH]
    if len(names) != reads:
        raise DataError(
            f"The readout {head.name} reads {', '.join(names) or 'nothing'}, but the last layer gives {reads} outputs. "
            'Join its directions by "concatenation", or by "readout" for a matrix each.'
        )
    return head
