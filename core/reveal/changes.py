"""Parameters and their gradients at the cursor: gathered so far, clipped, updated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.frame import Change, Phase, Truncation
from core.learning.clipping import global_norm
from core.learning.step import Outcome
from core.network import Block
from core.operators.expression import PARAMETER, leaves
from core.reveal.moment import Moment
from core.run import Run

Arrays = Mapping[str, NDArray[Any]]


def changes(moment: Moment, outcome: Outcome | None) -> tuple[Change, ...]:
    """Every trainable parameter; ``outcome`` where the backward phase is done."""
    return tuple(_changes(moment, outcome))


def _changes(moment: Moment, outcome: Outcome | None) -> Iterator[Change]:
    run = moment.run
    clipped = Phase.CLIP in moment.progress and moment.progress[Phase.CLIP].steps > 0
    updated = moment.progress.get(Phase.UPDATE)
    gradients = outcome and _at(moment, outcome)
    for number, path in enumerate(run.network.trainable):
        done = updated is not None and (updated.steps > 0 or number < updated.entries)
        yield Change(
            path=path,
            value=run.problem.parameters[path],
            gradient=gradients[path] if gradients else _gathered(moment, path),
            clipped=outcome.clipped[path] if outcome and clipped else None,
            updated=outcome.parameters[path] if outcome and done else None,
        )


def _at(moment: Moment, outcome: Outcome) -> Arrays:
    """The gradients once the backward phase is done: those of the loss, behind the regulariser phase with Ω's."""
    terms = moment.progress.get(Phase.REGULARISER)
    return outcome.gradients if terms is not None and terms.steps < moment.steps else outcome.regularised


def _gathered(moment: Moment, path: str) -> np.ndarray:
    """dL/d(parameter) from what the backward walk has passed."""
    if not moment.in_backward:
        return np.zeros(moment.run.network.parameter_shapes[path])
    owner, name = path.split("/")
    sharing = moment.run.network.sharing(owner)
    first, *others = (moment.run.block_gradient(b.name, name, _since(moment, b, name)) for b in sharing)
    return sum(others, first)


def _since(moment: Moment, block: Block, name: str) -> int:
    """The first step of a block's walk from which on it has sent to a parameter all it has to send."""
    readers = {e.name for e in block.cell.definition.equations
               if any(leaf.operator == PARAMETER and leaf.name == name for leaf in leaves(e.expression))}  # fmt: skip
    whole, t = moment.walked_from(block.name), moment.column
    if t < 0 or moment.step(block.name, t) != whole - 1:
        return whole
    walked = {n for n, count in moment.walked_back(block.name, t).items() if count is None}
    return whole - 1 if readers & block.path <= walked else whole


def truncation(run: Run, cut: Arrays) -> Truncation:
    """How far the truncated gradient ``cut`` of a run is from the full one, which is computed for it."""
    full = run.without_window().gradients()
    norm, full_norm = global_norm(cut), global_norm(full)
    scale = max(norm, full_norm)
    if not np.isfinite(scale) or scale == 0:
        return Truncation(run.problem.window, norm, full_norm, float("nan"), float("nan"))
    dot = sum(float(np.vdot(cut[p] / scale, full[p] / scale)) for p in full)
    cosine = dot / ((norm / scale) * (full_norm / scale)) if norm and full_norm else float("nan")
    difference = global_norm({path: cut[path] - full[path] for path in full})
    return Truncation(
        run.problem.window, norm, full_norm, cosine, difference / full_norm if full_norm else float("inf")
    )
