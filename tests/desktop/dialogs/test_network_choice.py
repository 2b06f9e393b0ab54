"""What can be chosen about a network is data: made from any network, changed, judged, and made a network again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.language import read_cell
from core.learning.initialisers import Rule
from core.network import Network
from core.stack import Direction, LayerSpec, build_stack
from desktop.dialogs.model_choice import check_text
from desktop.dialogs.network_choice import choice_of, is_same, network_of
from desktop.dialogs.network_numbers import ChosenNetwork, Present, parameters_of
from desktop.dialogs.network_problems import judge
from desktop.dialogs.network_words import rows_of, unshown_words, walking_words

LSTM, GRU, PROJECTED = read_cell("lstm"), read_cell("gru"), read_cell("lstm_projected")
OWN_HEAD = '''
name = "Mine"
inputs = ["h", "target"]
output = "y"
equations = """
y = tanh(V @ h)
"""
[losses]
squared = "L = sum((y - target) ** 2)"
'''
SUM = read_cell("sum", "joins")
OWN_JOIN = replace(SUM, text=SUM.text + "\n")


def stack(*layers: LayerSpec, **options: object) -> Network:
    return build_stack(layers, **{"inputs": 5, "outputs": 3, "loss": "cross-entropy", **options})


NETWORKS = {
    "one": stack(LayerSpec(LSTM, 4)),
    "reverse": stack(LayerSpec(LSTM, 4, Direction.REVERSE, aligned=False)),
    "mixed": stack(LayerSpec(LSTM, 4), LayerSpec(GRU, 6, Direction.REVERSE), LayerSpec(LSTM, 2), embedding=7),
    "joined": stack(LayerSpec(LSTM, 4, Direction.BOTH), LayerSpec(GRU, 6, Direction.BOTH, "average")),
    "tied": stack(LayerSpec(LSTM, 4, Direction.BOTH, "readout", tied=True)),
    "unaligned": stack(LayerSpec(GRU, 4, Direction.BOTH, "product", aligned=False), padding="carried"),
    "delays": stack(LayerSpec(read_cell("rnn_skip"), 3, Direction.BOTH, delays={"d": 7}), LayerSpec(LSTM, 3)),
    "projected": stack(LayerSpec(PROJECTED, 9, Direction.BOTH, sizes={"projection": 2}), LayerSpec(LSTM, 3)),
    "two cells": stack(LayerSpec(LSTM, 4, Direction.BOTH, reverse_cell=GRU)),
    "direct": stack(LayerSpec(LSTM, 3), head="direct", loss="squared"),
    "forward only": stack(LayerSpec(LSTM, 3, Direction.BOTH), head="direct", loss="", outputs=None),
    "own readout": stack(LayerSpec(LSTM, 4), head=check_text(OWN_HEAD).definition, loss="squared"),
    "own join": stack(LayerSpec(LSTM, 4, Direction.BOTH, OWN_JOIN)),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_comes_back_as_it_was(name: str) -> None:
    network = NETWORKS[name]
    choice = choice_of(network)
    assert is_same(network_of(choice, 5, network.outputs), network)
    assert judge(choice, 5, network.outputs).problems == ()
    assert unshown_words(choice, network) == ""
    numbers = network.check(network.initial_parameters(3))
    chosen = ChosenNetwork(choice, network_of(choice, 5, network.outputs), Present(network, numbers))
    assert chosen.same
    assert all(np.shares_memory(chosen.parameters[path], numbers[path]) for path in numbers)


def test_networks_differ_by_anything_that_matters() -> None:
    assert not any(is_same(one, other) for one in NETWORKS.values() for other in NETWORKS.values() if one is not other)


def test_what_cannot_be_set_here_is_said() -> None:
    network = NETWORKS["mixed"]
    head = replace(network.head, reads={**network.head.reads, "h": "l0/h"}, cell=replace(network.head.cell, inputs=4))
    odd = replace(network, head=head)
    assert unshown_words(choice_of(odd), odd)


def test_what_stays_the_same_keeps_its_numbers() -> None:
    before = Present(NETWORKS["mixed"], NETWORKS["mixed"].check(NETWORKS["mixed"].initial_parameters(1)))
    shorter = choice_of(before.network).removed(2)
    chosen = ChosenNetwork(shorter, network_of(shorter, 5, 3), before)
    numbers = chosen.parameters
    assert np.shares_memory(numbers["l0/W_f"], before.parameters["l0/W_f"])
    assert np.shares_memory(numbers["embedding/E"], before.parameters["embedding/E"])
    assert numbers["head/V"].shape != before.parameters["head/V"].shape
    assert {path for path in numbers if path.startswith("l0/")} <= chosen.keeps
    assert "head/V" not in chosen.keeps
    anew = ChosenNetwork(replace(shorter, keep=False), chosen.network, before)
    assert anew.keeps == frozenset()
    assert not np.array_equal(anew.parameters["l0/W_f"], before.parameters["l0/W_f"])


def test_a_layer_that_moved_takes_its_numbers_along() -> None:
    network = stack(LayerSpec(LSTM, 5), LayerSpec(GRU, 5))
    before = Present(network, network.check(network.initial_parameters(1)))
    swapped = choice_of(network).moved(0, 1)
    chosen = ChosenNetwork(swapped, network_of(swapped, 5, 3), before)
    assert np.shares_memory(chosen.parameters["l1/W_f"], before.parameters["l0/W_f"])
    assert np.shares_memory(chosen.parameters["l0/W_z"], before.parameters["l1/W_z"])
    assert not any(path.startswith("l") for path in chosen.keeps)  # they have other names now
    assert not chosen.same


def test_layers_are_added_removed_and_moved() -> None:
    choice = choice_of(NETWORKS["mixed"])
    names = [layer.was for layer in choice.added(1).layers]
    assert names == ["l0", "l1", "", "l2"]
    assert choice.added(1).layers[2].direction is Direction.FORWARD
    assert [layer.was for layer in choice.removed(0).layers] == ["l1", "l2"]
    assert [layer.was for layer in choice.moved(0, 2).layers] == ["l1", "l2", "l0"]
    assert [layer.was for layer in choice.moved(2, 9).layers] == ["l0", "l1", "l2"]
    only = choice_of(NETWORKS["one"])
    assert only.removed(0) is only


def test_only_the_last_layer_leaves_its_directions_to_the_readout() -> None:
    choice = choice_of(NETWORKS["tied"])
    above = choice.added(0)
    assert (choice.join_of(0), above.join_of(0)) == ("readout", "concatenation")
    assert "l0.join" in [block.name for block in network_of(above, 5, 3).layers]
    assert is_same(network_of(above.removed(1), 5, 3), NETWORKS["tied"])


def test_an_initialiser_fills_the_matrices_of_its_layer_in_both_directions() -> None:
    choice = choice_of(NETWORKS["joined"])
    filled = choice.with_layer(0, replace(choice.layers[0], rule=Rule("identity", 2.0)))
    numbers = parameters_of(filled, network_of(filled, 5, 3))
    for block in ("l0", "l0.reverse"):
        assert np.array_equal(numbers[f"{block}/U_f"], 2 * np.eye(4))
        assert (numbers[f"{block}/b_f"] == 1).all()
    assert not np.array_equal(numbers["l1/U_z"], 2 * np.eye(6))
    again = parameters_of(filled, network_of(filled, 5, 3))
    assert all(np.array_equal(numbers[path], again[path]) for path in numbers)


WRONG = 'inputs = ["a", "b"]\nequations = """\nh = tanh(W @ a + b)\n"""\n'


@pytest.mark.parametrize(
    ("change", "place", "field", "said"),
    [
        ({"draft": "h = tanh("}, "l1", "cell", "never closed"),
        ({"draft": ""}, "l1", "cell", "Write equations"),
        ({"definition": check_text(WRONG).definition}, "l1", "cell", "has the inputs a, b"),
        ({"definition": PROJECTED, "sizes": {"projection": 0}}, "l1", "sizes", "projection is 0"),
        ({"direction": Direction.BOTH, "join": LSTM}, "l1", "join", "has the inputs x"),
        ({"rule": Rule("normal", -1.0)}, "l1", "rule", "at least 0"),
        ({"units": 4096}, "l1", "units", "use fewer units"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(change: dict, place: str, field: str, said: str) -> None:
    choice = choice_of(NETWORKS["mixed"])
    judgement = judge(choice.with_layer(1, replace(choice.layers[1], **change)), 5, 3)
    assert judgement.network is None
    assert said in judgement.at(place, field).text
    assert {problem.place for problem in judgement.problems} == {place}


def test_a_readout_that_does_not_fit_is_said_there() -> None:
    choice = replace(choice_of(NETWORKS["one"]), head="direct", loss="squared")
    assert "4 numbers" in judge(choice, 5, 3).at("head", "readout").text
    both = replace(choice_of(NETWORKS["tied"]), head="direct", loss="squared")
    assert judge(both, 5, 3).at("l0", "join") is not None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("one", "l0 forward and readout"),
        ("tied", "l0 forward, then l0 reverse, then readout"),
        ("unaligned", "l0 forward, then l0 reverse, then join and readout"),
        ("mixed", "embedding and l0 forward, then l1 reverse, then l2 forward and readout"),
        (
            "joined",
            "l0 forward, then l0 reverse, then join of l0 and l1 forward, then l1 reverse, then join of l1 and readout",
        ),
    ],
)
def test_the_order_of_walking_is_told(name: str, words: str) -> None:
    assert walking_words(NETWORKS[name]) == words


def test_rows_stand_as_in_the_drawing() -> None:
    choice = choice_of(NETWORKS["mixed"])
    rows = rows_of(choice, judge(choice, 5, 3), 5, 3)
    assert [row.key for row in rows] == ["head", "l2", "l1", "l0", "input"]
    assert rows[2].direction is Direction.REVERSE
    assert "5 → 7" in rows[-1].words
    assert not any(row.wrong for row in rows)
    wrong = choice.with_layer(0, replace(choice.layers[0], draft="h ="))
    assert [row.key for row in rows_of(wrong, judge(wrong, 5, 3), 5, 3) if row.wrong] == ["l0"]
