"""Shares of paths: every level adds up, deeper parts are what the derivatives along a path give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from core.errors import Cancelled, SessionError
from core.frame import Cursor
from core.gradients.itemised.path_shares import PathShare, path_shares
from core.reveal.formulas import Formulas
from core.reveal.inspect import shares
from core.reveal.moment import Moment
from core.run import Intervention, Run
from tests.core.gradients.brute import adjoints_by_loss, reached_paths, runs_by_loss
from tests.core.gradients.problems import problem_for, run_for
from tests.core.network_cases import ALIGNED, NETWORKS, problem_on
from tests.core.walk_cases import SCALARS, THREE_BACK, TWO_STATES


def levels(ways: tuple[PathShare, ...], whole: float) -> Iterator[tuple[list[float], float]]:
    """For every place of a tree: the shares of its edges, and the share they must add up to."""
    if ways:
        yield [way.share for way in ways], whole
    for way in ways:
        yield from levels(way.ways, way.share)


def assert_adds_up(run: Run, sample: int = 0, depth: int = 3) -> None:
    for path in reached_paths(run):
        for t in range(run.problem.length(sample)):
            found = path_shares(run, path, t, sample, depth=depth)
            if path == "head/L" or not found.norm > 0.0:
                continue
            assert found.from_this_loss + found.from_others == pytest.approx(1.0, abs=1e-12)
            for values, whole in levels(found.ways, 1.0):
                largest = max(map(abs, [*values, whole]))
                assert sum(values) == pytest.approx(whole, abs=1e-12 * largest), (path, t)


@pytest.mark.parametrize(
    "cell", ["lstm", "lstm_peephole", "gru_reset_before", "rnn_relu", THREE_BACK, TWO_STATES, SCALARS]
)
def test_shares_of_every_level_add_up(cell: str) -> None:
    assert_adds_up(run_for(cell, steps=4, batch=2), sample=1)


@pytest.mark.parametrize("name", NETWORKS)
def test_in_every_network(name: str) -> None:
    assert_adds_up(Run(problem_on(NETWORKS[name](), steps=4, at=(1, 3))).complete(), depth=2)


@pytest.mark.parametrize("name", ALIGNED)
def test_with_lengths_and_a_window(name: str) -> None:
    run = Run(problem_on(NETWORKS[name](), steps=4, batch=2, lengths=(2, 4), window=2)).complete()
    for sample in (0, 1):
        assert_adds_up(run, sample, depth=2)


def test_an_overwritten_value_stops_the_path_behind_it() -> None:
    problem = problem_for("lstm", batch=1, steps=5, interventions=(Intervention("l0", "c", 3, 1, 0.4),))
    assert_adds_up(Run(problem).complete())


def test_the_first_level_is_what_the_inspector_shows() -> None:
    run = run_for("lstm", "gru", steps=4)
    moment = Moment(run, Cursor(0, run.timeline.length), 1)
    formulas = Formulas(run.network)
    for path in ("l0/h", "l0/c", "l1/h", "l0/f"):
        shown = [(share.label, share.value) for share in shares(moment, formulas, path, 2)]
        found = path_shares(run, path, 2, 1, depth=1)
        assert [way.label for way in found.ways] == [label for label, _ in shown]
        assert [way.share for way in found.ways] == pytest.approx([value for _, value in shown], rel=1e-12)
        assert not any(way.ways for way in found.ways)


def test_the_direct_path_of_the_cell_state_is_the_forget_gate() -> None:
    """Of dL/dc_t, what goes through c_{t+1}, c_{t+2} is dL/dc_{t+2} times both forget gates."""
    run = run_for("lstm", steps=5, batch=1)
    found = path_shares(run, "l0/c", 1, depth=2)
    direct = next(way for way in found.ways if (way.path, way.t) == ("l0/c", 2))
    assert direct.label == "from t = 3 through c (forget gate)"
    further = next(way for way in direct.ways if (way.path, way.t) == ("l0/c", 3))
    gates, adjoints = run.values("l0/f")[:, 0], run.adjoints("l0/c")[:, 0]
    total = adjoints[1]
    np.testing.assert_allclose(direct.norm, np.linalg.norm(gates[2] * adjoints[2]), rtol=1e-12)
    part = gates[2] * gates[3] * adjoints[3]
    assert further.share == pytest.approx(part @ total / (total @ total), rel=1e-12)
    assert further.norm == pytest.approx(np.linalg.norm(part), rel=1e-12)


def test_a_skip_edge_through_time_is_a_path_of_its_own() -> None:
    run = run_for(THREE_BACK, steps=6, batch=1)
    found = path_shares(run, "l0/h", 1, depth=1)
    assert sorted(way.t for way in found.ways if way.path == "l0/h") == [2, 4]


def test_the_layer_above_is_a_path() -> None:
    found = path_shares(run_for("rnn_tanh", "lstm", steps=4), "l0/h", 1, depth=1)
    assert any("of layer 2" in way.label for way in found.ways)


@pytest.mark.parametrize("name", ["two of both", "as it walks"])
def test_this_steps_loss_and_the_others(name: str) -> None:
    problem = problem_on(NETWORKS[name](), steps=5)
    run = Run(problem).complete()
    path = run.network.last_layer.output_path
    single = adjoints_by_loss(runs_by_loss(problem), path)
    for t in range(5):
        own = single[t if name == "two of both" else 4 - t, t]
        total = single[:, t].sum(axis=0)
        found = path_shares(run, path, t)
        assert found.from_this_loss == pytest.approx(own @ total / (total @ total), rel=1e-10, abs=1e-13)


def test_small_shares_are_not_followed() -> None:
    run = run_for("lstm", steps=5, batch=1)
    found = path_shares(run, "l0/h", 1, depth=3, least=0.2)
    assert any(way.ways for way in found.ways)
    assert all(not way.ways for way in found.ways if abs(way.share) < 0.2)


def test_a_gradient_of_zero_has_no_shares() -> None:
    run = run_for("lstm", steps=5, batch=1, weights=np.eye(5)[:, [1]])
    found = path_shares(run, "l0/h", 3)
    assert found.ways == ()
    assert np.isnan(found.from_this_loss)
    assert "zero or not finite" in str(found.sentence)


def test_too_many_paths_are_refused_and_cancelling_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_for("lstm", steps=6, batch=1)
    with pytest.raises(Cancelled):
        path_shares(run, "l0/h", 0, depth=4, cancelled=lambda: True)
    monkeypatch.setattr("core.gradients.itemised.path_shares.MOST", 10)
    with pytest.raises(SessionError, match="more than 10 paths"):
        path_shares(run, "l0/h", 0, depth=4)


def test_what_is_missing_is_said() -> None:
    run = run_for("lstm")
    with pytest.raises(SessionError, match="no step 9"):
        path_shares(run, "l0/h", 8)
    with pytest.raises(SessionError, match="No gradient reaches"):
        path_shares(run, "l0/q", 1)
    with pytest.raises(SessionError, match="to its end first"):
        path_shares(Run(run.problem), "l0/h", 1)


def test_the_sentence() -> None:
    run = run_for("lstm", steps=5, batch=1)
    found = path_shares(run, "l0/c", 1)
    text = str(found.sentence)
    assert f"{100 * found.from_this_loss:.0f}".replace("-", "−") + " % is this step's own loss" in text
    assert found.ways[0].label in text
