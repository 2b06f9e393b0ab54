"""Optimisers: agreement with PyTorch's stored numbers, purity, errors, formulas."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from core.errors import GatewalkError, ShapeError
from core.learning.optimisers import SGD, Adam, Momentum, Optimiser, describe, equation_latex, initial_state, update

STORED = Path(__file__).parents[2] / "data" / "learning" / "optimisers.npz"
CASES: dict[str, Optimiser] = {
    "sgd": SGD(0.1),
    "sgd_decay": SGD(0.1, weight_decay=0.05),
    "momentum": Momentum(0.05, 0.9),
    "nesterov": Momentum(0.05, 0.8, nesterov=True),
    "nesterov_decay": Momentum(0.05, 0.8, nesterov=True, weight_decay=0.05),
    "adam": Adam(0.01),
    "adam_decay": Adam(0.02, 0.8, 0.95, 1e-6, weight_decay=0.05),
}
# NUMERICS of the project: what is allowed against PyTorch in each precision.
TOLERANCES = {"float64": {"rtol": 1e-10, "atol": 1e-13}, "float32": {"rtol": 1e-4, "atol": 1e-5}}


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("case", CASES)
def test_six_updates_agree_with_pytorch(case: str, dtype: str) -> None:
    with np.load(STORED) as file:
        stored = dict(file)
    paths = ["l0/W", "l0/b"]
    parameters = {path: stored[f"start/{path}"].astype(dtype) for path in paths}
    state = initial_state(CASES[case], parameters)
    for step in range(6):
        rows = {path: stored[f"gradient/{path}"][step].astype(dtype) for path in paths}
        gradients = {path: row for path, row in rows.items() if not np.isnan(row).any()}
        parameters, state = update(CASES[case], parameters, gradients, state)
        for path in paths:
            assert parameters[path].dtype == dtype
            np.testing.assert_allclose(
                parameters[path], stored[f"{case}/{dtype}/{path}"][step], **TOLERANCES[dtype], err_msg=f"{path}, {step}"
            )


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_an_update_touches_nothing_it_was_given(settings: Optimiser) -> None:
    parameters = {"W": np.ones((2, 2)), "a": np.asarray(3.0), "fixed": np.ones(2)}
    gradients = {"W": np.full((2, 2), 0.5), "a": np.asarray(1.0)}
    state = initial_state(settings, parameters)
    new, moved = update(settings, parameters, gradients, state)
    assert new["fixed"] is parameters["fixed"]
    np.testing.assert_array_equal(parameters["W"], np.ones((2, 2)))
    np.testing.assert_array_equal(gradients["W"], np.full((2, 2), 0.5))
    assert all(not array.any() for array in state.values())
    assert list(new) == list(parameters)
    assert set(moved) == set(state)
    assert new["a"].shape == ()
    assert new["a"] < 3
    for array in (new["W"], new["a"], *moved.values()):
        assert isinstance(array, np.ndarray)
        assert not array.flags.writeable
    with pytest.raises(TypeError):
        moved["W"] = np.ones(1)  # type: ignore[index]


def test_no_gradients_change_nothing() -> None:
    parameters = {"W": np.ones(2)}
    state = initial_state(Adam(), parameters)
    new, moved = update(Adam(), parameters, {}, state)
    assert new == parameters
    assert dict(moved) == dict(state)


def test_overflow_shows_as_infinity_without_a_warning() -> None:
    parameters = {"W": np.asarray([1.0, 1.0], dtype=np.float32)}
    for settings in CASES.values():
        new, _ = update(settings, parameters, {"W": np.asarray([np.inf, np.nan])}, initial_state(settings, parameters))
        assert not np.isfinite(new["W"]).any()
    new, _ = update(SGD(1e30), parameters, {"W": np.asarray([-1e30, 0.0])}, {})
    np.testing.assert_array_equal(new["W"], [np.inf, 1])


def test_mistakes_are_named() -> None:
    parameters = {"W": np.ones((2, 3))}
    with pytest.raises(GatewalkError, match="'V'"):
        update(SGD(), parameters, {"V": np.ones(2)}, {})
    with pytest.raises(ShapeError, match=r"'W': got shape \(3,\), expected \(2, 3\)"):
        update(SGD(), parameters, {"W": np.ones(3)}, {})
    with pytest.raises(GatewalkError, match="velocity/W"):
        update(Momentum(), parameters, {"W": np.ones((2, 3))}, {})
    with pytest.raises(ShapeError, match="velocity/W"):
        update(Momentum(), parameters, {"W": np.ones((2, 3))}, {"velocity/W": np.ones(3)})


@pytest.mark.parametrize(
    "make",
    [
        lambda: SGD(-1.0),
        lambda: SGD(math.nan),
        lambda: SGD(0.1, weight_decay=math.inf),
        lambda: Momentum(0.1, 1.0),
        lambda: Adam(beta1=-0.1),
        lambda: Adam(beta2=1.0),
        lambda: Adam(epsilon=0.0),
    ],
)
def test_settings_out_of_range(make: object) -> None:
    with pytest.raises(GatewalkError, match=r"must be .*, got"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_settings_survive_json(settings: Optimiser) -> None:
    assert msgspec.json.decode(msgspec.json.encode(settings), type=Optimiser) == settings


# The typesetter's import warns about something of its own.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_formulas_can_be_typeset(settings: Optimiser) -> None:
    ziamath = pytest.importorskip("ziamath")
    lines = equation_latex(settings).split("\n")
    assert (r"\lambda" in lines[0]) == (settings.weight_decay > 0)
    assert lines[-1].startswith(r"\theta \leftarrow \theta - \eta")
    for line in lines:
        assert "<svg" in ziamath.Latex(line).svg()


def test_descriptions() -> None:
    assert describe(SGD(0.1)) == "Gradient descent, rate 0.1"
    assert describe(Momentum(0.1, 0.9)) == "Gradient descent with momentum 0.9, rate 0.1"
    assert describe(Momentum(0.1, nesterov=True)) == "Gradient descent with Nesterov momentum 0.9, rate 0.1"
    assert describe(Adam(weight_decay=0.01)) == "Adam, rate 0.001, beta1 0.9, beta2 0.999, weight decay 0.01"
