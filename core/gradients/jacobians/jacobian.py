"""Jacobians of one step of a block: how the whole state after a step depends on the state before it.

A row is a vector-Jacobian product: a unit vector at one number of the state walked back one step by the derived
backward equations, all rows and many steps at once. Inputs and other blocks are held. Shape letters: ``S`` steps of the
block's walk, ``N`` size of the state. Truncated back-propagation does not cut anything here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import Cancelled, SessionError
from core.frame import Sentence
from core.gradients.backward.back_steps import BackSteps
from core.gradients.backward.walked_block import WalkedBlock
from core.gradients.jacobians.state_space import StatePart, StateSpace, state_space
from core.gradients.numbers import log10, ratio_text
from core.operators.expression import VARIABLE
from core.run import Run

Array = NDArray[Any]
Progress = Callable[[int, int], None]
Cancel = Callable[[], bool]
MEMORY = 32_000_000  # bytes that the matrices computed together may take, about


class Jacobians:
    """The Jacobians of one block over one sequence of a run.

    Raises SessionError where the forward half of the run is not computed, and for a block without memory.
    """

    def __init__(self, run: Run, block: str, sample: int = 0) -> None:
        if run.forward_done < run.steps:
            raise SessionError("Jacobians need the whole forward pass. Go to its end first.")
        self.run, self.sample = run, sample
        self.block = run.network.block(block)
        self.space: StateSpace = state_space(self.block)
        self.walked = WalkedBlock(run, self.block, sample)
        sends = self.block.plan.layout.lowered.sends
        self._sends = {(name, delay): node for (kind, name, delay), node in sends.items() if kind == VARIABLE}
        self.steps = BackSteps(self.walked, self._sends.values())

    @property
    def count(self) -> int:
        """S, the number of steps."""
        return self.walked.count

    @property
    def times(self) -> range:
        """The time steps, in the order they are walked."""
        return self.walked.times

    def at(self, t: int) -> Array:
        """d(state after time step t)/d(state before it), (N, N): row = what depends, column = on what.

        Raises SessionError for a time step that the sequence does not have.
        """
        row = self.row(t)
        return np.asarray(self.rows(slice(row, row + 1))[0])

    def row(self, t: int) -> int:
        """The step of the walk at a time step. Raises SessionError for one that the sequence does not have."""
        if t not in self.times:
            raise SessionError(f"The sequence has the time steps 1 to {self.count}; {t + 1} is none of them.")
        return self.walked.step(t)

    def span(self, t: int, back_to: int | None) -> tuple[int, int]:
        """The steps of the walk behind which a span ends and begins; -1 is the initial state.

        Raises SessionError for time steps that there are not, and for an empty span.
        """
        last = self.row(t)
        first = -1 if back_to is None else self.row(back_to)
        if first >= last:
            raise SessionError("The span is empty: it must begin before the step where it ends. Choose a longer one.")
        return last, first

    def rows(self, rows: slice) -> Array:
        """The Jacobians of some steps of the walk, (steps, N, N)."""
        first, last, _ = rows.indices(self.count)
        size = self.space.size
        found = np.zeros((last - first, size, size))
        computed = [part for part in self.space.parts if not part.back]
        seeds = np.concatenate([np.eye(size, dtype=self.walked.tape.dtype)[part.columns] for part in computed])
        arriving = {
            part.name: np.broadcast_to(seeds[:, part.columns], (last - first, len(seeds), part.last - part.first))
            for part in computed
        }
        values = self.steps.at(slice(first, last), arriving)
        places = np.concatenate([np.arange(part.first, part.last) for part in computed])
        for (name, delay), node in self._sends.items():
            sent = values[node]
            if sent is not None and name in self.space.names:
                found[:, places, self.space.part(name, delay - 1).columns] = sent
        self._carry(found)
        return found

    def _carry(self, found: Array) -> None:
        """What is only carried along from step to step is an identity."""
        for part in self.space.parts:
            if part.back:
                before = self.space.part(part.name, part.back - 1)
                found[:, part.columns, before.columns] = np.eye(part.last - part.first)

    def chunks(self, cancelled: Cancel | None = None, progress: Progress | None = None) -> Iterator[tuple[int, Array]]:
        """All Jacobians in walking order, a stretch at a time: the first row, and (steps, N, N). Raises Cancelled."""
        length = max(1, MEMORY // (8 * self.space.size**2 * 6))
        for first in range(0, self.count, length):
            if cancelled is not None and cancelled():
                raise Cancelled("The Jacobians were not computed to the end.")
            yield first, self.rows(slice(first, first + length))
            if progress is not None:
                progress(min(first + length, self.count), self.count)

    def each(self, cancelled: Cancel | None = None, progress: Progress | None = None) -> Iterator[tuple[int, Array]]:
        """Every row with its Jacobian, in walking order. Raises Cancelled, asked at every step."""
        for first, matrices in self.chunks(None, None):
            for number, matrix in enumerate(matrices, first):
                if cancelled is not None and cancelled():
                    raise Cancelled("The Jacobians were not computed to the end.")
                yield number, matrix
                if progress is not None:
                    progress(number + 1, self.count)


class StepJacobian(msgspec.Struct, frozen=True, eq=False):
    """The Jacobian of one step as a view draws it.

    ``matrix`` is the whole of it or one block of it: ``rows`` and ``columns`` are the parts of the state that its rows
    and columns are. ``eigenvalues`` and ``radius`` are those of a square matrix, else empty and NaN; singular values
    descend; ``condition`` is inf for a singular matrix.
    """

    block: str
    t: int
    rows: tuple[StatePart, ...]
    columns: tuple[StatePart, ...]
    matrix: Array
    singular_values: Array
    eigenvalues: Array
    radius: float
    condition: float
    sentence: Sentence


class JacobianSeries(msgspec.Struct, frozen=True, eq=False):
    """What the Jacobians of all steps are like, each (S,) in walking order, or (S, N) singular values, descending.

    NaN where a Jacobian holds what is not finite.
    """

    block: str
    times: tuple[int, ...]
    singular_values: Array
    radii: Array
    conditions: Array
    sentence: Sentence


def step_jacobian(run: Run, block: str, t: int, of: str = "", by: str = "", sample: int = 0) -> StepJacobian:
    """The Jacobian at a time step: of the whole state, or d(``of``_t)/d(``by``_{t-1}) with the rest of the state held.

    With ``of`` alone, ``by`` is the same variable: dh_t/dh_{t-1}. Raises SessionError as ``Jacobians`` does.
    """
    jacobians = Jacobians(run, block, sample)
    space = jacobians.space
    rows = (space.part(of),) if of else space.parts
    columns = (space.part(by or of),) if of else space.parts
    whole = jacobians.at(t)
    matrix = whole[rows[0].first : rows[-1].last, columns[0].first : columns[-1].last]
    values, eigenvalues = singular_values(matrix), _eigenvalues(matrix)
    radius = float(np.abs(eigenvalues).max()) if eigenvalues.size else float("nan")
    sentence = _step_sentence(jacobians.block.title, t, rows, columns, values, radius)
    return StepJacobian(block, t, rows, columns, matrix, values, eigenvalues, radius, condition(values), sentence)


def jacobian_series(
    run: Run, block: str, sample: int = 0, *, progress: Progress | None = None, cancelled: Cancel | None = None
) -> JacobianSeries:
    """Singular values, spectral radius and condition number of the whole state's Jacobian at every step.

    Raises SessionError as ``Jacobians`` does; Cancelled.
    """
    jacobians = Jacobians(run, block, sample)
    values = np.full((jacobians.count, jacobians.space.size), np.nan)
    radii = np.full(jacobians.count, np.nan)
    for number, matrix in jacobians.each(cancelled, progress):
        values[number] = singular_values(matrix)
        eigenvalues = _eigenvalues(matrix)
        radii[number] = np.abs(eigenvalues).max() if eigenvalues.size else np.nan
    conditions = np.array([condition(row) for row in values])
    sentence = _series_sentence(jacobians.block.title, values, radii)
    return JacobianSeries(block, tuple(jacobians.times), values, radii, conditions, sentence)


def singular_values(matrix: Array) -> Array:
    """Singular values, descending; NaN for a matrix that is not finite. Scaled, so that squares stay in range."""
    peak = np.abs(matrix).max() if matrix.size else 0.0
    if not np.isfinite(peak):
        return np.full(min(matrix.shape), np.nan)
    if peak == 0.0:
        return np.zeros(min(matrix.shape))
    return np.asarray(np.linalg.svd(matrix / peak, compute_uv=False) * peak)


def condition(values: Array) -> float:
    """Largest by smallest singular value; inf where the smallest is lost in the rounding of the largest."""
    if not np.isfinite(values).all():
        return float("nan")
    lost = len(values) * np.finfo(float).eps * values[0]
    return float(values[0] / values[-1]) if values[-1] > lost else float("inf")


def _eigenvalues(matrix: Array) -> Array:
    square = matrix.shape[0] == matrix.shape[1] and bool(np.isfinite(matrix).all())
    return np.asarray(np.linalg.eigvals(matrix)) if square else np.zeros(0)


def _step_sentence(
    title: str, t: int, rows: tuple[StatePart, ...], columns: tuple[StatePart, ...], values: Array, radius: float
) -> Sentence:
    of, by = (", ".join(part.label for part in parts) for parts in (rows, columns))
    numbers = {
        "layer": title,
        "t": str(t + 1),
        "of": of,
        "by": by,
        "to": "" if of == by else f" (to {by})",
        "most": ratio_text(float(values[0])),
        "least": ratio_text(float(values[-1])),
        "radius": ratio_text(radius),
    }
    if not np.isfinite(values).all():
        return Sentence("{layer}, t = {t}: the Jacobian of {of} by {by} of the step before is not finite.", numbers)
    return Sentence(
        "{layer}, t = {t}: one step back stretches a gradient of {of} by {least} to {most}{to}; the spectral radius is "
        "{radius}.",
        numbers,
    )


def _series_sentence(title: str, values: Array, radii: Array) -> Sentence:
    most = values[:, 0]
    if not len(most) or not np.isfinite(most).any():
        return Sentence("{layer}: no Jacobian is finite.", {"layer": title})
    growing = int((most > 1).sum())
    with np.errstate(all="ignore"):
        typical = 10 ** float(np.nanmean(log10(most)))
    numbers = {
        "layer": title,
        "count": str(len(most)),
        "growing": str(growing),
        "typical": ratio_text(typical),
        "radius": ratio_text(float(np.nanmax(radii))),
    }
    return Sentence(
        "{layer}: at {growing} of {count} steps some gradient grows on its way back; "
        "the largest stretch is {typical} on (geometric) average, the largest spectral radius {radius}.",
        numbers,
    )
