"""The plain references are themselves right: they agree with PyTorch, and name what the cell files name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from core.resources import resource_path
from tests.core.references import (
    STEPS,
    reference_parameters,
    reference_shapes,
    reference_states,
    reference_step,
    reference_walk,
)
from tests.core.references_over_time import WALKS

RECORDED = sorted((Path(__file__).parents[1] / "data" / "pytorch").glob("*.npz"))
LETTERS = {"lstm": "ifgo", "gru": "rzn"}  # PyTorch's order of the gates


def from_pytorch(kind: str, recorded: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """PyTorch's parameters under the names of the cell file; biases summed, but for the GRU's b_hn."""
    b_ih, b_hh = recorded["bias_ih"], recorded["bias_hh"]
    if kind not in LETTERS:
        return {"W": recorded["weight_ih"], "U": recorded["weight_hh"], "b": b_ih + b_hh}
    units = recorded["weight_hh"].shape[1]
    parameters = {}
    for k, letter in enumerate(LETTERS[kind]):
        rows = slice(k * units, (k + 1) * units)
        parameters[f"W_{letter}"] = recorded["weight_ih"][rows]
        parameters[f"U_{letter}"] = recorded["weight_hh"][rows]
        parameters[f"b_{letter}"] = b_ih[rows] + b_hh[rows]
    if kind == "gru":
        parameters |= {"b_n": b_ih[rows], "b_hn": b_hh[rows]}
    return parameters


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_reference_agrees_with_pytorch(path: Path) -> None:
    kind = path.stem.split("-")[0]
    with np.load(path) as file:
        recorded = dict(file)
    state = {name: recorded[f"{name}0"] for name in reference_states(kind)}
    walked = reference_walk(kind, from_pytorch(kind, recorded), state, recorded["x"])
    for name in state:
        np.testing.assert_allclose(walked[name], recorded[name], rtol=1e-10, atol=1e-13)


def test_all_kinds_were_recorded() -> None:
    assert {path.stem for path in RECORDED} == {
        f"{kind}-{length}-{at}"
        for kind in ("lstm", "gru", "rnn_tanh", "rnn_relu")
        for length in (1, 5, 12)
        for at in ("all", "last")
    }


def test_every_cell_file_has_a_reference() -> None:
    beside = {"lstm_projected"}  # its state is not as wide as its units: test_pytorch_networks compares it with PyTorch
    assert {path.stem for path in resource_path("cells").glob("*.toml")} == {*STEPS, *beside, *WALKS}


@pytest.mark.parametrize("name", STEPS)
def test_reference_names_what_the_cell_file_names(name: str) -> None:
    cell = tomllib.loads(resource_path("cells", f"{name}.toml").read_text(encoding="utf-8"))
    assigned = [line.split("=")[0].strip() for line in cell["equations"].strip().splitlines()]
    generator = np.random.default_rng(1)
    parameters = reference_parameters(name, 2, 3, generator)
    state = {key: generator.normal(size=(4, 3)) for key in reference_states(name)}
    variables = reference_step(name, parameters, state, generator.normal(size=(4, 2)))
    assert set(variables) == set(assigned) == set(cell["roles"])
    assert all(value.shape == (4, 3) for value in variables.values())
    assert all(parameter in cell["equations"] for parameter in reference_shapes(name, 2, 3))


@pytest.mark.parametrize(
    ("keeps", "takes"), [("gru", "gru_reset_after_takes_new"), ("gru_reset_before", "gru_takes_new")]
)
def test_the_two_conventions_of_the_update_gate_are_one_model(keeps: str, takes: str) -> None:
    generator = np.random.default_rng(2)
    parameters = reference_parameters(keeps, 2, 3, generator)
    negated = {key: -value if key.endswith("_z") else value for key, value in parameters.items()}
    state, x = {"h": generator.normal(size=3)}, generator.normal(size=2)
    one, other = (reference_step(name, p, state, x) for name, p in ((keeps, parameters), (takes, negated)))
    np.testing.assert_allclose(one["h"], other["h"], rtol=1e-13)
