"""Lanes, breakpoints, lessons, layers and values in scenario files, and the session that comes of them."""

from __future__ import annotations

import numpy as np
import pytest

from core.breakpoints import AtTime, GradientNorm
from core.errors import FileError
from core.frame import Cursor, Grain, Phase
from core.resources import resource_path
from core.scenario import read_scenario, scenario_names
from core.scenario_session import ready_session, session_of_scenario, stand_at
from core.words import said

RICH = """
name = { en = "Two networks", zh = "两个网络" }
description.en = "They read the same."
description.zh = "它们读同样的东西。"

[network]
units = 3
cell = "gru"

[data]
text = "a b c b a"
target = 1

[weights.values]
"l0/b_z" = [1, 2, 3]

[opening]
phase = "backward"
t = 2
grain = "time_step"

[[lanes]]
name = { en = "plain", zh = "普通" }
network = { cell = "rnn_tanh", units = 4 }

[[lanes]]
name = "open"
[lanes.weights.values]
"l0/b_z" = [-1, -1, -1]

[[breakpoints]]
type = "time"
t = 3

[[breakpoints]]
type = "gradient"
path = "l0/h"

[[lesson]]
text.en = "First."
text.zh = "首先。"

[[lesson]]
text = "Then."
at = { phase = "loss" }
look = { path = "l0/z", t = 4, unit = 2, panel = "inspector", laboratory = "reach" }

[lesson.question]
text = "Which?"
choices.en = ["this", "that"]
choices.zh = ["这个", "那个"]
answer = 2
because = "So."
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str):
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_session_has_the_lanes_the_breakpoints_and_the_place_of_its_scenario(written):
    scenario = read_scenario(written(RICH))
    session = session_of_scenario(scenario, "zh")
    assert session.setup.name == "两个网络"
    assert [lane.name for lane in session.lanes] == ["普通", "open"]
    assert session.lanes[0].network.block("l0").cell.definition.name == "Simple RNN (tanh)"
    assert session.lanes[1].network is session.setup.network
    assert session.breakpoints == (AtTime(3), GradientNorm("l0/h"))
    assert (session.position.phase, session.position.t, session.grain) == (Phase.BACKWARD, 2, Grain.TIME_STEP)
    assert session.undo_label == ""


def test_values_in_the_file_go_before_all_others(written):
    session = session_of_scenario(read_scenario(written(RICH)))
    np.testing.assert_array_equal(session.parameters["l0/b_z"], [1, 2, 3])
    root = session.lanes[1].root.iterations[0].parameters
    np.testing.assert_array_equal(root["l0/b_z"], [-1, -1, -1])
    np.testing.assert_array_equal(root["l0/U_z"], session.parameters["l0/U_z"])


def test_a_lane_is_a_scenario_that_can_be_trained(written):
    lane = read_scenario(written(RICH)).lane_named("plain")
    assert lane.network().block("l0").cell.units == 4
    assert lane.parameters().keys() == lane.network().parameter_shapes.keys()
    with pytest.raises(FileError, match="there is no lane “other”; there are: plain, open"):
        read_scenario(written(RICH)).lane_named("other")


def test_lessons_are_said_in_both_languages(written):
    first, second = read_scenario(written(RICH)).settings.lesson
    assert (said(first.text, "zh"), said(second.text, "zh")) == ("首先。", "Then.")
    assert second.at.t is None
    assert second.question.answer == 2


def test_a_lesson_stands_at_the_regulariser_only_where_there_is_one(written):
    text = RICH.replace('phase = "loss"', 'phase = "regulariser"')
    with pytest.raises(FileError, match=r"at.phase: got regulariser, expected another one"):
        read_scenario(written(text))
    scenario = read_scenario(written(text + "[learning]\nregulariser = { weight = 0.5 }\n"))
    session = session_of_scenario(scenario)
    stand_at(session, scenario.settings.lesson[1].at)
    assert session.position.phase is Phase.REGULARISER


@pytest.mark.parametrize("phase", ["forward", "loss", "backward", "clip", "update"])
def test_a_session_stands_at_any_phase_of_a_later_iteration(written, phase):
    session = session_of_scenario(read_scenario(written(RICH)))
    place = read_scenario(written(RICH.replace('phase = "loss"', f'phase = "{phase}", iteration = 2'))).settings
    stand_at(session, place.lesson[1].at)
    assert (session.cursor.iteration, session.position.phase) == (2, phase)
    session.go_to(Cursor())


def test_the_ready_example_is_a_session_at_its_start():
    session = ready_session()
    assert (session.setup.name, session.cursor, session.lanes) == ("Subject and verb", Cursor(), ())


LAYERS = """
name = "Layers"
[[network.layer]]
cell = "rnn_tanh"
units = 2
initial = { h = [0.5, -0.5] }
[[network.layer]]
cell = "gru"
units = 3
direction = "both"
[network.readout]
head = "identity"
loss = "squared"
[data]
text = "1 2\\n3 4"
kind = "numbers"
target = [1.0]
"""


def test_layers_stand_in_the_scenario_as_in_a_network_file(written):
    session = session_of_scenario(read_scenario(written(LAYERS)))
    assert [block.name for block in session.setup.network.blocks][:4] == ["l0", "l1", "l1.reverse", "l1.join"]
    np.testing.assert_array_equal(session.run.initial("l0/h")[0, 0], [0.5, -0.5])


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('"rnn_tanh"', '"rnn_tan"', r"line 4, network.layer\[0\].cell: there is no file rnn_tan"),
        ('"both"', '"up"', r"line 10, network.layer\[1\].direction: .*expected forward"),
        ("units = 3", "units = 3\nunit = 1", r"line 10, network.layer\[1\].unit: there is no such key; did you mean"),
        ("{ h =", "{ c =", r"line 6, network.layer\[0\].initial.c: l0/c has no initial value"),
        (
            '[network.readout]\nhead = "identity"',
            "[network]\nunits = 2",
            r"network.units: with layers this cannot stand here",
        ),
    ],
)
def test_what_is_wrong_in_layers_is_said_with_its_line(written, before, after, sentence):
    assert before in LAYERS
    with pytest.raises(FileError, match=f"^own.toml(, |: ).*{sentence}"):
        session_of_scenario(read_scenario(written(LAYERS.replace(before, after))))


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("{ phase = \"loss\" }", "{ t = 5 }", r"line 45, lesson\[1\].at.t: got 5, expected a step from 0 to 4"),
        ("{ phase = \"loss\" }", "{ phase = 'los' }", r"line 45, lesson\[1\].at.phase: .*expected forward, loss"),
        ("t = 4", "t = 40", r"line 46, lesson\[1\].look.t: got 40, expected a step from 0 to 4"),
        ("l0/z", "l0/zz", r"line 46, lesson\[1\].look.path: got “l0/zz”, expected one of: l0/r, l0/z"),
        ("unit = 2", "unit = 3", r"line 46, lesson\[1\].look.unit: got 3, expected a unit of l0/z, 0 to 2"),
        ('"inspector"', '"inspect"', r"line 46, lesson\[1\].look.panel: .*expected model, data"),
        ('"reach"', '"rich"', r"line 46, lesson\[1\].look.laboratory: .*expected reach, paths"),
        ("answer = 2", "answer = 3", r"line 48, lesson\[1\].question.answer: got 3, expected one of the cho"),
        ('["这个", "那个"]', '["这个"]', r"lesson\[1\].question.choices: there are not as many in each language"),
        ('text.en = "First."\n', "", r"lesson\[0\].text: 'en' is missing"),
        ("type = \"time\"", "type = \"tim\"", r"line 32, breakpoints\[0\].type: .*expected time, saturated"),
        ("t = 3", "t = 9", r"line 33, breakpoints\[0\].t: got 9, expected a step from 0 to 4"),
        ('path = "l0/h"', 'path = "l1/h"', r"line 37, breakpoints\[1\].path: got “l1/h”, expected one of: l0/r"),
        ('"rnn_tanh"', '"rnn"', r"lanes\[0\].network.cell: there is no file rnn"),
        ("{ cell = \"rnn_tanh\", units = 4 }", "{ cell = 'lstm' }", r"lanes\[0\].network: 'units' is missing"),
        ("[lanes.weights.values]", "[lanes.weight.values]", r"lanes\[1\].weight: there is no such key; did you mean"),
        ("[1, 2, 3]", "[1, 2]", "weights.values.l0/b_z: got 2 numbers, expected 3 numbers"),
        ("[1, 2, 3]", "['a', 2, 3]", "weights.values.l0/b_z: expected numbers"),
        ('"l0/b_z" = [1', '"l0/b_y" = [1', "weights.values.l0/b_y: there is no such parameter; expected one of"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_lesson_or_a_lane_is_said_in_one_sentence(written, before, after, sentence):
    assert before in RICH
    with pytest.raises(FileError, match=f"^own.toml(, |: ).*{sentence}"):
        session_of_scenario(read_scenario(written(RICH.replace(before, after, 1))))


def test_without_a_target_there_is_no_walk_back_to_stand_at(written):
    with pytest.raises(FileError, match=r"opening.phase: got backward, expected forward"):
        read_scenario(written(RICH.replace("target = 1", "")))
    text = RICH.replace("target = 1", "").replace('phase = "backward"', "").replace('phase = "loss"', "iteration = 1")
    with pytest.raises(FileError, match=r"lesson\[1\].at.iteration: got 1, expected 0"):
        read_scenario(written(text))


def test_weights_of_layers_are_read_with_the_recipe_they_were_trained_by(written, tmp_path):
    import main

    path = written(LAYERS)
    assert main.main(["train", str(path), "--iterations", "2", "--out", str(tmp_path / "w.npz")]) == 0
    session = session_of_scenario(read_scenario(written(LAYERS + '[weights]\nfile = "w.npz"\n')))
    assert session.setup.network.block("l1").cell.units == 3


def test_more_lanes_than_fit_are_refused(written):
    lanes = "".join(f'[[lanes]]\nname = "{n}"\n' for n in range(3))
    with pytest.raises(FileError, match="lanes: expected 'array' of length <= 3"):
        read_scenario(written(RICH + lanes))


def test_one_number_fills_a_parameter_at_the_start_of_training(written):
    scenario = read_scenario(written(RICH.replace("[1, 2, 3]", "3.0")))
    np.testing.assert_array_equal(scenario.initial_parameters(5)["l0/b_z"], [3.0, 3.0, 3.0])
    np.testing.assert_array_equal(scenario.parameters()["l0/b_z"], [3.0, 3.0, 3.0])


def test_the_scenario_in_the_readme_can_be_opened(written):
    text = (resource_path().parent / "README.md").read_text(encoding="utf-8")
    block = text.split("## Scenarios\n")[1].split("```toml\n")[1].split("```")[0]
    session = session_of_scenario(read_scenario(written(block)), "zh")
    assert (session.setup.name, len(session.lanes), len(session.breakpoints)) == ("哪个在前？", 1, 1)
    assert (session.parameters["l0/b_z"] == 1.0).all()


def test_the_readme_names_every_shipped_scenario():
    text = (resource_path().parent / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in scenario_names())


def test_a_cell_that_does_not_parse_is_told_with_its_own_line(written, tmp_path):
    (tmp_path / "mine.toml").write_text("name = 'Mine'\nequations = '''\nh = tanh(W @ x +)\n'''\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"^own.toml, lanes\[0\].network.cell: .*mine.toml, line 3"):
        read_scenario(written(RICH.replace('"rnn_tanh"', '"mine.toml"')))


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (None, r"lanes\[1\].weights.file: There is no file “.*test_weights_of_a_lane.*w.npz”"),
        ({"param/l0/U": np.zeros((3, 3))}, r"lanes\[1\].weights.file: block l0: the parameter .* is missing"),
        ("wrong shape", r"lanes\[1\].weights.file: .*b_z.*shape \(4,\).*expected \(3,\)"),
    ],
)
def test_weights_of_a_lane_that_are_missing_or_do_not_fit_are_told_with_the_lane(written, tmp_path, weights, sentence):
    path = written(RICH.replace('[lanes.weights.values]\n"l0/b_z" = [-1, -1, -1]', '[lanes.weights]\nfile = "w.npz"'))
    if weights == "wrong shape":
        parameters = read_scenario(path).initial_parameters() | {"l0/b_z": np.zeros(4)}
        weights = {f"param/{name}": array for name, array in parameters.items()}
    if weights is not None:
        np.savez(tmp_path / "w.npz", **weights)
    with pytest.raises(FileError, match=f"^own.toml, {sentence}"):
        session_of_scenario(read_scenario(path))
