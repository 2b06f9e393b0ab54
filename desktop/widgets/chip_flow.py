"""Where chips of many widths stand when they flow over rows like words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

INVISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥", "\u3000": "␣"}


@dataclass(frozen=True)
class Chips:
    """What is shown: the words, which of them have a loss, and which are wrong."""

    tokens: tuple[str, ...] = ()
    underlined: Collection[int] = frozenset()
    wrong: Collection[int] = frozenset()


@dataclass(frozen=True, eq=False)
class ChipFlow:
    """Chips in rows. ``starts`` holds the first chip of every row."""

    lefts: Sequence[float]
    widths: Sequence[float]
    starts: Sequence[int]
    high: float  # of a chip
    gap: float

    @property
    def height(self) -> float:
        """Of all rows."""
        return max(len(self.starts) * self._pitch - self.gap, 0.0)

    @property
    def _pitch(self) -> float:
        return self.high + self.gap

    def row_of(self, chip: int) -> int:
        """The row that a chip stands in."""
        return bisect_right(self.starts, chip) - 1

    def area(self, chip: int) -> QRectF:
        """Where a chip stands."""
        return QRectF(self.lefts[chip], self.row_of(chip) * self._pitch, self.widths[chip], self.high)

    def between(self, top: float, bottom: float) -> range:
        """The chips of the rows that are seen between two heights."""
        if not self.starts:
            return range(0)
        first = min(max(int(top // self._pitch), 0), len(self.starts) - 1)
        last = max(int(bottom // self._pitch) + 1, first + 1)
        stop = self.starts[last] if last < len(self.starts) else len(self.lefts)
        return range(self.starts[first], stop)

    def at(self, x: float, y: float) -> int | None:
        """The chip at a place; None between chips."""
        row = int(y // self._pitch)
        if not 0 <= row < len(self.starts) or y < 0 or y - row * self._pitch > self.high:
            return None
        stop = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.lefts)
        chip = bisect_right(self.lefts, x, self.starts[row], stop) - 1
        inside = chip >= self.starts[row] and x <= self.lefts[chip] + self.widths[chip]
        return chip if inside else None

    def beside(self, chip: int, rows: int) -> int:
        """The chip that stands ``rows`` rows below, as nearly under this one as there is."""
        row = self.row_of(chip) + rows
        if not 0 <= row < len(self.starts):
            return chip
        stop = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.lefts)
        found = bisect_left(self.lefts, self.lefts[chip], self.starts[row], stop)
        return min(found, stop - 1)


def flow(widths: Sequence[float], room: float, high: float, gap: float) -> ChipFlow:
    """Chips side by side until ``room`` is used up, then on the next row; none is wider than the room."""
    lefts: list[float] = []
    starts: list[int] = []
    x = room + 1.0
    cut = [min(width, room) for width in widths]
    for chip, width in enumerate(cut):
        if x + width > room:
            starts.append(chip)
            x = 0.0
        lefts.append(x)
        x += width + gap
    return ChipFlow(lefts, cut, starts, high, gap)


def label(token: str, t: int) -> str:
    """What a chip says: its word, a sign for what cannot be seen, or the step's number where there is no word."""
    if not token:
        return str(t + 1)
    return "".join(INVISIBLE.get(character, character) for character in token)
