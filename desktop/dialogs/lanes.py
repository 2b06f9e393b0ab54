"""The lanes beside the lead: which there are, and what can be put beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.frame import Frame
from desktop.bridge import Bridge
from desktop.dialogs.field import combo
from desktop.dialogs.frame import SIDE_PX, fit, label_for
from desktop.dialogs.model_choice import built_in_cells
from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.unrolled.paint_labels import paint_lane_mark
from desktop.widgets.heading import SectionHeading

MOST_SEED = 2**31 - 1
FIRST_CELL = "rnn_tanh"


class LaneMark(QWidget):
    """The mark and colour of a lane, as in the drawing and in the plots."""

    def __init__(self, number: int, theme: Theme) -> None:
        super().__init__()
        self._number, self._theme = number, theme
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """A little more than the mark."""
        side = round(scaled(14))
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The mark in the middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_lane_mark(painter, self._number, self._theme, QPointF(self.width() / 2, self.height() / 2))


class LanesDialog(QDialog):
    """Stays open while lanes come and go; every change is an edit that undo takes back."""

    def __init__(self, bridge: Bridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._theme = bridge, theme
        self.setObjectName("lanes_dialog")
        self.setWindowTitle(self.tr("Lanes"))
        self.setAccessibleName(self.windowTitle())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.rows = QGridLayout()
        self.kinds = QButtonGroup(self)
        self.cell = combo([(title, name) for name, title in built_in_cells()])
        self.cell.setCurrentIndex(max(0, self.cell.findData(FIRST_CELL)))
        self.seed, self.start_seed, self.iteration = QSpinBox(), QSpinBox(), QSpinBox()
        self.add = QPushButton(self.tr("Put it beside the lead"))
        self.close_button = QPushButton(self.tr("Close"))
        self._ways: list[Callable[[], bool]] = []
        self._arrange()
        self.add.clicked.connect(lambda _checked=False: self._ways[self.kinds.checkedId()]())
        self.close_button.clicked.connect(lambda _checked=False: self.accept())
        bridge.frame_changed.connect(self._show)
        self._show(bridge.frame)
        fit(self, 580, 100)

    def _arrange(self) -> None:
        side = round(scaled(SIDE_PX))
        column = QVBoxLayout(self)
        column.setContentsMargins(side, side, side, round(side * 0.8))
        column.setSpacing(round(scaled(10)))
        column.addWidget(SectionHeading(self._theme, self.tr("Lanes")))
        self.rows.setHorizontalSpacing(round(scaled(8)))
        self.rows.setColumnStretch(1, 1)
        column.addLayout(self.rows)
        column.addSpacing(round(scaled(6)))
        column.addWidget(SectionHeading(self._theme, self.tr("Beside the lead, on the same data")))
        column.addLayout(self._choices())
        column.addStretch(1)
        buttons = QHBoxLayout()
        self.add.setDefault(True)
        self.close_button.setAutoDefault(False)
        buttons.addStretch(1)
        buttons.addWidget(self.add)
        buttons.addWidget(self.close_button)
        column.addLayout(buttons)

    def _choices(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(round(scaled(10)))
        grid.setVerticalSpacing(round(scaled(8)))
        grid.setColumnStretch(1, 1)
        lanes = self._bridge.lanes
        for number, (box, least) in enumerate(((self.seed, 0), (self.start_seed, 0), (self.iteration, 0))):
            box.setRange(least, MOST_SEED)
            box.setFixedWidth(round(scaled(84)))
            box.setValue(number if box is not self.iteration else 0)
        self.start_seed.setAccessibleName(self.tr("Seed of the other initial weights"))
        self.iteration.setAccessibleName(self.tr("Which earlier iteration"))
        cell = QHBoxLayout()
        self.cell.setMinimumWidth(round(scaled(210)))
        cell.setSpacing(round(scaled(8)))
        cell.addWidget(self.cell, 1)
        cell.addWidget(label_for(self.tr("seed"), self.seed))
        cell.addWidget(self.seed)
        self._way(
            grid, self.tr("another cell"), cell, lambda: lanes.add_cell(self.cell.currentData(), self.seed.value())
        )
        self._way(grid, self.tr("other initial weights, seed"), self.start_seed,
                  lambda: lanes.add_start(self.start_seed.value()))  # fmt: skip
        self._way(grid, self.tr("an earlier iteration"), self.iteration,
                  lambda: lanes.add_iteration(self.iteration.value()))  # fmt: skip
        self._way(grid, self.tr("the walk before the last edit"), None, lanes.add_before_edit)
        self._way(grid, self.tr("a saved session…"), None, self._ask_snapshot)
        self.kinds.button(0).setChecked(True)
        return grid

    def _way(self, grid: QGridLayout, words: str, control: object, do: Callable[[], bool]) -> None:
        button = QRadioButton(words)
        self.kinds.addButton(button, len(self._ways))
        row = grid.rowCount()
        grid.addWidget(button, row, 0)
        if isinstance(control, QWidget):
            grid.addWidget(control, row, 1, Qt.AlignmentFlag.AlignRight)
        elif control is not None:
            grid.addLayout(control, row, 1)
        self._ways.append(do)

    def _ask_snapshot(self) -> bool:
        file, _ = QFileDialog.getOpenFileName(self, self.tr("A saved session"), "", self.tr("Sessions (*.gatewalk)"))
        return bool(file) and self._bridge.lanes.add_snapshot(Path(file))

    def _show(self, frame: Frame) -> None:
        """The lanes there are; those beside the lead can be renamed, lead, or go."""
        wanted = [(lane.name, lane.subtitle) for lane in frame.lanes]
        if getattr(self, "_shown", None) == wanted:
            return
        self._shown = wanted
        while (item := self.rows.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().deleteLater()
        for number, (name, subtitle) in enumerate(wanted):
            self.rows.addWidget(LaneMark(number, self._theme), number, 0)
            if number:
                self._companion(number, name)
            else:
                lead = label_for(f"{name}   {subtitle}", quiet=False)
                self.rows.addWidget(lead, number, 1)
                self.rows.addWidget(label_for(self.tr("has the cursor")), number, 2, 1, 2)
        full = len(wanted) > 3
        self.add.setEnabled(not full)
        self.add.setToolTip(self.tr("Four lanes are the most that can be looked at") if full else "")

    def _companion(self, number: int, name: str) -> None:
        lanes = self._bridge.lanes
        field = QLineEdit(name)
        field.setFont(ui_font(12.5))
        field.setAccessibleName(self.tr("Name of lane {number}").format(number=number + 1))
        field.editingFinished.connect(partial(self._rename, field, name))
        lead, remove = QPushButton(self.tr("Lead")), QPushButton(self.tr("Remove"))
        lead.setToolTip(self.tr("Let the cursor walk this lane"))
        for button, do in ((lead, lanes.make_lead), (remove, lanes.remove_lane)):
            button.setAutoDefault(False)
            button.setAccessibleName(f"{button.text()}: {name}")
            button.clicked.connect(lambda _checked=False, do=do: do(name))
        self.rows.addWidget(field, number, 1)
        self.rows.addWidget(lead, number, 2)
        self.rows.addWidget(remove, number, 3)

    def _rename(self, field: QLineEdit, name: str) -> None:
        new = field.text().strip()
        if new != name and not self._bridge.lanes.rename_lane(name, new):
            field.setText(name)
