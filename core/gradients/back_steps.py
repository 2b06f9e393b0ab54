"""Steps of one block backward, for many gradients side by side, from its derived backward equations.

What arrives at variables is given as (n, H) for one step, or (S', n, H) for several steps at once: ``n`` gradients that
know nothing of each other. What nothing has reached is None: it costs nothing and is no number.

The equations are re-associated as in ``core.bulk``: what a chain of forward values multiplies is multiplied once, by a
factor known of all steps, and in matrix products by a matrix that already has it. Where a variable of the block is
overwritten they are taken as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.bulk.graph import in_order
from core.bulk.linear import Linear
from core.gradients.factored import Factored, factored
from core.gradients.walked_block import WalkedBlock
from core.operators import OPERATORS
from core.operators.expression import INBOX
from core.operators.shapes import is_elementwise
from core.plan.nodes import AFFINE, LEAF, OPERATION, VIEW, Node

Array = NDArray[Any]
Values: TypeAlias = dict[Node, Array | None]
Arriving: TypeAlias = Mapping[str, Array]
Where: TypeAlias = int | slice  # one step, or several at once

_UFUNCS: Mapping[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
}


class _Operation(msgspec.Struct, frozen=True, eq=False):
    """An operation of the backward pass: its arguments, and which of them bring a gradient."""

    node: Node
    name: str
    args: tuple[tuple[Node, bool], ...]
    ufunc: Callable[..., Array] | None  # None for what the table computes


class BackSteps:
    """The backward equations of one walked block, as far as the ``wanted`` nodes of its plan need them.

    Wanted are nodes of ``block.plan.layout.lowered``: ``adjoints[name]``, what the step sends to its past or its inputs
    (``sends[kind, name, delay]``), the ``delta`` of a gradient term.
    """

    def __init__(self, walked: WalkedBlock, wanted: Iterable[Node]) -> None:
        self.walked = walked
        self._alive: dict[Node, bool] = {}
        lowered, inboxes = walked.block.plan.layout.lowered, walked.block.plan.layout.inboxes
        self.stops = {lowered.adjoints[name]: units for name, units in walked.overwritten.items()
                      if name in lowered.adjoints}  # fmt: skip
        again: Callable[[Node], Node] = _itself if self.stops else Linear(lowered, inboxes, {}).node
        self.wanted = {node: again(node) for node in wanted}
        self.products: dict[Node, list[Factored]] = {}
        self.order = [node for node in in_order(self.wanted.values(), self._read) if self.is_alive(node)]
        self.operations = {node: self._operation(node) for node in self.order if node.kind == OPERATION}
        self._known: dict[Node, Array | list[Array]] = {}

    def at(self, where: Where, arriving: Arriving) -> Values:
        """The wanted values at a step, or at several at once: node -> (n, ·) or (S', n, ·).

        ``arriving``: by variable, what comes to it from outside the step, all of the same n. Steps are counted as the
        sequence walks them (``Visit.row``).
        """
        with np.errstate(all="ignore"):
            found = _Evaluation(self, where, arriving).run()
        return {node: found.get(again) for node, again in self.wanted.items()}

    def is_alive(self, node: Node) -> bool:
        """Whether a gradient is in it."""
        if node not in self._alive:
            own = node.kind == LEAF and node.key[0] == INBOX
            self._alive[node] = own or any(self.is_alive(source) for source in node.sources)
        return self._alive[node]

    def forward(self, node: Node, where: Where) -> Array:
        """A forward value, to go with (n, ·) at one step or (S', n, ·) at several."""
        walked = self.walked
        if isinstance(where, slice):
            rows = walked.rows(node)
            return rows if walked.is_constant(node) else rows[where][:, None]
        known = self._known.get(node)
        if known is None:
            rows = walked.rows(node)
            known = self._known[node] = rows if walked.is_constant(node) else list(rows)
        return known[where] if isinstance(known, list) else known

    def _operation(self, node: Node) -> _Operation:
        name, args = str(node.key[0]), tuple((arg, self.is_alive(arg)) for arg in node.args)
        return _Operation(node, name, args, _UFUNCS.get(name) if node.rank == 1 else None)

    def _read(self, node: Node) -> Iterable[Node]:
        """What must be there before a node of the backward pass; nothing before a forward value, known of all steps."""
        if not self.is_alive(node):
            return ()
        if node.kind != AFFINE:
            return node.sources
        if node not in self.products:
            self.products[node] = factored(self.walked, node, self.is_alive)
        return [product.base for product in self.products[node]]


class _Evaluation:
    """One evaluation of steps: the values found so far."""

    def __init__(self, steps: BackSteps, where: Where, arriving: Arriving) -> None:
        self._steps, self._where, self._arriving = steps, where, arriving
        self._lead = next(array.shape[:-1] for array in arriving.values())
        self._dtype = steps.walked.tape.dtype
        self._values: Values = {}

    def run(self) -> Values:
        values, stops = self._values, self._steps.stops
        arrived: Values = {}  # at overwritten variables: shown, but not sent on
        for node in self._steps.order:
            found = values[node] = self._value(node)
            if found is not None and node in stops:
                arrived[node] = found
                values[node] = np.where(self._stopped(node), 0.0, found)
        values |= arrived
        return values

    def _stopped(self, node: Node) -> NDArray[np.bool_]:
        mask = self._steps.stops[node][self._where]
        return mask if isinstance(self._where, int) else mask[:, None]

    def _value(self, node: Node) -> Array | None:
        match node.kind:
            case kind if kind == LEAF:
                return self._arriving.get(str(node.key[1]))
            case kind if kind == AFFINE:
                return self._multiplied(self._steps.products[node])
            case kind if kind == VIEW:
                whole = self._values[node.whole]
                return None if whole is None else whole[..., node.offset : node.offset + node.width]
        return self._computed(self._steps.operations[node])

    def _multiplied(self, products: list[Factored]) -> Array | None:
        where, total = self._where, None
        for product in products:
            base = self._values[product.base]
            if base is not None:
                part = base @ product.matrix(where) if isinstance(where, int) else product.at_all(where, base)
                total = part if total is None else np.add(total, part, out=total)
        return total

    def _computed(self, operation: _Operation) -> Array | None:
        values, name = self._values, operation.name
        alive = [values[arg] if is_alive else None for arg, is_alive in operation.args]
        there = [array for array in alive if array is not None]
        if not there:
            return None
        if name == "identity" or (name in ("add", "sub") and len(there) == 1):  # nothing has reached the other side
            return np.negative(there[0]) if name == "sub" and alive[0] is None else there[0]
        args = [self._other(*arg) if array is None else array for array, arg in zip(alive, operation.args, strict=True)]
        return self._general(operation.node, name, args) if operation.ufunc is None else operation.ufunc(*args)

    def _other(self, arg: Node, is_alive: bool) -> Array:
        """An argument that brings no gradient: a forward value, or zeros."""
        if is_alive:
            return np.zeros((*self._lead, *arg.shape), self._dtype)
        return self._steps.forward(arg, self._where)

    @staticmethod
    def _general(node: Node, name: str, args: list[Array]) -> Array:
        """An operator as the table computes it; beside matrices, vectors get an axis."""
        if node.rank == 2 and is_elementwise(name):
            args = [a if n.rank == 2 else a[..., None] for a, n in zip(args, node.args, strict=True)]
        attributes = [part for part in node.key[1:] if isinstance(part, float)]
        return np.asarray(OPERATORS[name].value(*args, *attributes))


def _itself(node: Node) -> Node:
    return node
