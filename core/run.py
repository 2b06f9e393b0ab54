"""A run: everything one iteration computes, step by step, up to a frontier.

Arrays of the caller are (T, B, ·); inside, a single sequence (B = 1) has no batch axis. A run never changes what it has
revealed: it only computes the next whole time step. An edit makes a new run that may copy the rows before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.frame import Phase
from core.network import HEAD, LOSS, Block
from core.operators.expression import INPUT

# The same name twice: these are names of this module too.
from core.problem import Intervention as Intervention
from core.problem import Problem as Problem
from core.segments import Segment
from core.tape import Tape
from core.wiring import WalkBack, given, rows_read, turned

Array = NDArray[Any]


class Run:
    """One iteration of a problem. ``forward_to`` and ``backward_to`` compute; everything else reads.

    Both frontiers count time steps of the walk: those of one stage of the network after those of the other.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.network = problem.network
        self.timeline = problem.timeline()
        self.forward_done = 0  # time steps whose forward half is computed
        self.backward_done = 0  # and backward, from the end
        self.tapes: dict[str, Tape] = {}
        sources = given(problem)
        for block in self.network.blocks:
            inputs = {name: rows_read(problem, self.tapes, sources, block, path) for name, path in block.reads.items()}
            self.tapes[block.name] = self._tape(block, inputs)
        self._walks = [[self.tapes[block.name] for block in stage.blocks] for stage in self.network.stages]
        self._walks_back = [
            [WalkBack(problem, self.tapes, block) for block in reversed(stage.blocks)]
            for stage in reversed(self.network.stages)
        ]
        self._seed()
        self._views: dict[tuple[object, ...], Array | None] = {}  # of arrays that stay where they are

    def _tape(self, block: Block, inputs: Mapping[str, Array]) -> Tape:
        problem = self.problem
        prefix = f"{block.name}/"
        initial = {path[len(prefix) :]: problem.inside(np.asarray(rows, problem.dtype))
                   for path, rows in problem.initial.items() if path.startswith(prefix)}  # fmt: skip
        own = {name: np.asarray(value, problem.dtype) for name, value in block.parameters(problem.parameters).items()}
        times, padding = (
            self.network.stages[self.network.stage(block.name)].times(problem.steps),
            problem.padding(block),
        )
        tape = Tape(
            block.plan, own, inputs, initial, problem.steps, problem.batch, problem.dtype, times=times, padding=padding
        )
        for intervention in problem.interventions:
            if intervention.block == block.name:
                step = times.index(intervention.t)
                tape.overwrite(step, intervention.variable, intervention.unit, intervention.value)
        return tape

    @property
    def bytes(self) -> int:
        """Memory that the rows of all blocks take."""
        return sum(tape.nbytes for tape in self.tapes.values())

    def _seed(self) -> None:
        """dL/dL = 1 where there is a loss."""
        if self.network.loss:
            weights = self.problem.inside(self.problem.loss_weights.astype(self.problem.dtype)[..., None])
            tape = self.tapes[HEAD]
            seed = tape.inbox_of(LOSS)
            assert seed is not None
            seed[tape.lead :] = weights

    def ensure(self, index: int) -> None:
        """Compute what the first ``index`` operations of the iteration need, by whole time steps."""
        forward, backward = self.frontier(index)
        self.forward_to(forward)
        self.backward_to(backward)

    def frontier(self, index: int) -> tuple[int, int]:
        """How many time steps forward and backward the first ``index`` operations of the iteration need."""
        forward = backward = 0
        for segment, progress in zip(self.timeline.segments, self.timeline.progresses(index), strict=True):
            if segment.phase is Phase.FORWARD:
                forward += progress.touched
            elif segment.phase is Phase.BACKWARD:
                backward += self.rows_back(segment, progress.touched)
        return forward, backward

    def rows_back(self, segment: Segment, steps: int) -> int:
        """How many rows of their walks the blocks of a backward segment have passed after so many of its steps."""
        if len(segment.times) == self.problem.steps or not steps:
            return steps
        return self.problem.steps - segment.times[steps - 1] if steps < segment.steps else self.problem.steps

    @property
    def steps(self) -> int:
        """Time steps of the whole walk in one half: those of all stages."""
        return self.problem.steps * len(self.network.stages)

    def rows_of(self, number: int, done: int) -> int:
        """How many steps the stage of this number (in walking order) has walked once ``done`` are done in all."""
        return min(max(done - number * self.problem.steps, 0), self.problem.steps)

    def forward_rows(self, block: str) -> int:
        """How many steps of a block's walk are computed."""
        return self.rows_of(self.network.stage(block), self.forward_done)

    def backward_rows(self, block: str) -> int:
        """How many steps of a block's walk are computed backward, from its end."""
        return self.rows_of(len(self.network.stages) - 1 - self.network.stage(block), self.backward_done)

    def times_of(self, block: str, rows: slice) -> slice:
        """The time steps of some rows of a block's walk."""
        steps = self.problem.steps
        return slice(steps - rows.stop, steps - rows.start) if self.network.block(block).reverse else rows

    def complete(self) -> Run:
        """The run with everything computed."""
        self.forward_to(self.steps)
        if self.has_loss:
            self.backward_to(self.steps)
        return self

    @property
    def has_loss(self) -> bool:
        """Whether there is a loss to send back."""
        return Phase.BACKWARD in self.timeline.phases

    def forward_to(self, steps: int) -> None:
        """Compute the forward half of the first ``steps`` time steps."""
        length = self.problem.steps
        with np.errstate(all="ignore"):
            while self.forward_done < steps:
                number, first = divmod(self.forward_done, length)
                tapes = self._walks[number]
                for step in range(first, min(length, first + steps - self.forward_done)):
                    for tape in tapes:
                        tape.forward(step)
                    self.forward_done += 1

    def backward_to(self, steps: int) -> None:
        """Compute the backward half of the last ``steps`` time steps; needs the whole forward half."""
        if steps <= self.backward_done:
            return
        self.forward_to(self.steps)
        problem, length = self.problem, self.problem.steps
        with np.errstate(all="ignore"):
            while self.backward_done < steps:
                number, done = divmod(self.backward_done, length)
                for step in range(length - 1 - done, max(-1, length - 1 - done - (steps - self.backward_done)), -1):
                    for back in self._walks_back[number]:
                        back.walk(step, problem.reach(step))
                    self.backward_done += 1

    # What was computed, (T, B, ·). Rows beyond the frontier are zeros; callers ask only for what is revealed.

    def values(self, path: str) -> Array:
        """A variable over time, "l0/c" -> (T, B, H)."""
        key = ("values", path)
        if key not in self._views:
            block, name = path.split("/")
            tape = self.tapes[block]
            self._views[key] = self._view(block, tape.values(name)[tape.lead :])
        found = self._views[key]
        assert found is not None
        return found

    def adjoints(self, path: str) -> Array | None:
        """The total adjoint dL/d(variable) over time, (T, B, H); None where no gradient can reach."""
        key = ("adjoints", path)
        if key not in self._views:
            block, name = path.split("/")
            self._views[key] = self._view(block, self.tapes[block].adjoints(name))
        return self._views[key]

    def initial(self, path: str) -> Array:
        """The initial values of a variable, (K, B, H), the earliest first."""
        block, name = path.split("/")
        tape = self.tapes[block]
        return self.problem.outside(_read_only(tape.values(name)[tape.initial_rows(name)]))

    def initial_adjoints(self, path: str) -> Array:
        """dL/d(initial values), (K, B, H); complete once the backward half is."""
        block, name = path.split("/")
        tape = self.tapes[block]
        rows, inbox = tape.initial_rows(name), tape.inbox_of(name)
        found = np.zeros_like(tape.values(name)[rows]) if inbox is None else inbox[rows]
        return self.problem.outside(_read_only(found))

    def sends(self, block: str, kind: str, name: str, delay: int = 0) -> Array | None:
        """What each step of a block sends to an input, or to a variable ``delay`` steps earlier, (T, B, ·)."""
        key = (block, kind, name, delay)
        if key not in self._views:
            self._views[key] = self._view(block, self.tapes[block].sends(kind, name, delay))
        return self._views[key]

    def _view(self, block: str, rows: Array | None) -> Array | None:
        """Rows of a walk by time, (T, B, ·)."""
        if rows is None:
            return None
        return self.problem.outside(_read_only(turned(rows, self.network.block(block).reverse)))

    def final(self, path: str) -> Array:
        """A variable after the last step of each sequence's walk, (B, H)."""
        block, name = path.split("/")
        tape, problem = self.tapes[block], self.problem
        ends = np.full(problem.batch_size, problem.steps)
        if tape.padding is not None:  # a sequence without steps keeps its initial value
            ends = np.where(tape.padding.ends > tape.padding.starts, tape.padding.ends, 0)
        rows = problem.outside(tape.values(name))
        return np.asarray(rows[tape.lead + ends - 1, np.arange(problem.batch_size)])

    def losses(self) -> Array:
        """L_t, (T, B); zero where there is no loss."""
        if not self.network.loss:
            return np.zeros(self.problem.inputs.shape[:2])
        weights = self.problem.loss_weights
        return np.where(weights > 0, self.values(f"{HEAD}/{LOSS}")[..., 0], 0.0) * weights

    def input_adjoints(self) -> Array:
        """dL/dx over time, (T, B, D): the sum of what all that read it send."""
        found = [self.sends(block.name, INPUT, name) for block, name in self.network.input_readers]
        sent = [sends for sends in found if sends is not None]
        if len(sent) == 1:
            return sent[0]
        return np.sum(sent, axis=0) if sent else np.zeros_like(self.problem.inputs)

    def gradient(self, path: str, since: int = 0) -> Array:
        """dL/d(parameter) from the steps s >= since of the walk: what is gathered when the walk back stands there."""
        owner, name = path.split("/")
        first, *others = (self.block_gradient(block.name, name, since) for block in self.network.sharing(owner))
        return sum(others, first)

    def block_gradient(self, block: str, name: str, since: int = 0) -> Array:
        """What one block adds to dL/d(parameter) in the steps s >= since of its walk."""
        return self.tapes[block].gradient(name, since, self.problem.steps)

    def gradients(self) -> dict[str, Array]:
        """dL/d(parameter) for every trainable parameter."""
        return {path: self.gradient(path) for path in self.network.trainable}

    def rewritten(self, problem: Problem, steps: int) -> Run:
        """A new run of ``problem`` with what the time steps before ``steps`` share with this run's forward half."""
        new = Run(problem)
        new.forward_done = shared = self._shared(steps) if problem.network is self.network else 0
        for name, tape in new.tapes.items() if shared else ():
            old, rows = self.tapes[name], new.forward_rows(name)
            tape.kept[tape.lead : tape.lead + rows] = old.kept[old.lead : old.lead + rows]
        return new

    def _shared(self, steps: int) -> int:
        """How much of the forward half is the same where all time steps before ``steps`` are.

        That is the beginning of a walk that goes forward; a later stage has read what comes after.
        """
        if steps >= self.problem.steps:
            return self.forward_done
        return 0 if self.network.stages[0].reverse else min(steps, self.forward_done)

    def without_window(self) -> Run:
        """The same run with the full backward pass instead of the truncated one."""
        whole = self.rewritten(replace(self.problem, window=0), self.problem.steps)
        return whole.complete()


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
