"""What is drawn in a lane: tracks of variables, flows of gradient, tokens, targets and predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.block import INPUT_PATH, TARGET_PATH
from core.frame import Arrival, BlockFrame, Flow, LaneFrame, Prediction, Track, View
from core.history import History
from core.language.latex import name_latex
from core.network import HEAD, LOSS, Block, Network
from core.norms import norms
from core.operators import Expression
from core.operators.expression import INPUT, VARIABLE
from core.reveal.moment import Moment
from core.reveal.predictions import number_text, predictions, target_texts
from core.reveal.scales import scale_of, steady
from core.run import Run
from core.sequence import Sequence
from core.stages import rows_are_times
from core.wiring import turned

Array = NDArray[Any]
FAINTEST, STRONGEST = 1e-4, 1.0  # the gradient scale before anything has arrived
LOWEST, HIGHEST = -307, 308  # decades of the numbers that a float holds in full


class Lane:
    """One run and its sequence, with what is kept from frame to frame (texts and norms, which never change)."""

    def __init__(self, run: Run, sequence: Sequence, name: str, subtitle: str) -> None:
        self.run, self.sequence, self.name, self.subtitle = run, sequence, name, subtitle
        self.history = History(run)
        self._texts: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._predictions: dict[int, list[Prediction]] = {}  # by batch element, from the first step on

    @property
    def network(self) -> Network:
        """The network of the lane."""
        return self.run.network

    def frame(self, moment: Moment, view: View, ghost: LaneFrame | None = None) -> LaneFrame:
        """The lane at a moment, as far as the view shows it."""
        steps = self.run.problem.steps
        first = max(0, min(view.first, steps - 1))
        last = max(first + 1, min(view.last, steps))
        columns = slice(first, last)
        targets = self.texts(moment.sample)[1]
        blocks = tuple(self._block(moment, block, columns, view) for block in self.network.blocks)
        return LaneFrame(
            name=self.name,
            subtitle=self.subtitle,
            length=steps,
            first=first,
            last=last,
            tokens=self._shown_tokens(moment.sample, columns),
            targets=targets[columns],
            predictions=self._shown_predictions(moment, columns),
            losses=self._losses(moment),
            blocks=blocks,
            gradient_limits=_limits(blocks),
            ghost=ghost,
            own_length=moment.length,
        )

    def texts(self, sample: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Token and target of each step of one batch element."""
        if sample not in self._texts:
            self._texts[sample] = (self.sequence.tokens_at(sample), target_texts(self.sequence, sample))
        return self._texts[sample]

    def _shown_tokens(self, sample: int, columns: slice) -> tuple[str, ...]:
        """The input of each visible column as text: its token, or its numbers."""
        tokens, rows = self.texts(sample)[0][columns], self.sequence.inputs[columns, sample]
        if all(tokens) or self.sequence.vocabulary is not None:
            return tokens
        own = self.sequence.length_of(sample) - columns.start
        return tuple(token or (number_text(rows[t]) if t < own else "") for t, token in enumerate(tokens))

    def _losses(self, moment: Moment) -> Array:
        reached = np.zeros(moment.steps, bool)
        reached[list(moment.losses_reached)] = True
        reached &= self.run.problem.loss_weights[:, moment.sample] > 0
        return np.where(reached, self.run.losses()[:, moment.sample], np.nan)

    def _block(self, moment: Moment, block: Block, columns: slice, view: View) -> BlockFrame:
        collapsed = block.name in view.collapsed
        names = (block.output,) if collapsed else block.cell.definition.variables
        return BlockFrame(
            name=block.name,
            title=block.cell.definition.name,
            units=block.cell.units,
            direction=block.direction,
            tracks=tuple(self._track(moment, block, name, columns) for name in names),
            flows=tuple(self._cut(flow, columns, block.direction) for flow in self._flows(moment, block)),
            collapsed=collapsed,
        )

    def _track(self, moment: Moment, block: Block, name: str, columns: slice) -> Track:
        path = f"{block.name}/{name}"
        delays = block.cell.definition.delays
        reached = self._reached(moment, path)
        values = np.where(reached[columns, None], self.run.values(path)[columns, moment.sample], 0.0)
        adjoints, arrived = self._adjoints(moment, path, columns)
        return Track(
            path=path,
            name=name,
            latex=name_latex(name),
            role=block.cell.definition.roles.get(name, ""),
            scale=scale_of(block, name),
            is_state=name in delays,
            values=values,
            reached=reached[columns],
            adjoints=adjoints,
            arrived=arrived,
            value_norms=np.where(reached, self.history.value_norms(path)[:, moment.sample], np.nan),
            adjoint_norms=self._adjoint_norms(moment, path),
            limit=self._limit(moment, path, reached),
        )

    def _reached(self, moment: Moment, path: str) -> Array:
        reached = np.zeros(moment.steps, bool)
        if path == f"{HEAD}/{LOSS}":
            reached[list(moment.losses_reached)] = True
        else:
            reached[moment.times_reached(path)] = True
        reached[moment.length :] = False
        return reached

    def _limit(self, moment: Moment, path: str, reached: Array) -> float:
        return steady(float(np.max(self.history.value_peaks(path)[:, moment.sample], initial=0.0, where=reached)))

    def _adjoints(self, moment: Moment, path: str, columns: slice) -> tuple[Array, Array]:
        values = self.run.values(path)[columns, moment.sample]
        adjoints, arrived = np.zeros_like(values), np.zeros(len(values), np.int8)
        whole = self.run.adjoints(path)
        if whole is None or not moment.in_backward:
            return adjoints, arrived
        if moment.arrivals.comes_from_afar(path):
            parts, come = moment.arrivals.rows(path, columns)
            adjoints[come], arrived[come] = parts[come], Arrival.PARTLY
        walked = _within(moment.times_walked(path.split("/")[0]), columns)
        adjoints[walked] = whole[columns, moment.sample][walked]
        arrived[walked] = Arrival.COMPLETE
        arrived[max(moment.length - columns.start, 0) :] = Arrival.NONE
        if path.startswith(f"{HEAD}/"):
            arrived[~self.run.problem.loss_steps[columns]] = Arrival.NONE
        for t, adjoint in moment.under_way(path):
            if columns.start <= t < columns.stop:
                arrived[t - columns.start] = moment.arrival(path, t)
                adjoints[t - columns.start] = adjoint
        return adjoints, arrived

    def _adjoint_norms(self, moment: Moment, path: str) -> Array:
        found = np.full(moment.steps, np.nan)
        if moment.in_backward and self.run.adjoints(path) is not None:
            if moment.arrivals.comes_from_afar(path):
                found = moment.arrivals.norms(path, self.history)
            walked = moment.times_walked(path.split("/")[0])
            found[walked] = self.history.adjoint_norms(path)[walked, moment.sample]
            if path.startswith(f"{HEAD}/"):
                found[~self.run.problem.loss_steps] = np.nan
            for t, adjoint in moment.under_way(path):
                found[t] = norms(adjoint)
            found[moment.length :] = np.nan
        return found

    def _flows(self, moment: Moment, block: Block) -> list[Flow]:
        """What the block sends to earlier steps, to the blocks below, and to the input."""
        found = [
            self._flow(moment, block, VARIABLE, name, delay, f"{block.name}/{name}")
            for name, delays in block.cell.definition.delays.items()
            for delay in delays
        ]
        read = {name: path for name, path in block.reads.items() if path != TARGET_PATH}
        return [*found, *(self._flow(moment, block, INPUT, name, 0, path) for name, path in read.items())]

    def _flow(self, moment: Moment, block: Block, kind: str, name: str, delay: int, target: str) -> Flow:
        found = np.full(moment.steps, np.nan)
        if moment.in_backward:
            walked = moment.times_walked(block.name)
            found[walked] = self.history.send_norms(block.name, kind, name, delay)[walked, moment.sample]
            sent = [
                vector
                for reader, contribution, vector in moment.sent_here
                if reader is block and _reads(contribution.target, kind, name, delay)
            ]
            if sent:
                found[moment.column] = norms(sum(sent[1:], sent[0]))
            found[self._nothing_sent(block, delay, moment.sample)] = np.nan
            found[moment.length :] = np.nan
        return Flow(block.name, target, delay, self._carried(moment, block, target, delay), found)

    def _carried(self, moment: Moment, block: Block, target: str, delay: int) -> Array:
        """At which of the reader's steps the value that it reads has been computed; initial values always are."""
        if target == INPUT_PATH:
            return np.ones(moment.steps, bool)
        reached = self._reached(moment, target)
        if not delay:
            return reached if rows_are_times(self.network.block(target.split("/")[0])) else reached[::-1]
        rows = turned(_delayed(turned(reached, block.reverse), delay), block.reverse)
        begins = turned(np.arange(moment.steps) - moment.first_step(block.name), block.reverse)
        return np.where((begins >= 0) & (begins < delay), True, rows)

    def _nothing_sent(self, block: Block, delay: int, sample: int) -> Array:
        """The steps at which a block sends nothing: the readout without a loss, and where a window cuts."""
        problem = self.run.problem
        if block.name == HEAD:
            return np.asarray(problem.loss_weights[:, sample] == 0)
        return turned(problem.cut_steps(delay), block.reverse)

    @staticmethod
    def _cut(flow: Flow, columns: slice, direction: int) -> Flow:
        """A flow at the visible columns; of long edges also at the readers beside them that read one of these."""
        more = flow.delay if flow.delay > 1 else 0
        start = columns.start if direction > 0 else max(columns.start - more, 0)
        rows = slice(start, columns.stop + more if direction > 0 else columns.stop)
        before = columns.start - start
        return Flow(flow.source, flow.target, flow.delay, flow.reached[rows], flow.norms[rows], before)

    def _shown_predictions(self, moment: Moment, columns: slice) -> tuple[Prediction | None, ...]:
        reached = min(moment.values_reached(f"{HEAD}/{self.network.head.output}"), moment.length)
        known = self._predictions.setdefault(moment.sample, [])
        missing = slice(len(known), min(reached, columns.stop))
        if missing.start < missing.stop:
            known.extend(predictions(self.run, self.sequence, missing, moment.sample))
        stop = min(max(reached, columns.start), columns.stop)
        return (*known[columns.start : stop], *([None] * (columns.stop - stop)))

    def prediction(self, moment: Moment, t: int) -> Prediction | None:
        """What the readout says at step ``t``; None where it is not reached."""
        return self._shown_predictions(moment, slice(t, t + 1))[0]


