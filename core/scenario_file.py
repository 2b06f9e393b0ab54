"""What may stand in a scenario file: sections, keys, types and ranges, and the sentence for what may not."""

from __future__ import annotations

from typing import Annotated

import msgspec

from core.errors import FileError, GatewalkError
from core.frame import Grain, Phase
from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Optimiser
from core.learning.step import LearningSettings
from core.settings_file import SettingsText, settings_of, table_of
from core.tasks import TASKS, AnyTask
from core.tokens import Kind

Positive = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Units = Annotated[int, msgspec.Meta(ge=1, le=4096)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_CHOICES = {  # what msgspec does not say by itself
    "task.name": ", ".join(sorted(TASKS)),
    "learning.optimiser.type": "sgd, momentum or adam",
    "learning.clipping.rule": "off, value or norm",
    "data.kind": "words, characters or numbers",
    "opening.phase": ", ".join(Phase),
    "opening.grain": ", ".join(Grain),
}


class NetworkPart(msgspec.Struct, frozen=True):
    """[network]: ``cell`` is a built-in name, or a cell file relative to the scenario; or ``file``, a network file."""

    units: Units = 0  # none, where a file says it
    cell: str = "lstm"
    head: str = "softmax"
    loss: str = "cross-entropy"
    file: str = ""


class Data(msgspec.Struct, frozen=True):
    """[data]: the sequence that is read at the opening, and its target.

    ``target``: a label, a class or output numbers, at the last step; or "next token", at every step. ``labels`` names
    the classes where no task does.
    """

    text: str
    kind: Kind | None = None
    target: str | int | float | tuple[float, ...] | None = None
    labels: tuple[str, ...] = ()


class WeightsPart(msgspec.Struct, frozen=True):
    """[weights]: a ``.npz`` file beside the scenario or in resources/weights."""

    file: str


class Learning(msgspec.Struct, frozen=True):
    """[learning]: one iteration (optimiser, clipping, window of truncated BPTT), and how a training goes."""

    optimiser: Optimiser = SGD()
    clipping: Clipping = Clipping()
    window: Natural = 0
    iterations: Natural = 1000
    batch: Positive = 32
    seed: Natural = 0

    def step(self) -> LearningSettings:
        """The settings of one iteration."""
        return LearningSettings(self.optimiser, self.clipping, self.window)


class Opening(msgspec.Struct, frozen=True):
    """[opening]: where the cursor stands at first; ``t`` counts from 0."""

    phase: Phase = Phase.FORWARD
    t: Natural = 0
    grain: Grain = Grain.EQUATION


class Settings(msgspec.Struct, frozen=True):
    """A whole scenario file."""

    name: str
    network: NetworkPart
    data: Data | None = None  # without it, what the task gives as an example
    description: str = ""
    task: AnyTask | None = None
    weights: WeightsPart | None = None
    learning: Learning = Learning()
    opening: Opening | None = None


def parse_settings(text: str, file: str) -> Settings:
    """The settings that a scenario file states. Raises FileError naming the file, the key and what was expected."""
    source = SettingsText(text, file)
    table = table_of(source, "a scenario")
    _check_network(table.get("network"), source)
    try:
        return settings_of(table, Settings, source, _CHOICES)
    except FileError:
        raise
    except GatewalkError as error:  # of the task's, the optimiser's or the clipping's own
        raise FileError(f"{file}, {_complaining(table)}: {error}") from None


def _complaining(table: dict[str, object]) -> str:
    """The section whose values are each allowed, but not together."""
    try:
        msgspec.convert(table.get("task"), AnyTask | None)
    except GatewalkError:
        return "task"
    return "learning"


def _check_network(table: object, source: SettingsText) -> None:
    """A cell with its units, or a network file, which says everything. Raises FileError."""
    if not isinstance(table, dict):
        return
    if "file" in table and len(table) > 1:
        raise FileError(
            f"{source.place('network.file')}: with 'file' nothing else can stand here, as that file says it all."
        )
    if "file" not in table and "units" not in table:
        raise FileError(f"{source.place('network')}: 'units' is missing, expected 'units = …'.")
