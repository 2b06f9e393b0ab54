"""The two bounds of Pascanu, Mikolov & Bengio (2013, section 2.2) for a plain recurrence, as a dial shows them."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.frame import Sentence
from core.gradients.jacobians.jacobian import Jacobians, singular_values
from core.gradients.jacobians.plain_recurrence import PlainRecurrence, plain_recurrence
from core.gradients.jacobians.slopes import slope, steepest
from core.gradients.numbers import ratio_text
from core.run import Run

Array = NDArray[Any]


class Dial(msgspec.Struct, frozen=True, eq=False):
    """W of v_t = f(W v_{t-1} + ...) between surely vanishing and possibly exploding.

    ``bound`` = norm * steepest: below 1 every gradient vanishes, whatever the input; above 1 is necessary, not enough,
    for one to explode. ``measured`` = norm * the largest abs(f') that this sequence met: below 1 it vanishes on this
    sequence. ``slopes`` (S, H): f' of every unit at every step in walking order; the Jacobian is diag(slopes) W.
    """

    block: str
    state: str
    matrix: str  # path of the parameter, "l0/U"
    function: str
    weights: Array  # (H, H)
    norm: float  # largest singular value of W
    radius: float  # largest abs(eigenvalue) of W
    steepest: float
    bound: float
    measured: float
    slopes: Array
    times: tuple[int, ...]
    sentence: Sentence

    @property
    def vanishes(self) -> bool:
        """Whether gradients vanish for sure."""
        return self.bound < 1.0

    @property
    def can_explode(self) -> bool:
        """Whether the condition that is necessary for exploding holds."""
        return self.bound > 1.0


class NoDial(msgspec.Struct, frozen=True):
    """A cell that the bounds say nothing about, and why."""

    block: str
    sentence: Sentence


def dial(run: Run, block: str, sample: int = 0) -> Dial | NoDial:
    """The dial of a block. Raises SessionError as ``Jacobians`` does."""
    jacobians = Jacobians(run, block, sample)
    form = plain_recurrence(jacobians.block.cell.definition)
    if isinstance(form, str):
        reason = "Pascanu's bounds do not apply to {layer} ({cell}): {reason}."
        values = {"layer": jacobians.block.title, "cell": jacobians.block.cell.definition.short_name, "reason": form}
        return NoDial(block, Sentence(reason, values))
    return _read(jacobians, form)


def _read(jacobians: Jacobians, form: PlainRecurrence) -> Dial:
    block, walked = jacobians.block, jacobians.walked
    weights = recurrent_matrix(jacobians, form)
    with np.errstate(all="ignore"):
        inner = np.asarray(walked.evaluator().value(form.inner))
        inner = np.broadcast_to(inner, (walked.count, len(weights)))
        slopes = slope(form.function, form.attributes, inner)
    norm = float(singular_values(weights)[0])
    radius = float(np.abs(np.linalg.eigvals(weights)).max()) if np.isfinite(weights).all() else float("nan")
    most, met = steepest(form.function, form.attributes), float(np.abs(slopes).max())
    path = f"{block.owner}/{form.matrix}"
    numbers = (norm, radius, most, norm * most, norm * met)
    sentence = _sentence(block.title, form, *numbers)
    times = tuple(jacobians.times)
    return Dial(block.name, form.state, path, form.function, weights, *numbers, slopes, times, sentence)


def recurrent_matrix(jacobians: Jacobians, form: PlainRecurrence) -> Array:
    """W with its sign: the columns of the parameter that act on the state, (H, H)."""
    whole, cell = jacobians.walked.parameter(form.matrix), jacobians.block.cell
    widths = [(cell.shape(piece.shape) or (1,))[0] for piece in form.columns]
    first = sum(widths[: form.place])
    return np.asarray(form.sign * whole[:, first : first + widths[form.place]])


def _sentence(
    title: str, form: PlainRecurrence, norm: float, radius: float, most: float, bound: float, measured: float
) -> Sentence:
    numbers = {
        "layer": title,
        "matrix": form.matrix,
        "norm": ratio_text(norm),
        "radius": ratio_text(radius),
        "steepest": ratio_text(most),
        "bound": ratio_text(bound),
        "measured": ratio_text(measured),
    }
    start = "{layer}: ‖{matrix}‖ = {norm} (spectral radius {radius}) times the steepest slope {steepest} is {bound}; "
    if bound < 1:
        return Sentence(start + "below 1, so every gradient vanishes, whatever the input.", numbers)
    if measured < 1:
        template = (
            "above 1, so it may explode; but the slopes of this sequence make it {measured}, so here it vanishes."
        )
        return Sentence(start + template, numbers)
    return Sentence(
        start + "not below 1, so gradients need not vanish and can explode. That it is above 1 is necessary for "
        "exploding, not enough; the slopes of this sequence make it {measured}.",
        numbers,
    )
