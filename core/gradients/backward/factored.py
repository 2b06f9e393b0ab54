"""Matrix products of a backward step, with the forward values on their way taken into the matrix.

Where many gradients go through ``W.T @ (factor * dc)`` side by side, ``diag(factor) W`` is formed once a step. What all
products of a sum read in common is then multiplied once: an LSTM's four gates are two products.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.gradients.backward.walked_block import WalkedBlock
from core.plan.nodes import OPERATION, Node

Array = NDArray[Any]


class Factored:
    """``base`` times the sum of diag(factor) W over several factors (None for 1) and matrices W, (base, result)."""

    def __init__(self, walked: WalkedBlock, base: Node, summands: list[tuple[Node | None, Array]]) -> None:
        self.base, self._walked = base, walked
        self._factors = [factor for factor, _ in summands]
        self._weights = np.stack([weights for _, weights in summands])
        self._whole = None if any(self._factors) else self._weights.sum(axis=0)
        self._rows: list[Array] = []
        self._matrix = np.empty_like(self._weights[0])  # the same one at each step: it stays in the processor's cache

    def at_step(self, step: int, base: Array) -> Array:
        """The product at a step, (n, result), for a base (n, ·)."""
        return np.asarray(np.matmul(base, self._at(step) if self._whole is None else self._whole))

    def _at(self, step: int) -> Array:
        """The matrix of a step, (base, result); valid until the next one is asked for."""
        if not self._rows:
            self._rows = list(np.stack([self._over_time(factor) for factor in self._factors], axis=1))
        rows, weights = self._rows[step], self._weights
        if len(rows) == 1:
            return np.multiply(rows[0, :, None], weights[0], out=self._matrix)
        return np.asarray(np.einsum("fb,fbr->br", rows, weights, out=self._matrix))

    def at_all(self, steps: slice, base: Array) -> Array:
        """The product at several steps at once, (S', n, result), for a base (S', n, ·)."""
        if self._whole is not None:
            return base @ self._whole
        parts = []
        for factor, weights in zip(self._factors, self._weights, strict=True):
            parts.append((base if factor is None else base * self._over_time(factor)[steps][:, None]) @ weights)
        return np.asarray(sum(parts[1:], parts[0]))

    def _over_time(self, factor: Node | None) -> Array:
        """A factor at every step, (S, base)."""
        shape, walked = (self._walked.count, self.base.width), self._walked
        return np.ones(shape, walked.tape.dtype) if factor is None else np.broadcast_to(walked.rows(factor), shape)


def factored(walked: WalkedBlock, affine: Node, is_alive: Callable[[Node], bool]) -> list[Factored]:
    """The products of an affine node of the backward pass, one for each base."""
    by_base: dict[Node, dict[Node | None, Array]] = {}
    for product in affine.maps:
        factor, base = _taken_apart(product.source, is_alive)
        found, matrix = by_base.setdefault(base, {}), walked.matrix(product).T
        found[factor] = found[factor] + matrix if factor in found else matrix
    return [Factored(walked, base, list(summands.items())) for base, summands in by_base.items()]


def _taken_apart(node: Node, is_alive: Callable[[Node], bool]) -> tuple[Node | None, Node]:
    """A forward value and what it is multiplied by; None and the node itself where it is no such product."""
    if node.kind == OPERATION and node.key == ("mul",) and node.rank == 1:
        factor, base = node.args
        if not is_alive(factor) and factor.rank == 1 and base.shape == node.shape:
            return factor, base
    return None, node
