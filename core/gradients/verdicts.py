"""Named verdicts on a run: where its gradient vanishes or explodes, which units are dead, which are saturated.

Thresholds are people's to set. Every verdict says its place and its numbers; ``times`` are marks on a time axis. The
gradient looked at is that of the whole loss; ``with_one_loss`` gives a run with the loss of a single step, where
nothing that enters later covers what has vanished.
"""

from __future__ import annotations

from dataclasses import replace as with_fields
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import SessionError
from core.frame import Sentence
from core.gradients.backward.walked_block import WalkedBlock
from core.gradients.courses import Course, course_of
from core.gradients.jacobians.direct_paths import DirectPath, direct_paths, named
from core.gradients.jacobians.slopes import Curve, curves
from core.gradients.numbers import ratio_text
from core.gradients.thresholds import Kind, Thresholds
from core.network import Block
from core.run import Run

Array = NDArray[Any]


class Verdict(msgspec.Struct, frozen=True):
    """One verdict. ``t`` is the step it is about, None for the whole sequence; ``units`` are worst first.

    ``times`` are the steps to mark, the most important one first. ``numbers`` are what the sentence rests on, by name.
    """

    kind: Kind
    path: str
    t: int | None
    units: tuple[int, ...]
    times: tuple[int, ...]
    numbers: dict[str, float]
    sentence: Sentence

    @property
    def unit(self) -> int | None:
        """The unit it is about most of all."""
        return self.units[0] if self.units else None


def verdicts(run: Run, thresholds: Thresholds | None = None, sample: int = 0) -> tuple[Verdict, ...]:
    """All verdicts on one sequence, layer by layer; gradients only where the run has a loss.

    Raises SessionError where the forward half of the run is not complete.
    """
    if run.forward_done < run.steps:
        raise SessionError("Verdicts are given once the forward pass is complete. Go to its end first.")
    limits = thresholds or Thresholds()
    found: list[Verdict] = []
    for block in run.network.layers:
        found += _on_gradients(run, block, limits, sample)
        found += _on_functions(WalkedBlock(run, block, sample), limits)
    return tuple(found)


def with_one_loss(run: Run, t: int) -> Run:
    """The same run with the loss of time step ``t`` alone. Raises SessionError where there is none."""
    if not 0 <= t < run.problem.steps or not run.problem.loss_steps[t]:
        raise SessionError(f"There is no loss at t = {t + 1}. Choose a step that has a target.")
    weights = np.zeros_like(run.problem.loss_weights)
    weights[t] = run.problem.loss_weights[t]
    return run.rewritten(with_fields(run.problem, weights=weights), run.problem.steps).complete()


# Gradients


def _on_gradients(run: Run, block: Block, limits: Thresholds, sample: int) -> list[Verdict]:
    names = [name for name in block.cell.definition.delays if name in block.path]
    if not run.has_loss or not names:
        return []
    paths = {path.state: path for path in direct_paths(run, block.name, sample) if path.delay == 1}
    found = []
    for name in names:
        course = course_of(run, f"{block.name}/{name}", sample)
        given = (_broken(block, course), _vanishes(block, course, paths.get(name), limits),
                 _explodes(block, course, limits))  # fmt: skip
        found += [verdict for verdict in given if verdict is not None]
    return found


def _vanishes(block: Block, course: Course, direct: DirectPath | None, limits: Thresholds) -> Verdict | None:
    row = course.falls_below(limits.vanish)
    if row is None:
        return None
    numbers = {"start": course.start, "norm": course.norms[row], "threshold": limits.vanish}
    t = course.times[row]
    values = {
        "variable": named(block, course.name),
        "ratio": f"{limits.vanish:g}",
        "t": str(t + 1),
        "layer": block.title,
    }
    start = "Vanishes: the gradient of {variable} ({layer}) is below {ratio} of its start at t = {t}; "
    if direct is None:
        cause = course.keeps_less(limits.factor, row)
        values["factor"] = f"{limits.factor:g}"
        if cause is None:
            words = start + "no step keeps less than {factor} of it, they fade together."
            return Verdict(Kind.VANISHES, course.path, t, (), (t,), numbers, Sentence(words, values))
        where, kept = cause
        values |= {"at": str(course.times[where] + 1), "kept": ratio_text(kept)}
        words = start + "the first step that keeps less than {factor} of it is t = {at}, which keeps {kept}."
        found = Sentence(words, values)
        return Verdict(Kind.VANISHES, course.path, t, (), (t, course.times[where]), numbers | {"kept": kept}, found)
    return _through_a_gate(block, course, direct, limits, row, numbers, start, values)


