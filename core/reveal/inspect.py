"""The selected variable at the selected step: its numbers, where its gradient comes from, and its history."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.frame import Arrival, Inspection, Share
from core.gradients.itemised.edges import Arriving, edge_label, reader_time
from core.gradients.itemised.reading import Vectors
from core.gradients.itemised.shares import shares_of
from core.network import HEAD, LOSS
from core.operators.expression import INPUT, PARAMETER, VARIABLE
from core.reveal.formulas import Formulas
from core.reveal.moment import Moment
from core.reveal.scales import scale_of
from core.reveal.walked import takes_part

Array = NDArray[Any]


def inspection(
    moment: Moment, formulas: Formulas, path: str, t: int, unit: int, token: str, labels: tuple[str, ...]
) -> Inspection:
    """What the inspector shows of ``path`` at step ``t``; ``labels`` name the classes."""
    block_name, name = path.split("/")
    block = moment.run.network.block(block_name)
    size = block.cell.variable_sizes[name]
    unit = min(max(unit, 0), size - 1)
    arrived = moment.arrival(path, t)
    local, future = _local_and_future(moment, path, t) if arrived is Arrival.COMPLETE else (None, None)
    return Inspection(
        path=path,
        name=name,
        role=block.cell.definition.roles.get(name, ""),
        t=t,
        token=token,
        unit=unit,
        scale=scale_of(block, name),
        labels=labels if block_name == HEAD and size == len(labels) else (),
        values=moment.run.values(path)[t, moment.sample] if moment.is_reached(path, t) else None,
        adjoints=moment.adjoint(path, t),
        arrived=arrived,
        from_this_loss=local,
        from_future=future,
        history=_history(moment, path, unit),
        adjoint_history=_adjoint_history(moment, path, unit),
        shares=shares(moment, formulas, path, t) if arrived is Arrival.COMPLETE else (),
        overwritten=bool(moment.run.tapes[block_name].overwritten(t, name)),
        padding=t >= moment.length,
    )


def _history(moment: Moment, path: str, unit: int) -> Array:
    history = np.full(moment.steps, np.nan)
    steps = list(moment.losses_reached) if path == f"{HEAD}/{LOSS}" else moment.times_reached(path)
    history[steps] = moment.run.values(path)[steps, moment.sample, unit]
    history[moment.length :] = np.nan
    return history


def _adjoint_history(moment: Moment, path: str, unit: int) -> Array:
    history = np.full(moment.steps, np.nan)
    adjoints = moment.run.adjoints(path)
    if adjoints is not None and moment.in_backward:
        walked = moment.times_walked(path.split("/")[0])
        history[walked] = adjoints[walked, moment.sample, unit]
        if moment.arrivals.comes_from_afar(path):
            parts, arrived = moment.arrivals.rows(path, slice(0, moment.steps))
            arrived[walked] = False
            history[arrived] = parts[arrived, unit]
        if path.startswith(f"{HEAD}/"):
            history[~moment.run.problem.loss_steps] = np.nan
        for t, adjoint in moment.under_way(path):
            history[t] = adjoint[unit]
        history[moment.length :] = np.nan
    return history


def _local_and_future(moment: Moment, path: str, t: int) -> tuple[Array, Array]:
    """dL_t/d(variable), from this step's loss alone, and the rest, which came from later steps."""
    total = moment.adjoint(path, t)
    assert total is not None
    local = local_adjoints(moment, t).get(path)
    local = np.zeros_like(total) if local is None else local
    return local, total - local


def local_adjoints(moment: Moment, t: int) -> Vectors:
    """The adjoints of all variables at step ``t`` if later steps sent nothing: by path, for the shown element."""
    run = moment.run
    found: dict[str, Array] = {}
    if not run.problem.loss_weights[t, moment.sample]:
        return {}
    for block in reversed(run.network.blocks):
        own = {n: np.zeros(size) for n, size in block.cell.variable_sizes.items()}
        if block.name == HEAD:
            own[LOSS] = np.ones(1)
        own |= {n: found[path] for n in own if (path := f"{block.name}/{n}") in found}
        evaluator = moment.evaluator(block, t, own)
        for backward in block.cell.backward:
            for contribution in backward.contributions if backward.equation.name in block.path else ():
                target = contribution.target
                if target.operator == PARAMETER or target.delay:
                    continue
                vector = moment.value(evaluator, contribution.expression)
                if target.operator == VARIABLE:
                    own[target.name] = own[target.name] + vector
                elif target.operator == INPUT:
                    below = run.network.read_by(block.name, target.name)
                    if moment.time_read(below, t) == t:
                        found[below] = found.get(below, 0.0) + vector
        found.update({f"{block.name}/{name}": vector for name, vector in own.items()})
    return found


def shares(moment: Moment, formulas: Formulas, path: str, t: int) -> tuple[Share, ...]:
    """How the adjoint at ``t`` is made up: <part, total>/|total|^2 for each term, the largest first; they sum to 1."""
    total = moment.adjoint(path, t)
    if total is None or not np.any(total) or not np.isfinite(total).all():
        return ()
    terms = [term for term in formulas.arriving.get(path, ()) if takes_part(moment, term, t)]
    if not terms:
        return ()
    values = shares_of(np.stack([_part(moment, term, t) for term in terms]), total)
    found = [Share(edge_label(moment.run, term, path, t), float(v)) for term, v in zip(terms, values, strict=True)]
    return tuple(sorted(found, key=lambda share: -abs(share.value)))


def _part(moment: Moment, term: Arriving, t: int) -> Array:
    evaluator = moment.evaluator(term.block, reader_time(moment.run, term, t))
    return moment.value(evaluator, term.contribution.expression)
