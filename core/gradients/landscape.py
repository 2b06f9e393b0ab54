"""The loss along a line, or over a plane, of parameters: where it is flat, and where it falls off a cliff.

A network that is iterated over many steps has walls in its loss (Pascanu, Mikolov & Bengio 2013, section 2.3); a
gradient taken at a wall throws the parameters far away, which clipping prevents. Distances are Euclidean, over all
trainable parameters as one vector.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.bulk import Bulk
from core.errors import Cancelled, SessionError
from core.frame import Sentence
from core.learning.clipping import Clipping, clip
from core.problem import Problem

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Progress = Callable[[int, int], None]
Cancel = Callable[[], bool]


class Direction(msgspec.Struct, frozen=True, eq=False):
    """A direction of length 1 in the space of all trainable parameters, and what it is."""

    name: str
    arrays: Arrays

    def from_point(self, parameters: Arrays, distance: float) -> dict[str, Array]:
        """The parameters so far along it, those that are not trained unchanged."""
        moved = {path: parameters[path] + distance * array for path, array in self.arrays.items()}
        return {**parameters, **moved}

    def along(self, arrays: Arrays) -> float:
        """The component of a difference of parameters in this direction."""
        return float(sum(np.vdot(array, arrays[path]) for path, array in self.arrays.items()))


class Landing(msgspec.Struct, frozen=True):
    """Where one step of gradient descent from the point ends; ``loss`` is that of the place, not of its shadow."""

    clipping: Clipping
    length: float  # of the step
    at: tuple[float, ...]  # its components along the directions drawn
    loss: float


class LossLine(msgspec.Struct, frozen=True, eq=False):
    """The loss at ``distances`` (N,) from the point along one direction; not finite where the network overflows.

    ``slope``: the derivative at the point along it. ``path`` (P,): where earlier parameters lie along it.
    """

    direction: Direction
    distances: Array
    losses: Array
    slope: float
    path: Array
    landings: tuple[Landing, ...] = ()


class LossPlane(msgspec.Struct, frozen=True, eq=False):
    """The loss over two orthogonal directions: ``losses`` (M, N) at ``up`` (M,) and ``across`` (N,) from the point.

    ``path`` (P, 2): earlier parameters' components, across and up.
    """

    directions: tuple[Direction, Direction]
    across: Array
    up: Array
    losses: Array
    path: Array
    landings: tuple[Landing, ...] = ()


def gradient_of(problem: Problem) -> tuple[float, dict[str, Array]]:
    """The loss and the gradients of all trainable parameters. Raises SessionError where there is no loss."""
    if problem.targets is None:
        raise SessionError("There is no loss without targets, so it has no landscape. Give the sequence targets.")
    with np.errstate(all="ignore"):
        run = Bulk(problem.network).complete(problem)
        found = run.gradients()
        return float(run.losses().sum()), {path: np.array(found[path]) for path in problem.network.trainable}


def uphill(gradients: Arrays) -> Direction:
    """The direction of the gradient. Raises SessionError where it is zero or not finite."""
    return _unit("the gradient", gradients)


def towards(parameters: Arrays, other: Arrays, paths: tuple[str, ...]) -> Direction:
    """The direction from some parameters to others of the same shapes, by their ``paths``. Raises SessionError."""
    return _unit("the other weights", {path: other[path] - parameters[path] for path in paths})


def at_random(parameters: Arrays, paths: tuple[str, ...], seed: int) -> Direction:
    """A random direction, each parameter with its share of the length by its norm, so that none is overrun."""
    generator = np.random.default_rng(seed)
    drawn = {path: generator.standard_normal(parameters[path].shape) for path in paths}
    sizes = {path: max(float(np.linalg.norm(parameters[path])), 1e-3) for path in paths}
    return _unit(
        "a random direction", {path: array * sizes[path] / _norm({path: array}) for path, array in drawn.items()}
    )


def one_entry(parameters: Arrays, path: str, index: tuple[int, ...]) -> Direction:
    """The direction in which one entry of a parameter grows."""
    array = np.zeros_like(parameters[path])
    array[index] = 1.0
    return Direction(f"{path}[{', '.join(str(place + 1) for place in index)}]", {path: array})


def orthogonal_to(first: Direction, second: Direction) -> Direction:
    """The second direction without what it shares with the first. Raises SessionError where nothing is left."""
    zeros: dict[str, Array] = {path: np.zeros_like(array) for path, array in first.arrays.items()}
    zeros |= {path: np.zeros_like(array) for path, array in second.arrays.items()}
    one, other = {**zeros, **first.arrays}, {**zeros, **second.arrays}
    shared = float(sum(np.vdot(one[path], other[path]) for path in zeros))
    left = {path: other[path] - shared * one[path] for path in zeros}
    if _norm(left) < 1e-9:
        raise SessionError("The two directions are the same, so they span no plane. Choose another second one.")
    return Direction(second.name, _unit(second.name, left).arrays)


def loss_along(
    problem: Problem,
    direction: Direction,
    distances: Array,
    *,
    path: tuple[Arrays, ...] = (),
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> LossLine:
    """The loss along a line through the problem's parameters, one forward pass a distance.

    ``path``: parameters of earlier iterations, drawn where they lie along it. Raises SessionError, Cancelled.
    """
    _, gradients = gradient_of(problem)
    measure = _Measure(problem, len(distances), progress, cancelled)
    parameters = problem.parameters
    losses = np.array([measure.loss(direction.from_point(parameters, distance)) for distance in distances.tolist()])
    return LossLine(
        direction, distances, losses, direction.along(gradients), _shadows(path, parameters, direction)[:, 0]
    )


def loss_over(
    problem: Problem,
    directions: tuple[Direction, Direction],
    across: Array,
    up: Array,
    *,
    path: tuple[Arrays, ...] = (),
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> LossPlane:
    """The loss over the plane of two directions (see ``orthogonal_to``). Raises as ``loss_along`` does."""
    first, second = directions
    measure = _Measure(problem, len(across) * len(up), progress, cancelled)
    losses = np.empty((len(up), len(across)))
    for row, height in enumerate(up.tolist()):
        base = second.from_point(problem.parameters, height)
        for column, distance in enumerate(across.tolist()):
            losses[row, column] = measure.loss(first.from_point(base, distance))
    return LossPlane(directions, across, up, losses, _shadows(path, problem.parameters, first, second))


def landings(
    problem: Problem, rate: float, clippings: tuple[Clipping, ...], directions: tuple[Direction, ...]
) -> tuple[Landing, ...]:
    """Where one step of gradient descent with this rate ends, for each way of clipping. Raises SessionError."""
    _, gradients = gradient_of(problem)
    measure, found = _Measure(problem, len(clippings), None, None), []
    for clipping in clippings:
        clipped, _ = clip(clipping, gradients)
        step = {path: -rate * array for path, array in clipped.items()}
        moved = {path: problem.parameters[path] + array for path, array in step.items()}
        loss = measure.loss({**problem.parameters, **moved})
        found.append(Landing(clipping, _norm(step), tuple(each.along(step) for each in directions), loss))
    return tuple(found)


def describe(line: LossLine) -> Sentence:
    """What the line shows, in plain words."""
    finite = np.isfinite(line.losses)
    if not finite.any():
        return Sentence("The loss is not finite anywhere along this line.")
    here = int(np.argmin(np.abs(line.distances)))
    steps = np.abs(np.diff(np.where(finite, line.losses, np.nan)) / np.diff(line.distances))
    values = {"name": line.direction.name, "slope": f"{abs(line.slope):.3g}", "loss": f"{line.losses[here]:.3g}"}
    if np.isfinite(steps).any():
        steepest = int(np.nanargmax(steps))
        middle = (line.distances[steepest] + line.distances[steepest + 1]) / 2
        values |= {"steepest": f"{steps[steepest]:.3g}", "at": f"{middle:+.3g}".replace("-", "−")}
        return Sentence(
            "Along {name}, the loss is {loss} here with slope {slope}, and steepest at a distance of {at}: {steepest}.",
            values,
        )
    return Sentence("Along {name}, the loss here is {loss} with slope {slope}.", values)


class _Measure:
    """The loss of a problem at other parameters, counted and cancellable."""

    def __init__(self, problem: Problem, total: int, progress: Progress | None, cancelled: Cancel | None) -> None:
        self._problem, self._bulk = problem, Bulk(problem.network)
        self._total, self._progress, self._cancelled = total, progress, cancelled
        self._done = 0

    def loss(self, parameters: Arrays) -> float:
        """One forward pass. Raises Cancelled."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("This was stopped.")
        with np.errstate(all="ignore"):
            found = float(self._bulk.forward(replace(self._problem, parameters=parameters)).losses().sum())
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total)
        return found


def _shadows(path: tuple[Arrays, ...], parameters: Arrays, *directions: Direction) -> Array:
    """(P, directions): where other parameters lie, seen along the directions."""
    rows = []
    for other in path:
        difference = {name: other[name] - parameters[name] for each in directions for name in each.arrays}
        rows.append([each.along(difference) for each in directions])
    return np.array(rows).reshape(len(path), len(directions))


def _unit(name: str, arrays: Arrays) -> Direction:
    length = _norm(arrays)
    if not (length > 0.0 and math.isfinite(length)):
        kind = "zero" if length == 0.0 else "not finite"
        raise SessionError(f"The direction of {name} is {kind}, so no line runs along it. Choose another direction.")
    peak = max(float(np.abs(array).max(initial=0.0)) for array in arrays.values())  # a square must not underflow
    scaled = {path: array / peak for path, array in arrays.items()}
    return Direction(name, {path: array / _norm(scaled) for path, array in scaled.items()})


def _norm(arrays: Arrays) -> float:
    peak = max((float(np.abs(array).max(initial=0.0)) for array in arrays.values()), default=0.0)
    if not (0.0 < peak < math.inf):
        return peak
    return peak * math.sqrt(sum(float(((array / peak) ** 2).sum()) for array in arrays.values()))
