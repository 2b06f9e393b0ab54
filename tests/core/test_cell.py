"""Every shipped cell: all variables against the plain reference, all gradients against complex steps and PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.cell import Cell, cell_from_text, load_cell
from core.errors import FileError, LanguageError, ShapeError
from core.language import parse_cell
from core.operators.expression import INPUT
from tests.core.references import STEPS, reference_shapes, reference_walk
from tests.core.test_references import RECORDED, from_pytorch
from tests.core.walks import Walk, check_gradients, check_values, random_walk

PROJECTED = """
name = "LSTM with a projection"
equations = '''
f = sigmoid(W_f @ x + U_f @ h[-1] + b_f)
i = sigmoid(W_i @ x + U_i @ h[-1] + b_i)
g = tanh(W_g @ x + U_g @ h[-1] + b_g)
c = f * c[-1] + i * g
o = sigmoid(W_o @ x + U_o @ h[-1] + b_o)
h = W_hr @ (o * tanh(c))
'''
[sizes]
cells = 5
[variables]
c = "cells"
"""


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("name", STEPS)
def test_all_variables_equal_the_reference(name: str, batch: tuple[int, ...]) -> None:
    walk = random_walk(load_cell(name, inputs=3, units=4), steps=6, batch=batch, seed=1)
    tape = walk.walked()
    state = {key: rows[-1] for key, rows in walk.initial.items()}
    expected = reference_walk(name, walk.parameters, state, walk.inputs)
    assert set(expected) == set(walk.cell.definition.variables)
    for variable, values in expected.items():
        np.testing.assert_allclose(tape.values(variable)[tape.lead :], values, rtol=1e-12, atol=1e-14, err_msg=variable)
    check_values(walk, tape)


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("name", STEPS)
def test_all_gradients_equal_complex_steps(name: str, batch: tuple[int, ...]) -> None:
    walk = random_walk(load_cell(name, inputs=2, units=3), steps=4, batch=batch, seed=2)
    check_gradients(walk, walk.walked())


@pytest.mark.parametrize("name", STEPS)
def test_parameters_have_the_shapes_of_the_reference(name: str) -> None:
    assert dict(load_cell(name, inputs=3, units=4).parameter_shapes) == reference_shapes(name, 3, 4)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_agrees_with_pytorch(path: Path) -> None:
    kind = path.stem.split("-")[0]
    with np.load(path) as file:
        recorded = dict(file)
    walk = walk_of(kind, recorded, path.stem.endswith("last"))
    tape = walk.walked()
    for name in walk.initial:
        inbox = tape.inbox_of(name)
        # PyTorch's retained c is read by the next step only: it never sees what comes through h of the same step
        arrived = tape.adjoints(name) if name == "h" else inbox[1:]
        for found, key in ((tape.values(name)[1:], name), (arrived, f"grad/{name}"), (inbox[0], f"grad/{name}0")):
            np.testing.assert_allclose(found, recorded[key], rtol=1e-10, atol=1e-13, err_msg=key)
    np.testing.assert_allclose(tape.sends(INPUT, "x"), recorded["grad/x"], rtol=1e-10, atol=1e-13)
    gradients = {name: tape.gradient(name, 0, len(walk.inputs)) for name in walk.parameters}
    for name, expected in gradients_from_pytorch(kind, recorded).items():
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-10, atol=1e-13, err_msg=name)


def walk_of(kind: str, recorded: dict[str, np.ndarray], last: bool) -> Walk:
    """The recorded example; half the sum of squares of h has the derivative h."""
    units = recorded["h0"].shape[-1]
    weights = recorded["h"].copy()
    if last:
        weights[:-1] = 0.0
    initial = {name: recorded[f"{name}0"][None] for name in ("h", "c") if f"{name}0" in recorded}
    cell = load_cell(kind, inputs=recorded["x"].shape[-1], units=units)
    return Walk(cell, from_pytorch(kind, recorded), recorded["x"], initial, weights)


def gradients_from_pytorch(kind: str, recorded: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """As the parameters, but the gradient of a sum of two biases is that of either."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    gradients = {name: recorded[f"grad/{name}"] for name in names}
    if kind != "gru":
        gradients["bias_hh"] = np.zeros_like(gradients["bias_hh"])
        return from_pytorch(kind, gradients)
    units = gradients["bias_hh"].shape[0] // 3
    gradients["bias_hh"] = np.concatenate([np.zeros(2 * units), gradients["bias_hh"][2 * units :]])
    return from_pytorch(kind, gradients)


