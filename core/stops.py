"""From a verdict to the breakpoint that stops a walk where it is true."""

from __future__ import annotations

import math

from core.breakpoints import AtTime, Breakpoint, DeadUnit, Explodes, NonFinite, Saturated, Vanishes
from core.gradients.thresholds import Kind, Thresholds
from core.gradients.verdicts import Verdict
from core.language.gates import is_gate
from core.network import Network


def stop_for(verdict: Verdict, thresholds: Thresholds, network: Network) -> Breakpoint:
    """A breakpoint with the same thresholds; where no breakpoint asks the same, one at the verdict's time step.

    A gate is flat where g (1 - g) is below ``flat`` of 1/4, which is where g is above (1 + sqrt(1 - flat)) / 2.
    """
    match verdict.kind:
        case Kind.VANISHES:
            return Vanishes(verdict.path, thresholds.vanish)
        case Kind.EXPLODES:
            return Explodes(verdict.path, thresholds.explode)
        case Kind.NOT_FINITE:
            return NonFinite()
        case Kind.DEAD:
            return DeadUnit(verdict.path)
    block, name = verdict.path.split("/")
    definition = network.block(block).cell.definition
    if definition.equation(name).expression.operator == "sigmoid" and is_gate(definition, name):
        return Saturated(verdict.path, (1.0 + math.sqrt(1.0 - thresholds.flat)) / 2.0)
    return AtTime(verdict.times[0] if verdict.times else 0)
