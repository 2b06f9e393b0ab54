"""Parameters and what is done to their gradients: as a whole, norms of each, and the entries of one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from core.frame import Change, Frame
from core.origin import Origin
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text
from desktop.style.theme import scaled, ui_font
from desktop.views.change_reports import ChangeReports
from desktop.views.change_table import ChangeModel, MatrixMap, arrays_of, is_cut, shape_text
from desktop.views.choice import Choice
from desktop.views.file_names import by_file, has_names, tensor_of
from desktop.views.scrolling import quiet_scroll
from desktop.widgets.heading import SectionHeading

MARGIN_PX = 20.0
LEAST_WIDTH_PX, MOST_LEAST_PX = 256.0, 300
LEAST_NAME_PX = 90.0
MOST_ROWS = 8
PROGRAM, FILE = "program", "file"
GRADIENT, CLIPPED = 1, 2  # among value, gradient, clipped, update
Arrays = Mapping[str, np.ndarray]


class ChangesPanel(QWidget):
    """Shows ``Frame.changes``, and what became of the gradient as a whole."""

    edit_requested = Signal(object)  # ("parameter", path, index)

    def __init__(self, maps: ColourMaps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("changes_panel")
        self.setAccessibleName(self.tr("Parameters"))
        self._maps = maps
        self._changes: tuple[Change, ...] = ()
        self._path = ""
        self._which = GRADIENT
        self._origin: Origin | None = None
        self._parameters: Arrays = {}
        self._frame: Frame | None = None
        self._make_parts()
        self._arrange()
        self.names.hide()
        self.set_maps(maps)

    def _make_parts(self) -> None:
        theme = self._maps.theme
        self.heading = SectionHeading(theme, self.tr("Parameters"))
        self.reports = ChangeReports(theme)
        self._model = ChangeModel(self)
        self.table = QTableView()
        self.table.setModel(self._model)
        self.table.setAccessibleName(self.tr("Parameters and their norms"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setTabKeyNavigation(False)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.verticalHeader().hide()
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.viewport().installEventFilter(self)
        self.table.setStyleSheet(
            "QHeaderView::section { padding: 0.3em 0.2em; } QTableView::item { padding: 0 0.2em; }"
        )
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.selectionModel().currentRowChanged.connect(self._choose_row)
        kinds = ((PROGRAM, self.tr("names of the program")), (FILE, self.tr("of the file")))
        self.names = Choice(theme, kinds, several=False)
        self.names.setAccessibleName(self.tr("Names and shapes"))
        self.names.show_chosen((PROGRAM,))
        self.names.chosen.connect(self._choose_names)
        self._title = QLabel()
        options = (self.tr("value"), self.tr("gradient"), self.tr("clipped"), self.tr("update"))
        self.choice = Choice(theme, tuple(enumerate(options)), several=False)
        self.choice.setAccessibleName(self.tr("What the map shows"))
        self.choice.show_chosen((self._which,))
        self.choice.chosen.connect(self._choose_kind)
        self.before, self.map = MatrixMap(self._maps), MatrixMap(self._maps)
        self._captions = QLabel(self.tr("before")), QLabel(self.tr("after"))
        self.map.edit_requested.connect(self._ask_edit)

    def _arrange(self) -> None:
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        column.addWidget(self.reports)
        column.addWidget(self.names, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self.table, self._title):
            column.addWidget(part)
        column.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self._captions[0], self.before, self._captions[1], self.map):
            column.addWidget(part)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.heading)
        layout.addWidget(quiet_scroll(self._body), 1)

    def _space(self) -> None:
        """Margins and rows as large as the font is now."""
        side = round(scaled(MARGIN_PX))
        self._body.layout().setContentsMargins(side, 0, side, round(scaled(14)))
        self._body.layout().setSpacing(round(scaled(8)))
        self.heading.setContentsMargins(side, round(scaled(10)), side, 0)
        self.layout().setContentsMargins(0, round(scaled(4)), 0, 0)
        self.setMinimumWidth(min(round(scaled(LEAST_WIDTH_PX)), MOST_LEAST_PX))
        self.table.setFont(ui_font(11.5))
        self.table.horizontalHeader().setFont(ui_font(11))
        self.table.horizontalHeader().setMinimumSectionSize(round(scaled(24)))
        self.table.verticalHeader().setDefaultSectionSize(round(scaled(23)))
        self._fit_table(len(self._changes))
        self._fit_columns()

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with the colours of another theme, as large as the font is now."""
        self._maps = maps
        self._space()
        for each in (self.before, self.map):
            each.set_maps(maps)
        for part in (self.heading, self.reports, self.names, self.choice):
            part.set_theme(maps.theme)
        for label in (self._title, *self._captions):
            label.setFont(ui_font(12))
            label.setStyleSheet(f"color: {maps.theme.secondary.name()};")

    def show_frame(self, frame: Frame) -> None:
        """Show the parameters of the frame."""
        self.heading.setText(f"{self.tr('Parameters')} · {self.tr(frame.position.phase.value)}")
        self.reports.show_frame(frame)
        self._frame = frame
        before, self._changes = self._changes, self._named(frame.changes)
        self._model.show_changes(self._changes)
        if len(before) != len(self._changes):
            self._fit_table(len(self._changes))
        if not _same(before, self._changes):
            self._fit_columns()
        paths = [change.path for change in self._changes]
        wanted = next((path for path in (frame.view.path, self._here(frame), self._path) if path in paths), None)
        if wanted is None and paths:
            wanted = paths[0]
        if wanted is not None and (wanted != self._path or self.table.currentIndex().row() < 0):
            self.table.selectRow(paths.index(wanted))
        elif not _same(before, self._changes):
            self._show_map()

    def show_origin(self, origin: Origin | None, parameters: Arrays) -> None:
        """The file that the model came from, and all its parameters; to be said before a frame is shown."""
        self._parameters = parameters
        if origin is not self._origin:
            self._origin = origin
            self.names.setVisible(has_names(origin))

    @property
    def _by_file(self) -> bool:
        return self._origin is not None and has_names(self._origin) and self.names.keys == (FILE,)

    def _named(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """The changes under the names that were chosen."""
        if self._origin is None or not self._by_file:
            return changes
        return by_file(changes, self._origin, self._parameters)

    def _choose_names(self, _keys: object) -> None:
        if self._frame is not None:
            self.show_frame(self._frame)

    def _fit_table(self, rows: int) -> None:
        """As high as its rows, up to eight of them; the rest scrolls."""
        row = self.table.verticalHeader().defaultSectionSize()
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + min(rows, MOST_ROWS) * row + 4)

    def _here(self, frame: Frame) -> str:
        """The parameter that is being updated, or the tensor that it comes from."""
        path = frame.position.equation
        return tensor_of(path, self._origin) if self._origin is not None and self._by_file else path

    def _choose_row(self, current: QModelIndex, _before: QModelIndex) -> None:
        if 0 <= current.row() < len(self._changes):
            self._path = self._changes[current.row()].path
            self._show_map()

    def _choose_kind(self, kinds: object) -> None:
        self._which = kinds[0]
        self._show_map()

    def _show_map(self) -> None:
        """The entries of the chosen parameter."""
        change = next((each for each in self._changes if each.path == self._path), None)
        if change is None:
            return
        values, shape = arrays_of(change)[self._which], change.value.shape
        before = change.gradient if self._which == CLIPPED and values is not None else None
        limit = max(_largest(values), _largest(before))  # one scale, so that what was cut is seen to be paler
        missing = (
            self.tr("comes with the clip phase") if self._which == CLIPPED else self.tr("comes with the update phase")
        )
        words = self.tr("{path}, {shape}, colours from −{limit} to {limit}")
        if values is None or not limit:
            words = self.tr("{path}, {shape}") if values is None else self.tr("{path}, {shape}, all zero")
        text = words.format(path=change.path, shape=shape_text(shape), limit=number_text(limit, 2))
        cut = before if before is not None and self._cuts_entries else None
        if cut is not None:
            count = int(np.count_nonzero(is_cut(values, cut)))
            text += "; " + (
                self.tr("{count} entries cut, marked").format(count=count) if count else self.tr("none cut")
            )
        self._title.setText(text)
        self._title.setWordWrap(True)
        for part in (self.before, *self._captions):
            part.setVisible(before is not None)
        self.before.show_matrix(before, shape, limit, "", self.tr("{path} before clipping").format(path=change.path))
        self.map.show_matrix(values, shape, limit, missing, text, cut)

    @property
    def _cuts_entries(self) -> bool:
        """Whether clipping cut single entries, rather than shorten the whole."""
        clip = None if self._frame is None else self._frame.clip
        return clip is not None and clip.entries_cut > 0 and clip.rule.startswith("value")

    def _ask_edit(self, index: object) -> None:
        """An entry of a tensor is edited as that of the parameter which it is."""
        place = (self._path, index)
        if self._origin is not None and self._by_file:
            place = self._origin.entry(self._path, index) or place
        self.edit_requested.emit(("parameter", *place))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Columns share the width of the table anew when that changes."""
        if watched is self.table.viewport() and event.type() == QEvent.Type.Resize:
            self._fit_columns()
        return False

    def _fit_columns(self) -> None:
        """Columns share the width if all have room; else shapes, then what is still empty, give way."""
        rows, room = self._model.rows, self.table.viewport().width()
        empty = {n for n in range(2, 6) if rows and all(row.norms[n - 2] is None for row in rows)}
        wanted = [self._wanted(column) for column in range(6)]
        for hidden in (set(), {1}, {1, *empty}):
            spare = room - sum(width for column, width in enumerate(wanted) if column not in hidden)
            if spare >= 0:
                break
        least = min(wanted[0], round(scaled(LEAST_NAME_PX)))
        wanted[0] = max(wanted[0] + min(spare, 0), least)  # long names are cut in the middle
        shares = [column for column in range(2, 6) if column not in hidden]
        for column, width in enumerate(wanted):
            self.table.setColumnHidden(column, column in hidden)
            more = max(spare, 0) // max(len(shares), 1) if column in shares else 0
            self.table.horizontalHeader().resizeSection(column, width + more)

    def _wanted(self, column: int) -> int:
        """The width of the longest text of a column, and a little air."""
        model, cells = self._model, QFontMetrics(ui_font(11.5))
        texts = [str(model.data(model.index(row, column))) for row in range(len(model.rows))]
        head = QFontMetrics(ui_font(11)).horizontalAdvance(str(model.headerData(column, Qt.Orientation.Horizontal)))
        return max([head, *map(cells.horizontalAdvance, texts)]) + round(scaled(14))


def _largest(values: np.ndarray | None) -> float:
    """The largest finite size of an entry, 0 where there is none."""
    return 0.0 if values is None else float(np.abs(values).max(where=np.isfinite(values), initial=0.0))


def _same(before: tuple[Change, ...], after: tuple[Change, ...]) -> bool:
    """Whether the arrays are the very same ones."""
    return len(before) == len(after) and all(
        a.value is b.value and a.gradient is b.gradient and a.clipped is b.clipped and a.updated is b.updated
        for a, b in zip(before, after, strict=True)
    )
