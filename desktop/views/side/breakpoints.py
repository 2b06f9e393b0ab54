"""Breakpoints: where the walk stops by itself."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.breakpoints import Breakpoint
from core.frame import Frame
from desktop.dialogs.breakpoint import BreakpointDialog
from desktop.dialogs.breakpoint_words import breakpoint_tip, breakpoint_words, stopped_by
from desktop.style.icons import icon
from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.side.parts import ButtonRow, ShortButton, WrapLabel, column_of, fit_column, least_width


class BreakpointRow(QWidget):
    """One breakpoint: on or off, what it is, and a cross to remove it (key Delete)."""

    switched = Signal(object)  # whether it is on
    removed = Signal(object)  # None

    def __init__(self, point: Breakpoint, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._point = point
        self._words = breakpoint_words(point)
        self.box = QCheckBox(self._words.replace("&", "&&"))
        self.box.setToolTip(breakpoint_tip(point))
        self.box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.cross = QToolButton()
        self.cross.setToolTip(self.tr("Remove this breakpoint (Delete)"))
        self.cross.setAccessibleName(self.tr("Remove {words}").format(words=self._words))
        self.cross.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._mark = WrapLabel(size=11.5)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.box, 1)
        self._row.addWidget(self.cross)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._row)
        column.addWidget(self._mark)
        self.box.toggled.connect(self.switched.emit)
        self.cross.clicked.connect(lambda _checked=False: self.removed.emit(None))
        self.set_theme(theme)
        self.show_state(True, "")

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self.box.setFont(ui_font(12))
        side = round(scaled(12))
        self.cross.setIconSize(QSize(side, side))
        self.cross.setIcon(icon("close", theme))
        self._mark.set_theme(theme)
        self._mark.setContentsMargins(round(scaled(22)), 0, 0, 0)
        self._mark.setStyleSheet(f"color: {theme.accent.name()};")

    def show_state(self, on: bool, event: str) -> None:
        """Show whether it is on, and the event that stopped the walk here; emits nothing."""
        self.box.blockSignals(True)
        self.box.setChecked(on)
        self.box.blockSignals(False)
        detail = event.removeprefix(str(self._point)).lstrip(": ")  # what the row says already is not said again
        stopped = self.tr("▸ stopped here: {event}").format(event=detail) if detail else self.tr("▸ stopped here")
        self._mark.setText(stopped if event else "")
        self._mark.setVisible(bool(event))
        self.box.setAccessibleName(f"{self._words}, {self.tr('the walk stopped here')}" if event else self._words)

    @property
    def marked(self) -> bool:
        """Whether the walk stopped because of it."""
        return not self._mark.isHidden()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit(None)
            return
        super().keyPressEvent(event)


class BreakpointsPanel(QWidget):
    """Shows the breakpoints of the session. One that is switched off is kept here, and no longer in the session."""

    add_requested = Signal(object)  # Breakpoint
    remove_requested = Signal(object)  # Breakpoint

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("breakpoints_panel")
        self.setAccessibleName(self.tr("Breakpoints"))
        self._theme = theme
        self._on: tuple[Breakpoint, ...] = ()
        self._order: list[Breakpoint] = []  # all that are shown, on or off
        self._rows: dict[Breakpoint, BreakpointRow] = {}
        self._paths: tuple[str, ...] = ()
        self._steps = 1
        self._event = ""
        self._column = column_of(self)
        words = self.tr("No breakpoints yet. Add one, and “next event” walks until it happens.")
        self._empty = WrapLabel(words, "secondary")
        self._list = QVBoxLayout()
        self.add = ShortButton(self.tr("Add…"), self.tr("Stop where something happens"))
        self._buttons = ButtonRow(self.add)
        self._column.addWidget(self._empty)
        self._column.addLayout(self._list)
        self._column.addWidget(self._buttons)
        self._column.addStretch(1)
        self.add.clicked.connect(lambda _checked=False: self.open_dialog())
        self.set_theme(theme)
        self.show_breakpoints(())

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self.setMinimumWidth(least_width())
        self._theme = theme
        fit_column(self._column)
        self._list.setSpacing(round(scaled(2)))
        for part in (self._empty, self._buttons, *self._rows.values()):
            part.set_theme(theme)

    def show_paths(self, paths: Iterable[str], steps: int) -> None:
        """Say which variables there are, and how many time steps."""
        self._paths, self._steps = tuple(paths), max(steps, 1)

    def show_breakpoints(self, points: Iterable[Breakpoint], event: str = "") -> None:
        """Show those of the session, and the event that stopped the walk."""
        self._on = tuple(points)
        self._order += [point for point in self._on if point not in self._order]
        gone = [point for point in self._rows if point not in self._on and self._rows[point].box.isChecked()]
        for point in gone:  # taken away elsewhere, not switched off here
            self._drop(point)
        for point in self._order:
            if point not in self._rows:
                self._rows[point] = self._row_for(point)
        self._event = event
        self._show_states()

    def show_frame(self, frame: Frame) -> None:
        """Mark the breakpoint that stopped the walk."""
        if frame.event != self._event:
            self._event = frame.event
            self._show_states()

    def forget_switched_off(self) -> None:
        """Drop those that are off, as when another session is opened."""
        for point in [point for point in self._order if point not in self._on]:
            self._drop(point)
        self._show_states()

    def open_dialog(self) -> BreakpointDialog:
        """Ask for another breakpoint."""
        dialog = BreakpointDialog(self._paths, self._steps, self._theme, self)
        dialog.answered.connect(self._add)
        dialog.open()
        return dialog

    def row(self, point: Breakpoint) -> BreakpointRow:
        """The row of a breakpoint. Raises KeyError."""
        return self._rows[point]

    def _show_states(self) -> None:
        for point, row in self._rows.items():
            on = point in self._on
            row.show_state(on, self._event if on and stopped_by(point, self._event) else "")
        self._empty.setVisible(not self._rows)

    def _row_for(self, point: Breakpoint) -> BreakpointRow:
        row = BreakpointRow(point, self._theme)
        row.switched.connect(lambda on: (self.add_requested if on else self.remove_requested).emit(point))
        row.removed.connect(lambda _none: self._remove(point))
        self._list.addWidget(row)
        return row

    def _remove(self, point: Breakpoint) -> None:
        on = point in self._on
        self._drop(point)
        self._show_states()
        if on:
            self.remove_requested.emit(point)

    def _drop(self, point: Breakpoint) -> None:
        self._on = tuple(kept for kept in self._on if kept != point)
        self._order.remove(point)
        row = self._rows.pop(point)
        self._list.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _add(self, point: object) -> None:
        if point is not None:
            self.add_requested.emit(point)
