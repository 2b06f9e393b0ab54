"""Gradients measured by small differences, many at once, and the verdict on those a run has computed.

Shape letters: ``K`` sites, ``C`` samples told apart: the batch, or 1 for parameters, whose gradient sums over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.gradients.proof.replay import INITIAL, PARAM, Nudge, Outcome, counted_from, replay
from core.gradients.proof.sites import Site, analytic_gradient, value_of
from core.run import Run

Array = NDArray[Any]
Verdict = Literal["agrees", "differs", "cannot be resolved", "kink"]
VERDICTS: tuple[Verdict, ...] = ("agrees", "differs", "cannot be resolved", "kink")
_AGREES, _DIFFERS, _UNRESOLVED, _KINK = range(4)

_STEP = 2.0**-17  # near the cube root of the rounding unit, where truncation and rounding of the difference balance
_COMPLEX_STEP = 1e-100
_COMPLEX_STEPS = (1e-250, 1e-30)  # narrowest and widest, for gradients that exploded or vanished
_TINY = 1e-300
_CENTRAL_TOLERANCE, _COMPLEX_TOLERANCE = 1e-6, 1e-9  # for float64
_WIDEST_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Measured:
    """Both gradients of every site and sample, (K, C), and what follows."""

    sites: Sequence[Site]
    analytic: Array
    numeric: Array
    complex_step: NDArray[np.bool_]  # which method gave the numeric one
    step: Array
    error: Array  # relative
    codes: NDArray[np.int8]  # of VERDICTS

    def verdict(self, number: int, sample: int) -> Verdict:
        """The verdict on one site and sample."""
        return VERDICTS[self.codes[number, sample]]


def measure(run: Run, sites: Sequence[Site]) -> Measured:
    """Measure sites that belong together: of one parameter, or of one time step, or initial values."""
    if all(site.path.startswith(PARAM) for site in sites):
        start, samples = 0, 1
    else:
        start = 0 if sites[0].path.startswith(INITIAL) else int(sites[0].t or 0)
        samples = run.problem.batch_size
    analytic = _gathered(run, sites, samples, analytic_gradient)
    central = _central(run, sites, analytic, start)
    doubtful = [number for number, row in enumerate(central.codes) if (row != _AGREES).any()]
    if not doubtful:
        return central
    picked = [sites[number] for number in doubtful]
    exact = _complex(run, picked, analytic[doubtful], start, _drift(run, start, samples))
    return _merged(central, exact, np.array(doubtful))


def _gathered(run: Run, sites: Sequence[Site], samples: int, array_of: Any) -> Array:
    """One number per site and sample out of the arrays of the run, (K, C)."""
    arrays = {path: np.asarray(array_of(run, path)) for path in {site.path for site in sites}}
    result = np.empty((len(sites), samples))
    for number, site in enumerate(sites):
        array = arrays[site.path]
        result[number] = array[site.index] if site.t is None else array[site.t][(..., *site.index)]
    return result


def _central(run: Run, sites: Sequence[Site], analytic: Array, start: int) -> Measured:
    """Central differences; the verdict says "agrees" or nothing yet."""
    samples = analytic.shape[1]
    values = np.abs(_gathered(run, sites, samples, value_of))
    step = _STEP * 2.0 ** np.ceil(np.log2(np.maximum(1.0, np.where(np.isfinite(values), values, 1.0))))
    outcome = replay(run, _nudges(run, sites, np.stack([step, -step])), 1 + 2 * len(sites), start)
    losses = _told_apart(outcome.losses, samples)
    with np.errstate(all="ignore"):
        numeric = (losses[1 : 1 + len(sites)] - losses[1 + len(sites) :]) / (2.0 * step)
        resolution = np.maximum(_rounding(outcome, samples), np.abs(losses[:1] - _loss(run, start, samples))) / step
        error = _relative(analytic, numeric, resolution)
        proven = (error <= _tolerance(run, _CENTRAL_TOLERANCE)) & (_larger(analytic, numeric) >= resolution)
    crossed = _any_told_apart(outcome.kinks[1 : 1 + len(sites)] | outcome.kinks[1 + len(sites) :], samples)
    codes = np.where(proven & ~crossed, _AGREES, _UNRESOLVED).astype(np.int8)
    return Measured(sites, analytic, numeric, np.zeros(codes.shape, bool), step, error, codes)


def _complex(run: Run, sites: Sequence[Site], analytic: Array, start: int, drift: Array) -> Measured:
    """Complex steps, with the final verdict. ``drift`` is how far the replay's loss is from the run's, relatively."""
    samples = analytic.shape[1]
    size = np.abs(analytic)
    usable = np.isfinite(size) & (size > 0.0)
    step = np.clip(_COMPLEX_STEP / np.where(usable, size, 1.0), *_COMPLEX_STEPS)
    outcome = replay(run, _nudges(run, sites, 1j * step[None]), len(sites), start)
    kinks = _any_told_apart(outcome.kinks, samples)
    with np.errstate(all="ignore"):
        numeric = _told_apart(outcome.losses, samples).imag / step
        error = _relative(analytic, numeric, np.full_like(step, _TINY))
        noise = 64.0 * _rounding_unit(run) * _scale(run, sites, samples)
        tolerance = np.clip(1e3 * drift, _tolerance(run, _COMPLEX_TOLERANCE), _WIDEST_TOLERANCE)
        codes = np.where(np.abs(analytic - numeric) <= noise, _UNRESOLVED, _DIFFERS)
        codes = np.where(error <= tolerance, _AGREES, codes)
    codes = np.where(np.isfinite(analytic) & np.isfinite(numeric), codes, _UNRESOLVED)
    codes = np.where(kinks, _KINK, codes).astype(np.int8)
    return Measured(sites, analytic, numeric, np.ones(codes.shape, bool), step, error, codes)


def _merged(central: Measured, exact: Measured, doubtful: NDArray[np.int64]) -> Measured:
    """The complex steps where the central difference proved nothing; at a kink the difference is the better picture."""
    taken = np.zeros(central.codes.shape, bool)
    taken[doubtful] = central.codes[doubtful] != _AGREES
    codes = central.codes.copy()
    codes[taken] = exact.codes[taken[doubtful]]
    replaced = taken.copy()
    replaced[doubtful] &= exact.codes != _KINK
    inner = replaced[doubtful]
    numeric, step, error = central.numeric.copy(), central.step.copy(), central.error.copy()
    numeric[replaced], step[replaced], error[replaced] = exact.numeric[inner], exact.step[inner], exact.error[inner]
    return Measured(central.sites, central.analytic, numeric, replaced, step, error, codes)


def _nudges(run: Run, sites: Sequence[Site], steps: Array) -> list[Nudge]:
    """Nudges of (S, K, C) steps: S copies per site, behind one copy without any where S > 1 (the base)."""
    base = 1 if len(steps) > 1 else 0
    copies, samples = base + len(steps) * len(sites), steps.shape[2]
    addends: dict[tuple[str, int | None], Array] = {}
    for number, site in enumerate(sites):
        addend = addends.get((site.path, site.t))
        if addend is None:
            array = value_of(run, site.path)
            shape = array.shape if site.t is None else array.shape[2:]
            addend = addends[site.path, site.t] = np.zeros((copies, samples, *shape), steps.dtype)
        for kind, step in enumerate(steps):
            addend[base + kind * len(sites) + number][(..., *site.index)] = step[number]
    return [Nudge(path, t, addend) for (path, t), addend in addends.items()]


def _told_apart(losses: Array, samples: int) -> Array:
    return losses if samples == losses.shape[1] else losses.sum(axis=1, keepdims=True)


def _any_told_apart(marks: NDArray[np.bool_], samples: int) -> NDArray[np.bool_]:
    return marks if samples == marks.shape[1] else np.asarray(marks.any(axis=1, keepdims=True))


def _loss(run: Run, start: int, samples: int) -> Array:
    """The run's own loss from a step on, (1, C)."""
    first = counted_from(run.network, start)
    return _told_apart(run.losses()[first:].sum(axis=0, keepdims=True), samples)


