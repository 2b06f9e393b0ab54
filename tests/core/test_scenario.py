"""Scenario files: what they give, and one sentence for each thing that can be wrong in them."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import FileError
from core.frame import Grain, Phase
from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Adam
from core.resources import resource_path
from core.scenario import read_scenario, scenario_names

SHIPPED = resource_path("scenarios", "agreement.toml").read_text(encoding="utf-8").split("[[lesson]]")[0]
SMALL = """
name = "Small"
[network]
units = 3
[data]
text = "a b c b a"
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str):
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_ready_example_is_complete():
    scenario = read_scenario("agreement")
    assert scenario.name == "Subject and verb"
    assert "\n" not in scenario.description
    assert " ".join(scenario.sequence().tokens) == "the cats that the dog chased yesterday"
    np.testing.assert_array_equal(scenario.sequence().targets[:, 0], [-1] * 6 + [1])
    assert scenario.sequence().target_labels == ("was", "were")
    assert scenario.network() is scenario.network()
    assert scenario.network().outputs == 2
    assert scenario.parameters().keys() == scenario.network().parameter_shapes.keys()
    assert scenario.settings.learning.step().clipping == Clipping("norm", 1.0)
    assert int(scenario.optimiser_state()["updates/l0/W_f"]) == scenario.settings.learning.iterations
    assert scenario.opening is None


def test_every_shipped_scenario_opens():
    assert "agreement" in scenario_names()
    for name in scenario_names():
        assert read_scenario(name).parameters()


def test_a_small_scenario_needs_little(written):
    scenario = read_scenario(written(SMALL + "target = 'next token'"))
    assert scenario.task() is None
    assert scenario.network().outputs == 3
    np.testing.assert_array_equal(scenario.sequence().targets[:, 0], [1, 2, 1, 0, -1])
    assert scenario.settings.learning.optimiser == SGD()
    assert next(scenario.batches()) is scenario.sequence() is scenario.held_out()[0]
    one, two = scenario.parameters(), scenario.parameters()
    assert all((one[path] == two[path]).all() for path in one)
    assert read_scenario(written(SMALL)).sequence().targets is None


def test_a_task_gives_what_is_read(written):
    text = 'name = "Copy"\n[network]\nunits = 4\n[task]\nname = "copy"\ndelay = 5\n'
    scenario = read_scenario(written(text))
    assert scenario.network().outputs == 4
    assert scenario.sequence().length == 11
    (held_out,) = scenario.held_out(5)
    assert held_out.batch == 5
    outputs = np.eye(4)[np.maximum(held_out.targets, 0)]
    assert scenario.score(outputs, held_out) == (15, 15)
    with pytest.raises(FileError, match="neither data nor a task"):
        read_scenario(written('name = "Empty"\n[network]\nunits = 4\n'))


def test_targets_may_be_a_label_a_class_or_numbers(written):
    labelled = read_scenario(written(SMALL + "target = 'yes'\nlabels = ['no', 'yes', 'maybe']"))
    assert labelled.network().outputs == 3
    assert labelled.sequence().targets[-1, 0] == 1
    assert read_scenario(written(SMALL + "target = 3")).network().outputs == 4
    numbers = read_scenario(written(SMALL.replace("3", "3\nhead = 'identity'\nloss = 'squared'") + "target = [0.5, 2]"))
    np.testing.assert_array_equal(numbers.sequence().targets[-1, 0], [0.5, 2])
    assert np.isnan(numbers.sequence().targets[:-1]).all()


def test_own_cells_and_weights_lie_beside_the_scenario(written, tmp_path):
    (tmp_path / "mine.toml").write_text("name = 'Mine'\nequations = 'h = tanh(W @ x + U @ h[-1])'\n", encoding="utf-8")
    scenario = read_scenario(written(SMALL.replace("3", "3\ncell = 'mine.toml'") + "[weights]\nfile = 'w.npz'"))
    parameters = {f"param/{path}": np.ones(shape) for path, shape in scenario.network().parameter_shapes.items()}
    np.savez(tmp_path / "w.npz", **parameters)
    assert set(scenario.parameters()) == {"l0/W", "l0/U", "head/V", "head/b"}
    assert (scenario.parameters()["l0/W"] == 1).all()
    assert scenario.optimiser_state() == {}
    np.savez(tmp_path / "w.npz", other=np.ones(3))
    with pytest.raises(FileError, match=r"weights.file: .*it holds no weights: expected keys such as “param/l0/W_f”"):
        scenario.parameters()


