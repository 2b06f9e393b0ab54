"""The equations of the cell, typeset; the current one opened with numbers and its result."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.frame import BlockFrame, EquationLine, Frame
from desktop.style.theme import Theme, scaled, ui_font
from desktop.style.typesetting import Typesetter
from desktop.views.equation_row import MARGIN_PX, TEXT_PX, EquationRow, RowState
from desktop.views.focus import came_by_key
from desktop.views.formula_layout import FormulaSetter, Ink, split_equation
from desktop.views.scrolling import quiet_scroll
from desktop.views.unit_stepper import UnitStepper
from desktop.widgets.heading import JOINT, SectionHeading

LEAST_WIDTH_PX = 256.0


class EquationsPanel(QWidget):
    """Every equation of the current block; a click on a term tells its path, the arrows walk over the equations."""

    term_clicked = Signal(object)  # path
    unit_chosen = Signal(object)  # unit counted from 0

    def __init__(self, theme: Theme, typesetter: Typesetter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("equations_panel")
        self.setAccessibleName(self.tr("Equations"))
        self.heading = SectionHeading(theme, parent=self)
        self._list = EquationList(theme, typesetter, self)
        self._list.term_clicked.connect(self.term_clicked)
        self._list.stepper.unit_chosen.connect(self.unit_chosen)
        self._scroll = quiet_scroll(self._list, across=True)
        self.setMinimumWidth(round(scaled(LEAST_WIDTH_PX)))
        self.heading.setContentsMargins(round(scaled(MARGIN_PX)), round(scaled(10)), round(scaled(MARGIN_PX)), 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, round(scaled(4)), 0, round(scaled(6)))
        layout.setSpacing(round(scaled(6)))
        layout.addWidget(self.heading)
        layout.addWidget(self._scroll, 1)
        self._list.current_moved.connect(self._reveal)

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.heading.set_theme(theme)
        self._list.set_theme(theme)

    def show_frame(self, frame: Frame) -> None:
        """Show the equations of the frame; rows that have not changed stay as they are."""
        self.heading.setText(self._title(frame))
        self._list.show_frame(frame)

    def _title(self, frame: Frame) -> str:
        block = block_of(frame)
        words = [self.tr("Equations"), *([block.title] if block else []), self.tr(frame.position.phase.value)]
        return JOINT.join(words)

    def _reveal(self, area: QRect) -> None:
        middle = area.center()
        self._scroll.ensureVisible(0, middle.y(), 0, min(area.height() // 2 + 8, self._scroll.height() // 2))


class EquationList(QWidget):
    """The rows, stacked by hand: names in one column, the current row a card."""

    arrows = "upright"
    term_clicked = Signal(object)
    current_moved = Signal(object)  # the rectangle of the current row

    def __init__(self, theme: Theme, typesetter: Typesetter, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._setter = FormulaSetter(typesetter)
        self._rows: list[EquationRow] = []
        self._lines: tuple[EquationLine, ...] = ()
        self._selected = ""
        self._filled = False
        self._walked = None
        self._chosen: int | None = None
        self._ringed = False
        self.stepper = UnitStepper(theme, self)
        self.stepper.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Equations; up and down choose one"))
        self._late = QTimer(self, singleShot=True, interval=0)  # many formulas get ready at once: lay out once
        self._late.timeout.connect(self._settle)
        typesetter.ready.connect(self._stack_soon)

    def _stack_soon(self, _latex: object) -> None:
        self._late.start()

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self._theme = theme
        self.stepper.set_theme(theme)
        self._refresh()
        self._stack()

    def show_frame(self, frame: Frame) -> None:
        """Show the equations of the frame."""
        if [line.latex for line in frame.equations] != [line.latex for line in self._lines]:
            self._late.start()
        self._lines, self._walked = frame.equations, frame.walked
        self._selected = frame.view.path or frame.position.path
        self._show_stepper(frame)
        self._refresh()

    def _show_stepper(self, frame: Frame) -> None:
        """Only beside a vector that is walked: a scalar has no units."""
        walked, block = self._walked, block_of(frame)
        there = walked is not None and block is not None and any(self._is_walked(line) for line in self._lines)
        units = units_of(frame, block, walked.path) if there else 1
        self.stepper.setVisible(units > 1)
        if units > 1:
            seen, unit = frame.inspection, walked.unit
            labels = seen.labels if seen is not None and seen.path == walked.path else ()
            name = labels[unit] if unit < len(labels) else ""
            self.stepper.show_unit(unit, units, name)

    def _is_walked(self, line: EquationLine) -> bool:
        return line.lit and self._walked is not None and bool(line.path) and self._walked.path == line.path

    def _refresh(self) -> None:
        """Give each row its state; lay out again only if one has changed."""
        while len(self._rows) < len(self._lines):
            row = EquationRow(self._theme, self._setter, self)
            row.clicked.connect(self._choose_clicked)
            row.show()
            self._rows.append(row)
        while len(self._rows) > len(self._lines):
            self._rows.pop().deleteLater()
        changed = [
            row.show_state(self._state(number, line), self._theme)
            for number, (row, line) in enumerate(zip(self._rows, self._lines, strict=True))
        ]
        if any(changed):
            self._stack()
        if bool(self._rows) != self._filled:  # it paints only where there are none, and the rows with it
            self._filled = bool(self._rows)
            self.update()

    def _state(self, number: int, line: EquationLine) -> RowState:
        walked = self._walked if self._is_walked(line) else None
        return RowState(line, walked, self._selected, self._ringed and number == self._chosen)

    def _settle(self) -> None:
        """Lay out with what is typeset now, and ask for the backward equations before they are walked."""
        for row in self._rows:
            row.forget_layout()
        self._stack()
        for row in self._rows:
            row.prepare_backward()

    def _stack(self) -> None:
        """Put the rows one under another."""
        if not self._rows:
            self.setMinimumSize(0, 0)
            return
        width = max(self.parentWidget().width(), round(scaled(200)))
        names = self._name_width(0.3 * width)
        y, widest, card = 0.0, 0.0, None
        for row in self._rows:
            gap = scaled(5) if row.is_card else 0.0
            height = row.fit(names, width)
            row.setGeometry(0, round(y + gap), max(width, round(row.content_width)), round(height))
            y += height + 2 * gap
            widest = max(widest, row.content_width)
            card = row if row.is_card else card
        self.setMinimumSize(round(widest) if widest > width + 2 else 0, round(y))
        if card is not None:
            self._place_stepper(card, width)
            self.current_moved.emit(card.geometry())

    def _place_stepper(self, card: EquationRow, width: int) -> None:
        self.stepper.adjustSize()
        x = width - round(scaled(MARGIN_PX - 2)) - self.stepper.width()
        self.stepper.move(x, card.geometry().bottom() - self.stepper.height() - round(scaled(6)))
        self.stepper.raise_()

    def _name_width(self, most: float) -> float:
        """The room that the longest name takes; one that is longer than ``most`` does not stand in the column."""
        ink = Ink(self._theme.text, scaled(TEXT_PX), self.devicePixelRatioF())
        widths = [self._setter.measure(split_equation(line.latex)[0], ink) for line in self._lines]
        return max((width for width in widths if width <= most), default=0.0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._stack()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._late.start()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._lines:
            return
        painter = QPainter(self)
        painter.setFont(ui_font(12))
        painter.setPen(self._theme.secondary)
        area = self.rect().adjusted(round(scaled(MARGIN_PX)), 0, -round(scaled(MARGIN_PX)), 0)
        flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(area, flags, self.tr("No equation is walked here."))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None or not self._lines:
            super().keyPressEvent(event)
            return
        self._ringed = True
        self._chosen = min(
            max((self._start() if self._chosen is None else self._chosen) + step, 0), len(self._lines) - 1
        )
        self._refresh()
        self.setAccessibleDescription(self._rows[self._chosen].accessibleName())
        if self._lines[self._chosen].path:
            self.term_clicked.emit(self._lines[self._chosen].path)

    def _start(self) -> int:
        """Where the keyboard starts: the selected equation, else the current one."""
        places = [n for n, line in enumerate(self._lines) if line.path == self._selected or line.lit]
        return places[0] if places else -1

    def _choose_clicked(self, path: object) -> None:
        if not path:
            return  # a formula that is no variable's, as of the optimiser
        self._chosen = next((n for n, line in enumerate(self._lines) if line.path == path), self._chosen)
        self.term_clicked.emit(path)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ringed = came_by_key(event)
        self._refresh()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ringed = False
        self._refresh()


def block_of(frame: Frame) -> BlockFrame | None:
    """The block of the lead lane whose equations are shown."""
    if not frame.lanes:
        return None
    path = frame.equations[0].path if frame.equations else frame.position.path
    name = path.rpartition("/")[0]
    return next((block for block in frame.lanes[0].blocks if block.name == name), None)


def units_of(frame: Frame, block: BlockFrame, path: str) -> int:
    """How many units a variable has."""
    seen = frame.inspection
    if seen is not None and seen.path == path and seen.values is not None:
        return len(seen.values)
    sizes = [track.values.shape[1] for track in block.tracks if track.path == path]
    return sizes[0] if sizes else max(block.units, 1)
