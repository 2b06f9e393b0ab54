"""Norms over time: right, the same however they were asked for, and without overflow."""

from __future__ import annotations

import numpy as np
import pytest

from core.history import History
from core.norms import norms
from core.run import Run
from tests.core.walk_cases import CASES


def logs(history: History, run: Run) -> dict[str, bytes]:
    """Everything a history keeps, as bytes."""
    found = {}
    for block in run.network.blocks:
        for name in block.cell.definition.variables:
            path = f"{block.name}/{name}"
            found[f"value {path}"] = history.value_norms(path).tobytes()
            found[f"peak {path}"] = history.value_peaks(path).tobytes()
            found[f"adjoint {path}"] = history.adjoint_norms(path).tobytes()
        for name, delays in block.cell.definition.delays.items():
            for delay in delays:
                found[f"send {name} {delay}"] = history.send_norms(block.name, "variable", name, delay).tobytes()
        found[f"input {block.name}"] = history.send_norms(
            block.name, "input", block.cell.definition.inputs[0], 0
        ).tobytes()
    return found


@pytest.mark.parametrize("name", CASES)
def test_asked_for_step_by_step_or_at_once_is_the_same(name: str) -> None:
    problem = CASES[name]().run.problem
    walked, whole = Run(problem), Run(problem).complete()
    history = History(walked)
    for grown in range(0, walked.timeline.length + 1, 13):
        walked.ensure(grown)
        logs(history, walked)
    walked.complete()
    assert logs(history, walked) == logs(History(whole), whole)


def test_they_are_norms_where_the_run_has_come_to_and_nothing_else() -> None:
    run = CASES["batch"]().run
    history = History(run)
    assert np.isnan(history.value_norms("l0/c")).all()
    run.forward_to(2)
    found = history.value_norms("l0/c")
    np.testing.assert_allclose(found[:2], np.linalg.norm(run.values("l0/c")[:2], axis=-1), rtol=1e-15)
    assert np.isnan(found[2:]).all()
    run.backward_to(1)
    found = history.adjoint_norms("l0/c")
    np.testing.assert_allclose(found[3], np.linalg.norm(run.adjoints("l0/c")[3], axis=-1), rtol=1e-15)
    assert np.isnan(found[:3]).all()
    peaks = history.value_peaks("l0/c")
    np.testing.assert_array_equal(peaks, np.abs(run.values("l0/c")).max(axis=-1))


def test_what_no_gradient_reaches_has_no_norm() -> None:
    run = CASES["no targets"]().run.complete()
    assert np.isnan(History(run).adjoint_norms("head/y")).all()


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_squares_neither_overflow_nor_vanish(scale: float) -> None:
    np.testing.assert_allclose(norms(np.array([[3.0, 4.0], [0.0, -2.0]]) * scale), np.array([5.0, 2.0]) * scale)


def test_norms_of_what_is_not_finite() -> None:
    rows = np.array([[np.inf, 1.0], [np.nan, 1.0], [0.0, 0.0], [-np.inf, np.nan]])
    np.testing.assert_array_equal(norms(rows), [np.inf, np.nan, 0.0, np.nan])
    assert float(norms(np.array([3.0, -4.0]))) == 5.0
