"""The panels round the drawing: where they stand, which of them are seen, and which get the frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

from core.frame import Frame, Phase
from desktop.command_table import panel_title
from desktop.contents import Maker
from desktop.panel_places import (
    BARS_PX,
    BOTTOM_PX,
    BOTTOM_SHARE,
    DATA_PX,
    LATE,
    LEFT,
    LEFT_PX,
    LESSON_PX,
    OPEN,
    PLACES,
    PLACES_PX,
    RIGHT,
    RIGHT_PX,
    TABS,
    TRAINING_PX,
    TRAINING_SHARE,
)
from desktop.theme import Theme, scaled
from desktop.widgets.heading import DockTitle, TitleIcons, title_icons

AT_PARAMETERS = (Phase.REGULARISER, Phase.CLIP, Phase.UPDATE)  # phases in which they are what is looked at


class Panel:
    """One dock, empty until its view is first wanted; a hidden one keeps the last frame until it is seen again."""

    def __init__(
        self,
        name: str,
        make: Maker,
        made: Callable[[Any], object],
        theme: Theme,
        icons: TitleIcons,
        window: QMainWindow,
    ) -> None:
        self.name, self._make, self._made = name, make, made
        self._view: Any = None
        self._show: Callable[[Frame], object] = _show_nothing
        self._heading: Any = None  # of the view; shown in the title bar instead
        self.seen = False
        self.late = name in LATE
        self._waiting: Frame | None = None
        self._theme: Theme | None = None
        self._maps: object = None
        self.dock = QDockWidget(panel_title(name), window)
        self.dock.setObjectName(f"dock_{name}")
        self.dock.setAccessibleName(panel_title(name))
        self.title = DockTitle(theme, self.dock, icons)
        self._titled = (theme, scaled(1.0))  # what the title was drawn with
        ground = QWidget(self.dock)
        ground.setAutoFillBackground(name not in OPEN)
        ground.setBackgroundRole(QPalette.ColorRole.Base)
        self.dock.setWidget(ground)

    @property
    def view(self) -> Any:
        """What the dock holds; made now, if it is not there yet."""
        if self._view is None:
            content = self._make()
            self._view, self._show = content.widget, content.show
            self._heading = getattr(self._view, "heading", None)
            self._view.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            self.dock.widget().deleteLater()
            self.dock.setWidget(self._view)
            self._dress_view()
            self._made((self.name, self._view))
        return self._view

    @property
    def is_made(self) -> bool:
        """Whether the view is there."""
        return self._view is not None

    def show_frame(self, frame: Frame) -> None:
        """Show it now, or once the panel is seen."""
        if not self.seen or self.late:
            self._waiting = frame
            return
        self._waiting = None
        self._show(frame)
        if self._heading is not None:
            self.title.show_title(self._heading.text())

    def attach(self) -> None:
        """Make and fill what was too slow for the first picture."""
        if self.late:
            self.late = self.view is None
            self.set_seen(self.seen)

    def dress(self) -> None:
        """The ground; a floating panel, which has no frame of the system's, also an edge of its own."""
        if self._theme is None or self._view is None:
            return
        floating, theme = self.dock.isFloating(), self._theme
        if self.name not in OPEN and not floating and not self.view.styleSheet():
            return  # style sheets are dear, and the window's says the same
        ground = (theme.background if self.name in OPEN else theme.panel).name()
        edge = f"border: 1px solid {theme.strong_line.name()};" if floating else "border: none;"
        for part, none in ((self.title, "border-bottom: none;"), (self.view, "border-top: none;")):
            part.setStyleSheet(f"{type(part).__name__} {{ background: {ground}; {edge} {none} }}")
        self.view.setContentsMargins(*((1, 0, 1, 1) if floating else (0, 0, 0, 0)))

    def set_seen(self, seen: bool) -> None:
        """The dock has come into sight, or gone out of it."""
        self.seen = seen
        if seen and self._waiting is not None:
            self.show_frame(self._waiting)

    def set_theme(self, theme: Theme, maps: object) -> None:
        """Draw in these colours, and as large as the font is now."""
        if self._titled != (theme, scaled(1.0)):
            self._titled = (theme, scaled(1.0))
            self.title.set_theme(theme)
        self._theme, self._maps = theme, maps
        if self._view is not None:
            self._dress_view()

    def _dress_view(self) -> None:
        if self._theme is None:
            return
        self.dress()
        if hasattr(self._view, "set_maps"):
            self._view.set_maps(self._maps)
        elif hasattr(self._view, "set_theme"):
            self._view.set_theme(self._theme)
        if self._heading is not None:
            self._heading.hide()


