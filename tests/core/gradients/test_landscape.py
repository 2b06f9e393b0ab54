"""The loss over parameters: against closed forms, finite differences, and the walls of an iterated map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import Cancelled, SessionError
from core.gradients.landscape import (
    at_random,
    describe,
    gradient_of,
    landings,
    loss_along,
    loss_over,
    one_entry,
    orthogonal_to,
    towards,
    uphill,
)
from core.learning.clipping import Clipping
from core.network import build_network
from core.run import Problem, Run
from tests.core.gradients.problems import cell_of, problem_for

DISTANCES = np.linspace(-0.5, 0.5, 11)


def power(w: float, steps: int, start: float, wanted: float) -> Problem:
    """h_t = w h_{t-1} of one unit, with half the squared error at the end."""
    network = build_network(cell_of("h = W @ h[-1] + 0 * (P @ x)", 1, 1), head="direct", loss="squared")
    parameters = {"l0/W": np.array([[w]]), "l0/P": np.array([[0.0]])}
    targets, weights = np.full((steps, 1, 1), wanted), np.zeros((steps, 1))
    weights[-1] = 1.0
    initial = {"l0/h": np.array([[[start]]])}
    return Problem(network, parameters, np.zeros((steps, 1, 1)), targets, weights, initial)


def test_the_line_of_a_power_is_its_closed_form():
    problem = power(0.9, 20, 2.0, 1.0)
    line = loss_along(problem, one_entry(problem.parameters, "l0/W", (0, 0)), DISTANCES)
    expected = 0.5 * (2.0 * (0.9 + DISTANCES) ** 20 - 1.0) ** 2
    assert np.allclose(line.losses, expected, rtol=1e-12)
    assert line.slope == pytest.approx((2 * 0.9**20 - 1) * 2 * 20 * 0.9**19, rel=1e-12)
    assert line.direction.name == "l0/W[1, 1]"


def test_clipping_keeps_a_step_at_a_wall_from_flying_off():
    problem = power(1.3, 20, 2.0, 1.0)
    direction = one_entry(problem.parameters, "l0/W", (0, 0))
    free, clipped = landings(problem, 0.01, (Clipping(), Clipping("norm", 1.0)), (direction,))
    assert free.length > 1000
    assert free.loss > 1e30
    assert clipped.length == pytest.approx(0.01)
    assert clipped.at == (pytest.approx(-0.01),)
    assert clipped.loss < loss_along(problem, direction, np.zeros(1)).losses[0]


@pytest.mark.parametrize("cell", ["rnn_tanh", "lstm", "gru"])
def test_the_slope_is_that_of_the_line(cell):
    problem = problem_for(cell, batch=3)
    for direction in (uphill(gradient_of(problem)[1]), at_random(problem.parameters, problem.network.trainable, 1)):
        near = np.array([-1e-5, 0.0, 1e-5])
        line = loss_along(problem, direction, near)
        assert (line.losses[2] - line.losses[0]) / 2e-5 == pytest.approx(line.slope, rel=1e-6, abs=1e-8)
        assert line.losses[1] == pytest.approx(float(Run(problem).complete().losses().sum()), rel=1e-12)


def test_uphill_is_where_the_loss_grows_fastest():
    problem = problem_for("lstm")
    gradients = gradient_of(problem)[1]
    size = np.sqrt(sum((array**2).sum() for array in gradients.values()))
    assert loss_along(problem, uphill(gradients), DISTANCES).slope == pytest.approx(size, rel=1e-12)


def test_a_plane_holds_its_lines():
    problem = problem_for("gru", units=2)
    first = uphill(gradient_of(problem)[1])
    second = orthogonal_to(first, at_random(problem.parameters, problem.network.trainable, 3))
    assert second.along(first.arrays) == pytest.approx(0.0, abs=1e-12)
    plane = loss_over(problem, (first, second), DISTANCES, DISTANCES)
    assert np.allclose(plane.losses[5], loss_along(problem, first, DISTANCES).losses, rtol=1e-12)
    assert np.allclose(plane.losses[:, 5], loss_along(problem, second, DISTANCES).losses, rtol=1e-12)


def test_earlier_parameters_lie_where_they_are():
    problem = problem_for("lstm")
    parameters = problem.parameters
    first = uphill(gradient_of(problem)[1])
    second = orthogonal_to(first, at_random(parameters, problem.network.trainable, 3))
    earlier = second.from_point(first.from_point(parameters, 0.3), -0.2)
    plane = loss_over(problem, (first, second), DISTANCES[:2], DISTANCES[:2], path=(earlier, parameters))
    assert np.allclose(plane.path, [[0.3, -0.2], [0.0, 0.0]], atol=1e-12)
    assert np.allclose(loss_along(problem, first, DISTANCES[:1], path=(earlier,)).path, [0.3])


def test_between_two_weights_lies_one_at_its_distance():
    problem = problem_for("lstm")
    paths = problem.network.trainable
    other = {path: array + (0.1 if path in paths else 0.0) for path, array in problem.parameters.items()}
    direction = towards(problem.parameters, other, paths)
    distance = np.sqrt(sum(0.01 * problem.parameters[path].size for path in paths))
    line = loss_along(problem, direction, np.array([0.0, distance]))
    there = replace(problem, parameters=other)
    assert line.losses[1] == pytest.approx(float(Run(there).complete().losses().sum()), rel=1e-9)


def test_the_same_seed_gives_the_same_direction():
    problem = problem_for("lstm")
    one, other = (at_random(problem.parameters, problem.network.trainable, 7) for _ in range(2))
    assert all(np.array_equal(one.arrays[path], other.arrays[path]) for path in one.arrays)


def test_what_spans_nothing_is_refused():
    problem = problem_for("lstm")
    direction = uphill(gradient_of(problem)[1])
    with pytest.raises(SessionError, match="span no plane"):
        orthogonal_to(direction, direction)
    with pytest.raises(SessionError, match="the other weights is zero"):
        towards(problem.parameters, problem.parameters, problem.network.trainable)
    with pytest.raises(SessionError, match="no loss without targets"):
        gradient_of(replace(problem, targets=None))


def test_it_can_be_stopped_and_says_how_far_it_is():
    problem = problem_for("lstm")
    said = []
    direction = uphill(gradient_of(problem)[1])
    loss_along(problem, direction, DISTANCES, progress=lambda done, total: said.append((done, total)))
    assert said == [(n, 11) for n in range(1, 12)]
    with pytest.raises(Cancelled):
        loss_along(problem, direction, DISTANCES, cancelled=lambda: True)


def test_a_cliff_is_told_in_words():
    problem = power(1.0, 30, 2.0, 1.0)
    line = loss_along(problem, one_entry(problem.parameters, "l0/W", (0, 0)), np.linspace(-0.1, 0.1, 21))
    assert "steepest at a distance of +0.095" in str(describe(line))
    line = loss_along(problem, line.direction, np.array([1e30, 1e31]))
    assert "not finite anywhere" in str(describe(line))
