"""The picture of Jacobians: what it asks, and how a span is chosen by dragging."""

from __future__ import annotations

import numpy as np
import pytest

from core.gradients.jacobians.pascanu import Dial, NoDial
from desktop.laboratory.jacobian import JacobianPicture, JacobianQuestion
from desktop.laboratory.questions import Finished, Place, Subject
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT
from tests.core.gradients.problems import problem_for


@pytest.fixture
def picture(qapp):
    made = JacobianPicture(ColourMaps(LIGHT))
    made.resize(900, 420)
    yield made
    made.deleteLater()


def drawn(picture, subject, place):
    question = picture.question(subject, place)
    finished = Finished(subject)
    answer = question.answer(finished, lambda *_: None, lambda: False)
    said = []
    picture.said.connect(said.append)
    picture.show_answer(answer, place)
    assert not picture.grab().isNull()
    return answer, said[-1]


@pytest.mark.parametrize(("cell", "size", "kind"), [("rnn_tanh", 3, Dial), ("lstm", 6, NoDial), ("gru", 3, NoDial)])
def test_all_of_it_is_drawn(picture, cell, size, kind):
    subject = Subject(problem_for(cell, steps=9))
    answer, said = drawn(picture, subject, Place("l0/h", 5, sample=1))
    assert answer.step.matrix.shape == (size, size)
    assert answer.step.t == answer.span.t == 5
    assert answer.series.singular_values.shape == (9, size)
    assert isinstance(answer.dial, kind)
    assert "t = 6" in said
    picture.set_maps(ColourMaps(DARK))
    assert not picture.grab().isNull()


def test_the_output_alone_is_a_part_of_the_state(picture):
    subject = Subject(problem_for("lstm"))
    whole, _ = drawn(picture, subject, Place("l0/f", 3))
    picture._choose(("h",))
    alone, _ = drawn(picture, subject, Place("l0/f", 3))
    assert np.array_equal(alone.step.matrix, whole.step.matrix[3:, 3:])


def test_dragging_chooses_where_the_span_begins(picture):
    subject, place = Subject(problem_for("rnn_tanh", steps=9)), Place("l0/h", 6)
    asked, jumps = [], []
    picture.changed.connect(lambda: asked.append(picture.question(subject, place)))
    picture.jump_requested.connect(jumps.append)
    drawn(picture, subject, place)
    picture.steps.pointed.emit((7.2, 0.0))
    assert jumps == [6]
    picture.steps.dragging = True
    picture.steps.pointed.emit((3.1, 0.0))
    picture.steps.released.emit((3.1, 0.0))
    assert asked == [JacobianQuestion("l0", 6, 2, "", 0)]
    answer, said = drawn(picture, subject, place)
    assert answer.span.lags[-1] == 4
    assert "over 4 steps back" in said
    assert picture.question(subject, Place("l0/h", 1)).back_to is None  # a span that ends before it begins is none
    assert picture.question(Subject(subject.problem), place).back_to is None  # other numbers, another span


def test_what_is_not_finite_or_zero_is_drawn_too(picture):
    problem = problem_for("rnn_identity", steps=400, units=2)
    problem.parameters["l0/U"] = np.array([[50.0, 0.0], [0.0, 0.0]])
    answer, _ = drawn(picture, Subject(problem), Place("l0/h", 399))
    assert answer.span.norms[-1] > 600


def test_blocks_without_a_state_show_the_last_layer(picture):
    subject = Subject(problem_for("lstm", "gru"))
    assert picture.question(subject, Place("head/y", 2)).block == "l1"
    assert picture.question(subject, Place("l0/c", 2)).block == "l0"
