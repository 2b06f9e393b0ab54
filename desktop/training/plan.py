"""What a person chooses before a training begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from core.learning.record import Training

if TYPE_CHECKING:
    from core.learning.course import Beginning


class Plan(msgspec.Struct, frozen=True):
    """From which weights, how many iterations, batches of how many sequences, and their seed."""

    anew: bool = False  # from initial weights of the seed, else from those of the walk
    iterations: int = 1000
    batch: int = 32
    seed: int = 0

    def beginning(self, found: Beginning) -> Beginning:
        """The training that this plans, where ``found`` is what the session is ready for."""
        from core.learning.course import beginning_anew

        training = replace(found.training, iterations=self.iterations, batch=self.batch, seed=self.seed)
        planned = replace(found, training=training)
        return beginning_anew(planned, self.seed) if self.anew else planned


def plan_of(training: Training) -> Plan:
    """What a session would do by itself."""
    return Plan(False, training.iterations, training.batch, training.seed)
