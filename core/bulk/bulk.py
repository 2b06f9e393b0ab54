"""Bulk computation of a network: compiled once, run on many problems."""

from __future__ import annotations

from core.bulk.block import BlockPlan
from core.bulk.pool import Pool
from core.bulk.whole import WholeRun
from core.network import Network
from core.problem import Problem
from core.run import Run


class Bulk:
    """Whole runs of one network. Where the bulk path has no answer, a run walks the problem step by step.

    That is so where a state is overwritten, where truncated BPTT meets sequences of different lengths, and where a
    number is not finite: products are associated in another order here, and infinity times zero tells. Not to be shared
    between threads.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._plans = {block.name: BlockPlan(block) for block in network.blocks}
        self._pool = Pool()

    def forward(self, problem: Problem) -> WholeRun | Run:
        """The forward half of a problem of this network."""
        if _goes_at_once(problem):
            whole = WholeRun(problem, self._plans, self._pool)
            if whole.is_finite():
                return whole
        run = Run(problem)
        run.forward_to(run.steps)
        return run

    def complete(self, problem: Problem) -> WholeRun | Run:
        """Both halves of a problem of this network."""
        if _goes_at_once(problem):
            whole = WholeRun(problem, self._plans, self._pool).complete()
            if whole.is_finite():
                return whole
        return Run(problem).complete()


def _goes_at_once(problem: Problem) -> bool:
    return problem.steps > 0 and not problem.interventions and not (problem.window and problem.is_padded)
