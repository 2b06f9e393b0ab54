"""How everything looks: theme and size of type, as chosen or as the system says, applied to a whole window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from desktop.settings import LARGEST_SCALE, SMALLEST_SCALE, Settings, ThemeChoice
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT, Theme, palette, stylesheet, system_theme

Repaint = Callable[[Theme, ColourMaps], object]


class Look(QObject):
    """Chooses the theme; tells the window to draw anew whenever it, or the font, has changed."""

    worn = Signal(object)  # Theme: the window has been drawn anew

    def __init__(self, app: QApplication, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app, self._settings = app, settings
        self._usual = QFont(app.font())
        self._repaint: Repaint | None = None
        self._scale(settings.ui_scale)
        self.theme = self._chosen()
        self.maps = ColourMaps(self.theme)
        app.styleHints().colorSchemeChanged.connect(self._system_changed)

    def start(self, repaint: Repaint) -> None:
        """Put on the style, once the widgets are built."""
        self._repaint = repaint
        self._dress()

    def choose(self, choice: ThemeChoice) -> None:
        """Use light, dark or the system's colours."""
        self._settings.theme_choice = choice
        self._change_theme()

    def scale_type(self, factor: float) -> None:
        """Make everything larger or smaller; 0 is the usual size."""
        wanted = self._settings.ui_scale * factor if factor else 1.0
        scale = min(max(wanted, SMALLEST_SCALE), LARGEST_SCALE)
        if abs(scale - 1.0) < 0.02:
            scale = 1.0
        self._settings.ui_scale = scale
        self._scale(scale)
        self._wear()

    def _scale(self, scale: float) -> None:
        font = QFont(self._usual)
        if font.pixelSize() > 0:
            font.setPixelSize(max(1, round(font.pixelSize() * scale)))
        else:
            font.setPointSizeF(font.pointSizeF() * scale)
        self._app.setFont(font)

    def _chosen(self) -> Theme:
        fixed = {ThemeChoice.LIGHT: LIGHT, ThemeChoice.DARK: DARK}
        return fixed.get(self._settings.theme_choice) or system_theme(self._app)

    def _system_changed(self, _scheme: object) -> None:
        self._change_theme()

    def _change_theme(self) -> None:
        theme = self._chosen()
        if theme is not self.theme:
            self.theme, self.maps = theme, ColourMaps(theme)
            self._wear()

    def _wear(self) -> None:
        """The style sheet first: it changes fonts that are then measured."""
        if self._repaint is not None:
            self._dress()
            self._repaint(self.theme, self.maps)
            self.worn.emit(self.theme)

    def _dress(self) -> None:
        self._app.setPalette(palette(self.theme))
        self._app.setStyleSheet(stylesheet(self.theme))
