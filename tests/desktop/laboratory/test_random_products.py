"""The picture of random products and powers: what its fields ask, and what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from desktop.laboratory.questions import Place, Subject
from desktop.laboratory.random_products import RandomPicture
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT
from tests.core.gradients.problems import problem_for
from tests.desktop.laboratory.drawing import curves, drawn

PLACE = Place("l0/h", 1)


@pytest.fixture
def picture(qapp):
    made = RandomPicture(ColourMaps(LIGHT))
    made.draws.show_value(50.0)
    made.resize(740, 330)
    yield made
    made.deleteLater()


@pytest.fixture
def subject():
    return Subject(problem_for("rnn_tanh"))


def test_median_and_mean_stand_against_the_exact_power(picture, subject):
    answer, said = drawn(picture, subject, PLACE)
    median, mean, exact = (y for _, y in curves(picture.products)[-3:])
    assert np.allclose(exact, np.arange(1, 101) * np.log10(1.2))
    assert np.allclose(median, 2 * answer.products.quantiles[2])
    assert np.allclose(mean, answer.products.sampled)
    assert "variance 1.2" in said
    growing, fading = (y for _, y in curves(picture.powers))
    assert 10 ** growing[-1] == pytest.approx(1.01**365)
    assert 10 ** fading[-1] == pytest.approx(0.99**365)
    assert "37.8" in picture.powers._key.text()
    picture.set_maps(ColourMaps(DARK))


def test_the_same_question_gives_the_same_draws(picture, subject):
    first, _ = drawn(picture, subject, PLACE)
    second, _ = drawn(picture, subject, PLACE)
    assert np.array_equal(first.products.sampled, second.products.sampled)


def test_fields_ask_anew(picture, subject):
    before = picture.question(subject, PLACE)
    asked = []
    picture.changed.connect(lambda: asked.append(picture.question(subject, PLACE)))
    picture.variance.setText("0.5")
    picture.variance.editingFinished.emit()
    picture._choose(("signs",))
    assert [(question.variance, str(question.law)) for question in asked] == [(0.5, "normal"), (0.5, "signs")]
    assert before.variance == 1.2
    picture.factors.setText("2.5")
    assert "marked" in picture.question(subject, PLACE)
    assert picture.factors.problem


@pytest.mark.parametrize(("factors", "variance"), [(1, 1.0), (2000, 1e-300), (2000, 1e300), (7, 3.0)])
def test_all_sizes_are_drawn(picture, subject, factors, variance):
    picture.factors.show_value(float(factors))
    picture.variance.show_value(variance)
    drawn(picture, subject, PLACE)


def test_a_field_grows_with_what_is_typed(picture):
    before = picture.draws.width()
    picture.draws.setText("200000")
    assert picture.draws.minimumWidth() > before
    picture.draws.setText("500")
    assert picture.draws.minimumWidth() == before
