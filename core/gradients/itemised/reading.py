"""Evaluation for display: expressions of a block at one time step, one operator at a time, on the numbers of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluate import Evaluator
from core.network import Block
from core.operators import Expression
from core.operators.expression import ADJOINT, INPUT, PARAMETER, TIME, VARIABLE
from core.run import Run
from core.tape import Tape

Array = NDArray[Any]
Vectors = dict[str, Array]


def evaluator_at(run: Run, block: Block, t: int, adjoints: Vectors | None = None) -> Evaluator:
    """Evaluates expressions of a block at time step ``t``; ``adjoints`` stand in for the run's own where given."""
    tape = run.tapes[block.name]
    step = run.problem.steps - 1 - t if block.reverse else t

    def read(leaf: Expression) -> Array:
        match leaf.operator:
            case kind if kind == VARIABLE:
                return tape.earlier(leaf.name, step, leaf.delay)
            case kind if kind == INPUT:
                return tape.inputs[leaf.name][step]
            case kind if kind == PARAMETER:
                return tape.kernel.parameters[leaf.name]
            case kind if kind == TIME:
                return np.array([float(t)])
            case kind if kind == ADJOINT:
                return _adjoint_to_send(tape, leaf.name, step, adjoints)
        raise KeyError(leaf.operator)

    return Evaluator(read)


def of_sample(evaluator: Evaluator, expression: Expression, sample: int) -> Array:
    """The value of an expression for one sequence of the batch; a scalar has one entry."""
    value = evaluator.value(expression)
    if value.ndim == max(1, len(expression.shape)):
        return value
    return value[sample] if len(value) > 1 else value[0]


def _adjoint_to_send(tape: Tape, name: str, step: int, adjoints: Vectors | None) -> Array:
    """An adjoint as it enters its equation: nothing does where the value was overwritten."""
    rows = tape.adjoints(name)
    if adjoints is not None:
        found = adjoints[name]
    else:
        found = np.zeros_like(tape.values(name)[step]) if rows is None else rows[step]
    overwritten = tape.overwritten(step, name)
    if not overwritten:
        return found
    masked = np.array(found)
    masked[..., list(overwritten)] = 0.0
    return masked
