"""The information-flow regulariser Ω = Σ_t (‖(∇_{h_t}L) ∂h_t/∂h_{t-1}‖ / ‖∇_{h_t}L‖ - 1)², and its gradient.

Pascanu, Mikolov & Bengio 2013, equation 9: with norms, not squared norms as in their program. The first step has a term
too, as its earlier state is given. ∇L is what the backward pass of the run made: with truncated BPTT the truncated one.
Then nothing goes back over a cut: that step has no term, and for Ω's gradient the state before it is a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.regulariser.derivative import derivative
from core.regulariser.fitting import layer_of
from core.regulariser.flows import Flow, flow_of
from core.regulariser.rows import Finished, groups_of
from core.regulariser.settings import Regulariser
from core.wiring import turned

Array = NDArray[Any]


class InformationFlow(msgspec.Struct, frozen=True, eq=False):
    """Ω of one iteration. By time step and sequence, (T, B); every step is a term, or why it is none is said."""

    block: str
    ratios: Array  # ‖(∇_{h_t}L) ∂h_t/∂h_{t-1}‖ / ‖∇_{h_t}L‖; NaN where there is no term
    is_zero: NDArray[np.bool_]  # left out: ∇_{h_t}L is zero
    is_cut: NDArray[np.bool_]  # left out: truncated BPTT lets nothing through
    gradients: Mapping[str, Array]  # of Ω, by path of every trainable parameter

    @property
    def terms(self) -> Array:
        """(T, B): the terms; NaN where there is none."""
        return np.asarray((self.ratios - 1.0) ** 2)

    @property
    def value(self) -> float:
        """Ω, summed over time and sequences."""
        return float(np.nansum(self.terms))

    @property
    def left_out(self) -> int:
        """How many steps were left out because ∇L is zero there."""
        return int(np.count_nonzero(self.is_zero))


def information_flow(run: Any, settings: Regulariser) -> InformationFlow:
    """Ω and its gradient for a complete run (a ``Run``, or a whole run of ``core.bulk``).

    Raises SessionError for a layer that is not there or has no such state.
    """
    finished = Finished(run.problem, run.values, run.adjoints)
    problem, network = finished.problem, finished.network
    block = layer_of(network, settings)
    shape = problem.inputs.shape[:2]
    ratios, is_zero, is_cut = np.full(shape, np.nan, problem.dtype), np.zeros(shape, bool), np.zeros(shape, bool)
    gradients = {path: np.zeros(network.parameter_shapes[path], problem.dtype) for path in network.trainable}
    with np.errstate(all="ignore"):  # what is not finite is a result to show
        for group in groups_of(finished):
            flow = flow_of(group, block, settings.state)
            for target, found in (
                (ratios, _ratios(flow)),
                (is_zero, flow.is_zero & ~flow.is_cut),
                (is_cut, flow.is_cut),
            ):
                target[: group.steps, group.samples] = turned(found, flow.rows.block.reverse)
            for path, found in derivative(flow, settings.gradient, network.trainable).items():
                gradients[path] += found
    for array in gradients.values():
        array.setflags(write=False)
    return InformationFlow(block, ratios, is_zero, is_cut, gradients)


def _ratios(flow: Flow) -> Array:
    return np.where(flow.counts, flow.ratio, np.nan)