def _through_a_gate(
    block: Block, course: Course, direct: DirectPath, limits: Thresholds, row: int, numbers: dict[str, float],
    start: str, values: dict[str, str],
) -> Verdict:  # fmt: skip
    """Where it vanishes, with the first factor of the direct path that is to blame."""
    t, cause = course.times[row], course.first_small(direct.factors, limits.factor, row)
    gates = " and ".join(named(block, gate) for gate in direct.gates) or "its equation"
    values |= {"factor": f"{limits.factor:g}", "gates": gates}
    if cause is None:
        middle = float(np.median(np.abs(direct.factors[row + 1 : course.first + 1])))
        values["middle"] = ratio_text(middle)
        words = start + "no factor of its direct path is below {factor}, their median is {middle} ({gates})."
        return Verdict(Kind.VANISHES, course.path, t, (), (t,), numbers | {"factor": middle}, Sentence(words, values))
    where, units = cause
    factor = float(direct.factors[where, units[0]])
    values |= {"unit": str(units[0] + 1), "at": str(course.times[where] + 1), "value": ratio_text(factor)}
    words = start + "first factor below {factor}: {gates} of unit {unit} at t = {at} ({value})."
    numbers = numbers | {"factor": factor}
    return Verdict(Kind.VANISHES, course.path, t, units, (t, course.times[where]), numbers, Sentence(words, values))


def _explodes(block: Block, course: Course, limits: Thresholds) -> Verdict | None:
    row = course.rises_above(limits.explode)
    if row is None:
        return None
    t, (where, growth) = course.times[row], course.grows_most(row)
    unit = int(np.argmax(np.abs(course.rows[row])))
    numbers = {"start": course.start, "norm": course.norms[row], "threshold": limits.explode, "growth": growth}
    values = {
        "variable": named(block, course.name), "layer": block.title, "ratio": f"{limits.explode:g}", "t": str(t + 1),
        "at": str(course.times[where] + 1), "growth": ratio_text(growth), "unit": str(unit + 1),
    }  # fmt: skip
    words = (
        "Explodes: the gradient of {variable} ({layer}) is above {ratio} times its start at t = {t}, most of all in "
        "unit {unit}; it grows most on its way to t = {at}, by {growth}."
    )
    return Verdict(Kind.EXPLODES, course.path, t, (unit,), (t, course.times[where]), numbers, Sentence(words, values))


def _broken(block: Block, course: Course) -> Verdict | None:
    row = course.first_broken()
    if row is None:
        return None
    t, unit = course.times[row], int(np.argmin(np.isfinite(course.rows[row])))
    values = {"variable": named(block, course.name), "layer": block.title, "t": str(t + 1), "unit": str(unit + 1)}
    words = (
        "Not finite: the gradient of {variable} ({layer}) is first infinite or not a number at t = {t}, in unit {unit}."
    )
    return Verdict(Kind.NOT_FINITE, course.path, t, (unit,), (t,), {}, Sentence(words, values))


# Functions


def _on_functions(walked: WalkedBlock, limits: Thresholds) -> list[Verdict]:
    found = []
    for curve in curves(walked):
        dead = np.flatnonzero((curve.slopes == 0.0).all(axis=0)) if curve.has_kinks else np.zeros(0, int)
        if dead.size and walked.count:
            found.append(_dead(walked, curve, dead))
        verdict = _saturated(walked, curve, limits, dead)
        if verdict is not None:
            found.append(verdict)
    return found


def _dead(walked: WalkedBlock, curve: Curve, units: Array) -> Verdict:
    values = {
        "sign": curve.sign, "variable": named(walked.block, curve.variable), "layer": walked.block.title,
        "units": _listed(units), "steps": str(walked.count),
    }  # fmt: skip
    words = (
        "Dead {sign}: in {variable} ({layer}) {units} has slope 0 at all {steps} steps of this sequence; no gradient "
        "comes back through it."
    )
    numbers = {"units": float(len(units)), "steps": float(walked.count)}
    path = f"{walked.block.name}/{curve.variable}"
    return Verdict(Kind.DEAD, path, None, tuple(units.tolist()), (), numbers, Sentence(words, values))


def _saturated(walked: WalkedBlock, curve: Curve, limits: Thresholds, dead: Array) -> Verdict | None:
    most = curve.steepest
    if not np.isfinite(most) or not walked.count:
        return None
    flat = np.abs(curve.slopes) < limits.flat * most
    shares = flat.mean(axis=0)
    shares[dead] = 0.0
    units = np.flatnonzero(shares >= limits.share)
    units = units[np.argsort(-shares[units], kind="stable")]
    if not units.size:
        return None
    share, t = float(shares[units[0]]), walked.times[int(np.argmax(flat[:, units[0]]))]
    values = {
        "variable": named(walked.block, curve.variable), "layer": walked.block.title, "units": _listed(units),
        "share": ratio_text(100 * share), "flat": f"{100 * limits.flat:g}", "sign": curve.sign,
    }  # fmt: skip
    words = (
        "Saturated: in {variable} ({layer}) {units} stays where {sign} is flat (slope below {flat} % of its steepest), "
        "at {share} % of all steps."
    )
    numbers = {"share": share, "flat": limits.flat, "units": float(len(units))}
    path = f"{walked.block.name}/{curve.variable}"
    return Verdict(Kind.SATURATED, path, None, tuple(units.tolist()), (t,), numbers, Sentence(words, values))


def _listed(units: Array) -> str:
    """Units in words: "unit 4", "unit 4 (and 11 more)"."""
    more = f" (and {len(units) - 1} more)" if len(units) > 1 else ""
    return f"unit {int(units[0]) + 1}{more}"
