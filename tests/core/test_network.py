"""Networks: names and paths, who reads whom, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from core.cell import load_cell
from core.errors import LanguageError, ShapeError
from core.gradients.proof.check import prove_all
from core.network import HEAD, LOSS, Network, build_network
from tests.core.gradients.problems import run_for
from tests.core.references import reference_head, reference_loss


@pytest.fixture
def stacked() -> Network:
    cells = [load_cell("lstm", inputs=3, units=4), load_cell("gru_simplified", inputs=4, units=2)]
    return build_network(cells, outputs=5)


def test_parameters_are_named_by_block_and_name(stacked: Network) -> None:
    shapes = stacked.parameter_shapes
    assert shapes["l0/W_f"] == (4, 3)
    assert shapes["l1/W_u"] == (2, 6)
    assert shapes["head/V"] == (5, 2)
    assert set(stacked.trainable) == set(shapes)
    assert list(dict.fromkeys(path.split("/")[0] for path in shapes)) == ["l0", "l1", HEAD]
    assert (stacked.inputs, stacked.outputs) == (3, 5)


def test_who_reads_whom(stacked: Network) -> None:
    assert [block.name for block in stacked.blocks] == ["l0", "l1", HEAD]
    assert stacked.read_by("l0", "x") == "input"
    assert stacked.read_by("l1", "x") == "l0/h"
    assert stacked.read_by(HEAD, "h") == "l1/c"  # this cell's output is not called h
    assert stacked.read_by(HEAD, "target") == "target"
    assert stacked.block("l1").output == "c"
    with pytest.raises(KeyError):
        stacked.block("l2")


@pytest.mark.parametrize(
    ("path", "known"),
    [("l0/c", True), ("l1/u", True), ("head/y", True), (f"head/{LOSS}", True), ("l1/f", False), ("l0/W_f", False),
     ("input", False), ("", False), ("l0", False), ("l2/h", False), ("l0/c/c", False)],
)  # fmt: skip
def test_which_paths_are_variables(stacked: Network, path: str, known: bool) -> None:
    assert stacked.has_variable(path) == known


def test_states_begin_at_zero(stacked: Network) -> None:
    states = stacked.initial_states(3)
    assert {path: rows.shape for path, rows in states.items()} == {
        "l0/h": (1, 3, 4), "l0/c": (1, 3, 4), "l1/c": (1, 3, 2),
    }  # fmt: skip
    assert not any(rows.any() for rows in states.values())


def test_a_seed_gives_the_same_parameters(stacked: Network) -> None:
    one, two, other = (stacked.initial_parameters(seed) for seed in (4, np.random.default_rng(4), 5))
    assert all(np.array_equal(one[path], two[path]) for path in one)
    assert not np.array_equal(one["l0/W_f"], other["l0/W_f"])


def test_checked_parameters_are_private_and_cannot_change(stacked: Network) -> None:
    given = stacked.initial_parameters(0)
    checked = stacked.check(given)
    given["l0/W_f"][0, 0] = 99.0
    assert checked["l0/W_f"][0, 0] != 99.0
    with pytest.raises(ValueError, match="read-only"):
        checked["l0/W_f"][0, 0] = 1.0
    assert np.shares_memory(stacked.check(checked)["l0/W_f"], checked["l0/W_f"])


def test_what_does_not_fit_is_said(stacked: Network) -> None:
    parameters = stacked.initial_parameters(0)
    with pytest.raises(ShapeError, match=r"block l1: the parameter b_u has shape \(3,\), expected \(2,\)"):
        stacked.check({**parameters, "l1/b_u": np.zeros(3)})
    with pytest.raises(ShapeError, match=r"block head: the parameter V .* is missing"):
        stacked.check({path: value for path, value in parameters.items() if path != "head/V"})
    with pytest.raises(ShapeError, match="4 units is read by one with 3 inputs"):
        build_network([load_cell("lstm", inputs=3, units=4), load_cell("lstm", inputs=3, units=4)])
    with pytest.raises(ShapeError, match="without a readout"):
        build_network(load_cell("lstm", inputs=3, units=4), head="direct", loss="squared", outputs=2)
    with pytest.raises(LanguageError):
        build_network(load_cell("lstm", inputs=3, units=4), loss="nonsense")


def test_without_a_loss_nothing_goes_back() -> None:
    network = build_network(load_cell("lstm", inputs=3, units=4), loss="")
    assert LOSS not in network.head.cell.definition.variables
    assert not network.head.path
    assert list(network.readout_equations()) == ["z", "y"]


@pytest.mark.parametrize(
    ("head", "loss"),
    [
        ("softmax", "cross-entropy"),
        ("softmax", "squared"),
        ("logistic", "cross-entropy"),
        ("logistic", "squared"),
        ("identity", "squared"),
        ("tanh", "squared"),
        ("relu", "squared"),
    ],
)
def test_readouts_and_losses_agree_with_their_references_and_their_gradients_with_measured_ones(
    head: str, loss: str
) -> None:
    run = run_for("gru", head=head, loss=loss)
    parameters = {path.removeprefix("head/"): value for path, value in run.problem.parameters.items()}
    for name, values in reference_head(head, parameters, run.values("l0/h")).items():
        np.testing.assert_allclose(run.values(f"head/{name}"), values, rtol=1e-12, atol=1e-14)
    expected = reference_loss(head, loss, run.values("head/y"), run.problem.targets)
    np.testing.assert_allclose(run.losses(), expected, rtol=1e-12)
    assert prove_all(run).agrees
