"""Walks of one cell for tests: by the compiled plan, by the Evaluator, and gradients by complex steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.cell import Cell
from core.evaluate import Evaluator
from core.language.derive import on_gradient_path
from core.operators import Expression
from core.operators.expression import INPUT, PARAMETER, TIME
from core.plan import Plan
from core.tape import Tape

Arrays = Mapping[str, np.ndarray]
STEP = 1e-30


@dataclass(frozen=True)
class Walk:
    """A cell with all its numbers; the loss is sum(weights * output), ``weights`` (S, *batch, H)."""

    cell: Cell
    parameters: Arrays
    inputs: np.ndarray  # (S, *batch, D)
    initial: Arrays  # name -> (K, *batch, H)
    weights: np.ndarray

    @property
    def batch(self) -> tuple[int, ...]:
        return self.inputs.shape[1:-1]

    def tape(self) -> Tape:
        """Nothing computed yet."""
        definition = self.cell.definition
        ends = frozenset({definition.output})
        path = on_gradient_path(definition, ends)
        plan = Plan(self.cell, path, (frozenset(definition.delays) | ends) & path)
        steps = len(self.inputs)
        return Tape(plan, self.parameters, {"x": self.inputs}, self.initial, steps, self.batch, np.dtype(float))

    def walked(self) -> Tape:
        """Forward and backward computed by the plan."""
        tape = self.tape()
        steps = range(len(self.inputs))
        with np.errstate(all="ignore"):
            for step in steps:
                tape.forward(step)
            inbox = tape.inbox_of(self.cell.definition.output)
            assert inbox is not None
            inbox[tape.lead :] += self.weights
            for step in reversed(steps):
                tape.backward(step)
        return tape

    def values(self) -> dict[str, np.ndarray]:
        """Every variable at every step by the Evaluator, (S, *batch, H)."""
        past = {name: list(rows) for name, rows in self.initial.items()}
        rows: list[dict[str, np.ndarray]] = []
        for step in range(len(self.inputs)):
            now = self._step(step, past)
            for name, values in past.items():
                values.append(now[name])
            rows.append(now)
        shape = (*self.batch, -1)
        return {name: np.stack([self._filled(row[name]).reshape(shape) for row in rows]) for name in rows[0]}

    def _filled(self, value: np.ndarray) -> np.ndarray:
        return np.broadcast_to(value, np.broadcast_shapes(value.shape, (*self.batch, 1)))

    def _step(self, step: int, past: Mapping[str, list[np.ndarray]]) -> dict[str, np.ndarray]:
        now: dict[str, np.ndarray] = {}

        def read(leaf: Expression) -> np.ndarray:
            if leaf.operator == INPUT:
                return self.inputs[step]
            if leaf.operator == PARAMETER:
                return self.parameters[leaf.name]
            if leaf.operator == TIME:
                return np.array([float(step)])
            return past[leaf.name][-leaf.delay] if leaf.delay else now[leaf.name]

        evaluator = Evaluator(read)
        for equation in self.cell.definition.equations:
            now[equation.name] = evaluator.value(equation.expression)
        return now

    def loss(self) -> np.ndarray:
        return (self.weights * self.values()[self.cell.definition.output]).sum()

    def slope(self, kind: str, name: str, index: tuple[int, ...]) -> float:
        """dL/d(one number) by a complex step; ``kind`` is "parameters", "initial" or "inputs"."""
        arrays = getattr(self, kind)
        moved = (arrays[name] if name else arrays).astype(complex)
        moved[index] += 1j * STEP
        changed = {**arrays, name: moved} if name else moved
        return float(np.imag(replace(self, **{kind: changed}).loss()) / STEP)

    def slopes(self, kind: str, name: str = "") -> np.ndarray:
        """The whole gradient by complex steps."""
        arrays = getattr(self, kind)
        shape = (arrays[name] if name else arrays).shape
        return np.array([self.slope(kind, name, index) for index in np.ndindex(*shape)]).reshape(shape)


def random_walk(cell: Cell, *, steps: int = 5, batch: tuple[int, ...] = (), seed: int = 0, spread: float = 0.7) -> Walk:
    """Every parameter, input and initial value random: zeros would hide a wrong bias."""
    generator = np.random.default_rng(seed)
    parameters = {n: generator.normal(0, spread, size=s) for n, s in cell.parameter_shapes.items()}
    fixed = {n for n, spec in cell.definition.parameters.items() if spec.value is not None}
    parameters |= {n: v for n, v in cell.initial_parameters(0).items() if n in fixed}
    inputs = generator.normal(size=(steps, *batch, cell.inputs))
    states = cell.initial_state()
    initial = {n: generator.normal(0, 0.8, size=(len(v), *batch, v.shape[-1])) for n, v in states.items()}
    weights = generator.normal(size=(steps, *batch, cell.units))
    return Walk(cell, parameters, inputs, initial, weights)


def check_values(walk: Walk, tape: Tape, tolerance: float = 1e-12) -> None:
    """The plan gives what the Evaluator gives."""
    for name, expected in walk.values().items():
        found = tape.values(name)[tape.lead :]
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale, err_msg=name)


def check_gradients(walk: Walk, tape: Tape, tolerance: float = 1e-11) -> None:
    """All gradients of parameters, initial values and inputs against complex steps."""
    steps = len(walk.inputs)
    for name in walk.parameters:
        _agree(tape.gradient(name, 0, steps), walk.slopes("parameters", name), name, tolerance)
    for name, rows in walk.initial.items():
        inbox = tape.inbox_of(name)
        expected = walk.slopes("initial", name)
        found = np.zeros_like(rows) if inbox is None else inbox[tape.lead - len(rows) : tape.lead]
        _agree(found, expected, f"initial {name}", tolerance)
    sends = tape.sends(INPUT, "x")
    _agree(np.zeros_like(walk.inputs) if sends is None else sends, walk.slopes("inputs"), "inputs", tolerance)


def _agree(found: np.ndarray, expected: np.ndarray, name: str, tolerance: float) -> None:
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale, err_msg=name)
