"""A problem: what a run computes. A network with numbers, on a sequence with targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, ShapeError
from core.network import Network
from core.timeline import Timeline, timeline_of

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Intervention:
    """A state overwritten by hand after its equation: units of ``variable`` in ``block`` at step ``t``.

    The gradient that arrives there is shown but does not enter the equation that was overwritten.
    """

    block: str
    variable: str
    t: int
    unit: int
    value: float


@dataclass(frozen=True, eq=False)
class Problem:
    """What a run computes: a network with numbers, on a sequence with targets.

    ``inputs`` (T, B, D); ``targets`` (T, B, O) as the loss reads them (one-hot for classes) or None; ``weights``
    (T, B) of 0 and 1: where there is a loss; ``initial`` path -> (K, B, H); ``window``: gradients are cut every
    so many steps, counted from the end (truncated BPTT), 0 for never.
    """

    network: Network
    parameters: Mapping[str, Array]
    inputs: Array
    targets: Array | None = None
    weights: Array | None = None
    initial: Mapping[str, Array] = field(default_factory=dict)
    interventions: tuple[Intervention, ...] = ()
    window: int = 0
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.float64))

    def __post_init__(self) -> None:
        if self.inputs.ndim != 3 or self.inputs.shape[-1] != self.network.inputs:
            raise ShapeError(
                f"the network reads {self.network.inputs} numbers a step, but the input has shape {self.inputs.shape}; "
                "give (T, B, D) with D equal to that"
            )
        expected = (*self.inputs.shape[:2], self.network.outputs)
        if self.targets is not None and self.targets.shape != expected:
            raise ShapeError(f"the target has shape {self.targets.shape}, expected {expected}")
        if self.weights is not None and self.weights.shape != expected[:2]:
            raise ShapeError(f"the weights of the loss have shape {self.weights.shape}, expected {expected[:2]}")
        if self.window < 0:
            raise DataError(f"the window of truncated BPTT is {self.window} steps; give at least 1, or 0 for no window")

    @property
    def steps(self) -> int:
        """T, the number of time steps."""
        return self.inputs.shape[0]

    @property
    def batch_size(self) -> int:
        """B, the number of sequences."""
        return self.inputs.shape[1]

    @cached_property
    def batch(self) -> tuple[int, ...]:
        """Batch axes inside a run: () for one sequence."""
        return () if self.batch_size == 1 else (self.batch_size,)

    def inside(self, array: Array) -> Array:
        """An array of (·, B, ·) without the batch axis when there is one sequence only."""
        return array if self.batch else array.reshape(array.shape[0], *array.shape[2:])

    def outside(self, array: Array) -> Array:
        """The reverse of ``inside``."""
        return array if self.batch else array.reshape(array.shape[0], 1, *array.shape[1:])

    @cached_property
    def loss_weights(self) -> Array:
        """(T, B): 1 where there is a loss."""
        if self.targets is None or not self.network.loss:
            return np.zeros(self.inputs.shape[:2])
        return np.ones(self.inputs.shape[:2]) if self.weights is None else self.weights

    @cached_property
    def loss_steps(self) -> NDArray[np.bool_]:
        """(T,): whether any element of the batch has a loss there."""
        return np.asarray(self.loss_weights.any(axis=1))

    def timeline(self) -> Timeline:
        """The walk of one iteration of this problem."""
        return timeline_of(self.network, self.steps, self.loss_steps.tolist())

    def reach(self, t: int) -> int | None:
        """How many steps to the past the gradient may go from ``t``; None for all of it.

        Truncated BPTT cuts between t and t - 1 wherever T - t is a multiple of the window.
        """
        return (t - self.steps) % self.window if self.window else None

    def cuts(self, t: int, delay: int = 1) -> bool:
        """Whether truncated BPTT stops the gradient between t and t - delay."""
        reach = self.reach(t)
        return reach is not None and delay > reach

    def cut_steps(self, delay: int) -> NDArray[np.bool_]:
        """(T,): the steps t for which that is so."""
        times = np.arange(self.steps)
        return np.asarray(delay > (times - self.steps) % self.window) if self.window else np.zeros(self.steps, bool)
