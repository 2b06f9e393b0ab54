"""What differs between two lanes, or between a lane and its ghost: a sentence, a list, and the difference over time."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from core.compare import Comparison, Contrast, Quantity, compare
from core.frame import Frame, LaneFrame
from desktop.dialogs.field import combo, fill
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text, percent_text
from desktop.style.theme import scaled, ui_font
from desktop.views.row_names import row_of
from desktop.views.sparkline import Sparkline

SIDE_PX = 18.0
LATER_MS = 120  # after the first of several frames
CONTRAST = Qt.ItemDataRole.UserRole


class DifferencesPanel(QWidget):
    """Follows the walk; a row that is chosen takes the walk to where it differs most."""

    jump_requested = Signal(object)  # Contrast

    def __init__(
        self, maps: ColourMaps, differences: Callable[[int], Comparison], parent: QWidget | None = None
    ) -> None:
        """``differences`` compares the lead with the lane of a number over all columns."""
        super().__init__(parent)
        self._maps, self._differences = maps, differences
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._refresh)
        self._frame: Frame | None = None
        self.setAccessibleName(self.tr("Differences between lanes"))
        self.other = combo()
        self.other.setAccessibleName(self.tr("Compare the lead with"))
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.rows = QTreeWidget()
        self.rows.setAccessibleName(self.tr("Variables, by what differs"))
        self.rows.setRootIsDecorated(False)
        self.rows.setUniformRowHeights(True)
        self.rows.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.rows.setHeaderLabels([self.tr("variable"), "t", self.tr("unit"), "|Δ|", "%"])
        self.line = Sparkline(maps.theme, logarithmic=True)
        for column, words in enumerate(
            (
                self.tr("Variable and its block"),
                self.tr("Time step at which it differs most"),
                self.tr("Unit that differs most"),
                self.tr("Difference there"),
                self.tr("Of the largest value that either lane shows, in percent"),
            )
        ):
            self.rows.headerItem().setToolTip(column, words)
            if column:
                self.rows.headerItem().setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
        self._arrange()
        self.other.activated.connect(lambda _place: self._refresh())
        self.rows.itemClicked.connect(lambda item, _column: self.jump_requested.emit(item.data(0, CONTRAST)))
        self.rows.itemActivated.connect(lambda item, _column: self.jump_requested.emit(item.data(0, CONTRAST)))
        self.rows.currentItemChanged.connect(lambda _now, _before: self._show_line())
        self.set_maps(maps)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        self._with = QLabel(self.tr("lead, compared with"))
        self._with.setProperty("role", "secondary")
        top.addWidget(self._with)
        top.addWidget(self.other, 1)
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(self.sentence)
        column.addWidget(self.rows, 1)
        column.addWidget(self.line)
        header = self.rows.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setMinimumSectionSize(round(scaled(20)))
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def sizeHint(self) -> QSize:
        """As wide as its neighbours."""
        return QSize(round(scaled(300)), round(scaled(300)))

    def set_theme(self, maps: ColourMaps) -> None:
        """Draw in these colours, as large as the font is now."""
        self.set_maps(maps)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours, as large as the font is now."""
        self._maps = maps
        side = round(scaled(SIDE_PX))
        self.layout().setContentsMargins(side, round(scaled(4)), side, round(scaled(8)))
        self.layout().setSpacing(round(scaled(8)))
        for part in (self._with, self.other, self.rows, self.rows.header()):
            part.setFont(ui_font(12))
        self.sentence.setFont(ui_font(12.5))
        self.line.set_theme(maps.theme)
        self._refresh()

    def show_frame(self, frame: Frame) -> None:
        """Compare what this frame shows."""
        self._frame = frame
        names = [name for name, _ in _others(frame)]
        if [self.other.itemText(n) for n in range(self.other.count())] != names:
            fill(self.other, [(name, name) for name in names], self.other.currentText())
        if not self._later.isActive():  # comparing everything takes longer than a step may
            self._later.start(LATER_MS)

    def showEvent(self, event: QShowEvent) -> None:
        """What changed while nobody looked."""
        super().showEvent(event)
        self._refresh()

    def _refresh(self) -> None:
        if self._frame is None or not self.isVisible():
            return
        others = _others(self._frame)
        for part in (self._with, self.other, self.rows, self.line):
            part.setVisible(bool(others))
        if not others:
            self.sentence.setText(
                self.tr(
                    "There is one lane only. “Compare”, “Lanes…” puts another network beside it, or this one as it was."
                )
            )
            return
        chosen = max(0, self.other.currentIndex())
        _, lane = others[min(chosen, len(others) - 1)]
        number = next((n for n, each in enumerate(self._frame.lanes) if each is lane), 0)
        found = self._differences(number) if number else compare(self._frame.lanes[0], lane)
        self.sentence.setText(" ".join(str(each) for each in (found.sentence, *found.unmatched)))
        self._fill(found)
        self._show_line()

    def _fill(self, found: Comparison) -> None:
        here = self.rows.indexOfTopLevelItem(self.rows.currentItem()) if self.rows.currentItem() else 0
        self.rows.clear()
        contrasts = [each for each in (*found.values, *found.gradients) if each.spot is not None and each.spot.size > 0]
        contrasts.sort(key=lambda each: -each.spot.relative if each.spot else math.inf)
        for each in contrasts:
            self.rows.addTopLevelItem(_item(each, row_of(each.path, self._frame.lanes[0])))
        if contrasts:
            self.rows.setCurrentItem(self.rows.topLevelItem(min(max(here, 0), len(contrasts) - 1)))

    def _show_line(self) -> None:
        item = self.rows.currentItem()
        if item is None or self._frame is None:
            return
        contrast: Contrast = item.data(0, CONTRAST)
        label = f"‖Δ {_name(contrast)}‖"
        self.line.show_history(label, contrast.norms, contrast.spot.t, self._maps.theme.gradient_high, contrast.path)


def _others(frame: Frame) -> list[tuple[str, LaneFrame]]:
    """What the lead can be compared with."""
    lead = frame.lanes[0]
    found = [(lane.name, lane) for lane in frame.lanes[1:]]
    if lead.ghost is not None:
        found.append((lead.ghost.name, lead.ghost))
    return found


def _name(contrast: Contrast) -> str:
    return f"∂L/∂{contrast.name}" if contrast.quantity is Quantity.GRADIENT else contrast.name


def _item(contrast: Contrast, row: str) -> QTreeWidgetItem:
    spot = contrast.spot
    relative = percent_text(spot.relative).removesuffix("%").strip() if math.isfinite(spot.relative) else "∞"
    texts = [
        f"{_name(contrast)}   {row}".strip(),
        str(spot.t + 1),
        str(spot.unit + 1),
        number_text(spot.size, 3),
        relative,
    ]
    item = QTreeWidgetItem(texts)
    item.setData(0, CONTRAST, contrast)
    item.setToolTip(0, f"{contrast.path}: {number_text(spot.one)} / {number_text(spot.other)}")
    for column in range(1, len(texts)):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item
