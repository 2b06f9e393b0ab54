"""One time step of a cell, forward and backward, as pure functions.

Shape letters: ``D`` inputs, ``H`` units, ``K`` how many steps back a variable is read; ``B`` batch, an axis that may be
left out everywhere. A state is a dict of name -> (K, B, H), the earliest row first, as ``Cell.initial_state`` gives it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.cell import Cell
from core.errors import ShapeError
from core.network import Block
from core.operators.expression import INPUT
from core.tape import Tape

Array = NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Step:
    """What a step forward gives: every variable, and the state that the next step reads."""

    values: dict[str, Array]  # (B, H)
    state: dict[str, Array]  # (K, B, H)
    before: dict[str, Array]  # the state this step read
    inputs: dict[str, Array]  # (B, D)
    t: int = 0  # for cells whose equations read the time


@dataclass(frozen=True, eq=False)
class StepBackward:
    """What a step backward gives. What goes to the earlier values must be added to what reaches them otherwise."""

    adjoints: dict[str, Array]  # dL/d(variable), (B, H); without those that no gradient reaches
    state: dict[str, Array]  # what goes to the values this step read, (K, B, H)
    inputs: dict[str, Array]  # dL/d(input), (B, D)
    parameters: dict[str, Array]  # this step's part of dL/d(parameter)


def step_forward(cell: Cell, parameters: Arrays, state: Arrays, x: ArrayLike | Arrays, t: int = 0) -> Step:
    """One step from ``state`` with the input ``x``. Raises ShapeError where something does not fit."""
    return bind(cell, parameters).forward(state, x, t)


def step_backward(cell: Cell, parameters: Arrays, step: Step, adjoint: Arrays) -> StepBackward:
    """The gradients of a step; ``adjoint`` is what arrives at its output and state from outside and from later steps.

    name -> (B, H); what is left out is zero. Raises ShapeError for a name at which nothing can arrive.
    """
    return bind(cell, parameters).backward(step, adjoint)


def bind(cell: Cell, parameters: Arrays) -> Stepper:
    """The cell with numbers, compiled once for many steps. Raises ShapeError where the parameters do not fit."""
    return Stepper(cell, parameters)


class Stepper:
    """Steps of one cell with fixed parameters. Its methods are pure; each thread works on rows of its own."""

    def __init__(self, cell: Cell, parameters: Arrays) -> None:
        self.cell = cell
        self.parameters = {name: np.array(value) for name, value in cell.check_parameters(parameters).items()}
        self._block = Block("step", cell, frozenset({cell.definition.output}))
        self._plan = self._block.plan
        self._reads_time = self._plan.layout.time is not None
        self._dtype = np.result_type(*self.parameters.values(), np.float32) if self.parameters else np.dtype(float)
        self._own = threading.local()

    def forward(self, state: Arrays, x: ArrayLike | Arrays, t: int = 0) -> Step:
        """One step from ``state`` with the input ``x``: (B, D), or name -> (B, D) where a cell has several inputs."""
        inputs = self._inputs(x)
        before = self._state(state, _batch_of(inputs))
        tape, row = self._forward(inputs, before, t)
        values = {name: self._outside(tape.values(name)[row], inputs) for name in self.cell.definition.variables}
        after = {name: np.concatenate([rows[1:], values[name][None]]) for name, rows in before.items()}
        return Step(values, after, before, inputs, t)

    def backward(self, step: Step, adjoint: Arrays) -> StepBackward:
        """The gradients of a step; see ``step_backward``."""
        tape, row = self._forward(step.inputs, step.before, step.t)
        tape.inbox[:] = 0.0
        for name, arriving in adjoint.items():
            inbox = tape.inbox_of(name)
            if inbox is None:
                known = ", ".join(self._plan.layout.inboxes)
                raise ShapeError(f"no gradient can arrive at {name} from outside this step; it can at: {known}")
            expected = (*_batch_of(step.inputs), inbox.shape[-1])
            inbox[row] = _fitted(f"the adjoint of {name}", arriving, expected).reshape(inbox.shape[1:])
        number = row - tape.lead
        tape.backward(number)
        return self._gathered(tape, number, step)

    def _forward(self, inputs: Arrays, before: Arrays, t: int) -> tuple[Tape, int]:
        """A tape whose row for this step is computed, and the number of that row."""
        tape = self._tape(_batch_of(inputs), t)
        number = t if self._reads_time else 0
        row = tape.lead + number
        for name, value in inputs.items():
            tape.inputs[name][number] = value.reshape(tape.inputs[name].shape[1:])
        for name, rows in before.items():
            kept = tape.values(name)
            kept[row - len(rows) : row] = rows.reshape(len(rows), *kept.shape[1:])
        with np.errstate(all="ignore"):
            tape.forward(number)
        return tape, row

    def _tape(self, batch: tuple[int, ...], t: int) -> Tape:
        """The rows that this thread works on: one step, or as many as the time that the equations read."""
        if self._reads_time:
            return self._new_tape(batch, t + 1)
        tapes: dict[tuple[int, ...], Tape] = self._own.__dict__.setdefault("tapes", {})
        if batch not in tapes:
            tapes[batch] = self._new_tape(batch, 1)
        return tapes[batch]

    def _new_tape(self, batch: tuple[int, ...], steps: int) -> Tape:
        inside = () if batch == (1,) else batch  # as a run does, so that both agree bit for bit
        sizes = self.cell.input_sizes
        inputs = {name: np.zeros((steps, *inside, size), self._dtype) for name, size in sizes.items()}
        own = {name: np.asarray(value, self._dtype) for name, value in self.parameters.items()}
        return Tape(self._plan, own, inputs, {}, steps, inside, self._dtype)

    def _gathered(self, tape: Tape, number: int, step: Step) -> StepBackward:
        row = tape.lead + number
        adjoints = {name: tape.adjoints(name) for name in self.cell.definition.variables}
        state = {}
        for name, rows in step.before.items():
            inbox = tape.inbox_of(name)
            sent = np.zeros_like(rows) if inbox is None else np.array(inbox[row - len(rows) : row]).reshape(rows.shape)
            state[name] = sent
        sends = {name: tape.sends(INPUT, name) for name in step.inputs}
        return StepBackward(
            {name: self._outside(rows[number], step.inputs) for name, rows in adjoints.items() if rows is not None},
            state,
            {name: self._outside(rows[number], step.inputs) for name, rows in sends.items() if rows is not None},
            {name: tape.gradient(name, number, number + 1) for name in self.parameters},
        )

    def _outside(self, row: Array, inputs: Arrays) -> Array:
        """A copy of a row with the batch axis that the inputs have."""
        return np.array(row).reshape(*_batch_of(inputs), row.shape[-1])

    def _inputs(self, x: ArrayLike | Arrays) -> dict[str, Array]:
        sizes = self.cell.input_sizes
        given = x if isinstance(x, Mapping) else {next(iter(sizes)): x}
        if set(given) != set(sizes):
            raise ShapeError(f"this cell reads the inputs {', '.join(sizes)}, but got {', '.join(given) or 'none'}")
        arrays = {name: np.array(given[name], self._dtype) for name in sizes}
        batch = _batch_of(arrays)
        return {name: _fitted(f"the input {name}", array, (*batch, sizes[name])) for name, array in arrays.items()}

    def _state(self, state: Arrays, batch: tuple[int, ...]) -> dict[str, Array]:
        found = {}
        for name, delays in self.cell.definition.delays.items():
            if name not in state:
                raise ShapeError(f"the state has no {name}; there are: {', '.join(state) or 'none'}")
            shape = (max(delays), *batch, self.cell.variable_sizes[name])
            found[name] = np.array(_fitted(f"the state {name}", state[name], shape), self._dtype)
        return found


def _batch_of(inputs: Arrays) -> tuple[int, ...]:
    """() or (B,). Raises ShapeError for more axes than that."""
    array = next(iter(inputs.values()))
    if array.ndim not in (1, 2):
        raise ShapeError(f"the input of one step has shape {array.shape}, expected (D,) or (B, D)")
    return array.shape[:-1]


def _fitted(what: str, value: ArrayLike, shape: tuple[int, ...]) -> Array:
    array = np.asarray(value)
    if array.shape != shape:
        raise ShapeError(f"{what} has shape {array.shape}, expected {shape}")
    return array
