"""The pictures of itemised gradients: reach of losses, terms of a weight, and paths."""

from __future__ import annotations

import numpy as np
import pytest

from desktop.laboratory.paths import SHARE, Paths
from desktop.laboratory.questions import Finished, Place, Subject
from desktop.laboratory.reach import Reach
from desktop.laboratory.weights import Weights
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT
from tests.core.gradients.problems import problem_for

PLACE = Place("l0/h", 3)


@pytest.fixture(params=[Reach, Weights, Paths], ids=lambda kind: kind.__name__)
def picture(request, qapp):
    made = request.param(ColourMaps(LIGHT))
    made.resize(900, 420)
    yield made
    made.deleteLater()


@pytest.fixture
def made(qapp):
    pictures = []

    def make(kind):
        pictures.append(kind(ColourMaps(LIGHT)))
        pictures[-1].resize(900, 420)
        return pictures[-1]

    yield make
    for each in pictures:
        each.deleteLater()


def drawn(picture, subject, place=PLACE):
    said = []
    picture.said.connect(said.append)
    question = picture.question(subject, place)
    answer = question.answer(Finished(subject), lambda *_: None, lambda: False)
    picture.show_answer(answer, place)
    picture.show_place(place)
    picture.set_maps(ColourMaps(DARK))
    assert not picture.grab().isNull()
    return answer, said[-1]


@pytest.mark.parametrize("options", [{}, {"steps": 1}, {"batch": 1, "steps": 40}, {"scale": 40.0, "steps": 60}])
def test_all_sizes_and_values_are_drawn(picture, options):
    place = Place("l0/h", min(3, options.get("steps", 5) - 1))
    _, said = drawn(picture, Subject(problem_for("rnn_relu", **options)), place)
    assert said


def test_without_a_loss_a_sentence_stands_there(picture):
    assert "no loss without targets" in picture.question(Subject(problem_for("lstm", targets=None)), PLACE)


def test_the_reach_of_the_readout_is_that_of_the_last_layer(made):
    picture = made(Reach)
    assert picture.question(Subject(problem_for("lstm", "gru")), Place("head/y", 2)).path == "l1/h"


def test_clicks_go_to_the_step(made):
    picture = made(Reach)
    jumps = []
    picture.jump_requested.connect(jumps.append)
    drawn(picture, Subject(problem_for("lstm")))
    picture.map.chart.pointed.emit((2.0, 5.0))
    picture.parts.pointed.emit((4.4, 0.1))
    picture.map.chart.pointed.emit((99.0, -5.0))
    assert jumps == [1, 3, 4]


def test_the_map_says_its_numbers(made):
    picture = made(Reach)
    answer, _ = drawn(picture, Subject(problem_for("lstm")))
    picture.map.chart.hovered.emit((2.0, 5.0))
    assert "t = 5, k = 2" in picture.map.chart.toolTip()
    picture.map.chart.hovered.emit((5.0, 2.0))
    assert "—" in picture.map.chart.toolTip()
    assert not answer.map.reached[1, 4]


def test_the_weight_can_be_chosen_and_is_kept(made):
    picture, asked = made(Weights), []
    subject = Subject(problem_for("lstm"))
    assert picture.question(subject, PLACE).path == "l0/U_f"
    picture.changed.connect(lambda: asked.append(picture.question(subject, PLACE).path))
    picture.parameter.setCurrentIndex(picture.parameter.findData("head/V"))
    picture.parameter.activated.emit(picture.parameter.currentIndex())
    assert asked == ["head/V"]
    answer, _ = drawn(picture, subject)
    assert not answer.chained
    assert "no chain" in picture.note.text()
    assert picture.question(Subject(problem_for("lstm")), PLACE).path == "head/V"


@pytest.mark.parametrize(
    ("cells", "looked_at", "usual"),
    [
        (["rnn_by_hand"], "l0/S", "l0/W_s"),
        (["gru_simplified"], "l0/c", "l0/W_n"),
        (["rnn_tanh", "lstm"], "l1/h", "l1/U_f"),
        (["rnn_tanh", "lstm"], "head/y", "l0/U"),
        (["h = tanh(W @ x)"], "l0/h", "l0/W"),
    ],
)
def test_at_first_it_is_the_recurrent_matrix_of_the_layer_looked_at(made, cells, looked_at, usual):
    assert made(Weights).question(Subject(problem_for(*cells)), Place(looked_at, 2)).path == usual


def test_a_term_that_is_zero_is_paler_than_the_smallest_other(made):
    chart = made(Weights).map
    everywhere = np.ones((2, 2), bool)
    assert chart.show_map(np.array([[1.0, 2.0], [3.0, 4.0]]), everywhere, "k") == (1.0, 4.0)
    assert chart.show_map(np.array([[0.0, 1.0], [3.0, 4.0]]), everywhere, "k") == (0.1, 4.0)


def test_the_terms_add_up_to_the_gradient(made):
    answer, _ = drawn(made(Weights), Subject(problem_for("gru", steps=9)))
    assert answer.by_step.sum() == pytest.approx(answer.norm, rel=1e-12)


def test_the_tree_of_paths_adds_up_and_leads_into_the_walk(made):
    picture, chosen = made(Paths), []
    picture.selected.connect(chosen.append)
    drawn(picture, Subject(problem_for("lstm")), Place("l0/c", 2))
    tree = picture.tree
    shares = [tree.topLevelItem(row).data(1, SHARE) for row in range(tree.topLevelItemCount())]
    assert np.isclose(sum(shares), 1.0)
    assert tree.topLevelItem(0).childCount() > 0
    tree.itemClicked.emit(tree.topLevelItem(0), 0)
    assert chosen[0][0].startswith("l0/")
    picture.depth.setValue(1)
    drawn(picture, Subject(problem_for("lstm")), Place("l0/c", 2))
    assert tree.topLevelItem(0).childCount() == 0
