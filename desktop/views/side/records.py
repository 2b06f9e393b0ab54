"""What the panels at the left are given to show."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from core.block import EMBEDDING, JOIN
from core.frame import Phase, Position
from core.network import LOSS, Block, Network
from core.origin import Origin


@dataclass(frozen=True)
class ParameterRow:
    """A parameter as the list names it."""

    path: str
    shape: tuple[int, ...]
    trainable: bool = True


@dataclass(frozen=True)
class FileFacts:
    """What is known about the file that a network came from."""

    name: str
    found: str
    remarks: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()  # to what the file does not say


@dataclass(frozen=True)
class ModelSummary:
    """A network in words and numbers."""

    name: str  # of the session, "" for none
    cells: tuple[str, ...]  # titles of the layers, bottom to top
    sources: tuple[str, ...]  # where each cell comes from, but for the embedding
    units: tuple[int, ...]
    inputs: int
    outputs: int
    readout: str
    loss: str  # "" for a network that is only walked forward
    parameters: tuple[ParameterRow, ...]
    trained: bool | None = None  # None: not known
    file: FileFacts | None = None

    @property
    def count(self) -> int:
        """How many numbers all parameters have together."""
        return sum(math.prod(row.shape) for row in self.parameters)


@dataclass(frozen=True)
class BookmarkCard:
    """A place to come back to. ``key`` is whatever the composer knows it by (a cursor, a file)."""

    name: str
    subtitle: str  # "iteration 40 · backward, t = 3"
    norms: tuple[float, ...] = ()  # ‖∂L/∂h_t‖ over time, NaN where nothing had arrived; may be empty
    key: object = None
    kind: str = "bookmark"  # or "snapshot": a file
    note: str = ""
    here: bool = False  # the walk stands there now
    brief: str = ""  # the subtitle where there is little room: "40 · backward, t = 3"


def model_summary(
    network: Network, name: str = "", trained: bool | None = None, origin: Origin | None = None
) -> ModelSummary:
    """The summary of a network, and of the file that it came from."""
    by_layer = _by_layer(network)
    layers = [blocks[0].cell for blocks in by_layer.values()]
    trainable = frozenset(network.trainable)
    rows = tuple(ParameterRow(path, shape, path in trainable) for path, shape in network.parameter_shapes.items())
    return ModelSummary(
        name=name,
        cells=tuple(_title(blocks) for blocks in by_layer.values()),
        sources=tuple(blocks[0].cell.definition.source for name, blocks in by_layer.items() if name != EMBEDDING),
        units=tuple(cell.units for cell in layers),
        inputs=network.inputs,
        outputs=network.outputs,
        readout=network.head.cell.definition.name,
        loss=network.loss,
        parameters=rows,
        trained=None if origin is not None and not trained else trained,
        file=_facts(origin),
    )


def _by_layer(network: Network) -> dict[str, list[Block]]:
    """The blocks of each layer that have units of their own, bottom to top."""
    layers: dict[str, list[Block]] = {}
    for block in network.layers:
        if not block.name.endswith(JOIN):
            layers.setdefault(block.name.split(".")[0], []).append(block)
    return layers


def _title(blocks: list[Block]) -> str:
    """The cell of a layer, and which way it walks where that is not forward."""
    title = blocks[0].cell.definition.name
    if len(blocks) > 1:
        return tr("{cell}, both ways").format(cell=title)
    return tr("{cell}, reverse").format(cell=title) if blocks[0].reverse else title


def _facts(origin: Origin | None) -> FileFacts | None:
    if origin is None:
        return None
    name = origin.file.replace("\\", "/").rsplit("/", 1)[-1]
    return FileFacts(name, origin.found, tuple(origin.remarks), tuple(origin.answers.items()))


def layer_paths(network: Network) -> tuple[str, ...]:
    """Paths of all variables that a breakpoint can watch, layers first."""
    return tuple(
        f"{block.name}/{name}" for block in network.blocks for name in block.cell.definition.variables if name != LOSS
    )


def place_words(position: Position) -> str:
    """A position in a few words: "iteration 40 · backward, t = 3"."""
    return tr("iteration {place}").format(place=brief_place_words(position))


def brief_place_words(position: Position) -> str:
    """The same in fewer: "40 · backward, t = 3"."""
    where = phase_words(position.phase)
    if position.t is not None:
        where += f", t = {position.t + 1}"
    return f"{position.cursor.iteration} · {where}"


def phase_words(phase: Phase) -> str:
    """What a phase is called in the middle of a sentence."""
    words = {
        Phase.FORWARD: tr("forward"),
        Phase.LOSS: tr("loss"),
        Phase.BACKWARD: tr("backward"),
        Phase.REGULARISER: tr("regulariser"),
        Phase.CLIP: tr("clip"),
        Phase.UPDATE: tr("update"),
    }
    return words.get(phase, str(phase))


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("SidePanels", text)
