"""The regulariser at the cursor: its terms so far, and what it does to the gradient once all are there."""

from __future__ import annotations

import numpy as np

from core.frame import FlowFrame, Phase, Sentence
from core.learning.clipping import cosine_of, global_norm
from core.learning.step import Outcome
from core.network import Network
from core.regulariser.fitting import layer_of, members_of
from core.regulariser.settings import GRADIENTS, Regulariser
from core.reveal.moment import Moment
from core.reveal.sentence import digits


def flow_frame(moment: Moment, outcome: Outcome | None, settings: Regulariser) -> FlowFrame | None:
    """The terms of the shown sequence up to the cursor; None without a regulariser, or before its phase."""
    done = moment.progress.get(Phase.REGULARISER)
    if outcome is None or outcome.flow is None or done is None or not done.touched:
        return None
    flow, sample = outcome.flow, moment.sample
    times = list(moment.run.timeline.times(Phase.REGULARISER))[: done.steps]
    shown = np.zeros(moment.steps, bool)
    shown[times] = True
    ratios = np.where(shown, flow.ratios[:, sample], np.nan)
    names = regularised_names(moment.run.network, settings)
    is_whole = done.steps == moment.steps
    before, after = global_norm(outcome.gradients), global_norm(outcome.regularised)
    return FlowFrame(
        block=flow.block,
        title=moment.run.network.title_of(flow.block) if len(moment.run.network.layers) > 1 else "",
        state=names[0] if len(names) == 1 else f"[{'; '.join(names)}]",
        ratios=ratios,
        is_zero=shown & flow.is_zero[:, sample],
        is_cut=shown & flow.is_cut[:, sample],
        total=float(np.nansum((ratios - 1.0) ** 2)),
        weight=settings.weight,
        gradient=GRADIENTS[settings.gradient],
        norm_before=before,
        norm_after=after if is_whole else None,
        cosine=cosine_of(outcome.gradients, outcome.regularised) if is_whole else None,
    )


def regularised_names(network: Network, settings: Regulariser) -> list[str]:
    """The variables of the state that is regularised, the output first; none without a regulariser."""
    if not settings.weight:
        return []
    block = network.block(layer_of(network, settings))
    return sorted(members_of(block, settings.state), key=lambda name: name != block.output)


def regulariser_sentence(moment: Moment, flow: FlowFrame | None) -> Sentence:
    """What the status line says of one term."""
    t = moment.position.t
    assert t is not None
    values = {"t": str(t + 1)}
    if flow is None:
        return Sentence("Regulariser, t = {t}.", values)
    values |= {"layer": f", {flow.title}" if flow.title else "", "state": flow.state}
    values |= {"ratio": digits(flow.ratios[t]), "term": digits((flow.ratios[t] - 1) ** 2), "sum": digits(flow.total)}
    start = "Regulariser, t = {t}{layer}: "
    if flow.is_cut[t]:
        text = "truncated back-propagation lets nothing through here, so there is no term; Ω so far is {sum}."
    elif flow.is_zero[t]:
        values["count"] = str(int(flow.is_zero.sum()))
        text = "∂L/∂{state} is zero, so there is no term; {count} left out so far."
    else:
        text = "one step back, ∂L/∂{state} has {ratio} times its norm; the term is {term}, Ω so far {sum}."
    if flow.norm_after is not None:
        values |= {"before": digits(flow.norm_before), "after": digits(flow.norm_after)}
        text += " With Ω the gradient’s norm goes from {before} to {after}."
    return Sentence(start + text, values)
