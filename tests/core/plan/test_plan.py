"""The compiled plan does what the equations say: values, gradients of all kinds, batches, and overwritten values."""

from __future__ import annotations

import numpy as np
import pytest

from core.cell import cell_from_text, load_cell
from tests.core.walks import Walk, check_gradients, check_values, random_walk

TEXTS = {
    "product of matrices, element by element": "h = tanh((A * B) @ h[-1] + W @ x)",
    "sum of matrices": "h = tanh((A + B) @ h[-1] + W @ x)",
    "antisymmetric matrix": "h = tanh((A - transpose(A)) @ h[-1] + W @ x)",
    "negative matrix": "h = tanh(-U @ h[-1] + W @ x)",
    "function of a matrix": "h = tanh(sigmoid(A) @ h[-1] + W @ x)",
    "scalar times matrix": "h = tanh((mean(x) * A) @ h[-1] + (A / (1 + A * A)) @ h[-1] + W @ x)",
    "fast weights": "h = tanh(outer(h[-1], x) @ (V @ h[-2]) + W @ x)",
    "transposed matrix": "h = tanh(transpose(U) @ h[-1] + transpose(V) @ x)",
    "one matrix twice": "h = tanh(U @ h[-1] + transpose(U) @ h[-2] + W @ x)",
    "matrix times parameter": "h = tanh(U @ b + b + V @ h[-1] + W @ x)",
    "matrix times part of a parameter": "h = tanh(A @ b[0:2] + b * 2 + V @ h[-1] + W @ x)",
    "parts of inputs and states": "h = tanh(A @ x[0:2] + U @ h[-1] + B @ h[-1][1:3] + W @ x)",
    "two parts that begin alike": "h = tanh(W @ x + U @ [h[-1][0:1], h[-1][0:2]]) + [h[-1][0:2], x[0:1]]",
    "concatenation": "h = tanh(W @ [x, h[-1], h[-2]] + b)",
    "the same input twice in a concatenation": "h = tanh(W @ [x, x] + U @ [h[-1], tanh(h[-1])])",
    "output put together": "h = [tanh(h[-1] + U @ h[-1])[0:2], (V @ x + h[-1])[2:3]]",
    "far delays": "h = 0.5 * h[-3] + tanh(W @ x + U @ h[-5])",
    "nothing but names": "y = W @ x\nz = y\nh = z + U @ h[-1]",
    "a state passed on": "h = h[-1] + W @ x",
    "two equations that say the same": "a = tanh(W @ x)\nd = tanh(W @ x)\nh = a * d + U @ h[-1]",
    "scalar variable": "s = mean(h[-1])\nh = s * tanh(W @ x) + U @ h[-1] - s",
    "time": "h = where(t % 2 == 0, tanh(W @ x + U @ h[-1]), h[-1]) / (1 + t)",
    "comparisons": "h = tanh(W @ x) * (h[-1] > 0) - (b <= h[-1]) * (U @ h[-1])",
    "whole vectors": "h = softmax(W @ x + U @ h[-1]) * layer_norm(V @ h[-1])",
    "powers and quotients": "h = (W @ x) ** 3 / (2 + cos(U @ h[-1])) + (2 + h[-1] * h[-1]) ** -2",
    "kinked": "h = maximum(W @ x, U @ h[-1]) - minimum(V @ x, 0.1) + relu(h[-1]) - abs(b)",
    "sum with many biases": "h = tanh(W @ x + a + W @ x + b - c + U @ h[-1] + 0.5)",
    "an unread equation": "h = tanh(W @ x + U @ h[-1])\nnorm = sqrt(sum(h * h))",
    "two products after each other": "a = tanh(W @ x + U @ h[-1])\nh = tanh(V @ (a * h[-1]) + R @ a)",
    "trainable constant": "equations = 'h = k * tanh(W @ x + k * (U @ h[-1]) + k)'\n[constants]\n"
    "k = { value = 0.3, trainable = true, range = [0, 1] }",
    "constant and matrix": "equations = 'h = tanh((k * A) @ h[-1] + W @ x)'\n[constants]\n"
    "k = { value = 0.3, trainable = true }",
    "clockwork": "equations = 'h = where(mod(t, p) == 0, tanh(W @ x + U @ h[-1]), h[-1])'\n[parameters.p]\n"
    "value = [1, 2, 4]\ntrainable = false",
}


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_values_and_gradients(text: str, batch: tuple[int, ...]) -> None:
    walk = random_walk(cell_from_text(text, inputs=2, units=3), batch=batch, seed=4)
    tape = walk.walked()
    check_values(walk, tape)
    check_gradients(walk, tape, 1e-10)


@pytest.mark.parametrize("text", [TEXTS["fast weights"], TEXTS["product of matrices, element by element"]])
def test_backward_needs_only_the_stored_rows(text: str) -> None:
    """A run that took over the rows of another one never ran these steps forward itself."""
    walk = random_walk(cell_from_text(text, inputs=2, units=3), seed=5)
    whole, taken = walk.walked(), walk.tape()
    taken.kept[...] = whole.kept
    taken.inbox_of("h")[taken.lead :] += walk.weights
    for step in reversed(range(len(walk.inputs))):
        taken.backward(step)
    for name in walk.parameters:
        np.testing.assert_array_equal(taken.gradient(name, 0, 5), whole.gradient(name, 0, 5))


