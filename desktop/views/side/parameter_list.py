"""The parameters of a model as a list of paths and shapes."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.change_table import shape_text
from desktop.views.side.records import ParameterRow

MOST_ROWS = 16
ROW_PX = 22.0
Role = Qt.ItemDataRole


class ParameterModel(QAbstractTableModel):
    """Two columns: path and shape."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[ParameterRow, ...] = ()
        self._common = ""

    def show_rows(self, rows: tuple[ParameterRow, ...]) -> None:
        """Show these."""
        self.beginResetModel()
        self.rows = rows
        layers = {row.path.split("/")[0] for row in rows} - {"head"}
        self._common = "l0/" if layers == {"l0"} else ""  # a single layer need not be named
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 2

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> object:
        row = self.rows[index.row()]
        shape = shape_text(row.shape)
        if role == Role.DisplayRole:
            return row.path.removeprefix(self._common) if index.column() == 0 else shape
        if role == Role.TextAlignmentRole and index.column() == 1:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in (Role.ToolTipRole, Role.AccessibleTextRole):
            fixed = "" if row.trainable else self.tr(", not trained")
            return f"{row.path}, {shape}{fixed}"
        return None


class ParameterList(QTableView):
    """As high as its rows, up to a limit; a double-click or Enter asks to edit one."""

    edit_requested = Signal(object)  # path

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ParameterModel(self)
        self.setModel(self._model)
        self.setAccessibleName(self.tr("Parameters and their shapes; Enter edits one"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.verticalHeader().hide()
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.setStyleSheet("QTableView::item { padding: 0 0.2em; }")
        self.doubleClicked.connect(lambda index: self.edit_requested.emit(self._model.rows[index.row()].path))
        self.set_theme(theme)

    def set_theme(self, _theme: Theme) -> None:
        """As large as the font is now; colours come from the style sheet."""
        self.setFont(ui_font(12))
        self.verticalHeader().setMinimumSectionSize(round(scaled(ROW_PX)))
        self.verticalHeader().setDefaultSectionSize(round(scaled(ROW_PX)))
        self._fit()

    def show_rows(self, rows: tuple[ParameterRow, ...]) -> None:
        """Show these; what was chosen stays so where it is still there."""
        if rows == self._model.rows:
            return
        chosen = self.currentIndex().row()
        path = self._model.rows[chosen].path if 0 <= chosen < len(self._model.rows) else ""
        self._model.show_rows(rows)
        for number, row in enumerate(rows):
            if row.path == path:
                self.selectRow(number)
        self._fit()

    def _fit(self) -> None:
        rows = min(max(len(self._model.rows), 1), MOST_ROWS)
        self.setFixedHeight(rows * self.verticalHeader().defaultSectionSize() + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.edit_requested.emit(self._model.rows[self.currentIndex().row()].path)
            return
        super().keyPressEvent(event)
