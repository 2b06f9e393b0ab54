"""The proof beside the number: any gradient of a run against what a small difference does to the loss.

A central difference comes first. Where it resolves too little (about 1e-10 of the loss, divided by what is at stake), a
complex step decides: it has no rounding of its own and reaches far below. Neither can speak where a kink lies within
every step; such a value is called a kink and never said to agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.errors import SessionError
from core.gradients.proof.measure import Measured, Verdict, measure
from core.gradients.proof.replay import PARAM
from core.gradients.proof.sites import Site, analytic_gradient, groups_of_all, known_paths
from core.gradients.proof.tally import PathSummary, Tally
from core.run import Run

Method = Literal["central difference", "complex step"]


@dataclass(frozen=True)
class Proof:
    """One gradient, computed and measured."""

    path: str
    t: int | None
    index: tuple[int, ...]
    analytic: float
    numeric: float
    method: Method
    step: float
    relative_error: float
    verdict: Verdict
    note: str = ""  # what a person must know to read it


@dataclass(frozen=True)
class Target:
    """A value whose gradient is to be proven, by the key it has in a trace file.

    ``path``: "param/l0/W_f" (``index`` is its entry, ``t`` None), "input", "l0/c", or "initial/l0/c" (``index`` is
    (sample, unit); ``t`` is the time step, for an initial value its row, the earliest first).
    """

    path: str
    t: int | None
    index: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Summary:
    """What proving everything found."""

    paths: tuple[PathSummary, ...]
    worst: Proof | None  # the largest relative error among what could be resolved
    failures: tuple[Proof, ...]  # what differs, at most a hundred
    finished: bool  # False: cancelled, and the rest was not looked at
    note: str = ""

    @property
    def count(self) -> int:
        """How many gradients were looked at."""
        return sum(path.count for path in self.paths)

    def verdicts(self, verdict: Verdict) -> int:
        """How many got this verdict."""
        return sum(path.verdicts.get(verdict, 0) for path in self.paths)

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.verdicts("differs")


def prove(run: Run, target: Target) -> Proof:
    """The proof of one gradient of a run. Raises SessionError for a value that is not there, or without a loss."""
    whole, note = _whole(run)
    site, sample = _site(whole, target)
    return proof_of(measure(whole, [site]), 0, sample, note)


def prove_all(
    run: Run,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Summary:
    """The proof of every gradient: of every trainable parameter, input, initial value, and variable at every step.

    ``progress`` is told (done, of how many); ``cancelled`` is asked between blocks of work. Raises SessionError where
    there is no loss.
    """
    whole, note = _whole(run)
    groups = groups_of_all(whole)
    total, done, finished = sum(map(len, groups)), 0, True
    tally = Tally()
    for group in groups:
        if cancelled is not None and cancelled():
            finished = False
            break
        tally.add(measure(whole, group))
        done += len(group)
        if progress is not None:
            progress(done, total)
    worst = None if tally.worst is None else proof_of(*tally.worst, note)
    failures = tuple(proof_of(*place, note) for place in tally.failures)
    return Summary(tally.paths(), worst, failures, finished, note)


def proof_of(measured: Measured, number: int, sample: int, note: str = "") -> Proof:
    """The record of one site and sample."""
    site, place = measured.sites[number], (number, sample)
    index = site.index if site.path.startswith(PARAM) else (sample, *site.index)
    return Proof(
        site.path,
        site.t,
        index,
        float(measured.analytic[place]),
        float(measured.numeric[place]),
        "complex step" if measured.complex_step[place] else "central difference",
        float(measured.step[place]),
        float(measured.error[place]),
        measured.verdict(number, sample),
        note,
    )


def _whole(run: Run) -> tuple[Run, str]:
    """A complete run with the full backward pass, and what to say about it; the given run is not touched."""
    if not run.has_loss:
        raise SessionError("There is no loss in this walk, so there are no gradients to prove. Give it a target first.")
    window = run.problem.window
    if window:
        note = f"the gradients of this walk are cut every {window} steps; this is the full gradient"
        return run.without_window(), note
    if run.backward_done < run.steps:
        run = run.rewritten(run.problem, run.problem.steps).complete()
    return run, ""


def _site(run: Run, target: Target) -> tuple[Site, int]:
    """The site and the sample of a target. Raises SessionError for what is not there."""
    if target.path not in known_paths(run):
        raise SessionError(f"there is no gradient of {target.path}; there are: {', '.join(known_paths(run))}")
    shape = analytic_gradient(run, target.path).shape
    place = target.index if target.path.startswith(PARAM) else (target.t, *target.index)
    fits = len(place) == len(shape) and all(
        index is not None and 0 <= index < size for index, size in zip(place, shape, strict=True)
    )
    if not fits:
        raise SessionError(f"{target.path} has gradients of shape {shape}, so there is none at {place}")
    if target.path.startswith(PARAM):
        return Site(target.path, None, target.index), 0
    return Site(target.path, target.t, target.index[1:]), target.index[0]
