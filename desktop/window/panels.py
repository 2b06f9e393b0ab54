"""The panels round the drawing: where they stand, which of them are seen, and which get the frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QMainWindow, QTabBar

from core.frame import Frame, Phase
from desktop.style.theme import Theme, scaled
from desktop.widgets.heading import title_icons
from desktop.window.contents import Maker
from desktop.window.panel import Panel
from desktop.window.panel_places import (
    BARS_PX,
    BOTTOM_PX,
    BOTTOM_SHARE,
    DATA_PX,
    LATE,
    LEFT,
    LEFT_PX,
    LESSON_PX,
    PLACES,
    PLACES_PX,
    RIGHT,
    RIGHT_PX,
    TRAINING_PX,
    TRAINING_SHARE,
    USUAL_PX,
    tabs_for,
)

AT_PARAMETERS = (Phase.REGULARISER, Phase.CLIP, Phase.UPDATE)  # phases in which they are what is looked at


class Panels(QObject):
    """All panels of a window, by name."""

    seen_changed = Signal(object)  # (name, whether it is to be seen)
    made = Signal(object)  # (name, its view, which is there from now on)

    def __init__(self, window: QMainWindow, makers: dict[str, Maker], theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        icons = title_icons(theme)
        self._panels = {name: Panel(name, make, self.made.emit, theme, icons, window) for name, make in makers.items()}
        self._bar_sheet = ""
        self._timeless: bool | None = None
        self._front = ""  # what stood before the parameters when they came forward; "" for the usual one
        self._scale = scaled(1.0)
        self.tabs = tabs_for(USUAL_PX)  # (front, behind) of the panels that share a place
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
        fronts = {behind: front for front, behind in self.tabs if front in self._panels}
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
        if not self.usual:
            return
        if tabs_for(self._window.height() / scaled(1.0)) != self.tabs:
            QTimer.singleShot(0, self, self._regroup)  # not while Qt lays them out
        self._size()

    def _regroup(self) -> None:
        """Put panels into tabs where a column has no room for all of them, and beside each other where it has."""
        tabs = tabs_for(self._window.height() / scaled(1.0))
        if tabs != self.tabs and self.usual:
            seen = [panel.dock for panel in self._panels.values() if panel.seen]
            self.tabs = tabs
            self.arrange()
            for dock in reversed(seen):
                if not any(dock in self._window.tabifiedDockWidgets(other) for other in seen[: seen.index(dock)]):
                    dock.raise_()
            for wait in (20, 200):  # once Qt has laid them out, and in smaller type once more
                QTimer.singleShot(wait, self, self.follow_size)

    def settle(self) -> None:
        """Somebody has arranged the panels; leave them so."""
        self.usual = False

    def _dress_bars(self) -> None:
        """The bars of tabs, which Qt makes when it needs another one."""
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setElideMode(Qt.TextElideMode.ElideNone)  # a tab out of sight can be scrolled to, "M…" cannot be read
            bar.setUsesScrollButtons(True)
            if bar.styleSheet() != self._bar_sheet:
                bar.setStyleSheet(self._bar_sheet)

    def _size(self) -> None:
        self._dress_bars()
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
        if reading:  # it needs room more than words that are seen in the drawing, too
            wishes |= {"model": 0.6 * high, "data": 0.2 * high, "bookmarks": 0.1 * high}
        behind = {name for _, name in self.tabs}
        for stack in (("equations", "inspector"), ("model", "data", "bookmarks")):
            there = [name for name in stack if name in docks and name not in behind]
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
        front = {behind: front for front, behind in self.tabs}.get("inspector", "inspector")
        if changes not in self._window.tabifiedDockWidgets(inspector):
            return
        if timeless:
            sharing = {front, *(behind for before, behind in self.tabs if before == front)} - {"changes"}
            self._front = next((name for name in sharing if name in self._panels and self[name].seen), front)
            changes.raise_()
        else:
            self[self._front or front].dock.raise_()

    def bring(self, name: str) -> None:
        """Let a panel be seen."""
        dock = self._panels[name].dock
        dock.show()
        dock.raise_()

    def toggle(self, name: str) -> None:
        """Show a panel, or close it."""
        panel = self._panels[name]
        if panel.seen or panel.dock.isHidden():  # to bring a tab forward changes no arrangement
            self.settle()
        if panel.seen:
            panel.dock.close()
        else:
            panel.dock.show()
            panel.dock.raise_()
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
        self._bar_sheet = f"QTabBar {{ background: {theme.panel.name()}; }}"
        self._dress_bars()

    def _follower(self, panel: Panel) -> Callable[[bool], None]:
        def follow(visible: bool) -> None:
            panel.set_seen(visible)
            if panel.name == "training":
                self.follow_size()
            if panel.dock.isHidden():
                self.settle()
            self.seen_changed.emit((panel.name, not panel.dock.isHidden()))

        return follow


def left_heights(panels: dict[str, Panel], high: float) -> dict[str, float]:
    """What the data need, a little for places, and all that is left for the model, which has the most to say."""
    data = scaled(DATA_PX)
    if "data" in panels and panels["data"].is_made:
        data = panels["data"].view.wanted_height() + panels["data"].title.sizeHint().height() + scaled(16)
    data = min(data, 0.34 * high)
    places = min(scaled(PLACES_PX), 0.24 * high)
    return {"model": max(high - data - places - scaled(BARS_PX), 0.2 * high), "data": data, "bookmarks": places}
