"""Units that learn less often: rows of parameters that are updated only every so many iterations.

The optimiser's state of a row stays as it is while the row rests. Iteration n, counted from 0, updates the rows for
which n is a multiple of their number; n is kept in the optimiser's state, so that it goes on where learning goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, GatewalkError
from core.network import Network

Arrays = Mapping[str, NDArray[Any]]
Rows = NDArray[np.bool_]
_WRITTEN = re.compile(
    r"\s*([A-Za-z]\w*(?:\.reverse)?)\s*(?:\[\s*(\d{0,6})\s*:\s*(\d{0,6})\s*\])?\s*every\s+(\d{1,6})\s*", re.ASCII
)
DONE = "iterations"  # in the optimiser's state


class Pace(msgspec.Struct, frozen=True):
    """Units ``first`` <= n < ``last`` of a layer ("l0") learn every ``every`` iterations; ``last`` None: to the end."""

    layer: str
    every: int
    first: int = 0
    last: int | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise GatewalkError(f"Pace of {self.layer}: units learn every 1, 2, … iterations, got {self.every}.")

    @property
    def latex(self) -> str:
        """What it means in LaTeX: θ_i are the rows of unit i, n is the number of the iteration."""
        units = rf"i > {self.first}" if self.last is None else rf"{self.first} < i \leq {self.last}"
        return rf"\theta_i \leftarrow \theta_i \;\mathrm{{if}}\; n \,\mathrm{{mod}}\, {self.every} > 0, \; {units}"

    def __str__(self) -> str:
        units = f"{self.first + 1} to {'the last' if self.last is None else self.last}"
        return f"Units {units} of {self.layer} learn every {self.every} iterations and rest between"


def paces_in(text: str) -> tuple[Pace, ...]:
    """The paces that a line says, "l0[4:8] every 2; l1 every 3". Raises GatewalkError."""
    found = []
    for part in filter(str.strip, text.split(";")):
        said = _WRITTEN.fullmatch(part)
        if said is None:
            raise GatewalkError(
                f"'{part.strip()}' says no pace. Write a layer, its units and a number: l0[4:8] every 2."
            )
        layer, first, last, every = said.groups()
        found.append(Pace(layer, int(every), int(first or 0), int(last) if last else None))
    return tuple(found)


def paces_text(paces: Sequence[Pace]) -> str:
    """The line that says these paces."""
    return "; ".join(f"{pace.layer}{_slice(pace)} every {pace.every}" for pace in paces)


def _slice(pace: Pace) -> str:
    if not pace.first and pace.last is None:
        return ""
    return f"[{pace.first or ''}:{'' if pace.last is None else pace.last}]"


def check_paces(network: Network, paces: Sequence[Pace]) -> None:
    """Raises DataError for a pace of a layer or of units that the network has not."""
    for pace in paces:
        if problem := _problem(network, pace):
            raise DataError(problem)


def fitting_paces(network: Network, paces: Sequence[Pace]) -> tuple[Pace, ...]:
    """The paces of layers and units that this network has."""
    return tuple(pace for pace in paces if not _problem(network, pace))


def _problem(network: Network, pace: Pace) -> str:
    """What of a pace the network has not; "" for nothing."""
    units = {block.name: block.cell.units for block in network.layers}
    if pace.layer not in units:
        return f"There is no layer {pace.layer} to pace; there are: {', '.join(units)}."
    last = units[pace.layer] if pace.last is None else pace.last
    if 0 <= pace.first < last <= units[pace.layer]:
        return ""
    return (
        f"The pace of {pace.layer} is for units from {pace.first} up to {last}, but it has {units[pace.layer]}. Give "
        "first and last as in a slice: 0 <= first < last."
    )


def iterations_done(state: Arrays) -> int:
    """How many iterations an optimiser's state has seen since its units were paced."""
    return int(state[DONE]) if DONE in state else 0


def counted(state: Arrays) -> Arrays:
    """The state after one iteration more."""
    done = np.asarray(iterations_done(state) + 1, dtype=np.int64)
    done.setflags(write=False)
    return MappingProxyType({**state, DONE: done})


def resting(network: Network, paces: Sequence[Pace], done: int) -> Mapping[str, Rows]:
    """For each parameter that has rows which rest in the iteration after ``done`` others: which ones, (rows,)."""
    found: dict[str, Rows] = {}
    for pace in paces:
        if done % pace.every == 0:
            continue
        cell = network.block(pace.layer).cell
        for name in cell.trainable:
            shape = cell.definition.parameters[name].shape
            if shape and shape[0].label == "units":
                path = f"{network.block(pace.layer).owner}/{name}"
                rows = found.setdefault(path, np.zeros(cell.units, dtype=bool))
                rows[pace.first : pace.last] = True
    return found
