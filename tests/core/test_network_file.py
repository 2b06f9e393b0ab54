"""Network files: the shipped ones, a person's own, and the sentence for each thing that may be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import FileError
from core.gradients.proof.check import prove_all
from core.network_file import is_network, network_names, read_network_file
from core.resources import resource_path
from core.run import Problem, Run
from core.scenario import read_scenario

OWN = """
name = "Own"
padding = "carried"

[input]
inputs = 4
embedding = 3

[[layer]]
cell = "lstm_projected"
units = 5
direction = "both"
join = "sum"
sizes = { projection = 2 }
dropout = "off"
initial = { c = [1.0, 2, 3, 4, 5] }
initial_reverse = { h = 0.5 }

[[layer]]
cell = "own_cell.toml"
units = 3
direction = "reverse"
initial = { h = -1 }

[readout]
head = "identity"
outputs = 2
loss = "squared"
"""


def written(folder: Path, text: str = OWN) -> Path:
    (folder / "own_cell.toml").write_text('equations = "h = tanh(W @ x + U @ h[-1])"', encoding="utf-8")
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_own_file(tmp_path: Path) -> None:
    file = read_network_file(written(tmp_path))
    network = file.network(inputs=4)
    names = ["embedding", "l0", "l0.reverse", "l0.join", "l1.reverse", "head"]
    assert [block.name for block in network.blocks] == names
    assert (network.inputs, network.outputs, network.loss, network.padding) == (4, 2, "squared", "carried")
    assert [network.block(name).cell.outputs for name in names] == [3, 2, 2, 2, 3, 2]
    initial = file.initial(network, 2)
    assert {path: rows.shape for path, rows in initial.items()} == {
        "l0/c": (1, 2, 5), "l0.reverse/h": (1, 2, 2), "l1.reverse/h": (1, 2, 3),
    }  # fmt: skip
    assert initial["l0/c"][0, 1].tolist() == [1, 2, 3, 4, 5]
    assert np.unique(initial["l1.reverse/h"]).tolist() == [-1]
    assert file.network(inputs=4, loss="").loss == ""


@pytest.mark.parametrize("name", network_names())
def test_shipped_networks_can_be_built_and_say_what_they_are(name: str) -> None:
    file = read_network_file(name)
    assert file.name
    assert file.description
    network = file.network(inputs=7, outputs=3)
    assert (network.inputs, network.outputs) == (7, 3)
    assert is_network(name)
    assert is_network(str(resource_path("networks", f"{name}.toml")))


def test_the_tied_directions_share_their_parameters() -> None:
    network = read_network_file("tied_directions").network(inputs=3, outputs=2)
    assert set(network.parameter_shapes) == {"l0/W", "l0/U", "l0/b", "head/V", "head/V_r", "head/b"}


def test_a_cell_file_is_no_network(tmp_path: Path) -> None:
    written(tmp_path)
    assert not is_network("lstm")
    assert not is_network(str(tmp_path / "own_cell.toml"))
    assert not is_network(str(resource_path("cells", "lstm.toml")))
    assert not is_network(str(tmp_path / "missing.toml"))


WRONG = [
    ("units = 5", "units = 0", 11, "layer[0].units: expected `int` >= 1"),
    ("units = 3", "units = 'three'", 21, "layer[1].units: expected `int`, got `str`"),
    ("units = 5", "unit = 5", 9, "layer[0]: 'units' is missing, expected 'units = …'"),
    ("units = 5", "units = 5\nsize = 2", 12, "layer[0].size: there is no such key; did you mean 'sizes'?"),
    ('"both"', '"up"', 12, "layer[0].direction: invalid enum value 'up', expected forward, reverse, both"),
    ('"reverse"', '"back"', 22, "layer[1].direction: invalid enum value 'back', expected forward, reverse, both"),
    ('"sum"', '"some"', 13, "layer[0].join: there is no file some and no built-in one"),
    ('"lstm_projected"', '"lstn"', 10, "layer[0].cell: there is no file lstn and no built-in one"),
    ('"own_cell.toml"', '"gone.toml"', 20, "layer[1].cell: "),
    ('"off"', "0.5", 15, "layer[0].dropout: got 0.5, expected 'off'"),
    ("projection", "project", 9, "layer[0]: the cell LSTM (projected) declares no size project"),
    ('"reverse"', '"reverse"\ntied = true', 23, "layer[1].tied: the layer only walks reverse, so this says nothing"),
    ('"both"', '"reverse"', 13, "layer[0].join: the layer only walks reverse"),
    ('"reverse"', '"forward"\naligned = false', 23, "layer[1].aligned: the layer only walks forward"),
    ('"identity"', '"softmaxx"', 26, "readout.head: there is no file softmaxx"),
    ('"identity"', '"readout"', 26, "readout.head: there is no file readout"),
    ('"identity"', '"head.toml"', 26, "readout.head: "),
    ('"squared"', '"hinge"', 28, "readout.loss: the readout Identity has no loss hinge; it has: squared."),
    ('"own_cell.toml"', '"readout"', 20, "layer[1].cell: there is no file readout"),
    ('"squared"', "2", 28, "readout.loss: expected `str`, got `int`"),
    ('"carried"', '"kept"', 3, "padding: invalid enum value 'kept', expected zero or carried"),
    ("inputs = 4", "inputs = 9", 6, "input.inputs: the network reads 9 numbers a step, but the data has 4"),
    ("inputs = 4", "tokens = 9", 6, "input.tokens: the network reads 9 numbers a step, but the data has 4"),
    ("inputs = 4", "inputs = 4\ntokens = 4", 7, "input.tokens: 'inputs' stands there too; give one of them"),
    ("embedding = 3", "embedding = -3", 7, "input.embedding: expected `int` >= 1"),
    ('"sum"', '"readout"', 13, "layer[0].join: Layer 1 cannot be joined by the readout"),
]


@pytest.mark.parametrize(("old", "new", "line", "sentence"), WRONG)
def test_what_is_wrong_is_told_with_file_line_key_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, sentence: str
) -> None:
    assert old in OWN
    with pytest.raises(FileError) as caught:
        read_network_file(written(tmp_path, OWN.replace(old, new, 1))).network(inputs=4)
    assert str(caught.value).startswith(f"own.toml, line {line}, {sentence.replace('`', chr(39))}")


def test_what_stands_nowhere_has_no_line(tmp_path: Path) -> None:
    for old, new, sentence in (
        ("name =", "names =", "own.toml, the file: 'name' is missing, expected 'name = …'"),
        ("[[layer]]", "[[layer", "own.toml: this is not valid TOML: .*at line 9"),
    ):
        with pytest.raises(FileError, match=f"^{sentence}"):
            read_network_file(written(tmp_path, OWN.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("c = [1.0, 2, 3, 4, 5]", "c = [1.0, 2]", r"line 16, layer\[0\].initial.c: got 2 numbers, expected 5"),
        ("h = 0.5", "h = nan", r"line 17, layer\[0\].initial_reverse.h: got nan, expected finite numbers"),
        ("h = 0.5", "f = 0.5", r"line 17, layer\[0\].initial_reverse.f: l0.reverse/f has no initial value; these have"),
    ],
)
def test_initial_states_that_do_not_fit(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    file = read_network_file(written(tmp_path, OWN.replace(old, new, 1)))
    with pytest.raises(FileError, match=f"^own.toml, {sentence}"):
        file.initial(file.network(inputs=4), 1)


@pytest.mark.parametrize(
    ("head", "loss"), [("softmax", "cross-entropy"), ("identity", "squared"), ("direct", "squared")]
)
def test_a_readout_has_the_loss_that_suits_it(tmp_path: Path, head: str, loss: str) -> None:
    text = OWN.replace('loss = "squared"', "").replace('"identity"', f'"{head}"')
    file = read_network_file(written(tmp_path, text))
    assert file.loss == file.network(inputs=4).loss == loss
    silent = read_network_file(written(tmp_path, OWN.replace('"squared"', '""')))
    assert silent.loss == silent.network(inputs=4).loss == ""


def test_joins_readouts_and_reverse_cells_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "difference.toml").write_text('inputs = ["a", "b"]\nequations = "h = a - b"', encoding="utf-8")
    equations = 'inputs = ["h", "target"]\noutput = "y"\nequations = "y = V @ tanh(h)"\n'
    (tmp_path / "head.toml").write_text(equations + '[losses]\nown = "L = sum(abs(y - target))"', encoding="utf-8")
    text = OWN.replace('join = "sum"', 'join = "difference.toml"\nreverse_cell = "gru"').replace("projection = 2", "")
    text = text.replace('"lstm_projected"', '"lstm"').replace('"identity"', '"head.toml"').replace('"squared"', '"own"')
    file = read_network_file(written(tmp_path, text.replace("{ h = 0.5 }", "{ h = 0.5 }\n")))
    network = file.network(inputs=4)
    cells = [block.cell.definition.short_name for block in network.blocks if block.name.startswith("l0")]
    assert cells[:2] == ["LSTM", "GRU"]
    problem = Problem(
        network, network.initial_parameters(1), np.ones((3, 1, 4)), np.ones((3, 1, 2)), initial=file.initial(network, 1)
    )
    run = Run(problem).complete()
    assert (run.values("l0.join/h") == run.values("l0/h") - run.values("l0.reverse/h")).all()
    assert prove_all(run).agrees


def test_a_file_says_how_its_numbers_are_read(tmp_path: Path) -> None:
    said = [("inputs = 4", 4, 4), ("tokens = 9", 9, 9), ("", None, None)]
    for line, inputs, tokens in said:
        file = read_network_file(written(tmp_path, OWN.replace("inputs = 4", line)))
        assert (file.inputs, file.tokens) == (inputs, tokens)
    plain = read_network_file(written(tmp_path, OWN.replace("embedding = 3", "")))
    assert (plain.inputs, plain.tokens) == (4, None)  # four numbers; without an embedding no number is a token


def test_a_name_that_is_none() -> None:
    with pytest.raises(FileError, match=r"There is no network 'bidirectional'. Use one of: bidirectional_lstm, "):
        read_network_file("bidirectional")
    with pytest.raises(FileError, match=r"There is no network '../networks/bidirectional_lstm'"):
        read_network_file("../networks/bidirectional_lstm")


SCENARIO = """
name = "Own"
[network]
file = "own.toml"
[data]
text = "1 2 3 4\\n2 3 4 5\\n0 1 0 1"
kind = "numbers"
target = [0.5, 0.25]
"""


def test_a_scenario_may_name_a_network_file(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "scene.toml").write_text(SCENARIO, encoding="utf-8")
    scenario = read_scenario(tmp_path / "scene.toml")
    assert [block.name for block in scenario.network().blocks][1:3] == ["l0", "l0.reverse"]
    assert scenario.initial()["l0/c"].shape == (1, 1, 5)
    (tmp_path / "scene.toml").write_text(SCENARIO.replace("file =", "units = 2\nfile ="), encoding="utf-8")
    with pytest.raises(FileError, match=r"^scene.toml, line 5, network.file: with 'file' nothing else can stand here"):
        read_scenario(tmp_path / "scene.toml")


def test_a_layer_gives_the_delays_of_its_cell(tmp_path: Path) -> None:
    text = 'name = "Skips"\n[[layer]]\ncell = "rnn_skip"\nunits = 2\ndelays = { d = 9 }\n'
    network = read_network_file(written(tmp_path, text)).network(inputs=2, outputs=2)
    assert dict(network.layers[0].cell.definition.delays) == {"h": (1, 9)}


@pytest.mark.parametrize(
    ("delays", "message"),
    [
        ("{ e = 2 }", r"own.toml, line \d+, layer\[0\]: the cell .* names no delay e; it names: d"),
        ("{ d = 0 }", r"own.toml, line \d+, layer\[0\].delays"),
    ],
)
def test_delays_that_a_cell_cannot_have(tmp_path: Path, delays: str, message: str) -> None:
    text = f'name = "Skips"\n[[layer]]\ncell = "rnn_skip"\nunits = 2\ndelays = {delays}\n'
    with pytest.raises(FileError, match=message):
        read_network_file(written(tmp_path, text)).network(inputs=2, outputs=2)
