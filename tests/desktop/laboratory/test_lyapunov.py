"""The picture of the Lyapunov spectrum: minus infinity in a row of its own, and the burn-in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from desktop.laboratory.lyapunov import LyapunovPicture
from desktop.laboratory.questions import Place, Subject
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT
from tests.core.gradients.problems import problem_for
from tests.desktop.laboratory.drawing import curves, drawn, marks

PLACE = Place("l0/h", 6)


@pytest.fixture
def picture(qapp):
    made = LyapunovPicture(ColourMaps(LIGHT))
    made.resize(740, 330)
    yield made
    made.deleteLater()


def with_recurrence(matrix, cell="rnn_identity", **options):
    problem = problem_for(cell, units=len(matrix), **options)
    return Subject(replace(problem, parameters={**problem.parameters, "l0/U": np.asarray(matrix, float)}))


def test_exponents_and_their_courses_are_drawn(picture):
    answer, said = drawn(picture, with_recurrence(np.diag([2.0, 0.5]), steps=20), PLACE)
    assert answer.exponents == pytest.approx([np.log(2.0), np.log(0.5)])
    (dies, grows) = marks(picture.exponents)
    assert dies[1] == pytest.approx([np.log(0.5)])
    assert grows[1] == pytest.approx([np.log(2.0)])
    assert len(curves(picture.course)) == 2  # the largest and the smallest
    assert "grows by a factor of 2" in said
    assert "1 of 2" in picture.dimension.text() or "2 of 2" in picture.dimension.text()
    picture.set_maps(ColourMaps(DARK))


def test_minus_infinity_has_a_row_of_its_own(picture):
    drawn(picture, with_recurrence(np.diag([0.5, 0.0]), steps=20), PLACE)
    (dies, gone) = marks(picture.exponents)
    assert dies[1] == pytest.approx([np.log(0.5)])
    assert np.isfinite(gone[1]).all()
    assert gone[1][0] < dies[1][0]
    ticks = picture.exponents.getPlotItem().getAxis("left")._tickLevels[0]
    assert (gone[1][0], "−∞") in ticks


def test_the_burn_in_is_a_persons_own(picture):
    subject = with_recurrence(np.diag([2.0, 0.5]), steps=20)
    drawn(picture, subject, PLACE)
    assert picture.burn_in.value == 2.0
    asked = []
    picture.changed.connect(lambda: asked.append(picture.question(subject, PLACE)))
    picture.burn_in.setText("10")
    picture.burn_in.editingFinished.emit()
    assert asked[0].burn_in == 10
    answer, _ = drawn(picture, subject, PLACE)
    assert len(answer.convergence) == 10
    picture.burn_in.setText("20")
    assert "below 20" in picture.question(subject, PLACE)
    picture.burn_in.setText("10")
    assert picture.question(with_recurrence(np.eye(2), steps=5), PLACE).burn_in is None


@pytest.mark.parametrize("steps", [1, 2])
def test_short_sequences_are_drawn(picture, steps):
    drawn(picture, Subject(problem_for("lstm", steps=steps)), Place("l0/h", 0))


def test_what_is_no_number_is_said(picture):
    _, said = drawn(picture, with_recurrence(np.full((2, 2), np.nan)), PLACE)
    assert "no Lyapunov exponents" in said


def test_a_click_goes_to_a_step_that_is_counted(picture):
    drawn(picture, with_recurrence(np.eye(2), steps=20), PLACE)
    jumps = []
    picture.jump_requested.connect(jumps.append)
    picture.course.pointed.emit((1.0, 0.0))
    picture.course.pointed.emit((7.2, 0.0))
    assert jumps == [2, 6]
