"""The picture of a linear recurrence: eigenvalues, components, and what it says where there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import SessionError
from desktop.laboratory.linear import LinearPicture
from desktop.laboratory.questions import Finished, Place, Subject
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT
from tests.core.gradients.problems import problem_for
from tests.desktop.laboratory.drawing import curves, drawn, marks

PLACE = Place("l0/h", 4)


@pytest.fixture
def picture(qapp):
    made = LinearPicture(ColourMaps(LIGHT))
    made.resize(740, 330)
    yield made
    made.deleteLater()


def with_recurrence(matrix, **options):
    problem = problem_for("rnn_identity", units=len(matrix), **options)
    return Subject(replace(problem, parameters={**problem.parameters, "l0/U": np.asarray(matrix, float)}))


def test_eigenvalues_stand_in_the_plane_as_what_they_do(picture):
    turn = [[0.0, -0.5, 0.0], [0.5, 0.0, 0.0], [0.0, 0.0, 1.5]]
    _, said = drawn(picture, with_recurrence(turn, steps=8), PLACE)
    inside, outside, chosen = marks(picture.plane)
    assert sorted(inside[1]) == pytest.approx([-0.5, 0.5])
    assert (outside[0], outside[1]) == (pytest.approx([1.5]), pytest.approx([0.0]))
    assert chosen[0] == pytest.approx([1.5])
    assert "1 of the eigenvalues" in said
    across, up = picture.plane.getPlotItem().getViewBox().viewPixelSize()
    assert across == pytest.approx(up, rel=1e-6)  # a circle is one
    picture.set_maps(ColourMaps(DARK))


def test_components_of_the_state_and_of_the_gradient(picture):
    answer, _ = drawn(picture, with_recurrence(np.diag([0.5, 0.25]), steps=6), PLACE)
    times, highest = curves(picture.forward)[-1]
    assert times.tolist() == list(range(7))
    assert np.allclose(highest, np.log10(np.abs(answer.components[:, 0])))
    alone = curves(picture.forward)[-2][1]
    assert np.allclose(np.diff(alone), np.log10(0.5))
    alone_back = curves(picture.backward)[-2][1]
    assert np.allclose(np.diff(alone_back)[~np.isnan(np.diff(alone_back))], -np.log10(0.5))


def test_another_eigenvalue_is_chosen_by_its_number_or_a_click(picture):
    drawn(picture, with_recurrence(np.diag([0.9, 0.5, -0.3]), steps=6), PLACE)
    picture.number.setText("3")
    picture.number.editingFinished.emit()
    assert "−0.3" in picture.value.text()
    picture.plane.pointed.emit((0.52, 0.02))
    assert picture.number.value == 2.0
    picture.plane.pointed.emit((0.5, 0.95))  # too far from all
    assert picture.number.value == 2.0
    picture.number.setText("4")
    assert picture.number.problem


def test_a_defective_matrix_has_eigenvalues_alone(picture):
    _, said = drawn(picture, with_recurrence([[0.5, 1.0], [0.0, 0.5]]), PLACE)
    assert "defective" in said
    assert not curves(picture.forward)
    assert "no basis" in picture.forward.accessibleName()


def test_without_a_loss_only_the_state_is_drawn(picture):
    drawn(picture, with_recurrence(np.diag([0.5, 0.25]), targets=None), PLACE)
    assert curves(picture.forward)
    assert "no loss" in picture.backward.accessibleName()


def test_why_a_cell_is_not_linear(picture):
    subject = Subject(problem_for("lstm"))
    with pytest.raises(SessionError, match=r"no linear recurrence: .* Choose the simple RNN"):
        picture.question(subject, PLACE).answer(Finished(subject), lambda *_: None, lambda: False)


@pytest.mark.parametrize("size", [1e-300, 1e120, np.nan])
def test_all_sizes_are_drawn(picture, size):
    drawn(picture, with_recurrence(np.diag([size, 0.5])), PLACE)
