"""Ω of a problem as a function of its parameters, real or complex, and what its gradient says of a direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from core.regulariser.flows import flow_of
from core.regulariser.information_flow import InformationFlow, information_flow
from core.regulariser.rows import Finished, groups_of
from core.regulariser.settings import Regulariser
from core.run import Problem, Run

Direction = dict[str, np.ndarray]
TINY = 1e-30


def flow(problem: Problem, settings: Regulariser) -> InformationFlow:
    return information_flow(Run(problem).complete(), settings)


def omega(problem: Problem, settings: Regulariser) -> complex:
    """Ω, by its terms alone."""
    run = Run(problem).complete()
    total = 0.0
    for group in groups_of(Finished(problem, run.values, run.adjoints)):
        found = flow_of(group, settings.block or "l0", settings.state)
        total += np.where(found.counts, (found.ratio - 1) ** 2, 0.0).sum()
    return total


def moved(problem: Problem, direction: Direction, by: complex) -> Problem:
    """The problem with its parameters moved along a direction."""
    parameters = {path: value + by * direction[path] for path, value in problem.parameters.items()}
    return replace(problem, parameters=parameters, dtype=np.result_type(by, float))


def some_direction(problem: Problem, seed: int = 5) -> Direction:
    """A random direction in all trainable parameters at once; others stay."""
    generator = np.random.default_rng(seed)
    trainable = problem.network.trainable
    return {p: generator.normal(size=np.shape(v)) * (p in trainable) for p, v in problem.parameters.items()}


def by_complex_step(problem: Problem, settings: Regulariser, direction: Direction) -> float:
    return float(np.imag(omega(moved(problem, direction, TINY * 1j), settings)) / TINY)


def by_difference(problem: Problem, settings: Regulariser, direction: Direction, step: float = 1e-6) -> float:
    there, back = (np.real(omega(moved(problem, direction, by), settings)) for by in (step, -step))
    return float((there - back) / (2 * step))


def along(found: InformationFlow, direction: Direction) -> float:
    """What a gradient says of a direction."""
    return sum(float((gradient * direction[path]).sum()) for path, gradient in found.gradients.items())


def choices(problem: Problem) -> Iterator[Regulariser]:
    """Every layer with a memory, each with both states."""
    for block in problem.network.layers:
        if block.cell.definition.delays:
            yield Regulariser(1.0, "output", block=block.name)
            yield Regulariser(1.0, "all", block=block.name)
