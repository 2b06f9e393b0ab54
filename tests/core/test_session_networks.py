"""Sessions on networks of several layers, directions and lengths: edits, changes of the network, undo and snapshots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.frame import Cursor, View
from core.reveal import frame_at
from core.session import Session
from tests.core.files.sessions import assert_same_sessions, there_and_back
from tests.core.frames_equal import assert_frames_equal, fingerprint
from tests.core.network_cases import NETWORKS, session_on

PADDED: dict[str, Any] = {"batch": 3, "lengths": (2, 4, 3)}
CHAIN = ("mixed", "tied", "up and down", "two of both")
EDITS: dict[str, Callable[[Session], None]] = {
    "weight": lambda s: s.set_weight("l0.reverse/W_z", (0, 1), 0.5),
    "weight above": lambda s: s.set_weight("l1/W_f", (1, 0), -0.5),
    "initial": lambda s: s.set_initial("l0.reverse/h", 0, 1, 0.3),
    "input": lambda s: s.set_input(1, [0.5, -1.0]),
    "target": lambda s: s.set_target(1, 2),
    "overwrite in reverse": lambda s: s.overwrite("l1.reverse/c", 1, 0, 0.9),
    "overwrite a join": lambda s: s.overwrite("l0.join/h", 0, 2, 0.2),
    "loss": lambda s: s.set_sequence(s.setup.sequence.with_loss_at([1])),
}


def seen(session: Session) -> list[dict[str, Any]]:
    """What is seen of the first sequence and the last at the cursor."""
    samples = {0, session.setup.sequence.batch - 1}
    return [fingerprint(frame_at(session, View(sample=sample))) for sample in sorted(samples)]


def same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    for found, right in zip(one, other, strict=True):
        assert_frames_equal(found, right)


@pytest.mark.parametrize("options", [{}, PADDED], ids=["one", "padded"])
@pytest.mark.parametrize("part", [0.3, 0.6])
def test_other_networks_and_back_again(options: dict[str, Any], part: float, tmp_path: Path) -> None:
    session = session_on(NETWORKS["bidirectional"](), **options)
    session.go_to(Cursor(0, round(part * session.timeline.length)))
    states = [(session.cursor, session.setup.network, seen(session))]
    for number, name in enumerate(CHAIN):
        network = NETWORKS[name]()
        session.set_model(network, network.initial_parameters(number), session.setup.sequence)
        states.append((session.cursor, network, seen(session)))
    back = there_and_back(session, tmp_path / "walk.gatewalk")
    assert_same_sessions(session, back)
    for each in (session, back):
        for steps, move in ((states[-2::-1], each.undo), (states[1:], each.redo)):
            for cursor, network, frames in steps:
                assert move()
                assert (each.cursor, each.setup.network.parameter_shapes) == (cursor, network.parameter_shapes)
                same(seen(each), frames)
        assert not each.redo()


@pytest.mark.parametrize("options", [{}, PADDED], ids=["one", "padded"])
@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_a_fresh_session_with_it_and_undo_takes_it_back(name: str, options: dict[str, Any]) -> None:
    part = (0.25, 0.45, 0.8)[list(EDITS).index(name) % 3]
    session, fresh = (session_on(NETWORKS["two of both"](), **options) for _ in range(2))
    session.go_to(Cursor(0, round(part * session.timeline.length)))
    before, cursor = seen(session), session.cursor
    EDITS[name](session)
    EDITS[name](fresh)
    stands = session.cursor.index
    for index in (0, session.timeline.length, stands):
        for each in (session, fresh):
            each.go_to(Cursor(0, index))
        for found, right in zip(seen(session), seen(fresh), strict=True):
            assert values_in(found) == values_in(right)
            assert len(values_in(found)) > 50
    assert session.undo()
    assert session.cursor == cursor
    same(seen(session), before)


def values_in(frame: dict[str, Any]) -> dict[str, Any]:
    """What was computed: the values and gradients of all blocks, and the loss."""
    return {place: found for place, found in frame.items() if any(part in place for part in COMPUTED)}


COMPUTED = (".values", ".adjoint", ".arrived", ".reached", ".norms", ".loss", ".sentence")


@pytest.mark.parametrize("padding", ["zero", "carried"])
def test_padded_batches_come_back_from_a_snapshot_bit_for_bit(padding: str, tmp_path: Path) -> None:
    for name in ("two of both", "mixed", "three back"):
        network = NETWORKS[name]()
        network = type(network)(network.layers, network.head, network.loss, padding)  # type: ignore[arg-type]
        session = session_on(network, **PADDED)
        session.go_end()
        run = session.run.complete()
        back = there_and_back(session, tmp_path / "walk.gatewalk").run.complete()
        assert back.network.padding == padding
        for block in network.blocks:
            for variable in block.cell.definition.variables:
                path = f"{block.name}/{variable}"
                assert run.values(path).tobytes() == back.values(path).tobytes()
                one, other = run.adjoints(path), back.adjoints(path)
                assert one is other is None or one.tobytes() == other.tobytes()  # type: ignore[union-attr]
        assert all(run.gradient(path).tobytes() == back.gradient(path).tobytes() for path in network.trainable)
        assert all(np.array_equal(run.final(p), back.final(p)) for p in network.initial_states())
