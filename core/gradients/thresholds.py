"""What verdicts on gradients are called, and from where on they are given."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from core.errors import DataError


class Kind(StrEnum):
    """What a verdict says."""

    VANISHES = "vanishes"
    EXPLODES = "explodes"
    NOT_FINITE = "not finite"
    DEAD = "dead"
    SATURATED = "saturated"


class Thresholds(msgspec.Struct, frozen=True):
    """From where on a verdict is given."""

    vanish: float = 1e-6  # of the gradient's start
    explode: float = 1e6  # times the gradient's start
    factor: float = 0.3  # a factor of the direct path, or what one step leaves of the norm
    flat: float = 0.1  # a slope is flat below this part of the steepest that its function can have
    share: float = 0.9  # of the steps at which a unit must be flat to be saturated

    def __post_init__(self) -> None:
        wrong = [name for name in ("vanish", "factor", "flat", "share") if not 0 < getattr(self, name) <= 1]
        if wrong or not self.explode >= 1:
            name, limits = (wrong[0], "above 0 and at most 1") if wrong else ("explode", "at least 1")
            raise DataError(f"The threshold {name} is {getattr(self, name):g}; give a number {limits}.")
