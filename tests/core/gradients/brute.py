"""Itemised gradients by brute force: one whole backward pass of a run for every loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from core.run import Problem, Run


def run_of_loss(problem: Problem, t: int, sample: int) -> Run:
    """The complete run of which only the loss of one sequence at one step counts."""
    weights = np.zeros_like(problem.loss_weights)
    weights[t, sample] = problem.loss_weights[t, sample]
    return Run(replace(problem, weights=weights)).complete()


def adjoints_by_loss(problem: Problem, path: str, sample: int = 0) -> Any:
    """dL_t/d(variable at k), (T, T, H)."""
    count = problem.length(sample)
    found = [run_of_loss(problem, t, sample).adjoints(path)[:count, sample] for t in range(count)]
    return np.array(found)


def reached_paths(run: Run) -> Iterator[str]:
    """The variables that a gradient can reach."""
    for block in run.network.blocks:
        for name in block.cell.definition.variables:
            if run.adjoints(f"{block.name}/{name}") is not None:
                yield f"{block.name}/{name}"