def _drift(run: Run, start: int, samples: int) -> Array:
    """How far the replay's loss is from the run's, relative to its size, (1, C)."""
    outcome = replay(run, [], 1, start)
    gap = np.abs(_told_apart(outcome.losses, samples) - _loss(run, start, samples))
    size = np.maximum(_told_apart(outcome.size, samples), _TINY)
    return np.where(np.isfinite(gap), gap, 0.0) / np.where(np.isfinite(size), size, 1.0)


def _rounding(outcome: Outcome, samples: int) -> Array:
    """The least rounding of the loss that must be reckoned with, (1, C)."""
    return 4.0 * np.finfo(float).eps * _told_apart(outcome.size, samples)


def _scale(run: Run, sites: Sequence[Site], samples: int) -> Array:
    """The largest adjoints that a gradient is made of; its own rounding goes with them, (K, C)."""
    flow = np.zeros((run.problem.steps + 1, run.problem.batch_size))
    for block in run.network.blocks:
        for name in block.cell.definition.variables:
            adjoint = run.adjoints(f"{block.name}/{name}")
            if adjoint is not None:
                flow[:-1] = np.maximum(flow[:-1], np.abs(adjoint).max(axis=2))
    if samples == 1 and all(site.t is None for site in sites):
        return np.full((len(sites), 1), flow.max())
    rows = [0 if site.path.startswith(INITIAL) else int(site.t or 0) for site in sites]
    return np.stack([flow[row : row + 2].max(axis=0) for row in rows])


def _larger(analytic: Array, numeric: Array) -> Array:
    return np.maximum(np.abs(analytic), np.abs(numeric))


def _relative(analytic: Array, numeric: Array, resolution: Array) -> Array:
    """|a - n| / max(|a|, |n|, resolution)."""
    gap = np.abs(analytic - numeric)
    return np.where(gap == 0.0, 0.0, gap / np.maximum(np.maximum(_larger(analytic, numeric), resolution), _TINY))


def _rounding_unit(run: Run) -> float:
    return float(np.finfo(run.problem.dtype).eps)


def _tolerance(run: Run, for_double: float) -> float:
    """The tolerance, wider for a run in single precision."""
    return max(for_double, 2e3 * _rounding_unit(run))