class Panels(QObject):
    """All panels of a window, by name."""

    seen_changed = Signal(object)  # (name, whether it is to be seen)
    made = Signal(object)  # (name, its view, which is there from now on)

    def __init__(self, window: QMainWindow, makers: dict[str, Maker], theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        icons = title_icons(theme)
        self._panels = {name: Panel(name, make, self.made.emit, theme, icons, window) for name, make in makers.items()}
        self._timeless: bool | None = None
        self._scale = scaled(1.0)
        self.usual = True  # nobody has moved, closed or resized anything yet
        window.setDockNestingEnabled(True)
        for bottom in (Qt.Corner.BottomLeftCorner, Qt.Corner.TopLeftCorner):
            window.setCorner(bottom, LEFT)
        for bottom in (Qt.Corner.BottomRightCorner, Qt.Corner.TopRightCorner):
            window.setCorner(bottom, RIGHT)
        for panel in self._panels.values():
            panel.dock.visibilityChanged.connect(self._follower(panel))
            panel.dock.topLevelChanged.connect(self.settle)
            panel.dock.topLevelChanged.connect(panel.dress)
        self.arrange()

    def __getitem__(self, name: str) -> Panel:
        return self._panels[name]

    def __iter__(self) -> Any:
        return iter(self._panels)

    def arrange(self) -> None:
        """All panels in their places."""
        for panel in self._panels.values():  # taken out first, or Qt leaves the bar of their old tabs standing
            panel.dock.setFloating(False)
            self._window.removeDockWidget(panel.dock)
        fronts = {behind: front for front, behind in TABS if front in self._panels}
        for name, panel in self._panels.items():
            if name in fronts:  # never on its own, or Qt leaves a bar of tabs standing there
                self._window.tabifyDockWidget(self[fronts[name]].dock, panel.dock)
            else:
                self._window.addDockWidget(PLACES[name], panel.dock)
            panel.dock.show()
        for front in fronts.values():
            self[front].dock.raise_()
        self.usual = True
        self._size()

    def follow_size(self) -> None:
        """Share out the room of a window that has been resized, as long as nobody has done so by hand."""
        if self.usual:
            self._size()

    def settle(self) -> None:
        """Somebody has arranged the panels; leave them so."""
        self.usual = False

    def _size(self) -> None:
        docks = {name: panel.dock for name, panel in self._panels.items()}
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        room = min(1.0, self._window.width() / scaled(1440)) ** 0.5  # the drawing gives way too, as it can zoom
        reading = "lesson" in docks and self["lesson"].seen
        for name, width in (("model", LESSON_PX if reading else LEFT_PX), ("equations", RIGHT_PX)):
            if name in docks:
                self._window.resizeDocks([docks[name]], [round(scaled(width) * room)], across)
        if "plots" in docks:
            front, wish, share = "plots", BOTTOM_PX, BOTTOM_SHARE
            if "training" in docks and self["training"].seen:
                front, wish, share = "training", TRAINING_PX, TRAINING_SHARE
            most = self._window.height() * share
            self._window.resizeDocks([docks[front]], [round(min(scaled(wish), most))], down)
        high = self._window.height()
        wishes = {"equations": 0.44 * high, "inspector": 0.56 * high, **left_heights(self._panels, high)}
        for stack in (("equations", "inspector"), ("model", "data", "bookmarks")):
            there = [name for name in stack if name in docks]
            self._window.resizeDocks([docks[name] for name in there], [round(wishes[name]) for name in there], down)

    def show_frame(self, frame: Frame) -> None:
        """Give the frame to all that are seen."""
        self._bring_forward(frame.position.phase in AT_PARAMETERS)
        for panel in self._panels.values():
            panel.show_frame(frame)

    def _bring_forward(self, timeless: bool) -> None:
        """Where there is no time, parameters matter; elsewhere, the variable."""
        if timeless == self._timeless or not {"inspector", "changes"} <= set(self._panels):
            return
        self._timeless = timeless
        inspector, changes = self["inspector"].dock, self["changes"].dock
        if changes in self._window.tabifiedDockWidgets(inspector):
            (changes if timeless else inspector).raise_()

    def bring(self, name: str) -> None:
        """Let a panel be seen."""
        dock = self._panels[name].dock
        dock.show()
        dock.raise_()

    def toggle(self, name: str) -> None:
        """Show a panel, or close it."""
        panel = self._panels[name]
        self.settle()
        if panel.dock.isHidden() or not panel.seen:
            panel.dock.show()
            panel.dock.raise_()
        else:
            panel.dock.close()
        self.seen_changed.emit((name, not panel.dock.isHidden()))

    def attach_late(self) -> None:
        """Fill what was too slow for the first picture, one panel a turn, so that each is seen at once."""
        waiting = [self._panels[name] for name in LATE if name in self._panels and self._panels[name].late]
        if waiting:
            waiting[0].attach()
            QTimer.singleShot(1, self, self.attach_late)  # what is posted, paints too, comes before timers
        else:
            self.follow_size()  # now the heights of what the panels hold are known

    def set_theme(self, theme: Theme, maps: object) -> None:
        """Draw in these colours."""
        for panel in self._panels.values():
            panel.set_theme(theme, maps)
        if self._scale != scaled(1.0):
            self._scale = scaled(1.0)
            for wait in (0, 20):  # once all are as large as the type, and once they have their widths
                QTimer.singleShot(wait, self, self.follow_size)
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setStyleSheet(f"QTabBar {{ background: {theme.panel.name()}; }}")

    def _follower(self, panel: Panel) -> Callable[[bool], None]:
        def follow(visible: bool) -> None:
            panel.set_seen(visible)
            if panel.name == "training":
                self.follow_size()
            if panel.dock.isHidden():
                self.settle()
            self.seen_changed.emit((panel.name, not panel.dock.isHidden()))

        return follow


def _show_nothing(_frame: Frame) -> None:
    """How a frame is shown by what is not there yet."""


def left_heights(panels: dict[str, Panel], high: float) -> dict[str, float]:
    """What the data need, a little for places, and all that is left for the model, which has the most to say."""
    data = scaled(DATA_PX)
    if "data" in panels and panels["data"].is_made:
        data = panels["data"].view.wanted_height() + panels["data"].title.sizeHint().height() + scaled(16)
    data = min(data, 0.34 * high)
    places = min(scaled(PLACES_PX), 0.24 * high)
    return {"model": max(high - data - places - scaled(BARS_PX), 0.2 * high), "data": data, "bookmarks": places}
