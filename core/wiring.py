"""How the tapes of a run hang together: what each block reads of others, and where what it sends back goes.

All of it are views of rows, turned round where the two sides walk different ways; nothing is copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.block import HEAD, INPUT_PATH, TARGET_PATH, Block
from core.operators.expression import INPUT
from core.padding import without_padding
from core.problem import Problem
from core.stages import runs_against
from core.tape import Tape

Array = NDArray[Any]
Tapes = Mapping[str, Tape]


def given(problem: Problem) -> dict[str, Array]:
    """What no block computes, by path: (T, *batch, ·), with zeros in padding, where anything may stand."""
    targets = problem.targets
    if targets is None:
        targets = np.zeros((problem.steps, problem.batch_size, problem.network.outputs))
    return {INPUT_PATH: _clean(problem, problem.inputs), TARGET_PATH: _clean(problem, targets)}


def _clean(problem: Problem, values: Array) -> Array:
    array = np.asarray(values, problem.dtype)
    return problem.inside(array if problem.lengths is None else without_padding(array, problem.lengths))


def rows_read(problem: Problem, tapes: Tapes, sources: Mapping[str, Array], reader: Block, path: str) -> Array:
    """What a block reads under a path, in the order of its walk."""
    if path in sources:
        return turned(sources[path], reader.reverse)
    name, variable = path.split("/")
    tape = tapes[name]
    return turned(tape.values(variable)[tape.lead :], runs_against(problem.network.block(name), reader))


class WalkBack:
    """The walk back of one block: its steps, and what they send to the blocks that it reads."""

    def __init__(self, problem: Problem, tapes: Tapes, block: Block) -> None:
        self._tape = tapes[block.name]
        self._counted = problem.loss_steps.tolist() if block.name == HEAD else None
        found = (self._pass(problem, tapes, block, name) for name, path in block.reads.items() if "/" in path)
        self._passes = [each for each in found if each is not None]

    def _pass(self, problem: Problem, tapes: Tapes, block: Block, name: str) -> tuple[Array, Array] | None:
        """What the block sends to an input, and the inbox it goes to, both in the order of the block's walk."""
        source, variable = block.reads[name].split("/")
        tape, sends = tapes[source], self._tape.sends(INPUT, name)
        inbox = tape.inbox_of(variable)
        if sends is None or inbox is None:
            return None
        return sends, turned(inbox[tape.lead :], runs_against(problem.network.block(source), block))

    def walk(self, step: int, reach: int | None) -> None:
        """One step; none of the readout where it has no loss."""
        if self._counted is not None and not self._counted[step]:
            return
        self._tape.backward(step, reach)
        for sends, inbox in self._passes:
            inbox[step] += sends[step]


def turned(rows: Array, is_turned: bool) -> Array:
    """The rows, the last one first where the two sides walk different ways."""
    return rows[::-1] if is_turned else rows
