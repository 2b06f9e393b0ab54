"""A whole iteration of a problem at once: what a run computes step by step, equal to 1e-12 of its scale."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.block import HEAD, Block
from core.bulk.block import BlockPlan, BlockRows
from core.bulk.pool import Pool
from core.bulk.rolling import Rolling
from core.bulk.rows import Rows
from core.network import LOSS
from core.operators.expression import INPUT
from core.problem import Problem
from core.stages import runs_against
from core.wiring import given, turned

Array = NDArray[Any]


class WholeRun:
    """One iteration of a problem, the forward half at once and with ``complete`` the backward half; read as a run is.

    Nothing may be overwritten in it, and it does not know truncated BPTT for sequences of different lengths.
    """

    def __init__(self, problem: Problem, plans: Mapping[str, BlockPlan], pool: Pool) -> None:
        self.problem, self.network = problem, problem.network
        self._plans, self._pool = plans, pool
        self._sources = given(problem)
        self._blocks: dict[str, BlockRows] = {}
        self._arriving: dict[str, Array] = {}  # path -> what readers sent, in the order of the block's own walk
        with np.errstate(all="ignore"):
            for block in self.network.blocks:
                self._blocks[block.name] = self._forward(block)

    @property
    def has_loss(self) -> bool:
        """Whether there is a loss to send back."""
        return bool(self.problem.loss_steps.any())

    def complete(self) -> WholeRun:
        """The run with everything computed."""
        if self.has_loss and not self._arriving:
            weights = self.problem.inside(self.problem.loss_weights.astype(self.problem.dtype)[..., None])
            self._arriving[f"{HEAD}/{LOSS}"] = weights
            with np.errstate(all="ignore"):
                for block in reversed(self.network.blocks):
                    self._walk_back(block)
        return self

    def _forward(self, block: Block) -> BlockRows:
        problem, rolling = self.problem, self._rolling(block)
        prefix = f"{block.name}/"
        initial = {path[len(prefix) :]: problem.inside(np.asarray(rows, problem.dtype))
                   for path, rows in problem.initial.items() if path.startswith(prefix)}  # fmt: skip
        own = {name: np.asarray(value, problem.dtype) for name, value in block.parameters(problem.parameters).items()}
        rows = Rows(problem.steps, problem.batch, problem.dtype, own, self._pool)
        inputs = {name: rolling.to_front(self._read(block, path)) for name, path in block.reads.items()}
        return BlockRows(self._plans[block.name], rows, inputs, self._times(block, rolling), initial)

    def _times(self, block: Block, rolling: Rolling) -> Array:
        """The time of each step, to go with (S, *batch, 1)."""
        steps, batch = self.problem.steps, self.problem.batch
        times = turned(np.arange(steps, dtype=self.problem.dtype), block.reverse)
        return rolling.to_front(np.broadcast_to(times.reshape(-1, *(1 for _ in batch), 1), (steps, *batch, 1)))

    def _rolling(self, block: Block) -> Rolling:
        return Rolling(self.problem.padding(block), self.problem.steps)

    def _read(self, reader: Block, path: str) -> Array:
        """What a block reads under a path, in the order of its walk."""
        if path in self._sources:
            return turned(self._sources[path], reader.reverse)
        name, variable = path.split("/")
        return turned(self._walked(name, variable), runs_against(self.network.block(name), reader))

    def _walked(self, block: str, variable: str) -> Array:
        """A variable in the order of the block's walk, with what stands in padding."""
        return self._rolling(self.network.block(block)).filled(self._blocks[block].values(variable))

    def _walk_back(self, block: Block) -> None:
        rows, rolling = self._blocks[block.name], self._rolling(block)
        prefix = f"{block.name}/"
        arriving = {path[len(prefix) :]: rolling.to_front(sent)
                    for path, sent in self._arriving.items() if path.startswith(prefix)}  # fmt: skip
        rows.walk_back(arriving, self._cuts(block))
        for name, path in block.reads.items():
            sent = rows.sends(INPUT, name) if "/" in path else None
            if sent is not None:
                source = self.network.block(path.split("/")[0])
                sent = turned(rolling.back(sent), runs_against(source, block))
                before = self._arriving.get(path)
                self._arriving[path] = sent if before is None else before + sent

    def _delays(self, block: Block) -> set[int]:
        return {delay for delays in block.cell.definition.delays.values() for delay in delays}

    def _cuts(self, block: Block) -> dict[int, NDArray[np.bool_]]:
        """By delay, the steps at which nothing comes from the step so much later."""
        steps = self.problem.steps
        cuts = {}
        for delay in self._delays(block):
            cuts[delay] = np.zeros(steps, bool)
            cuts[delay][: max(steps - delay, 0)] = self.problem.cut_steps(delay)[delay:]
        return cuts

    def is_finite(self) -> bool:
        """Whether everything that was needed is finite."""
        with np.errstate(all="ignore"):
            found = [self.losses().sum(), *(g.sum() for g in self._gradients.values())]
        return bool(np.isfinite(found).all()) and all(rows.is_finite() for rows in self._blocks.values())

    # What was computed, (T, B, ·), as ``Run`` gives it.

    def values(self, path: str) -> Array:
        """A variable over time, "l0/c" -> (T, B, H)."""
        block, name = path.split("/")
        return self._by_time(block, self._walked(block, name))

    def adjoints(self, path: str) -> Array | None:
        """The total adjoint dL/d(variable) over time, (T, B, H); None where no gradient can reach."""
        block, name = path.split("/")
        found = self._blocks[block].adjoints(name)
        return None if found is None else self._by_time(block, self._back(block, found))

    def initial_adjoints(self, path: str) -> Array:
        """dL/d(initial values), (K, B, H)."""
        block, name = path.split("/")
        reach = {delay: ~self.problem.cut_steps(delay) for delay in self._delays(self.network.block(block))}
        return self.problem.outside(self._blocks[block].initial_adjoints(name, reach))

    def input_adjoints(self) -> Array:
        """dL/dx over time, (T, B, D): the sum of what all that read it send."""
        total = np.zeros(self.problem.inputs.shape, self.problem.dtype)
        for block, name in self.network.input_readers:
            sent = self._blocks[block.name].sends(INPUT, name)
            if sent is not None:
                total += self._by_time(block.name, self._back(block.name, sent))
        return total

    def losses(self) -> Array:
        """L_t, (T, B); zero where there is no loss."""
        if not self.network.loss:
            return np.zeros(self.problem.inputs.shape[:2])
        weights = self.problem.loss_weights
        return np.where(weights > 0, self.values(f"{HEAD}/{LOSS}")[..., 0], 0.0) * weights

    def gradient(self, path: str) -> Array:
        """dL/d(parameter)."""
        return self._gradients[path]

    def gradients(self) -> dict[str, Array]:
        """dL/d(parameter) for every trainable parameter."""
        return {path: self._gradients[path] for path in self.network.trainable}

    @cached_property
    def _gradients(self) -> dict[str, Array]:
        shapes = self.network.parameter_shapes
        totals = {path: np.zeros(shapes[path], self.problem.dtype) for path in self.network.trainable}
        with np.errstate(all="ignore"):
            for block in self.network.blocks if self._arriving else ():
                for name, gradient in self._blocks[block.name].gradients().items():
                    totals[f"{block.owner}/{name}"] += gradient
        return totals

    def _back(self, block: str, rows: Array) -> Array:
        return self._rolling(self.network.block(block)).back(rows)

    def _by_time(self, block: str, rows: Array) -> Array:
        return self.problem.outside(turned(rows, self.network.block(block).reverse))
