"""One cursor in one run: which values and adjoints stand there, and what has arrived of those still under way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluate import Evaluator
from core.frame import Arrival, Cursor, Phase
from core.gradients.itemised.reading import Vectors, evaluator_at, of_sample
from core.language import Backward, Contribution
from core.language.derive import order_of_operations
from core.network import HEAD, LOSS, Block
from core.operators import Expression
from core.operators.expression import INPUT, PARAMETER, VARIABLE
from core.reveal.arrivals import Arrivals
from core.run import Run
from core.segments import Progress, Segment
from core.stages import time_read

Array = NDArray[Any]


class Moment:
    """What is revealed at ``cursor``. Vectors are those of batch element ``sample``.

    Every block walks its own way: ``step`` says which step of it a time step is.
    """

    def __init__(self, run: Run, cursor: Cursor, sample: int = 0) -> None:
        self.run, self.cursor, self.sample = run, cursor, sample
        self.steps = run.problem.steps
        self.length = run.problem.length(sample)  # steps of this element; behind them stands padding
        self._progresses = run.timeline.progresses(cursor.index)
        self.progress = run.timeline.progress(cursor.index)
        self.position = run.timeline.position(cursor)

    def step(self, block: str, t: int) -> int:
        """The step of a block's walk that time step ``t`` is."""
        return self.steps - 1 - t if self.run.network.block(block).reverse else t

    def first_step(self, block: str) -> int:
        """The step of a block's walk at which the shown element begins."""
        return self.steps - self.length if self.run.network.block(block).reverse else 0

    def _segments(self, phase: Phase) -> Iterator[tuple[Segment, Progress]]:
        pairs = zip(self.run.timeline.segments, self._progresses, strict=True)
        return (pair for pair in pairs if pair[0].phase is phase)

    # Forward

    def values_reached(self, path: str) -> int:
        """At how many steps of its block's walk, from the first on, the variable is revealed."""
        return self._forward_steps[path]

    def times_reached(self, path: str) -> slice:
        """The time steps at which the variable is revealed."""
        return self.run.times_of(path.split("/")[0], slice(0, self._forward_steps[path]))

    @cached_property
    def _forward_steps(self) -> dict[str, int]:
        """For every variable but the loss, by path: the steps at which it is revealed."""
        return {
            f"{entry.block}/{entry.equation}": done.steps + (number < done.entries)
            for segment, done in self._segments(Phase.FORWARD)
            for number, entry in enumerate(segment.entries)
        }

    def is_reached(self, path: str, t: int) -> bool:
        """Whether the variable is revealed at time step ``t``; padding never is."""
        if path == f"{HEAD}/{LOSS}":
            return t in self.losses_reached
        return 0 <= t < self.length and self.step(path.split("/")[0], t) < self._forward_steps[path]

    @cached_property
    def losses_reached(self) -> frozenset[int]:
        """The steps whose loss is revealed."""
        return frozenset(t for segment, done in self._segments(Phase.LOSS) for t in segment.times[: done.steps])

    # Backward

    @cached_property
    def _now(self) -> tuple[Segment, Progress] | None:
        """The stage that the backward walk is in, or goes to next, and how far it is; None once all is done."""
        return next((pair for pair in self._segments(Phase.BACKWARD) if pair[1].steps < pair[0].steps), None)

    @cached_property
    def in_backward(self) -> bool:
        """Whether anything of the backward phase is done."""
        return any(done.touched for _, done in self._segments(Phase.BACKWARD))

    @property
    def column(self) -> int:
        """The time step the backward walk is in, or goes to next; -1 once all are done."""
        return -1 if self._now is None else self._now[0].times[self._now[1].steps]

    @cached_property
    def _walked_from(self) -> dict[str, int]:
        """For every block the first step of its walk that is walked back whole."""
        return {
            block.name: self.steps - self.run.rows_back(segment, done.steps)
            for segment, done in self._segments(Phase.BACKWARD)
            for block in self.run.network.blocks
            if block.name in segment.blocks
        }

    def walked_from(self, block: str) -> int:
        """The first step of a block's walk from which on it is walked back."""
        return self._walked_from.get(block, self.steps)

    def times_walked(self, block: str) -> slice:
        """The time steps at which a block is walked back whole."""
        return self.run.times_of(block, slice(self.walked_from(block), self.steps))

    def is_walked(self, block: str, t: int) -> bool:
        """Whether a block is walked back whole at time step ``t``."""
        return self.step(block, t) >= self.walked_from(block)

    @cached_property
    def _entries_done(self) -> tuple[list[tuple[str, str]], tuple[str, str, int] | None]:
        """Equations of the current column that are walked back, and the one under way with its operations done."""
        if self._now is None:
            return [], None
        segment, done = self._now
        entries = segment.step_entries(done.steps)
        walked = [(entry.block, entry.equation) for entry in entries[: done.entries]]
        current = entries[done.entries]
        return walked, (current.block, current.equation, done.operations) if done.operations else None

    def arrival(self, path: str, t: int) -> Arrival:
        """How much of an adjoint stands at step ``t``; nothing comes to padding, nor to a readout without a loss."""
        block = path.split("/")[0]
        if not self.in_backward or self.run.adjoints(path) is None or t < 0 or self.is_silent(block, t):
            return Arrival.NONE
        if self.is_walked(block, t) or (t == self.column and tuple(path.split("/")) in self._complete_here):
            return Arrival.COMPLETE
        return Arrival.NONE if self._part(path, t) is None else Arrival.PARTLY

    def is_silent(self, block: str, t: int) -> bool:
        """Whether the backward walk brings a block nothing at step ``t``."""
        return t >= self.length or (block == HEAD and not self.run.problem.loss_steps[t])

    @cached_property
    def _complete_here(self) -> set[tuple[str, str]]:
        walked, current = self._entries_done
        return {*walked, *([current[:2]] if current else [])}

    def adjoint(self, path: str, t: int) -> Array | None:
        """What has arrived of dL/d(variable) at step ``t``, (H,); None for nothing."""
        if self.arrival(path, t) is Arrival.COMPLETE:
            adjoints = self.run.adjoints(path)
            return None if adjoints is None else adjoints[t, self.sample]
        return self._part(path, t) if self.in_backward else None

    def _part(self, path: str, t: int) -> Array | None:
        """What has arrived where more is to come: from other stages, and from the column under way and those behind."""
        if t >= self.length:
            return None
        near, far = self.parts.get((path, t)), self.arrivals.at(path, t)
        return near if far is None else far if near is None else far + near

    def under_way(self, path: str) -> list[tuple[int, Array]]:
        """The steps not walked back yet where something of the current stage's has arrived, and what has in all."""
        block = path.split("/")[0]
        steps = {self.column, *self._steps_of_parts.get(path, ())}
        open_steps = [t for t in sorted(steps) if 0 <= t < self.length and not self.is_walked(block, t)]
        return [(t, adjoint) for t in open_steps if (adjoint := self.adjoint(path, t)) is not None]

    @cached_property
    def _steps_of_parts(self) -> dict[str, list[int]]:
        steps: dict[str, list[int]] = {}
        for path, t in self.parts:
            steps.setdefault(path, []).append(t)
        return steps

    @cached_property
    def arrivals(self) -> Arrivals:
        """What has come from whole columns of other stages."""
        return Arrivals(self)

    @cached_property
    def parts(self) -> dict[tuple[str, int], Array]:
        """Sums of what the current stage has sent to where more is to come, by path and step."""
        found: dict[tuple[str, int], Array] = {}
        if self.in_backward and self._now is not None:
            self._add_later_columns(found)
            for block, contribution, vector in self.sent_here:
                target = self._target(block, contribution)
                if target is not None:
                    _add(found, target, vector)
        return found

    def _target(self, block: Block, contribution: Contribution) -> tuple[str, int] | None:
        """Path and step that a contribution of the current column goes to."""
        leaf, t = contribution.target, self.column
        if leaf.operator == VARIABLE:
            cut = leaf.delay and self.run.problem.cuts(self.step(block.name, t), leaf.delay)
            return None if cut else (f"{block.name}/{leaf.name}", t - block.direction * leaf.delay)
        if leaf.operator == INPUT:
            path = self.run.network.read_by(block.name, leaf.name)
            return path, self.time_read(path, t)
        return None

    def time_read(self, path: str, t: int) -> int:
        """The time step of what a block reads under a path at ``t``."""
        return time_read(self.run.network.block(path.split("/")[0]), t, self.steps) if "/" in path else t

    def _add_later_columns(self, found: dict[tuple[str, int], Array]) -> None:
        """What whole columns of the current stage have sent to the current one and to those it comes to later."""
        assert self._now is not None
        for block in self.run.network.layers:
            for name, delays in block.cell.definition.delays.items() if block.name in self._now[0].blocks else ():
                for delay in delays:
                    self._add_sends(found, block, name, delay)

    def _add_sends(self, found: dict[tuple[str, int], Array], block: Block, name: str, delay: int) -> None:
        sends = self.run.sends(block.name, VARIABLE, name, delay)
        first = self.walked_from(block.name)
        for reader in range(first, min(first + delay, self.steps)) if sends is not None else ():
            t = self.steps - 1 - reader if block.reverse else reader
            if not self.run.problem.cuts(reader, delay) and t < self.length:
                assert sends is not None
                _add(found, (f"{block.name}/{name}", t - block.direction * delay), sends[t, self.sample])

    def walked_back(self, block: str, t: int) -> dict[str, int | None]:
        """Equations of a block that are walked back at step ``t``: name -> operations done, None for all."""
        if not self.in_backward or self.is_silent(block, t):
            return {}
        if self.is_walked(block, t):
            return dict.fromkeys(self.run.network.block(block).path)
        if t != self.column:
            return {}
        walked, current = self._entries_done
        found: dict[str, int | None] = {name: None for walked_block, name in walked if walked_block == block}
        if current and current[0] == block:
            found[current[1]] = current[2]
        return found

    @cached_property
    def sent_here(self) -> list[tuple[Block, Contribution, Array]]:
        """Every contribution that the current column has sent so far, in walking order."""
        walked, current = self._entries_done
        found = []
        for block_name, equation in walked:
            found.extend(self._contributions(block_name, equation, None))
        if current:
            found.extend(self._contributions(*current))
        return found

    def _contributions(
        self, block_name: str, equation: str, operations: int | None
    ) -> list[tuple[Block, Contribution, Array]]:
        block = self.run.network.block(block_name)
        backward = block.backward(equation)
        sent_to = None if operations is None else _leaves_sent(backward, operations)
        evaluator = self.evaluator(block, self.column)
        return [
            (block, contribution, self.value(evaluator, contribution.expression))
            for contribution in backward.contributions
            if contribution.target.operator != PARAMETER and (sent_to is None or contribution.target in sent_to)
        ]

    # Evaluation for display

    def evaluator(self, block: Block, t: int, adjoints: Vectors | None = None) -> Evaluator:
        """Evaluates expressions of a block at step ``t``; ``adjoints`` stand in for the run's own where given."""
        return evaluator_at(self.run, block, t, adjoints)

    def value(self, evaluator: Evaluator, expression: Expression) -> Array:
        """The value of an expression for the shown batch element; a scalar has one entry."""
        return of_sample(evaluator, expression, self.sample)


def _add(found: dict[tuple[str, int], Array], key: tuple[str, int], vector: Array) -> None:
    found[key] = found[key] + vector if key in found else np.array(vector)


def _leaves_sent(backward: Backward, operations: int) -> set[Expression]:
    """The leaves that have got their part once the first ``operations`` operations of an equation are walked back."""
    walked = set(order_of_operations(backward)[:operations])
    return {send.operation.args[send.argument] for send in backward.sends if send.operation in walked}
