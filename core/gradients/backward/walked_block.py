"""The numbers of one block over one sequence of a run: its own steps only, in the order it walks them.

What a run stored is read as it is; what the backward equations make of it is computed for all steps at once.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluate import Evaluator
from core.network import Block
from core.operators import OPERATORS, Expression
from core.operators.expression import INPUT, NUMBER, PARAMETER, TIME, VARIABLE
from core.operators.shapes import is_elementwise
from core.plan.nodes import AFFINE, LEAF, VIEW, Map, Node
from core.run import Run

Array = NDArray[Any]


class WalkedBlock:
    """Rows of one block for one sequence, (S, ·): ``S`` steps of its walk, without padding.

    ``times`` (S,) are their time steps; ``first`` is the number of the first one in the walk of the whole batch. Needs
    the forward half of the run.
    """

    def __init__(self, run: Run, block: Block, sample: int = 0) -> None:
        problem = run.problem
        self.block, self.tape = block, run.tapes[block.name]
        self._sample = sample if problem.batch else None
        count = problem.length(sample)
        self.first = problem.steps - count if block.reverse else 0
        self.steps = slice(self.first, self.first + count)
        self.times = range(*self.steps.indices(problem.steps)) if not block.reverse else range(count - 1, -1, -1)
        self._interventions = problem.interventions
        self._rows: dict[Node, Array] = {}
        self._values: dict[tuple[str, str, int], Array] = {}

    @property
    def count(self) -> int:
        """S, the number of steps."""
        return len(self.times)

    def step(self, t: int) -> int:
        """The row of a time step."""
        return self.count - 1 - t if self.block.reverse else t

    def parameter(self, name: str) -> Array:
        """A parameter, in the precision of the run."""
        return self.tape.kernel.parameters[name]

    @cached_property
    def overwritten(self) -> dict[str, NDArray[np.bool_]]:
        """By variable: which units are overwritten at which steps, (S, H); only those of which some are."""
        found: dict[str, NDArray[np.bool_]] = {}
        for each in self._interventions:
            if each.block == self.block.name and each.t in self.times:
                size = self.block.cell.variable_sizes[each.variable]
                found.setdefault(each.variable, np.zeros((self.count, size), bool))[self.step(each.t), each.unit] = True
        return found

    # Nodes of the plan.

    def rows(self, node: Node) -> Array:
        """A forward value, or what follows from such: (S, *shape), or without S where it is the same at all steps."""
        found = self._rows.get(node)
        if found is None:
            with np.errstate(all="ignore"):
                found = self._rows[node] = self._found(node)
        return found

    def stored(self, node: Node) -> Array:
        """What the run has stored of a node of the backward pass, (S, *shape)."""
        return self._of_sample(self.tape.rows(node, self.steps))

    def is_constant(self, node: Node) -> bool:
        """Whether it is the same at all steps."""
        return self.rows(node).ndim == node.rank

    def _found(self, node: Node) -> Array:
        plan = self.block.plan
        if node.kind == LEAF and node.key[0] in (NUMBER, PARAMETER, TIME):
            return self._leaf(node)
        if node.kind == VIEW:
            return self.rows(node.whole)[..., node.offset : node.offset + node.width]
        if node.rank == 1 and (node.kind == LEAF or (node in plan.layout.columns and plan.is_kept(node))):
            return self._of_sample(self.tape.rows(node, self.steps))
        return self._affine(node) if node.kind == AFFINE else self._operation(node)

    def _leaf(self, node: Node) -> Array:
        match node.key:
            case (str(kind), float(value)) if kind == NUMBER:
                return np.array([value], self.tape.dtype)
            case (str(kind), str(name)) if kind == PARAMETER:
                return self.parameter(name)
        return np.array(self.times, self.tape.dtype)[:, None]

    def _of_sample(self, rows: Array) -> Array:
        return rows if self._sample is None else rows[:, self._sample]

    def _affine(self, node: Node) -> Array:
        parts = [self.rows(product.source) @ self.matrix(product).T for product in node.maps]
        return sum((self.parameter(name) for name in node.biases), sum(parts[1:], parts[0]))

    def matrix(self, product: Map) -> Array:
        """The matrix of a product."""
        matrix = self.parameter(product.parameter)
        if product.transposed:
            matrix = matrix.T
        return matrix if product.columns is None else matrix[:, slice(*product.columns)]

    def _operation(self, node: Node) -> Array:
        name = str(node.key[0])
        args = [self.rows(arg) for arg in node.args]
        if node.rank == 2 and is_elementwise(name):
            args = [a if n.rank == 2 else a[..., None] for a, n in zip(args, node.args, strict=True)]
        attributes = [part for part in node.key[1:] if isinstance(part, float)]
        return np.asarray(OPERATORS[name].value(*args, *attributes))

    # Expressions.

    def values(self, name: str) -> Array:
        """A variable, (S, H)."""
        return self._of_sample(self.tape.values(name)[self.tape.lead :][self.steps])

    def evaluator(self) -> Evaluator:
        """Evaluates expressions of the block (without adjoints) for all steps at once, as (S, ·)."""
        return Evaluator(self._read)

    def _read(self, leaf: Expression) -> Array:
        match leaf.operator:
            case kind if kind == PARAMETER:
                return self.parameter(leaf.name)
            case kind if kind == TIME:
                return np.array(self.times, self.tape.dtype)[:, None]
            case kind if kind == INPUT:
                return self._of_sample(self.tape.inputs[leaf.name][self.steps])
            case kind if kind == VARIABLE:
                return self.earlier(leaf.name, leaf.delay) if leaf.delay else self.values(leaf.name)
        raise KeyError(leaf.operator)

    def earlier(self, name: str, delay: int) -> Array:
        """A variable as each step reads it ``delay`` steps back, (S, H)."""
        return self._of_sample(self.tape.earlier_rows(name, self.steps, delay))