@pytest.mark.parametrize("batch", [(), (2,)])
def test_a_projected_lstm_works_end_to_end(batch: tuple[int, ...]) -> None:
    cell = cell_from_text(PROJECTED, inputs=2, units=3)
    assert cell.variable_sizes == {"f": 5, "i": 5, "g": 5, "c": 5, "o": 5, "h": 3}
    assert cell.parameter_shapes["W_hr"] == (3, 5)
    assert cell.parameter_shapes["U_f"] == (5, 3)
    walk = random_walk(cell, batch=batch, seed=3)
    tape = walk.walked()
    check_values(walk, tape)
    check_gradients(walk, tape)


def test_initial_parameters_follow_the_file_and_the_seed() -> None:
    cell = load_cell("lstm", inputs=3, units=4)
    first, again, other = (cell.initial_parameters(seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first["b_f"], np.ones(4))
    assert np.abs(first["W_f"]).max() <= 0.5
    np.testing.assert_array_equal(first["W_f"], again["W_f"])
    assert (first["W_f"] != other["W_f"]).any()


def test_fixed_values_fill_their_shape() -> None:
    text = "equations = 'h = k * tanh(W @ x + p * h[-1])'\n[constants]\nk = 0.5\n[parameters.p]\nvalue = [1, 2, 3]\n"
    cell = cell_from_text(text, inputs=2, units=3)
    start = cell.initial_parameters()
    np.testing.assert_array_equal(start["k"], [0.5])
    np.testing.assert_array_equal(start["p"], [1, 2, 3])
    assert cell.trainable == ("W", "p")
    with pytest.raises(ShapeError, match="value of p does not fit its shape"):
        cell_from_text(text, inputs=2, units=4).initial_parameters()


def test_initial_states_have_a_row_for_every_delay() -> None:
    cell = cell_from_text("c = tanh(W @ x + c[-3])\nh = c + U @ h[-1]", inputs=2, units=3)
    assert {name: rows.shape for name, rows in cell.initial_state(4).items()} == {"c": (3, 4, 3), "h": (1, 4, 3)}
    assert {name: rows.shape for name, rows in cell.initial_state().items()} == {"c": (3, 3), "h": (1, 3)}


def test_wrong_parameters_are_named() -> None:
    cell = load_cell("rnn_tanh", inputs=2, units=3)
    good = cell.initial_parameters()
    assert set(cell.check_parameters(good)) == {"W", "U", "b"}
    with pytest.raises(ShapeError, match=r"parameter b of shape .* is missing; there are: W, U"):
        cell.check_parameters({name: good[name] for name in "WU"})
    with pytest.raises(ShapeError, match=r"parameter W has shape \(3, 3\), expected \(3, 2\)"):
        cell.check_parameters({**good, "W": np.zeros((3, 3))})


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="line 1, equation of h: a slice reaches to 5, but the vector has 2 numbers"):
        cell_from_text("h = tanh(W @ x[0:5])", inputs=2, units=3)


def test_what_others_read_is_as_wide_as_the_output() -> None:
    assert cell_from_text("h = tanh(W @ x) * x", inputs=2, units=3).outputs == 2
    definition = load_cell("lstm_projected", inputs=2, units=5).definition
    cell = Cell(definition, 2, 5, {"projection": 3})
    assert (cell.outputs, cell.variable_sizes["c"], cell.parameter_shapes["P"]) == (3, 5, (3, 5))
    with pytest.raises(ShapeError, match="declares no size width; it declares: projection"):
        Cell(definition, 2, 5, {"width": 3})
    with pytest.raises(ShapeError, match="projection is 0"):
        Cell(definition, 2, 5, {"projection": 0})


def test_a_cell_needs_inputs_and_units() -> None:
    with pytest.raises(ShapeError, match="at least one"):
        Cell(parse_cell("h = tanh(W @ x)"), 0, 3)


def test_unknown_cells_and_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="built in are: gru, "):
        load_cell("lsmt", inputs=1, units=1)
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="UTF-8"):
        load_cell(path, inputs=1, units=1)
    path.write_text("equations = 'h = foo(x)'", encoding="utf-8-sig")
    with pytest.raises(LanguageError, match=r"own\.toml, line 1, column 18: there is no function foo"):
        load_cell(path, inputs=1, units=1)
    path.write_text("# " + "x" * 300_000)
    with pytest.raises(FileError, match="larger"):
        load_cell(path, inputs=1, units=1)
    with pytest.raises(FileError, match=r"there is no file|cannot be read"):
        load_cell("x" * 5000, inputs=1, units=1)
