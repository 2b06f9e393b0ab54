"""Says what each row of a lane of several layers is: its layer, which way it walks, its cell."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from core.block import EMBEDDING
from core.frame import BlockFrame, Detail
from desktop.views.row_names import row_name
from desktop.views.row_names import tr as translated
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.geometry import is_compact, layer_shape
from desktop.views.unrolled.scene import Scene, layers_of

LEFT_PX = 20.0
NAME_HIGH_PX, NAME_WIDE_PX = 14.0, 118.0
ARROW_PX = 10.0  # half of the widest arrow, and a little air
JOIN = ".join"
OPEN, SHUT = "\N{BLACK DOWN-POINTING SMALL TRIANGLE}", "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}"


def paint_row_names(painter: QPainter, scene: Scene, chrome: Chrome) -> None:
    """Paints the name of every row over its upper left corner, where it stays while the columns are moved."""
    for n, layer, _lane, block, _rows in scene.places():
        text = written(scene, chrome, n, block)
        if not text:
            continue
        rect = row_name_rect(scene, n, layer)
        wide = chrome.word_width(text, chrome.fonts.tiny_bold) + 4 * scene.rows.scale
        ground = QRectF(
            rect.left(), rect.top(), wide, rect.height()
        ).toAlignedRect()  # painted again, it leaves no trace
        painter.fillRect(ground, chrome.theme.background)
        lit = scene.lit is not None and (n, layer) == (0, scene.lit.layer)
        font = chrome.fonts.tiny_bold if lit else chrome.fonts.tiny
        colour = chrome.theme.accent if lit else chrome.theme.secondary
        chrome.write(painter, text, font, colour, rect.left(), rect.center().y(), 0.0)


def row_name_rect(scene: Scene, n: int, layer: int) -> QRectF:
    """Where the name of a row stands."""
    scale = scene.rows.scale
    arcs = layer_shape(layers_of(scene.lanes[n])[layer]).arcs_px if scene.detail is not Detail.MAP else 0.0
    top = scene.rows.lanes[n].layers[layer].top - (NAME_HIGH_PX + 1 + arcs) * scale
    return QRectF(LEFT_PX * scale, top, NAME_WIDE_PX * scale, NAME_HIGH_PX * scale)


def room_of(scene: Scene) -> float:
    """How wide a name may be without reaching the arrows of the first column, wherever the columns are moved to."""
    if scene.detail is Detail.MAP:
        return NAME_WIDE_PX * scene.rows.scale
    at_rest = scene.axis.left + scene.axis.pitch / 2
    return max(at_rest, scene.axis.middle_of(0)) - (LEFT_PX + ARROW_PX) * scene.rows.scale


def written(scene: Scene, chrome: Chrome, n: int, block: BlockFrame) -> str:
    """What stands over a row; where that is too long, a layer without its cell, and a join without its layer."""
    text = row_text(scene, n, block)
    if not text or chrome.word_width(text, chrome.fonts.tiny_bold) <= room_of(scene):
        return text
    if block.name.endswith(JOIN):
        return translated("joined")
    name = row_name(block, layers_of(scene.lanes[n]))
    return text[: text.index(name) + len(name)]


def can_collapse(scene: Scene, name: str) -> bool:
    """Whether a block can be drawn as one strip and whole again; a join is always one."""
    return any(
        block.name == name and not block.name.endswith(JOIN) for lane in scene.lanes for block in layers_of(lane)
    )


def current_row(scene: Scene) -> str:
    """The block of what is selected or else walked; of a join its layer, of the readout the last one; "" for none."""
    frame = scene.frame
    name = (frame.view.path or frame.position.path).split("/")[0]
    rows = [block.name for lane in scene.lanes[:1] for block in layers_of(lane) if can_collapse(scene, block.name)]
    same = [row for row in rows if row.split(".")[0] == name.split(".")[0]]
    return name if name in rows else next(iter(same or rows[-1:]), "")


def row_at(scene: Scene, point: QPointF) -> str:
    """The block that can be collapsed whose name stands under a point; "" for none."""
    for n, layer, _lane, block, _rows in scene.places():
        text = row_text(scene, n, block) if can_collapse(scene, block.name) else ""
        if text and row_name_rect(scene, n, layer).contains(point):
            return block.name
    return ""


def row_text(scene: Scene, n: int, block: BlockFrame) -> str:
    """What is written over a row; "" where a lane has one row only."""
    blocks = layers_of(scene.lanes[n])
    if len(blocks) < 2:
        return ""
    name = row_name(block, blocks)
    if not can_collapse(scene, block.name) or block.name == EMBEDDING:
        return name
    mark = SHUT if is_compact(block) else OPEN
    return " ".join((mark, name, block.title.split(" (")[0]))
