"""The picture of verdicts: the list, what the chosen one is about, thresholds that are kept, and breakpoints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QSettings

from core.breakpoints import Vanishes
from core.errors import SessionError
from core.gradients.thresholds import Kind, Thresholds
from desktop.laboratory.questions import Finished, Place, Subject
from desktop.laboratory.verdicts import VerdictsPicture
from desktop.settings import Settings
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT
from tests.core.gradients.problems import problem_for
from tests.desktop.laboratory.drawing import curves, drawn, marks

PLACE = Place("l0/h", 13)


@pytest.fixture
def settings(tmp_path):
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def picture(qapp, settings):
    made = VerdictsPicture(ColourMaps(LIGHT), settings)
    made.resize(740, 330)
    yield made
    made.deleteLater()


def fading(size=0.2, **options):
    """A linear recurrence that multiplies by ``size`` at every step, with a loss at all of them."""
    problem = problem_for("rnn_identity", steps=14, batch=1, **options)
    return Subject(replace(problem, parameters={**problem.parameters, "l0/U": size * np.eye(3)}))


def test_the_loss_of_one_step_alone_shows_what_all_losses_hide(picture):
    subject = fading()
    answer, said = drawn(picture, subject, PLACE)
    assert not answer.found
    assert "nothing vanishes" in said
    assert not picture.stop.isEnabled()
    picture._choose_losses(("one",))
    answer, said = drawn(picture, subject, PLACE)
    (found,) = answer.found
    assert found.kind is Kind.VANISHES
    assert said == str(found.sentence)
    start, norm = answer.courses["l0/h"][13], answer.courses["l0/h"][found.t]
    assert norm < 1e-6 * start <= answer.courses["l0/h"][found.t + 1]
    assert marks(picture.chart)[0][0] == [found.t + 1]
    assert np.isfinite(curves(picture.chart)[0][1]).all()
    picture.set_maps(ColourMaps(DARK))


def test_the_chosen_loss_stays_while_the_walk_goes_on(picture):
    subject = fading()
    picture.question(subject, PLACE)
    picture._choose_losses(("one",))
    answer, _ = drawn(picture, subject, PLACE)
    there = Place("l0/h", answer.found[0].t)
    assert picture.question(subject, there) == picture.question(subject, PLACE)
    picture.question(subject, there)
    picture._choose_losses(("one",))
    assert picture.question(subject, there).t == there.t
    assert "step 14 alone" not in picture.losses.accessibleDescription()
    picture._choose_losses(("all",))
    assert picture.question(subject, PLACE).t is None


def test_a_click_goes_there_and_selects(picture):
    picture.question(fading(), PLACE)
    picture._choose_losses(("one",))
    answer, _ = drawn(picture, fading(), PLACE)
    jumps, selected, stops = [], [], []
    picture.jump_requested.connect(jumps.append)
    picture.selected.connect(selected.append)
    picture.breakpoint_requested.connect(stops.append)
    picture.list.itemClicked.emit(picture.list.topLevelItem(0), 0)
    assert jumps == [answer.found[0].t]
    assert selected == [("l0/h", answer.found[0].t)]
    picture.stop.click()
    assert stops == [Vanishes("l0/h", 1e-6)]


def test_thresholds_are_kept_and_asked_with(picture, settings):
    asked = []
    picture.changed.connect(lambda: asked.append(picture.question(fading(), PLACE)))
    picture.fields.fields["vanish"].setText("0.01")
    picture.fields.fields["vanish"].editingFinished.emit()
    assert asked[0].thresholds == Thresholds(vanish=0.01)
    assert settings.thresholds == Thresholds(vanish=0.01)
    picture.fields.fields["explode"].setText("0.5")
    assert "marked" in picture.question(fading(), PLACE)
    again = VerdictsPicture(ColourMaps(LIGHT), settings)
    assert again.fields.fields["vanish"].value == 0.01
    again.deleteLater()


@pytest.mark.parametrize(
    "kept",
    ['{"vanish": -1.0}', '{"vanish": NaN}', '{"vanish": "x"}', '{"vanish": [1]}', "[not json", "[]", '{"new": 1.0}'],
)
def test_damaged_thresholds_are_the_usual_ones(settings, kept):
    settings._store.setValue("laboratory/thresholds", kept)
    assert settings.thresholds == Thresholds()


def test_a_saturated_gate_shows_its_worst_unit(picture):
    problem = problem_for("lstm", steps=9)
    parameters = {**problem.parameters, "l0/b_f": np.array([0.0, 30.0, 0.0])}
    answer, _ = drawn(picture, Subject(replace(problem, parameters=parameters)), Place("l0/h", 3, sample=1))
    found = [verdict for verdict in answer.found if verdict.path == "l0/f"]
    assert [verdict.kind for verdict in found] == [Kind.SATURATED]
    row = answer.found.index(found[0])
    picture.list.setCurrentItem(picture.list.topLevelItem(row))
    assert np.allclose(curves(picture.chart)[0][1], 1.0)
    assert "of unit 2" in picture.chart.accessibleName()
    assert "f" in picture.list.topLevelItem(row).text(1)


def test_without_targets_functions_are_judged_alone(picture):
    answer, said = drawn(picture, fading(targets=None), PLACE)
    assert not answer.courses
    assert "Without a loss" in said
    picture._choose_losses(("one",))
    assert "no loss" in picture.question(fading(targets=None), PLACE)


def test_a_step_without_a_loss_says_so(picture):
    problem = problem_for("rnn_tanh", steps=5)
    weights = np.zeros_like(problem.loss_weights)
    weights[-1] = 1.0
    subject = Subject(replace(problem, weights=weights))
    picture.question(subject, Place("l0/h", 1))
    picture._choose_losses(("one",))
    question = picture.question(subject, Place("l0/h", 1))
    with pytest.raises(SessionError, match="no loss at t = 2"):
        question.answer(Finished(subject), lambda *_: None, lambda: False)


@pytest.mark.parametrize("size", [1e-150, 1e60, np.nan])
def test_all_sizes_are_drawn(picture, size):
    answer, _ = drawn(picture, fading(size), PLACE)
    assert answer.courses


def test_tab_goes_down_the_page(picture):
    chain, widget = [], picture.fields.fields["vanish"]
    for _ in range(60):
        chain.append(widget)
        widget = widget.nextInFocusChain()
    wanted = [*picture.fields.fields.values(), picture.losses, picture.stop, picture.list]
    places = [chain.index(each) for each in wanted]
    assert places == sorted(places)
