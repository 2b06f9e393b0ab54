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

import numpy as np
from numpy.typing import NDArray

from core.bulk.graph import in_order
from core.bulk.linear import Linear
from core.gradients.backward.factored import Factored, factored
from core.gradients.backward.walked_block import WalkedBlock
from core.operators import OPERATORS
from core.operators.expression import INBOX
from core.operators.shapes import is_elementwise
from core.plan.nodes import AFFINE, LEAF, VIEW, Node

Array = NDArray[Any]
Values: TypeAlias = dict[Node, Array | None]
Arriving: TypeAlias = Mapping[str, Array]
Where: TypeAlias = int | slice  # one step, or several at once
Compute: TypeAlias = Callable[[Values, Where, Arriving], Array | None]

_UFUNCS: Mapping[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
}


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
        self._program = [(node, self._compiled(node)) for node in self.order]

    def at(self, where: Where, arriving: Arriving) -> Values:
        """The wanted values at a step, or at several at once: node -> (n, ·) or (S', n, ·).

        ``arriving``: by variable, what comes to it from outside the step, all of the same n. Steps are counted as the
        sequence walks them (``Visit.row``).
        """
        with np.errstate(all="ignore"):
            values = self._stopped(where, arriving) if self.stops else self._flowing(where, arriving)
        return {node: values.get(again) for node, again in self.wanted.items()}

    def _flowing(self, where: Where, arriving: Arriving) -> Values:
        values: Values = {}
        for node, compute in self._program:
            values[node] = compute(values, where, arriving)
        return values

    def is_alive(self, node: Node) -> bool:
        """Whether a gradient is in it."""
        if node not in self._alive:
            own = node.kind == LEAF and node.key[0] == INBOX
            self._alive[node] = own or any(self.is_alive(source) for source in node.sources)
        return self._alive[node]

    def _read(self, node: Node) -> Iterable[Node]:
        """What must be there before a node of the backward pass; nothing before a forward value, known of all steps."""
        if not self.is_alive(node):
            return ()
        if node.kind != AFFINE:
            return node.sources
        if node not in self.products:
            self.products[node] = factored(self.walked, node, self.is_alive)
        return [product.base for product in self.products[node]]

    def _stopped(self, where: Where, arriving: Arriving) -> Values:
        """The values where variables are overwritten: what arrives there is shown, but not sent on."""
        values: Values = {}
        arrived: Values = {}
        for node, compute in self._program:
            found = values[node] = compute(values, where, arriving)
            if found is not None and node in self.stops:
                arrived[node] = found
                mask = self.stops[node][where]
                values[node] = np.where(mask if isinstance(where, int) else mask[:, None], 0.0, found)
        return values | arrived

    def _compiled(self, node: Node) -> Compute:
        """What computes a node at given steps."""
        if node.kind == LEAF:
            name = str(node.key[1])
            return lambda values, where, arriving: arriving.get(name)
        if node.kind == AFFINE:
            return _multiplied(self.products[node])
        if node.kind == VIEW:
            return _part(node)
        alive = [self.is_alive(arg) for arg in node.args]
        match node.key[0], alive:
            case "mul", [False, True] if node.rank == 1:
                return _scaled(Forward(self.walked, node.args[0]), node.args[1])
            case "add", [True, True] if node.rank == 1:
                return _added(*node.args)
        return _general(
            node, [None if each else Forward(self.walked, arg) for arg, each in zip(node.args, alive, strict=True)]
        )


class Forward:
    """A forward value: by step, to go with (n, ·), or by a slice of steps, to go with (S', n, ·)."""

    def __init__(self, walked: WalkedBlock, node: Node) -> None:
        rows = walked.rows(node)
        constant = walked.is_constant(node)
        self.steps = [rows] * walked.count if constant else list(rows)
        self._rows = np.broadcast_to(rows, (walked.count, *rows.shape)) if constant else rows

    def at(self, where: Where) -> Array:
        """The value there."""
        return self.steps[where] if isinstance(where, int) else self._rows[where][:, None]


def _multiplied(products: list[Factored]) -> Compute:
    def compute(values: Values, where: Where, _: Arriving) -> Array | None:
        total = None
        for product in products:
            base = values[product.base]
            if base is not None:
                part = product.at_step(where, base) if isinstance(where, int) else product.at_all(where, base)
                total = part if total is None else np.add(total, part, out=total)
        return total

    return compute


def _part(node: Node) -> Compute:
    source, columns = node.whole, slice(node.offset, node.offset + node.width)

    def compute(values: Values, _: Where, __: Arriving) -> Array | None:
        whole = values[source]
        return None if whole is None else whole[..., columns]

    return compute


def _scaled(factor: Forward, base: Node) -> Compute:
    def compute(values: Values, where: Where, _: Arriving) -> Array | None:
        found = values[base]
        return None if found is None else np.multiply(factor.at(where), found)

    return compute


def _added(first: Node, second: Node) -> Compute:
    def compute(values: Values, _: Where, __: Arriving) -> Array | None:
        one, other = values[first], values[second]
        if one is None or other is None:
            return one if other is None else other
        return np.add(one, other)

    return compute


def _general(node: Node, forward: list[Forward | None]) -> Compute:
    """Any other operation; ``forward`` are the values of the arguments that bring no gradient."""
    name = str(node.key[0])
    function = _UFUNCS.get(name) if node.rank == 1 else None

    def compute(values: Values, where: Where, arriving: Arriving) -> Array | None:
        alive = [values[arg] if each is None else None for arg, each in zip(node.args, forward, strict=True)]
        there = [array for array in alive if array is not None]
        if not there:
            return None
        if name == "identity" or (name in ("add", "sub") and len(there) == 1 and all(each is None for each in forward)):
            return np.negative(there[0]) if name == "sub" and alive[0] is None else there[0]
        lead = next(array.shape[:-1] for array in arriving.values())
        args = [
            array
            if array is not None
            else np.zeros((*lead, *arg.shape), there[0].dtype)
            if each is None
            else each.at(where)
            for array, arg, each in zip(alive, node.args, forward, strict=True)
        ]
        return _by_table(node, name, args) if function is None else function(*args)

    return compute


def _by_table(node: Node, name: str, args: list[Array]) -> Array:
    """An operator as the table computes it; beside matrices, vectors get an axis."""
    if node.rank == 2 and is_elementwise(name):
        args = [a if n.rank == 2 else a[..., None] for a, n in zip(args, node.args, strict=True)]
    attributes = [part for part in node.key[1:] if isinstance(part, float)]
    return np.asarray(OPERATORS[name].value(*args, *attributes))


def _itself(node: Node) -> Node:
    return node
