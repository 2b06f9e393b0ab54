"""Whether what a scenario file says of places and numbers fits its network and its sequence; else, a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.breakpoints import AtTime, NonFinite
from core.errors import FileError, SessionError
from core.frame import Phase
from core.lesson import Look, Place
from core.network import Network
from core.regulariser.fitting import check_regulariser
from core.scenario_file import Settings
from core.sequence import Sequence
from core.settings_file import SettingsText


class _Places:
    """Checks places of one scenario; all raise FileError."""

    def __init__(self, settings: Settings, network: Network, sequence: Sequence, text: SettingsText) -> None:
        self._network, self._last, self._text = network, sequence.length - 1, text
        learns = bool(network.loss) and sequence.targets is not None
        self._phases = _phases(settings) if learns else (Phase.FORWARD,)

    def place(self, place: Place, key: str) -> None:
        """A phase that is walked, at a step that is there."""
        if place.phase not in self._phases and len(self._phases) > 1:
            raise self._wrong(f"{key}.phase", place.phase, "another one, as [learning.regulariser] has no weight")
        if place.phase not in self._phases:
            raise self._wrong(f"{key}.phase", place.phase, "forward, as there is no loss to walk back from")
        if place.iteration and len(self._phases) == 1:
            raise self._wrong(f"{key}.iteration", place.iteration, "0, as there is no loss to learn from")
        self.time(place.t, f"{key}.t")

    def look(self, look: Look, key: str) -> None:
        """A variable of the network, one of its units, and a step."""
        if look.path:
            self.variable(look.path, f"{key}.path")
        self.time(look.t, f"{key}.t")
        if look.unit is not None and look.path:
            block, name = look.path.split("/")
            width = self._network.block(block).cell.variable_sizes[name]
            if look.unit >= width:
                raise self._wrong(f"{key}.unit", look.unit, f"a unit of {look.path}, 0 to {width - 1}")

    def time(self, t: int | None, key: str) -> None:
        """A step of the sequence."""
        if t is not None and not 0 <= t <= self._last:
            raise self._wrong(key, t, f"a step from 0 to {self._last}")

    def variable(self, path: str, key: str) -> None:
        """A variable of the network."""
        if not self._network.has_variable(path):
            blocks = self._network.blocks
            known = [f"{block.name}/{name}" for block in blocks for name in block.cell.definition.variables]
            raise self._wrong(key, f"“{path}”", f"one of: {', '.join(known)}")

    def _wrong(self, key: str, got: object, expected: str) -> FileError:
        return FileError(f"{self._text.place(key)}: got {got}, expected {expected}.")


def _phases(settings: Settings) -> tuple[Phase, ...]:
    """Those of an iteration that learns."""
    regularised = bool(settings.learning.regulariser.weight)
    return tuple(phase for phase in Phase if regularised or phase is not Phase.REGULARISER)


def checked_places(settings: Settings, network: Network, sequence: Sequence, text: SettingsText) -> None:
    """Raises FileError for a place of the opening, a breakpoint or the lesson that is not there."""
    places = _Places(settings, network, sequence, text)
    try:
        check_regulariser(network, settings.learning.regulariser)
    except SessionError as error:
        raise FileError(f"{text.place('learning.regulariser')}: {error}") from None
    if settings.opening is not None:
        places.place(settings.opening, "opening")
    for number, point in enumerate(settings.breakpoints):
        if isinstance(point, AtTime):
            places.time(point.t, f"breakpoints[{number}].t")
        elif not isinstance(point, NonFinite):
            places.variable(point.path, f"breakpoints[{number}].path")
    for number, step in enumerate(settings.lesson):
        if step.at is not None:
            places.place(step.at, f"lesson[{number}].at")
        if step.look is not None:
            places.look(step.look, f"lesson[{number}].look")


def checked_values(values: Mapping[str, Any], network: Network, text: SettingsText) -> dict[str, NDArray[np.float64]]:
    """The parameters that stand in the file itself, by path. Raises FileError."""
    shapes, found = network.parameter_shapes, {}
    for path, value in values.items():
        key = f"weights.values.{path}"
        if path not in shapes:
            raise FileError(f"{text.place(key)}: there is no such parameter; expected one of: {', '.join(shapes)}.")
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            raise FileError(f"{text.place(key)}: expected numbers, in rows of equal length.") from None
        array = array if array.ndim else np.full(shapes[path], float(array))
        if array.shape != shapes[path] or not np.isfinite(array).all():
            got, expected = _size(array.shape), _size(shapes[path])
            raise FileError(f"{text.place(key)}: got {got}, expected {expected}, all of them finite.")
        found[path] = array
    return found


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) + " numbers" if shape else "a number"
