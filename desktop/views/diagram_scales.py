"""Colours of the vectors in a diagram, and what came into its cell from outside."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.frame import BlockFrame, Frame, LaneFrame, OperationFrame, Scale, Track
from desktop.style.colours import ColourMaps
from desktop.views.diagram_layout import NodeLike


class Scales(msgspec.Struct, frozen=True, eq=False):
    """The colour scales of one frame."""

    maps: ColourMaps
    tracks: dict[str, Track]
    limit: float
    norms: tuple[float, float]

    @staticmethod
    def of(frame: Frame, maps: ColourMaps) -> Scales:
        """Those of the block that the walk is in."""
        lane, block = _here(frame)
        tracks = {track.name: track for track in block.tracks} if block else {}
        finite = [track.limit for track in tracks.values() if math.isfinite(track.limit)]
        return Scales(maps, tracks, max(finite, default=1.0), lane.gradient_limits if lane else (1e-4, 1.0))

    def value_rgb(self, node: NodeLike, values: NDArray) -> NDArray:
        """Gates grey to teal, everything else by sign."""
        track = self.tracks.get(node.variable)
        if node.label == "σ" or (track is not None and track.scale is Scale.GATE):
            return self.maps.gate_rgb(np.ravel(values))
        return self.maps.state_rgb(np.ravel(values), track.limit if track is not None else self.limit)

    def gradient_rgb(self, values: NDArray) -> NDArray:
        """Sizes of single entries, on the scale of the norms shared out among them."""
        share = 1 / math.sqrt(max(np.size(values), 1))
        return self.maps.gradient_rgb(np.abs(np.ravel(values)), self.norms[0] * share, self.norms[1] * share)


def _here(frame: Frame) -> tuple[LaneFrame | None, BlockFrame | None]:
    lane = frame.lanes[0] if frame.lanes else None
    blocks = [block for block in lane.blocks if block.name == frame.position.block] if lane else []
    return lane, blocks[0] if blocks else None


def norm_from_outside(frame: Frame, variable: str, operation: OperationFrame | None, read_inside: bool) -> float | None:
    """Norm of the gradient that came into the cell at a variable's exit; None where nothing has come yet.

    Where several readers outside have sent their part, the largest stands for them.
    """
    if not read_inside:
        arrived = operation is not None and operation.adjoint is not None
        return float(np.linalg.norm(operation.adjoint)) if arrived else None
    lane, block = _here(frame)
    if lane is None or block is None or frame.position.t is None:
        return None
    sent = []
    for reader in lane.blocks:
        for flow in reader.flows:
            row = frame.position.t + flow.delay * reader.direction - lane.first + flow.before
            if flow.target == f"{block.name}/{variable}" and 0 <= row < len(flow.norms):
                sent.append(float(flow.norms[row]))
    known = [norm for norm in sent if not math.isnan(norm)]
    return max(known) if known else None