def test_the_opening_says_where_the_cursor_stands(written):
    opening = read_scenario(
        written(SMALL + "target = 1\n[opening]\nphase = 'backward'\nt = 4\ngrain = 'time_step'")
    ).opening
    assert (opening.phase, opening.t, opening.grain) == (Phase.BACKWARD, 4, Grain.TIME_STEP)


def test_batches_depend_on_seed_and_number_only():
    scenario = read_scenario("agreement")
    third = [next(scenario.batches(size=4, seed=seed, first=3)).inputs for seed in (1, 1, 2)]
    stream = scenario.batches(size=4, seed=1)
    np.testing.assert_array_equal([next(stream) for _ in range(4)][3].inputs, third[0])
    np.testing.assert_array_equal(third[0], third[1])
    assert third[0].shape != third[2].shape or (third[0] != third[2]).any()


def test_adam_keeps_all_that_is_said_of_it():
    assert read_scenario("agreement").settings.learning.optimiser == Adam(rate=0.01, weight_decay=0.003)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("units = 12", "unitz = 12", "network: 'units' is missing"),
        (
            "units = 12",
            "units = 12\nlayer = [{}]",
            "network.units: with layers this cannot stand here; write it in ..network.layer",
        ),
        ("units = 12", "units = '12'", "network.units: expected 'int', got 'str'"),
        ("units = 12", "units = 0", "network.units: expected 'int' >= 1"),
        ('"lstm"', '"lstmm"', "network.cell: there is no file lstmm and no built-in one of that name"),
        ('"softmax"', '"softmx"', "network.head: there is no file softmx"),
        ('"cross-entropy"', '"none"', "network.loss: .*it has: cross-entropy, squared"),
        ('"agreement"', '"agree"', "task.name: invalid value 'agree', expected adding, agreement, blank"),
        ("[7, 14]", "[5, 14]", "task: .*every test gap must be longer than any in training"),
        ('"adam"', '"adamw"', "learning.optimiser.type: invalid value 'adamw', expected sgd, momentum or adam"),
        ("{ type", "{ rte = 1.0, type", "learning.optimiser.rte: there is no such key; did you mean 'rate'"),
        ("rate = 0.01", "rate = -1.0", "learning: Adam: rate must be finite and at least 0, got -1"),
        ('"norm"', '"nrm"', "learning.clipping.rule: .*expected off, value or norm"),
        ("the cats", "the catz", "data.text: “catz” .near: “cat”, “cats”. is not in the vocabulary"),
        ('"were"', '"wer"', "data.target: “wer” .near: “were”. is none of the 2 classes"),
        ('"were"', "3", "data.target: .*is class 3, expected 0 to 1"),
        ('"were"', "[0.5]", "data.target: The targets have 1 numbers per step, but the network gives 2"),
        ("[learning]", "[opening]\nt = 7\n[learning]", "opening.t: got 7, expected a step from 0 to 6"),
        ("[learning]", "[opening]\ngrain = 'big'\n[learning]", "opening.grain: .*expected operation, equation"),
        ("[learning]", "[learing]", "learing: there is no such key; did you mean 'learning'"),
        ("[network]", "[network", "this is not valid TOML: .*line"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(written, before, after, sentence):
    assert before in SHIPPED
    with pytest.raises(FileError, match=f"^own.toml(, |: )(line [0-9]+, )?{sentence}"):
        read_scenario(written(SHIPPED.replace(before, after)))


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("agreement.npz", "agreementt.npz", "There is no file .*agreementt.npz"),
        ("units = 12", "units = 8", "block l0: the parameter W_f has shape .12, 51., expected .8, 51."),
        ('"lstm"', '"gru"', "block l0: the parameter .* is missing"),
    ],
)
def test_weights_that_do_not_fit_are_refused_when_they_are_asked_for(written, before, after, sentence):
    scenario = read_scenario(written(SHIPPED.replace(before, after)))
    assert scenario.initial_parameters()
    with pytest.raises(FileError, match=f"^own.toml, weights.file: {sentence}"):
        scenario.parameters()


def test_what_is_no_scenario_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"There is no scenario 'agree'. Use one of: agreement"):
        read_scenario("agree")
    with pytest.raises(FileError, match=r"There is no scenario '../scenarios/agreement'"):
        read_scenario("../scenarios/agreement")
    with pytest.raises(FileError, match="There is no file"):
        read_scenario(tmp_path / "none.toml")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 5000, encoding="utf-8")
    with pytest.raises(FileError, match=r"deep.toml: this is"):
        read_scenario(tmp_path / "deep.toml")
