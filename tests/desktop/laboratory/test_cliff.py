"""The picture of the cliff, its axes, and what its legend says."""

from __future__ import annotations

import numpy as np
import pytest

from core.learning.clipping import Clipping
from desktop.charts.matrix import pooled
from desktop.charts.scales import fitting_axis, linear_axis, log_axis
from desktop.laboratory import cliff
from desktop.laboratory.cliff import CliffPicture, CliffQuestion
from desktop.laboratory.questions import Finished, Place, Subject
from desktop.style.colours import ColourMaps
from desktop.style.theme import LIGHT
from tests.core.gradients.problems import problem_for

PLACE = Place("l0/h", 1)


@pytest.fixture
def subject(monkeypatch):
    monkeypatch.setattr(cliff, "POINTS", 11)
    monkeypatch.setattr(cliff, "SIDE", 5)
    problem = problem_for("rnn_tanh", units=2)
    moved = {path: array + 0.1 for path, array in problem.parameters.items()}
    return Subject(problem, earlier=(moved,))


@pytest.fixture
def picture(qapp):
    made = CliffPicture(ColourMaps(LIGHT))
    yield made
    made.deleteLater()


@pytest.mark.parametrize("along", ["gradient", "random", "path"])
def test_both_pictures_go_through_the_parameters(subject, picture, along):
    picture._choose((along,))
    question = picture.question(subject, PLACE)
    assert question == CliffQuestion(along, 1.0, 0.1, Clipping("norm", 1.0))
    said, steps = [], []
    found = question.answer(Finished(subject), lambda *progress: steps.append(progress), lambda: False)
    assert found.line.losses[5] == pytest.approx(found.plane.losses[2, 2], rel=1e-12)
    assert steps[-1] == (11 + 25, 11 + 25)
    picture.said.connect(said.append)
    picture.show_answer(found, PLACE)
    assert "A step (square) goes" in said[0]
    if along == "path":
        assert found.line.path[0] > 0.0
    picture.resize(800, 300)
    assert not picture.grab().isNull()


def test_longer_sequences_get_fewer_points():
    assert cliff.fineness(20) == (cliff.POINTS, cliff.SIDE)
    counts = [cliff.fineness(steps) for steps in (20, 500, 2000, 100_000)]
    assert counts == sorted(counts, reverse=True)
    assert all(points % 2 and side % 2 and points >= 41 and side >= 11 for points, side in counts)


def test_what_cannot_be_drawn_is_said(subject, picture):
    picture._choose(("path",))
    assert "no way yet" in picture.question(Subject(subject.problem), PLACE)
    picture._choose(("random",))
    picture.span.setText("none")
    assert "marked" in picture.question(subject, PLACE)
    assert "no loss without targets" in picture.question(Subject(problem_for("lstm", targets=None)), PLACE)


def test_axes_fit_their_data():
    assert fitting_axis([1.0, 3.0]).log is None
    assert fitting_axis([1e-6, 3.0]).log is not None
    assert fitting_axis([-1.0, 3.0]).log is None
    assert [text for _, text in linear_axis([1.0, 3.0]).ticks] == ["1", "1.5", "2", "2.5", "3"]
    wide = log_axis([1e-300, 0.0, 1e300, float("inf")])
    assert {"0", "∞"} <= {text for _, text in wide.ticks}
    assert np.all(np.diff(wide.places([0.0, 1e-300, 1.0, 1e300, np.inf])) > 0)
    assert len(wide.ticks) < 12
    assert linear_axis([2.0, 2.0]).top > linear_axis([2.0, 2.0]).bottom
    assert linear_axis([float("nan")]).top > 0


def test_nothing_that_stands_out_is_lost_in_a_large_matrix():
    matrix = np.zeros((1000, 30))
    matrix[777, 3], matrix[12, 29], matrix[500:600] = -5.0, 2.0, np.nan
    small = pooled(matrix, 100)
    assert small.shape == (100, 30)
    assert np.nanmin(small) == -5.0
    assert np.nanmax(small) == 2.0
    assert np.isnan(small[50:60]).all()
    assert pooled(matrix[:40], 100).shape == (40, 30)
