"""Numbers of the shipped scenarios, for the tests of what their lessons tell."""

from __future__ import annotations

from functools import cache

import numpy as np

from core.lanes import Companion
from core.learning.training import accuracy
from core.run import Run
from core.scenario import Scenario, read_scenario
from core.scenario_session import session_of_scenario
from core.session import Session


@cache
def opened(name: str) -> Session:
    return session_of_scenario(read_scenario(name))


@cache
def run_of(name: str, lane: int = -1, iteration: int = 0) -> Run:
    """The finished run of the lead (-1) or of a lane."""
    session = opened(name)
    if lane < 0:
        return session.branch.run(iteration).complete()
    companion: Companion = session.lanes[lane]
    run = companion.run(session.branch, iteration)
    assert isinstance(run, Run), run
    return run.complete()


def values(name: str, path: str, lane: int = -1, iteration: int = 0) -> np.ndarray:
    """(T, H)"""
    return run_of(name, lane, iteration).values(path)[:, 0]


def norms(name: str, path: str, lane: int = -1, iteration: int = 0) -> np.ndarray:
    """(T,) the length of dL/d(variable)."""
    adjoints = run_of(name, lane, iteration).adjoints(path)
    assert adjoints is not None
    return np.linalg.norm(adjoints[:, 0], axis=-1)


def probability(name: str, label: str, lane: int = -1) -> np.ndarray:
    """(T,) of a class."""
    labels = opened(name).setup.sequence.target_labels
    return values(name, "head/y", lane)[:, labels.index(label)]


def held_out(scenario: Scenario, count: int = 1000) -> float:
    return accuracy(scenario.network(), scenario.parameters(), scenario.supply().some_held_out(count), scenario.score)


def near(value: object, told: object, part: float = 0.02) -> bool:
    """Whether a number is what is told of it, as far as its digits go."""
    return bool(np.allclose(value, told, rtol=part))
