"""A problem: what a run computes. A network with numbers, on a sequence with targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, ShapeError
from core.network import Block, Network
from core.padding import Padding, checked_lengths
from core.stages import rows_are_times
from core.timeline import Timeline, timeline_of

Array = NDArray[Any]


class Intervention(msgspec.Struct, frozen=True, eq=False):
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
    (T, B): 0 where there is no loss, else how much it counts; ``initial`` path -> (K, B, H); ``window``: gradients are
    cut every so many steps, counted from the end of each block's walk (truncated BPTT), 0 for never. ``lengths`` (B,):
    how many steps each sequence has, what comes after them is padding; None where all have T. ``regularised`` names the
    block whose terms of the regulariser are walked; "" for none.
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
    lengths: NDArray[np.intp] | None = None
    regularised: str = ""

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
        if self.lengths is not None:
            object.__setattr__(self, "lengths", checked_lengths(self.lengths, self.steps, self.batch_size))
            self._check_alignment()

    def _check_alignment(self) -> None:
        assert self.lengths is not None
        turned = next((block.name for block in self.network.blocks if not rows_are_times(block)), "")
        if turned and (self.lengths != self.steps).any():
            raise DataError(
                f"The block {turned} hands on its steps in the order it walks them, which sequences of different "
                "lengths cannot do together. Give sequences of one length."
            )

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

    @cached_property
    def is_padded(self) -> bool:
        """Whether some sequence is shorter than T."""
        return self.lengths is not None and bool((self.lengths < self.steps).any())

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """(T, B): the steps that are no padding."""
        ends = np.full(self.batch_size, self.steps) if self.lengths is None else self.lengths
        return np.asarray(np.arange(self.steps)[:, None] < ends)

    def length(self, sample: int) -> int:
        """How many steps one sequence of the batch has."""
        return self.steps if self.lengths is None else int(self.lengths[sample])

    def padding(self, block: Block) -> Padding | None:
        """The padding of a block's walk; None without any."""
        if not self.is_padded:
            return None
        assert self.lengths is not None
        carried = self.network.padding == "carried"
        return Padding(self.lengths, self.steps, reverse=block.reverse, carried=carried)

    def inside(self, array: Array) -> Array:
        """An array of (·, B, ·) without the batch axis when there is one sequence only."""
        return array if self.batch else array.reshape(array.shape[0], *array.shape[2:])

    def outside(self, array: Array) -> Array:
        """The reverse of ``inside``."""
        return array if self.batch else array.reshape(array.shape[0], 1, *array.shape[1:])

    @cached_property
    def loss_weights(self) -> Array:
        """(T, B): how much a loss counts, mostly 1; 0 where there is none, as in padding."""
        if self.targets is None or not self.network.loss:
            return np.zeros(self.inputs.shape[:2])
        weights = np.ones(self.inputs.shape[:2]) if self.weights is None else self.weights
        return np.where(self.valid, weights, 0.0) if self.is_padded else weights

    @cached_property
    def loss_steps(self) -> NDArray[np.bool_]:
        """(T,): whether any element of the batch has a loss there."""
        return np.asarray(self.loss_weights.any(axis=1))

    def timeline(self) -> Timeline:
        """The walk of one iteration of this problem."""
        return timeline_of(self.network, self.steps, self.loss_steps.tolist(), self.regularised)

    def reach(self, step: int) -> int | None:
        """How many steps to the past of its walk the gradient may go from a step; None for all of it.

        Truncated BPTT cuts between the steps s and s - 1 wherever T - s is a multiple of the window.
        """
        return (step - self.steps) % self.window if self.window else None

    def cuts(self, step: int, delay: int = 1) -> bool:
        """Whether truncated BPTT stops the gradient between a step of a walk and the one ``delay`` before it."""
        reach = self.reach(step)
        return reach is not None and delay > reach

    def cut_steps(self, delay: int) -> NDArray[np.bool_]:
        """(T,): the steps of a walk for which that is so."""
        steps = np.arange(self.steps)
        return np.asarray(delay > (steps - self.steps) % self.window) if self.window else np.zeros(self.steps, bool)
