"""Diagrams: every operation stands in one node, and every node after what it reads."""

from __future__ import annotations

from collections import Counter

import pytest

from core.cell import load_cell
from core.diagram import Diagram, diagram_of
from core.language import CellDefinition
from core.operators.expression import NUMBER, PARAMETER, operations
from tests.core.walk_cases import PLAIN, SCALARS, THREE_BACK, TWO_STATES, cell_of

CELLS = [
    "lstm",
    "lstm_peephole",
    "gru",
    "gru_simplified",
    "lstm_coupled",
    "mgu",
    THREE_BACK,
    TWO_STATES,
    SCALARS,
    PLAIN,
]


@pytest.fixture(params=CELLS, ids=lambda text: text.split("=")[0].strip())
def drawn(request: pytest.FixtureRequest) -> tuple[CellDefinition, Diagram]:
    definition = cell_of(request.param, 2, 3).definition
    return definition, diagram_of(definition)


def test_nodes_stand_after_what_they_read(drawn: tuple[CellDefinition, Diagram]) -> None:
    _, diagram = drawn
    for number, node in enumerate(diagram.nodes):
        assert node.number == number
        assert all(arg < number for arg in node.args)
        assert node.layer == 1 + max((diagram.nodes[arg].layer for arg in node.args), default=-1)
        assert len(node.reads) == len(node.args)


def test_every_operation_stands_in_one_node(drawn: tuple[CellDefinition, Diagram]) -> None:
    definition, diagram = drawn
    found = Counter(operation for node in diagram.nodes for operation in node.operations)
    assert found == Counter(node for equation in definition.equations for node in operations(equation.expression))


def test_every_variable_has_the_node_of_its_equation(drawn: tuple[CellDefinition, Diagram]) -> None:
    definition, diagram = drawn
    assert list(diagram.of_variable) == list(definition.variables)
    for name, number in diagram.of_variable.items():
        node = diagram.nodes[number]
        assert (node.kind, node.variable) == ("operation", name)
        assert node.expression is definition.equation(name).expression


def test_leaves_are_drawn_once(drawn: tuple[CellDefinition, Diagram]) -> None:
    _, diagram = drawn
    leaves = [node for node in diagram.nodes if node.kind != "operation"]
    assert all(not node.args for node in leaves)
    names = [(node.kind, node.label) for node in leaves]
    assert len(set(names)) == len(names)
    kinds = {NUMBER: "constant", PARAMETER: "parameter"}
    assert all(node.kind == kinds.get(node.expression.operator, "input") for node in leaves)


def test_the_lstm_as_people_draw_it() -> None:
    diagram = diagram_of(load_cell("lstm", inputs=2, units=3).definition)
    nodes = [
        (node.label, node.variable, tuple(diagram.nodes[arg].label for arg in node.args)) for node in diagram.nodes
    ]
    assert nodes[:4] == [
        ("x", "", ()), ("h′", "", ()), ("W_f x + U_f h′ + b_f", "", ("x", "h′")), ("σ", "f", ("W_f x + U_f h′ + b_f",)),
    ]  # fmt: skip
    assert [(label, args) for label, variable, args in nodes if variable in ("c", "h")] == [
        ("+", ("⊙", "⊙")), ("⊙", ("σ", "tanh")),
    ]  # fmt: skip


def test_longer_delays_say_how_long() -> None:
    labels = {node.label for node in diagram_of(cell_of(THREE_BACK, 2, 3).definition).nodes}
    assert {"x", "h′", "h[−3]"} <= labels
