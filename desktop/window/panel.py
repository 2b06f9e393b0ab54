"""One panel beside the drawing: a dock that is made when it is first wanted, and shows frames while it is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from core.frame import Frame
from desktop.style.theme import Theme, scaled
from desktop.widgets.heading import DockTitle, TitleIcons
from desktop.window.command_table import panel_title
from desktop.window.contents import Maker
from desktop.window.panel_places import BEHIND, LATE, OPEN


class Panel:
    """One dock, empty until it is first seen; a hidden one keeps the last frame until it is seen again."""

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
        self._title: DockTitle | None = None
        self._titled = (theme, scaled(1.0))  # what the title is to be drawn with
        if name not in BEHIND:
            self._title = DockTitle(theme, self.dock, icons)
        ground = QWidget(self.dock)
        ground.setAutoFillBackground(name not in OPEN)
        ground.setBackgroundRole(QPalette.ColorRole.Base)
        self.dock.setWidget(ground)

    @property
    def title(self) -> DockTitle:
        """The title bar; of a panel that stands behind another, made when it is first seen."""
        if self._title is None:
            self._title = DockTitle(self._titled[0], self.dock)
            self.dress()
        return self._title

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
        self._waiting, _ = None, self.view  # which is made, if this is the first time
        self._show(frame)
        if self._heading is not None:
            self.title.show_title(self._heading.text())

    def attach(self) -> None:
        """Make and fill what was too slow for the first picture; what stands behind others, once it is seen."""
        if self.late:
            self.late = False
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
        if seen:
            self.title.show()
        if seen and self._waiting is not None:
            self.show_frame(self._waiting)

    def set_theme(self, theme: Theme, maps: object) -> None:
        """Draw in these colours, and as large as the font is now."""
        if self._titled != (theme, scaled(1.0)):
            self._titled = (theme, scaled(1.0))
            if self._title is not None:
                self._title.set_theme(theme)
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


def _show_nothing(_frame: Frame) -> None:
    """How a frame is shown by what is not there yet."""
