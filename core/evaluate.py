"""Evaluation of expressions one operator at a time, for everything but bulk stepping.

It works on any leading batch axes and on complex numbers, which is what display, proofs, Jacobians and per-loss
gradients need. The compiled plan (``core.plan``) does the same fused; both agree to 1e-12 of their scale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from core.operators import OPERATORS, Expression
from core.operators.expression import NUMBER
from core.operators.shapes import is_elementwise

Array = NDArray[np.inexact]
Reader = Callable[[Expression], Array]


class Evaluator:
    """Values of expressions whose leaves ``read`` gives; each node is computed once.

    ``read`` gets a leaf (never a literal) and returns its array: a vector as (..., n), a scalar as (..., 1), a matrix
    as (..., m, n). With ``branches`` a list, the side of every kink met is appended to it.
    """

    def __init__(self, read: Reader, branches: list[Array] | None = None) -> None:
        self._read = read
        self._branches = branches
        self._known: dict[Expression, Array] = {}  # by identity

    def value(self, node: Expression) -> Array:
        """The value of an expression. Raises whatever ``read`` raises."""
        found = self._known.get(node)
        if found is None:
            found = self._compute(node)
            self._known[node] = found
        return found

    def __call__(self, nodes: Iterable[Expression]) -> list[Array]:
        """The values of several expressions."""
        return [self.value(node) for node in nodes]

    def _compute(self, node: Expression) -> Array:
        if node.operator == NUMBER:
            return np.array([node.value])
        if node.is_leaf:
            return self._read(node)
        operator = OPERATORS[node.operator]
        args = [self._argument(arg, node) for arg in node.args]
        with np.errstate(all="ignore"):  # infinities and NaN are results to show
            if self._branches is not None and operator.branch is not None:
                self._branches.append(operator.branch(*args, *node.attributes))
            return operator.value(*args, *node.attributes)

    def _argument(self, arg: Expression, reader: Expression) -> Array:
        """The value of an argument; a scalar that meets a matrix gets the axis it lacks."""
        value = self.value(arg)
        is_lifted = not arg.shape and len(reader.shape) == 2 and is_elementwise(reader.operator)
        return value[..., None] if is_lifted else value
