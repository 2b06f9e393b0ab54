"""Network files: TOML that people read and write, with the layers of a network, its input and its readout.

Shipped ones stand in ``resources/networks``. A cell, join or readout is a built-in name, or a file beside this one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.block import REVERSE
from core.errors import FileError, GatewalkError
from core.files.reading import checked_path, read_text
from core.language import CellDefinition, read_cell
from core.language.limits import MAX_DELAY
from core.network import Network, Padding
from core.resources import resource_path
from core.settings_file import SettingsText, settings_of, table_of
from core.stack import READOUT, Direction, LayerSpec, build_stack

MAX_BYTES = 200_000
MAX_LAYERS = 64
DEFAULT_LOSS = "cross-entropy"
_CHOICES = {  # what msgspec does not say by itself
    "layer.direction": ", ".join(Direction),
    "padding": "zero or carried",
    "layer.join": "the name of a join, or of a file of one",
}
_Found = TypeVar("_Found")
Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Units = Annotated[int, msgspec.Meta(ge=1, le=4096)]
Delay = Annotated[int, msgspec.Meta(ge=1, le=MAX_DELAY)]
Start = float | tuple[float, ...]  # of an initial state: of all units, or of each


class InputPart(msgspec.Struct, frozen=True):
    """[input]: how many numbers a step has (None: as many as the data), and the width of an embedding in front.

    ``tokens`` in place of ``inputs``: each step is one of so many tokens, read as a one-hot row.
    """

    inputs: Count | None = None
    tokens: Count | None = None
    embedding: Units | None = None


class LayerPart(msgspec.Struct, frozen=True):
    """[[layer]], bottom to top; ``initial`` gives initial states by variable, ``initial_reverse`` of that direction."""

    cell: str
    units: Units
    direction: Direction = Direction.FORWARD
    join: str = "concatenation"
    sizes: dict[str, Units] = {}
    delays: dict[str, Delay] = {}
    aligned: bool = True
    tied: bool = False
    reverse_cell: str = ""
    initial: dict[str, Start] = {}
    initial_reverse: dict[str, Start] = {}
    dropout: str | float = "off"


class ReadoutPart(msgspec.Struct, frozen=True):
    """[readout]: ``outputs`` None for as many as the data asks for; ``loss`` "" for a network only walked forward.

    Without a ``loss`` it is the cross-entropy where the readout has one, else its first.
    """

    head: str = "softmax"
    outputs: Count | None = None
    loss: str | None = None


class NetworkSettings(msgspec.Struct, frozen=True):
    """A whole network file."""

    name: str
    layer: Annotated[list[LayerPart], msgspec.Meta(min_length=1, max_length=MAX_LAYERS)]
    description: str = ""
    input: InputPart = InputPart()
    readout: ReadoutPart = ReadoutPart()
    padding: Padding = "zero"


class NetworkFile:
    """A network as a file describes it; sizes that it leaves open come from the data."""

    def __init__(self, text: SettingsText, file: Path, settings: NetworkSettings) -> None:
        """Raises FileError naming the file, the line and the key that is wrong, as far as no data are needed."""
        self.file, self.settings, self._text = file, settings, text
        if settings.input.inputs and settings.input.tokens:
            raise FileError(f"{text.place('input.tokens')}: 'inputs' stands there too; give one of them.")
        self.layers = tuple(self._layer(f"layer[{number}]", part) for number, part in enumerate(settings.layer))
        named = settings.readout.head
        definition: CellDefinition = self._read("readout.head", named, "heads")
        self.head: str | CellDefinition = definition if _is_file(named) else named
        self.loss = self._loss(definition)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.settings.name

    @property
    def description(self) -> str:
        """What it shows, in a few sentences."""
        return " ".join(self.settings.description.split())

    @property
    def inputs(self) -> int | None:
        """How many numbers a step has; None for as many as the data."""
        return self.settings.input.inputs or self.settings.input.tokens

    @property
    def tokens(self) -> int | None:
        """How many tokens data of one number a step are numbers of; None where these are numbers like any other."""
        part = self.settings.input
        return part.tokens or (part.inputs if part.embedding else None)

    def network(self, *, inputs: int, outputs: int | None = None, loss: str | None = None) -> Network:
        """The network for data of this width; ``outputs`` where the file names none, ``loss`` in place of the file's.

        Raises FileError naming the file, the line and the key that is wrong.
        """
        settings = self.settings
        if self.inputs not in (None, inputs):
            key = "input.tokens" if settings.input.tokens else "input.inputs"
            raise FileError(
                f"{self._text.place(key)}: the network reads {self.inputs} numbers a step, but the data has {inputs}. "
                "Use data of that width, or change the file."
            )
        wanted = None if self.head == "direct" else settings.readout.outputs or outputs
        try:
            return build_stack(
                self.layers,
                inputs=inputs,
                embedding=settings.input.embedding,
                head=self.head,
                loss=self.loss if loss is None else loss,
                outputs=wanted,
                padding=settings.padding,
            )
        except GatewalkError as error:
            raise FileError(f"{self._text.place(self._wrong(inputs))}: {error}") from None

    def _loss(self, head: CellDefinition) -> str:
        """The name of the loss, "" for none. Raises FileError for one that the readout has not."""
        named, known = self.settings.readout.loss, tuple(head.losses)
        if named is None:
            return DEFAULT_LOSS if DEFAULT_LOSS in known else next(iter(known), "")
        if named and named not in known:
            raise FileError(
                f"{self._text.place('readout.loss')}: the readout {head.name} has no loss {named}; "
                f"it has: {', '.join(known) or 'none'}."
            )
        return named

    def _wrong(self, inputs: int) -> str:
        """The part that makes the network impossible: the first layer that does, else the readout."""
        built: list[LayerSpec] = []
        for number, layer in enumerate(self.layers):
            if layer.join == READOUT and number < len(self.layers) - 1:
                return f"layer[{number}].join"
            built.append(replace(layer, join="concatenation") if layer.join == READOUT else layer)
            try:
                build_stack(built, inputs=inputs, embedding=self.settings.input.embedding, head="direct")
            except GatewalkError:
                return f"layer[{number}]"
        return "readout"

    def initial(self, network: Network, batch: int) -> dict[str, NDArray[np.float64]]:
        """The initial states that the file gives, by path, (K, B, H). Raises FileError for what is not there."""
        zeros = network.initial_states(batch)
        found = {}
        for number, part in enumerate(self.settings.layer):
            ways = {f"l{number}": ("initial", part.initial)}
            ways[f"l{number}{REVERSE}"] = ("initial_reverse", part.initial_reverse)
            if part.direction is Direction.REVERSE and not part.initial_reverse:
                ways = {f"l{number}{REVERSE}": ("initial", part.initial)}
            for block, (key, states) in ways.items():
                for name, start in states.items():
                    place = f"layer[{number}].{key}.{name}"
                    found[f"{block}/{name}"] = self._state(place, zeros, f"{block}/{name}", start)
        return found

    def _state(self, place: str, zeros: Mapping[str, Any], path: str, start: Start) -> NDArray[np.float64]:
        if path not in zeros:
            raise FileError(f"{self._text.place(place)}: {path} has no initial value; these have: {', '.join(zeros)}.")
        shape = zeros[path].shape
        if isinstance(start, tuple) and len(start) != shape[-1]:
            raise FileError(f"{self._text.place(place)}: got {len(start)} numbers, expected {shape[-1]}, one a unit.")
        if not np.isfinite(start).all():
            raise FileError(f"{self._text.place(place)}: got {start}, expected finite numbers.")
        return np.array(np.broadcast_to(np.asarray(start, float), shape))

    def _layer(self, place: str, part: LayerPart) -> LayerSpec:
        if part.dropout not in ("off", 0):
            raise FileError(
                f"{self._text.place(f'{place}.dropout')}: got {part.dropout!r}, expected 'off'. A network is walked "
                "here as it is used, without dropout."
            )
        self._check_ways(place, part)
        named = part.join
        join = self._read(f"{place}.join", named, "joins") if part.direction is Direction.BOTH else named
        return LayerSpec(
            cell=self._read(f"{place}.cell", part.cell, "cells"),
            units=part.units,
            direction=part.direction,
            join=named if named == READOUT else join,
            sizes=part.sizes,
            delays=part.delays,
            aligned=part.aligned,
            tied=part.tied,
            reverse_cell=self._read(f"{place}.reverse_cell", part.reverse_cell, "cells") if part.reverse_cell else None,
        )

    def _check_ways(self, place: str, part: LayerPart) -> None:
        """Raises FileError for what is said of a direction that the layer has not, and would be lost without a word."""
        whole, forward = LayerPart(part.cell, part.units), part.direction is Direction.FORWARD
        of_both = () if part.direction is Direction.BOTH else ("join", "tied", "reverse_cell")
        for key in (*of_both, *(("aligned", "initial_reverse") if forward else ())):
            if getattr(part, key) != getattr(whole, key):
                raise FileError(
                    f"{self._text.place(f'{place}.{key}')}: the layer only walks {part.direction}, so this says "
                    'nothing. Leave it out, or write direction = "both".'
                )

    def _read(self, place: str, named: str, kind: str) -> Any:
        """The definition of a name, or of a file beside this one; the name of the join that is none."""
        if named == READOUT and kind == "joins":
            return named
        return self._at(place, lambda: read_cell(self.file.parent / named if _is_file(named) else named, kind))

    def _at(self, place: str, make: Callable[[], _Found]) -> _Found:
        """What ``make`` gives; its complaint is told with the file and the key."""
        try:
            return make()
        except GatewalkError as error:
            raise FileError(f"{self._text.place(place)}: {error}") from None


def read_network_file(name_or_path: str | Path) -> NetworkFile:
    """The shipped network of this name ("bidirectional_lstm"), or the one in a ``.toml`` file.

    Raises FileError with the file, the line, the key, and what was expected there.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = resource_path("networks", f"{name_or_path}.toml")
        if str(name_or_path) not in network_names():
            known = ", ".join(network_names())
            raise FileError(f"There is no network '{name_or_path}'. Use one of: {known}; or give a .toml file.")
    file = checked_path(path, (".toml",), "a network")
    text = read_text(file, MAX_BYTES, "A network file is a page of text.")
    source = SettingsText(text, file.name)
    return NetworkFile(source, file, settings_of(table_of(source, "a network"), NetworkSettings, source, _CHOICES))


def network_names() -> tuple[str, ...]:
    """The names of the networks that ship with Gatewalk."""
    return tuple(sorted(file.stem for file in resource_path("networks").glob("*.toml")))


def is_network(name_or_path: str) -> bool:
    """Whether this names a shipped network, or a TOML file with layers, which no cell file has."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        return name_or_path in network_names()
    try:
        return path.stat().st_size <= MAX_BYTES and "layer" in tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False  # whoever opens it as a cell says what is wrong


def _is_file(named: str) -> bool:
    return Path(named).suffix == ".toml"
