"""Steps of one block backward, for many gradients side by side, from its derived backward equations.

What arrives at variables is given as (n, H) for one step, or (S', n, H) for several steps at once: ``n`` gradients that
know nothing of each other. What nothing has reached is None: it costs nothing and is no number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.bulk.graph import in_order
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
    "identity": np.positive,
}


class _Product(msgspec.Struct, frozen=True, eq=False):
    """An affine node: its sources, and the matrix of each, (source, result), one below the other."""

    sources: tuple[Node, ...]
    weights: Array

    @property
    def places(self) -> dict[Node, slice]:
        """The rows of the matrix that belong to each source."""
        places, first = {}, 0
        for node in self.sources:
            places[node] = slice(first, first + node.width)
            first += node.width
        return places


class BackSteps:
    """The backward equations of one walked block, as far as the ``wanted`` nodes of its plan need them."""

    def __init__(self, walked: WalkedBlock, wanted: Iterable[Node]) -> None:
        self.walked = walked
        self._alive: dict[Node, bool] = {}
        self.order = [node for node in in_order(list(wanted)) if self.is_alive(node)]
        self.products = {node: self._product(node) for node in self.order if node.kind == AFFINE}
        self.places = self._stand_together()
        self._known: dict[Node, Array | list[Array]] = {}
        lowered = walked.block.plan.layout.lowered
        self.stops = self._overwritten({node: name for name, node in lowered.adjoints.items()})

    def at(self, where: Where, arriving: Arriving) -> Values:
        """The wanted values at a step, or at several at once; what arrives by the name of the variable."""
        with np.errstate(all="ignore"):
            return _Evaluation(self, where, arriving).run()

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

    def _product(self, node: Node) -> _Product:
        blocks: dict[Node, Array] = {}
        for product in node.maps:
            matrix = self.walked.matrix(product).T
            blocks[product.source] = blocks[product.source] + matrix if product.source in blocks else matrix
        return _Product(tuple(blocks), np.concatenate(list(blocks.values())))

    def _stand_together(self) -> dict[Node, tuple[_Product, slice]]:
        """Where results are written, so that those which a product reads stand side by side."""
        places: dict[Node, tuple[_Product, slice]] = {}
        for product in self.products.values():
            wide = len(product.sources) > 1 and not any(node in places for node in product.sources)
            if wide and all(_can_stand(node) for node in product.sources):
                places.update({node: (product, columns) for node, columns in product.places.items()})
        return places

    def _overwritten(self, adjoints: Mapping[Node, str]) -> dict[Node, NDArray[np.bool_]]:
        """For adjoints of variables that are overwritten at some steps: which units are, (S, H)."""
        walked, found = self.walked, {}
        for node, name in adjoints.items():
            mask = np.zeros((walked.count, node.width), bool)
            for step in range(walked.count):
                mask[step, list(walked.tape.overwritten(walked.first + step, name))] = True
            if mask.any():
                found[node] = mask
        return found


class _Evaluation:
    """One evaluation of steps: the values found so far, and the buffers in which sources of products stand."""

    def __init__(self, steps: BackSteps, where: Where, arriving: Arriving) -> None:
        self._steps, self._where, self._arriving = steps, where, arriving
        self._lead = next(array.shape[:-1] for array in arriving.values())
        self._dtype = steps.walked.tape.dtype
        self._values: Values = {}
        self._buffers: dict[int, Array] = {}

    def run(self) -> Values:
        values = self._values
        arrived: Values = {}  # at overwritten variables: shown, but not sent on
        for node in self._steps.order:
            found = values[node] = self._value(node)
            if found is not None and node in self._steps.stops:
                arrived[node] = np.array(found)
                values[node] = self._placed(node, np.where(self._stopped(node), 0.0, found))
        values |= arrived
        return values

    def _stopped(self, node: Node) -> NDArray[np.bool_]:
        mask = self._steps.stops[node][self._where]
        return mask if isinstance(self._where, int) else mask[:, None]

    def _value(self, node: Node) -> Array | None:
        if node.kind == LEAF:
            return self._arriving.get(str(node.key[1]))
        if node.kind == AFFINE:
            return self._multiplied(self._steps.products[node])
        if node.kind == VIEW:
            whole = self._values[node.whole]
            return None if whole is None else whole[..., node.offset : node.offset + node.width]
        return self._operation(node)

    def _multiplied(self, product: _Product) -> Array | None:
        found = {node: array for node in product.sources if (array := self._values[node]) is not None}
        if len(found) == len(product.sources):
            stood = self._steps.places.get(product.sources[0])
            if stood is not None and stood[0].sources == product.sources:
                return np.matmul(self._buffers[id(stood[0])], product.weights)
        places = product.places
        parts = [array @ product.weights[places[node]] for node, array in found.items()]
        return sum(parts[1:], parts[0]) if parts else None

    def _operation(self, node: Node) -> Array | None:
        name, is_alive = str(node.key[0]), self._steps.is_alive
        alive = [self._values[arg] if is_alive(arg) else None for arg in node.args]
        there = [array for array in alive if array is not None]
        if not there:
            return None
        out = self._out(node)
        if name in ("add", "sub") and len(there) == 1:  # nothing has reached the other side
            return self._alone(there[0], np.negative if name == "sub" and alive[0] is None else np.positive, out)
        if name == "identity":
            return self._alone(there[0], np.positive, out)
        args = [self._other(arg) if array is None else array for array, arg in zip(alive, node.args, strict=True)]
        if name in _UFUNCS and node.rank == 1:
            return _UFUNCS[name](*args, out=out)
        return self._general(node, name, args)

    @staticmethod
    def _alone(array: Array, function: Callable[..., Array], out: Array | None) -> Array:
        return array if out is None and function is np.positive else function(array, out=out)

    def _out(self, node: Node) -> Array | None:
        """Where a result must stand; None where it does not matter."""
        place = self._steps.places.get(node)
        if place is None:
            return None
        product, columns = place
        buffer = self._buffers.get(id(product))
        if buffer is None:
            buffer = self._buffers[id(product)] = np.empty((*self._lead, len(product.weights)), self._dtype)
        return buffer[..., columns]

    def _placed(self, node: Node, array: Array) -> Array:
        out = self._out(node)
        if out is None:
            return array
        out[...] = array
        return out

    def _other(self, arg: Node) -> Array:
        """An argument that brings no gradient: a forward value, or zeros."""
        if self._steps.is_alive(arg):
            return np.zeros((*self._lead, *arg.shape), self._dtype)
        return self._steps.forward(arg, self._where)

    @staticmethod
    def _general(node: Node, name: str, args: list[Array]) -> Array:
        """An operator as the table computes it; beside matrices, vectors get an axis."""
        if node.rank == 2 and is_elementwise(name):
            args = [a if n.rank == 2 else a[..., None] for a, n in zip(args, node.args, strict=True)]
        attributes = [part for part in node.key[1:] if isinstance(part, float)]
        return np.asarray(OPERATORS[name].value(*args, *attributes))


def _can_stand(node: Node) -> bool:
    """Whether a node's result can be written where somebody wants it."""
    return node.kind == OPERATION and node.rank == 1 and node.key[0] in _UFUNCS
