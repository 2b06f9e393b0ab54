"""Gradients of parameters from the rows of a whole pass: few products over time, each for all that stands together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bulk.rows import Rows
from core.plan.nodes import GradientTerm, Node

Array = NDArray[Any]


def parameter_gradients(
    rows: Rows, terms: Mapping[str, list[GradientTerm]], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Array]:
    """dL/d(parameter) by name: the sums of their ``terms`` over steps and sequences."""
    totals = {name: np.zeros(shape, rows.dtype) for name, shape in shapes.items()}
    sources: dict[Node | None, dict[Node, list[GradientTerm]]] = {}
    for term in (term for name in shapes for term in terms.get(name, [])):
        sources.setdefault(term.source, {}).setdefault(term.delta, []).append(term)
    for source, by_delta in sources.items():
        for run in rows.side_by_side(by_delta):
            found = _summed(rows, run) if source is None else _product(rows, run, source)
            first = 0
            for delta in run:
                for term in by_delta[delta]:
                    _add(totals[term.parameter], term, found[first : first + delta.shape[0]])
                first += delta.shape[0]
    return totals


def _summed(rows: Rows, run: list[Node]) -> Array:
    """What all steps and sequences send, added up."""
    deltas = rows.beside(run)
    return np.asarray(deltas.reshape(-1, *deltas.shape[1 + len(rows.batch) :]).sum(axis=0))


def _product(rows: Rows, run: list[Node], source: Node) -> Array:
    """The sum of delta times source over all steps and sequences, (deltas, source)."""
    deltas, factor = rows.beside(run), rows.full(source)
    return np.asarray(deltas.reshape(-1, deltas.shape[-1]).T @ factor.reshape(-1, source.width))


def _add(total: Array, term: GradientTerm, part: Array) -> None:
    if term.source is None:
        total += part.reshape(total.shape)
    else:
        total[:, slice(None) if term.columns is None else slice(*term.columns)] += part
