"""The losses of all time steps walked back side by side, in blocks of sources for long sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from core.errors import SessionError
from core.gradients.backward.back_steps import Values
from core.gradients.backward.parts import Part, joined
from core.gradients.backward.sweep import Progress, Seeds, Sweep, Visit, Wanted
from core.network import HEAD, LOSS
from core.run import Run
from core.stages import time_read

Array = NDArray[Any]
MEMORY = 64_000_000  # bytes that what is on its way may take, about
WIDEST = 256  # gradients side by side that a processor's second cache holds


class LossSweep:
    """The gradients of the losses of one sequence, all at once.

    ``sources`` are the time steps that have a loss, ascending; gradient r is that of L_t with t = sources[r]. Raises
    SessionError where the run has no loss or its forward half is not complete.
    """

    def __init__(self, run: Run, sample: int = 0, wanted: Wanted | None = None) -> None:
        if not run.has_loss:
            raise SessionError("There is no loss in this run, so no gradient comes from one. Give it targets.")
        self.sweep = Sweep(run, sample, wanted)
        self.run, self.sample = run, sample
        self._weights = run.problem.loss_weights[: self.sweep.count, sample]
        self.sources = [int(t) for t in np.flatnonzero(self._weights)]
        self._at_once = not run.network.head.cell.definition.delays

    def visits(self, progress: Progress | None = None, cancelled: Callable[[], bool] | None = None) -> Iterator[Visit]:
        """Every block at every step that a loss reaches; the rows of a visit are numbers of ``sources``.

        Raises Cancelled.
        """
        size = self.block_size
        firsts = range(0, len(self.sources), size)
        for number, first in enumerate(firsts):
            last = min(first + size, len(self.sources))
            report = None if progress is None else _later(progress, number, len(firsts))
            if self._at_once:
                yield from self._head_visits(first, last)
            for visit in self.sweep.walk(self._seeds(first, last), report, cancelled):
                yield replace(visit, first=visit.first + first, last=visit.last + first)

    def of_source(self, t: int) -> Iterator[Visit]:
        """The same for the loss of step ``t`` alone, as gradient 0; nothing where there is none."""
        if t in self.sources:
            r = self.sources.index(t)
            visits = self._head_visits(r, r + 1) if self._at_once else iter(())
            yield from (replace(visit, first=0, last=1) for visit in visits)
            yield from self.sweep.walk(self._seeds(r, r + 1))

    @property
    def block_size(self) -> int:
        """How many sources are walked back together."""
        network, steps = self.run.network, self.sweep.count
        width = sum(sum(block.cell.variable_sizes.values()) for block in network.blocks)
        row = 8 * (4 * width + (len(network.stages) > 1) * steps * sum(b.cell.outputs for b in network.layers))
        return max(1, min(WIDEST, MEMORY // row))

    def together(self) -> Iterator[Visit]:
        """The same with all losses added up from the start: one gradient, that of L."""
        if self._at_once:
            yield from (replace(visit, first=0, last=1) for visit in self._head_visits(0, len(self.sources)))
        seeds = {
            path: {t: Part(0, 1, part.rows) for t, part in by_time.items()}
            for path, by_time in self._seeds(0, len(self.sources)).items()
        }
        yield from self.sweep.walk(seeds)

    def _seeds(self, first: int, last: int) -> Seeds:
        """Where the losses of some sources enter, each in a row of its own."""
        if not self._at_once:
            ones = {t: np.full((1, 1), self._weights[t], self.run.problem.dtype) for t in self.sources[first:last]}
            return {f"{HEAD}/{LOSS}": {t: Part(r, r + 1, one) for r, (t, one) in enumerate(ones.items())}}
        steps = self.run.problem.steps
        seeds: dict[str, dict[int, Part]] = {}
        for way in self.sweep.ways[HEAD]:
            sent = self._at_head[way.sent]
            if sent is None:
                continue
            by_time = seeds.setdefault(f"{way.block.name}/{way.name}", {})
            for r, t in enumerate(self.sources[first:last]):
                read, part = time_read(way.block, t, steps), Part(r, r + 1, sent[t])
                by_time[read] = joined([by_time[read], part]) if read in by_time else part
        return seeds

    @cached_property
    def _at_head(self) -> Values:
        """What a readout without memory sends back, at all steps at once: node -> (T, 1, ·)."""
        seeds = self._weights.astype(self.run.problem.dtype).reshape(-1, 1, 1)
        return self.sweep.steps(HEAD).at(slice(None), {LOSS: seeds})

    def _head_visits(self, first: int, last: int) -> Iterator[Visit]:
        """The readout at each source, from what was computed at once."""
        if self.sweep.wants(HEAD):
            for r in range(last - 1, first - 1, -1):
                t = self.sources[r]
                values = {n: None if rows is None else rows[t] for n, rows in self._at_head.items()}
                yield Visit(HEAD, t, t, r, r + 1, values)


def _later(progress: Progress, number: int, count: int) -> Progress:
    """Progress of one of several walks as that of all."""
    return lambda done, total: progress(number * total + done, count * total)
