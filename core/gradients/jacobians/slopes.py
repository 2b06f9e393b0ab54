"""The slopes f' of functions of one argument, from the operator table, and where a cell's equations have them.

Shape letters: ``S`` steps of the walk, ``H`` units.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.evaluate import Evaluator
from core.gradients.backward.walked_block import WalkedBlock
from core.operators import OPERATORS, Expression
from core.operators.expression import INPUT, leaf, number, operations
from core.operators.shapes import is_elementwise
from core.run import Run

Array = NDArray[Any]
_REACH = 50.0  # beyond it every function of the table has come to its limit, or has none


class Curve(msgspec.Struct, frozen=True, eq=False):
    """A function of one argument in a cell: in the equation of ``variable``, the operation ``node``.

    ``slopes`` (S, H): f' of every unit at every step, in walking order. ``has_kinks``: whether it is made of pieces, as
    ReLU, so that a slope of 0 is no rounding.
    """

    variable: str
    node: Expression
    slopes: Array
    has_kinks: bool

    @property
    def sign(self) -> str:
        """The function as people write it: "ReLU"."""
        return OPERATORS[self.node.operator].sign

    @property
    def steepest(self) -> float:
        """The largest slope it can have."""
        return steepest(self.node.operator, self.node.attributes)


def curves(walked: WalkedBlock) -> list[Curve]:
    """Every function of one argument through which a gradient goes back to what changes over time."""
    block = walked.block
    names = [name for name in block.cell.definition.variables if name in block.path]
    return [found for name in names for found in curves_of(walked, name)]


def curves_of(walked: WalkedBlock, name: str) -> list[Curve]:
    """Those in the equation of one variable."""
    evaluator = walked.evaluator()
    size = walked.block.cell.variable_sizes[name]
    found = []
    for node in operations(walked.block.cell.definition.equation(name).expression):
        if not _is_curve(node):
            continue
        with np.errstate(all="ignore"):
            inner = np.asarray(evaluator.value(node.args[0]))
            if len(node.shape) < 2 and inner.shape == (walked.count, size):
                slopes = slope(node.operator, node.attributes, inner)
                found.append(Curve(name, node, slopes, OPERATORS[node.operator].branch is not None))
    return found


def dead_units(run: Run, path: str) -> Array:
    """Units of a variable through which a function made of pieces lets nothing pass at any step, in any sequence.

    Needs the forward half of the run of this block.
    """
    block, name = run.network.block(path.split("/")[0]), path.split("/")[1]
    found = np.zeros(block.cell.variable_sizes[name], bool)
    walks = [WalkedBlock(run, block, sample) for sample in range(run.problem.batch_size)]
    by_walk = [curves_of(walked, name) for walked in walks if walked.count]
    for place in range(len(by_walk[0]) if by_walk else 0):
        if by_walk[0][place].has_kinks:
            found |= np.all([(curves[place].slopes == 0.0).all(axis=0) for curves in by_walk], axis=0)
    return np.flatnonzero(found)


def _is_curve(node: Expression) -> bool:
    single = (
        len(node.args) == 1 and is_elementwise(node.operator) and node.operator not in ("neg", "identity", "affine")
    )
    return single and _sent(node.operator, node.attributes) is not None


def slope(operator: str, attributes: tuple[float, ...], values: Array) -> Array:
    """f'(values) of an element-wise function of one argument."""
    flat = np.asarray(values, float).reshape(-1, 1)
    sent = _sent(operator, attributes)
    if sent is None:
        return np.zeros(np.shape(values))
    found = Evaluator(lambda _leaf: flat).value(sent)
    return np.asarray(np.broadcast_to(found, flat.shape).reshape(np.shape(values)))


@cache
def _sent(operator: str, attributes: tuple[float, ...]) -> Expression | None:
    """The vector-Jacobian product of the table with 1 arriving; None where nothing flows."""
    argument = leaf(INPUT, "x", ())
    result = Expression(operator, (argument,), (), attributes=attributes)
    sent: Expression | None = OPERATORS[operator].vjp(number(1.0), result, argument, *attributes)[0]
    return sent


@cache
def steepest(operator: str, attributes: tuple[float, ...]) -> float:
    """The largest value that abs(f') can have, 1 for tanh, 1/4 for the logistic function; inf where there is none."""
    near, far = (np.abs(slope(operator, attributes, _grid(reach))) for reach in (_REACH, 2 * _REACH))
    with np.errstate(all="ignore"):
        most, more = float(np.nanmax(near)), float(np.nanmax(far))
    return float("inf") if not np.isfinite(more) or more > most * (1 + 1e-6) else most


def _grid(reach: float) -> Array:
    return np.linspace(-reach, reach, 400_001)
