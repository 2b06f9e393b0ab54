"""Terms of a parameter's gradient at one step, for many losses side by side, without forming their matrices.

A term is mostly a product of rank one, delta times what the matrix had read; its norm and its component in any
direction follow from the two vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.gradients.backward.sweep import Visit
from core.gradients.backward.walked_block import WalkedBlock
from core.gradients.itemised.shares import row_norms
from core.plan.nodes import GradientTerm, Node

Array = NDArray[Any]
Columns = tuple[int, int]


class Factors(msgspec.Struct, frozen=True, eq=False):
    """left (n, R) times right (C,), or left (R,) times right (n, C), at the columns first:last of the matrix."""

    left: Array
    right: Array
    columns: Columns

    @property
    def count(self) -> int:
        """n, the number of losses."""
        return len(self.left if self.left.ndim == 2 else self.right)

    def of(self, r: int) -> Factors:
        """Those of one loss."""
        one = slice(r, r + 1)
        left, right = (each[one] if each.ndim == 2 else each for each in (self.left, self.right))
        return Factors(left, right, self.columns)

    def along(self, unit: Array) -> Array:
        """The component of each product in a direction, (n,)."""
        unit = unit[:, slice(*self.columns)]
        return np.asarray(self.left @ (unit @ self.right) if self.left.ndim == 2 else self.right @ (self.left @ unit))

    def norms(self) -> Array:
        """The Frobenius norm of each product, (n,)."""
        return np.asarray(row_norms(np.atleast_2d(self.left)) * row_norms(np.atleast_2d(self.right)))

    def add_to(self, total: Array) -> None:
        """Add the sum of all products to a matrix."""
        left, right = (each.sum(axis=0) if each.ndim == 2 else each for each in (self.left, self.right))
        total[:, slice(*self.columns)] += np.multiply.outer(left, right)


class Terms(msgspec.Struct, frozen=True, eq=False):
    """The terms of n losses at one step: matrices of rank one, and ``dense`` (n, *shape), None for nothing."""

    factors: tuple[Factors, ...]
    dense: Array | None
    shape: tuple[int, ...]

    def norms(self) -> Array:
        """The Frobenius norm of each loss's term, (n,)."""
        if self.dense is not None and not self.factors:
            return row_norms(self.dense.reshape(len(self), -1))
        if self.dense is None and self._are_apart():
            found = [each.norms() for each in self.factors]
            return found[0] if len(found) == 1 else row_norms(np.stack(found, axis=-1))
        return np.array([float(row_norms(self._one(r).reshape(1, -1))[0]) for r in range(len(self))])

    def along(self, unit: Array) -> Array:
        """The component of each loss's term in the direction of ``unit``, (n,)."""
        found = np.zeros(len(self)) if self.dense is None else self.dense.reshape(len(self), -1) @ unit.ravel()
        for each in self.factors:
            found = found + each.along(unit)
        return np.asarray(found)

    def summed(self) -> Array:
        """The sum over the losses, in the parameter's shape."""
        total = np.zeros(self.shape) if self.dense is None else np.array(self.dense.sum(axis=0))
        for each in self.factors:
            each.add_to(total)
        return total

    def __len__(self) -> int:
        return self.factors[0].count if self.dense is None else len(self.dense)

    def _one(self, r: int) -> Array:
        factors = tuple(each.of(r) for each in self.factors)
        return Terms(factors, None if self.dense is None else self.dense[r : r + 1], self.shape).summed()

    def _are_apart(self) -> bool:
        """Whether no two products share a column, so that squares of norms add up."""
        places = sorted(each.columns for each in self.factors)
        return all(before[1] <= after[0] for before, after in pairwise(places))


class StepTerms:
    """How the terms of one parameter's gradient are made of what visits of a block give."""

    def __init__(self, walked: WalkedBlock, terms: Sequence[GradientTerm], shape: tuple[int, ...]) -> None:
        self._walked, self._terms, self.shape = walked, terms, shape

    def at(self, visit: Visit) -> Terms | None:
        """The terms at one step; None where nothing arrives."""
        dense: Array | None = None
        factors: list[Factors] = []
        for term in self._terms:
            if term.source is not None:
                found = self._product(term, term.source, visit)
                factors += [] if found is None else [found]
            elif (delta := visit.values[term.delta]) is not None:
                part = delta.reshape(len(delta), *self.shape)
                dense = part if dense is None else dense + part
        return Terms(tuple(factors), dense, self.shape) if factors or dense is not None else None

    def _product(self, term: GradientTerm, source: Node, visit: Visit) -> Factors | None:
        """One product: a gradient at one side of it, and what the matrix had read at the other."""
        left, right = visit.values[term.delta], visit.values[source]
        if left is None and right is None:
            return None
        left, right = (self._at_step(node, visit.row) if found is None else found
                       for node, found in ((term.delta, left), (source, right)))  # fmt: skip
        return Factors(left, right, self._columns(term))

    def _at_step(self, node: Node, row: int) -> Array:
        rows = self._walked.rows(node)
        return np.broadcast_to(rows if self._walked.is_constant(node) else rows[row], node.shape)

    def _columns(self, term: GradientTerm) -> Columns:
        return term.columns or (0, self.shape[1])

    def of_run(self) -> Array:
        """The gradient as the run has it, from this sequence and this block alone."""
        total = np.zeros(self.shape)
        with np.errstate(all="ignore"):
            for term in self._terms:
                delta = self._walked.stored(term.delta)
                if term.source is None:
                    total += delta.reshape(-1, *term.delta.shape).sum(axis=0).reshape(self.shape)
                else:
                    total[:, slice(*self._columns(term))] += delta.T @ self._walked.stored(term.source)
        return total
