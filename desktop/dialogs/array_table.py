"""The table view for arrays: equal cells, edited by typing."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.dialogs.array_model import ArrayModel
from desktop.style.theme import Theme, scaled, ui_font
from desktop.widgets.drawing import focus_ring

Role = Qt.ItemDataRole


class Cell(QStyledItemDelegate):
    """A cell keeps its colour while it is chosen, in a frame; its editor is a plain line, which cuts no digits off."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        area = QRectF(option.rect)
        painter.save()
        painter.fillRect(area, index.data(Role.BackgroundRole))
        painter.setFont(index.data(Role.FontRole))
        painter.setPen(index.data(Role.ForegroundRole))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, index.data(Role.DisplayRole))
        if option.state & QStyle.StateFlag.State_Selected:
            focus_ring(painter, area, 0.0, self._theme)
        painter.restore()

    def createEditor(self, parent: QWidget, option: object, index: QModelIndex) -> QWidget:
        line = QLineEdit(parent)
        line.setAccessibleName(self.tr("New value"))
        line.setStyleSheet("QLineEdit { padding: 0 2px; border-radius: 0; }")
        return line

    def setEditorData(self, editor: QWidget, index: QModelIndex) -> None:
        editor.setText(index.data(Role.EditRole))
        editor.selectAll()

    def setModelData(self, editor: QWidget, model: ArrayModel, index: QModelIndex) -> None:
        model.setData(index, editor.text())


class ArrayTable(QTableView):
    """Cells of equal size, so that a large matrix costs no more than a small one."""

    def __init__(self, model: ArrayModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(Cell(theme, self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        metrics = QFontMetricsF(ui_font(11.5))
        across, down = self.horizontalHeader(), self.verticalHeader()
        for header, size in ((across, metrics.horizontalAdvance("−0.00000") + scaled(6)), (down, scaled(22))):
            header.setFont(ui_font(11))
            header.setMinimumSectionSize(round(size / 2))
            header.setDefaultSectionSize(round(size))
            header.setHighlightSections(False)
        across.setSectionResizeMode(
            QHeaderView.ResizeMode.Stretch if model.columnCount() == 1 else QHeaderView.ResizeMode.Fixed
        )
        across.setVisible(model.columnCount() > 1)
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
