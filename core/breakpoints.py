"""Breakpoints: moments at which a walk stops by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.frame import Cursor, Grain, Phase, Position
from core.norms import norms
from core.run import Run


class AtTime(msgspec.Struct, frozen=True, tag="time"):
    """Stop when time step ``t`` is complete, in every phase that visits it."""

    t: int

    def __str__(self) -> str:
        return f"t = {self.t + 1}"


class Saturated(msgspec.Struct, frozen=True, tag="saturated"):
    """Stop when a unit of the variable is above ``threshold`` or below 1 - ``threshold``."""

    path: str
    threshold: float = 0.95

    def __str__(self) -> str:
        return f"{self.path.split('/')[-1]} saturated > {self.threshold:g}"


class GradientNorm(msgspec.Struct, frozen=True, tag="gradient"):
    """Stop when the norm of dL/d(variable) falls below (or rises above) ``threshold``."""

    path: str
    threshold: float = 1e-3
    above: bool = False

    def __str__(self) -> str:
        return f"‖∂L/∂{self.path.split('/')[-1]}‖ {'>' if self.above else '<'} {self.threshold:g}"


class Vanishes(msgspec.Struct, frozen=True, tag="vanishes"):
    """Stop when the norm of dL/d(variable) falls below this part of what it was where the walk back met it first."""

    path: str
    ratio: float = 1e-6

    def __str__(self) -> str:
        return f"‖∂L/∂{self.path.split('/')[-1]}‖ vanishes < {self.ratio:g} of its start"


class Explodes(msgspec.Struct, frozen=True, tag="explodes"):
    """Stop when the norm of dL/d(variable) rises above so many times what it was where the walk back met it first."""

    path: str
    ratio: float = 1e6

    def __str__(self) -> str:
        return f"‖∂L/∂{self.path.split('/')[-1]}‖ explodes > {self.ratio:g} × its start"


class DeadUnit(msgspec.Struct, frozen=True, tag="dead"):
    """Stop at the end of a forward walk if a unit of the variable let no gradient through at any step of it."""

    path: str

    def __str__(self) -> str:
        return f"{self.path.split('/')[-1]} has a dead unit"


class NonFinite(msgspec.Struct, frozen=True, tag="non-finite"):
    """Stop at the first value or gradient that is infinite or not a number."""

    def __str__(self) -> str:
        return "not finite"


Breakpoint: TypeAlias = AtTime | Saturated | GradientNorm | Vanishes | Explodes | DeadUnit | NonFinite


class Event(msgspec.Struct, frozen=True):
    """A breakpoint that was met: where, and in words."""

    index: int
    text: str


def first_event(
    run: Run,
    breakpoints: Iterable[Breakpoint],
    after: int,
    cancelled: Callable[[], bool],
    until: int | None = None,
) -> Event | None:
    """The first event behind ``after`` (and up to ``until``); time steps are computed one by one as far as needed.

    Breakpoints on variables that the network does not have are passed over.
    """
    breakpoints = tuple(point for point in breakpoints if _fits(point, run))
    last = run.timeline.length if until is None else until
    index = after
    while breakpoints and index < last and not cancelled():
        first, index = index, run.timeline.next(index, Grain.TIME_STEP)
        run.ensure(index)
        position = run.timeline.position(Cursor(0, index))
        with np.errstate(all="ignore"):
            met = [event for point in breakpoints if (event := _met(point, run, position))]
        met = [event for event in met if first < event.index <= last]
        if met:
            return min(met, key=lambda event: event.index)
    return None


def _fits(point: Breakpoint, run: Run) -> bool:
    return isinstance(point, AtTime | NonFinite) or run.network.has_variable(point.path)


def _met(point: Breakpoint, run: Run, position: Position) -> Event | None:
    """The event of one breakpoint within the time step that was just completed."""
    t = position.t
    if t is None:
        return None
    match point:
        case AtTime():
            return Event(position.cursor.index, str(point)) if point.t == t else None
        case Saturated() if position.phase is Phase.FORWARD and _together(run, position.block, point.path):
            return _saturated(point, run, t)
        case DeadUnit() if position.phase is Phase.FORWARD and _together(run, position.block, point.path):
            return _dead(point, run, t)
        case GradientNorm() if position.phase is Phase.BACKWARD and _together(run, position.block, point.path):
            return _crossed(point, run, t)
        case Vanishes() | Explodes() if position.phase is Phase.BACKWARD and _together(run, position.block, point.path):
            return _left(point, run, t)
        case NonFinite():
            return _non_finite(run, position.phase, position.block, t)
    return None


def _together(run: Run, block: str, path: str) -> bool:
    """Whether a variable is walked in the stage in which a block is."""
    return run.network.stage(block) == run.network.stage(path.split("/")[0])


def _saturated(point: Saturated, run: Run, t: int) -> Event | None:
    values = run.values(point.path)[t]
    found = np.argwhere((values > point.threshold) | (values < 1 - point.threshold))
    if not len(found):
        return None
    unit = int(found[0][-1])
    text = f"{point}: unit {unit + 1} is {values[tuple(found[0])]:.3g}"
    return _event(run, Phase.FORWARD, t, point.path, text)


def _crossed(point: GradientNorm, run: Run, t: int) -> Event | None:
    """Only where the norm crosses the threshold; it may stay beyond it for many steps."""
    adjoints = run.adjoints(point.path)
    if adjoints is None:
        return None
    norm = _norm(adjoints[t])
    later = t + run.network.block(point.path.split("/")[0]).direction
    before = _norm(adjoints[later]) if 0 <= later < len(adjoints) else 0.0
    if point.above:
        crossed = before <= point.threshold < norm
    elif before == 0.0:  # nothing had come so far back from a loss: it did not fall, but begins below
        crossed = 0.0 < norm < point.threshold
    else:
        crossed = norm < point.threshold <= before
    return _event(run, Phase.BACKWARD, t, point.path, f"{point}: it is {norm:.3g}") if crossed else None


def _left(point: Vanishes | Explodes, run: Run, t: int) -> Event | None:
    """Only where the norm leaves what its start allows; what stays beyond is no news."""
    adjoints = run.adjoints(point.path)
    if adjoints is None:
        return None
    direction = run.network.block(point.path.split("/")[0]).direction
    walked = adjoints[t:] if direction > 0 else adjoints[: t + 1][::-1]  # from here to where the walk back began
    reached = np.flatnonzero(walked.reshape(len(walked), -1).any(axis=1))
    if not len(reached) or reached[-1] == 0:
        return None
    start, norm, before = (_norm(walked[row]) for row in (reached[-1], 0, 1))
    limit = point.ratio * start
    left = norm < limit <= before if isinstance(point, Vanishes) else before <= limit < norm
    if not left:
        return None
    return _event(run, Phase.BACKWARD, t, point.path, f"{point}: it is {norm:.3g}, and was {start:.3g}")


def _dead(point: DeadUnit, run: Run, t: int) -> Event | None:
    """At the last step of the walk, the first unit that is dead in every sequence of the batch."""
    block = run.network.block(point.path.split("/")[0])
    if t != (0 if block.reverse else run.problem.steps - 1):
        return None
    from core.gradients.jacobians.slopes import dead_units  # not for the first picture

    found = dead_units(run, point.path)
    if not found.size:
        return None
    more = f" and {found.size - 1} more" if found.size > 1 else ""
    return _event(run, Phase.FORWARD, t, point.path, f"{point}: unit {found[0] + 1}{more}")


def _norm(adjoints: NDArray[Any]) -> float:
    """The norm over all units and the whole batch."""
    return float(norms(adjoints.reshape(-1)))


def _non_finite(run: Run, phase: Phase, block: str, t: int) -> Event | None:
    """Only where the first one of a pass stands; what is computed from it is seldom finite again."""
    path, times = _first_non_finite(run, phase, block, t), run.timeline.times(phase, block)
    place = times.index(t)
    if not path or (place and _first_non_finite(run, phase, block, times[place - 1])):
        return None
    sign = "∂L/∂" if phase is Phase.BACKWARD else ""
    return _event(run, phase, t, path, f"{sign}{path.split('/')[1]} is not finite")


def _first_non_finite(run: Run, phase: Phase, beside: str, t: int) -> str:
    """Path of the variable that the walk meets first at a step, with a value (or adjoint) not finite; "" for none.

    The walk is that of the stage in which the block ``beside`` is.
    """
    for block, name in _walked(run, phase, beside):
        rows = run.adjoints(f"{block}/{name}") if phase is Phase.BACKWARD else run.values(f"{block}/{name}")
        if rows is not None and not np.isfinite(rows[t]).all() and run.timeline.walks(phase, t, block, name):
            return f"{block}/{name}"
    return ""


def _walked(run: Run, phase: Phase, beside: str) -> Iterable[tuple[str, str]]:
    stage = run.network.stages[run.network.stage(beside)]
    names = [(block.name, name) for block in stage.blocks for name in block.cell.definition.variables]
    return reversed(names) if phase is Phase.BACKWARD else names


def _event(run: Run, phase: Phase, t: int, path: str, text: str) -> Event | None:
    block, name = path.split("/")
    if not run.timeline.walks(phase, t, block, name):  # the readout is not walked backward at a step without a loss
        return None
    return Event(run.timeline.end_of(phase, t, block, name), f"{text} at t = {t + 1}")
