"""Where the parts of a formula stand in a narrow column: names aligned at the equals sign, sums broken at a plus."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from desktop.style.theme import font_scale, maths_font, scaled
from desktop.style.typesetting import Formula, Typesetter, plain_text

SMALLEST_SCALE, LEAST_SCALE = 0.75, 0.5  # smaller than this is not read; the panel scrolls instead
SMALLER_THAN_BROKEN = 0.88  # a formula this much smaller reads better than a broken one
LINE_GAP_PX = 4.0
INDENT_PX = 14.0  # of the lines after the first, so that a plus stands inside its equals sign

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
_OPENING = frozenset(("{", "(", "[", r"\{"))
BRACES = frozenset("{}")
BRACKETS = BRACES | frozenset(("(", ")", "[", "]", r"\{", r"\}"))


@dataclass(frozen=True)
class Ink:
    """How a formula is drawn."""

    colour: QColor
    size_px: float
    ratio: float  # device pixels per logical pixel
    upright: bool = False  # digits stand upright, names lean
    bold: bool = False


@dataclass(frozen=True, eq=False)
class Part:
    """A piece of a formula in its place; ``formula`` is None until it is typeset, then ``text`` is drawn."""

    x: float
    baseline: float
    width: float
    formula: Formula | None
    text: str
    ink: Ink

    def regions(self) -> list[tuple[str, QRectF]]:
        """The clickable references, in the coordinates of the layout."""
        if self.formula is None:
            return []
        top = self.baseline - self.formula.baseline
        return [(path, area.translated(self.x, top)) for path, area in self.formula.regions]

    def draw(self, painter: QPainter) -> None:
        """Paint the piece."""
        if self.formula is not None:
            painter.drawPixmap(QPointF(self.x, self.baseline - self.formula.baseline), self.formula.pixmap)
            return
        painter.setFont(text_font(self.ink))
        painter.setPen(self.ink.colour)
        painter.drawText(QPointF(self.x, self.baseline), self.text)


@dataclass(frozen=True, eq=False)
class Layout:
    """A whole formula in its place."""

    parts: tuple[Part, ...]
    width: float
    height: float


def text_font(ink: Ink) -> QFont:
    """The face of what is not typeset."""
    font = maths_font(ink.size_px)
    font.setPixelSize(max(1, round(ink.size_px)))
    font.setItalic(not ink.upright)
    font.setBold(ink.bold)
    return font


def split_equation(latex: str) -> tuple[str, str]:
    """The name and the rest from its equals sign or arrow on; ("", latex) where there is neither."""
    places = _top_level(latex, "=") or _top_level(latex, r"\leftarrow")
    if not places:
        return "", latex
    cut = places[0] - 1 if latex[places[0] - 1 : places[0]] == "+" else places[0]  # "+=" stays together
    return latex[:cut].strip(), latex[cut:].strip()


def split_sum(latex: str, inside: frozenset[str] = BRACKETS) -> list[str]:
    """The terms of a sum, each but the first with its sign in front; signs within ``inside`` do not count."""
    cuts = [place for sign in "+-" for place in _top_level(latex, sign, inside) if _is_sum(latex, place)]
    edges = [0, *sorted(cuts), len(latex)]
    terms = [latex[a:b].strip() for a, b in pairwise(edges)]
    return [f"{{}} {term}" if n else term for n, term in enumerate(terms) if term]


def split_deep(latex: str) -> list[str]:
    """The terms of all sums, also within round and square brackets, which then no longer grow with what they hold."""
    flat = re.sub(r"\\(left|right)(?![A-Za-z])\s*", "", latex)
    return split_sum(flat, BRACES)


def _is_sum(latex: str, place: int) -> bool:
    """Whether a sign stands between two terms, not in front of the first or before an equals sign."""
    before = latex[:place].strip()
    return bool(before) and before[-1] not in "=+-^_" and not latex[place + 1 :].lstrip().startswith("=")


@lru_cache(maxsize=4096)  # the same formulas are laid out at every step
def _top_level(latex: str, wanted: str, brackets: frozenset[str] = BRACKETS) -> tuple[int, ...]:
    """Places of a character outside all brackets."""
    depth, places = 0, []
    for match in _TOKEN.finditer(latex):
        token = match.group()
        if token in brackets:
            depth += 1 if token in _OPENING else -1
        elif token == wanted and depth == 0:
            places.append(match.start())
    return tuple(places)


class FormulaSetter:
    """Lays out formulas with one typesetter; plain text stands in until a formula is ready."""

    def __init__(self, typesetter: Typesetter) -> None:
        self._typesetter = typesetter

    def measure(self, latex: str, ink: Ink) -> float:
        """The width of a formula on one line."""
        return self._part(latex, ink).width if latex else 0.0

    def lay_out(self, latex: str, ink: Ink, width: float) -> Layout:
        """The formula within ``width``: on one line, a little smaller, broken at its plus signs, else too wide."""
        whole = self._part(latex, ink)
        if whole.width <= width:
            return _stacked([[whole]], ink)
        if whole.width * SMALLER_THAN_BROKEN <= width:
            pieces, scale = [latex], width / whole.width
        else:
            pieces, scale = self._broken(latex, ink, width)
        ink = replace(ink, size_px=ink.size_px * scale)
        return _stacked(_filled([self._part(piece, ink) for piece in pieces], width), ink)

    def _broken(self, latex: str, ink: Ink, width: float) -> tuple[list[str], float]:
        """Pieces, and how much smaller they have to be; broken within brackets only where nothing else helps."""
        smallest = max(LEAST_SCALE, SMALLEST_SCALE / max(font_scale(), 1.0))  # large type may give way further
        for pieces in (split_sum(latex), split_deep(latex)):
            indents = [scaled(INDENT_PX) if n else 0.0 for n in range(len(pieces))]
            widest = max(self._part(piece, ink).width + indent for piece, indent in zip(pieces, indents, strict=True))
            if widest * smallest <= width:
                break
        return pieces, max(smallest, min(1.0, width / widest))

    def text(self, text: str, ink: Ink, width: float) -> Layout:
        """Plain text laid out as a formula: broken before its plus signs, else wherever there is a space."""
        metrics = QFontMetricsF(text_font(ink))
        if metrics.horizontalAdvance(text) <= width:
            return _stacked([[Part(0, 0, metrics.horizontalAdvance(text), None, text, ink)]], ink)
        pieces = [f"+ {piece}" if n else piece for n, piece in enumerate(text.split(" + "))]
        room = width - scaled(INDENT_PX)
        pieces = [bit for piece in pieces for bit in wrapped(piece, room, metrics)]
        parts = [Part(0, 0, metrics.horizontalAdvance(piece), None, piece, ink) for piece in pieces]
        return _stacked(_filled(parts, width), ink)

    def _part(self, latex: str, ink: Ink) -> Part:
        formula = self._typesetter.formula(latex, ink.colour, ink.size_px, ink.ratio)
        text = plain_text(latex)
        width = formula.width if formula else QFontMetricsF(text_font(ink)).horizontalAdvance(text)
        return Part(0.0, 0.0, width, formula, text, ink)


def wrapped(text: str, room: float, metrics: QFontMetricsF) -> list[str]:
    """Words in lines no longer than ``room`` where possible; a sign stays with what follows it."""
    words = re.findall(r"(?:[·⊙×+−] )?\S+(?: × 10\S*)?", text)
    lines: list[str] = []
    for word in words:
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and metrics.horizontalAdvance(joined) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _filled(parts: list[Part], width: float) -> list[list[Part]]:
    """Parts in lines that are no longer than ``width`` where possible."""
    gap = scaled(4)
    lines: list[list[Part]] = []
    used = 0.0
    for part in parts:
        if lines and used + gap + part.width <= width:
            lines[-1].append(part)
            used += gap + part.width
        else:
            used = part.width + (scaled(INDENT_PX) if lines else 0)
            lines.append([part])
    return lines


def _stacked(lines: list[list[Part]], ink: Ink) -> Layout:
    """Lines one under another, each as high as its highest part."""
    metrics = QFontMetricsF(text_font(ink))
    gap = scaled(4)
    placed, y, widest = [], 0.0, 0.0
    for number, line in enumerate(lines):
        ascent = max([metrics.ascent() * 0.9, *(part.formula.baseline for part in line if part.formula)])
        descent = max(
            [metrics.descent(), *(part.formula.height - part.formula.baseline for part in line if part.formula)]
        )
        x = scaled(INDENT_PX) if number else 0.0
        for part in line:
            placed.append(Part(x, y + ascent, part.width, part.formula, part.text, part.ink))
            x += part.width + gap
        widest = max(widest, x - gap)
        y += ascent + descent + scaled(LINE_GAP_PX)
    return Layout(tuple(placed), widest, y - scaled(LINE_GAP_PX))


def draw_layout(painter: QPainter, layout: Layout, x: float, y: float, tinted: str, tint: QColor) -> None:
    """Paint a layout at a place, the references to ``tinted`` on a tint."""
    painter.save()
    painter.translate(x, y)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    for part in layout.parts:
        for path, area in part.regions():
            if tinted and path == tinted:
                painter.drawRoundedRect(area, 3, 3)
    for part in layout.parts:
        part.draw(painter)
    painter.restore()


def path_at(layout: Layout, x: float, y: float) -> str:
    """The innermost reference at a place of the layout, or ""."""
    hits = [
        (area.width() * area.height(), path)
        for part in layout.parts
        for path, area in part.regions()
        if area.contains(x, y)
    ]
    return min(hits)[1] if hits else ""
