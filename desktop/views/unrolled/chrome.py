"""What is drawn over and over and never changes: fonts, pens, empty boxes, laid-out words. One per theme and screen."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPaintEngine, QPainter, QPen, QPixmap, QStaticText

from desktop.style.colours import ColourMaps
from desktop.style.theme import Theme, bold_font, hatch_brush, maths_font, ui_font
from desktop.views.unrolled.axis import pixel_near
from desktop.views.unrolled.boxes import CellBox
from desktop.views.unrolled.levels import pixel_table

WORDS_KEPT = 6000
BOXES_KEPT = 24


class Fonts(msgspec.Struct, frozen=True, eq=False):
    """The faces of the view."""

    name: QFont  # of a lane
    text: QFont
    bold: QFont
    small: QFont
    tiny: QFont
    tiny_bold: QFont
    maths: QFont
    maths_bold: QFont
    maths_small: QFont  # where strips are narrow


def fonts() -> Fonts:
    """The faces at the application's size."""
    lit = maths_font(13)
    lit.setBold(True)
    faces = (bold_font(14), ui_font(12.5), bold_font(12.5), ui_font(11), ui_font(10), bold_font(10))
    return Fonts(*faces, maths_font(12.5), lit, maths_font(10))


class Chrome:
    """Painting tools of one theme at one device pixel ratio."""

    def __init__(self, theme: Theme, colours: ColourMaps, ratio: float) -> None:
        self.theme = theme
        self.colours = colours
        self.ratio = ratio
        self.fonts = fonts()
        self.table = pixel_table(colours)
        self.hatch = hatch_brush(theme)
        self.wire = theme.strong_line.darker(112) if not theme.is_dark else theme.strong_line.lighter(122)
        self.hairline = theme.line.rgb() if not theme.is_dark else theme.panel.rgb()
        self._gradients: dict[int | None, QColor] = {}
        self._boxes: dict[tuple, QPixmap] = {}
        self._words: dict[tuple, QStaticText] = {}
        self._metrics: dict[int, QFontMetricsF] = {}
        self._elided: dict[tuple, str] = {}

    def gradient(self, norm: float, limits: tuple[float, float]) -> QColor:
        """The colour of a gradient norm, deep enough to be seen as a line."""
        place = self.colours.gradient_place(norm, *limits)
        if place not in self._gradients:
            self._gradients[place] = self._deep(self.colours.gradient_colour(norm, *limits))
        return self._gradients[place]

    def _deep(self, colour: QColor) -> QColor:
        """The colour, or one far enough from the ground where it is paler than that."""
        pale = QColor(*self.colours.gradient_table[70].tolist())
        distance = abs(colour.lightness() - self.theme.background.lightness())
        return colour if distance > abs(pale.lightness() - self.theme.background.lightness()) else pale

    def word_width(self, text: str, font: QFont) -> float:
        """Width of a text in pixels."""
        return self._word(text, font).size().width()

    def line_height(self, font: QFont) -> float:
        """Height of a line of this face."""
        return self._metric(font).height()

    def fitted(self, text: str, font: QFont, width: float) -> str:
        """The text, shortened in the end where it is too long."""
        key = (text, id(font), int(width))
        if key not in self._elided:
            self._trim(self._elided)
            self._elided[key] = self._metric(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
        return self._elided[key]

    def write(
        self, painter: QPainter, text: str, font: QFont, colour: QColor, x: float, y: float, align: float
    ) -> None:
        """Writes with the middle line at ``y``; ``align`` 0 starts at x, 0.5 is centred, 1 ends there."""
        word = self._word(text, font)
        painter.setFont(font)
        painter.setPen(colour)
        size = word.size()
        painter.drawStaticText(QPointF(pixel_near(x - align * size.width()), round(y - size.height() / 2)), word)

    def box(self, box: CellBox, height: float, names: tuple[str, ...], reached: bool) -> QPixmap:
        """An empty cell: frame, names, and the strips hatched as not computed."""
        key = (box, height, names, reached)
        if key not in self._boxes:
            if len(self._boxes) >= BOXES_KEPT:
                self._boxes.clear()
            self._boxes[key] = self._paint_box(box, height, names, reached)
        return self._boxes[key]

    def names_fit(self, box: CellBox) -> bool:
        """Whether there is room for a name over each strip."""
        return self.has_names(box) and box.step_px >= 6.0 * self.ratio_of_text()

    def has_names(self, box: CellBox) -> bool:
        """Whether a box has a line for names; one that is drawn as a single strip has none."""
        return box.names.height >= self.line_height(self.fonts.maths_small) / 2

    def ratio_of_text(self) -> float:
        """How much larger than designed the text is."""
        return self.fonts.text.pixelSize() / 12.5

    def boxes_on(
        self, painter: QPainter, box: CellBox, height: float, names: tuple[str, ...]
    ) -> Callable[[QPointF, bool], object]:
        """What puts an empty cell at a place: its picture, but shapes and text in a file that is made of these."""
        if painter.paintEngine().type() != QPaintEngine.Type.SVG:
            pictures = [self.box(box, height, names, reached) for reached in (False, True)]
            return lambda at, reached: painter.drawPixmap(at, pictures[reached])

        def draw(at: QPointF, reached: bool) -> None:
            painter.save()
            painter.translate(at)
            self._draw_box(painter, box, height, names, reached)
            painter.restore()

        return draw

    def _paint_box(self, box: CellBox, height: float, names: tuple[str, ...], reached: bool) -> QPixmap:
        pixmap = QPixmap(round((box.width + 2) * self.ratio), round((height + 2) * self.ratio))
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self._draw_box(painter, box, height, names, reached)
        painter.end()
        return pixmap

    def _draw_box(self, painter: QPainter, box: CellBox, height: float, names: tuple[str, ...], reached: bool) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.strong_line if reached else self.theme.line, 1.0))
        painter.setBrush(self.theme.panel)
        painter.drawRoundedRect(QRectF(0.5, 0.5, int(box.width) - 1, height - 1), *corner(box))
        self.paint_empty(painter, box, names, reached)

    def paint_empty(self, painter: QPainter, box: CellBox, names: tuple[str, ...], reached: bool) -> None:
        """What stands in a cell before anything is computed: names over hatched strips."""
        self._paint_empty_strips(painter, box, len(names))
        if not self.names_fit(box):
            return
        colour = self.theme.secondary if reached else self.theme.faint
        font = self.fonts.maths if box.step_px >= 8.5 * self.ratio_of_text() else self.fonts.maths_small
        for m, name in enumerate(names):
            middle = box.first_px + box.step_px * m + box.strip_px / 2
            self.write(painter, name, font, colour, middle, box.names.height / 2 + 1, 0.5)

    def _paint_empty_strips(self, painter: QPainter, box: CellBox, count: int) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(self.hatch)
        painter.setPen(Qt.PenStyle.NoPen)
        wide = max(1, int(box.strip_px * self.ratio + 0.5)) / self.ratio
        for m in range(count):
            x = int((box.first_px + box.step_px * m) * self.ratio) / self.ratio
            painter.drawRect(QRectF(x, box.strips.top, wide, box.strips.height))

    def _word(self, text: str, font: QFont) -> QStaticText:
        key = (text, id(font))
        word = self._words.get(key)
        if word is None:
            self._trim(self._words)
            word = QStaticText(text)
            word.setTextFormat(Qt.TextFormat.PlainText)
            word.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            word.prepare(font=font)
            self._words[key] = word
        return word

    def _metric(self, font: QFont) -> QFontMetricsF:
        if id(font) not in self._metrics:
            self._metrics[id(font)] = QFontMetricsF(font)
        return self._metrics[id(font)]

    @staticmethod
    def _trim(cache: dict) -> None:
        if len(cache) >= WORDS_KEPT:
            cache.clear()


def corner(box: CellBox) -> tuple[float, float]:
    """Radii of a box's corners."""
    radius = min(8.0, 0.12 * box.width + 1.0)
    return radius, radius
