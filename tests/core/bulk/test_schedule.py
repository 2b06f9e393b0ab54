"""What goes step by step: as little as the equations allow, in as few calls."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from core.bulk.block import BlockPlan
from core.bulk.operands import CHUNK, LEAST, Known, chunk_of
from core.bulk.pool import Pool
from core.bulk.recursion import Recursion
from core.bulk.rows import Rows
from core.bulk.schedule import Kind, Schedule
from core.network import build_network
from tests.core.walk_cases import cell_of


def plan_of(cell: str, units: int = 4) -> BlockPlan:
    return BlockPlan(build_network(cell_of(cell, 3, units), head="direct", loss="squared").layers[0])


def kinds(schedule: Schedule) -> Counter[str]:
    return Counter(group.kind for group in schedule.groups)


def test_a_cell_without_recursion_has_no_steps() -> None:
    plan = plan_of("a = tanh(W @ x)\nh = sigmoid(a[-1]) * a")
    assert not plan.forward.groups
    assert not plan.backward.groups


def test_what_nothing_recursive_needs_waits_until_the_end() -> None:
    plan = plan_of("c = tanh(W @ x + U @ c[-1])\nq = exp(c)\nh = q * sin(c[-1])")
    found = {name for name, node in plan.lowered.variables.items() if plan.forward.is_core(node)}
    assert found == {"c"}


def test_gates_of_an_lstm_are_one_product_and_one_sigmoid_forward_and_two_products_back() -> None:
    plan = plan_of("lstm")
    assert kinds(plan.forward)[Kind.STACK] == 1
    assert max(len(group.members) for group in plan.forward.groups if group.kind == Kind.SAME) == 3
    assert kinds(plan.backward) == {Kind.STACK: 1, Kind.SCALED: 2, Kind.SAME: 2}
    scaled = [len(group.members) for group in plan.backward.groups if group.kind == Kind.SCALED]
    assert scaled == [2, 4]


def calls_of(plan: BlockPlan, schedule: Schedule) -> int:
    """NumPy calls a step."""
    parameters = {name: np.ones(shape) for name, shape in plan.block.cell.parameter_shapes.items()}
    rows = Rows(2, (), np.dtype(float), parameters, Pool())
    rows.link({**plan.forward_links, **plan.backward_links}, {}, {})
    return len(Recursion(schedule, rows, range(2)).calls)


@pytest.mark.parametrize(
    ("cell", "forward", "backward"), [("lstm", 11, 5), ("gru", 12, 6), ("gru_reset_before", 13, 9), ("rnn_tanh", 3, 3)]
)
def test_few_calls_a_step(cell: str, forward: int, backward: int) -> None:
    """As many as by hand: a copy more, or a group that falls apart, would show."""
    plan = plan_of(cell)
    assert calls_of(plan, plan.forward) <= forward
    assert calls_of(plan, plan.backward) <= backward


def test_chunks_are_shorter_the_more_they_hold() -> None:
    def known(width: int) -> list[Known]:
        return [Known((width,), np.dtype(float), lambda rows, out: None)]

    assert chunk_of([], 5) == 5
    assert chunk_of(known(64), 1000) == CHUNK
    assert LEAST < chunk_of(known(1000), 1000) < CHUNK
    assert chunk_of(known(10**6), 1000) == LEAST
