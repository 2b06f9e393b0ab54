"""What has arrived of an adjoint mid-step: parts that add up to the whole, through every kind of walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from core.frame import Arrival, Cursor, Phase
from core.network import HEAD, LOSS
from core.operators.expression import PARAMETER
from core.reveal.inspect import local_adjoints, shares
from core.reveal.moment import Moment
from core.run import Run
from core.session import Session
from tests.core.walk_cases import CASES

LEARNING = [name for name in CASES if name not in ("no targets", "no loss")]


def backward_entries(run: Run) -> Iterator[tuple[int, str, int, int]]:
    """Every equation of the backward phase: t, path, the index before it and the index after it."""
    segment = next(segment for segment in run.timeline.segments if segment.phase is Phase.BACKWARD)
    index = run.timeline.starts_phase(Phase.BACKWARD)
    for step, t in enumerate(segment.times):
        for entry in segment.step_entries(step):
            yield t, f"{entry.block}/{entry.equation}", index, index + entry.operations
            index += entry.operations


def close(found: np.ndarray, right: np.ndarray) -> None:
    """Equal to 1e-12 of the largest entry; what is not finite is compared elsewhere."""
    if np.isfinite(right).all():
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-12 * max(float(np.abs(right).max()), 1e-300))


def complete(name: str) -> tuple[Session, Run]:
    session = CASES[name]()
    return session, session.run.complete()


@pytest.mark.parametrize("name", LEARNING)
def test_parts_add_up_to_the_complete_adjoint(name: str) -> None:
    _, run = complete(name)
    for sample in range(run.problem.batch_size):
        for t, path, before, after in backward_entries(run):
            whole = run.adjoints(path)[t, sample]
            early = Moment(run, Cursor(0, before), sample)
            if path != f"{HEAD}/{LOSS}":
                assert early.arrival(path, t) is not Arrival.COMPLETE
                found = early.adjoint(path, t)
                close(np.zeros_like(whole) if found is None else found, whole)
            late = Moment(run, Cursor(0, after), sample)
            assert late.arrival(path, t) is Arrival.COMPLETE
            assert late.adjoint(path, t).tobytes() == whole.tobytes()


@pytest.mark.parametrize("name", ["lstm", "middle", "stacked", "masked batch", "three back, window", "scalars"])
def test_what_has_arrived_stays(name: str) -> None:
    _, run = complete(name)
    paths = [f"{block.name}/{variable}" for block in run.network.blocks for variable in sorted(block.path)]
    before = dict.fromkeys(((path, t) for path in paths for t in range(run.problem.steps)), Arrival.NONE)
    for index in range(run.timeline.starts_phase(Phase.BACKWARD), run.timeline.length + 1):
        moment = Moment(run, Cursor(0, index))
        now = {(path, t): moment.arrival(path, t) for path, t in before}
        assert all(now[place] >= arrival for place, arrival in before.items())
        assert all((moment.adjoint(*place) is None) == (arrival is Arrival.NONE) for place, arrival in now.items())
        before = now
    assert {arrival for (path, _), arrival in before.items() if path.startswith("l")} == {Arrival.COMPLETE}


@pytest.mark.parametrize("name", LEARNING)
def test_what_flows_into_a_name_sums_to_its_gradient(name: str) -> None:
    """Sums over all contributions of every step, one equation at a time, against the adjoints of the fused plan."""
    _, run = complete(name)
    moment = Moment(run, Cursor(0, run.timeline.length))
    for path in run.network.trainable:
        block = run.network.block(path.split("/")[0])
        total: np.ndarray | float = 0.0
        for t in range(run.problem.steps):
            if moment.is_silent(block.name, t):
                continue
            evaluator = moment.evaluator(block, t)
            for backward in block.cell.backward:
                for term in backward.contributions if backward.equation.name in block.path else ():
                    if (term.target.operator, term.target.name) == (PARAMETER, path.split("/")[1]):
                        value = evaluator.value(term.expression)
                        rank = max(1, len(term.target.shape))
                        total = total + value.reshape(-1, *value.shape[value.ndim - rank :]).sum(axis=0)
        found = run.gradient(path)
        if np.isfinite(found).all():
            np.testing.assert_allclose(total, found, rtol=0, atol=1e-12 * max(float(np.abs(found).max()), 1e-300))


@pytest.mark.parametrize("name", LEARNING)
def test_shares_sum_to_one(name: str) -> None:
    session, run = complete(name)
    formulas = session.shown.formulas(run.network)
    for sample in range(run.problem.batch_size):
        for t, path, _, after in backward_entries(run):
            moment = Moment(run, Cursor(0, after), sample)
            found = [share.value for share in shares(moment, formulas, path, t)]
            adjoint = moment.adjoint(path, t)
            if path == f"{HEAD}/{LOSS}" or not adjoint.any() or not np.isfinite(adjoint).all():
                assert not found
                continue
            assert abs(sum(found) - 1.0) <= 1e-12 * max(map(abs, found))
            assert found == sorted(found, key=abs, reverse=True)


@pytest.mark.parametrize("name", ["lstm", "middle", "stacked", "masked batch", "three back", "scalars", "overwritten"])
def test_this_steps_loss_alone_is_the_walk_with_that_loss_alone(name: str) -> None:
    _, run = complete(name)
    for t in np.flatnonzero(run.problem.loss_steps).tolist():
        weights = np.zeros_like(run.problem.loss_weights)
        weights[t] = run.problem.loss_weights[t]
        alone = Run(replace(run.problem, weights=weights)).complete()
        for sample in range(run.problem.batch_size):
            local = local_adjoints(Moment(run, Cursor(0, run.timeline.length), sample), t)
            for block in run.network.blocks:
                for variable in block.path:
                    right = alone.adjoints(f"{block.name}/{variable}")[t, sample]
                    close(local.get(f"{block.name}/{variable}", np.zeros_like(right)), right)


def test_before_the_backward_phase_nothing_has_arrived() -> None:
    _, run = complete("lstm")
    for index in (0, 5, run.timeline.starts_phase(Phase.BACKWARD)):
        moment = Moment(run, Cursor(0, index))
        assert not moment.parts
        assert moment.adjoint("l0/h", 3) is None
        assert moment.walked_back("l0", 3) == {}


def test_the_readout_gets_nothing_at_a_step_without_a_loss() -> None:
    _, run = complete("middle")  # losses at 1 and 2
    moment = Moment(run, Cursor(0, run.timeline.length))
    assert [moment.arrival("head/z", t) for t in range(5)] == [
        Arrival.NONE, Arrival.COMPLETE, Arrival.COMPLETE, Arrival.NONE, Arrival.NONE,
    ]  # fmt: skip
    assert moment.walked_back(HEAD, 0) == {}
    assert moment.arrival("l0/h", 4) is Arrival.COMPLETE


def test_a_longer_delay_reaches_over_columns() -> None:
    _, run = complete("three back")  # losses at 2 and 5 of 6 steps
    index = run.timeline.end_of(Phase.BACKWARD, 5)
    moment = Moment(run, Cursor(0, index))
    assert {t for path, t in moment.parts if path == "l0/h"} == {4, 2}
    assert [moment.arrival("l0/h", t) for t in range(6)] == [
        Arrival.NONE, Arrival.NONE, Arrival.PARTLY, Arrival.NONE, Arrival.PARTLY, Arrival.COMPLETE,
    ]  # fmt: skip
