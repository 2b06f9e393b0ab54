from __future__ import annotations

from core.cell import load_cell
from core.frame import Cursor, Phase, Position
from core.network import build_network
from desktop.views.side.records import brief_place_words, layer_paths, model_summary, place_words


def test_a_network_is_summed_up() -> None:
    network = build_network(load_cell("lstm", inputs=5, units=4), outputs=3)
    summary = model_summary(network, "Subject and verb", True)
    assert summary.cells == ("LSTM",)
    assert (summary.inputs, summary.units, summary.outputs) == (5, (4,), 3)
    assert summary.readout == "Softmax"
    assert summary.loss == "cross-entropy"
    assert summary.count == sum(value.size for value in network.initial_parameters().values())
    assert {row.path: row.shape for row in summary.parameters} == dict(network.parameter_shapes)


def test_breakpoints_can_watch_every_variable_but_the_loss() -> None:
    network = build_network(load_cell("lstm", inputs=5, units=4), outputs=3)
    paths = layer_paths(network)
    assert paths[:6] == ("l0/f", "l0/i", "l0/g", "l0/c", "l0/o", "l0/h")
    assert "head/L" not in paths


def test_a_place_is_said_in_a_few_words() -> None:
    position = Position(Cursor(40, 7), 100, Phase.BACKWARD, 2, "l0", "c")
    assert place_words(position) == "iteration 40 · backward, t = 3"
    assert brief_place_words(position) == "40 · backward, t = 3"
    assert place_words(Position(Cursor(0, 7), 100, Phase.UPDATE)) == "iteration 0 · update"
