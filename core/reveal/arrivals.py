"""What whole columns of later stages have sent to the blocks of earlier ones, which are not walked back yet.

A bidirectional layer gets everything from above before it is walked back itself, so this may stand at every time step.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.block import HEAD, Block
from core.history import History
from core.norms import norms
from core.operators.expression import INPUT
from core.stages import rows_are_times

if TYPE_CHECKING:
    from core.reveal.moment import Moment

Array = NDArray[Any]


class Arrivals:
    """By path and time step, for the shown batch element."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment

    @cached_property
    def _readers(self) -> dict[str, list[tuple[Block, Array]]]:
        """For each path that another stage reads: the readers, and what each sends at every time step of its own."""
        run, found = self._moment.run, dict[str, list[tuple[Block, Array]]]()
        for reader in run.network.blocks:
            for name, path in reader.reads.items():
                sends = run.sends(reader.name, INPUT, name)
                if "/" in path and sends is not None and self._is_apart(path, reader):
                    found.setdefault(path, []).append((reader, sends[:, self._moment.sample]))
        return found

    def _is_apart(self, path: str, reader: Block) -> bool:
        network = self._moment.run.network
        return network.stage(path.split("/")[0]) != network.stage(reader.name)

    def comes_from_afar(self, path: str) -> bool:
        """Whether anything arrives at a variable in this way."""
        return self._moment.in_backward and path in self._readers

    def norms(self, path: str, history: History) -> Array:
        """Euclidean norm of what has arrived at every time step, NaN where nothing has."""
        readers, times = self._readers[path], slice(0, self._moment.steps)
        if len(readers) > 1:
            parts, arrived = self.rows(path, times)
            return np.where(arrived, norms(parts), np.nan)
        (reader, _), moment = readers[0], self._moment
        name = next(name for name, source in reader.reads.items() if source == path)
        sent = history.send_norms(reader.name, INPUT, name, 0)[:, moment.sample]
        return np.where(self._sent(reader, path), _by_time(moment, path, sent), np.nan)

    def at(self, path: str, t: int) -> Array | None:
        """What has arrived at a time step, (H,); None for nothing."""
        rows, arrived = self.rows(path, slice(t, t + 1))
        return rows[0] if arrived.any() else None

    def rows(self, path: str, times: slice) -> tuple[Array, NDArray[np.bool_]]:
        """What has arrived at some time steps, (times, H), and at which of them anything has."""
        count = times.stop - times.start
        total: Array | None = None
        arrived = np.zeros(count, bool)
        for reader, sends in self._readers.get(path, ()) if self._moment.in_backward else ():
            walked, sent = self._sent(reader, path)[times], _by_time(self._moment, path, sends)[times]
            part = np.where(walked[:, None], sent, 0.0)
            total = part if total is None else total + part
            arrived |= walked
        return (np.zeros((count, 0)) if total is None else total), arrived

    def _sent(self, reader: Block, path: str) -> NDArray[np.bool_]:
        """(T,): the time steps of a path for which its reader is walked back."""
        moment = self._moment
        walked = np.zeros(moment.steps, bool)
        walked[moment.times_walked(reader.name)] = True
        walked[moment.length :] = False
        if reader.name == HEAD:
            walked &= moment.run.problem.loss_steps
        return np.asarray(_by_time(moment, path, walked))


def _by_time(moment: Moment, path: str, rows: Array) -> Array:
    """Rows by the reader's time as rows by the time of what it reads."""
    source = moment.run.network.block(path.split("/")[0])
    return rows if rows_are_times(source) else rows[::-1]
