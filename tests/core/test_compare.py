"""What differs between two lanes: found by hand in the runs, told, and never beyond what both show."""

from __future__ import annotations

import numpy as np
import pytest

from core import lanes
from core.cell import load_cell
from core.compare import Quantity, compare, cursor_at
from core.errors import SessionError
from core.files.snapshot import load_session, save_session
from core.frame import Arrival, Cursor, Grain, Phase, View
from core.network import build_network
from core.reveal import frame_at
from core.sequence import from_numbers
from core.session import Session
from core.undo import before_last_edit
from tests.core.lane_cases import WITH_LANES, add, cursors, network_of, random_parameters
from tests.core.network_cases import NETWORKS, session_on
from tests.core.walk_cases import session_of


def two(session: Session, other: int = 1, **view: object):
    frames = frame_at(session, View(**view)).lanes
    return compare(frames[0], frames[other])


def started_otherwise(index: int | None = None, batch: int = 1) -> Session:
    session = session_of("lstm", at=(1, 3), batch=batch)
    session.add_lane(lanes.another_start(session.setup, 7))
    session.go_to(Cursor(0, session.timeline.length if index is None else index))
    return session


def test_every_number_is_the_difference_of_two_runs() -> None:
    session = started_otherwise(batch=2)
    runs = session.run, session.lanes[0].run(session.branch, 0)
    found = two(session, sample=1)
    assert {contrast.path for contrast in found.values} == {
        f"{block.name}/{name}" for block in runs[0].network.blocks for name in block.cell.definition.variables
    }
    best: dict[str, list[tuple[float, str, int, int]]] = {"size": [], "relative": []}
    for contrast in (*found.values, *found.gradients):
        values = contrast.quantity is Quantity.VALUE
        one, other = (run.values(contrast.path) if values else run.adjoints(contrast.path) for run in runs)
        if one is None or other is None:  # no gradient comes there
            assert contrast.spot is None
            continue
        steps = [1, 3] if contrast.path == "head/L" or (contrast.path.startswith("head") and not values) else range(4)
        apart = np.abs(one[:, 1] - other[:, 1])
        for t in range(4):
            if t in steps:
                np.testing.assert_allclose(contrast.norms[t], np.linalg.norm(apart[t]), rtol=1e-12)
            else:
                assert np.isnan(contrast.norms[t])
        spot, shown = contrast.spot, list(steps)
        assert spot is not None
        assert spot.size == apart[shown].max() == abs(spot.one - spot.other) == apart[spot.t, spot.unit]
        assert (spot.one, spot.other) == (one[spot.t, 1, spot.unit], other[spot.t, 1, spot.unit])
        scale = max(np.abs(one[shown, 1]).max(), np.abs(other[shown, 1]).max())
        assert contrast.scale == scale
        best["size"].append((spot.size, contrast.path, spot.t, spot.unit))
        best["relative"].append((spot.size / scale if spot.size else 0.0, contrast.path, spot.t, spot.unit))
    for by, contrast in (("size", found.largest), ("relative", found.largest_relative)):
        assert contrast is not None
        assert contrast.spot is not None
        assert getattr(contrast.spot, by) == max(best[by])[0]


@pytest.mark.parametrize("name", WITH_LANES)
def test_nothing_is_compared_that_one_of_them_does_not_show(name: str) -> None:
    session = WITH_LANES[name]()
    for cursor in cursors(session, 12):
        session.go_to(cursor)
        frames = frame_at(session, View()).lanes
        for number, other in enumerate(frames[1:], 1):
            tracks = [{t.path: t for block in lane.blocks for t in block.tracks} for lane in (frames[0], other)]
            comparison = two(session, number)
            for contrast in (*comparison.values, *comparison.gradients):
                pair = [lane[contrast.path] for lane in tracks]
                shown = [
                    t.reached if contrast.quantity is Quantity.VALUE else t.arrived == Arrival.COMPLETE for t in pair
                ]
                assert np.array_equal(~np.isnan(contrast.norms), shown[0] & shown[1])
                assert (contrast.spot is None) == np.isnan(contrast.norms).all()
            assert str(comparison.sentence)


def test_a_single_changed_weight_is_told_by_place() -> None:
    session = session_of("rnn_identity", head="identity", loss="squared", at=(3,))
    session.set_input(2, [9.0, 0.0])
    session.add_lane(before_last_edit(session.done, session.branch))
    session.go_to_phase(Phase.FORWARD)
    session.go_to_time(1)
    assert str(two(session).sentence).endswith("are equal in all that both show.")
    assert two(session).largest is None
    session.step_forward(Grain.TIME_STEP)
    found = two(session)
    assert found.largest is not None
    assert found.largest.spot is not None
    assert found.largest.spot.t == 2
    text = str(found.sentence)
    assert text.startswith("Simple RNN and Simple RNN before “set input 3” differ most in ")
    assert "at t = 3, unit " in text


