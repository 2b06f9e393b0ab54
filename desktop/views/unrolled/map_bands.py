"""The rows of the map inside the box of a layer: a band for each variable, a narrow one for each gradient."""

from __future__ import annotations

import msgspec

from core.frame import BlockFrame, Track
from desktop.views.unrolled.geometry import Span

SPACE_PX = 3.0
GRADIENT_SHARE = 0.55  # height of a gradient band against that of a variable
GRADIENT_MOST_PX = 14.0


class Band(msgspec.Struct, frozen=True, eq=False):
    """A stretch of the map that shows a variable, or the gradient norm of one."""

    track: Track
    span: Span
    of_gradient: bool

    @property
    def label(self) -> str:
        """Name at the left."""
        return f"\u2202{self.track.name}" if self.of_gradient else self.track.name


def bands_of(block: BlockFrame, span: Span, scale: float) -> list[Band]:
    """The bands of a layer from top to bottom: variables in walking order, then the gradients of its states."""
    states = [track for track in block.tracks if track.is_state] or list(block.tracks)[-1:]
    gaps = SPACE_PX * (len(block.tracks) + len(states) - 1) + 4 * scale
    room = max(span.height - gaps, 4.0 * (len(block.tracks) + len(states)))
    thin = int(min(GRADIENT_MOST_PX * scale, room / (len(block.tracks) / GRADIENT_SHARE + len(states))))
    high = int((room - thin * len(states)) / max(1, len(block.tracks)))
    bands, y = [], span.top
    for tracks, height, of_gradient in ((block.tracks, high, False), (states, thin, True)):
        for track in tracks:
            bands.append(Band(track, Span(y, max(2, height)), of_gradient))
            y += max(2, height) + SPACE_PX
        y += 4 * scale
    return bands
