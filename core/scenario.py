"""A scenario: a network, what it reads and how it learns, described by a TOML file that people can read and write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from core.cell import Cell
from core.errors import FileError, GatewalkError
from core.files.reading import checked_path, read_text
from core.files.weights import Weights, read_weights
from core.language import read_cell
from core.learning.recipe import recorded
from core.learning.record import Training
from core.learning.training import fitting_state
from core.lesson import Place
from core.network import Network, build_network
from core.network_file import NetworkFile, NetworkSettings, read_network_file
from core.posing import problem_of
from core.resources import resource_path
from core.scenario_checks import checked_places, checked_values
from core.scenario_file import Data, LanePart, Settings, parse_settings
from core.sequence import Sequence, from_text, last_target, next_token_targets
from core.settings_file import SettingsText
from core.supply import Supply
from core.tasks import Task
from core.words import USUAL, said

MAX_BYTES = 1_000_000
NEXT_TOKEN = "next token"  # the target that means: at every step, the token after it
_HEADING = re.compile(r"^\s*(\[\[?\s*network\b|network\s*[.=])", re.MULTILINE)  # found also in broken files
_Found = TypeVar("_Found")


@dataclass(frozen=True, eq=False)
class Scenario:
    """What a scenario file describes. The same network is given every time, so its compiled plan is made once."""

    file: Path
    settings: Settings
    text: str = ""  # of the file, to say at which line something stands
    prefix: str = ""  # before each key in a message: "lanes[0]."

    @property
    def name(self) -> str:
        """What people call it."""
        return said(self.settings.name)

    @property
    def description(self) -> str:
        """What it shows, in a few sentences."""
        return said(self.settings.description)

    def named(self, language: str = USUAL) -> str:
        """What people call it in a language."""
        return said(self.settings.name, language)

    def lane(self, number: int) -> Scenario:
        """A lane beside the lead as a scenario of its own, to train it or to take its parameters."""
        part, settings = self.settings.lanes[number], self.settings
        own = replace(
            settings,
            name=said(part.name),
            network=part.network or settings.network,
            weights=part.weights,
            learning=part.learning or settings.learning,
            lanes=(),
            lesson=(),
        )
        return Scenario(self.file, own, self.text, f"lanes[{number}].")

    def lane_named(self, name: str) -> Scenario:
        """The lane of this English name as a scenario of its own. Raises FileError where there is none."""
        names = [said(part.name) for part in self.lanes]
        if name not in names:
            known = ", ".join(names) or "none"
            raise FileError(f"{self.file.name}, lanes: there is no lane “{name}”; there are: {known}.")
        return self.lane(names.index(name))

    @property
    def lanes(self) -> tuple[LanePart, ...]:
        """The networks beside the lead, as the file describes them."""
        return self.settings.lanes

    @property
    def opening(self) -> Place | None:
        """The position to open at; None for the beginning."""
        return self.settings.opening

    def network(self) -> Network:
        """The network, without numbers. Raises FileError naming the file and the key that is wrong."""
        return self._network

    def sequence(self) -> Sequence:
        """What is read when the scenario opens, with its targets. Raises FileError."""
        return self._sequence

    @cached_property
    def network_file(self) -> NetworkFile | None:
        """The network file that the scenario names or holds; None where it has a single layer. Raises FileError."""
        parts = self.settings.network
        named = parts.file
        if not named:
            return self._layers() if parts.layer else None
        path = self.file.parent / named if Path(named).suffix == ".toml" else named
        return self._at("network.file", lambda: read_network_file(path))

    def _layers(self) -> NetworkFile:
        """The layers of the scenario as a network file would hold them."""
        parts = self.settings.network
        own = NetworkSettings(self.name, list(parts.layer), "", parts.input, parts.readout, parts.padding)
        text = SettingsText(self.text, self.file.name, f"{self.prefix}network")
        return NetworkFile(text, self.file, own)

    def initial(self) -> Mapping[str, NDArray[Any]]:
        """The initial states that the network file gives, by path, (K, B, H); nothing for zeros."""
        file = self.network_file
        return {} if file is None else file.initial(self._network, self._sequence.batch)

    def task(self) -> Task | None:
        """Where sequences to learn from come from; None when that is the sequence itself."""
        return self.settings.task

    def parameters(self) -> Mapping[str, NDArray[Any]]:
        """The parameters in the weights file, or where none is named those at the start of training.

        Read anew each time. Raises FileError for a file that is missing, damaged or of another network.
        """
        return self._weights()[0]

    def optimiser_state(self) -> Mapping[str, NDArray[Any]]:
        """The state of the optimiser that belongs to the parameters: the trained one where the file holds one."""
        return self.start()[1]

    def start(self) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, NDArray[Any]]]:
        """``parameters`` and ``optimiser_state`` together: a weights file is read once. Raises FileError."""
        return self.begun()[:2]

    def begun(self) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, NDArray[Any]], Training]:
        """``start``, and what is learned from with how far the parameters were trained on it. Raises FileError."""
        parameters, state, recipe = self._weights()
        training = self._at("weights.file", lambda: recorded(self.settings, recipe, parameters))
        return parameters, fitting_state(self._network, parameters, self.settings.learning.optimiser, state), training

    def initial_parameters(self, seed: int | None = None) -> dict[str, NDArray[Any]]:
        """The parameters at the start of training."""
        part = self.settings.weights
        found = self._network.initial_parameters(self.settings.learning.seed if seed is None else seed)
        values = {} if part is None else checked_values(part.values, self._network, self._source)
        return {**found, **values}

    def batches(self, *, size: int | None = None, seed: int | None = None, first: int = 0) -> Iterator[Sequence]:
        """Endless batches to learn from, beginning with number ``first``; each depends on seed and number only."""
        return self.supply(size=size, seed=seed).batches(first)

    def supply(self, *, size: int | None = None, seed: int | None = None) -> Supply:
        """Where batches and what is held out come from."""
        learning = self.settings.learning
        size, seed = learning.batch if size is None else size, learning.seed if seed is None else seed
        return Supply(self.task(), self._sequence, size, seed)

    def held_out(self, count: int = 1000) -> tuple[Sequence, ...]:
        """Sequences that are never learned from (agreement: a multiple of 4); without a task, the sequence itself."""
        return self.supply().held_out(count)

    def score(self, outputs: NDArray[Any], sequence: Sequence) -> tuple[int, int]:
        """How many answers are right, and how many were asked for, as the task counts them: outputs (T, B, O)."""
        return self.supply().score(outputs, sequence)

    @cached_property
    def _sequence(self) -> Sequence:
        data, task = self.settings.data, self.task()
        if data is None:
            if task is None:
                raise FileError(f"{self.file.name}, data: there is neither data nor a task, so nothing is read.")
            return self._at("task", task.example)
        vocabulary = None if task is None else task.vocabulary
        read = self._at("data.text", lambda: from_text(data.text, vocabulary, data.kind, name=self.name))
        return read if data.target is None else self._at("data.target", lambda: self._with_target(read, data))

    def _with_target(self, sequence: Sequence, data: Data) -> Sequence:
        target, task = data.target, self.task()
        labels = data.labels or (() if task is None else task.labels)
        if target == NEXT_TOKEN:
            return next_token_targets(sequence)
        if isinstance(target, str | int):
            return last_target(sequence, target, labels)
        return sequence.with_target(sequence.length - 1, np.asarray(target, dtype=float))

    @cached_property
    def _network(self) -> Network:
        parts, sequence = self.settings.network, self._sequence
        task = self.task()
        outputs = _outputs(sequence) if task is None else task.outputs
        if self.network_file is not None:
            file = self.network_file
            network = self._at("network.file", lambda: file.network(inputs=sequence.width, outputs=outputs))
            self._at("data.target", lambda: problem_of(network, {}, sequence))
            return network
        path = Path(parts.cell)
        name = self.file.parent / path if path.suffix == ".toml" else parts.cell
        cell = Cell(self._at("network.cell", lambda: read_cell(name)), sequence.width, parts.units or 0)
        self._at("network.head", lambda: read_cell(parts.head, "heads"))
        network = self._at(
            "network.loss", lambda: build_network(cell, head=parts.head, loss=parts.loss, outputs=outputs)
        )
        self._at("data.target", lambda: problem_of(network, {}, sequence))
        return network

    def _weights(self) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, NDArray[Any]], Mapping[str, Any]]:
        """Parameters, state of the optimiser, recipe."""
        part = self.settings.weights
        if part is None or not part.file:
            return MappingProxyType(self.initial_parameters()), MappingProxyType({}), {}
        weights = self._from_file(part.file)
        parameters = self._at("weights.file", lambda: self._network.check(weights.parameters))
        return MappingProxyType(dict(parameters)), MappingProxyType(dict(weights.optimiser_state)), weights.recipe

    def _from_file(self, named: str) -> Weights:
        beside, shipped = self.file.parent / named, resource_path("weights") / named
        path = shipped if shipped.is_file() and not beside.is_file() else beside
        return self._at("weights.file", lambda: read_weights(path))

    @property
    def _source(self) -> SettingsText:
        """The text of the file, to say where something stands."""
        return SettingsText(self.text, self.file.name, self.prefix.rstrip("."))

    def _at(self, key: str, make: Callable[[], _Found]) -> _Found:
        """What ``make`` gives; its complaint is told with the file and the key."""
        try:
            return make()
        except GatewalkError as error:
            raise FileError(f"{self.file.name}, {self.prefix}{key}: {error}") from None


def read_scenario(name_or_path: str | Path) -> Scenario:
    """The shipped scenario of this name ("agreement"), or the one in a ``.toml`` file.

    Everything but the weights is read and checked; ``parameters`` does that for them, as training does not need any.
    Raises FileError with the file, the key, and what was expected there.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = resource_path("scenarios", f"{name_or_path}.toml")
        if str(name_or_path) not in scenario_names():
            known = ", ".join(scenario_names())
            raise FileError(f"There is no scenario '{name_or_path}'. Use one of: {known}; or give a .toml file.")
    file = checked_path(path, (".toml",), "a scenario")
    text = read_text(file, MAX_BYTES, "A scenario is a page of text.")
    scenario = Scenario(file, parse_settings(text, file.name), text)
    scenario.network()
    for number, part in enumerate(scenario.lanes):
        if part.network is not None:
            scenario.lane(number).network()
    checked_places(scenario.settings, scenario.network(), scenario.sequence(), SettingsText(text, file.name))
    return scenario


def is_scenario(path: Path) -> bool:
    """Whether this file is meant to be a scenario: it has a network, which no other TOML file of ours has."""
    try:
        return path.stat().st_size <= MAX_BYTES and _HEADING.search(path.read_text(encoding="utf-8-sig")) is not None
    except (OSError, ValueError):
        return False  # whoever opens it as something else says what is wrong


def scenario_names() -> tuple[str, ...]:
    """The names of the scenarios that ship with Gatewalk."""
    return tuple(sorted(file.stem for file in resource_path("scenarios").glob("*.toml")))


def _outputs(sequence: Sequence) -> int | None:
    """How many outputs the targets ask for; None when there are none."""
    if sequence.target_labels:
        return len(sequence.target_labels)
    if sequence.targets is None:
        return None
    return int(sequence.targets.max()) + 1 if sequence.targets.ndim == 2 else sequence.targets.shape[2]
