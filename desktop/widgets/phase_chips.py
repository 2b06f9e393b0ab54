"""The phases of one iteration as a row of chips: Forward › Loss › Backward › Clip › Update, or those that there are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from core.frame import Phase
from desktop.style.theme import Theme, bold_font, scaled, ui_font
from desktop.widgets.drawing import focus_ring, line_height, rounded, text_width

TEXT_PX = 13
GAP_PX = 18.0


class Chip(QAbstractButton):
    """One phase."""

    def __init__(self, theme: Theme, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lit = False
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours."""
        self._theme = theme
        self.update()

    def set_lit(self, lit: bool) -> None:
        """Show whether the walk is in this phase."""
        if lit != self._lit:
            self._lit = lit
            self.update()

    @property
    def lit(self) -> bool:
        """Whether the walk is in this phase."""
        return self._lit

    def sizeHint(self) -> QSize:
        """Room for the text in bold, so that nothing moves when it is lit."""
        font = bold_font(TEXT_PX)
        return QSize(
            round(text_width(font, self.text()) + scaled(26)), round(max(line_height(font) + scaled(11), scaled(28)))
        )

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the font."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self.updateGeometry()
        super().changeEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that it can be clicked."""
        self.update()
        super().enterEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A pill; filled with the accent where the walk is."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        fill, line, text = self._colours()
        rounded(painter, area, area.height() / 2, fill, line)
        if self.hasFocus():
            focus_ring(painter, area, area.height() / 2, self._theme)
        painter.setFont(bold_font(TEXT_PX) if self._lit else ui_font(TEXT_PX))
        painter.setPen(text)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()

    def _colours(self) -> tuple[QColor, QColor | None, QColor]:
        theme = self._theme
        if self._lit:
            return theme.accent, None, theme.on_accent
        if not self.isEnabled():
            return theme.panel, theme.line, theme.faint
        hovered = self.underMouse()
        ground = theme.line if self.isDown() else theme.background if hovered else theme.panel
        return ground, theme.faint if hovered else theme.strong_line, theme.text if hovered else theme.secondary


class PhaseChips(QWidget):
    """All phases this session walks, the current one lit; a click asks to go to that phase."""

    phase_clicked = Signal(object)  # Phase

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chips: dict[Phase, Chip] = {}
        self._current: Phase | None = None
        self.setAccessibleName(self.tr("Phases"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_phases(tuple(phase for phase in Phase if phase is not Phase.REGULARISER), None)

    def show_phases(self, phases: Sequence[Phase], current: Phase | None) -> bool:
        """Show these phases, and which one the walk is in; whether they are others than before."""
        others = tuple(phases) != tuple(self._chips)
        if others:
            self._rebuild(phases)
        self._current = current
        for phase, chip in self._chips.items():
            chip.set_lit(phase == current)
            state = self.tr("{phase} phase, current") if phase == current else self.tr("{phase} phase")
            chip.setAccessibleName(state.format(phase=chip.text()))
        return others

    def chip(self, phase: Phase) -> Chip:
        """The chip of a phase. Raises KeyError for a phase that is not walked."""
        return self._chips[phase]

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours."""
        self._theme = theme
        self._row.setSpacing(round(scaled(GAP_PX)))
        for chip in self._chips.values():
            chip.set_theme(theme)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The marks between the chips."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self._theme.faint, scaled(1.3))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        chips = list(self._chips.values())
        for before, after in pairwise(chips):
            x = (before.geometry().right() + after.geometry().left() + 1) / 2
            y, half = self.height() / 2, scaled(3.2)
            tip = QPointF(x + half / 2, y)
            painter.drawPolyline([QPointF(x - half / 2, y - half), tip, QPointF(x - half / 2, y + half)])
        painter.end()

    def _rebuild(self, phases: Sequence[Phase]) -> None:
        for chip in self._chips.values():
            self._row.removeWidget(chip)
            chip.deleteLater()
        self._chips = {}
        self._row.setSpacing(round(scaled(GAP_PX)))
        for phase in phases:
            chip = Chip(self._theme, self._names()[phase], self)
            chip.setToolTip(self.tr("Go to the start of this phase"))
            chip.clicked.connect(lambda _checked=False, phase=phase: self.phase_clicked.emit(phase))
            self._chips[phase] = chip
            self._row.addWidget(chip)

    def _names(self) -> dict[Phase, str]:
        return {
            Phase.FORWARD: self.tr("Forward"),
            Phase.LOSS: self.tr("Loss"),
            Phase.BACKWARD: self.tr("Backward"),
            Phase.REGULARISER: self.tr("Regulariser"),
            Phase.CLIP: self.tr("Clip"),
            Phase.UPDATE: self.tr("Update"),
        }
