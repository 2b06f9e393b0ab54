"""Optimisers: settings, their state, and the update of all parameters as a pure function.

An optimiser is a row of formulas for one parameter; ``update`` applies it to every parameter that has a gradient and
passes the others on untouched. The formulas and the order of their operations are PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import GatewalkError, ShapeError

Array: TypeAlias = NDArray[Any]
Arrays: TypeAlias = Mapping[str, Array]
_NONE: Arrays = MappingProxyType({})


# Tagged structs rather than dataclasses: msgspec needs the tag to tell the three apart when it reads a session.
class SGD(msgspec.Struct, frozen=True, tag="sgd"):
    """Plain gradient descent."""

    rate: float = 0.1
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _check_common("SGD", self.rate, self.weight_decay)


class Momentum(msgspec.Struct, frozen=True, tag="momentum"):
    """Gradient descent with a velocity (Polyak 1964), or Nesterov's variant of it as Sutskever et al. 2013 write it."""

    rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _check_common("Momentum", self.rate, self.weight_decay)
        _check_fraction("Momentum", "momentum", self.momentum)


class Adam(msgspec.Struct, frozen=True, tag="adam"):
    """Adam (Kingma & Ba 2015, algorithm 1), weight decay added to the gradient."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _check_common("Adam", self.rate, self.weight_decay)
        _check_fraction("Adam", "beta1", self.beta1)
        _check_fraction("Adam", "beta2", self.beta2)
        if not (math.isfinite(self.epsilon) and self.epsilon > 0):
            raise GatewalkError(f"Adam: epsilon must be finite and above 0, got {self.epsilon:g}.")


Optimiser: TypeAlias = SGD | Momentum | Adam


def initial_state(settings: Optimiser, parameters: Arrays) -> Arrays:
    """The state before the first update: ``{"velocity/l0/W_f": zeros, ...}``, empty for SGD. Arrays are read-only."""
    state: dict[str, Array] = {}
    for path, value in parameters.items():
        match settings:
            case Momentum():
                state[f"velocity/{path}"] = np.zeros_like(value)
            case Adam():
                state[f"first/{path}"] = np.zeros_like(value)
                state[f"second/{path}"] = np.zeros_like(value)
                # Counted per parameter, as not every parameter need have a gradient in every iteration.
                state[f"updates/{path}"] = np.zeros((), dtype=np.int64)
    return _frozen(state)


def update(
    settings: Optimiser, parameters: Arrays, gradients: Arrays, state: Arrays, resting: Arrays = _NONE
) -> tuple[dict[str, Array], Arrays]:
    """The parameters and the optimiser's state after one update; what was passed in stays as it was.

    ``resting`` says by path which rows of a parameter take no part, (rows,): these keep their numbers and their state.
    A parameter without a gradient stays the same object. New arrays are read-only and keep the parameter's dtype;
    numbers that overflow become infinite, nothing is raised for them.
    Raises GatewalkError for a gradient of no parameter or a state of other settings, ShapeError for unequal shapes.
    """
    changed: dict[str, Array] = {}
    moved: dict[str, Array] = {}
    for path, gradient in gradients.items():
        value = _parameter(parameters, path, gradient)
        with np.errstate(all="ignore"):
            slope = np.asarray(gradient, dtype=value.dtype)
            if settings.weight_decay:
                slope = slope + settings.weight_decay * value
            step, parts = _step(settings, slope, state, path)
            changed[path] = np.asarray(value - step, dtype=value.dtype)
        if path in resting:
            changed[path] = _kept(resting[path], value, changed[path])
            parts = {name: _kept(resting[path], state[f"{name}/{path}"], new) for name, new in parts.items()}
        moved |= {f"{part}/{path}": array for part, array in parts.items()}
    return {**parameters, **_frozen(changed)}, MappingProxyType({**state, **_frozen(moved)})


def _kept(rest: Array, old: Array, new: Array) -> Array:
    """The new array, with the rows that rest as they were; a number of all rows becomes one of each."""
    return np.asarray(np.where(rest.reshape(-1, *[1] * (new.ndim - 1)), old, new), dtype=new.dtype)


def _step(settings: Optimiser, slope: Array, state: Arrays, path: str) -> tuple[Array, dict[str, Array]]:
    """What to subtract from one parameter, and its new state by part."""
    match settings:
        case SGD():
            return settings.rate * slope, {}
        case Momentum():
            return _momentum_step(settings, slope, _part(state, "velocity", path, slope))
        case Adam():
            count = _part(state, "updates", path) + 1
            first, second = _part(state, "first", path, slope), _part(state, "second", path, slope)
            return _adam_step(settings, slope, first, second, count)


def _momentum_step(settings: Momentum, slope: Array, velocity: Array) -> tuple[Array, dict[str, Array]]:
    velocity = np.asarray(settings.momentum * velocity + slope)
    ahead = slope + settings.momentum * velocity if settings.nesterov else velocity
    return settings.rate * ahead, {"velocity": velocity}


def _adam_step(
    settings: Adam, slope: Array, first: Array, second: Array, count: Array
) -> tuple[Array, dict[str, Array]]:
    """``count``: updates of the parameter with this one, or of each of its rows."""
    first = np.asarray(settings.beta1 * first + (1.0 - settings.beta1) * slope)
    second = np.asarray(settings.beta2 * second + (1.0 - settings.beta2) * (slope * slope))
    rate = settings.rate / _shortfall(settings.beta1, count, slope)
    filled = _shortfall(settings.beta2, count, slope)
    spread = np.sqrt(second) / (math.sqrt(filled) if isinstance(filled, float) else np.sqrt(filled)) + settings.epsilon
    parts = {"first": first, "second": second, "updates": np.asarray(count, dtype=np.int64)}
    return rate * (first / spread), parts


def _shortfall(beta: float, count: Array, slope: Array) -> float | Array:
    """1 - beta^count: how much of a running average that began at 0 is filled, a column where rows differ."""
    if not np.ndim(count):
        return 1.0 - beta ** int(count)
    return 1.0 - beta ** count.astype(float).reshape(-1, *[1] * (slope.ndim - 1))


def equation_latex(settings: Optimiser) -> str:
    """The update in LaTeX, one formula a line: θ parameter, g gradient, η rate, λ weight decay, k count of updates."""
    lines = [r"g \leftarrow g + \lambda \theta"] if settings.weight_decay else []
    match settings:
        case SGD():
            lines += [r"\theta \leftarrow \theta - \eta g"]
        case Momentum():
            ahead = r"\left( g + \mu v \right)" if settings.nesterov else "v"
            lines += [r"v \leftarrow \mu v + g", rf"\theta \leftarrow \theta - \eta {ahead}"]
        case Adam():
            lines += [
                r"m \leftarrow \beta_1 m + (1 - \beta_1) g",
                r"v \leftarrow \beta_2 v + (1 - \beta_2) g \odot g",
                r"\theta \leftarrow \theta - \eta \frac{m / (1 - \beta_1^k)}{\sqrt{v / (1 - \beta_2^k)} + \varepsilon}",
            ]
    return "\n".join(lines)


def describe(settings: Optimiser) -> str:
    """The optimiser and its numbers in one plain line."""
    match settings:
        case SGD():
            text = f"Gradient descent, rate {settings.rate:g}"
        case Momentum():
            kind = "Nesterov momentum" if settings.nesterov else "momentum"
            text = f"Gradient descent with {kind} {settings.momentum:g}, rate {settings.rate:g}"
        case Adam():
            text = f"Adam, rate {settings.rate:g}, beta1 {settings.beta1:g}, beta2 {settings.beta2:g}"
    return text + (f", weight decay {settings.weight_decay:g}" if settings.weight_decay else "")


def _parameter(parameters: Arrays, path: str, gradient: Array) -> Array:
    """The parameter that ``gradient`` belongs to, shapes compared."""
    if path not in parameters:
        raise GatewalkError(f"There is a gradient for '{path}', but no such parameter. Parameters: {list(parameters)}.")
    value = parameters[path]
    if np.shape(gradient) != value.shape:
        raise ShapeError(f"Gradient of '{path}': got shape {np.shape(gradient)}, expected {value.shape}.")
    return value


def _part(state: Arrays, part: str, path: str, like: Array | None = None) -> Array:
    """One array of the state, its shape compared with ``like``."""
    key = f"{part}/{path}"
    if key not in state:
        raise GatewalkError(f"The optimiser's state has no '{key}'. Start it anew for these settings and parameters.")
    if like is not None and state[key].shape != like.shape:
        raise ShapeError(f"Optimiser's state '{key}': got shape {state[key].shape}, expected {like.shape}.")
    return state[key]


def _frozen(arrays: dict[str, Array]) -> Arrays:
    """The mapping and its arrays, both read-only."""
    for array in arrays.values():
        array.setflags(write=False)
    return MappingProxyType(arrays)


def _check_common(name: str, rate: float, weight_decay: float) -> None:
    for what, value in (("rate", rate), ("weight decay", weight_decay)):
        if not (math.isfinite(value) and value >= 0):
            raise GatewalkError(f"{name}: {what} must be finite and at least 0, got {value:g}.")


def _check_fraction(name: str, what: str, value: float) -> None:
    if not 0 <= value < 1:
        raise GatewalkError(f"{name}: {what} must be at least 0 and below 1, got {value:g}.")
