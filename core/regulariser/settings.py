"""What is asked of the information-flow regulariser: its weight, which state, which of its three gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.errors import GatewalkError

State = Literal["output", "all"]
Gradient = Literal["exact", "held", "immediate"]
GRADIENTS = {
    "exact": "exact",
    "held": "gradient held constant",
    "immediate": "immediate",
}


@dataclass(frozen=True)
class Regulariser:
    """How much of Ω is added to the loss, and how Ω is differentiated. Weight 0: it is not used.

    ``state``: "output" is what others read of the cell (h), with the rest of its memory held; "all" is everything that
    the next step reads ([h; c]). ``gradient``: "exact"; "held" takes ∇L for a constant (Pascanu, Mikolov & Bengio 2013
    propose so); "immediate" takes all states for constants too, as their program does. ``block`` is the layer, "l0";
    "" is the last one.
    """

    weight: float = 0.0
    state: State = "output"
    gradient: Gradient = "exact"
    block: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise GatewalkError(f"Regulariser: the weight must be finite and at least 0, got {self.weight:g}.")
        if self.state not in ("output", "all"):
            raise GatewalkError(f"Regulariser: there is no state called '{self.state}'. Use output or all.")
        if self.gradient not in GRADIENTS:
            raise GatewalkError(
                f"Regulariser: there is no gradient called '{self.gradient}'. Use {', '.join(GRADIENTS)}."
            )

    def __str__(self) -> str:
        if not self.weight:
            return "off"
        return f"Ω with weight {self.weight:g}, gradient: {GRADIENTS[self.gradient]}"


def regulariser_latex(settings: Regulariser, members: Sequence[str] = ("h",)) -> str:
    """Ω and what is added to the gradient, in LaTeX, one formula a line; ``members`` are the variables of the state."""
    several = len(members) > 1
    s = "s" if several else members[0]
    stands_for = rf", \; s_t = \left[ {', '.join(f'{name}_t' for name in members)} \right]" if several else ""
    ratio = (
        rf"\frac{{\left\| \nabla_{{{s}_t}} L \; \partial {s}_t / \partial {s}_{{t-1}} \right\|}}"
        rf"{{\left\| \nabla_{{{s}_t}} L \right\|}}"
    )
    omega = rf"\Omega = \sum_t \left( {ratio} - 1 \right)^2"
    return "\n".join([omega + stands_for, rf"g \leftarrow g + {settings.weight:g} \, \nabla_\theta \Omega"])
