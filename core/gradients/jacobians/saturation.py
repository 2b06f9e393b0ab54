"""Saturation: how many entries of a gate are so near 0 or 1 that hardly a gradient passes through it to its inputs."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.frame import Sentence
from core.gradients.backward.walked_block import WalkedBlock
from core.gradients.jacobians.direct_paths import named, role_of
from core.gradients.numbers import ratio_text
from core.language.gates import gates_of
from core.run import Run

Array = NDArray[Any]


class GateSaturation(msgspec.Struct, frozen=True, eq=False):
    """One gate over one sequence. ``low`` and ``high`` are the shares of entries below and above the thresholds.

    By unit (H,) over all steps, and by step (S,), in walking order, over all units. ``underflows`` counts the entries
    whose derivative g (1 - g) is exactly 0 in this precision: beyond them nothing comes back at all. ``counts`` (20,)
    are the entries in twenty equal stretches between 0 and 1.
    """

    path: str
    role: str
    threshold: float
    low: float
    high: float
    low_by_unit: Array
    high_by_unit: Array
    low_by_step: Array
    high_by_step: Array
    underflows: int
    counts: Array
    times: tuple[int, ...]
    sentence: Sentence


def saturation(run: Run, block: str, threshold: float = 0.1, sample: int = 0) -> tuple[GateSaturation, ...]:
    """The saturation of every gate of a block: entries below ``threshold`` or above 1 - ``threshold``.

    Needs the forward half of the run.
    """
    walked = WalkedBlock(run, run.network.block(block), sample)
    return tuple(_of_gate(walked, name, threshold) for name in gates_of(walked.block.cell.definition))


def _of_gate(walked: WalkedBlock, name: str, threshold: float) -> GateSaturation:
    values = walked.values(name)
    low, high = values < threshold, values > 1.0 - threshold
    counts, _ = np.histogram(values[np.isfinite(values)], bins=20, range=(0.0, 1.0))
    underflows = int((values * (1.0 - values) == 0.0).sum())
    role = role_of(walked.block, name)
    words = named(walked.block, name)
    sentence = _sentence(walked.block.title, words, threshold, float(low.mean()), float(high.mean()), underflows)
    return GateSaturation(
        f"{walked.block.name}/{name}", role, threshold, float(low.mean()), float(high.mean()), low.mean(axis=0),
        high.mean(axis=0), low.mean(axis=1), high.mean(axis=1), underflows, counts, tuple(walked.times), sentence,
    )  # fmt: skip


def _sentence(title: str, role: str, threshold: float, low: float, high: float, underflows: int) -> Sentence:
    values = {
        "layer": title,
        "role": role,
        "low": ratio_text(100 * low),
        "high": ratio_text(100 * high),
        "below": f"{threshold:g}",
        "above": f"{1 - threshold:g}",
        "underflows": str(underflows),
    }
    template = (
        "{layer}: {role} is shut (below {below}) in {low} % of all units and steps, open (above {above}) in {high} %"
    )
    if underflows:
        template += "; at {underflows} of them its derivative is exactly 0 in this precision"
    return Sentence(template + ".", values)
