"""Typesetting without Qt: LaTeX with marked references to SVG text and the boxes of the marks.

A reference that can be clicked is written ``\\href{l0/c}{c_{t-1}}``. Each gets a fill colour of its own before
typesetting, so that its shapes can be found in the result, measured, and given any colour afterwards.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

REFERENCE_PX = 32.0  # size of text at which formulas are typeset; pictures scale from there

_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?"
_SHAPE = re.compile(r"<(path|rect)\b([^>]*)>")
_FILL = re.compile(r'fill="([^"]*)"')
_BINARY = re.compile(r"(\\(?:odot|otimes|oslash|times))(?![A-Za-z])")  # the typesetter sets these too tight
_PLAIN_FILL = "black"
_ROWS = ("mrow", "mstyle")
_ALONE = ("mrow", "msub", "msup", "msubsup")
_UNNESTED = {
    "math": slice(None),
    "mrow": slice(None),
    "mstyle": slice(None),
    "msub": slice(1, 2),
    "msubsup": slice(1, 2),
}


class Mark(msgspec.Struct, frozen=True):
    """A marked reference: where it leads, and the mark around it (-1: none)."""

    path: str
    outer: int


class Box(msgspec.Struct, frozen=True):
    """A rectangle, y downwards from the baseline, in units of ``REFERENCE_PX``."""

    left: float
    top: float
    right: float
    bottom: float

    def joined(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


class FormulaSvg(msgspec.Struct, frozen=True):
    """A typeset formula whose marks still carry their own fill colours."""

    svg: str
    view: Box
    marks: tuple[Mark, ...]
    boxes: tuple[Box | None, ...]  # by mark; None where a mark holds nothing visible


def split_marks(latex: str) -> tuple[str, tuple[Mark, ...]]:
    """The text with each ``\\href{path}{body}`` replaced by a coloured body, and the marks in order."""
    marks: list[Mark] = []
    return _coloured(latex, -1, marks), tuple(marks)


def mark_fill(index: int) -> str:
    """The fill colour that stands for mark number ``index``."""
    return f"#{index + 1:06x}"


def typeset(latex: str) -> str:
    """The SVG text of a formula; slow (5 to 20 ms), and the first call imports the typesetter (0.3 s)."""
    from xml.etree.ElementTree import fromstring

    import ziamath
    from ziamath.tex import tex2mml

    ziamath.config.svg2 = False  # QtSvg draws hardly anything of its SVG 2
    ziamath.config.precision = 2
    spaced = _BINARY.sub(r"\\,\1\\,", split_marks(latex)[0])
    root = fromstring(tex2mml(spaced))
    if len(root) == 1 and _tag(root[0]) == "mrow":
        root[:] = root[0][:]
    _unnest(root)
    return ziamath.Math(root, size=REFERENCE_PX).svg()


def _unnest(element: Element) -> None:
    """Take out rows that hold one thing only: the typesetter lays out all that is in a row twice, row in row."""
    places = _UNNESTED.get(_tag(element), slice(0))
    for place, child in list(enumerate(element))[places]:
        inner, colours = child, dict[str, str]()
        while _tag(inner) in _ROWS and len(inner) == 1:
            colours |= inner.attrib
            inner = inner[0]
        if inner is not child and _may_stand_alone(inner):
            inner.attrib = colours | inner.attrib
            element[place] = inner
    for child in element:
        _unnest(child)


def _may_stand_alone(element: Element) -> bool:
    """Whether it is set the same without a row round it; an operator has other spaces then."""
    letter = element.text or ""
    return _tag(element) in _ALONE or (_tag(element) in ("mi", "mn") and len(letter) == 1 and letter.isalnum())


def _tag(element: Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2]


def measured(latex: str, svg: str) -> FormulaSvg:
    """The formula with its extent and the box of every mark. Raises ValueError where the text is no such SVG."""
    head = re.search(rf'viewBox="({_NUMBER}) ({_NUMBER}) ({_NUMBER}) ({_NUMBER})"', svg)
    if not head or not svg.rstrip().endswith("</svg>"):
        raise ValueError("the typeset formula has no extent")
    left, top, width, height = (float(part) for part in head.groups())
    marks = split_marks(latex)[1]
    return FormulaSvg(svg, Box(left, top, left + width, top + height), marks, _boxes(svg, marks))


def recoloured(formula: FormulaSvg, plain: str, colours: dict[str, str]) -> str:
    """The SVG text in the colour ``plain``; marks whose path is in ``colours`` in theirs."""
    fills = {_PLAIN_FILL: plain}
    for index in range(len(formula.marks)):
        fills[mark_fill(index)] = _mark_colour(formula.marks, index, plain, colours)
    return _FILL.sub(lambda found: f'fill="{fills.get(found.group(1), found.group(1))}"', formula.svg)


def _mark_colour(marks: tuple[Mark, ...], index: int, plain: str, colours: dict[str, str]) -> str:
    """The colour of the mark itself, else of the nearest mark around it."""
    while index >= 0:
        if marks[index].path in colours:
            return colours[marks[index].path]
        index = marks[index].outer
    return plain


def _coloured(latex: str, outer: int, marks: list[Mark]) -> str:
    parts: list[str] = []
    place = 0
    while (start := latex.find(r"\href", place)) >= 0:
        path, after_path = _group(latex, start + len(r"\href"))
        body, after_body = _group(latex, after_path)
        index = len(marks)
        marks.append(Mark(path, outer))
        inner = _coloured(body, index, marks)
        parts += [latex[place:start], rf"\textcolor{{{mark_fill(index)}}}{{{inner}}}"]
        place = after_body
    return "".join(parts) + latex[place:]


def _group(latex: str, start: int) -> tuple[str, int]:
    """The text inside the braces that open at ``start``, and the place after them."""
    while start < len(latex) and latex[start].isspace():
        start += 1
    if start >= len(latex) or latex[start] != "{":
        raise ValueError(f"expected {{ at character {start + 1} of {latex!r}")
    depth, place = 0, start
    while place < len(latex):
        letter = latex[place]
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return latex[start + 1 : place], place + 1
        place += 2 if letter == "\\" else 1
    raise ValueError(f"the brace at character {start + 1} of {latex!r} is never closed")


def _boxes(svg: str, marks: tuple[Mark, ...]) -> tuple[Box | None, ...]:
    """The box of each mark, the marks inside it included."""
    boxes: list[Box | None] = [None] * len(marks)
    numbers = {mark_fill(index): index for index in range(len(marks))}
    for kind, attributes in _SHAPE.findall(svg):
        fill = _FILL.search(attributes)
        index = numbers.get(fill.group(1), -1) if fill else -1
        box = _shape_box(kind, attributes) if index >= 0 else None
        while box is not None and index >= 0:
            known = boxes[index]
            boxes[index] = box if known is None else known.joined(box)
            index = marks[index].outer
    return tuple(boxes)


def _shape_box(kind: str, attributes: str) -> Box | None:
    """Extent of a rectangle, or of a path of absolute M, L, Q, C and Z (control points included: near enough)."""
    if kind == "rect":
        sides = dict(re.findall(rf'\b(x|y|width|height)="({_NUMBER})"', attributes))
        left, top, width, height = (float(sides.get(name, 0.0)) for name in ("x", "y", "width", "height"))
        return Box(left, top, left + width, top + height)
    outline = re.search(r'\bd="([^"]*)"', attributes)
    places = [float(number) for number in re.findall(_NUMBER, outline.group(1))] if outline else []
    if len(places) < 2:
        return None
    across, down = places[0::2], places[1::2]
    return Box(min(across), min(down), max(across), max(down))
