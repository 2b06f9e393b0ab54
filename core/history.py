"""Norms over time of what a run computed, kept as the frontier moves, so that showing a long run costs no more.

All are (T, B). Rows beyond the frontier are NaN; a row depends on its own step only, so that what is shown of it is the
same however far the run was computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.run import Run

Array = NDArray[Any]
FORWARD, BACKWARD = 1, -1


class _Log:
    """One quantity per step, filled in walking order."""

    def __init__(self, steps: int, batch: int, direction: int, of_rows: Callable[[slice], Any]) -> None:
        self._values = np.full((steps, batch), np.nan)
        self._direction, self._of_rows, self._done = direction, of_rows, 0

    def up_to(self, done: int) -> Array:
        """The log once ``done`` steps of the walk are computed."""
        if done > self._done:
            steps = len(self._values)
            rows = slice(self._done, done) if self._direction == FORWARD else slice(steps - done, steps - self._done)
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
        return self._log(("value", path), FORWARD, lambda rows: norms(self._run.values(path)[rows]))

    def value_peaks(self, path: str) -> Array:
        """Largest absolute value of any unit at every step; 0 where it is not finite."""
        return self._log(("peak", path), FORWARD, lambda rows: _peaks(self._run.values(path)[rows]))

    def adjoint_norms(self, path: str) -> Array:
        """Euclidean norm of dL/d(variable) at every step; NaN for a variable no gradient reaches."""
        return self._norms_of(self._run.adjoints(path), ("adjoint", path))

    def send_norms(self, block: str, kind: str, name: str, delay: int) -> Array:
        """Euclidean norm of what each step of a block sends to an input, or to a variable ``delay`` steps earlier."""
        return self._norms_of(self._run.sends(block, kind, name, delay), ("send", block, kind, name, delay))

    def _norms_of(self, found: Array | None, key: tuple[object, ...]) -> Array:
        return self._log(key, BACKWARD, lambda rows: np.nan if found is None else norms(found[rows]))

    def _log(self, key: tuple[object, ...], direction: int, of_rows: Callable[[slice], Any]) -> Array:
        run = self._run
        log = self._logs.get(key)
        if log is None:
            log = self._logs[key] = _Log(run.problem.steps, run.problem.batch_size, direction, of_rows)
        return log.up_to(run.forward_done if direction == FORWARD else run.backward_done)


def norms(rows: Array) -> Array:
    """Euclidean norms over the last axis, without overflow or underflow of the squares."""
    peaks = np.abs(rows).max(axis=-1, keepdims=True)
    scale = np.where((peaks > 0) & np.isfinite(peaks), peaks, 1.0)
    with np.errstate(all="ignore"):
        return np.asarray(scale[..., 0] * np.sqrt(((rows / scale) ** 2).sum(axis=-1)))


def _peaks(rows: Array) -> Array:
    peaks = np.abs(rows).max(axis=-1)
    return np.where(np.isfinite(peaks), peaks, 0.0)
