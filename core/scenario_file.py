"""What may stand in a scenario file: sections, keys, types and ranges, and the sentence for what may not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from core.errors import FileError, GatewalkError
from core.frame import Grain, Phase
from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Optimiser
from core.learning.step import LearningSettings
from core.tokens import Kind

Positive = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Units = Annotated[int, msgspec.Meta(ge=1, le=4096)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_CHOICES = {  # what msgspec does not say by itself
    "task.name": "agreement",
    "learning.optimiser.type": "sgd, momentum or adam",
    "learning.clipping.rule": "off, value or norm",
    "data.kind": "words, characters or numbers",
    "opening.phase": ", ".join(Phase),
    "opening.grain": ", ".join(Grain),
}


class NetworkPart(msgspec.Struct, frozen=True):
    """[network]: ``cell`` is a built-in name, or a cell file relative to the scenario."""

    units: Units
    cell: str = "lstm"
    head: str = "softmax"
    loss: str = "cross-entropy"


class Agreement(msgspec.Struct, frozen=True, tag="agreement", tag_field="name"):
    """[task] of the name "agreement": see ``core.tasks.agreement``."""

    seed: Natural = 0
    training_gaps: tuple[int, int] = (1, 6)
    test_gaps: tuple[int, int] = (7, 14)


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
    data: Data
    description: str = ""
    task: Agreement | None = None
    weights: WeightsPart | None = None
    learning: Learning = Learning()
    opening: Opening | None = None


def parse_settings(text: str, file: str) -> Settings:
    """The settings that a scenario file states. Raises FileError naming the file, the key and what was expected."""
    try:
        table = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"{file}: this is not valid TOML: {error}.") from None
    except RecursionError:
        raise FileError(f"{file}: this is nested too deeply to be a scenario.") from None
    try:
        settings = msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise FileError(f"{file}, {_sentence(str(error))}.") from None
    except GatewalkError as error:  # of the optimiser's or the clipping's own
        raise FileError(f"{file}, learning: {error}") from None
    _no_unknown(table, msgspec.to_builtins(settings), "", file)
    return settings


def _sentence(message: str) -> str:
    """Key, expected and found, out of msgspec's "Expected `int`, got `str` - at `$.network.units`"."""
    what, _, place = message.partition(" - at `")
    key = re.sub(r"^\$\.?", "", place.rstrip("`")) or "the file"
    missing = re.match(r"Object missing required field `(\w+)`", what)
    if missing:
        return f"{key}: '{missing[1]}' is missing, expected '{missing[1]} = …'"
    what = what[0].lower() + what[1:].replace("`", "'")
    return f"{key}: {what}" + (f", expected {_CHOICES[key]}" if key in _CHOICES else "")


def _no_unknown(table: Mapping[str, Any], known: Mapping[str, Any], place: str, file: str) -> None:
    """Raises FileError for a key that was not read: it would be lost without a word."""
    for key, value in table.items():
        where = f"{place}.{key}" if place else key
        if key not in known:
            import difflib  # only for a hint, which most starts never give

            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"expected one of: {', '.join(known)}."
            raise FileError(f"{file}, {where}: there is no such key; {hint}")
        if isinstance(value, Mapping):
            _no_unknown(value, known[key], where, file)
