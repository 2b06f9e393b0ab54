"""A network as a person chose it, layer by layer: from the present network, to another, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from core.block import EMBEDDING, JOIN, REVERSE
from core.language import CellDefinition, parse_cell, read_cell
from core.learning.initialisers import Rule
from core.network import Block, Network, Padding
from core.resources import resource_path
from core.stack import READOUT, Direction, LayerSpec, build_stack
from desktop.dialogs.model_choice import BOTH, JOINS, readouts

MOST_UNITS = 4096
MOST_LAYERS = 64


@dataclass(frozen=True, eq=False)
class LayerChoice:
    """A layer. ``rule`` fills its matrices; None: as the cell says. ``was``: its name in the present network.

    ``draft`` is a text that was to be another cell but is none yet.
    """

    definition: CellDefinition
    units: int
    direction: Direction = Direction.FORWARD
    join: str | CellDefinition = "concatenation"
    sizes: Mapping[str, int] = field(default_factory=dict)
    aligned: bool = True
    tied: bool = False
    rule: Rule | None = None
    reverse_cell: CellDefinition | None = None  # of the reverse direction, where it is another one
    was: str = ""
    draft: str | None = None
    delays: Mapping[str, int] = field(default_factory=dict)  # other numbers for the delays that the cell names

    @property
    def text(self) -> str:
        """The equations as they were written."""
        return self.definition.text if self.draft is None else self.draft

    @property
    def all_sizes(self) -> Mapping[str, int]:
        """The extra sizes that the cell declares, in numbers."""
        return {name: self.sizes.get(name, usual) for name, usual in self.definition.sizes.items()}

    @property
    def all_delays(self) -> Mapping[str, int]:
        """The delays that the cell names, in steps."""
        return {name: self.delays.get(name, usual) for name, usual in self.definition.named_delays.items()}


@dataclass(frozen=True, eq=False)
class NetworkChoice:
    """A network, its layers bottom to top. With ``keep`` what stays the same keeps its numbers."""

    layers: tuple[LayerChoice, ...]
    embedding: int | None = None
    head: str | CellDefinition = "softmax"
    loss: str = "cross-entropy"
    padding: Padding = "zero"
    seed: int = 0
    keep: bool = True

    def join_of(self, number: int) -> str | CellDefinition:
        """How the directions of a layer are joined; only the last layer can leave that to the readout."""
        join = self.layers[number].join
        return "concatenation" if join == READOUT and number < len(self.layers) - 1 else join

    def specs(self) -> Iterator[LayerSpec]:
        """The layers as the core builds them."""
        for number, layer in enumerate(self.layers):
            sizes = {name: size for name, size in layer.sizes.items() if name in layer.definition.sizes}
            yield LayerSpec(
                layer.definition,
                layer.units,
                layer.direction,
                self.join_of(number),
                sizes,
                layer.aligned or layer.direction is Direction.FORWARD,
                layer.tied and layer.direction is Direction.BOTH,
                layer.reverse_cell if layer.direction is Direction.BOTH else None,
                layer.all_delays,
            )

    # Changes, each a new choice

    def with_layer(self, number: int, layer: LayerChoice) -> NetworkChoice:
        """With another layer in this place."""
        return replace(self, layers=(*self.layers[:number], layer, *self.layers[number + 1 :]))

    def added(self, number: int) -> NetworkChoice:
        """With a layer on top of this one, of the same cell and as large, that walks forward."""
        plain = replace(self.layers[number], direction=Direction.FORWARD, join="concatenation", tied=False, was="")
        new = replace(plain, reverse_cell=None)
        return replace(self, layers=(*self.layers[: number + 1], new, *self.layers[number + 1 :]))

    def removed(self, number: int) -> NetworkChoice:
        """Without a layer; the last one stays."""
        if len(self.layers) == 1:
            return self
        return replace(self, layers=(*self.layers[:number], *self.layers[number + 1 :]))

    def moved(self, number: int, to: int) -> NetworkChoice:
        """With a layer in another place, counted when it is taken out."""
        rest = [*self.layers[:number], *self.layers[number + 1 :]]
        to = min(max(to, 0), len(rest))
        return replace(self, layers=(*rest[:to], self.layers[number], *rest[to:]))


# --- to a network ----------------------------------------------------------------------------------------------------


def network_of(choice: NetworkChoice, inputs: int, outputs: int | None = None) -> Network:
    """The network that reads ``inputs`` numbers. Raises GatewalkError for what does not fit."""
    # Without a readout and without a target, the output is as wide as there are units.
    wide = None if choice.head == "direct" and not choice.loss else outputs
    return build_stack(
        choice.specs(),
        inputs=inputs,
        embedding=choice.embedding,
        head=choice.head,
        loss=choice.loss,
        outputs=wide,
        padding=choice.padding,
    )


def network_like(like: Network, inputs: int, outputs: int, head: str, loss: str) -> Network:
    """A network with the same layers that reads and gives other numbers. Raises GatewalkError."""
    return network_of(replace(choice_of(like), head=head, loss=loss), inputs, outputs)


# --- from a network --------------------------------------------------------------------------------------------------


def choice_of(network: Network) -> NetworkChoice:
    """The choice that makes this network, as far as it can be told; ``is_same`` says how far."""
    blocks = {block.name: block for block in network.layers}
    names = dict.fromkeys(name.split(".")[0] for name in blocks if name != EMBEDDING)
    embedding = blocks[EMBEDDING].cell.units if EMBEDDING in blocks else None
    layers = tuple(_layer(name, blocks) for name in names)
    return NetworkChoice(layers, embedding, _head(network.head), network.loss, network.padding)


def _layer(name: str, blocks: Mapping[str, Block]) -> LayerChoice:
    forward, reverse, join = blocks.get(name), blocks.get(name + REVERSE), blocks.get(name + JOIN)
    main = forward or reverse or join
    if forward is None:
        direction = Direction.REVERSE
    else:
        direction = Direction.BOTH if reverse is not None else Direction.FORWARD
    joined: str | CellDefinition = READOUT if direction is Direction.BOTH else "concatenation"
    if join is not None:
        joined = _known(join.cell.definition, JOINS, "joins")
    return LayerChoice(
        main.cell.definition,
        main.cell.units,
        direction,
        joined,
        dict(main.cell.extra),
        reverse is None or reverse.aligned,
        bool(reverse is not None and reverse.tied),
        reverse_cell=_other(forward, reverse),
        was=name,
        delays=_own_delays(main.cell.definition),
    )


def _own_delays(definition: CellDefinition) -> Mapping[str, int]:
    """The named delays of a cell where they are not all as its text says."""
    delays = definition.named_delays
    if not delays or delays == parse_cell(definition.text, definition.file).named_delays:
        return {}
    return dict(delays)


def _other(forward: Block | None, reverse: Block | None) -> CellDefinition | None:
    """The cell of the reverse direction where it is another one than the forward one's."""
    if forward is None or reverse is None or forward.cell.definition.text == reverse.cell.definition.text:
        return None
    return reverse.cell.definition


