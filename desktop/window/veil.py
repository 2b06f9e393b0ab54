"""Hiding what the network says until people have guessed it: a frame without its predictions."""

from __future__ import annotations

from msgspec.structs import replace

from core.frame import Frame, LaneFrame, Phase


def veiled(frame: Frame) -> Frame:
    """The frame without predictions while the walk is still in the forward phase; the loss uncovers them."""
    if frame.position.phase is not Phase.FORWARD:
        return frame
    return replace(frame, lanes=tuple(_veiled(lane) for lane in frame.lanes))


def _veiled(lane: LaneFrame) -> LaneFrame:
    hidden = (None,) * len(lane.predictions)
    ghost = None if lane.ghost is None else replace(lane.ghost, predictions=hidden[: len(lane.ghost.predictions)])
    return replace(lane, predictions=hidden, ghost=ghost)
