"""A training beside the window: the same numbers as elsewhere, nothing lost, and every hand-over is one edit."""

from __future__ import annotations

from argparse import ArgumentParser

import numpy as np
import pytest

from core.cell import load_cell
from core.commands.train import add_arguments, run
from core.files.weights import read_weights
from core.learning.course import Course, beginning_anew
from core.learning.optimisers import SGD
from core.learning.record import digest_of
from core.learning.step import LearningSettings
from core.network import build_network
from core.scenario_session import ready_session
from core.sequence import Sequence
from core.training_edits import beginning_of
from desktop.app import application
from desktop.bridge import Bridge
from desktop.training.plan import Plan
from desktop.training.status import Stage
from desktop.training.trainer import Trainer
from tests.desktop.training.waiting import wait_for_rest, wait_until


@pytest.fixture
def bridge(tmp_path):
    application()
    return Bridge(ready_session(), log_file=tmp_path / "log.txt")


@pytest.fixture
def trainer(bridge):
    made = Trainer(bridge)
    yield made
    made.close()


@pytest.fixture
def reports(bridge):
    heard = []
    bridge.reported.connect(heard.append)
    return heard


def train(trainer: Trainer, iterations: int, seed: int = 5) -> None:
    trainer.set_plan(Plan(True, iterations, 32, seed))
    trainer.start_pause()
    wait_for_rest(trainer)


def test_a_seed_gives_the_same_numbers_in_the_window_on_the_command_line_and_in_a_notebook(bridge, trainer, tmp_path):
    train(trainer, 12)
    assert trainer.status.stage is Stage.DONE
    trainer.keep()
    wait_for_rest(trainer)

    parser, out = ArgumentParser(), tmp_path / "learned.npz"
    add_arguments(parser)
    assert run(parser.parse_args(["agreement", "--iterations", "12", "--seed", "5", "--out", str(out)])) == 0
    weights = read_weights(out)

    course = Course(beginning_anew(beginning_of(ready_session()), 5))
    course.go_on(12)

    window = bridge.session.parameters
    assert window.keys() == weights.parameters.keys()
    for path, value in window.items():
        np.testing.assert_array_equal(value, weights.parameters[path])
        np.testing.assert_array_equal(value, course.last.parameters[path])
    assert [mark.loss for mark in trainer.status.marks[1:]] == weights.losses.tolist()
    assert bridge.session.setup.training.recipe["stages"] == weights.recipe["stages"]


def test_pausing_and_going_on_change_nothing(trainer):
    whole = Course(beginning_anew(beginning_of(ready_session()), 5))
    whole.go_on(30)
    trainer.set_plan(Plan(True, 30, 32, 5))
    trainer.start_pause()
    wait_until(lambda: len(trainer.status.marks) > 5)
    trainer.pause()
    wait_for_rest(trainer)
    assert trainer.status.stage is Stage.PAUSED
    assert len(trainer.status.marks) < 31
    trainer.start_pause()
    wait_for_rest(trainer)
    assert trainer.status.stage is Stage.DONE
    assert digest_of(trainer.status.course.last.parameters) == digest_of(whole.last.parameters)


def test_what_is_kept_is_one_edit_that_undo_takes_back(bridge, trainer, reports):
    before = bridge.session.parameters
    train(trainer, 6)
    trainer.choose(4)
    trainer.keep()
    wait_for_rest(trainer)
    assert bridge.session.undo_label == "keep what 4 iterations have learned"
    assert digest_of(bridge.session.parameters) == digest_of(trainer.status.course.at(4).parameters)
    assert "after iteration 4" in reports[-1].text
    assert trainer.unkept == 2
    bridge.undo()
    assert bridge.session.parameters is before


def test_any_iteration_can_be_walked_with_its_own_batch(bridge, trainer):
    train(trainer, 6)
    trainer.choose(3)
    trainer.walk()
    wait_for_rest(trainer)
    course, setup = trainer.status.course, bridge.session.setup
    np.testing.assert_array_equal(setup.sequence.inputs, course.batch(3).inputs)
    assert digest_of(bridge.session.parameters) == digest_of(course.at(2).parameters)
    assert bridge.session.cursor.index == 0
    assert bridge.session.outcome.report.norm_before == pytest.approx(trainer.status.marks[3].norm, rel=1e-12)
    bridge.undo()
    assert bridge.session.setup.sequence.batch == 1


