"""A training that pauses, goes back and starts again gives the numbers of one that does not, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from core.errors import Cancelled, DataError
from core.learning.checkpoints import Checkpoint, Checkpoints
from core.learning.clipping import Clipping
from core.learning.course import Beginning, Course, beginning_anew
from core.learning.optimisers import SGD, Adam
from core.learning.record import Training
from core.learning.step import LearningSettings
from core.learning.training import train
from core.scenario import read_scenario

SETTINGS = LearningSettings(Adam(rate=0.01), Clipping("norm", 1.0))


@pytest.fixture(scope="module")
def beginning():
    scenario = read_scenario("agreement")
    parameters, state, _ = scenario.begun()
    training = Training(scenario.settings.task, batch=8, seed=5, iterations=100, done=900)
    return Beginning(scenario.network(), parameters, state, training, SETTINGS, scenario.sequence())


def equal(one, other) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[path], other[path]) for path in one)


def test_it_learns_what_train_learns(beginning):
    course = Course(beginning)
    course.go_on(30)
    batches = beginning.training.supply(beginning.own).batches(900)
    result = train(beginning.network, beginning.parameters, batches, beginning.settings, 30, beginning.optimiser_state)
    assert equal(course.last.parameters, result.parameters)
    assert [mark.loss for mark in course.marks[1:]] == result.losses.tolist()
    assert [mark.norm for mark in course.marks[1:]] == result.gradient_norms.tolist()
    assert [mark.clipped for mark in course.marks[1:]] == result.clipped.tolist()


def test_pausing_and_going_back_change_nothing(beginning):
    whole, parts = Course(beginning), Course(beginning)
    whole.go_on(40)
    for iterations in (7, 1, 20):
        parts.go_on(iterations)
        parts.at(3)
    parts.go_on(12)
    assert equal(whole.last.parameters, parts.last.parameters)
    assert equal(whole.last.optimiser_state, parts.last.optimiser_state)
    assert whole.marks[1:] == parts.marks[1:]
    assert whole.marks[0].score == parts.marks[0].score


def test_an_earlier_iteration_is_computed_again_where_it_was_not_kept(beginning):
    course = Course(beginning, budget_bytes=1)  # the least number of checkpoints
    seen = {}
    for _ in range(30):
        course.go_on(1)
        seen[course.done] = course.last
    assert len(course._checkpoints) <= 8
    for number, stood in seen.items():
        again = course.at(number)
        assert again.number == number
        assert equal(again.parameters, stood.parameters)
        assert equal(again.optimiser_state, stood.optimiser_state)
    assert equal(course.at(0).parameters, beginning.parameters)


def test_what_it_never_came_to_is_refused(beginning):
    course = Course(beginning)
    course.go_on(2)
    with pytest.raises(DataError, match="not come to iteration 3; it has done 2"):
        course.at(3)


def test_looking_back_can_be_given_up(beginning):
    course = Course(beginning, budget_bytes=1)
    course.go_on(20)
    number = next(n for n in range(1, 20) if course._checkpoints.before(n).number < n)
    with pytest.raises(Cancelled):
        course.at(number, lambda: True)


def test_scores_are_taken_at_the_same_iterations_however_often_it_pauses(beginning):
    short = replace(beginning, training=replace(beginning.training, iterations=100))
    course = Course(short)
    assert course.every == 2
    for _ in range(3):
        course.go_on(3)
    assert [mark.number for mark in course.marks if mark.score is not None] == [0, 2, 4, 6, 8]
    assert all(0 <= mark.score <= 1 for mark in course.marks if mark.score is not None)


def test_a_training_that_diverges_keeps_what_it_had(beginning):
    wild = replace(beginning, settings=LearningSettings(SGD(rate=1e300, weight_decay=1.0)), optimiser_state={})
    course = Course(wild)
    course.go_on(20)
    assert course.diverged
    assert course.done < 20
    assert all(np.isfinite(array).all() for array in course.last.parameters.values())


def test_it_stops_when_asked(beginning):
    course = Course(beginning)
    course.go_on(1000, lambda: course.done == 4)
    assert course.done == 4
    assert not course.diverged


def test_beginning_anew_is_a_training_of_the_seed_alone(beginning):
    new = beginning_anew(beginning, 3)
    assert (new.training.done, new.training.seed) == (0, 3)
    assert equal(new.parameters, beginning.network.initial_parameters(3))


def test_a_batch_is_counted_on_from_what_was_done(beginning):
    course = Course(beginning)
    supply = beginning.training.supply(beginning.own)
    np.testing.assert_array_equal(course.batch(1).inputs, supply.batch(900).inputs)


def test_checkpoints_grow_apart_when_there_is_no_more_room():
    kept = Checkpoints(Checkpoint(0, {"w": np.zeros(4)}, {}), budget_bytes=32 * 10)
    for number in range(1, 101):
        kept.add(Checkpoint(number, {"w": np.full(4, float(number))}, {}))
        assert len(kept) <= 10
    assert kept.every == 16
    assert kept.before(50).number == 48
    assert kept.before(0).number == 0


def test_settings_may_change_on_the_way_and_going_back_knows_when(beginning):
    course = Course(beginning, budget_bytes=1)
    other = LearningSettings(SGD(rate=0.2))
    course.go_on(9)
    course.change(other)
    course.go_on(6)
    seen = {course.done: course.last}
    course.change(SETTINGS)
    course.change(other)  # nothing was learned in between
    course.go_on(9)
    assert course.stages(12) == ((9, SETTINGS), (3, other))
    assert course.stages(24) == ((9, SETTINGS), (15, other))
    assert (course.settings_of(9), course.settings_of(10), course.settings_of(99)) == (SETTINGS, other, other)
    for number, stood in seen.items():
        assert equal(course.at(number).parameters, stood.parameters)
    first = train(beginning.network, beginning.parameters, course.supply.batches(900), SETTINGS, 9,
                  beginning.optimiser_state)  # fmt: skip
    second = train(beginning.network, first.parameters, course.supply.batches(909), other, 15)
    assert equal(course.last.parameters, second.parameters)


def test_the_mean_over_the_batch_is_no_change_of_settings(beginning):
    course = Course(beginning)
    course.go_on(2)
    course.change(replace(SETTINGS, over_batch="mean"))
    assert course.stages(2) == ((2, SETTINGS),)
    course.go_on(1)
    assert course.stages(3) == ((3, SETTINGS),)
