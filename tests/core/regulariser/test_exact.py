"""The exact gradient of Ω against Ω itself, by complex step and by differences, on networks and cells of every kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.bulk import Bulk
from core.errors import SessionError
from core.regulariser.information_flow import information_flow
from core.regulariser.settings import Regulariser
from core.run import Intervention, Problem, Run
from tests.core.network_cases import ALIGNED, NETWORKS, problem_on
from tests.core.regulariser.omega_values import (
    along,
    by_complex_step,
    by_difference,
    choices,
    flow,
    omega,
    some_direction,
)
from tests.core.walk_cases import SCALARS, TWO_STATES, session_of

CELLS = ["rnn_tanh", "rnn_relu", "lstm", "gru", "gru_reset_before", "lstm_peephole", "lstm_projected",
         "rnn_leaky_trained", "rnn_clockwork", "rnn_skip", "mgu", SCALARS]  # fmt: skip


def compare(problem: Problem) -> None:
    """Exact to rounding: the complex step has no error of its own."""
    direction = some_direction(problem)
    for settings in choices(problem):
        found = flow(problem, settings)
        assert found.value == pytest.approx(float(omega(problem, settings).real), rel=1e-13)
        expected = by_complex_step(problem, settings, direction)
        assert along(found, direction) == pytest.approx(expected, rel=1e-10, abs=1e-10), settings


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str) -> None:
    compare(problem_on(NETWORKS[name]()))


@pytest.mark.parametrize("name", ALIGNED)
def test_sequences_of_different_lengths(name: str) -> None:
    compare(problem_on(NETWORKS[name](), steps=4, batch=3, lengths=(4, 2, 4)))


@pytest.mark.parametrize("cell", CELLS)
def test_cells(cell: str) -> None:
    compare(session_of(cell, steps=4, batch=2, at=(1, 3)).run.problem)


@pytest.mark.parametrize("cell", ["rnn_tanh", "lstm", "gru"])
def test_cells_by_differences(cell: str) -> None:
    problem = session_of(cell, steps=4).run.problem
    direction = some_direction(problem)
    for settings in choices(problem):
        expected = by_difference(problem, settings, direction)
        assert along(flow(problem, settings), direction) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_overwritten_units() -> None:
    problem = session_of("lstm", "gru", steps=4).run.problem
    touched = (("l0", "c", 2, 1, 0.3), ("l1", "h", 1, 0, -0.5), ("l0", "h", 1, 2, 0.9))
    compare(replace(problem, interventions=tuple(Intervention(*each) for each in touched)))


@pytest.mark.parametrize("name", ["up and down", "mixed"])
def test_a_whole_run_gives_the_same(name: str) -> None:
    problem = problem_on(NETWORKS[name](), batch=2)
    for settings in choices(problem):
        whole = information_flow(Bulk(problem.network).complete(problem), settings)
        walked = information_flow(Run(problem).complete(), settings)
        for path, gradient in walked.gradients.items():
            assert whole.gradients[path] == pytest.approx(gradient, rel=1e-9, abs=1e-11)


def test_what_is_not_there_is_said() -> None:
    skipping = session_of("rnn_skip_only").run.problem
    with pytest.raises(SessionError, match="not one step later"):
        flow(skipping, Regulariser(1.0))
    with pytest.raises(SessionError, match=r"no layer l7 with a memory in this network\. Layers with one: l0"):
        flow(skipping, Regulariser(1.0, block="l7"))
    two_back = session_of(TWO_STATES).run.problem
    assert flow(two_back, Regulariser(1.0)).value > 0
