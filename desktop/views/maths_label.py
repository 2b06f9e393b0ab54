"""Short formulas in the nodes of a diagram: names lean, subscripts stand low, the rest is upright."""

from __future__ import annotations

import re

import msgspec
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from desktop.style.theme import maths_font

_EARLIER = re.compile(r"\u2032|\[(\u2212\d+)\]")  # how plain text writes the value of an earlier step
_PIECE = re.compile(r"[A-Za-z\u0370-\u03ff\u0303]+(?:_\w+|_\{[^}]*\})*|\s+|[^\sA-Za-z\u0370-\u03ff]+")
SUBSCRIPT = 0.76
SIGN_PX, TEXT_PX = 17.0, 13.5


class Label(msgspec.Struct, frozen=True, eq=False):
    """A label ready to be painted: its pieces with their faces and places from the middle of the label."""

    text: str
    pieces: tuple[tuple[str, QFont, QPointF], ...]
    width: float

    def draw(self, painter: QPainter, middle: QPointF, colour: QColor) -> None:
        """Paint the label round a point."""
        painter.setPen(colour)
        for text, face, place in self.pieces:
            painter.setFont(face)
            painter.drawText(middle + place, text)


def label_of(text: str, size: float) -> Label:
    """The label of a short formula."""
    height = (SIGN_PX if len(text) == 1 else TEXT_PX) * size
    plain, leaning, low = maths_font(height), maths_font(height), maths_font(height * SUBSCRIPT)
    plain.setItalic(False)
    found: list[tuple[str, QFont, float, float]] = []
    x = 0.0
    for piece in _PIECE.findall(_EARLIER.sub(_subscript, text)):
        name, *rest = (part.strip("{}") for part in piece.split("_"))
        face = leaning if len(name) == 1 and name.isalpha() and name != "σ" else plain
        for part, its_face, down in ((name, face, 0.0), (",".join(rest), low, 0.22 * height)):
            if part:
                found.append((part, its_face, x, down))
                x += QFontMetricsF(its_face).horizontalAdvance(part)
    metrics = QFontMetricsF(plain)
    baseline = (metrics.capHeight() if text[:1].isalpha() else metrics.xHeight() * 1.25) / 2
    return Label(text, tuple((part, face, QPointF(dx - x / 2, baseline + down)) for part, face, dx, down in found), x)


def _subscript(found: re.Match[str]) -> str:
    """As the equations write it: h with a low t − 1."""
    return "_{t" + (found[1] or "\N{MINUS SIGN}1") + "}"


def shortened(text: str, size: float, room: float) -> Label:
    """The label, or as much of a sum as has room, at least its first name."""
    terms = text.split(" + ")
    shorter = [" + ".join([*terms[:count], "…"]) for count in range(len(terms) - 1, 0, -1)]
    for candidate in (text, *shorter):
        label = label_of(candidate, size)
        if label.width <= room:
            return label
    return label_of(f"{terms[0].split()[0]} …", size) if len(terms) > 1 else label_of(text, size)
