"""The paths over which a gradient comes to a variable: a tree of edges, each with its share of the whole."""

from __future__ import annotations

import math

import msgspec
from PySide6.QtCore import QCoreApplication, QModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSpinBox,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from core.gradients.itemised.path_shares import PathShare, PathShares, path_shares
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text, percent_text
from desktop.style.theme import Theme, scaled, ui_font

SHARE, PLACE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
LEAST = 0.001  # of the gradient: thinner paths are not followed further
USUAL_DEPTH, MOST_DEPTH = 3, 8
OPEN_FROM = 0.2  # shares that stand open at first
BAR_PX = 240.0


class PathsQuestion(msgspec.Struct, frozen=True):
    """The paths to one node, ``depth`` edges deep."""

    path: str
    t: int
    sample: int
    depth: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> PathShares:
        """Each edge followed backward through the equations."""
        run = finished.whole(cancelled)
        return path_shares(run, self.path, self.t, self.sample, depth=self.depth, least=LEAST, cancelled=cancelled)


class Paths(Picture):
    """A tree to open and close; a row that is clicked is looked at in the walk."""

    def __init__(self, maps: ColourMaps) -> None:
        super().__init__(maps)
        self.title = tr("Paths")
        self.tree, self.depth, self.split = QTreeWidget(), QSpinBox(), QLabel()
        self._bars = ShareBars(maps.theme)
        self.depth.setRange(1, MOST_DEPTH)
        self.depth.setValue(USUAL_DEPTH)
        self.depth.setAccessibleName(tr("How many edges deep"))
        self.tree.setAccessibleName(tr("Paths of the gradient, by share"))
        self.tree.setHeaderLabels([tr("the gradient comes"), tr("share of it"), tr("norm")])
        self.tree.setUniformRowHeights(True)
        self.tree.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tree.setItemDelegateForColumn(1, self._bars)
        self._arrange()
        self.depth.valueChanged.connect(lambda _value: self.changed.emit())
        self.tree.itemActivated.connect(lambda item, _column: self.selected.emit(item.data(0, PLACE)))
        self.tree.itemClicked.connect(lambda item, _column: self.selected.emit(item.data(0, PLACE)))

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(round(scaled(10)))
        top.addWidget(self.split, 1)
        top.addWidget(QLabel(tr("edges deep")))
        top.addWidget(self.depth)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self.tree, 1)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        self._bars.theme = maps.theme
        self.tree.setFont(ui_font(12.5))
        self.tree.header().setFont(ui_font(12))
        self.tree.header().resizeSection(1, round(scaled(BAR_PX)))
        self.split.setFont(ui_font(12.5))
        self.tree.viewport().update()

    def question(self, subject: Subject, place: Place) -> PathsQuestion | str:
        """The paths to what is looked at."""
        if subject.problem.targets is None:
            return tr("There is no loss without targets, so nothing is sent back. Give the sequence targets.")
        path = place.path
        if "/" not in path:
            path = subject.problem.network.last_layer.output_path
        return PathsQuestion(path, place.t, place.sample, self.depth.value())

    def show_answer(self, answer: PathShares, place: Place) -> None:
        """Fill the tree."""
        self.tree.clear()
        for way in answer.ways:
            self.tree.addTopLevelItem(_item(way))
        for row in range(self.tree.topLevelItemCount()):
            _open(self.tree.topLevelItem(row))
        words = tr("{own} from this step's loss, {others} from others (norm {norm})")
        self.split.setText(
            words.format(
                own=_share(answer.from_this_loss), others=_share(answer.from_others), norm=number_text(answer.norm, 3)
            )
        )
        self.said.emit(str(answer.sentence))


class ShareBars(QStyledItemDelegate):
    """A bar for each share: to the right of its line where it adds, to the left where it takes away."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """As high as the text beside it."""
        return QSize(round(scaled(BAR_PX)), super().sizeHint(option, index).height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """The bar, and the share in percent behind it."""
        share = index.data(SHARE)
        if share is None or math.isnan(share):
            return
        area = QRectF(option.rect).adjusted(0, scaled(5), 0, -scaled(5))
        zero, room = area.left() + 0.2 * area.width(), 0.55 * area.width()
        length = min(max(share, -0.36), 1.0) * room
        bar = QRectF(min(zero, zero + length), area.top(), abs(length), area.height())
        painter.fillRect(QRectF(zero, area.top(), room, area.height()), self.theme.gradient_low)
        painter.fillRect(bar, self.theme.gradient_high if share >= 0 else self.theme.state_negative)
        painter.setPen(self.theme.text)
        painter.setFont(ui_font(12))
        words = QRectF(zero + room + scaled(8), option.rect.top(), 0.25 * area.width(), option.rect.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, percent_text(share))


def _item(way: PathShare) -> QTreeWidgetItem:
    item = QTreeWidgetItem([way.label, "", number_text(way.norm, 3)])
    item.setData(1, SHARE, way.share)
    item.setData(0, PLACE, (way.path, way.t))
    item.setToolTip(0, f"{way.path}, t = {way.t + 1}")
    item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    for each in way.ways:
        item.addChild(_item(each))
    return item


def _open(item: QTreeWidgetItem) -> None:
    """Open what matters."""
    if abs(item.data(1, SHARE)) >= OPEN_FROM:
        item.setExpanded(True)
        for row in range(item.childCount()):
            _open(item.child(row))


def _share(share: float) -> str:
    return "—" if math.isnan(share) else percent_text(share)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
