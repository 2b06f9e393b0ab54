"""One cursor in one run: which values and adjoints stand there, and what has arrived of those still under way."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluate import Evaluator
from core.frame import Arrival, Cursor, Phase
from core.language import Backward, Contribution
from core.language.derive import order_of_operations
from core.network import HEAD, LOSS, Block
from core.operators import Expression
from core.operators.expression import ADJOINT, INPUT, PARAMETER, TIME, VARIABLE
from core.run import Run
from core.segments import Progress

Array = NDArray[Any]
Vectors = dict[str, Array]


class Moment:
    """What is revealed at ``cursor``. Vectors are those of batch element ``sample``."""

    def __init__(self, run: Run, cursor: Cursor, sample: int = 0) -> None:
        self.run, self.cursor, self.sample = run, cursor, sample
        self.steps = run.problem.steps
        self.progress = run.timeline.progress(cursor.index)
        self.position = run.timeline.position(cursor)

    # Forward

    def values_reached(self, path: str) -> int:
        """At how many steps, from the first on, the variable is revealed."""
        return self.progress[Phase.FORWARD].steps + (path in self._walked_forward)

    @cached_property
    def _walked_forward(self) -> frozenset[str]:
        """The variables that are revealed at the step under way."""
        entries = self.run.timeline.segments[0].entries[: self.progress[Phase.FORWARD].entries]
        return frozenset(f"{entry.block}/{entry.equation}" for entry in entries)

    def is_reached(self, path: str, t: int) -> bool:
        """Whether the variable is revealed at step ``t``; initial values always are."""
        if path == f"{HEAD}/{LOSS}":
            return t in self.losses_reached
        return t < self.values_reached(path)

    @cached_property
    def losses_reached(self) -> frozenset[int]:
        """The steps whose loss is revealed."""
        done = self.progress.get(Phase.LOSS)
        for segment in self.run.timeline.segments:
            if segment.phase is Phase.LOSS and done:
                return frozenset(segment.times[: done.steps])
        return frozenset()

    # Backward

    @cached_property
    def backward(self) -> Progress:
        """How far the backward phase is."""
        return self.progress.get(Phase.BACKWARD, Progress(0, 0, 0))

    @property
    def in_backward(self) -> bool:
        """Whether anything of the backward phase is done."""
        done = self.backward
        return bool(done.steps or done.entries or done.operations)

    @property
    def column(self) -> int:
        """The time step the backward walk is in, or goes to next; -1 once all are done."""
        return self.steps - 1 - self.backward.steps

    @cached_property
    def _entries_done(self) -> tuple[list[tuple[str, str]], tuple[str, str, int] | None]:
        """Equations of the current column that are walked back, and the one under way with its operations done."""
        done = self.backward
        if self.column < 0:
            return [], None
        segment = next(s for s in self.run.timeline.segments if s.phase is Phase.BACKWARD)
        entries = segment.step_entries(done.steps)
        walked = [(entry.block, entry.equation) for entry in entries[: done.entries]]
        current = entries[done.entries]
        return walked, (current.block, current.equation, done.operations) if done.operations else None

    def arrival(self, path: str, t: int) -> Arrival:
        """How much of an adjoint stands at step ``t``; nothing comes to the readout at a step without a loss."""
        if not self.in_backward or self.run.adjoints(path) is None or t < 0 or self.is_silent(path.split("/")[0], t):
            return Arrival.NONE
        if t > self.column:
            return Arrival.COMPLETE
        if t == self.column and tuple(path.split("/")) in self._complete_here:
            return Arrival.COMPLETE
        return Arrival.PARTLY if (path, t) in self.parts else Arrival.NONE

    def is_silent(self, block: str, t: int) -> bool:
        """Whether the backward walk passes a block over at step ``t``."""
        return block == HEAD and not self.run.problem.loss_steps[t]

    @cached_property
    def _complete_here(self) -> set[tuple[str, str]]:
        walked, current = self._entries_done
        return {*walked, *([current[:2]] if current else [])}

    def adjoint(self, path: str, t: int) -> Array | None:
        """What has arrived of dL/d(variable) at step ``t``, (H,); None for nothing."""
        if self.arrival(path, t) is Arrival.COMPLETE:
            adjoints = self.run.adjoints(path)
            return None if adjoints is None else adjoints[t, self.sample]
        return self.parts.get((path, t)) if self.in_backward else None

    def under_way(self, path: str) -> list[tuple[int, Array]]:
        """The steps up to the current column where something of an adjoint stands, and what."""
        steps = sorted({self.column, *self._steps_of_parts.get(path, ())})
        return [(t, adjoint) for t in steps if t >= 0 and (adjoint := self.adjoint(path, t)) is not None]

    @cached_property
    def _steps_of_parts(self) -> dict[str, list[int]]:
        steps: dict[str, list[int]] = {}
        for path, t in self.parts:
            steps.setdefault(path, []).append(t)
        return steps

    @cached_property
    def parts(self) -> dict[tuple[str, int], Array]:
        """Sums of what has arrived where more is to come, by path and step."""
        found: dict[tuple[str, int], Array] = {}
        if self.in_backward and self.column >= 0:
            self._add_later_columns(found)
            for block, contribution, vector in self.sent_here:
                target = self._target(block, contribution)
                if target is not None:
                    _add(found, target, vector)
        return found

    def _target(self, block: Block, contribution: Contribution) -> tuple[str, int] | None:
        """Path and step that a contribution of the current column goes to."""
        leaf = contribution.target
        if leaf.operator == VARIABLE:
            cut = leaf.delay and self.run.problem.cuts(self.column, leaf.delay)
            return None if cut else (f"{block.name}/{leaf.name}", self.column - leaf.delay)
        if leaf.operator == INPUT:
            return self.run.network.read_by(block.name, leaf.name), self.column
        return None

    def _add_later_columns(self, found: dict[tuple[str, int], Array]) -> None:
        """What whole columns after the current one have sent to it and to columns before it."""
        for block in self.run.network.layers:
            delays = block.cell.definition.delays
            for name, all_delays in delays.items():
                for delay in all_delays:
                    self._add_sends(found, block, name, delay)

    def _add_sends(self, found: dict[tuple[str, int], Array], block: Block, name: str, delay: int) -> None:
        sends = self.run.sends(block.name, VARIABLE, name, delay)
        for reader in range(self.column + 1, min(self.column + delay, self.steps - 1) + 1):
            if sends is not None and not self.run.problem.cuts(reader, delay):
                _add(found, (f"{block.name}/{name}", reader - delay), sends[reader, self.sample])

    def walked_back(self, block: str, t: int) -> dict[str, int | None]:
        """Equations of a block that are walked back at step ``t``: name -> operations done, None for all."""
        if not self.in_backward or t < self.column:
            return {}
        if t > self.column:
            return {} if self.is_silent(block, t) else dict.fromkeys(self.run.network.block(block).path)
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
        run = self.run
        tape = run.tapes[block.name]

        def read(leaf: Expression) -> Array:
            match leaf.operator:
                case kind if kind == VARIABLE:
                    return tape.values(leaf.name)[tape.lead + t - leaf.delay]
                case kind if kind == INPUT:
                    return tape.inputs[leaf.name][t]
                case kind if kind == PARAMETER:
                    return tape.kernel.parameters[leaf.name]
                case kind if kind == TIME:
                    return np.array([float(t)])
                case kind if kind == ADJOINT:
                    return self._adjoint_to_send(block, leaf.name, t, adjoints)
            raise KeyError(leaf.operator)

        return Evaluator(read)

    def _adjoint_to_send(self, block: Block, name: str, t: int, adjoints: Vectors | None) -> Array:
        """An adjoint as it enters its equation: nothing does where the value was overwritten."""
        tape = self.run.tapes[block.name]
        rows = tape.adjoints(name)
        if adjoints is not None:
            found = adjoints[name]
        else:
            found = np.zeros_like(tape.values(name)[t]) if rows is None else rows[t]
        overwritten = tape.overwritten(t, name)
        if not overwritten:
            return found
        masked = np.array(found)
        masked[..., list(overwritten)] = 0.0
        return masked

    def value(self, evaluator: Evaluator, expression: Expression) -> Array:
        """The value of an expression for the shown batch element; a scalar has one entry."""
        value = evaluator.value(expression)
        if value.ndim == max(1, len(expression.shape)):
            return value
        return value[self.sample] if len(value) > 1 else value[0]


def _add(found: dict[tuple[str, int], Array], key: tuple[str, int], vector: Array) -> None:
    found[key] = found[key] + vector if key in found else np.array(vector)


def _leaves_sent(backward: Backward, operations: int) -> set[Expression]:
    """The leaves that have got their part once the first ``operations`` operations of an equation are walked back."""
    walked = set(order_of_operations(backward)[:operations])
    return {send.operation.args[send.argument] for send in backward.sends if send.operation in walked}
