"""What the panels at the left are given to show."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from core.frame import Phase, Position
from core.network import LOSS, Network


@dataclass(frozen=True)
class ParameterRow:
    """A parameter as the list names it."""

    path: str
    shape: tuple[int, ...]
    trainable: bool = True


@dataclass(frozen=True)
class ModelSummary:
    """A network in words and numbers."""

    name: str  # of the session, "" for none
    cells: tuple[str, ...]  # titles of the layers, bottom to top
    sources: tuple[str, ...]  # where each cell comes from
    units: tuple[int, ...]
    inputs: int
    outputs: int
    readout: str
    loss: str  # "" for a network that is only walked forward
    parameters: tuple[ParameterRow, ...]
    trained: bool | None = None  # None: not known

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


def model_summary(network: Network, name: str = "", trained: bool | None = None) -> ModelSummary:
    """The summary of a network."""
    cells = tuple(block.cell for block in network.layers)
    trainable = frozenset(network.trainable)
    rows = tuple(ParameterRow(path, shape, path in trainable) for path, shape in network.parameter_shapes.items())
    return ModelSummary(
        name=name,
        cells=tuple(cell.definition.name for cell in cells),
        sources=tuple(cell.definition.source for cell in cells),
        units=tuple(cell.units for cell in cells),
        inputs=network.inputs,
        outputs=network.outputs,
        readout=network.head.cell.definition.name,
        loss=network.loss,
        parameters=rows,
        trained=trained,
    )


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
        Phase.CLIP: tr("clip"),
        Phase.UPDATE: tr("update"),
    }
    return words.get(phase, str(phase))


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("SidePanels", text)
