"""One equation of the panel: a line, or for the current one a card with symbols, numbers and the result."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from core.frame import EquationLine, WalkedEquation
from desktop.style.theme import Theme, scaled
from desktop.style.typesetting import plain_text
from desktop.views.formula_layout import INDENT_PX, FormulaSetter, Ink, Layout, draw_layout, path_at, split_equation
from desktop.widgets.drawing import focus_ring

TEXT_PX = 15.0
MARGIN_PX = 20.0
GAP_PX = 5.0
CARD_PADDING_PX = 9.0
CARD_INSET_PX = 10.0
SIGN_SPACE_PX = 4.0  # the typesetter's room in front of an equals sign


@dataclass(frozen=True)
class RowState:
    """All that a row shows; equal states draw the same."""

    line: EquationLine
    walked: WalkedEquation | None  # only for the current equation
    selected: str  # path that is tinted wherever it stands
    chosen: bool  # the keyboard stands on this row


class EquationRow(QWidget):
    """Draws one equation; a click on a reference or on the row tells its path."""

    clicked = Signal(object)

    def __init__(self, theme: Theme, setter: FormulaSetter, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._setter = setter
        self._state: RowState | None = None
        self._blocks: list[tuple[float, float, Layout]] = []
        self.content_width = 0.0
        self._room = 0.0
        self._fitted: tuple[float, ...] = ()  # what the layout was made for
        self._height = 0.0
        self.setMouseTracking(True)

    @property
    def is_card(self) -> bool:
        """Whether this is the current equation."""
        return self._state is not None and self._state.walked is not None

    def show_state(self, state: RowState, theme: Theme) -> bool:
        """Take what to show; whether that asks for a new layout."""
        if state == self._state and theme is self._theme:
            return False
        known, same_theme = self._state, theme is self._theme
        self._state, self._theme = state, theme
        self.setAccessibleName(spoken(state))
        self.update()
        if same_theme and known is not None and (known.line, known.walked) == (state.line, state.walked):
            return False  # another tint or ring only
        self.forget_layout()
        return True

    def forget_layout(self) -> None:
        """Lay out anew the next time: formulas have become ready, or faces have changed."""
        self._fitted = ()

    def fit(self, name_width: float, width: float) -> float:
        """Lay out the row for a panel of ``width``, if it is not; its height."""
        wanted = (name_width, width, scaled(1.0), self.devicePixelRatioF())
        if wanted != self._fitted:
            self._fitted, self._height = wanted, self._lay_out(name_width, width)
        return self._height

    def _lay_out(self, name_width: float, width: float) -> float:
        assert self._state is not None
        self._blocks = []
        padding = scaled(CARD_PADDING_PX) if self.is_card else scaled(GAP_PX) / 2
        left = scaled(MARGIN_PX)
        right = left + name_width + scaled(7)
        self._room = room = width - right - left
        y = padding + self._add_equation(left, right, padding, room)
        if self._state.walked is not None:
            y = self._add_walked(right, y, room)
        self.content_width = max(x + layout.width for x, _, layout in self._blocks) + left
        self.update()
        return y + padding

    def prepare_backward(self) -> None:
        """Have the backward equation typeset as a card of this width will want it."""
        if self._state is not None and self._state.line.backward_latex and self._room > 0:
            room = self._room - scaled(SIGN_SPACE_PX)
            self._setter.lay_out(self._state.line.backward_latex, self._ink(self._theme.text), room)

    def _ink(self, colour: QColor, size: float = TEXT_PX, upright: bool = False, bold: bool = False) -> Ink:
        return Ink(colour, scaled(size), self.devicePixelRatioF(), upright, bold)

    def _add_equation(self, left: float, right: float, y: float, room: float) -> float:
        """The equation itself, name and rest on one baseline; its height."""
        state, theme = self._state, self._theme
        name, rest = split_equation(state.line.latex)
        lit = state.line.lit
        body = self._setter.lay_out(rest, self._ink(theme.text if lit else theme.secondary), room)
        if not name:
            self._blocks.append((right if right > left + scaled(8) else left, y, body))
            return body.height
        head = self._setter.lay_out(name, self._ink(theme.accent if lit else theme.text), 1e6)
        if left + head.width > right:
            return self._add_long(left, y, head, rest, room + right - left)
        down = body.parts[0].baseline - head.parts[0].baseline
        self._blocks.append((left, y + max(0.0, down), head))
        self._blocks.append((right, y + max(0.0, -down), body))
        return max(body.height + max(0.0, -down), head.height + max(0.0, down))

    def _add_long(self, left: float, y: float, head: Layout, rest: str, room: float) -> float:
        """An equation whose name is longer than the column of names: the rest goes on behind it, or under it."""
        ink = self._ink(self._theme.text if self._state.line.lit else self._theme.secondary)
        gap, indent = scaled(SIGN_SPACE_PX), scaled(INDENT_PX)
        beside = head.width + gap + self._setter.measure(rest, ink) <= room
        body = self._setter.lay_out(rest, ink, room - (0.0 if beside else indent))
        down = body.parts[0].baseline - head.parts[0].baseline if beside else 0.0
        under = max(0.0, -down) if beside else head.height + gap
        self._blocks.append((left, y + max(0.0, down), head))
        self._blocks.append((left + (head.width + gap if beside else indent), y + under, body))
        return max(body.height + under, head.height + max(0.0, down))

    def _add_walked(self, right: float, y: float, room: float) -> float:
        """Symbols (where they are not the equation again), numbers and result; the y under them."""
        walked, theme = self._state.walked, self._theme
        gap = scaled(GAP_PX)
        right += scaled(SIGN_SPACE_PX)
        room -= scaled(SIGN_SPACE_PX)
        layouts = []
        if walked.backward or walked.symbols != self._state.line.latex:
            layouts.append(self._setter.lay_out(walked.symbols, self._ink(theme.text), room))
        if says_more(walked):
            text = plain_text(walked.numbers).lstrip("= ")
            layouts.append(self._setter.text(f"= {text}", self._ink(theme.secondary, upright=True), room))
        result = f"= {plain_text(walked.result)}" if walked.result else "= …"
        colour = theme.accent if walked.result else theme.secondary
        layouts.append(self._setter.text(result, self._ink(colour, TEXT_PX + 1, upright=True, bold=True), room))
        for layout in layouts:
            y += gap
            self._blocks.append((right, y, layout))
            y += layout.height
        return y

    def card(self) -> QRectF:
        """The tinted ground of the current equation."""
        inset = scaled(CARD_INSET_PX)
        return QRectF(self.rect()).adjusted(inset, 0, -inset, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._state is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, radius = self._theme, scaled(6)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.is_card:
            painter.setBrush(theme.accent_tint)
            painter.drawRoundedRect(self.card(), radius, radius)
        if self._state.chosen:
            focus_ring(painter, self.card(), radius, theme)
        tint = QColor(theme.accent)
        tint.setAlphaF(0.28 if theme.is_dark else 0.16)
        for x, y, layout in self._blocks:
            draw_layout(painter, layout, x, y, self._state.selected, tint)

    def reference_at(self, place: QPointF) -> str:
        """The path of the reference at a place, or ""."""
        for x, y, layout in self._blocks:
            path = path_at(layout, place.x() - x, place.y() - y)
            if path:
                return path
        return ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._state is not None:
            self.clicked.emit(self.reference_at(event.position()) or self._state.line.path)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = bool(self.reference_at(event.position()))
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and self._state is not None:
            QToolTip.showText(QPoint(event.globalPos()), self._state.line.role or self._state.line.name, self)
            return True
        return super().event(event)


def says_more(walked: WalkedEquation) -> bool:
    """Whether the line of numbers is another than the result, "= 0.0565" under "= 0.0565"."""
    numbers = plain_text(walked.numbers).strip("= ")
    return bool(numbers) and numbers != plain_text(walked.result).strip("= ")


def spoken(state: RowState) -> str:
    """The row for a screen reader."""
    parts = [state.line.role or state.line.name, plain_text(state.line.latex)]
    if state.walked is not None:
        parts += [plain_text(state.walked.symbols)] if state.walked.backward else []
        parts += [f"= {plain_text(state.walked.numbers).lstrip('= ')}"] if says_more(state.walked) else []
        parts += [f"= {state.walked.result}"]
    return "; ".join(part for part in parts if part.strip("= "))