@pytest.mark.parametrize("name", ["lstm", "gru", "gru_simplified", "rnn_identity"])
def test_a_batch_of_one_equals_no_batch(name: str) -> None:
    alone = random_walk(load_cell(name, inputs=3, units=4), seed=6)
    initial = {key: rows[:, None] for key, rows in alone.initial.items()}
    batched = Walk(alone.cell, alone.parameters, alone.inputs[:, None], initial, alone.weights[:, None])
    one, other = alone.walked(), batched.walked()
    for variable in alone.cell.definition.variables:
        np.testing.assert_allclose(one.values(variable), other.values(variable)[:, 0], rtol=1e-12, atol=1e-14)
    for parameter in alone.parameters:
        found = other.gradient(parameter, 0, 5)
        np.testing.assert_allclose(one.gradient(parameter, 0, 5), found, rtol=1e-11, atol=1e-13)


def test_gradients_of_some_steps_add_up() -> None:
    tape = random_walk(load_cell("lstm", inputs=3, units=4), steps=6, seed=7).walked()
    for name in ("W_f", "b_o"):
        parts = tape.gradient(name, 0, 2) + tape.gradient(name, 2, 6)
        np.testing.assert_allclose(parts, tape.gradient(name, 0, 6), rtol=1e-12, atol=1e-14)
    assert not tape.gradient("W_f", 3, 3).any()


def test_same_steps_give_the_same_bits() -> None:
    walk = random_walk(load_cell("gru", inputs=3, units=4), seed=8)
    one, other = walk.walked(), walk.walked()
    np.testing.assert_array_equal(one.kept, other.kept)
    np.testing.assert_array_equal(one.sent, other.sent)


OVERWRITTEN = {
    "linear": "h = W @ x + U @ h[-1] + b",
    "passed on": "h = h[-1] + W @ x",
    "the same twice": "a = tanh(W @ x)\nd = tanh(W @ x)\nh = (a + d) * tanh(U @ h[-1])",
    "lstm": "f = sigmoid(W @ x + U @ h[-1])\na = f * a[-1] + (1 - f) * tanh(V @ x)\nh = f * tanh(a)",
}


@pytest.mark.parametrize("text", OVERWRITTEN.values(), ids=OVERWRITTEN)
def test_an_overwritten_value_is_read_but_its_equation_gets_no_gradient(text: str) -> None:
    walk = random_walk(cell_from_text(text, inputs=2, units=3), seed=9)
    variable = walk.cell.definition.variables[0]
    tape = walk.tape()
    tape.overwrite(2, variable, 1, 0.25)
    for step in range(5):
        tape.forward(step)
    values = {name: tape.values(name).copy() for name in walk.cell.definition.variables}
    assert values[variable][tape.lead + 2, 1] == 0.25
    if text == OVERWRITTEN["the same twice"]:
        np.testing.assert_array_equal(values["d"][tape.lead + 2], np.tanh(walk.parameters["W"] @ walk.inputs[2]))
    tape.inbox_of("h")[tape.lead :] += walk.weights
    for step in reversed(range(5)):
        tape.backward(step)
    check_by_differences(walk, tape, variable)


def check_by_differences(walk: Walk, tape: object, variable: str) -> None:
    """Gradients of the loss in which the overwritten value is a constant, by central differences."""
    moved_by = 1e-6
    for name, value in walk.parameters.items():
        found = tape.gradient(name, 0, 5)  # type: ignore[attr-defined]
        for index in np.ndindex(*value.shape):
            losses = [overwritten_loss(walk, name, index, sign * moved_by, variable) for sign in (1, -1)]
            slope = (losses[0] - losses[1]) / (2 * moved_by)
            assert abs(found[index] - slope) < 1e-7 * (1 + abs(slope)), (name, index)
    losses = [overwritten_loss(walk, "", (), sign * moved_by, variable) for sign in (1, -1)]
    arrived = tape.adjoints(variable)[2, 1]  # type: ignore[attr-defined]
    assert abs(arrived - (losses[0] - losses[1]) / (2 * moved_by)) < 1e-7 * (1 + abs(arrived))


def overwritten_loss(walk: Walk, name: str, index: tuple[int, ...], change: float, variable: str) -> float:
    """The loss with a parameter changed, or with the overwritten value changed where ``name`` is empty."""
    parameters = dict(walk.parameters)
    if name:
        parameters[name] = parameters[name].copy()
        parameters[name][index] += change
    tape = Walk(walk.cell, parameters, walk.inputs, walk.initial, walk.weights).tape()
    tape.overwrite(2, variable, 1, 0.25 + (0.0 if name else change))
    for step in range(5):
        tape.forward(step)
    return float((walk.weights * tape.values("h")[tape.lead :]).sum())
