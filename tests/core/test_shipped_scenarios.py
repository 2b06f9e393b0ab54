"""The scenarios that ship: lessons that can be walked, texts in every language, weights with their recipes."""

from __future__ import annotations

import pytest

from core.files.weights import read_weights
from core.learning.recipe import read_recipe
from core.resources import resource_path
from core.scenario import read_scenario, scenario_names
from core.scenario_session import session_of_scenario, stand_at
from core.words import LANGUAGES, said


@pytest.mark.parametrize("name", scenario_names())
def test_every_lesson_can_be_walked_and_is_said_in_every_language(name):
    session, scenario = session_of_scenario(read_scenario(name)), read_scenario(name)
    steps = scenario.settings.lesson
    assert 4 <= len(steps) <= 8
    assert any(step.question for step in steps)
    texts = [scenario.settings.name, scenario.settings.description, *(step.text for step in steps)]
    texts += [step.question.because for step in steps if step.question]
    for text in texts:
        assert len({said(text, language) for language in LANGUAGES}) == len(LANGUAGES), text
    for step in steps:
        if step.at is not None:
            stand_at(session, step.at)
            assert session.position.phase is step.at.phase


@pytest.mark.parametrize("name", scenario_names())
def test_weights_are_small_and_say_how_they_were_made(name):
    scenario = read_scenario(name)
    parts = [scenario, *(scenario.lane(number) for number in range(len(scenario.lanes)))]
    for part in parts:
        if part.settings.weights is None or not part.settings.weights.file:
            continue
        file = scenario.file.parent.parent / "weights" / part.settings.weights.file
        assert file.stat().st_size < 200_000
        assert part.settings.weights.file in scenario.text
        assert "main.py train" in scenario.text


@pytest.mark.parametrize("name", scenario_names())
def test_weights_are_those_of_the_recipe_in_the_file(name):
    scenario = read_scenario(name)
    for part in (scenario, *(scenario.lane(number) for number in range(len(scenario.lanes)))):
        if part.settings.weights is None or not part.settings.weights.file:
            continue
        recipe = read_recipe(read_weights(resource_path("weights", part.settings.weights.file)).recipe)
        assert recipe.network == part.settings.network
        assert recipe.stages == (part.settings.learning,)
        assert type(recipe.task) is type(part.settings.task)
        assert recipe.start == ""