def _head(head: Block) -> str | CellDefinition:
    found = head.cell.definition
    plain = parse_cell(found.text, found.file)  # without the equation of the loss
    known = _known(plain, (*readouts(), *(name + BOTH for name in readouts())), "heads")
    return known.removesuffix(BOTH) if isinstance(known, str) else known


def _known(definition: CellDefinition, names: tuple[str, ...], kind: str) -> str | CellDefinition:
    """The name of a definition that ships with the program, else the definition."""
    texts = _texts(kind)
    return next((name for name in names if texts.get(name) == definition.text), definition)


def _texts(kind: str) -> Mapping[str, str]:
    return {file.stem: read_cell(file.stem, kind).text for file in resource_path(kind).glob("*.toml")}


def is_same(one: Network, other: Network) -> bool:
    """Whether two networks compute the same from the same numbers, under the same names."""
    return (
        one.loss == other.loss
        and one.padding == other.padding
        and len(one.blocks) == len(other.blocks)
        and all(map(_alike, one.blocks, other.blocks))
    )


def _alike(one: Block, other: Block) -> bool:
    facts = [
        (
            block.name,
            block.cell.definition.text,
            dict(block.cell.definition.named_delays),
            dict(block.cell.variable_sizes),
            dict(block.cell.parameter_shapes),
            dict(block.reads),
            block.reverse,
            block.aligned,
            block.tied,
        )
        for block in (one, other)
    ]
    return facts[0] == facts[1]
