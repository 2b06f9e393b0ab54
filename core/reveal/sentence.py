"""One plain sentence for every place of the walk: what was just computed, and what it means."""

from __future__ import annotations

import math

import numpy as np

from core.frame import ClipReport, Phase, Prediction, Scale, Sentence, Share
from core.network import HEAD, LOSS
from core.norms import norms
from core.reveal.focus import states
from core.reveal.formulas import Formulas
from core.reveal.inspect import shares
from core.reveal.moment import Moment
from core.reveal.scales import scale_of


def digits(value: float) -> str:
    """A number with the digits that mean something in a sentence."""
    return f"{value:.3g}".replace("-", "−")


def sentence_at(
    moment: Moment,
    token: str,
    shares: tuple[Share, ...],
    prediction: Prediction | None,
    clip: ClipReport | None,
) -> Sentence:
    """What the status line says; ``token`` is what is read at the step that is walked."""
    position = moment.position
    if position.t is not None and position.t >= moment.length:
        return _padding(moment)
    if position.cursor.index == 0:
        return Sentence("Nothing is computed yet: {count} time steps wait. Step forward to begin.",
                        {"count": str(moment.steps)})  # fmt: skip
    match position.phase:
        case Phase.FORWARD:
            return _forward(moment, token, prediction)
        case Phase.LOSS:
            return _loss(moment, prediction)
        case Phase.BACKWARD:
            return _backward(moment, shares)
        case Phase.CLIP:
            return _clip(clip)
    return _update(moment)


def _padding(moment: Moment) -> Sentence:
    """Where other sequences of the batch go on and this one has ended."""
    position = moment.position
    values = {
        "phase": position.phase.value.capitalize(),
        "t": str((position.t or 0) + 1),
        "layer": _layer(moment),
        "number": str(moment.sample + 1),
        "steps": str(moment.length),
    }
    template = "{phase}, t = {t}{layer}: padding, as sequence {number} ends at t = {steps}; nothing reads it."
    return Sentence(template, values)


def _place(moment: Moment, token: str) -> dict[str, str]:
    position = moment.position
    assert position.t is not None
    role = moment.run.network.block(position.block).cell.definition.roles.get(position.equation, "")
    return {
        "t": str(position.t + 1),
        "token": f" “{token}”" if token else "",
        "name": position.equation,
        "role": f"{role} {position.equation}" if role else position.equation,
        "layer": _layer(moment),
        "done": str(position.operation + 1),
        "all": str(position.operations),
    }


def _layer(moment: Moment) -> str:
    network, block = moment.run.network, moment.position.block
    return f", {network.title_of(block)}" if len(network.layers) > 1 and block != HEAD else ""


def _forward(moment: Moment, token: str, prediction: Prediction | None) -> Sentence:
    position = moment.position
    place = _place(moment, token)
    if not position.equation_done:
        return Sentence("Forward, t = {t}{token}{layer}: operation {done} of {all} of the {role}.", place)
    values = moment.run.values(position.path)[position.t, moment.sample]
    if not np.isfinite(values).all():
        return Sentence("Forward, t = {t}{token}{layer}: the {role} is not finite.", place)
    block = moment.run.network.block(position.block)
    if position.block == HEAD and prediction is not None and position.equation == block.output:
        return _prediction(place, prediction)
    if len(values) == 1:
        place["value"] = digits(float(values[0]))
        return Sentence("Forward, t = {t}{token}{layer}: the {role} is {value}.", place)
    if scale_of(block, position.equation) is Scale.GATE:
        wide, shut = int((values > 0.9).sum()), int((values < 0.1).sum())
        place |= {"mean": f"{values.mean():.2f}", "open": str(wide), "shut": str(shut), "size": str(len(values))}
        return Sentence("Forward, t = {t}{token}{layer}: the {role} is {mean} on average; of its {size} units {open} "
                        "are wide open (> 0.9) and {shut} shut (< 0.1).", place)  # fmt: skip
    strongest = int(np.abs(values).argmax())
    place |= {
        "norm": _norm(values),
        "unit": str(strongest + 1),
        "value": digits(float(values[strongest])),
    }
    template = "Forward, t = {t}{token}{layer}: the {role} has norm {norm}; unit {unit} is strongest with {value}."
    return Sentence(template, place)


def _prediction(place: dict[str, str], prediction: Prediction) -> Sentence:
    if prediction.probability is None:
        end = "" if prediction.label.endswith("…") else "."
        values = place | {"label": prediction.label, "end": end}
        return Sentence("Forward, t = {t}{token}: the output is {label}{end}", values)
    place |= {"label": prediction.label, "probability": f"{prediction.probability:.2f}"}
    says = "the network expects “{label}” next" if prediction.comes_next else "the likeliest answer is “{label}”"
    return Sentence("Forward, t = {t}{token}: " + says + ", with probability {probability}.", place)


