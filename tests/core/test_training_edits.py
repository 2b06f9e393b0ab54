"""What a training learned goes back into the session, and any of its iterations can be walked: the same update."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from core.cell import load_cell
from core.errors import DataError
from core.files.snapshot import open_session, save_session
from core.lanes import another_network
from core.learning.course import Beginning, Course, beginning_anew
from core.learning.recipe import read_recipe
from core.learning.record import Training, digest_of
from core.learning.step import LearningSettings
from core.network import build_network
from core.scenario import read_scenario, scenario_names
from core.scenario_session import session_of_scenario
from core.sequence import Sequence
from core.session import Session, Setup
from core.training_edits import beginning_of, kept, walked


def agreement() -> Session:
    scenario = read_scenario("agreement")
    parameters, state, training = scenario.begun()
    learning = scenario.settings.learning.step()
    setup = Setup(scenario.network(), scenario.sequence(), learning=learning, training=training)
    return Session(setup, parameters, state)


@pytest.fixture
def session() -> Session:
    return agreement()


@pytest.fixture
def course(session) -> Course:
    return Course(beginning_anew(beginning_of(session), 3))


def test_a_scenario_tells_how_far_its_weights_were_trained(session):
    training = session.setup.training
    assert (training.done, training.batch, training.seed) == (900, 32, 5)
    assert training.weights == digest_of(session.parameters)
    assert read_recipe(training.recipe).scenario == "Subject and verb"


@pytest.mark.parametrize("name", scenario_names())
def test_beginning_anew_is_what_train_begins_with(name):
    scenario = read_scenario(name)
    parameters, state, training = scenario.begun()
    begun = Beginning(scenario.network(), parameters, state, training, LearningSettings(), scenario.sequence())
    found, expected = beginning_anew(begun, 7).parameters, scenario.initial_parameters(7)
    assert found.keys() == expected.keys()
    for path, value in expected.items():
        np.testing.assert_array_equal(found[path], value)


def test_values_that_do_not_fit_are_refused(session):
    training = replace(session.setup.training, values={"l0/b_f": [1.0, 2.0]})
    with pytest.raises(DataError, match="do not fit the network"):
        training.initial_parameters(session.setup.network, 0)


def test_weights_changed_by_hand_are_no_longer_those_of_the_recipe(session):
    session.set_weight("l0/b_f", (0,), 2.0)
    training = beginning_of(session).training
    assert (training.done, training.weights) == (0, "")
    assert "not trained by a recipe" in read_recipe(training.recipe).start
    assert training.task == session.setup.training.task


def test_what_was_learned_is_kept_by_one_edit_that_undo_takes_back(session, course):
    before = session.parameters
    course.go_on(6)
    session.edit(kept(course, course.at(4), session.setup))
    assert digest_of(session.parameters) == digest_of(course.at(4).parameters) == session.setup.training.weights
    assert session.setup.training.done == 4
    (stage,) = read_recipe(session.setup.training.recipe).stages
    assert (stage.iterations, stage.seed, stage.batch) == (4, 3, 32)
    assert session.undo()
    assert session.parameters is before
    assert session.setup.training.done == 900


def test_going_on_after_keeping_is_as_if_it_had_never_paused(session, course):
    course.go_on(4)
    session.edit(kept(course, course.last, session.setup))
    second = Course(beginning_of(session))
    second.go_on(3)
    course.go_on(3)
    assert digest_of(second.last.parameters) == digest_of(course.last.parameters)


@pytest.mark.parametrize("number", [1, 3])
def test_a_walked_iteration_makes_the_update_that_the_training_made(session, course, number):
    course.go_on(4)
    session.edit(walked(course, course.at(number - 1), session.setup))
    assert session.setup.sequence.batch == 32
    outcome, mark = session.outcome, course.marks[number]
    assert float(session.run.losses().sum()) == pytest.approx(mark.loss, rel=1e-12)
    assert outcome.report.norm_before == pytest.approx(mark.norm, rel=1e-12)
    assert (outcome.report.entries_cut > 0) == mark.clipped
    after = course.at(number)
    for path, value in after.parameters.items():
        np.testing.assert_allclose(outcome.parameters[path], value, rtol=0, atol=1e-12)
    for path, value in after.optimiser_state.items():
        np.testing.assert_allclose(outcome.optimiser_state[path], value, rtol=0, atol=1e-12)
    assert session.undo()
    assert session.setup.sequence.batch == 1


def test_without_a_task_the_own_sequence_is_learned_as_walking_learns_it(session):
    setup = replace(session.setup, training=Training(iterations=5))
    walk = Session(setup, session.parameters, session.branch.iteration(0).optimiser_state)
    course = Course(beginning_of(walk))
    course.go_on(3)
    for path, value in walk.branch.iteration(3).parameters.items():
        np.testing.assert_allclose(course.last.parameters[path], value, rtol=0, atol=1e-11)


def test_initial_states_take_part():
    scenario = read_scenario("agreement")
    rows = {"l0/h": np.full((1, 1, 12), 0.5), "l0/c": np.full((1, 1, 12), -0.5)}
    setup = Setup(scenario.network(), scenario.sequence(), rows, learning=scenario.settings.learning.step())
    walk = Session(setup, scenario.parameters())
    course = Course(beginning_of(walk))
    course.go_on(2)
    for path, value in walk.branch.iteration(2).parameters.items():
        np.testing.assert_allclose(course.last.parameters[path], value, rtol=0, atol=1e-11)


def test_another_network_keeps_the_task_only_where_it_fits(session):
    setup = session.setup
    gru = build_network(load_cell("gru", inputs=setup.network.inputs, units=4), outputs=2)
    session.set_model(gru, gru.initial_parameters(0), setup.sequence)
    assert session.setup.training.task == setup.training.task
    assert (session.setup.training.done, session.setup.training.recipe) == (0, {})
    other = build_network(load_cell("gru", inputs=3, units=4), outputs=2)
    session.set_model(other, other.initial_parameters(0), Sequence(np.ones((4, 1, 3))))
    assert session.setup.training.task is None


def test_snapshots_remember_the_task_and_how_far_it_was_trained(session, course, tmp_path):
    course.go_on(3)
    session.edit(walked(course, course.at(2), session.setup))
    save_session(session, tmp_path / "s.gatewalk")
    opened = open_session(tmp_path / "s.gatewalk").session
    assert opened.setup.training == session.setup.training
    assert opened.setup.training.done == 2
    assert opened.setup.learning == session.setup.learning == replace(course.beginning.settings, over_batch="mean")
    assert digest_of(opened.parameters) == opened.setup.training.weights
    again, there = Course(beginning_of(opened)), Course(beginning_of(session))
    again.go_on(2)
    there.go_on(2)
    assert digest_of(again.last.parameters) == digest_of(there.last.parameters)


def test_a_network_without_a_recipe_gets_one_of_its_own(session):
    setup = Setup(session.setup.network, session.setup.sequence, learning=LearningSettings())
    walk = Session(setup, session.parameters)
    course = Course(beginning_of(walk))
    course.go_on(2)
    walk.edit(kept(course, course.last, walk.setup))
    recipe = read_recipe(walk.setup.training.recipe)
    assert (recipe.network, recipe.iterations) == (None, 2)


def test_a_lane_that_takes_the_lead_learns_the_same_task(session):
    setup = session.setup
    gru = build_network(load_cell("gru", inputs=setup.network.inputs, units=4), outputs=2)
    name = session.add_lane(another_network(setup, gru, gru.initial_parameters(0)))
    session.make_lead(name)
    assert session.setup.network is gru
    assert session.setup.training.task == setup.training.task
    course = Course(beginning_of(session))
    course.go_on(2)
    assert course.batch(1).batch == 32


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_is_trained_and_its_iterations_are_walked(name):
    walk = session_of_scenario(read_scenario(name))
    course = Course(beginning_of(walk))
    course.go_on(2)
    if course.done < 2:
        assert course.diverged
        return
    walk.edit(walked(course, course.at(1), walk.setup))
    assert walk.outcome.report.norm_before == pytest.approx(course.marks[2].norm, rel=1e-10)
    for path, value in course.last.parameters.items():
        np.testing.assert_allclose(walk.outcome.parameters[path], value, rtol=1e-9, atol=1e-12)
