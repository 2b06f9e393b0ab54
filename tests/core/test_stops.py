"""Breakpoints that follow from verdicts stop where these say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.breakpoints import AtTime, DeadUnit, Explodes, NonFinite, Saturated, Vanishes, first_event
from core.frame import Sentence
from core.gradients.thresholds import Kind, Thresholds
from core.gradients.verdicts import Verdict, verdicts
from core.run import Run
from core.stops import stop_for
from tests.core.gradients.problems import problem_for


def at_last(problem):
    weights = np.zeros_like(problem.loss_weights)
    weights[-1] = 1.0
    return replace(problem, weights=weights)


@pytest.mark.parametrize(("size", "kind"), [(0.2, Kind.VANISHES), (2.0, Kind.EXPLODES)])
def test_the_walk_stops_at_the_step_of_the_verdict(size, kind):
    problem = at_last(problem_for("rnn_identity", steps=14, batch=1))
    problem = replace(problem, parameters={**problem.parameters, "l0/U": size * np.eye(3)})
    limits = Thresholds(vanish=1e-4, explode=1e3)
    run = Run(problem).complete()
    (found,) = (verdict for verdict in verdicts(run, limits) if verdict.kind is kind)
    point = stop_for(found, limits, problem.network)
    event = first_event(Run(problem), [point], 0, lambda: False)
    assert f"at t = {found.t + 1}" in event.text


def verdict_on(kind, path, t=2):
    return Verdict(kind, path, None, (0,), (t,), {}, Sentence(""))


def test_every_kind_has_its_breakpoint():
    network, limits = problem_for("lstm").network, Thresholds(vanish=1e-3, explode=1e3, flat=0.36)
    assert stop_for(verdict_on(Kind.VANISHES, "l0/c"), limits, network) == Vanishes("l0/c", 1e-3)
    assert stop_for(verdict_on(Kind.EXPLODES, "l0/c"), limits, network) == Explodes("l0/c", 1e3)
    assert stop_for(verdict_on(Kind.NOT_FINITE, "l0/c"), limits, network) == NonFinite()
    assert stop_for(verdict_on(Kind.DEAD, "l0/g"), limits, network) == DeadUnit("l0/g")
    assert stop_for(verdict_on(Kind.SATURATED, "l0/g"), limits, network) == AtTime(2)
    point = stop_for(verdict_on(Kind.SATURATED, "l0/f"), limits, network)
    assert point == Saturated("l0/f", pytest.approx(0.9))
    assert point.threshold * (1 - point.threshold) == pytest.approx(0.36 / 4)
