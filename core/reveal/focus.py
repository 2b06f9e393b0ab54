"""What the walk stands on: the operation done last, or, after a whole time step backward, the state it leaves.

The last equation of a backward step is a gate whose gradient came from one place only; what a person asks of a whole
step is what arrived at its state.
"""

from __future__ import annotations

from msgspec.structs import replace

from core.frame import Grain, Phase, Position
from core.network import HEAD, Block
from core.timeline import Timeline


def focus(position: Position, timeline: Timeline, grain: Grain, blocks: tuple[Block, ...]) -> Position:
    """The position as it is shown at this grain."""
    coarse = grain in (Grain.TIME_STEP, Grain.PASS)
    if not coarse or position.phase is not Phase.BACKWARD or position.block in ("", HEAD):
        return position
    index = position.cursor.index
    if timeline.next(timeline.previous(index, Grain.TIME_STEP), Grain.TIME_STEP) != index:
        return position  # inside a time step
    block = next(block for block in blocks if block.name == position.block)
    return replace(position, equation=main_state(block), operation=0, operations=1)


def main_state(block: Block) -> str:
    """The state that carries memory: the one that is not the output, where there is such a one."""
    return next((name for name in states(block) if name != block.output), block.output)


def states(block: Block) -> tuple[str, ...]:
    """The variables that later steps read and gradients reach, the output first; the output where there is none."""
    found = [name for name in block.cell.definition.delays if name in block.path]
    return tuple(sorted(found, key=lambda name: name != block.output)) or (block.output,)
