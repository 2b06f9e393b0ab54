"""An edge between cells as plain numbers: where it runs, whether it was travelled, what gradient it carries."""

from __future__ import annotations

from itertools import pairwise

import msgspec

Point = tuple[float, float]
NEAR_ARC_PX = 4.0  # arcs cross, so that they are pointed at more closely
ARC_PARTS = 24  # straight pieces of an arc
ELBOW_PX = 6.0  # how far from a box an edge turns that runs beside the boxes between


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
    arc: float = 0.0  # how high it rises over the columns that it skips; 0: no arc
    begins: float = 0.0  # x where an arc begins, also where less of it is drawn

    @property
    def t(self) -> int:
        """The reader's time step."""
        return self.key[4]

    @property
    def points(self) -> tuple[Point, ...]:
        """The corners of its way."""
        if self.arc:
            return tuple(self._over(part / ARC_PARTS) for part in range(ARC_PARTS + 1))
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
            over = (x - self.x0) / (self.x1 - self.x0) if high > low else 0.0
            return low <= x <= high and abs(self._over(over)[1] - y) <= NEAR_ARC_PX
        (x0, y0), (x1, y1) = self.stretch
        across, down = (min(x0, x1), max(x0, x1)), (min(y0, y1), max(y0, y1))
        return across[0] - 5 <= x <= across[1] + 5 and down[0] - 7 <= y <= down[1] + 7

    def _over(self, share: float) -> Point:
        """A point of the arc, a parabola that stands on the line of its end."""
        x = self.x0 + (self.x1 - self.x0) * share
        way = (x - self.begins) / (self.x1 - self.begins) if self.x1 != self.begins else 1.0
        return x, self.y1 - self.arc * 4.0 * way * (1.0 - way)

    def along(self, share: float) -> Point:
        """The point at which ``share`` of the way is gone."""
        lengths = [abs(x1 - x0) + abs(y1 - y0) for (x0, y0), (x1, y1) in pairwise(self.points)]
        left = share * sum(lengths)
        for ((x0, y0), (x1, y1)), length in zip(pairwise(self.points), lengths, strict=True):
            if left <= length and length > 0:
                return x0 + (x1 - x0) * left / length, y0 + (y1 - y0) * left / length
            left -= length
        return self.x1, self.y1
