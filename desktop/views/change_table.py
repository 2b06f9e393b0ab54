"""The parameters as a table of norms, and one of them as a map of its entries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.frame import Change
from desktop.style.colours import ColourMaps, rgb_image
from desktop.style.numbers_text import number_text, short_text
from desktop.style.theme import hatch_brush, scaled, ui_font

Display = Qt.ItemDataRole
HEAD = "head"
LEAST_CELL_PX = 6.0  # smaller cells touch
LEAST_FRAMED_PX = 8.0  # a frame needs so much room


@dataclass(frozen=True, eq=False)
class Row:
    """One parameter: its norms, None for what is not there yet."""

    change: Change
    norms: tuple[float | None, ...]  # value, gradient, clipped, update


def row_of(change: Change, before: Row | None) -> Row:
    """The row of a parameter; norms are taken again only where an array is another one."""
    arrays = arrays_of(change)
    if before is None:
        return Row(change, tuple(_norm(each) for each in arrays))
    old = arrays_of(before.change)
    same_update = before.change.updated is change.updated and before.change.value is change.value
    kept = [new is was for new, was in zip(arrays[:3], old[:3], strict=True)] + [same_update]
    norms = (was if keep else _norm(new) for new, was, keep in zip(arrays, before.norms, kept, strict=True))
    return Row(change, tuple(norms))


def arrays_of(change: Change) -> tuple[NDArray | None, ...]:
    """Value, gradient, clipped gradient and update of a parameter."""
    update = None if change.updated is None else change.updated - change.value
    return change.value, change.gradient, change.clipped, update


def _norm(array: NDArray | None) -> float | None:
    return None if array is None else float(np.linalg.norm(array.ravel()))


class ChangeModel(QAbstractTableModel):
    """Rows of parameters for a table view."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self._common = ""
        self._heads = (self.tr("name"), self.tr("shape"), "‖w‖", "‖g‖", self.tr("‖clip‖"), "‖Δw‖")
        self._tips = (
            self.tr("Parameter"),
            self.tr("Shape"),
            self.tr("Norm of the value before the update"),
            self.tr("Norm of the gradient as accumulated so far"),
            self.tr("Norm of the gradient after clipping"),
            self.tr("Norm of the update"),
        )

    def show_changes(self, changes: tuple[Change, ...]) -> None:
        """Take the parameters of a frame."""
        layers = {change.path.split("/")[0] for change in changes} - {HEAD}
        self._common = "l0/" if layers == {"l0"} else ""  # a single layer need not be named
        old = {row.change.path: row for row in self.rows}
        rows = [row_of(change, old.get(change.path)) for change in changes]
        same_paths = [row.change.path for row in rows] == [row.change.path for row in self.rows]
        if not same_paths:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
        else:
            changed = [row.norms for row in rows] != [row.norms for row in self.rows]
            self.rows = rows
            if changed:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, 5))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Display.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Display.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignRight if section > 1 else Qt.AlignmentFlag.AlignLeft
            )
        return {Display.DisplayRole: self._heads, Display.ToolTipRole: self._tips}.get(role, {section: None})[section]

    def data(self, index: QModelIndex, role: int = Display.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == Display.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if index.column() > 1 else Qt.AlignmentFlag.AlignLeft
            return Qt.AlignmentFlag.AlignVCenter | side
        if role == Display.ToolTipRole:
            return f"{row.change.path}, {shape_text(row.change.value.shape)}"
        if role not in (Display.DisplayRole, Display.AccessibleTextRole):
            return None
        if index.column() == 0:
            return row.change.path.removeprefix(self._common)
        if index.column() == 1:
            return shape_text(row.change.value.shape)
        norm = row.norms[index.column() - 2]
        return "–" if norm is None else short_text(norm)


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as people write it: 12 × 8."""
    return " × ".join(str(size) for size in shape) or "1"


class MatrixMap(QWidget):
    """Every entry of a parameter as a coloured cell. A double-click asks to edit an entry."""

    edit_requested = Signal(object)  # index of the entry, a tuple

    def __init__(self, maps: ColourMaps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps = maps
        self._values: NDArray | None = None
        self._before: NDArray | None = None
        self._shape: tuple[int, ...] = ()
        self._limit = 1.0
        self._missing = ""
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with these colours."""
        self._maps = maps
        self.update()

    def show_matrix(
        self,
        values: NDArray | None,
        shape: tuple[int, ...],
        limit: float,
        missing: str,
        name: str,
        before: NDArray | None = None,
    ) -> None:
        """Show the entries between -limit and limit; ``missing`` is said where there are none.

        Those that are smaller than they were ``before`` are marked.
        """
        self._values = None if values is None else np.atleast_2d(values).reshape(rows_of(shape), -1)
        self._before = None if values is None or before is None else np.reshape(before, self._values.shape)
        self._shape, self._limit, self._missing = shape, limit, missing
        self.setAccessibleName(name if values is not None else missing)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(scaled(220)), self.heightForWidth(self.width()))

    def heightForWidth(self, width: int) -> int:
        rows = rows_of(self._shape)
        count = max(int(np.prod(self._shape)) // max(rows, 1), 1)
        return round(min(max(width / count * rows, scaled(16)), scaled(220)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._maps.theme
        if self._values is None:
            painter.fillRect(self.rect(), hatch_brush(theme))
            painter.setFont(ui_font(12))
            painter.setPen(theme.secondary)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._missing)
            return
        painter.drawImage(QRectF(self.rect()), rgb_image(self._maps.state_rgb(self._values, self._limit)))
        painter.setPen(QPen(theme.panel, 1))
        rows, count = self._values.shape
        if min(self.width() / count, self.height() / rows) >= scaled(LEAST_CELL_PX):
            for n in range(1, count):
                painter.drawLine(round(n * self.width() / count), 0, round(n * self.width() / count), self.height())
            for n in range(1, rows):
                painter.drawLine(0, round(n * self.height() / rows), self.width(), round(n * self.height() / rows))
        if self._before is not None:
            self._mark_cut(painter)

    def _mark_cut(self, painter: QPainter) -> None:
        """A dark frame in a light one, to be seen on any colour; where cells are small, a dot."""
        rows, count = self._values.shape
        across, down = self.width() / count, self.height() / rows
        is_small = min(across, down) < scaled(LEAST_FRAMED_PX)
        inset = (across * 0.28, down * 0.28) if is_small else (scaled(2.0), scaled(2.0))
        cells = [
            QRectF(column * across, row * down, across, down).adjusted(*inset, -inset[0], -inset[1])
            for row, column in np.argwhere(is_cut(self._values, self._before))
        ]
        theme = self._maps.theme
        if is_small:
            for cell in cells:
                painter.fillRect(cell, theme.text)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((theme.panel, 3.2), (theme.text, 1.5)):
            painter.setPen(QPen(colour, scaled(width)))
            painter.drawRects(cells)

    def index_at(self, x: float, y: float) -> tuple[int, ...] | None:
        """The entry under a place, as an index of the parameter."""
        if self._values is None:
            return None
        rows, count = self._values.shape
        row = min(max(int(y / max(self.height(), 1) * rows), 0), rows - 1)
        column = min(max(int(x / max(self.width(), 1) * count), 0), count - 1)
        return tuple(int(n) for n in np.unravel_index(row * count + column, self._shape)) if self._shape else ()

    def _cut_from(self, index: tuple[int, ...]) -> str:
        """What an entry was before it was cut; "" where it was not."""
        if self._before is None:
            return ""
        values, before = self._values.reshape(self._shape)[index], self._before.reshape(self._shape)[index]
        return (
            self.tr(", cut from {before}").format(before=number_text(float(before))) if is_cut(values, before) else ""
        )

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().x(), event.position().y())
        if index is not None:
            self.edit_requested.emit(index)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            index = self.index_at(event.pos().x(), event.pos().y())
            text = ""
            if index is not None:
                value = self._values.reshape(self._shape)[index]
                text = f"[{', '.join(str(n + 1) for n in index)}] = {number_text(float(value))}"
                text += self._cut_from(index)
            QToolTip.showText(QPoint(event.globalPos()), text, self)
            return True
        return super().event(event)


def is_cut(values: NDArray, before: NDArray) -> NDArray:
    """Which entries are smaller than they were."""
    return np.abs(values) < np.abs(before)


def rows_of(shape: tuple[int, ...]) -> int:
    """How many rows the map of a parameter has: one for a vector."""
    return shape[0] if len(shape) > 1 else 1
