"""Many gradients walked back together are what as many backward passes of a run give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cell import cell_from_text
from core.errors import Cancelled, SessionError
from core.gradients.backward.loss_sweep import LossSweep
from core.gradients.backward.parts import Part
from core.gradients.backward.sweep import Sweep, Wanted
from core.network import build_network
from core.run import Intervention, Problem, Run
from tests.core.bulk.equality import problem_for as bulk_problem
from tests.core.gradients.brute import adjoints_by_loss, reached_paths, runs_by_loss
from tests.core.gradients.problems import problem_for
from tests.core.language.test_random_equations import cells, with_shapes
from tests.core.network_cases import ALIGNED, NETWORKS, problem_on
from tests.core.walk_cases import CASES, SCALARS, THREE_BACK, TWO_STATES


def adjoint_nodes(run: Run) -> Wanted:
    """All adjoints of all blocks."""
    return {b.name: list(b.plan.layout.lowered.adjoints.values()) for b in run.network.blocks}


def swept(run: Run, sample: int = 0) -> Mapping[str, Any]:
    """For every variable: dL_t/d(variable at k), (T, T, H), all found in one sweep."""
    losses = LossSweep(run, sample, adjoint_nodes(run))
    count = losses.sweep.count
    found = {path: np.zeros((count, count, run.values(path).shape[-1])) for path in reached_paths(run)}
    for visit in losses.visits():
        for name, node in run.network.block(visit.block).plan.layout.lowered.adjoints.items():
            rows = visit.values[node]
            if rows is not None:
                found[f"{visit.block}/{name}"][losses.sources[visit.first : visit.last], visit.t] = rows
    return found


def assert_as_single_passes(problem: Problem, tolerance: float = 1e-12) -> None:
    """Every variable of every block, every sequence."""
    run = Run(problem).complete()
    for sample in range(problem.batch_size):
        alone = runs_by_loss(problem, sample)
        for path, rows in swept(run, sample).items():
            expected = adjoints_by_loss(alone, path, sample)
            scale = max(np.abs(expected).max(initial=0.0), 1e-300)
            np.testing.assert_allclose(rows, expected, rtol=0, atol=tolerance * scale, err_msg=f"{path}, {sample}")


@pytest.mark.parametrize("window", [0, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_at_once_is_every_loss_alone(name: str, window: int) -> None:
    assert_as_single_passes(problem_on(NETWORKS[name](), steps=7, window=window, at=(0, 2, 3, 6)))


@pytest.mark.parametrize("window", [0, 2])
@pytest.mark.parametrize("name", ALIGNED)
def test_sequences_of_different_lengths(name: str, window: int) -> None:
    assert_as_single_passes(problem_on(NETWORKS[name](), steps=5, batch=3, lengths=(5, 2, 4), window=window))


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("no targets", "no loss")])
def test_every_kind_of_session(name: str) -> None:
    problem = CASES[name]().run.problem
    with np.errstate(all="ignore"):
        assert_as_single_passes(problem)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells(), st.sampled_from([0, 0, 2]), st.integers(0, 99))
def test_random_cells(equations: str, window: int, seed: int) -> None:
    network = build_network(
        cell_from_text(with_shapes(equations), inputs=2, units=3), head="identity", loss="squared", outputs=2
    )
    problem = bulk_problem(network, steps=4, seed=seed, scale=0.4, window=window)
    run = Run(problem).complete()
    if all(np.isfinite(run.adjoints(path)).all() for path in reached_paths(run)):
        assert_as_single_passes(problem, tolerance=1e-9)  # where parts cancel, their rounding stays


@pytest.mark.parametrize("cell", ["lstm", "gru_reset_before", "rnn_relu", THREE_BACK, TWO_STATES, SCALARS])
def test_unit_seeds_at_a_state_give_its_jacobian(cell: str) -> None:
    """Rows of dh_5/dh_2, against central differences in which h_2 is overwritten."""
    problem = problem_for(cell, batch=1, steps=6)
    run = Run(problem)
    run.forward_to(run.steps)
    node = run.network.block("l0").plan.layout.lowered.adjoints["h"]
    found = np.zeros((3, 3))
    for visit in Sweep(run, wanted={"l0": [node]}).walk({"l0/h": {5: Part(0, 3, np.eye(3))}}):
        if visit.t == 2:
            found = visit.values[node]
    expected = np.zeros((3, 3))
    for unit in range(3):
        ends = []
        for sign in (1, -1):
            value = float(run.values("l0/h")[2, 0, unit]) + sign * 1e-6
            moved = Run(replace(problem, interventions=(Intervention("l0", "h", 2, unit, value),)))
            moved.forward_to(moved.steps)
            ends.append(moved.values("l0/h")[5, 0])
        expected[:, unit] = (ends[0] - ends[1]) / 2e-6
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_blocks_of_sources_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(problem_on(NETWORKS["mixed"](), steps=7)).complete()
    whole = swept(run)
    monkeypatch.setattr("core.gradients.backward.loss_sweep.WIDEST", 3)
    assert LossSweep(run).block_size == 3
    for path, rows in swept(run).items():
        np.testing.assert_allclose(rows, whole[path], rtol=1e-12, atol=1e-15)


def test_together_is_the_gradient_of_the_whole_loss() -> None:
    run = Run(problem_on(NETWORKS["two of both"](), steps=6)).complete()
    found: dict[str, Any] = {}
    for visit in LossSweep(run, 0, adjoint_nodes(run)).together():
        assert (visit.first, visit.last) == (0, 1)
        for name, node in run.network.block(visit.block).plan.layout.lowered.adjoints.items():
            found.setdefault(f"{visit.block}/{name}", {})[visit.t] = visit.values[node][0]
    assert found.keys() == set(reached_paths(run))
    for path, by_time in found.items():
        expected = run.adjoints(path)[sorted(by_time), 0]
        np.testing.assert_allclose([by_time[t] for t in sorted(by_time)], expected, rtol=1e-12, atol=1e-15)


def test_progress_is_told_and_cancelling_stops_at_the_next_step() -> None:
    run = Run(problem_on(NETWORKS["bidirectional"](), steps=5)).complete()
    told: list[tuple[int, int]] = []
    for _ in LossSweep(run).visits(lambda done, total: told.append((done, total))):
        pass
    assert told[-1][0] == told[-1][1] == len(told) == LossSweep(run).sweep.length
    asked = iter([False, False, True])
    visits = LossSweep(run).visits(None, lambda: next(asked))
    with pytest.raises(Cancelled):
        for _ in visits:
            pass
    assert next(asked, "none left") == "none left"


def test_what_is_missing_is_said() -> None:
    problem = problem_for("lstm")
    with pytest.raises(SessionError, match="forward pass is complete"):
        Sweep(Run(problem))
    with pytest.raises(SessionError, match="no loss"):
        LossSweep(Run(replace(problem, targets=None)).complete())