def _loss(moment: Moment, prediction: Prediction | None) -> Sentence:
    t = moment.position.t
    assert t is not None
    losses = moment.run.losses()[:, moment.sample]
    so_far = float(losses[sorted(moment.losses_reached)].sum())
    values = {"t": str(t + 1), "loss": digits(float(losses[t])), "sum": digits(so_far)}
    if not moment.position.equation_done:
        values |= {"done": str(moment.position.operation + 1), "all": str(moment.position.operations)}
        return Sentence("Loss, t = {t}: operation {done} of {all} of the loss.", values)
    if prediction is not None and prediction.right is not None:
        values["label"] = prediction.label
        template = "Loss, t = {t}: L is {loss}; the likeliest answer “{label}” is " + (
            "right. The sum so far is {sum}." if prediction.right else "wrong. The sum so far is {sum}."
        )
        return Sentence(template, values)
    return Sentence("Loss, t = {t}: L is {loss}. The sum so far is {sum}.", values)


def _backward(moment: Moment, shares: tuple[Share, ...]) -> Sentence:
    position = moment.position
    t = position.t
    assert t is not None
    role = moment.run.network.block(position.block).cell.definition.roles.get(position.equation, "")
    values = {"t": str(t + 1), "layer": _layer(moment), "name": position.equation, "role": role or position.equation}
    if not position.equation_done:
        values |= {"done": str(position.operation + 1), "all": str(position.operations)}
        return Sentence("Backward, t = {t}{layer}, {role}: operation {done} of {all} sends its part back.", values)
    if position.equation == LOSS:
        return Sentence("Backward, t = {t}: the walk back begins with ∂L/∂L = 1 at the loss of this step.", values)
    adjoint = moment.adjoint(position.path, t)
    norm = 0.0 if adjoint is None else float(norms(adjoint))
    values["norm"] = digits(norm)
    if norm == 0.0:
        return Sentence("Backward, t = {t}{layer}, {role}: ∂L/∂{name} is zero here.", values)
    if not math.isfinite(norm):
        return Sentence("Backward, t = {t}{layer}, {role}: ∂L/∂{name} is not finite.", values)
    if not shares:
        return Sentence("Backward, t = {t}{layer}, {role}: ∂L/∂{name} has norm {norm}.", values)
    values |= {"share": f"{100 * shares[0].value:.0f}", "way": shares[0].label}
    return Sentence("Backward, t = {t}{layer}, {role}: ∂L/∂{name} has norm {norm}; " + _way(shares[0].label), values)


def step_sentence(moment: Moment, token: str, formulas: Formulas) -> Sentence:
    """What a whole time step of the backward walk leaves: the gradient at each state, and where it came from."""
    position = moment.position
    t = position.t
    assert t is not None
    if t >= moment.length:
        return _padding(moment)
    block = moment.run.network.block(position.block)
    values = {"t": str(t + 1), "token": f" “{token}”" if token else "", "layer": _layer(moment)}
    parts = []
    for number, name in enumerate(states(block)):
        path = f"{block.name}/{name}"
        adjoint = moment.adjoint(path, t)
        values[f"name{number}"] = name
        values[f"norm{number}"] = "0" if adjoint is None else _norm(adjoint)
        values[f"ways{number}"] = _ways(shares(moment, formulas, path, t))
        parts.append(f"∂L/∂{{name{number}}} has norm {{norm{number}}}{{ways{number}}}")
    return Sentence("Backward, t = {t}{token}{layer}: " + "; ".join(parts) + ".", values)


def _ways(found: tuple[Share, ...]) -> str:
    """The largest shares, in brackets."""
    told = [f"{100 * share.value:.0f} % {share.label}" for share in found[:2] if abs(share.value) >= 0.1]
    return f" ({', '.join(told)})".replace("-", "−") if told else ""


def _way(label: str) -> str:
    if label == "this step's loss":
        return "{share} % of it is this step's own loss."
    return "{share} % of it came {way}." if label.startswith("from") else "{share} % of it came here {way}."


def _clip(clip: ClipReport | None) -> Sentence:
    if clip is None:
        return Sentence("Clip.", {})
    values = {"before": digits(clip.norm_before), "after": digits(clip.norm_after), "rule": clip.rule,
              "cosine": f"{clip.cosine:.3f}", "cut": str(clip.entries_cut)}  # fmt: skip
    if clip.rule == "off":
        return Sentence("Clip: switched off; the gradient of all parameters keeps its norm {before}.", values)
    if not math.isfinite(clip.norm_before):
        return Sentence("Clip ({rule}): the gradient is not finite and is handed on as it is.", values)
    if clip.norm_after == clip.norm_before:
        return Sentence("Clip ({rule}): the gradient's norm {before} needs no clipping.", values)
    change = "the gradient's norm goes from {before} to {after}; cosine between the two {cosine}, {cut} entries cut."
    return Sentence("Clip ({rule}): " + change, values)


def _update(moment: Moment) -> Sentence:
    return Sentence("Update: {path} takes its step; {done} of {all} parameters are updated.", {
        "path": _parameter_words(moment),
        "done": str(_updated(moment)),
        "all": str(len(moment.run.network.trainable)),
    })  # fmt: skip


def _parameter_words(moment: Moment) -> str:
    position = moment.position
    if position.block == HEAD:
        return f"{position.equation} of the readout"
    network = moment.run.network
    several = len(network.owners) > 2  # the readout is one
    return f"{position.equation} of {network.title_of(position.block)}" if several else position.equation


def _norm(vector: np.ndarray) -> str:
    return digits(float(norms(vector)))


def _updated(moment: Moment) -> int:
    return list(moment.run.network.trainable).index(moment.position.path) + 1
