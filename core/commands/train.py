"""``python main.py train``: trains a scenario in bulk and writes what was learned."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.commands.progress import Lines, interrupts
from core.errors import FileError, GatewalkError
from core.files.weights import Weights, read_weights, write_weights
from core.learning.recipe import Recipe, read_recipe, recipe_of
from core.learning.training import Progress, TrainingResult, accuracy, train
from core.scenario import Scenario, read_scenario
from core.scenario_file import Learning

DIVERGED = 1
_HELD_OUT = 400  # sequences for the accuracy shown on the way
_HELD_OUT_AT_THE_END = 2000
Arrays = Mapping[str, NDArray[Any]]


def add_arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("scenario", metavar="SCENARIO", help="name of a scenario, or a .toml file")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the .npz file to write")
    parser.add_argument("--lane", metavar="NAME", help="train this lane of the scenario in place of its lead")
    parser.add_argument("--iterations", metavar="N", type=_positive, help="how many (default: as the scenario says)")
    parser.add_argument("--seed", metavar="S", type=_natural, help="of initial weights and batches")
    parser.add_argument("--batch", metavar="B", type=_positive, help="sequences in one iteration")
    parser.add_argument("--rate", metavar="R", type=float, help="the learning rate")
    parser.add_argument("--parameters-only", action="store_true", help="leave the optimiser's state out of the file")
    parser.add_argument("--from", metavar="FILE", type=Path, dest="start", help="continue with what is in this file")


def run(arguments: Namespace) -> int:
    """Trains, writes the file, and gives the exit code: 0 also when it was interrupted."""
    _check_writable(arguments.out)
    scenario = read_scenario(arguments.scenario)
    if arguments.lane is not None:
        scenario = scenario.lane_named(arguments.lane)
    if not (scenario.network().loss and (scenario.task() or scenario.sequence().targets is not None)):
        raise GatewalkError(
            f"{scenario.file.name}: there is nothing to learn: give data.target, or a task, and a loss."
        )
    start = _begun(scenario, arguments) if arguments.start else _start(scenario, arguments)
    learning = _with_options(start.learning, arguments)
    result, interrupted = _train(scenario, start, learning)
    learned = start.after(result, learning)
    if arguments.parameters_only:
        learned = msgspec.structs.replace(learned, optimiser_state={})
    write_weights(arguments.out, learned)
    print(_summary(scenario, result, arguments.out, learning.iterations, interrupted))
    return DIVERGED if result.diverged else 0


@dataclass(frozen=True, eq=False)
class _Start:
    """What the training goes on from."""

    learning: Learning
    recipe: Recipe
    parameters: Arrays
    optimiser_state: Arrays = field(default_factory=dict)
    losses: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def after(self, result: TrainingResult, learning: Learning) -> Weights:
        """All that has been learned."""
        recipe = self.recipe.continued(learning, result.iterations)
        losses = np.concatenate([self.losses, result.losses])
        return Weights(result.parameters, result.optimiser_state, losses, recipe.as_json())


def _start(scenario: Scenario, arguments: Namespace) -> _Start:
    recipe, learning = recipe_of(scenario.settings), scenario.settings.learning
    return _Start(learning, recipe, scenario.initial_parameters(arguments.seed))


def _begun(scenario: Scenario, arguments: Namespace) -> _Start:
    """What a file holds: with its recipe, as if the training had not paused."""
    weights, learning = read_weights(arguments.start), scenario.settings.learning
    try:
        parameters = scenario.network().check(weights.parameters)
        recipe = read_recipe(weights.recipe) if weights.recipe else recipe_of(scenario.settings, arguments.start.name)
    except GatewalkError as error:
        raise FileError(f"{arguments.start}: {error}") from None
    if recipe.stages:
        learning = msgspec.structs.replace(recipe.stages[-1], iterations=learning.iterations)
    return _Start(learning, recipe, parameters, weights.optimiser_state, weights.losses)


def _with_options(learning: Learning, arguments: Namespace) -> Learning:
    """The settings with what the command line says otherwise."""
    if arguments.rate is not None:
        learning = msgspec.structs.replace(
            learning, optimiser=msgspec.structs.replace(learning.optimiser, rate=arguments.rate)
        )
    given = {name: getattr(arguments, name) for name in ("iterations", "seed", "batch")}
    return msgspec.structs.replace(learning, **{name: value for name, value in given.items() if value is not None})


def _train(scenario: Scenario, start: _Start, learning: Learning) -> tuple[TrainingResult, bool]:
    network, total, initial = scenario.network(), learning.iterations, scenario.initial()
    batches = scenario.batches(size=learning.batch, seed=learning.seed, first=start.recipe.iterations)
    held_out = scenario.supply().some_held_out(_HELD_OUT) if _counts(scenario) else ()
    lines = Lines(total)

    def show(done: Progress) -> None:
        if held_out and lines.is_mark(done.number):
            lines.note(f"held out {accuracy(network, done.parameters, held_out, scenario.score, initial):.1%}")
        lines.show(done.number, f"loss {done.loss:.4g}")

    with interrupts() as interrupted:
        state = start.optimiser_state
        result = train(network, start.parameters, batches, learning.step(), total, state, show, interrupted, initial)
        lines.end()
        return result, interrupted() and result.iterations < total


def _summary(scenario: Scenario, result: TrainingResult, out: Path, total: int, interrupted: bool) -> str:
    text = f"{result.iterations} iterations"
    if interrupted:
        text = f"Interrupted after {result.iterations} of {total} iterations"
    elif result.diverged:
        text = f"The gradient was no longer finite after {result.iterations} iterations (try a smaller --rate)"
    if result.iterations:
        text += f"; last loss {result.losses[-1]:.4g}"
    if _counts(scenario):
        held_out = scenario.supply().some_held_out(_HELD_OUT_AT_THE_END)
        share = accuracy(scenario.network(), result.parameters, held_out, scenario.score, scenario.initial())
        task = scenario.task()
        text += f"; {share:.2%} of the {task.metric}, held out" if task else f"; {share:.2%} right on the sequence"
    return f"{text}. What was learned is in {out}."


def _counts(scenario: Scenario) -> bool:
    """Whether the targets are classes, which are right or wrong."""
    targets = scenario.sequence().targets
    return scenario.task() is not None or (targets is not None and targets.ndim == 2)


def _check_writable(out: Path) -> None:
    """Refuses before the training what could not be written after it."""
    if out.suffix.lower() != ".npz":
        raise FileError(
            f"{out}: weights are written as .npz, got '{out.suffix or 'no ending'}'. Name it {out.stem}.npz."
        )
    if not out.parent.is_dir() or out.is_dir():
        raise FileError(f"{out}: there is no folder {out.parent}, or the name is a folder's. Choose another place.")
    if not os.access(out.parent, os.W_OK):
        raise FileError(f"{out}: the folder {out.parent} cannot be written to. Choose another place.")


def _natural(text: str) -> int:
    return _number(text, 0)


def _positive(text: str) -> int:
    return _number(text, 1)


def _number(text: str, least: int) -> int:
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:20]) <= 2**53:
        raise ArgumentTypeError(f"expected a whole number of at least {least}, got '{text}'")
    return int(text)
