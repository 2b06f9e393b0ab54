"""Norms over time of what a run computed, kept as the frontier moves, so that showing a long run costs no more.

All are (T, B), by time. Rows beyond the frontier are NaN; a row depends on its own step only, so that what is shown of
it is the same however far the run was computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.norms import norms
from core.run import Run

Array = NDArray[Any]
UP, DOWN = 1, -1


class _Log:
    """One quantity per time step, filled from the first time on (``direction`` 1) or from the last."""

    def __init__(self, steps: int, batch: int, direction: int, of_rows: Callable[[slice], Any]) -> None:
        self._values = np.full((steps, batch), np.nan)
        self._direction, self._of_rows, self._done = direction, of_rows, 0

    def up_to(self, done: int) -> Array:
        """The log once ``done`` time steps are computed."""
        if done > self._done:
            steps = len(self._values)
            rows = slice(self._done, done) if self._direction == UP else slice(steps - done, steps - self._done)
            self._values[rows] = self._of_rows(rows)
            self._done = done
        return self._values


class History:
    """The norms of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._logs: dict[tuple[object, ...], _Log] = {}

    def value_norms(self, path: str) -> Array:
        """Euclidean norm of a variable at every step."""
        return self._forward(("value", path), path, lambda rows: norms(self._run.values(path)[rows]))

    def value_peaks(self, path: str) -> Array:
        """Largest absolute value of any unit at every step; 0 where it is not finite."""
        return self._forward(("peak", path), path, lambda rows: _peaks(self._run.values(path)[rows]))

    def adjoint_norms(self, path: str) -> Array:
        """Euclidean norm of dL/d(variable) at every step; NaN for a variable no gradient reaches."""
        return self._backward(self._run.adjoints(path), path, ("adjoint", path))

    def send_norms(self, block: str, kind: str, name: str, delay: int) -> Array:
        """Euclidean norm of what each step of a block sends to an input, or to a variable ``delay`` steps earlier."""
        return self._backward(self._run.sends(block, kind, name, delay), block, ("send", block, kind, name, delay))

    def _forward(self, key: tuple[object, ...], path: str, of_rows: Callable[[slice], Any]) -> Array:
        block = self._run.network.block(path.split("/")[0])
        return self._log(key, block.direction, of_rows).up_to(self._run.forward_rows(block.name))

    def _backward(self, found: Array | None, path: str, key: tuple[object, ...]) -> Array:
        block = self._run.network.block(path.split("/")[0])
        log = self._log(key, -block.direction, lambda rows: np.nan if found is None else norms(found[rows]))
        return log.up_to(self._run.backward_rows(block.name))

    def _log(self, key: tuple[object, ...], direction: int, of_rows: Callable[[slice], Any]) -> _Log:
        problem = self._run.problem
        if key not in self._logs:
            self._logs[key] = _Log(problem.steps, problem.batch_size, direction, of_rows)
        return self._logs[key]


def _peaks(rows: Array) -> Array:
    peaks = np.abs(rows).max(axis=-1)
    return np.where(np.isfinite(peaks), peaks, 0.0)
