"""What may stand in a scenario file: sections, keys, types and ranges, and the sentence for what may not."""

from __future__ import annotations

import re
from typing import Annotated, Any, get_args

import msgspec

from core.breakpoints import Breakpoint
from core.errors import FileError, GatewalkError
from core.frame import Grain, Phase
from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Optimiser
from core.learning.paces import Pace
from core.learning.step import LearningSettings
from core.lesson import Laboratory, LessonStep, Panel, Place
from core.network import Padding
from core.network_file import MAX_LAYERS, InputPart, LayerPart, ReadoutPart
from core.regulariser.settings import GRADIENTS, Regulariser
from core.settings_file import SettingsText, settings_of, table_of
from core.stack import Direction
from core.tasks import TASKS, AnyTask
from core.tokens import Kind
from core.words import Text

Positive = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Units = Annotated[int, msgspec.Meta(ge=1, le=4096)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_CHOICES = {  # what msgspec does not say by itself
    "task.name": ", ".join(sorted(TASKS)),
    "learning.optimiser.type": "sgd, momentum or adam",
    "learning.clipping.rule": "off, value or norm",
    "learning.regulariser.state": "output or all",
    "learning.regulariser.gradient": ", ".join(GRADIENTS),
    "data.kind": "words, characters or numbers",
    "network.layer.direction": ", ".join(Direction),
    "opening.phase": ", ".join(Phase),
    "opening.grain": ", ".join(Grain),
    "lesson.at.phase": ", ".join(Phase),
    "lesson.at.grain": ", ".join(Grain),
    "lesson.look.panel": ", ".join(get_args(Panel)),
    "lesson.look.laboratory": ", ".join(get_args(Laboratory)),
    "breakpoints.type": "time, saturated, gradient, vanishes, explodes, dead or non-finite",
}
MOST_LANES = 3  # beside the lead


class NetworkPart(msgspec.Struct, frozen=True):
    """[network]: one layer, or ``file``, a network file, or what stands in one ([[network.layer]] …).

    ``cell`` is a built-in name, or a cell file relative to the scenario.
    """

    units: Units | None = None  # where layers say it
    cell: str = "lstm"
    head: str = "softmax"
    loss: str = "cross-entropy"
    file: str = ""
    layer: Annotated[tuple[LayerPart, ...], msgspec.Meta(max_length=MAX_LAYERS)] = ()
    input: InputPart = InputPart()
    readout: ReadoutPart = ReadoutPart()
    padding: Padding = "zero"


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
    """[weights]: a ``.npz`` file beside the scenario or in resources/weights.

    ``values``, by path ("l0/U"), are what training starts with in place of drawn numbers, and what is there without a
    file; a single number fills the whole parameter.
    """

    file: str = ""
    values: dict[str, Any] = {}  # a number, numbers, or rows of them


class Learning(msgspec.Struct, frozen=True):
    """[learning]: one iteration (optimiser, clipping, window of truncated BPTT), and how a training goes."""

    optimiser: Optimiser = SGD()
    clipping: Clipping = Clipping()
    window: Natural = 0
    paces: tuple[Pace, ...] = ()
    regulariser: Regulariser = Regulariser()
    iterations: Natural = 1000
    batch: Positive = 32
    seed: Natural = 0

    def step(self) -> LearningSettings:
        """The settings of one iteration."""
        return LearningSettings(self.optimiser, self.clipping, self.window, self.paces, regulariser=self.regulariser)


class LanePart(msgspec.Struct, frozen=True):
    """[[lanes]]: a network beside the lead, on the same data; without ``network`` the lead's with other weights.

    ``learning`` says how ``train --lane`` trains it; under the cursor it learns as the lead does.
    """

    name: Text
    network: NetworkPart | None = None
    weights: WeightsPart | None = None
    learning: Learning | None = None


class Settings(msgspec.Struct, frozen=True):
    """A whole scenario file."""

    name: Text
    network: NetworkPart
    data: Data | None = None  # without it, what the task gives as an example
    description: Text = ""
    order: int = 100  # where it stands in the gallery
    task: AnyTask | None = None
    weights: WeightsPart | None = None
    learning: Learning = Learning()
    opening: Place | None = None
    lanes: Annotated[tuple[LanePart, ...], msgspec.Meta(max_length=MOST_LANES)] = ()
    breakpoints: tuple[Breakpoint, ...] = ()
    lesson: tuple[LessonStep, ...] = ()


def parse_settings(text: str, file: str) -> Settings:
    """The settings that a scenario file states. Raises FileError naming the file, the key and what was expected."""
    source = SettingsText(text, file)
    table = table_of(source, "a scenario")
    _check_network(table.get("network"), "network", source)
    lanes = table.get("lanes", [])
    for number, lane in enumerate(lanes if isinstance(lanes, list) else []):
        if isinstance(lane, dict):
            _check_network(lane.get("network"), f"lanes[{number}].network", source)
    try:
        settings = settings_of(table, Settings, source, _CHOICES)
    except FileError:
        raise
    except GatewalkError as error:  # of the task's, the optimiser's or the clipping's own
        raise FileError(f"{file}, {_complaining(table)}: {error}") from None
    for number, step in enumerate(settings.lesson):
        if step.question is not None and step.question.problem:
            raise FileError(f"{source.place(f'lesson[{number}].question')}.{step.question.problem}")
    return settings


def _complaining(table: dict[str, object]) -> str:
    """The section whose values are each allowed, but not together."""
    try:
        msgspec.convert(table.get("task"), AnyTask | None)
    except GatewalkError:
        return "task"
    return "learning"


def _check_network(table: object, key: str, source: SettingsText) -> None:
    """A cell with its units, or a network file, or layers, which say everything. Raises FileError."""
    if not isinstance(table, dict):
        return
    if "file" in table and len(table) > 1:
        raise FileError(
            f"{source.place(f'{key}.file')}: with 'file' nothing else can stand here, as that file says it all."
        )
    single = [name for name in ("units", "cell", "head", "loss") if name in table]
    if "layer" in table and single:
        raise FileError(
            f"{source.place(f'{key}.{single[0]}')}: with layers this cannot stand here; "
            f"write it in [[{_unnumbered(key)}.layer]] or [network.readout]."
        )
    if not {"file", "units", "layer"} & set(table):
        raise FileError(f"{source.place(key)}: 'units' is missing, expected 'units = …'.")


def _unnumbered(key: str) -> str:
    return re.sub(r"\[\d+\]", "", key)
