"""A scenario: a network, what it reads and how it learns, described by a TOML file that people can read and write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count as counted
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.cell import Cell
from core.errors import FileError, GatewalkError
from core.files.reading import checked_path, read_text
from core.files.weights import read_weights
from core.language import read_cell
from core.learning.training import fitting_state
from core.network import Network, build_network
from core.network_file import NetworkFile, read_network_file
from core.posing import problem_of
from core.resources import resource_path
from core.scenario_file import Data, Opening, Settings, parse_settings
from core.sequence import Sequence, from_text, last_target, next_token_targets
from core.tasks import Task

MAX_BYTES = 1_000_000
NEXT_TOKEN = "next token"  # the target that means: at every step, the token after it
_BATCHES = 2  # the stream of a seed that batches come from; the task's own sets come from 0 and 1
_Found = TypeVar("_Found")


@dataclass(frozen=True, eq=False)
class Scenario:
    """What a scenario file describes. The same network is given every time, so its compiled plan is made once."""

    file: Path
    settings: Settings

    @property
    def name(self) -> str:
        """What people call it."""
        return self.settings.name

    @property
    def description(self) -> str:
        """What it shows, in a few sentences."""
        return " ".join(self.settings.description.split())

    @property
    def opening(self) -> Opening | None:
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
        """The network file that the scenario names; None where it describes a layer itself. Raises FileError."""
        named = self.settings.network.file
        if not named:
            return None
        path = self.file.parent / named if Path(named).suffix == ".toml" else named
        return self._at("network.file", lambda: read_network_file(path))

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
        if self.settings.weights is None:
            return MappingProxyType(self.initial_parameters())
        return self._weights()[0]

    def optimiser_state(self) -> Mapping[str, NDArray[Any]]:
        """The state of the optimiser that belongs to the parameters: the trained one where the file holds one."""
        return self.start()[1]

    def start(self) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, NDArray[Any]]]:
        """``parameters`` and ``optimiser_state`` together: a weights file is read once. Raises FileError."""
        none: Mapping[str, NDArray[Any]] = {}
        parameters, state = (self.parameters(), none) if self.settings.weights is None else self._weights()
        return parameters, fitting_state(self._network, parameters, self.settings.learning.optimiser, state)

    def initial_parameters(self, seed: int | None = None) -> dict[str, NDArray[Any]]:
        """The parameters at the start of training."""
        return self._network.initial_parameters(self.settings.learning.seed if seed is None else seed)

    def batches(self, *, size: int | None = None, seed: int | None = None, first: int = 0) -> Iterator[Sequence]:
        """Endless batches to learn from, beginning with number ``first``; each depends on seed and number only."""
        learning = self.settings.learning
        size, seed = learning.batch if size is None else size, learning.seed if seed is None else seed
        task = self.task()
        for number in counted(first):
            generator = np.random.default_rng((seed, _BATCHES, number))
            yield self._sequence if task is None else task.batch(generator, size)

    def held_out(self, count: int = 1000) -> tuple[Sequence, ...]:
        """Sequences that are never learned from (agreement: a multiple of 4); without a task, the sequence itself."""
        task = self.task()
        return (self._sequence,) if task is None else task.held_out(count)

    def score(self, outputs: NDArray[Any], sequence: Sequence) -> tuple[int, int]:
        """How many answers are right, and how many were asked for, as the task counts them: outputs (T, B, O)."""
        return (self.task() or Task()).score(outputs, sequence)

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
        cell = Cell(self._at("network.cell", lambda: read_cell(name)), sequence.width, parts.units)
        self._at("network.head", lambda: read_cell(parts.head, "heads"))
        network = self._at(
            "network.loss", lambda: build_network(cell, head=parts.head, loss=parts.loss, outputs=outputs)
        )
        self._at("data.target", lambda: problem_of(network, {}, sequence))
        return network

    def _weights(self) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, NDArray[Any]]]:
        assert self.settings.weights is not None
        named = self.settings.weights.file
        beside = self.file.parent / named
        path = beside if beside.is_file() else resource_path("weights") / named
        weights = self._at("weights.file", lambda: read_weights(path))
        parameters = self._at("weights.file", lambda: self._network.check(weights.parameters))
        return MappingProxyType(parameters), MappingProxyType(dict(weights.optimiser_state))

    def _at(self, key: str, make: Callable[[], _Found]) -> _Found:
        """What ``make`` gives; its complaint is told with the file and the key."""
        try:
            return make()
        except GatewalkError as error:
            raise FileError(f"{self.file.name}, {key}: {error}") from None


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
    settings = parse_settings(read_text(file, MAX_BYTES, "A scenario is a page of text."), file.name)
    scenario = Scenario(file, settings)
    scenario.network()
    if settings.opening is not None and settings.opening.t >= scenario.sequence().length:
        last = scenario.sequence().length - 1
        raise FileError(f"{file.name}, opening.t: got {settings.opening.t}, expected a step from 0 to {last}.")
    return scenario


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
