"""The walk that proofs rest on gives the losses that a run gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.gradients.proof.replay import Nudge, replay
from core.run import Intervention, Run
from tests.core.gradients.problems import problem_for, run_for


@pytest.mark.parametrize("start", [0, 1, 4])
def test_without_a_difference_it_gives_the_loss_of_the_run(start: int) -> None:
    weights = np.array([[1, 0], [0, 0], [1, 1], [0, 1], [1, 1]], float)
    overwritten = (Intervention("l1", "h", 2, 0, 0.4),)
    run = run_for("lstm", "h = tanh(W @ x + U @ h[-1] + Q @ h[-3])", weights=weights, interventions=overwritten)
    outcome = replay(run, [], 1, start)
    np.testing.assert_allclose(outcome.losses[0], run.losses()[start:].sum(axis=0), rtol=1e-13)
    assert not outcome.kinks.any()


def test_a_difference_in_a_variable_holds_everything_before_it() -> None:
    problem = problem_for("lstm")
    value = Run(problem).complete().values("l0/c")[2, 1, 0]
    shifted = (Intervention("l0", "c", 2, 0, value + 0.5),)
    overwritten = Run(replace(problem, interventions=shifted)).complete()
    addend = np.zeros((1, 2, 3))
    addend[0, 1, 0] = 0.5
    outcome = replay(Run(problem).complete(), [Nudge("l0/c", 2, addend)], 1, 2)
    np.testing.assert_allclose(outcome.losses[0, 1], overwritten.losses()[2:, 1].sum(), rtol=1e-13)


def test_it_knows_the_time() -> None:
    run = run_for("h = where(mod(t, 2) == 0, tanh(W @ x + U @ h[-1]), h[-1])")
    np.testing.assert_allclose(replay(run, [], 1).losses[0], run.losses().sum(axis=0), rtol=1e-13)