def test_walking_while_it_trains_pauses_it_first(bridge, trainer):
    trainer.set_plan(Plan(True, 100_000, 8, 5))
    trainer.start_pause()
    wait_until(lambda: len(trainer.status.marks) > 4)
    trainer.walk()
    wait_for_rest(trainer)
    assert trainer.status.stage is Stage.PAUSED
    assert bridge.session.setup.sequence.batch == 8


def test_a_training_that_diverges_says_so_in_one_sentence_and_loses_nothing(bridge, trainer, reports):
    bridge.edits.set_learning(LearningSettings(SGD(rate=1e300, weight_decay=1.0)))
    train(trainer, 20)
    assert trainer.status.stage is Stage.DIVERGED
    assert "not finite" in reports[-1].text
    assert len(reports) == 1
    assert all(np.isfinite(array).all() for array in trainer.status.course.last.parameters.values())
    assert bridge.session.undo_label == "change learning"


def other_model(inputs: int):
    network = build_network(load_cell("gru", inputs=inputs, units=3), outputs=2)
    return network, network.initial_parameters(0)


def test_without_a_target_there_is_nothing_to_learn(bridge, trainer, reports):
    assert bridge.edits.set_model(*other_model(3), Sequence(np.ones((4, 1, 3))))
    trainer.start_pause()
    assert trainer.status.stage is Stage.NONE
    assert "nothing to learn" in reports[-1].text


def test_the_sequence_itself_is_learned_where_there_is_no_task(bridge, trainer):
    sequence = Sequence(np.ones((4, 2, 3)), targets=np.array([[-1, -1]] * 3 + [[0, 1]]))
    assert bridge.edits.set_model(*other_model(3), sequence)
    assert bridge.session.setup.training.task is None
    train(trainer, 4)
    assert trainer.status.stage is Stage.DONE
    assert trainer.status.course.batch(3) is sequence
    trainer.walk()
    wait_for_rest(trainer)
    assert bridge.session.setup.sequence is sequence


def test_another_model_meanwhile_gets_the_trained_one_back(bridge, trainer):
    train(trainer, 3)
    network = trainer.status.course.beginning.network
    other, parameters = other_model(network.inputs)
    bridge.edits.set_model(other, parameters, bridge.session.setup.sequence)
    trainer.keep()
    wait_for_rest(trainer)
    assert bridge.session.setup.network is network
    bridge.undo()
    assert bridge.session.setup.network is other


def test_another_session_ends_the_training(bridge, trainer):
    train(trainer, 3)
    bridge.replace_session(ready_session())
    assert trainer.status.stage is Stage.NONE
    assert trainer.status.course is None


def test_nothing_can_be_walked_before_it_is_trained(trainer, reports):
    trainer.walk()
    trainer.keep()
    assert [report.text.split(" ")[0] for report in reports] == ["Nothing", "Nothing"]


def test_after_diverging_it_goes_on_with_a_smaller_rate(bridge, trainer):
    bridge.edits.set_learning(LearningSettings(SGD(rate=1e300, weight_decay=1.0)))
    train(trainer, 20)
    done = trainer.status.course.done
    assert trainer.status.stage is Stage.DIVERGED
    bridge.edits.set_learning(LearningSettings(SGD(rate=0.0)))
    trainer.start_pause()
    wait_for_rest(trainer)
    assert trainer.status.stage is Stage.DONE
    assert trainer.status.course.done == 20
    trainer.keep()
    wait_for_rest(trainer)
    rates = [stage["optimiser"]["rate"] for stage in bridge.session.setup.training.recipe["stages"]]
    assert rates == ([1e300, 0.0] if done else [0.0])


def test_going_on_goes_as_far_again(trainer):
    train(trainer, 4)
    trainer.start_pause()
    wait_for_rest(trainer)
    assert trainer.status.course.done == 8
