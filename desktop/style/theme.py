"""The colours, fonts and style sheet of the application, light and dark.

Colours have roles, never places: the accent says "here" and nothing else, three hues carry the three scales. Fonts
and lengths scale with the application's font, so that a larger font makes everything larger (for projectors).
"""

from __future__ import annotations

import re

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontInfo, QGuiApplication, QPainter, QPalette, QPen, QPixmap

from core.resources import resource_path
from desktop.style.theme_sheet import SHEET

MARKS = resource_path("marks")  # ticks and arrows the style sheet needs
BASE_PX = 13.0  # the pixel size of text at which lengths are as designed

MATHS_FAMILIES = (
    "STIX Two Text",
    "Latin Modern Roman",
    "Cambria",
    "Libertinus Serif",
    "TeX Gyre Termes",
    "Nimbus Roman",
    "Times New Roman",
    "Times",
    "DejaVu Serif",
    "serif",
)


class Theme(msgspec.Struct, frozen=True):
    """A colour for every role."""

    name: str  # "light" or "dark"
    background: QColor
    panel: QColor
    line: QColor
    strong_line: QColor
    text: QColor
    secondary: QColor
    faint: QColor  # marks only: too pale to be read
    accent: QColor  # "here", and nothing else
    accent_tint: QColor
    state_negative: QColor
    state_zero: QColor
    state_positive: QColor
    gate_zero: QColor
    gate_one: QColor
    gradient_low: QColor
    gradient_high: QColor
    not_computed: QColor  # ground of the hatch of `hatch_brush`
    good: QColor
    warning: QColor

    @property
    def is_dark(self) -> bool:
        """Whether text is lighter than its ground."""
        return self.name == "dark"

    @property
    def on_accent(self) -> QColor:
        """Text and marks on a fill of the accent colour."""
        return self.background if self.is_dark else self.panel


# Good and warning are teal and ochre: told apart in protanopia, deuteranopia and tritanopia, also by lightness.
LIGHT = Theme(
    name="light",
    background=QColor("#F7F7F4"),
    panel=QColor("#FFFFFF"),
    line=QColor("#E2E1DC"),
    strong_line=QColor("#C9C8C2"),
    text=QColor("#1F2328"),
    secondary=QColor("#6B7076"),
    faint=QColor("#A4A8AD"),
    accent=QColor("#1F6FEB"),
    accent_tint=QColor("#EEF3FC"),
    state_negative=QColor("#2166AC"),
    state_zero=QColor("#F7F7F7"),
    state_positive=QColor("#D6601A"),
    gate_zero=QColor("#EEEEEA"),
    gate_one=QColor("#0F766E"),
    gradient_low=QColor("#F3EEF6"),
    gradient_high=QColor("#7A1878"),
    not_computed=QColor("#FBFBF9"),
    good=QColor("#0F766E"),
    warning=QColor("#9A5B00"),
)

DARK = Theme(
    name="dark",
    background=QColor("#16181B"),
    panel=QColor("#1E2125"),
    line=QColor("#2E3238"),
    strong_line=QColor("#444A52"),
    text=QColor("#E8EAED"),
    secondary=QColor("#9AA1A9"),
    faint=QColor("#626971"),
    accent=QColor("#6CA8FF"),
    accent_tint=QColor("#22304A"),
    state_negative=QColor("#6EA8E6"),
    state_zero=QColor("#2C3036"),
    state_positive=QColor("#F49454"),
    gate_zero=QColor("#2C3036"),
    gate_one=QColor("#3EC4B4"),
    gradient_low=QColor("#302A36"),
    gradient_high=QColor("#E878E0"),
    not_computed=QColor("#1B1E21"),
    good=QColor("#3EC4B4"),
    warning=QColor("#E8B54A"),
)


def system_theme(app: QGuiApplication) -> Theme:
    """The theme that goes with the system's colour scheme."""
    return DARK if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def lane_colours(theme: Theme) -> tuple[QColor, ...]:
    """Colours of the lanes, the lead lane first; told apart by lightness as well as by hue."""
    if theme.is_dark:
        return theme.accent, QColor("#A4A8AD"), QColor("#E0B84C"), QColor("#3EC4B4"), QColor("#F08A8A")
    return theme.accent, QColor("#7C8187"), QColor("#A87400"), QColor("#0F766E"), QColor("#B4463C")


def font_scale() -> float:
    """How much larger the application's font is than the designed one."""
    return QFontInfo(QGuiApplication.font()).pixelSize() / BASE_PX


def scaled(length_px: float) -> float:
    """A designed length in pixels, in proportion to the application's font."""
    return length_px * font_scale()


def ui_font(size: float = BASE_PX) -> QFont:
    """The interface face; ``size`` in pixels as designed, scaled with the application's font."""
    font = QFont(QGuiApplication.font())
    font.setPixelSize(max(1, round(scaled(size))))
    return font


def bold_font(size: float = BASE_PX) -> QFont:
    """The interface face, bold."""
    font = ui_font(size)
    font.setBold(True)
    return font


def heading_font(size: float = 11) -> QFont:
    """Small with wide letter spacing, for the headings of sections, which are written in capitals."""
    font = ui_font(size)
    font.setWeight(QFont.Weight.DemiBold)
    font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 108)
    return font


def maths_font(size: float = BASE_PX) -> QFont:
    """An italic serif face for the names of variables where no typeset formula stands."""
    font = ui_font(size)
    font.setFamilies(list(MATHS_FAMILIES))
    font.setItalic(True)
    return font


def hatch_brush(theme: Theme, step_px: int = 6) -> QBrush:
    """What is not computed yet: thin diagonal lines on a quiet ground, never to be taken for a value."""
    tile = QPixmap(step_px, step_px)
    tile.fill(theme.not_computed)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.strong_line, 0.75))
    for shift in (-step_px, 0, step_px):  # the neighbours' lines close the corners of the tile
        painter.drawLine(shift, step_px, shift + step_px, 0)
    painter.end()
    return QBrush(tile)


def palette(theme: Theme) -> QPalette:
    """The palette for what the style sheet does not reach (dialogs of the platform, plain painting)."""
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.panel,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.background,
        role.Text: theme.text,
        role.Button: theme.panel,
        role.ButtonText: theme.text,
        role.BrightText: theme.on_accent,
        role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.secondary,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.panel,
        role.Midlight: theme.line,
        role.Mid: theme.strong_line,
        role.Dark: theme.strong_line,
        role.Shadow: theme.strong_line,
    }
    result = QPalette()
    for which, colour in colours.items():
        result.setColor(which, colour)
    for which in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, which, theme.faint)
    return result


def stylesheet(theme: Theme) -> str:
    """The style sheet of the whole application, for the font it has now: set it again when that grows."""
    values = {name: value.name() for name, value in msgspec.structs.asdict(theme).items() if isinstance(value, QColor)}
    values |= {
        "on_accent": theme.on_accent.name(),
        "pressed": theme.line.name(),
        "theme": theme.name,
        "marks": MARKS.as_posix(),
    }
    text = re.sub(r"@(\w+)@", lambda found: values[found.group(1)], SHEET)
    em_px = BASE_PX * font_scale()
    return re.sub(r"(-?[\d.]+)em\b", lambda found: f"{round(float(found.group(1)) * em_px)}px", text)