def _reads(leaf: Expression, kind: str, name: str, delay: int) -> bool:
    return (leaf.operator, leaf.name, leaf.delay) == (kind, name, delay)


def _within(times: slice, columns: slice) -> slice:
    """The part of some time steps that lies in the visible columns, counted from the first of these."""
    first, last = (min(max(t, columns.start), columns.stop) - columns.start for t in (times.start, times.stop))
    return slice(first, last)


def _delayed(reached: Array, delay: int) -> Array:
    """Whether the value that is read ``delay`` steps later has been computed; initial values always are."""
    if not delay:
        return reached
    return np.concatenate([np.ones(min(delay, len(reached)), bool), reached[:-delay]])[: len(reached)]


def _limits(blocks: tuple[BlockFrame, ...]) -> tuple[float, float]:
    """The gradient scale: four decades up to 1, and whole decades more where a norm that stands lies beyond.

    It grows seldom, so that colours keep their meaning while one steps.
    """
    found = np.concatenate([track.adjoint_norms for block in blocks for track in block.tracks if track.name != LOSS])
    found = found[np.isfinite(found) & (found > 0)]
    if not len(found):
        return FAINTEST, STRONGEST
    low, high = np.floor(np.log10(found.min())), np.ceil(np.log10(found.max()))
    return min(float(10.0 ** max(low, LOWEST)), FAINTEST), max(float(10.0 ** min(high, HIGHEST)), STRONGEST)
