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


def runs_by_loss(problem: Problem, sample: int = 0) -> list[Run]:
    """The complete runs of the losses of one sequence, each alone."""
    return [run_of_loss(problem, t, sample) for t in range(problem.length(sample))]


def adjoints_by_loss(runs: list[Run], path: str, sample: int = 0) -> Any:
    """dL_t/d(variable at k) of ``runs_by_loss``, (T, T, H)."""
    return np.array([run.adjoints(path)[: len(runs), sample] for run in runs])


def reached_paths(run: Run) -> Iterator[str]:
    """The variables that a gradient can reach."""
    for block in run.network.blocks:
        for name in block.cell.definition.variables:
            if run.adjoints(f"{block.name}/{name}") is not None:
                yield f"{block.name}/{name}"
