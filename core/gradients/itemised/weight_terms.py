"""A parameter's gradient itemised: the term of each loss t and each step k at which the parameter was used.

    dL_t/dW = sum over k of  dL_t/do_t  do_t/ds_t  (ds_t/ds_{t-1} ... ds_{k+1}/ds_k)  ds_k/dW

with ds_k/dW immediate: s_{k-1} held. There is no term before the first step, since the initial state is given. Shape
letters: ``T`` steps of the sequence, ``n`` losses side by side.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.block import path_title
from core.errors import SessionError
from core.frame import Sentence
from core.gradients.backward.loss_sweep import LossSweep
from core.gradients.backward.sweep import Progress
from core.gradients.itemised.loss_map import Cancel, by_time
from core.gradients.itemised.rank_one import StepTerms
from core.gradients.numbers import ratio_text
from core.network import Block
from core.run import Run

Array = NDArray[Any]


class WeightTerms(msgspec.Struct, frozen=True, eq=False):
    """The gradient of one parameter, from one sequence and one block that uses it, as terms of losses t and steps k.

    ``norms`` (T, T): at [t, k] the Frobenius norm of the term; ``along`` (T, T): its component in the direction of the
    gradient, so that all together add up to ``norm``, the gradient's; NaN where that is zero or not finite.
    ``reached`` (T, T): where there is a term at all. ``gradient`` is what the run has, ``summed`` the sum of all terms,
    both in the parameter's shape, ``error`` the largest difference between the two, relative to the largest entry
    (0 where both are zero). ``chained`` says whether a loss reaches other steps than those it is computed at; a
    readout's parameters have no chain. ``sentence`` says it in words.
    """

    path: str
    block: str
    norms: Array
    along: Array
    reached: NDArray[np.bool_]
    gradient: Array
    summed: Array
    norm: float
    error: float
    chained: bool
    sentence: Sentence

    @property
    def by_step(self) -> Array:
        """The part of ``norm`` that comes from the uses at each step k, (T,)."""
        return np.asarray(self.along.sum(axis=0))

    @property
    def by_loss(self) -> Array:
        """The part of ``norm`` that comes from each loss t, (T,)."""
        return np.asarray(self.along.sum(axis=1))


def weight_terms(
    run: Run,
    path: str,
    sample: int = 0,
    *,
    block: str = "",
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> WeightTerms:
    """The terms of a parameter, "l0/W_f"; one backward pass for all losses.

    ``block`` is one of those that share the parameter, by default the one it belongs to. Beside the tables, 17 T^2
    bytes, it takes about ``loss_sweep.MEMORY`` bytes. Needs a complete run. Raises SessionError for what has no
    gradient, Cancelled.
    """
    user = _user(run, path, block)
    losses, terms = _prepared(run, user, path, sample)
    gradient = terms.of_run()
    norm, unit = _direction(gradient)
    count, sources = losses.sweep.count, np.array(losses.sources, np.intp)
    norms, along, reached = (np.zeros((len(sources), count), kind) for kind in (float, float, bool))
    summed = np.zeros(gradient.shape)
    with np.errstate(all="ignore"):
        for visit in losses.visits(progress, cancelled):
            if visit.block == user.name and (found := terms.at(visit)) is not None:
                here = slice(visit.first, visit.last), visit.t
                norms[here], along[here], reached[here] = found.norms(), found.along(unit), True
                summed += found.summed()
    norms, along, reached = (by_time(rows, sources, count) for rows in (norms, along, reached))
    sentence = _sentence(path, norms, norm, along)
    chained = bool((reached & ~np.eye(count, dtype=bool)).any())
    error = _difference(summed, gradient)
    return WeightTerms(path, user.name, norms, along, reached, gradient, summed, norm, error, chained, sentence)


def weight_term(run: Run, path: str, t: int, k: int, sample: int = 0, *, block: str = "") -> Array:
    """One term in the parameter's shape: what loss t sends to the use at step k; zeros where it reaches none.

    Raises as ``weight_terms`` does.
    """
    user = _user(run, path, block)
    losses, terms = _prepared(run, user, path, sample)
    total = np.zeros(terms.shape)
    for visit in losses.of_source(t):
        if visit.block == user.name and visit.t == k and (found := terms.at(visit)) is not None:
            total = total + found.summed()
    return total


def _user(run: Run, path: str, block: str) -> Block:
    """The block whose use of a parameter is asked for."""
    owner, _, name = path.partition("/")
    sharing = run.network.sharing(owner) if path in run.network.parameter_shapes else ()
    found = [each for each in sharing if each.name == (block or owner)]
    if not found or not any(term.parameter == name for term in found[0].plan.gradients):
        raise SessionError(f"No gradient reaches the parameter {path}, so it has no terms. Choose another parameter.")
    if run.backward_done < run.steps:
        raise SessionError("The terms of a gradient are shown beside it. Walk the backward pass to its end first.")
    return found[0]


def _prepared(run: Run, user: Block, path: str, sample: int) -> tuple[LossSweep, StepTerms]:
    name = path.split("/")[1]
    terms = [term for term in user.plan.gradients if term.parameter == name]
    losses = LossSweep(run, sample, {user.name: [factor for term in terms for factor in term.factors]})
    shape = user.cell.parameter_shapes[name]
    return losses, StepTerms(losses.sweep.walked[user.name], terms, shape)


def _direction(gradient: Array) -> tuple[float, Array]:
    """Norm and unit vector of the gradient, whatever its size."""
    with np.errstate(all="ignore"):
        peak = np.abs(gradient).max(initial=0.0)
        scaled = gradient / peak
        length = np.sqrt((scaled**2).sum())
        return float(peak * length if peak else 0.0), np.asarray(scaled / length)


def _difference(summed: Array, gradient: Array) -> float:
    largest = np.abs(gradient).max(initial=0.0)
    with np.errstate(all="ignore"):
        return float(np.abs(summed - gradient).max(initial=0.0) / (largest or 1.0))


def _sentence(path: str, norms: Array, norm: float, along: Array) -> Sentence:
    values = {"path": path_title(path), "count": str(int((norms > 0.0).sum())), "norm": ratio_text(norm)}
    if not norm or not np.isfinite(along).all():
        return Sentence("The gradient of {path} is zero or not finite, so its terms have no common direction.", values)
    t, k = np.unravel_index(int(np.abs(along).argmax()), along.shape)
    later = float(along.sum() - np.trace(along))
    values |= {"t": str(t + 1), "k": str(k + 1), "share": _percent(along[t, k] / norm), "later": _percent(later / norm)}
    return Sentence(
        "The gradient of {path} has norm {norm} and is the sum of {count} terms: {later} % of it comes from losses at "
        "other steps than the use; the largest term is loss {t} at step {k} with {share} %.",
        values,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}".replace("-", "−")
