"""What a session learns from when it is trained, and what its weights have been trained on already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from core.errors import DataError
from core.network import Network
from core.sequence import Sequence
from core.supply import Supply
from core.tasks import AnyTask

Arrays = Mapping[str, NDArray[Any]]
Positive = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Training(msgspec.Struct, frozen=True):
    """Where batches come from, and how far training has come; ``seed`` and ``done`` are the generator's state.

    ``recipe`` says how the weights were made whose digest is ``weights``, as weights files say it; of other weights
    nothing is known. ``iterations`` is how many a training is meant to have.
    """

    task: AnyTask | None = None  # None: the session's own sequences
    batch: Positive = 32
    seed: Natural = 0
    iterations: Natural = 1000
    done: Natural = 0  # batches learned from, which is the number of the next one
    weights: str = ""
    recipe: dict[str, Any] = {}
    values: dict[str, Any] = {}  # by path, numbers that a scenario puts in the place of random initial ones

    def supply(self, own: Sequence) -> Supply:
        """Where batches and what is held out come from; ``own`` is learned from without a task."""
        return Supply(self.task, own, self.batch, self.seed)

    def of(self, parameters: Arrays) -> Training:
        """This, as far as it is about these parameters: others have not been trained on anything that is known."""
        return self if digest_of(parameters) == self.weights else self.anew("weights that were not trained by a recipe")

    def initial_parameters(self, network: Network, seed: int) -> dict[str, NDArray[Any]]:
        """The parameters at the start of a training. Raises DataError for values that do not fit."""
        found = network.initial_parameters(seed)
        try:
            return {**found, **{path: _filled(value, found[path].shape) for path, value in self.values.items()}}
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"the initial values of the scenario do not fit the network: {error}") from None

    def anew(self, start: str = "") -> Training:
        """Before anything is learned; ``start`` says what with, "" for initial parameters of the seed."""
        recipe = {**self.recipe, "stages": [], "start": start} if self.recipe else {}
        return replace(self, done=0, weights="", recipe=recipe)

    def fitting(self, network: Network) -> Training:
        """For another network: the task stays where its words and answers are as many as the network's."""
        task = self.task
        fits = task is None or (network.outputs, network.inputs) == (task.outputs, task.example().width)
        return replace(self, done=0, weights="", recipe={}, values={}, task=task if fits else None)


def _filled(value: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """An array of this shape; a single number everywhere. Raises ValueError."""
    array = np.asarray(value, dtype=np.float64)
    if array.ndim and array.shape != shape:
        raise ValueError(f"got shape {array.shape}, expected {shape}")
    return np.array(np.broadcast_to(array, shape))


def digest_of(parameters: Arrays) -> str:
    """A short text that two sets of parameters share only if all their numbers are the same."""
    found = hashlib.sha1(usedforsecurity=False)
    for path in sorted(parameters):
        array = np.ascontiguousarray(parameters[path])
        found.update(f"{path} {array.dtype} {array.shape} ".encode())
        found.update(array.tobytes())
    return found.hexdigest()
