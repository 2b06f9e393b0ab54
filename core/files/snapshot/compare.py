"""Whether what was computed again is what a file says was computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
NORM = "norm/"
TOLERANCE = 1e-10  # of the largest value of the variable; another machine adds in another order


@dataclass(frozen=True)
class Difference:
    """Where what was computed again differs most from what was saved."""

    path: str  # "l0/c", "grad/l0/h"
    t: int | None  # None for what has no time steps
    size: float  # relative to the largest value of the variable; infinite where one of the two is not finite

    def __str__(self) -> str:
        place = "" if self.t is None else f" at t = {self.t + 1}"
        return (
            f"Computed again, the walk is not quite what was saved: {self.path}{place} differs by {self.size:.2g} of "
            f"its largest value (usual is at most {TOLERANCE:g}). What is shown is what was computed now."
        )


def norms_of(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Euclidean norms over the last axis: enough to notice a difference, and much smaller."""
    with np.errstate(all="ignore"):
        return {key: np.sqrt((array * array).sum(axis=-1)) for key, array in arrays.items()}


def largest_difference(saved: Mapping[str, Array], computed: Mapping[str, Array]) -> Difference | None:
    """The largest difference beyond the tolerance; None where all agree. Raises ValueError for unequal shapes."""
    found = [_difference(key, array, computed[key]) for key, array in saved.items()]
    beyond = [difference for difference in found if difference.size > TOLERANCE]
    return max(beyond, key=lambda difference: difference.size, default=None)


def _difference(key: str, saved: Array, computed: Array) -> Difference:
    if saved.shape != computed.shape or saved.dtype != computed.dtype:
        raise ValueError(
            f"{key} has shape {saved.shape} of {saved.dtype}, expected {computed.shape} of {computed.dtype}"
        )
    finite = np.isfinite(saved) & np.isfinite(computed)
    same = (saved == computed) | (np.isnan(saved) & np.isnan(computed))
    with np.errstate(all="ignore"):
        scale = np.abs(np.where(finite, saved, 0.0)).max(initial=0.0) or 1.0
        sizes = np.where(same, 0.0, np.where(finite, np.abs(saved - computed) / scale, np.inf))
    if not sizes.size or sizes.max() == 0:
        return Difference(key, None, 0.0)
    place = np.unravel_index(int(sizes.argmax()), sizes.shape)
    has_time = not key.startswith(("grad/param/", "grad/initial/"))
    return Difference(key, int(place[0]) if has_time else None, float(sizes.max()))
