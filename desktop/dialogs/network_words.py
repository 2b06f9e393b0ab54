"""A network in words: what stands in its rows, and in which order it is walked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from PySide6.QtCore import QCoreApplication

from core.block import EMBEDDING, HEAD, JOIN, REVERSE, Block
from core.errors import GatewalkError
from core.language import read_cell
from core.network import Network
from core.stack import READOUT, Direction
from core.stages import Stage
from desktop.dialogs.model_choice import readouts
from desktop.dialogs.network_choice import LayerChoice, NetworkChoice, is_same, network_of
from desktop.dialogs.network_problems import Judgement


@dataclass(frozen=True)
class Row:
    """One part. ``number`` is the layer's, None for readout and input; ``wrong``: something is to be mended there."""

    key: str  # "head", "l0", "input"
    name: str
    title: str
    words: str
    number: int | None = None
    direction: Direction | None = None
    wrong: bool = False

    @property
    def spoken(self) -> str:
        """The row as it is read out."""
        return ", ".join(part for part in (self.name, self.title, self.words) if part)


def walking_words(network: Network) -> str:
    """The order of walking: "l0 forward, then l0 reverse, then join and readout"."""
    joins = sum(block.name.endswith(JOIN) for block in network.layers)
    stages = [_stage_words(stage, several_joins=joins > 1) for stage in network.stages]
    return tr(", then ").join(stages)


def _stage_words(stage: Stage, several_joins: bool) -> str:
    words = []
    for walks, blocks in groupby(stage.blocks, _walks):
        names = [_block_words(block, several_joins) for block in blocks]
        direction = (tr("reverse") if stage.reverse else tr("forward")) if walks else ""
        words.append(f"{listed(names)} {direction}".strip())
    return listed(words)


def _walks(block: Block) -> bool:
    """Whether a block remembers, so that it matters which way it walks."""
    return bool(block.cell.definition.delays)


def _block_words(block: Block, several_joins: bool) -> str:
    if block.name in (HEAD, EMBEDDING):
        return tr("readout") if block.name == HEAD else tr("embedding")
    if block.name.endswith(JOIN):
        layer = block.name.removesuffix(JOIN)
        return tr("join of {layer}").format(layer=layer) if several_joins else tr("join")
    return block.name.removesuffix(REVERSE)


def listed(words: list[str]) -> str:
    """Words as a list in a sentence: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return tr("{first} and {last}").format(first=", ".join(words[:-1]), last=words[-1])


def join_names() -> dict[str, str]:
    """What each way of joining two directions is called."""
    return {
        "concatenation": tr("side by side"),
        "sum": tr("sum"),
        "average": tr("average"),
        "product": tr("product"),
        READOUT: tr("by the readout"),
    }


def layer_words(layer: LayerChoice, join: object) -> str:
    """The size of a layer in a few words: "64 units", "2 × 64 units, sum"."""
    units = f"{layer.units:,}"
    if layer.direction is not Direction.BOTH:
        return tr("{units} units").format(units=units) if layer.units > 1 else tr("1 unit")
    short = {
        "concatenation": tr("side by side"),
        READOUT: tr("to the readout"),
    }
    words = short.get(str(join), join if isinstance(join, str) else tr("own join"))
    return tr("2 × {units} units, {join}").format(units=units, join=words)


def rows_of(choice: NetworkChoice, judgement: Judgement, inputs: int, outputs: int) -> tuple[Row, ...]:
    """The parts of a network for the list, the readout first."""
    layers = [
        Row(
            f"l{number}",
            f"l{number}",
            tr("Own equations") if layer.draft is not None else layer.definition.name,
            layer_words(layer, choice.join_of(number)),
            number,
            layer.direction,
            judgement.at(f"l{number}") is not None,
        )
        for number, layer in enumerate(choice.layers)
    ]
    return _head_row(choice, judgement, outputs), *reversed(layers), _input_row(choice, judgement, inputs)


def _head_row(choice: NetworkChoice, judgement: Judgement, outputs: int) -> Row:
    name = read_cell(choice.head, "heads").name if choice.head in readouts() else choice.head.name
    if judgement.network is not None:
        outputs = judgement.network.outputs
    losses = {"squared": tr("½ squared error"), "cross-entropy": tr("cross-entropy"), "": tr("no loss")}
    words = tr("{outputs} outputs, {loss}").format(outputs=f"{outputs:,}", loss=losses.get(choice.loss, choice.loss))
    return Row(HEAD, "y", tr("No readout") if choice.head == "direct" else name, words, wrong=_wrong(judgement, HEAD))


def _input_row(choice: NetworkChoice, judgement: Judgement, inputs: int) -> Row:
    words, title = tr("{count} numbers a step").format(count=f"{inputs:,}"), tr("Input")
    if choice.embedding is not None:
        title = tr("Input and embedding")
        words = tr("{count} → {width} numbers a step").format(count=f"{inputs:,}", width=f"{choice.embedding:,}")
    return Row("input", "x", title, words, wrong=_wrong(judgement, EMBEDDING))


def _wrong(judgement: Judgement, place: str) -> bool:
    return judgement.at(place) is not None


def unshown_words(choice: NetworkChoice, network: Network) -> str:
    """What of a network is not among these settings and is lost by a change; "" for nothing."""
    try:
        if is_same(network_of(choice, network.inputs, network.outputs), network):
            return ""
    except GatewalkError:
        pass  # then it cannot be made from these settings at all
    return tr("The present model has connections that cannot be set here; a changed one does without them.")


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Network", text)
