"""Gradients of a whole problem by complex steps, one equation at a time: nothing of runs, plans or tapes is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.evaluate import Evaluator
from core.network import LOSS, Block
from core.operators import Expression
from core.operators.expression import INPUT, PARAMETER, TIME
from core.run import Problem

STEP = 1e-30
Arrays = Mapping[str, Any]


def loss_of(problem: Problem, parameters: Arrays, initial: Arrays) -> Any:
    """The loss, summed over time and batch; complex where something given is."""
    past: dict[str, list[Any]] = {}
    for path, rows in problem.network.initial_states(problem.batch_size).items():
        past[path] = list(initial.get(path, rows))
    total = 0.0
    for t in range(problem.steps):
        signal = problem.inputs[t]
        now: dict[str, Any] = {}
        for block in problem.network.blocks:
            now |= _step(problem, block, t, signal, parameters, past)
            signal = now[f"{block.name}/{block.output}"]
        for path, rows in past.items():
            rows.append(now[path])
        if problem.targets is not None:
            total = total + (now[f"head/{LOSS}"][:, 0] * problem.loss_weights[t]).sum()
    return total


def _step(problem: Problem, block: Block, t: int, signal: Any, parameters: Arrays, past: Arrays) -> dict[str, Any]:
    now: dict[str, Any] = {}

    def read(leaf: Expression) -> Any:
        if leaf.operator == INPUT:
            return problem.targets[t] if leaf.name == "target" else signal
        if leaf.operator == PARAMETER:
            return parameters[f"{block.name}/{leaf.name}"]
        if leaf.operator == TIME:
            return np.array([float(t)])
        return past[f"{block.name}/{leaf.name}"][-leaf.delay] if leaf.delay else now[leaf.name]

    for equation in block.cell.definition.equations:
        value = Evaluator(read).value(equation.expression)
        size = block.cell.variable_sizes[equation.name]
        now[equation.name] = np.broadcast_to(value, (problem.batch_size, size))
    return {f"{block.name}/{name}": value for name, value in now.items()}


def parameter_gradient(problem: Problem, path: str) -> np.ndarray:
    """dL/d(parameter) by complex steps."""

    def loss(value: Any) -> Any:
        return loss_of(problem, {**problem.parameters, path: value}, problem.initial)

    return _by_complex_steps(loss, problem.parameters[path])


def initial_gradient(problem: Problem, path: str) -> np.ndarray:
    """dL/d(initial values) by complex steps."""
    rows = problem.network.initial_states(problem.batch_size)[path]
    start = problem.initial.get(path, rows)
    return _by_complex_steps(
        lambda value: loss_of(problem, problem.parameters, {**problem.initial, path: value}), start
    )


def _by_complex_steps(loss: Any, start: np.ndarray) -> np.ndarray:
    gradient = np.zeros(start.shape)
    for place in np.ndindex(start.shape):
        value = start.astype(complex)
        value[place] += STEP * 1j
        gradient[place] = loss(value).imag / STEP
    return gradient
