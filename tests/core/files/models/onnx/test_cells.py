"""Cells that are written from a node's attributes: their text, and that every one of them can be read."""

from __future__ import annotations

from itertools import product

import pytest

from core.files.models.onnx.cells import CellForm, activations_of
from core.files.models.onnx.values import NotUnderstood
from core.language import parse_cell
from tests.data.onnx_node_cases import OPTIONS, with_activations

LSTM = ("sigmoid({})", "tanh({})", "tanh({})")
GRU = ("sigmoid({})", "tanh({})")


def test_a_cell_says_everything_in_its_equations():
    form = CellForm("LSTM", ("hard_sigmoid({}, alpha=0.2, beta=0.5)", "elu({}, alpha=0.7)", "softsign({})"), 3.0,
                    bias=True, peepholes=True, coupled=True)  # fmt: skip
    assert [equation.text for equation in form.definition().equations] == [
        "i = hard_sigmoid(clip(W_i @ x + U_i @ h[-1] + p_i * c[-1] + b_i, low=-3.0, high=3.0), alpha=0.2, beta=0.5)",
        "f = 1 - i",
        "g = elu(clip(W_g @ x + U_g @ h[-1] + b_g, low=-3.0, high=3.0), alpha=0.7)",
        "c = f * c[-1] + i * g",
        "o = hard_sigmoid(clip(W_o @ x + U_o @ h[-1] + p_o * c + b_o, low=-3.0, high=3.0), alpha=0.2, beta=0.5)",
        "h = o * softsign(c)",
    ]


@pytest.mark.parametrize("operator", ["RNN", "GRU", "LSTM"])
def test_every_form_is_a_cell_that_is_what_its_text_says(operator: str):
    """A shipped cell has the very equations that would have been written."""
    functions = {"RNN": [("tanh({})",), ("relu({})",)], "GRU": [GRU], "LSTM": [LSTM]}[operator]
    for activations, clip, *flags in product(functions, (0.0, 0.5), *[(False, True)] * 4):
        form = CellForm(operator, activations, clip, *flags)
        written = parse_cell(form.text())
        assert [e.text for e in form.definition().equations] == [e.text for e in written.equations]
        assert dict(written.roles)["h"] == "hidden state"


@pytest.mark.parametrize("name", OPTIONS)
def test_every_activation_has_its_function(name: str):
    options = with_activations(name)
    found = activations_of(
        "RNN", [name.upper()], options.get("activation_alpha", []), options.get("activation_beta", [])
    )
    numbers = dict(zip(("alpha", "beta"), OPTIONS[name], strict=False))
    assert found[0].partition("(")[2] == "{}" + "".join(f", {o}={v!r}" for o, v in numbers.items()) + ")"


def test_alphas_and_betas_are_used_up_in_order_by_those_that_take_them():
    names = ["HardSigmoid", "Tanh", "Elu", "Affine", "LeakyRelu", "Sigmoid"]
    assert activations_of("LSTM", names, [1.0, 2.0, 3.0], [5.0, 6.0, 7.0]) == (
        "hard_sigmoid({}, alpha=1.0, beta=5.0)",
        "tanh({})",
        "elu({}, alpha=2.0)",
        "affine({}, alpha=3.0, beta=6.0)",
        "leaky_relu({}, alpha=0.01)",
        "sigmoid({})",
    )


@pytest.mark.parametrize("name", ["Affine", "ScaledTanh", "Gelu"])
def test_what_onnx_does_not_say_is_not_made_up(name: str):
    with pytest.raises(NotUnderstood):
        activations_of("RNN", [name], [], [])
