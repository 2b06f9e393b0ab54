"""The three-step RNN by hand: every number that a textbook writes down can be read, and is that number."""

from __future__ import annotations

import numpy as np
import pytest

from core.gradients.itemised.weight_terms import weight_term, weight_terms
from core.gradients.proof.check import prove_all
from core.network_file import read_network_file
from core.run import Problem, Run

W_X, W_S, W_O, B_1, B_2, S_0 = 0.7, 0.8, 1.5, 0.1, -0.2, 0.4
X, Y = (1.0, 2.0, -1.0), (0.5, 1.0, 2.0)


@pytest.fixture
def run() -> Run:
    file = read_network_file("three_steps_by_hand")
    network = file.network(inputs=1, outputs=1)
    numbers = {"l0/W_x": W_X, "l0/W_s": W_S, "l0/b_1": B_1, "head/W_o": W_O, "head/b_2": B_2}
    parameters = {path: np.full(shape, numbers[path]) for path, shape in network.parameter_shapes.items()}
    inputs, targets = (np.reshape(values, (3, 1, 1)) for values in (X, Y))
    return Run(Problem(network, parameters, inputs, targets, initial={"l0/S": np.full((1, 1, 1), S_0)})).complete()


def states() -> list[float]:
    found = [S_0]
    for x in X:
        found.append(W_X * x + W_S * found[-1] + B_1)
    return found


def slopes() -> list[float]:
    """dL_t/dO_t."""
    return [W_O * s + B_2 - y for s, y in zip(states()[1:], Y, strict=True)]


def test_the_names_are_those_of_the_textbook(run: Run) -> None:
    paths = [f"{block.name}/{name}" for block in run.network.blocks for name in block.cell.definition.variables]
    assert paths == ["l0/S", "head/O", "head/L"]
    assert set(run.network.parameter_shapes) == {"l0/W_x", "l0/W_s", "l0/b_1", "head/W_o", "head/b_2"}


def test_states_outputs_and_losses(run: Run) -> None:
    outputs = np.array([W_O * s + B_2 for s in states()[1:]])
    np.testing.assert_allclose(run.values("l0/S").ravel(), states()[1:], rtol=1e-14)
    np.testing.assert_allclose(run.values("head/O").ravel(), outputs, rtol=1e-14)
    np.testing.assert_allclose(run.losses().ravel(), 0.5 * (np.array(Y) - outputs) ** 2, rtol=1e-13)


@pytest.mark.parametrize("loss", [1, 2, 3])
def test_every_term_of_the_recurrent_weight(run: Run, loss: int) -> None:
    """dL_t/dW_s = sum over k of  dL_t/dO_t  W_o  W_s^(t-k)  S_(k-1)."""
    s = states()
    for k in (1, 2, 3):
        expected = slopes()[loss - 1] * W_O * W_S ** (loss - k) * s[k - 1] if k <= loss else 0.0
        np.testing.assert_allclose(weight_term(run, "l0/W_s", loss - 1, k - 1), [[expected]], rtol=1e-13)


def test_terms_of_the_other_weights(run: Run) -> None:
    """W_x has the same chain with X_k at its end, W_o has none."""
    assert weight_terms(run, "l0/W_s").chained
    assert weight_terms(run, "l0/W_x").chained
    assert not weight_terms(run, "head/W_o").chained
    for t in range(3):
        np.testing.assert_allclose(weight_term(run, "head/W_o", t, t), [[slopes()[t] * states()[t + 1]]], rtol=1e-13)
        for k in range(t + 1):
            expected = slopes()[t] * W_O * W_S ** (t - k) * X[k]
            np.testing.assert_allclose(weight_term(run, "l0/W_x", t, k), [[expected]], rtol=1e-13)


def test_the_terms_add_up_and_everything_is_proved(run: Run) -> None:
    total = sum(weight_term(run, "l0/W_s", t, k) for t in range(3) for k in range(t + 1))
    np.testing.assert_allclose(run.gradient("l0/W_s"), total, rtol=1e-13)
    assert prove_all(run).agrees


def test_the_first_state_is_given_by_the_file() -> None:
    file = read_network_file("three_steps_by_hand")
    network = file.network(inputs=1, outputs=1)
    np.testing.assert_array_equal(file.initial(network, 2)["l0/S"], np.zeros((1, 2, 1)))
