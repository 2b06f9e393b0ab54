"""What the rows of a network of several layers are called, in the drawing and wherever a variable of one is named."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication

from core.block import EMBEDDING, HEAD, JOIN, REVERSE
from core.frame import BlockFrame, LaneFrame

FORWARD_MARK, REVERSE_MARK = "\N{RIGHTWARDS ARROW}", "\N{LEFTWARDS ARROW}"
CONTEXT = "RowNames"


def row_name(block: BlockFrame, blocks: Iterable[BlockFrame]) -> str:
    """The row of a block among those of its lane: "embedding", "layer 2 joined", "layer 2 ←"; "" for the readout."""
    if block.name in (HEAD, EMBEDDING):
        return "" if block.name == HEAD else tr("embedding")
    layer = block.name.split(".")[0]
    words = tr("layer {number}").format(number=int(layer[1:]) + 1)
    if block.name.endswith(JOIN):
        return tr("{layer} joined").format(layer=words)
    if block.direction < 0 or f"{layer}{REVERSE}" in {other.name for other in blocks}:
        return f"{words} {REVERSE_MARK if block.direction < 0 else FORWARD_MARK}"
    return words


def row_of(path: str, lane: LaneFrame) -> str:
    """The row that a variable stands in, where a lane has more than one beside the readout; else ""."""
    rows = [block for block in lane.blocks if block.name != HEAD]
    found = next((block for block in rows if block.name == path.split("/")[0]), None)
    return row_name(found, rows) if found is not None and len(rows) > 1 else ""


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate(CONTEXT, text)
