"""The bar on top: whose walk this is, its phases, the stepping controls, the grain, the speed.

It gives up what matters least, first, when the window gets narrow.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from core.frame import Frame
from desktop.style.icons import SIZE_PX
from desktop.style.theme import Theme, bold_font, scaled, ui_font
from desktop.widgets.grain_selector import GrainSelector
from desktop.widgets.phase_chips import PhaseChips
from desktop.widgets.speed_slider import SpeedSlider
from desktop.window.actions import Actions

STEPPING = ("go_start", "step_back", "run_pause", "step_forward", "go_end", "next_event")
GAP_PX, SMALL_GAP_PX, TIGHT_GAP_PX = 26.0, 14.0, 8.0
TITLE_PX = 17.0


class ElidedLabel(QLabel):
    """A label that shortens its text instead of pushing its neighbours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def show_text(self, text: str) -> None:
        """Show this, as much of it as there is room for; all of it on the tooltip."""
        if text != self._whole:
            self._whole = text
            self.updateGeometry()
            self._elide()

    @property
    def whole(self) -> str:
        """The text, unshortened."""
        return self._whole

    def sizeHint(self) -> QSize:
        """Room for all of it."""
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """It can do with nothing."""
        return QSize(0, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten to the new width."""
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        """Measure again in the new font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
            self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(0, self.width()))
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class CompactChoice(QToolButton):
    """What stands for a row of choices where there is no room for the row: a button with a menu."""

    def __init__(self, actions: Actions, names: tuple[str, ...], title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(title)
        self.setToolTip(title)
        menu = QMenu(self)
        for name in names:
            menu.addAction(actions[name])
        self.setMenu(menu)

    def show_current(self, text: str) -> None:
        """Show what is chosen."""
        self.setText(f"{text} ▾")
        self.setAccessibleDescription(text)


class WalkBar(QWidget):
    """The content of the tool bar."""

    speed_changed = Signal(object)  # steps a second

    def __init__(self, theme: Theme, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("walk_bar")
        self._actions = actions
        self.title, self.subtitle = ElidedLabel(self), ElidedLabel(self)
        self.chips = PhaseChips(theme, self)
        self.phase = CompactChoice(actions, _named(actions, "phase_"), self.tr("Phase"), self)
        self.buttons = [self._button(name) for name in STEPPING]
        self.grains = GrainSelector(theme, [actions[name] for name in _named(actions, "grain_")], self)
        self.grain = CompactChoice(actions, _named(actions, "grain_"), self.tr("How far one step goes"), self)
        self.speed = SpeedSlider(theme, self)
        self.speed.speed_changed.connect(self.speed_changed)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._arrange()
        self.set_theme(theme)

    def _arrange(self) -> None:
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._gaps: list[QWidget] = []
        heading = QHBoxLayout()
        heading.addWidget(self.title)
        heading.addWidget(self.subtitle, 1)
        self._heading = heading
        controls = QHBoxLayout()
        controls.setSpacing(2)
        for button in self.buttons:
            controls.addWidget(button)
        self._row.addLayout(heading, 1)
        for part in (self.chips, self.phase, controls, self.grains, self.grain, self.speed):
            if part not in (self.phase, self.grain):
                self._row.addWidget(self._gap())
            self._row.addLayout(part) if part is controls else self._row.addWidget(part)
        self._row.addStretch(0)

    def _gap(self) -> QWidget:
        gap = QWidget(self)
        gap.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._gaps.append(gap)
        return gap

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(self._actions[name])
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(self._actions[name].iconText())
        return button

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, and as large as the font is now."""
        for part in (self.chips, self.grains, self.speed):
            part.set_theme(theme)
        side = round(scaled(SIZE_PX))
        for button in self.buttons:
            button.setIconSize(QSize(side, side))
        self.title.setFont(bold_font(TITLE_PX))
        self.subtitle.setFont(ui_font(13))
        self.subtitle.setStyleSheet(f"color: {theme.secondary.name()};")
        self._heading.setSpacing(round(scaled(12)))
        self._row.setContentsMargins(round(scaled(10)), 0, round(scaled(6)), 0)
        self._fit()

    def show_frame(self, frame: Frame) -> None:
        """Light the phase, name the walk."""
        phase = frame.position.phase
        if self.chips.show_phases(frame.phases, phase):
            QTimer.singleShot(0, self, self._fit)  # once Qt has laid the others out
        self.phase.show_current(self._actions[f"phase_{phase}"].iconText())
        self.grain.show_current(self._actions[f"grain_{frame.grain}"].iconText())
        self.subtitle.show_text(" | ".join(lane.name for lane in frame.lanes))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give up what does not fit."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """It gets along with very little width."""
        return QSize(round(scaled(320)), super().minimumSizeHint().height())

    def _fit(self) -> None:
        """The fullest arrangement that leaves the title some room."""
        for level in range(7):
            self._arrange_for(level)
            if self._needed() <= self.width():
                break

    def _arrange_for(self, level: int) -> None:
        """From 0, all there is, to 6, hardly more than the stepping controls."""
        self.subtitle.setVisible(level < 1)
        for label in self.speed.findChildren(QLabel):
            label.setVisible(level < 3)
        gap = round(scaled(GAP_PX if level < 2 else TIGHT_GAP_PX if level == 2 else SMALL_GAP_PX))
        for widget in self._gaps:
            widget.setFixedWidth(gap)
        self.grains.setVisible(level < 4)
        self.grain.setVisible(level >= 4)
        self.chips.setVisible(level < 5)
        self.phase.setVisible(level >= 5)
        self.speed.setVisible(level < 6)
        self.title.setVisible(level < 6)

    def _needed(self) -> float:
        """The width of what is to be seen now."""
        parts = [self.chips, self.phase, self.grains, self.grain, self.speed, *self.buttons, *self._gaps]
        widths = [part.sizeHint().width() for part in parts if part not in self._gaps and not part.isHidden()]
        gaps = sum(gap.minimumWidth() for gap in self._gaps)
        texts = [(self.title, 170.0), (self.subtitle, 140.0)]
        words = sum(min(label.sizeHint().width(), scaled(most)) for label, most in texts if not label.isHidden())
        return sum(widths) + gaps + words + len(self.buttons) * 2 + scaled(18 if self.subtitle.isHidden() else 36)


def _named(actions: Actions, prefix: str) -> tuple[str, ...]:
    return tuple(name for name in actions if name.startswith(prefix))
