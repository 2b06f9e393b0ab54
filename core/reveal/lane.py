"""What is drawn in a lane: tracks of variables, flows of gradient, tokens, targets and predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.frame import Arrival, BlockFrame, Flow, LaneFrame, Prediction, Scale, Track, View
from core.history import History
from core.language.latex import name_latex
from core.network import HEAD, LOSS, Block, Network
from core.operators.expression import INPUT, VARIABLE
from core.reveal.moment import Moment
from core.reveal.scales import scale_of, steady
from core.run import Run
from core.sequence import Sequence

Array = NDArray[Any]
FAINTEST, STRONGEST = 1e-4, 1.0  # the gradient scale before anything has arrived


class Lane:
    """One run and its sequence, with what is kept from frame to frame (texts and norms, which never change)."""

    def __init__(self, run: Run, sequence: Sequence, name: str, subtitle: str) -> None:
        self.run, self.sequence, self.name, self.subtitle = run, sequence, name, subtitle
        self.history = History(run)
        self._texts: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._predictions: dict[int, list[Prediction]] = {}

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
        tokens, targets = self._labels(moment.sample)
        blocks = tuple(self._block(moment, block, columns) for block in self.network.blocks)
        return LaneFrame(
            name=self.name,
            subtitle=self.subtitle,
            length=steps,
            first=first,
            last=last,
            tokens=tokens[columns],
            targets=targets[columns],
            predictions=self._shown_predictions(moment, columns),
            losses=self._losses(moment),
            blocks=blocks,
            input_flow=self._flow(moment, self.network.layers[0], INPUT, self._input_name, 0, "input").norms[columns],
            gradient_limits=_limits(blocks),
            ghost=ghost,
        )

    @property
    def _input_name(self) -> str:
        return self.network.layers[0].cell.definition.inputs[0]

    def _labels(self, sample: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if sample not in self._texts:
            self._texts[sample] = (self.sequence.tokens_at(sample), target_texts(self.sequence, sample))
        return self._texts[sample]

    def _losses(self, moment: Moment) -> Array:
        losses = np.full(moment.steps, np.nan)
        reached = sorted(moment.losses_reached)
        if reached:
            losses[reached] = self.run.losses()[reached, moment.sample]
        return losses

    def _block(self, moment: Moment, block: Block, columns: slice) -> BlockFrame:
        names = block.cell.definition.variables
        return BlockFrame(
            name=block.name,
            title=block.cell.definition.name,
            units=block.cell.units,
            direction=1,
            tracks=tuple(self._track(moment, block, name, columns) for name in names),
            flows=tuple(self._cut(flow, columns) for flow in self._flows(moment, block)),
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
            reached[: moment.values_reached(path)] = True
        return reached

    def _limit(self, moment: Moment, path: str, reached: Array) -> float:
        peaks = self.history.value_peaks(path)[:, moment.sample][reached]
        return steady(float(np.max(peaks, initial=0.0, where=np.isfinite(peaks))))

    def _adjoints(self, moment: Moment, path: str, columns: slice) -> tuple[Array, Array]:
        values = self.run.values(path)[columns, moment.sample]
        adjoints, arrived = np.zeros_like(values), np.zeros(len(values), np.int8)
        whole = self.run.adjoints(path)
        if whole is None or not moment.in_backward:
            return adjoints, arrived
        split = min(max(moment.column + 1 - columns.start, 0), len(values))
        adjoints[split:] = whole[columns, moment.sample][split:]
        arrived[split:] = Arrival.COMPLETE
        for t in _under_way(moment, path):
            if columns.start <= t < columns.stop:
                arrived[t - columns.start] = moment.arrival(path, t)
                adjoints[t - columns.start] = moment.adjoint(path, t)
        return adjoints, arrived

    def _adjoint_norms(self, moment: Moment, path: str) -> Array:
        norms = np.full(moment.steps, np.nan)
        if moment.in_backward and self.run.adjoints(path) is not None:
            norms[moment.column + 1 :] = self.history.adjoint_norms(path)[moment.column + 1 :, moment.sample]
            for t in _under_way(moment, path):
                norms[t] = np.linalg.norm(moment.adjoint(path, t))
        return norms

    def _flows(self, moment: Moment, block: Block) -> list[Flow]:
        if block.name == HEAD:
            name = block.cell.definition.inputs[0]
            target = self.network.read_by(HEAD, name)
            return [self._flow(moment, block, INPUT, name, 0, target)]
        return [
            self._flow(moment, block, VARIABLE, name, delay, f"{block.name}/{name}")
            for name, delays in block.cell.definition.delays.items()
            for delay in delays
        ]

    def _flow(self, moment: Moment, block: Block, kind: str, name: str, delay: int, target: str) -> Flow:
        norms = np.full(moment.steps, np.nan)
        if moment.in_backward:
            norms[moment.column + 1 :] = self.history.send_norms(block.name, kind, name, delay)[
                moment.column + 1 :, moment.sample
            ]
            if block.name == HEAD:
                norms = np.where(self.run.problem.loss_weights[:, moment.sample] > 0, norms, np.nan)
            sent = [
                v
                for b, c, v in moment.sent_here
                if b is block and (c.target.operator, c.target.name, c.target.delay) == (kind, name, delay)
            ]
            if sent:
                norms[moment.column] = np.linalg.norm(sum(sent))
        if delay:
            cut = [t for t in range(moment.steps) if self.run.problem.cuts(t)] if self.run.problem.window else []
            norms[cut] = np.nan
        reached = self._reached(moment, target) if target != "input" else np.ones(moment.steps, bool)
        return Flow(block.name, target, delay, _delayed(reached, delay), norms)

    @staticmethod
    def _cut(flow: Flow, columns: slice) -> Flow:
        return Flow(flow.source, flow.target, flow.delay, flow.reached[columns], flow.norms[columns])

    def _shown_predictions(self, moment: Moment, columns: slice) -> tuple[Prediction | None, ...]:
        reached = moment.values_reached(f"{HEAD}/{self.network.head.output}")
        known = self._predictions.setdefault(moment.sample, [])
        while len(known) < min(reached, columns.stop):
            known.append(self._prediction(len(known), moment.sample))
        stop = min(max(reached, columns.start), columns.stop)
        return (*known[columns.start : stop], *([None] * (columns.stop - stop)))

    def prediction(self, moment: Moment, t: int) -> Prediction | None:
        """What the readout says at step ``t``; None where it is not reached."""
        return self._shown_predictions(moment, slice(t, t + 1))[0]

    def _prediction(self, t: int, sample: int) -> Prediction:
        output = self.run.values(f"{HEAD}/{self.network.head.output}")[t, sample]
        target = None if self.sequence.targets is None else self.sequence.targets[t, sample]
        if scale_of(self.network.head, self.network.head.output) is not Scale.GATE or len(output) == 1:
            return Prediction(f"{output[0]:.3g}" if len(output) else "", None, None)
        best = int(np.argmax(output))
        labels = self.sequence.target_labels
        right = bool(best == target) if target is not None and np.ndim(target) == 0 and target >= 0 else None
        return Prediction(labels[best] if best < len(labels) else str(best + 1), float(output[best]), right)


def target_texts(sequence: Sequence, sample: int) -> tuple[str, ...]:
    """The target of each step as text, "" where there is none."""
    targets = sequence.targets
    if targets is None:
        return ("",) * sequence.length
    if targets.ndim == 2:
        labels = sequence.target_labels
        return tuple("" if c < 0 else (labels[c] if c < len(labels) else str(c + 1)) for c in targets[:, sample])
    rows = targets[:, sample]
    return tuple(
        "" if np.isnan(row).any() else (f"{row[0]:.3g}" if len(row) == 1 else f"{row[0]:.3g} …") for row in rows
    )


def _under_way(moment: Moment, path: str) -> list[int]:
    """Steps up to the current column where something of the adjoint stands."""
    deepest = max((t for p, t in moment.parts if p == path), default=-1)
    candidates = {moment.column, *(t for p, t in moment.parts if p == path)} if deepest >= -1 else set()
    return sorted(t for t in candidates if t >= 0 and moment.arrival(path, t) is not Arrival.NONE)


def _delayed(reached: Array, delay: int) -> Array:
    """Whether the value that is read ``delay`` steps later has been computed; initial values always are."""
    if not delay:
        return reached
    return np.concatenate([np.ones(min(delay, len(reached)), bool), reached[:-delay]])[: len(reached)]


def _limits(blocks: tuple[BlockFrame, ...]) -> tuple[float, float]:
    """The gradient scale in whole decades around all norms that stand."""
    norms = np.concatenate([track.adjoint_norms for block in blocks for track in block.tracks if track.name != LOSS])
    norms = norms[np.isfinite(norms) & (norms > 0)]
    if not len(norms):
        return FAINTEST, STRONGEST
    low, high = np.floor(np.log10(norms.min())), np.ceil(np.log10(norms.max()))
    return float(10.0 ** min(low, high - 1)), float(10.0**high)
