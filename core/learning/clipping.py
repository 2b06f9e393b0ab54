"""Gradient clipping by value and by norm, and a report of what it did.

By value (each entry on its own) the direction changes; by norm (all parameters as one long vector; Pascanu, Mikolov &
Bengio 2013, algorithm 1) it does not. Norms neither overflow nor underflow on the way: everything is divided by the
largest entry first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import GatewalkError
from core.frame import ClipReport

Array: TypeAlias = NDArray[Any]
Arrays: TypeAlias = Mapping[str, Array]


@dataclass(frozen=True)
class Clipping:
    """How gradients are clipped before the update."""

    rule: Literal["off", "value", "norm"] = "off"
    threshold: float = 1.0

    def __post_init__(self) -> None:
        if self.rule not in ("off", "value", "norm"):
            raise GatewalkError(f"There is no clipping rule called '{self.rule}'. Use off, value or norm.")
        if not (math.isfinite(self.threshold) and self.threshold > 0):
            raise GatewalkError(f"Clipping: the threshold must be finite and above 0, got {self.threshold:g}.")

    def __str__(self) -> str:
        return "off" if self.rule == "off" else f"{self.rule} at most {self.threshold:g}"


def clipping_latex(settings: Clipping) -> str:
    """The rule in LaTeX: g is the gradient of all parameters, g_i one entry of it."""
    limit = f"{settings.threshold:g}"
    match settings.rule:
        case "norm":
            return rf"g \leftarrow g \cdot \min \left( 1, \frac{{{limit}}}{{\| g \|}} \right)"
        case "value":
            return rf"g_i \leftarrow \max \left( -{limit}, \min \left( {limit}, g_i \right) \right)"
    return r"g \leftarrow g"


def clip(settings: Clipping, gradients: Arrays) -> tuple[dict[str, Array], ClipReport]:
    """The clipped gradients (new read-only arrays, or the same objects where nothing was clipped) and a report.

    Gradients with a NaN or an infinity in them have no direction to keep: they are handed on as they are, and the
    report says so by its norms. Never raises for numbers.
    """
    with np.errstate(all="ignore"):
        before = _norm(gradients.values())
        clipped = _clipped(settings, gradients, before)
        return clipped, _report(settings, gradients, clipped, before)


def global_norm(gradients: Arrays) -> float:
    """The Euclidean norm of all entries of all arrays together; nan or inf if an entry is."""
    with np.errstate(all="ignore"):
        return _norm(gradients.values()).value


def cosine_of(before: Arrays, after: Arrays) -> float:
    """Cosine between two gradients of the same parameters: 1 where the first is zero, nan where it has none."""
    with np.errstate(all="ignore"):
        return _cosine(before, after, _norm(before.values()), _norm(after.values()))


class _Norm(msgspec.Struct, frozen=True):
    """A norm as ``largest * relative``, as the product itself may be too large for a float."""

    largest: float  # largest absolute entry
    relative: float  # norm of the entries divided by `largest`, between 1 and sqrt(entries); 0 for zero gradients

    @property
    def value(self) -> float:
        return self.largest * self.relative if math.isfinite(self.largest) else self.largest


def _norm(arrays: Iterable[Array]) -> _Norm:
    filled = [array for array in arrays if array.size]
    # np.max and not max: it keeps a NaN wherever it stands.
    largest = float(np.max([np.max(np.abs(array)) for array in filled], initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return _Norm(largest, 0.0)
    return _Norm(largest, math.sqrt(sum(float(np.sum(np.square(_unit(array, largest)))) for array in filled)))


def _unit(array: Array, largest: float) -> Array:
    """The entries divided by the largest, in float64."""
    return np.asarray(array.astype(np.float64) / largest)


def _clipped(settings: Clipping, gradients: Arrays, norm: _Norm) -> dict[str, Array]:
    size = norm.largest if settings.rule == "value" else norm.value
    if settings.rule == "off" or not math.isfinite(norm.largest) or size <= settings.threshold:
        return dict(gradients)
    if settings.rule == "value":
        clipped = {path: _by_value(array, settings.threshold) for path, array in gradients.items()}
    else:
        clipped = {path: _by_norm(array, settings.threshold, norm) for path, array in gradients.items()}
    for array in clipped.values():
        array.setflags(write=False)
    return clipped


def _by_value(array: Array, threshold: float) -> Array:
    """sign(g)·threshold where abs(g) > threshold, else g."""
    return np.asarray(np.clip(array, -threshold, threshold), dtype=array.dtype)


def _by_norm(array: Array, threshold: float, norm: _Norm) -> Array:
    """g·threshold/norm, mantissa and exponent apart: the factor by itself may be too small for a float."""
    above, up = math.frexp(threshold / norm.relative)
    below, down = math.frexp(norm.largest)
    mantissa, carry = math.frexp(above / below)
    return np.asarray(np.ldexp(array * mantissa, up - down + carry), dtype=array.dtype)


def _report(settings: Clipping, before: Arrays, after: Arrays, norm: _Norm) -> ClipReport:
    norm_after = _norm(after.values())
    return ClipReport(
        rule=str(settings),
        norm_before=norm.value,
        norm_after=norm_after.value,
        cosine=_cosine(before, after, norm, norm_after),
        entries_cut=sum(int(np.count_nonzero(np.abs(after[path]) < np.abs(before[path]))) for path in before),
        entries=sum(array.size for array in before.values()),
    )


def _cosine(before: Arrays, after: Arrays, norm: _Norm, norm_after: _Norm) -> float:
    """Cosine between the gradients before and after: 1 for zero gradients, nan for non-finite ones."""
    if norm.largest == 0:
        return 1.0
    if not (math.isfinite(norm.largest) and norm_after.largest > 0):
        return math.nan
    if all(after[path] is before[path] for path in before):
        return 1.0
    products = (
        float(np.sum(_unit(before[path], norm.largest) * _unit(after[path], norm_after.largest))) for path in before
    )
    return max(-1.0, min(1.0, sum(products) / (norm.relative * norm_after.relative)))