def test_the_start_has_nothing_in_common() -> None:
    session = started_otherwise(0)
    found = two(session)
    assert str(found.sentence) == "LSTM and LSTM, seed 7 show nothing in common yet."
    assert all(contrast.spot is None for contrast in found.values)
    with pytest.raises(SessionError, match="not shown by both"):
        cursor_at(found.values[0], session.timeline, session.cursor)


def test_what_has_no_match_is_told() -> None:
    session = session_of("lstm", at=(1, 3))
    add(session, network_of(session, "gru"))
    session.go_end()
    found = two(session)
    told = [str(sentence) for sentence in found.unmatched]
    assert told[0] == "Only LSTM has c, f, g, i, o."
    assert told[1].startswith("Only GRU has ")
    assert "h has 3 units in LSTM and 4 in GRU." in told
    assert {contrast.path for contrast in found.values} == {"head/z", "head/y", "head/L"}


def test_sequences_of_other_lengths_are_not_compared() -> None:
    one, other = (session_of("lstm", steps=steps) for steps in (4, 6))
    for session in (one, other):
        session.go_end()
    found = compare(*(frame_at(session, View()).lanes[0] for session in (one, other)), ("now", "then"))
    assert [str(sentence) for sentence in found.unmatched] == ["now walks 4 time steps and then 6."]
    assert found.values == ()
    assert str(found.sentence) == "now and then show nothing in common yet."


def test_two_snapshots_are_compared(tmp_path) -> None:
    session = session_of("gru", at=(1, 3))
    session.go_to(Cursor(2, session.timeline.length))
    save_session(session, tmp_path / "one.gatewalk")
    session.go_to(Cursor(5, session.timeline.length))
    save_session(session, tmp_path / "two.gatewalk")
    opened = [load_session(tmp_path / f"{name}.gatewalk")[0] for name in ("one", "two")]
    found = compare(*(frame_at(each, View()).lanes[0] for each in opened), ("third", "sixth"))
    assert found.names == ("third", "sixth")
    assert found.largest is not None
    assert not compare(*(frame_at(opened[0], View()).lanes[0] for _ in range(2))).largest


def test_one_that_is_not_finite_differs_without_limit() -> None:
    session = session_of("rnn_identity", head="identity", loss="squared", at=(3,))
    network = session.setup.network
    huge = {path: values * 1e200 for path, values in random_parameters(network).items()}
    session.add_lane(lanes.another_network(session.setup, network, huge, "huge"))
    session.go_end()
    found = two(session)
    assert found.largest is not None
    assert found.largest.spot is not None
    assert found.largest.spot.size == np.inf
    frames = frame_at(session, View()).lanes
    assert compare(frames[1], frames[1]).largest is None  # what is not finite in both is no difference


@pytest.mark.parametrize("name", ["adam", "bidirectional", "directions beside", "masked batch"])
def test_one_can_go_where_it_differs(name: str) -> None:
    session = WITH_LANES[name]()
    here = Cursor(0, 3 * session.timeline.length // 4)
    count = len(session.lanes)
    for number in range(1, count + 1):
        session.go_to(here)
        comparison = two(session, number)
        for contrast in (*comparison.values, *comparison.gradients):
            if contrast.spot is None:
                continue
            session.go_to(cursor_at(contrast, session.timeline, here))
            assert session.cursor <= here
            again = two(session, number)
            same = next(
                c
                for c in (*again.values, *again.gradients)
                if (c.path, c.quantity) == (contrast.path, contrast.quantity)
            )
            assert same.norms[contrast.spot.t] == contrast.norms[contrast.spot.t]


def test_padding_is_not_compared() -> None:
    session = session_on(NETWORKS["two of both"](), batch=3, lengths=(4, 2, 3))
    session.add_lane(lanes.another_start(session.setup, 1))
    session.go_end()
    found = two(session, sample=1)
    assert all(np.isnan(contrast.norms[2:]).all() for contrast in (*found.values, *found.gradients))


def test_a_part_of_the_columns_is_compared_as_it_is_shown() -> None:
    session = started_otherwise()
    whole, part = two(session), two(session, first=1, last=3)
    for full, cut in zip(whole.values, part.values, strict=True):
        assert np.array_equal(full.norms[1:3], cut.norms[1:3], equal_nan=True)
        assert np.isnan(cut.norms[[0, 3]]).all()
    frames = frame_at(session, View(first=0, last=1)).lanes[0], frame_at(session, View(first=3, last=4)).lanes[1]
    assert all(contrast.spot is None for contrast in compare(*frames).values)


def test_a_lane_that_cannot_read_has_nothing_in_common() -> None:
    session = session_of("lstm", at=(1, 3))
    add(session, network_of(session, "lstm", units=3))
    network = build_network(load_cell("lstm", inputs=5, units=3), outputs=3)
    session.set_model(network, random_parameters(network), from_numbers(np.ones((4, 1, 5))).with_target(3, 0))
    session.go_end()
    assert "nothing in common" in str(two(session).sentence)
