"""What goes step by step: as little as the equations allow, in as few calls."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from core.bulk.block import BlockPlan
from core.bulk.operands import CHUNK, LEAST, chunk_of
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


def rows_for(plan: BlockPlan, batch: tuple[int, ...] = ()) -> Rows:
    parameters = {name: np.ones(shape) for name, shape in plan.block.cell.parameter_shapes.items()}
    rows = Rows(2, batch, np.dtype(float), parameters, Pool())
    rows.link({**plan.forward_links, **plan.backward_links}, {}, {})
    return rows


def calls_of(plan: BlockPlan, schedule: Schedule, batch: tuple[int, ...]) -> list[str]:
    """The names of the NumPy calls of a step."""
    calls = Recursion(schedule, rows_for(plan, batch), LEAST, 1).calls
    return [function.__name__ for function, _ in calls]


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize(
    ("cell", "forward", "backward"), [("lstm", 11, 5), ("gru", 12, 6), ("gru_reset_before", 13, 9), ("rnn_tanh", 3, 3)]
)
def test_few_calls_a_step(cell: str, forward: int, backward: int, batch: tuple[int, ...]) -> None:
    """As many as by hand, and before a product with several factors one copy: a group that falls apart would show."""
    plan = plan_of(cell)
    assert len(calls_of(plan, plan.forward, batch)) <= forward
    found = calls_of(plan, plan.backward, batch)
    scaled = [group for group in plan.backward.groups if group.kind == Kind.SCALED and len(group.members) > 1]
    assert found.count("copyto") <= (0 if batch else len(scaled))
    assert len(found) - found.count("copyto") <= backward


def test_calls_are_made_once_for_all_iterations_of_a_shape() -> None:
    plan = plan_of("lstm")
    first, second, third = (rows_for(plan), rows_for(plan), rows_for(plan, (3,)))
    made = plan.recursions.fitting(plan.forward, first, 1)
    assert plan.recursions.fitting(plan.forward, second, 1) is made
    assert plan.recursions.fitting(plan.forward, third, 1) is not made
    assert plan.recursions.fitting(plan.backward, first, -1) is not made


def test_chunks_are_shorter_the_more_they_hold() -> None:
    def chunk(batch: tuple[int, ...], steps: int) -> int:
        plan = plan_of("lstm", units=64)
        return chunk_of(plan.forward, rows_for(plan, batch), steps)

    assert chunk((), 3) == LEAST
    assert chunk((), 33) == chunk((), 64) == 64
    assert chunk((), 1000) == CHUNK
    assert LEAST < chunk((4,), 1000) < CHUNK
    assert chunk((100,), 1000) == LEAST
