"""The numbers in the data-flow diagram: known when their operation is done, and in the end those of the run."""

from __future__ import annotations

import numpy as np
import pytest

from core.diagram import Diagram
from core.frame import Cursor, Detail, OperationFrame, Phase, View
from core.operators.expression import INPUT, VARIABLE
from core.reveal import frame_at
from core.session import Session
from tests.core.walk_cases import CASES, PLAIN, session_of

NAMES = ["lstm", "stacked", "batch", "three back", "two states", "scalars", "identity", "direct", "overwritten"]


def drawn(session: Session, index: int, block: str = "l0", t: int = 2) -> dict[int, OperationFrame]:
    session.go_to(Cursor(0, index))
    variable = session.setup.network.block(block).cell.definition.variables[0]
    return frame_at(session, View(path=f"{block}/{variable}", t=t, detail=Detail.INSIDE)).operations


def diagram(session: Session, block: str = "l0") -> Diagram:
    return session.shown.diagram(session.setup.network, block)


@pytest.mark.parametrize("name", NAMES)
def test_in_the_end_the_numbers_are_those_of_the_run(name: str) -> None:
    session = CASES[name]()
    found, run = drawn(session, session.timeline.length), session.run
    for node in diagram(session).nodes:
        frame = found[node.number]
        assert frame.value is not None
        if node.variable:
            np.testing.assert_array_equal(frame.value, run.values(f"l0/{node.variable}")[2, 0])
            adjoints = run.adjoints(f"l0/{node.variable}")
            if adjoints is not None:
                np.testing.assert_array_equal(frame.adjoint, adjoints[2, 0])
        leaf = node.expression
        if node.kind == "input" and frame.adjoint is not None:  # all that this step sends there
            kind = VARIABLE if leaf.operator == VARIABLE else INPUT
            sent = run.sends("l0", kind, leaf.name, leaf.delay)
            np.testing.assert_allclose(frame.adjoint, sent[2, 0], rtol=0, atol=1e-12 * np.abs(sent[2, 0]).max())


@pytest.mark.parametrize("name", NAMES)
def test_one_operation_after_another_is_lit_and_known(name: str) -> None:
    session = CASES[name]()
    nodes = diagram(session).nodes
    timeline = session.timeline
    start, end = timeline.end_of(Phase.FORWARD, 1), timeline.end_of(Phase.FORWARD, 2)
    before = {number for number, frame in drawn(session, start).items() if frame.value is not None}
    assert not any(nodes[number].kind == "operation" for number in before)
    assert {number for number, _ in enumerate(nodes)} - before == {n.number for n in nodes if n.kind == "operation"}
    for index in range(start + 1, end + 1):
        now = drawn(session, index)
        known = {number for number, frame in now.items() if frame.value is not None}
        lit = [number for number, frame in now.items() if frame.lit]
        assert known >= before
        assert len(lit) == (session.position.block == "l0")
        assert len(known - before) <= 1
        assert known - before <= set(lit)
        before = known
    assert before == {node.number for node in nodes}


@pytest.mark.parametrize("name", NAMES)
def test_backward_one_operation_after_another_sends(name: str) -> None:
    session = CASES[name]()
    timeline = session.timeline
    before = -1
    for index in range(timeline.end_of(Phase.BACKWARD, 3), timeline.end_of(Phase.BACKWARD, 2) + 1):
        now = drawn(session, index)
        sent = sum(vector is not None for frame in now.values() for vector in frame.sent)
        assert sent >= before
        lit = [number for number, frame in now.items() if frame.lit]
        assert len(lit) == (session.position.block == "l0" and session.position.t == 2)
        before = sent
    assert before > 0


def test_another_step_is_drawn_as_far_as_it_is_known() -> None:
    session = CASES["stacked"]()
    now = drawn(session, session.timeline.end_of(Phase.FORWARD, 1), block="l1", t=2)
    known = {diagram(session, "l1").nodes[number].label for number, frame in now.items() if frame.value is not None}
    assert known == {"h′", "1", "b_n", "b_hn"} & known | {"h′"}  # what the layer below gives is still to come
    assert "x" not in known
    later = drawn(session, session.timeline.end_of(Phase.FORWARD, 1), block="l1", t=3)
    labels = {diagram(session, "l1").nodes[number].label for number, frame in later.items() if frame.value is not None}
    assert "h′" not in labels


def test_the_loss_is_lit_in_its_phase() -> None:
    session = CASES["identity"]()
    start = session.timeline.starts_phase(Phase.LOSS)
    end = session.timeline.end_of(Phase.LOSS, 0)
    for index in range(start + 1, end + 1):
        now = drawn(session, index, block="head", t=0)
        assert sum(frame.lit for frame in now.values()) == 1
    loss = diagram(session, "head").of_variable["L"]
    assert now[loss].value is not None
    assert drawn(session, end - 1, block="head", t=0)[loss].value is None


def test_equations_that_only_pass_on() -> None:
    session = session_of(PLAIN)
    nodes = diagram(session).nodes
    found = drawn(session, session.timeline.length)
    passing = [node for node in nodes if node.label == "="]
    assert [node.variable for node in passing] == ["q", "h"]
    assert all(found[node.number].sent[0] is not None for node in passing)


def test_no_numbers_where_they_are_not_looked_at() -> None:
    session = CASES["lstm"]()
    session.go_to(Cursor(0, 20))
    assert frame_at(session, View(detail=Detail.CELLS)).operations == {}
