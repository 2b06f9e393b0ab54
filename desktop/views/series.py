"""What the time plots draw, taken out of a frame: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.frame import BlockFrame, FlowFrame, Frame, LaneFrame, Scale, Track
from desktop.views.row_names import row_name


class Plot(StrEnum):
    """The time plots a person can choose."""

    GRADIENT = "gradient"
    STATE = "state"
    GATE = "gate"
    LOSS = "loss"
    FLOW = "flow"  # the regulariser's terms; only where there is one


class Measure(StrEnum):
    """How a vector becomes one number a step: its size (gates: its mean), or one unit of it."""

    WHOLE = "whole"
    UNIT = "unit"


@dataclass(frozen=True, eq=False)
class Series:
    """One curve. ``x`` counts time steps from 1; ``y`` is NaN where nothing has been computed."""

    key: tuple[int, str, bool]  # lane, path, ghost
    label: str
    x: NDArray
    y: NDArray
    lane: int
    rank: int  # 0 for the first variable of the lane, 1 for the second, ...
    ghost: bool
    chosen: bool  # the variable that is selected or walked


def series_of(frame: Frame, plot: Plot, measure: Measure) -> list[Series]:
    """The curves of one plot; ghosts come first, so that they lie underneath."""
    if plot is Plot.FLOW:
        return [] if frame.flow is None else _of_flow(frame.flow)
    found: list[Series] = []
    for number, lane in enumerate(frame.lanes):
        if lane.ghost is not None:
            found = _of_lane(frame, lane.ghost, number, True, plot, measure) + found
        found += _of_lane(frame, lane, number, False, plot, measure)
    return found


def title_of(frame: Frame, plot: Plot, measure: Measure) -> str:
    """The heading of one plot."""
    names = variable_names(frame, plot)
    unit = frame.view.unit + 1
    if plot is Plot.GRADIENT:
        sizes = ", ".join(f"‖∂L/∂{name}‖" for name in names) or "‖∂L/∂h‖"
        return f"{sizes} over time, log scale"
    if plot is Plot.LOSS:
        return "Loss at each step"
    if plot is Plot.FLOW:
        name = f"∂L/∂{frame.flow.state}" if frame.flow else "the gradient"
        return f"‖{name}‖ one step back over ‖{name}‖ (ratio), and its term of Ω, (ratio − 1)²"
    if measure is Measure.UNIT:
        return f"{', '.join(names)} of unit {unit} over time"
    if plot is Plot.GATE:
        return f"Mean of {', '.join(names)} over time" if names else "Gates over time"
    return f"{', '.join(f'‖{name}‖' for name in names)} over time"


def variable_names(frame: Frame, plot: Plot) -> list[str]:
    """Names of the variables that a plot shows, each once, the hidden state first."""
    if plot in (Plot.LOSS, Plot.FLOW):
        return []
    return list(dict.fromkeys(track.name for lane in frame.lanes for _, track in _tracks(lane, plot)))


def _of_lane(frame: Frame, lane: LaneFrame, number: int, ghost: bool, plot: Plot, measure: Measure) -> list[Series]:
    """Curves of one lane. Only the lead lane's variables carry a name when every lane has one variable."""
    if plot is Plot.LOSS:
        steps = np.arange(1, lane.length + 1)
        return [Series((number, "loss", ghost), lane.name, steps, lane.losses, number, 0, ghost, not number)]
    tracks = _tracks(lane, plot)
    layered = len({block.name for block, _ in tracks}) > 1
    here = frame.view.path or frame.position.path
    chosen = here if here in {track.path for _, track in tracks} else ""
    alone = len(variable_names(frame, plot)) == 1 and not layered
    return [
        Series(
            (number, track.path, ghost),
            lane.name if alone else " ".join(_words(frame, lane, block, track, layered)),
            *_curve(frame, lane, track, plot, measure),
            lane=number,
            rank=rank,
            ghost=ghost,
            chosen=not number and track.path == (chosen or tracks[0][1].path),
        )
        for rank, (block, track) in enumerate(tracks)
    ]


def _of_flow(flow: FlowFrame) -> list[Series]:
    """How much of the gradient's norm is left one step back, and the term that it makes."""
    steps = np.arange(1, len(flow.ratios) + 1)
    curves = (("ratio", flow.ratios), ("term", (flow.ratios - 1) ** 2))
    return [Series((0, f"flow/{name}", False), name, steps, y, lane=0, rank=rank, ghost=False, chosen=not rank)
            for rank, (name, y) in enumerate(curves)]  # fmt: skip


def _words(frame: Frame, lane: LaneFrame, block: BlockFrame, track: Track, layered: bool) -> list[str]:
    """Parts of a curve's label: only what tells it from the others."""
    words = [lane.name] if len(frame.lanes) > 1 else []
    return [*words, *([row_name(block, lane.blocks)] if layered else []), track.name]


def _tracks(lane: LaneFrame, plot: Plot) -> list[tuple[BlockFrame, Track]]:
    """The variables of a lane that a plot shows."""
    every = [(block, track) for block in lane.blocks for track in block.tracks]
    if plot is Plot.GATE:
        return [(block, track) for block, track in every if track.scale is Scale.GATE]
    states = [(block, track) for block, track in every if track.is_state]
    return sorted(states, key=lambda pair: pair[1].name != "h")


def _curve(frame: Frame, lane: LaneFrame, track: Track, plot: Plot, measure: Measure) -> tuple[NDArray, NDArray]:
    """x and y of one variable: over the whole sequence where norms are enough, else over the visible columns."""
    steps = np.arange(1, lane.length + 1)
    if plot is Plot.GRADIENT:
        return steps, track.adjoint_norms
    if plot is Plot.STATE and measure is Measure.WHOLE:
        return steps, track.value_norms
    visible = np.arange(lane.first + 1, lane.first + len(track.values) + 1)
    unit = min(frame.view.unit, track.values.shape[1] - 1)
    y = track.values[:, unit] if measure is Measure.UNIT else track.values.mean(axis=1)
    return visible, np.where(track.reached, y, np.nan)


def thinned(x: NDArray, y: NDArray, bins: int) -> tuple[NDArray, NDArray]:
    """At most 2 * ``bins`` points that keep every peak: smallest and largest of each bin, NaN where a bin has none."""
    size = -(-len(y) // bins)
    if size <= 2:
        return x, y
    count = -(-len(y) // size)
    padded = np.full(count * size, np.nan)
    padded[: len(y)] = y
    rows = padded.reshape(count, size)
    low, high = np.fmin.reduce(rows, axis=1), np.fmax.reduce(rows, axis=1)
    out = np.empty(2 * count)
    out[0::2], out[1::2] = low, high
    return np.repeat(x[::size] + (min(size, len(y)) - 1) / 2, 2), out
