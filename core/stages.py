"""Stages: in which order the blocks of a network walk over time, so that everything is there before it is read.

A stage is a list of blocks that walk side by side in one direction: at each time step block by block in the order data
flows. A block belongs to the earliest stage after which everything it reads is there. A stack of forward layers is one
stage; whatever reads a block of the other direction waits until that one has walked all of the sequence.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from core.block import Block


class Stage(msgspec.Struct, frozen=True, eq=False):
    """Blocks that walk side by side, in the order data flows."""

    blocks: tuple[Block, ...]

    @property
    def reverse(self) -> bool:
        """Whether the stage walks from the last time step to the first."""
        return self.blocks[0].reverse

    def times(self, steps: int) -> range:
        """The time step of each step of the walk."""
        return range(steps - 1, -1, -1) if self.reverse else range(steps)


def stages_of(blocks: Iterable[Block]) -> tuple[Stage, ...]:
    """The stages of blocks that come in the order data flows."""
    stages: list[list[Block]] = []
    found: dict[str, tuple[int, Block]] = {}
    for block in blocks:
        number = _earliest(block, found)
        number = next((n for n in range(number, len(stages)) if stages[n][0].reverse is block.reverse), len(stages))
        stages[number:] = [[*stages[number], block], *stages[number + 1 :]] if number < len(stages) else [[block]]
        found[block.name] = (number, block)
    return tuple(Stage(tuple(stage)) for stage in stages)


def _earliest(block: Block, found: dict[str, tuple[int, Block]]) -> int:
    """The first stage that the sources of a block leave open to it."""
    sources = [found[path.split("/")[0]] for path in block.reads.values() if "/" in path]
    return max((number + (not _step_by_step(source, block)) for number, source in sources), default=0)


def _step_by_step(source: Block, reader: Block) -> bool:
    """Whether a reader can follow its source step by step, rather than wait for the end of its walk."""
    return source.reverse is reader.reverse and rows_are_times(source)


def runs_against(source: Block, reader: Block) -> bool:
    """Whether step s of a reader's walk reads the other end of its source's rows, step T - 1 - s."""
    return reader.reverse is not source.reverse if rows_are_times(source) else reader.reverse


def rows_are_times(block: Block) -> bool:
    """Whether what others read of a block at t is what it computed at time t."""
    return block.aligned or not block.reverse


def time_read(source: Block, t: int, steps: int) -> int:
    """The time at which a block computed what others read of it at ``t``."""
    return t if rows_are_times(source) else steps - 1 - t
