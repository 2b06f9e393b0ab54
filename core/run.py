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

from core.errors import DataError
from core.frame import Phase
from core.network import HEAD, LOSS, Block, Network
from core.operators.expression import INPUT

# The same name twice: these are names of this module too.
from core.problem import Intervention as Intervention
from core.problem import Problem as Problem
from core.tape import Tape

Array = NDArray[Any]


class Run:
    """One iteration of a problem. ``advance`` computes; everything else reads."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.network = problem.network
        _refuse_what_cannot_walk(self.network)
        self.timeline = problem.timeline()
        self.forward_done = 0  # time steps whose forward half is computed
        self.backward_done = 0  # and backward, from the end
        self.tapes: dict[str, Tape] = {}
        signal = problem.inside(np.asarray(problem.inputs, problem.dtype))
        for block in self.network.layers:
            self.tapes[block.name] = self._tape(block, {block.cell.definition.inputs[0]: signal})
            signal = self._output(block)
        self.tapes[HEAD] = self._tape(self.network.head, self._head_inputs(signal))
        self._seed()
        self._views: dict[tuple[object, ...], Array | None] = {}  # of arrays that stay where they are

    def _head_inputs(self, signal: Array) -> dict[str, Array]:
        problem, name = self.problem, self.network.head.cell.definition.inputs[0]
        targets = problem.targets
        if targets is None:
            targets = np.zeros((problem.steps, problem.batch_size, self.network.outputs))
        return {name: signal, "target": problem.inside(np.asarray(targets, problem.dtype))}

    def _tape(self, block: Block, inputs: Mapping[str, Array]) -> Tape:
        problem = self.problem
        prefix = f"{block.name}/"
        initial = {path[len(prefix) :]: problem.inside(np.asarray(rows, problem.dtype))
                   for path, rows in problem.initial.items() if path.startswith(prefix)}  # fmt: skip
        own = {name: np.asarray(value, problem.dtype) for name, value in block.parameters(problem.parameters).items()}
        tape = Tape(block.plan, own, inputs, initial, problem.steps, problem.batch, problem.dtype)
        for intervention in problem.interventions:
            if intervention.block == block.name:
                tape.overwrite(intervention.t, intervention.variable, intervention.unit, intervention.value)
        return tape

    @property
    def bytes(self) -> int:
        """Memory that the rows of all blocks take."""
        return sum(tape.nbytes for tape in self.tapes.values())

    def _output(self, block: Block) -> Array:
        tape = self.tapes[block.name]
        return tape.values(block.output)[tape.lead :]

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
        progress = self.timeline.progress(index)
        self.forward_to(_steps_touched(progress.get(Phase.FORWARD)))
        if Phase.BACKWARD in progress:
            self.backward_to(_steps_touched(progress[Phase.BACKWARD]))

    def complete(self) -> Run:
        """The run with everything computed."""
        self.forward_to(self.problem.steps)
        if self.has_loss:
            self.backward_to(self.problem.steps)
        return self

    @property
    def has_loss(self) -> bool:
        """Whether there is a loss to send back."""
        return Phase.BACKWARD in self.timeline.phases

    def forward_to(self, steps: int) -> None:
        """Compute the forward half of the first ``steps`` time steps."""
        tapes = list(self.tapes.values())
        with np.errstate(all="ignore"):
            for step in range(self.forward_done, steps):
                for tape in tapes:
                    tape.forward(step)
                self.forward_done = step + 1

    def backward_to(self, steps: int) -> None:
        """Compute the backward half of the last ``steps`` time steps; needs the whole forward half."""
        if steps <= self.backward_done:
            return
        self.forward_to(self.problem.steps)
        with np.errstate(all="ignore"):
            for done in range(self.backward_done, steps):
                self._backward_step(self.problem.steps - 1 - done)
                self.backward_done = done + 1

    def _backward_step(self, t: int) -> None:
        head = self.tapes[HEAD]
        if self.problem.loss_steps[t]:
            head.backward(t)
            self._pass_down(HEAD, t, self.network.layers[-1])
        for number in range(len(self.network.layers) - 1, -1, -1):
            block = self.network.layers[number]
            self.tapes[block.name].backward(t, self.problem.reach(t))
            if number:
                self._pass_down(block.name, t, self.network.layers[number - 1])

    def _pass_down(self, reader: str, t: int, below: Block) -> None:
        """What the reader sends to its input enters the inbox of the block below."""
        sends = self.tapes[reader].sends(INPUT, self.network.block(reader).cell.definition.inputs[0])
        tape = self.tapes[below.name]
        inbox = tape.inbox_of(below.output)
        if sends is not None and inbox is not None:
            inbox[tape.lead + t] += sends[t]

    # What was computed, (T, B, ·). Rows beyond the frontier are zeros; callers ask only for what is revealed.

    def values(self, path: str) -> Array:
        """A variable over time, "l0/c" -> (T, B, H)."""
        key = ("values", path)
        if key not in self._views:
            block, name = path.split("/")
            tape = self.tapes[block]
            self._views[key] = self._view(tape.values(name)[tape.lead :])
        found = self._views[key]
        assert found is not None
        return found

    def adjoints(self, path: str) -> Array | None:
        """The total adjoint dL/d(variable) over time, (T, B, H); None where no gradient can reach."""
        key = ("adjoints", path)
        if key not in self._views:
            block, name = path.split("/")
            self._views[key] = self._view(self.tapes[block].adjoints(name))
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
            self._views[key] = self._view(self.tapes[block].sends(kind, name, delay))
        return self._views[key]

    def _view(self, found: Array | None) -> Array | None:
        return None if found is None else self.problem.outside(_read_only(found))

    def losses(self) -> Array:
        """L_t, (T, B); zero where there is no loss."""
        if not self.network.loss:
            return np.zeros(self.problem.inputs.shape[:2])
        weights = self.problem.loss_weights
        return np.where(weights > 0, self.values(f"{HEAD}/{LOSS}")[..., 0], 0.0) * weights

    def input_adjoints(self) -> Array:
        """dL/dx over time, (T, B, D)."""
        block = self.network.layers[0]
        sends = self.sends(block.name, INPUT, block.cell.definition.inputs[0])
        return np.zeros_like(self.problem.inputs) if sends is None else sends

    def gradient(self, path: str, since: int = 0) -> Array:
        """dL/d(parameter) from the time steps t >= since: what the backward walk has gathered when it stands there."""
        block, name = path.split("/")
        return self.tapes[block].gradient(name, since, self.problem.steps)

    def gradients(self) -> dict[str, Array]:
        """dL/d(parameter) for every trainable parameter."""
        return {path: self.gradient(path) for path in self.network.trainable}

    def rewritten(self, problem: Problem, steps: int) -> Run:
        """A new run of ``problem`` with the forward half of this run's first ``steps`` steps (which must agree)."""
        new = Run(problem)
        shared = min(steps, self.forward_done) if problem.network is self.network else 0
        for name, tape in new.tapes.items() if shared else ():
            old = self.tapes[name]
            tape.kept[tape.lead : tape.lead + shared] = old.kept[old.lead : old.lead + shared]
        new.forward_done = shared
        return new

    def without_window(self) -> Run:
        """The same run with the full backward pass instead of the truncated one."""
        whole = self.rewritten(replace(self.problem, window=0), self.problem.steps)
        return whole.complete()


def _refuse_what_cannot_walk(network: Network) -> None:
    """Only stacks of forward layers walk so far."""
    beyond = [b.name for b in network.blocks if b.reverse or b.tied or len(b.reads) > 1 + (b.name == HEAD)]
    if beyond:
        raise DataError(f"A network with the block {beyond[0]} can be built but not walked yet.")


def _steps_touched(progress: Any) -> int:
    if progress is None:
        return 0
    return int(progress.steps) + (1 if progress.entries or progress.operations else 0)


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
