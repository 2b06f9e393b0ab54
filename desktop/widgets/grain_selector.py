"""How far one step goes: operation | equation | time step | pass, as one segmented control."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from desktop.style.theme import Theme, bold_font, scaled, ui_font
from desktop.widgets.drawing import focus_ring, line_height, text_width

TEXT_PX = 13
RADIUS_PX = 5.0


class Segment(QToolButton):
    """One choice of a segmented control; does, says and shows what its action does, says and shows."""

    def __init__(self, theme: Theme, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._first = self._last = False
        self.setDefaultAction(action)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_label(action))

    def set_ends(self, first: bool, last: bool) -> None:
        """Say whether the control begins or ends here."""
        self._first, self._last = first, last

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the text in bold, so that nothing moves when it is chosen."""
        font = bold_font(TEXT_PX)
        width = text_width(font, _label(self.defaultAction())) + scaled(20)
        return QSize(round(width), round(max(line_height(font) + scaled(9), scaled(27))))

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the font."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """One cell of the control; the chosen one tinted."""
        theme, area, chosen = self._theme, QRectF(self.rect()), self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = self._outline(area.adjusted(0.5, 0.5, -0.5 if self._last else 0.5, -0.5))
        hovered = self.underMouse() and self.isEnabled()
        painter.fillPath(outline, theme.accent_tint if chosen else theme.background if hovered else theme.panel)
        painter.setPen(QPen(theme.strong_line, 1.0))
        painter.drawPath(outline)
        if self.hasFocus():
            focus_ring(painter, area, scaled(RADIUS_PX), theme)
        painter.setFont(bold_font(TEXT_PX) if chosen else ui_font(TEXT_PX))
        quiet = theme.text if hovered else theme.secondary
        painter.setPen(theme.accent if chosen else quiet if self.isEnabled() else theme.faint)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, _label(self.defaultAction()))
        painter.end()

    def _outline(self, area: QRectF) -> QPainterPath:
        """A rectangle, rounded where the control begins and ends."""
        radius = scaled(RADIUS_PX)
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        path.addRoundedRect(area, radius, radius)
        square = QPainterPath()
        square.setFillRule(Qt.FillRule.WindingFill)
        if not self._first:
            square.addRect(QRectF(area.left(), area.top(), 2 * radius, area.height()))
        if not self._last:
            square.addRect(QRectF(area.right() - 2 * radius, area.top(), 2 * radius, area.height()))
        return path.united(square)


class GrainSelector(QWidget):
    """A row of segments for a group of checkable actions, in the order given."""

    def __init__(self, theme: Theme, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("How far one step goes"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._segments = [Segment(theme, action, self) for action in actions]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for place, segment in enumerate(self._segments):
            segment.set_ends(place == 0, place == len(self._segments) - 1)
            row.addWidget(segment)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The buttons, in order."""
        return tuple(self._segments)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours."""
        for segment in self._segments:
            segment.set_theme(theme)


def _label(action: QAction) -> str:
    """The short text of an action, without the mark of its key."""
    return action.iconText().replace("&", "")
