"""Lyapunov spectra: the mean growth a step of a small difference in the state, along every direction.

Q_0 = I, J_t Q_{t-1} = Q_t R_t; exponent i is the mean of ln |R_t,ii| after a burn-in (Benettin et al. 1980; for
recurrent networks arXiv 2006.02427 and 2006.14123). A spectrum belongs to the sequence that drives the network. Shape
letters: ``S`` steps counted, ``N`` size of the state.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.frame import Sentence
from core.gradients.jacobians.graded import ranked_qr
from core.gradients.jacobians.jacobian import Cancel, Jacobians, Progress
from core.gradients.numbers import ratio_text
from core.run import Run

Array = NDArray[Any]


class LyapunovSpectrum(msgspec.Struct, frozen=True, eq=False):
    """The exponents of one block over one sequence, in natural logarithms a step.

    ``exponents`` (N,) descend; -inf where a Jacobian was singular, to rounding: that direction is forgotten at once.
    ``regular`` (N,): the mean over the steps at which it was not. ``singular_steps`` (N,) counts the others.
    ``convergence`` (S, N): the exponents if one had stopped at that step, -inf from the first singular one on;
    ``times`` (S,) the time steps. ``spread`` (N,): standard error of the mean, from ten stretches; NaN for short
    sequences.
    """

    block: str
    burn_in: int
    exponents: Array
    regular: Array
    singular_steps: Array
    convergence: Array
    spread: Array
    times: tuple[int, ...]
    sentence: Sentence

    @property
    def kaplan_yorke(self) -> float:
        """The dimension of the attractor by Kaplan and Yorke: 0 where all shrinks, N where the sum stays positive."""
        return kaplan_yorke(self.exponents)


def lyapunov_spectrum(
    run: Run,
    block: str,
    sample: int = 0,
    burn_in: int | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> LyapunovSpectrum:
    """The spectrum over a sequence; ``burn_in`` steps are not counted (None: a tenth of them).

    Raises SessionError as ``Jacobians`` does, DataError where the burn-in leaves no step; Cancelled.
    """
    jacobians = Jacobians(run, block, sample)
    count = jacobians.count
    skipped = count // 10 if burn_in is None else burn_in
    if not 0 <= skipped < count:
        raise DataError(f"The burn-in is {skipped} steps, but the sequence has {count}. Give fewer, at least 0.")
    growth = np.full((count, jacobians.space.size), np.nan)
    q = np.eye(jacobians.space.size)
    for number, matrix in jacobians.each(cancelled, progress):
        if not np.isfinite(matrix).all():
            break  # what comes after it has no answer
        _, q, upper = ranked_qr(matrix @ q)
        with np.errstate(all="ignore"):
            growth[number] = np.log(np.abs(np.diagonal(upper)))
    return _spectrum(block, jacobians, growth[skipped:], skipped)


def _spectrum(block: str, jacobians: Jacobians, growth: Array, skipped: int) -> LyapunovSpectrum:
    singular = np.isneginf(growth)
    counted = (~singular).sum(axis=0)
    steps = np.arange(1, len(growth) + 1)[:, None]
    with np.errstate(all="ignore"):
        convergence = np.cumsum(growth, axis=0) / steps
        regular = np.where(singular, 0.0, growth).sum(axis=0) / np.where(counted > 0, counted, np.nan)
    order = np.argsort(-np.where(np.isnan(convergence[-1]), np.inf, convergence[-1]), kind="stable")
    exponents = convergence[-1][order]
    return LyapunovSpectrum(
        block,
        skipped,
        exponents,
        regular[order],
        singular.sum(axis=0)[order],
        convergence[:, order],
        _spread(growth)[order],
        tuple(jacobians.times[skipped:]),
        _sentence(jacobians.block.title, exponents, len(growth), skipped),
    )


def _spread(growth: Array) -> Array:
    """The standard error of the mean: stretches a tenth as long are nearly independent."""
    if len(growth) < 40:
        return np.full(growth.shape[1], np.nan)
    with np.errstate(all="ignore"):
        means = np.array([part.mean(axis=0) for part in np.array_split(growth, 10)])
        finite = np.isfinite(means).all(axis=0)
        spread = np.where(finite, means, 0.0).std(axis=0, ddof=1) / np.sqrt(10)
    return np.where(finite, spread, np.nan)


def kaplan_yorke(exponents: Array) -> float:
    """How many dimensions a set of differences keeps, from descending exponents; NaN if some are not a number."""
    if np.isnan(exponents).any():
        return float("nan")
    sums = np.cumsum(exponents)
    whole = int((sums >= 0).sum())
    if whole == len(exponents) or whole == 0:
        return float(whole)
    return whole + float(sums[whole - 1] / abs(exponents[whole]))


def _sentence(title: str, exponents: Array, steps: int, skipped: int) -> Sentence:
    first = float(exponents[0])
    numbers = {
        "layer": title,
        "steps": str(steps),
        "skipped": str(skipped),
        "first": ratio_text(first),
        "factor": ratio_text(float(np.exp(min(first, 700.0)))),
        "positive": str(int((exponents > 0).sum())),
        "lost": str(int(np.isneginf(exponents).sum())),
        "size": str(len(exponents)),
    }
    if np.isnan(exponents).any():
        return Sentence("{layer}: a Jacobian is not finite, so there are no Lyapunov exponents.", numbers)
    template = "{layer}, {steps} steps after a burn-in of {skipped}: the largest Lyapunov exponent is {first}"
    if np.isneginf(first):
        return Sentence(template + ": every small difference in the state is forgotten at once.", numbers)
    if abs(first) < 1e-9:
        template += ", so a small difference in the state keeps its size"
    elif first > 0:
        template += (
            ", so a small difference in the state grows by a factor of {factor} a step; {positive} of {size} grow"
        )
    else:
        template += ", so a small difference in the state keeps at most {factor} of itself a step, and gradients vanish"
    if np.isneginf(exponents[-1]):
        template += "; {lost} of {size} are −∞, directions that are forgotten at once"
    return Sentence(template + ".", numbers)
