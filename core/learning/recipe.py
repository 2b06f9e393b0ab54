"""A recipe: what weights were trained on and how, so that the training can be continued and done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from numpy.typing import NDArray

from core.errors import DataError
from core.learning.record import Training, digest_of
from core.learning.step import LearningSettings
from core.scenario_file import Learning, NetworkPart, Settings
from core.tasks import AnyTask
from core.words import said

FORMAT = "gatewalk weights 1"
Arrays = Mapping[str, NDArray[Any]]


class Recipe(msgspec.Struct, frozen=True):
    """Stages one after the other; ``iterations`` of a stage are those that were done, its batches counted on."""

    network: NetworkPart | None = None  # None where it was made by hand
    task: AnyTask | None = None
    scenario: str = ""
    stages: tuple[Learning, ...] = ()
    start: str = ""  # the weights that the first stage began with; empty for initial ones of its seed
    format: str = FORMAT

    @property
    def iterations(self) -> int:
        """Iterations of all stages together."""
        return sum(stage.iterations for stage in self.stages)

    def continued(self, learning: Learning, iterations: int) -> Recipe:
        """The recipe after so many iterations more; equal settings make one stage."""
        done, last = self.stages, self.stages[-1] if self.stages else None
        if last is not None and msgspec.structs.replace(last, iterations=learning.iterations) == learning:
            done, iterations = done[:-1], last.iterations + iterations
        return msgspec.structs.replace(self, stages=(*done, msgspec.structs.replace(learning, iterations=iterations)))

    def as_json(self) -> dict[str, Any]:
        """The recipe as plain dictionaries, lists and numbers."""
        built = msgspec.json.decode(msgspec.json.encode(self))
        assert isinstance(built, dict)
        return built


def recipe_of(settings: Settings, start: str = "") -> Recipe:
    """The recipe of a scenario before its training."""
    return Recipe(settings.network, settings.task, said(settings.name), start=start)


def read_recipe(found: Mapping[str, Any]) -> Recipe:
    """The recipe that ``as_json`` gave. Raises DataError."""
    try:
        recipe = msgspec.convert(found, Recipe)
    except msgspec.ValidationError as error:
        raise DataError(f"the recipe of these weights cannot be read: {error}.") from None
    if recipe.format != FORMAT:
        raise DataError(f"the recipe of these weights has the format '{recipe.format}', expected '{FORMAT}'.")
    return recipe


def learning_of(settings: LearningSettings, training: Training) -> Learning:
    """How a session trains, as scenarios and recipes say it."""
    names = set(LearningSettings.__struct_fields__) & set(Learning.__struct_fields__)
    step = {name: getattr(settings, name) for name in names}
    return Learning(**step, iterations=training.iterations, batch=training.batch, seed=training.seed)


def trained(training: Training, stages: Iterable[tuple[int, LearningSettings]], parameters: Arrays) -> Training:
    """The record after so many iterations more in these ways, which gave these parameters. Raises DataError."""
    recipe = read_recipe(training.recipe) if training.recipe else Recipe(task=training.task)
    for iterations, settings in stages:
        recipe = recipe.continued(learning_of(settings, training), iterations)
        training = msgspec.structs.replace(training, done=training.done + iterations)
    return msgspec.structs.replace(training, weights=digest_of(parameters), recipe=recipe.as_json())


def recorded(settings: Settings, recipe: Mapping[str, Any], parameters: Arrays) -> Training:
    """The record of a scenario whose parameters were made by ``recipe``; empty for initial ones, or others' weights."""
    file = settings.weights.file if settings.weights else ""
    values = dict(settings.weights.values) if settings.weights else {}
    learning, found = settings.learning, read_recipe(recipe) if recipe else recipe_of(settings, file)
    if found.stages:
        learning = msgspec.structs.replace(found.stages[-1], iterations=learning.iterations)
    return Training(
        task=settings.task,
        batch=learning.batch,
        seed=learning.seed,
        iterations=learning.iterations,
        done=found.iterations,
        weights=digest_of(parameters),
        recipe=found.as_json(),
        values=values,
    )
