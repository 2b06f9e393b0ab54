"""Many gradients walked back together through one sequence of a run: one backward pass, whatever their number.

A *seed* is where one of them begins: a vector at a variable at a time step. The losses of all steps are seeds, and so
are the unit vectors at a state. The walk is that of the run: stages in reverse, steps in reverse, truncated as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec

from core.block import HEAD, Block
from core.errors import Cancelled, SessionError
from core.gradients.backward.back_steps import BackSteps, Values
from core.gradients.backward.parts import Part, hull, joined
from core.gradients.backward.walked_block import WalkedBlock
from core.operators.expression import INPUT
from core.plan.nodes import Node
from core.run import Run
from core.stages import Stage, time_read

Progress = Callable[[int, int], None]  # steps done, steps in all
Seeds = Mapping[str, Mapping[int, Part]]  # path -> time step -> what enters there
Wanted = Mapping[str, Collection[Node]]  # block -> nodes that a visit gives beside what the walk needs


class Visit(msgspec.Struct, frozen=True, eq=False):
    """One block at one time step, walked back: values of wanted nodes for the gradients first <= r < last.

    ``values``: node -> (last - first, ·), None where nothing has arrived. ``row`` is the step of the block's own walk.
    """

    block: str
    t: int
    row: int
    first: int
    last: int
    values: Values


class Sweep:
    """Walks gradients back through one sequence; may be walked many times, with other seeds.

    ``wanted``: nodes of ``block.plan.layout.lowered`` that visits give, such as ``adjoints["h"]``. Seeds enter the
    inbox of a variable, so an adjoint is the total derivative: an LSTM's dL/dc has the way through h of its own step.
    What one step alone makes of a gradient at its state (the partial derivatives of a Jacobian) is
    ``steps(block).at(row, ...)`` with ``sends`` wanted. Raises SessionError where the forward half is not computed.
    """

    def __init__(self, run: Run, sample: int = 0, wanted: Wanted | None = None) -> None:
        if run.forward_done < run.steps:
            raise SessionError("Gradients are walked back once the forward pass is complete. Go to its end first.")
        self.run, self.sample = run, sample
        self.count = run.problem.length(sample)
        self.walked = {block.name: WalkedBlock(run, block, sample) for block in run.network.blocks}
        self._wanted = wanted or {}
        self.ways = {block.name: list(self._ways(block)) for block in run.network.blocks}
        self._steps = {block.name: self._back_steps(block) for block in run.network.blocks}

    def _back_steps(self, block: Block) -> BackSteps:
        sent = [way.sent for way in self.ways[block.name]]
        return BackSteps(self.walked[block.name], [*self._wanted.get(block.name, ()), *sent])

    def _ways(self, block: Block) -> Iterator[_Way]:
        """Where steps of a block send to; nothing goes to what no gradient leaves again."""
        network = self.run.network
        for (kind, name, delay), node in block.plan.layout.lowered.sends.items():
            path = block.reads[name] if kind == INPUT else f"{block.name}/{name}"
            if "/" in path:
                target, variable = network.block(path.split("/")[0]), path.split("/")[1]
                if variable in target.plan.inboxes:
                    yield _Way(node, target, variable, delay)

    def steps(self, block: str) -> BackSteps:
        """The steps back of one block."""
        return self._steps[block]

    def wants(self, block: str) -> bool:
        """Whether visits of a block give more than the walk needs."""
        return bool(self._wanted.get(block))

    @property
    def length(self) -> int:
        """Time steps of one walk, those of all stages."""
        return self.count * len(self.run.network.stages)

    def walk(
        self, seeds: Seeds, progress: Progress | None = None, cancelled: Callable[[], bool] | None = None
    ) -> Iterator[Visit]:
        """Every block at every step that a gradient reaches, in the order of the walk back.

        Raises Cancelled as soon as ``cancelled`` says so, asked at every time step.
        """
        walk = _Walk(self, seeds)
        done = 0
        for stage in reversed(self.run.network.stages):
            for row in range(self.count - 1, -1, -1):
                if cancelled is not None and cancelled():
                    raise Cancelled("The gradients were not walked back to the end.")
                yield from walk.step(stage, row)
                done += 1
                if progress is not None:
                    progress(done, self.length)


class _Way(msgspec.Struct, frozen=True, eq=False):
    """Where what a step of a block sends goes: a variable of the same block ``delay`` steps back, or of a source."""

    sent: Node
    block: Block
    name: str
    delay: int = 0


class _Walk:
    """One walk: what is on its way to steps that are still to come."""

    def __init__(self, sweep: Sweep, seeds: Seeds) -> None:
        self._sweep, self._run = sweep, sweep.run
        self._waiting: dict[tuple[str, int], dict[str, list[Part]]] = {}  # block, time step -> variable -> parts
        for path, by_time in seeds.items():
            block, name = path.split("/")
            if name in self._run.network.block(block).plan.inboxes:
                for t, part in by_time.items():
                    self._send(block, name, t, part)

    def step(self, stage: Stage, row: int) -> Iterator[Visit]:
        """One step of all blocks of a stage, the last one first."""
        for block in reversed(stage.blocks):
            t = self._sweep.walked[block.name].times[row]
            waiting = self._waiting.pop((block.name, t), None)
            if waiting is not None and self._counts(block, t):
                yield self._block(block, t, row, waiting)

    def _counts(self, block: Block, t: int) -> bool:
        """Whether a step is walked back; none of the readout where it has no loss."""
        return block.name != HEAD or bool(self._run.problem.loss_steps[t])

    def _block(self, block: Block, t: int, row: int, waiting: Mapping[str, list[Part]]) -> Visit:
        parts = {name: joined(found) for name, found in waiting.items()}
        first, last = hull(parts.values())
        arriving = {name: part.over(first, last) for name, part in parts.items()}
        values = self._sweep.steps(block.name).at(row, arriving)
        for way in self._sweep.ways[block.name]:
            rows = values[way.sent]
            if rows is not None:
                self._pass_on(block, t, row, way, Part(first, last, rows))
        return Visit(block.name, t, row, first, last, values)

    def _pass_on(self, block: Block, t: int, row: int, way: _Way, part: Part) -> None:
        if way.block is not block:
            self._send(way.block.name, way.name, time_read(way.block, t, self._run.problem.steps), part)
        elif row >= way.delay and not (self._run.problem.window and self._is_cut(block, row, way.delay)):
            self._send(block.name, way.name, t - block.direction * way.delay, part)

    def _is_cut(self, block: Block, row: int, delay: int) -> bool:
        return self._run.problem.cuts(self._sweep.walked[block.name].first + row, delay)

    def _send(self, block: str, name: str, t: int, part: Part) -> None:
        self._waiting.setdefault((block, t), {}).setdefault(name, []).append(part)
