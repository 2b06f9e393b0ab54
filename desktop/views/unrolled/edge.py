"""An edge between cells as plain numbers: where it runs, whether it was travelled, what gradient it carries."""

from __future__ import annotations

from itertools import pairwise

import msgspec

Point = tuple[float, float]
NEAR_ARC_PX = 4.0  # arcs cross, so that they are pointed at more closely
ARC_PARTS = 24  # straight pieces of an arc
ELBOW_PX = 6.0  # how far from a box an edge turns that runs beside the boxes between


class Arc(msgspec.Struct, frozen=True):
    """A parabola over columns, from x ``begins`` to x ``ends``, that stands on the line y ``foot``."""

    begins: float
    ends: float
    foot: float
    height: float

    @property
    def top(self) -> Point:
        """Its highest point."""
        return (self.begins + self.ends) / 2, self.foot - self.height

    def at(self, x: float) -> Point:
        """The point over or under x."""
        way = (x - self.begins) / (self.ends - self.begins) if self.ends != self.begins else 1.0
        return x, self.foot - self.height * 4.0 * way * (1.0 - way)


class Edge(msgspec.Struct, frozen=True):
    """An edge as the value travels, from (x0, y0) to (x1, y1); the gradient goes the other way."""

    key: tuple  # (lane, source, target, delay, reader's t)
    x0: float
    y0: float
    x1: float
    y1: float
    reached: bool
    norm: float  # NaN: nothing has been sent back yet
    mark: str = ""  # "−2" for an edge over two steps
    initial: bool = False  # starts at the initial value, before the first step
    beside: float | None = None  # x of the stretch beside the boxes that lie between; None: straight
    arc: Arc | None = None  # over the columns that it skips; drawn from x0 to x1

    @property
    def t(self) -> int:
        """The reader's time step."""
        return self.key[4]

    @property
    def points(self) -> tuple[Point, ...]:
        """The corners of its way."""
        if self.arc:
            step = (self.x1 - self.x0) / ARC_PARTS
            return tuple(self.arc.at(self.x0 + part * step) for part in range(ARC_PARTS + 1))
        ends = ((self.x0, self.y0), (self.x1, self.y1))
        if self.beside is None:
            return ends
        low, high = self.stretch
        return (ends[0], (self.x0, low[1]), low, high, (self.x1, high[1]), ends[1])

    @property
    def stretch(self) -> tuple[Point, Point]:
        """The long straight part of its way, as the value travels."""
        if self.beside is None:
            return (self.x0, self.y0), (self.x1, self.y1)
        return (self.beside, self.y0 - ELBOW_PX), (self.beside, self.y1 + ELBOW_PX)

    def is_near(self, x: float, y: float) -> bool:
        """Whether a person who points there means this edge."""
        low, high = sorted((self.x0, self.x1))
        if self.arc:
            return low <= x <= high and abs(self.arc.at(x)[1] - y) <= NEAR_ARC_PX
        (x0, y0), (x1, y1) = self.stretch
        across, down = (min(x0, x1), max(x0, x1)), (min(y0, y1), max(y0, y1))
        return across[0] - 5 <= x <= across[1] + 5 and down[0] - 7 <= y <= down[1] + 7

    def along(self, share: float) -> Point:
        """The point at which ``share`` of the way is gone."""
        lengths = [abs(x1 - x0) + abs(y1 - y0) for (x0, y0), (x1, y1) in pairwise(self.points)]
        left = share * sum(lengths)
        for ((x0, y0), (x1, y1)), length in zip(pairwise(self.points), lengths, strict=True):
            if left <= length and length > 0:
                return x0 + (x1 - x0) * left / length, y0 + (y1 - y0) * left / length
            left -= length
        return self.x1, self.y1
