"""Networks built from layers: their blocks, what these read, their stages, and what cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.block import Block
from core.errors import DataError, FileError, ShapeError
from core.language import read_cell
from core.network import Network, build_network
from core.stack import Direction
from tests.core.network_cases import BOTH, NETWORKS, REVERSE, layer, stack


def stages(network: Network) -> list[list[str]]:
    return [[block.name for block in stage.blocks] for stage in network.stages]


def test_a_bidirectional_layer() -> None:
    network = stack(layer("lstm", 3, BOTH))
    assert [block.title for block in network.blocks] == ["layer 1", "layer 1, reverse", "layer 1, join", "readout"]
    titles = [network.title_of(block.name) for block in network.blocks]
    assert titles == ["layer 1 →", "layer 1 ←", "layer 1 joined", "readout"]
    assert [dict(block.reads) for block in network.blocks] == [
        {"x": "input"},
        {"x": "input"},
        {"h_f": "l0/h", "h_r": "l0.reverse/h"},
        {"h": "l0.join/h", "target": "target"},
    ]
    assert [block.cell.outputs for block in network.blocks] == [3, 3, 6, 3]
    assert stages(network) == [["l0"], ["l0.reverse"], ["l0.join", "head"]]


def test_only_a_layer_of_both_directions_or_the_reverse_one_is_called_with_an_arrow() -> None:
    network = NETWORKS["up and down"]()
    assert [network.title_of(block.name) for block in network.blocks] == ["layer 1", "layer 2 ←", "layer 3", "readout"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("two of both", [["l0"], ["l0.reverse"], ["l0.join", "l1"], ["l1.reverse"], ["l1.join", "head"]]),
        ("reverse", [["l0.reverse", "l1.reverse"], ["head"]]),
        ("up and down", [["l0"], ["l1.reverse"], ["l2", "head"]]),
        ("tied", [["l0"], ["l0.reverse"], ["head"]]),
        ("as it walks", [["l0"], ["l0.reverse"], ["l0.join"], ["l1.reverse"], ["head"]]),
    ],
)
def test_a_block_walks_as_early_as_it_can(name: str, expected: list[list[str]]) -> None:
    assert stages(NETWORKS[name]()) == expected


def test_a_reverse_layer_that_hands_on_its_steps_as_it_walks_ends_before_the_next_begins() -> None:
    network = stack(layer("lstm", 2, REVERSE, aligned=False), layer("lstm", 2, REVERSE))
    assert stages(network) == [["l0.reverse"], ["l1.reverse"], ["head"]]


def test_a_stack_of_forward_layers_is_the_simple_network() -> None:
    built = stack(layer("lstm", 3), layer("gru", 2), head="softmax")
    simple = build_network([block.cell for block in built.layers], outputs=3)
    assert stages(built) == stages(simple) == [["l0", "l1", "head"]]
    assert built.parameter_shapes == simple.parameter_shapes
    assert [dict(block.reads) for block in built.blocks] == [dict(block.reads) for block in simple.blocks]


@pytest.mark.parametrize(("join", "width"), [("concatenation", 4), ("sum", 2), ("average", 2), ("product", 2)])
def test_joins_give_what_the_readout_reads(join: str, width: int) -> None:
    network = stack(layer("gru", 2, BOTH, join=join))
    assert network.block("l0.join").cell.outputs == width
    assert network.parameter_shapes["head/V"] == (3, width)
    assert network.summary == "GRU (both directions)"


def test_the_readout_may_read_each_direction_by_a_matrix_of_its_own() -> None:
    network = stack(layer("gru", 2, BOTH, join="readout"))
    assert network.head.cell.definition.name == "Softmax of both directions"
    assert dict(network.head.reads) == {"h": "l0/h", "h_r": "l0.reverse/h", "target": "target"}
    assert (network.parameter_shapes["head/V"], network.parameter_shapes["head/V_r"]) == ((3, 2), (3, 2))


def test_tied_directions_have_one_set_of_parameters() -> None:
    network = NETWORKS["tied"]()
    assert not any(path.startswith("l0.reverse") for path in network.parameter_shapes)
    assert [block.name for block in network.sharing("l0")] == ["l0", "l0.reverse"]
    assert set(network.initial_states()) == {"l0/c", "l0/h", "l0.reverse/c", "l0.reverse/h"}


def test_an_embedding_and_a_projection_change_widths() -> None:
    network = stack(layer("lstm_projected", 5, BOTH, sizes={"projection": 2}), embedding=4)
    assert network.parameter_shapes["embedding/E"] == (4, 2)
    assert network.parameter_shapes["l0/W_f"] == (5, 4)
    assert network.parameter_shapes["l0/U_f"] == (5, 2)
    assert network.block("l0.join").cell.outputs == 4
    assert (network.inputs, network.last_layer.name) == (2, "l0.reverse")
    assert network.summary == "Embedding · LSTM (both directions)"


def test_what_cannot_be() -> None:
    with pytest.raises(DataError, match="at least one layer"):
        stack()
    with pytest.raises(DataError, match="Layer 1 cannot be joined by the readout"):
        stack(layer("gru", 2, BOTH, join="readout"), layer("gru"))
    with pytest.raises(FileError, match=r"no file plus and no built-in one .*: average, concatenation, product, sum"):
        stack(layer("gru", 2, BOTH, join="plus"))
    with pytest.raises(DataError, match="reads h, but the last layer gives 2 outputs"):
        stack(layer("gru", 2, BOTH, join="readout"), head=read_cell("softmax", "heads"))
    with pytest.raises(ShapeError, match="without a readout the output has 4 numbers, but the target has 3"):
        stack(layer("gru", 2, BOTH), head="direct", loss="squared")
    with pytest.raises(ShapeError, match="declares no size projection; it declares: none"):
        stack(layer("lstm", 2, sizes={"projection": 2}))
    with pytest.raises(DataError, match=r"Block l0 .Concatenation. has the inputs h_f, h_r, but 1 can be read: input"):
        stack(replace(layer("gru"), cell=read_cell("concatenation", "joins")))
    with pytest.raises(ValueError, match="sideways"):
        Direction("sideways")


def test_blocks_that_do_not_fit_together() -> None:
    network = stack(layer("gru", 2), layer("lstm", 3))
    first, second = network.layers

    def rebuilt(*layers: Block) -> Network:
        return Network(layers, network.head, network.loss)

    with pytest.raises(ShapeError, match="block l1 reads l0/h as x, which no block before it gives"):
        rebuilt(second, first)
    with pytest.raises(ShapeError, match="block l1 reads 2 numbers as x, but l0/h gives 5"):
        rebuilt(replace(first, cell=replace(first.cell, units=5)), second)
    with pytest.raises(ShapeError, match="block l1 cannot use the parameters of l0, which has not the same ones"):
        rebuilt(first, replace(second, tied="l0"))
    with pytest.raises(ShapeError, match="the readout walks in reverse"):
        Network(network.layers, replace(network.head, reverse=True), network.loss)
