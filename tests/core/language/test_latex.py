"""Typeset formulas: snapshots of the LSTM forward and backward, notation of the rest, and that everything typesets."""

from __future__ import annotations

import pytest

from core.language import CellDefinition, backward_of, parse_cell, read_cell, with_loss
from core.language.latex import Notation, latex_of, name_latex, number_latex, numbers_latex, with_time
from core.operators import OPERATORS
from core.operators.expression import VARIABLE, apply, leaf
from core.resources import resource_path
from tests.core.operators.test_derivatives import argument_shapes, attributes_of, gradients, leaves_for

CELLS = sorted(path.stem for path in resource_path("cells").glob("*.toml"))

LSTM_FORWARD = {
    "f": r"\sigma\left(W_{f} \, x_{t} + U_{f} \, h_{t-1} + b_{f}\right)",
    "i": r"\sigma\left(W_{i} \, x_{t} + U_{i} \, h_{t-1} + b_{i}\right)",
    "g": r"\tanh\left(W_{g} \, x_{t} + U_{g} \, h_{t-1} + b_{g}\right)",
    "c": r"f_{t} \odot c_{t-1} + i_{t} \odot g_{t}",
    "o": r"\sigma\left(W_{o} \, x_{t} + U_{o} \, h_{t-1} + b_{o}\right)",
    "h": r"o_{t} \odot \tanh\left(c_{t}\right)",
}

LSTM_BACKWARD = {
    ("h", "o", 0): r"\delta h_{t} \odot \tanh\left(c_{t}\right)",
    ("h", "c", 0): r"\delta h_{t} \odot o_{t} \odot \left(1 - \tanh^{2}\left(c_{t}\right)\right)",
    ("o", "b_o", 0): r"\delta o_{t} \odot o_{t} \odot \left(1 - o_{t}\right)",
    ("o", "h", 1): r"U_{o}^{\top} \, \left(\delta o_{t} \odot o_{t} \odot \left(1 - o_{t}\right)\right)",
    ("o", "x", 0): r"W_{o}^{\top} \, \left(\delta o_{t} \odot o_{t} \odot \left(1 - o_{t}\right)\right)",
    ("o", "U_o", 0): r"\left(\delta o_{t} \odot o_{t} \odot \left(1 - o_{t}\right)\right) \, h_{t-1}^{\top}",
    ("c", "f", 0): r"\delta c_{t} \odot c_{t-1}",
    ("c", "c", 1): r"\delta c_{t} \odot f_{t}",
    ("c", "i", 0): r"\delta c_{t} \odot g_{t}",
    ("c", "g", 0): r"\delta c_{t} \odot i_{t}",
    ("g", "b_g", 0): r"\delta g_{t} \odot \left(1 - g_{t}^{2}\right)",
}


def backward_formulas(definition: CellDefinition) -> dict[tuple[str, str, int], str]:
    return {
        (contribution.reader, contribution.target.name, contribution.target.delay): latex_of(contribution.expression)
        for equation in definition.equations
        for contribution in backward_of(equation).contributions
    }


def test_the_lstm_forward() -> None:
    definition = read_cell("lstm")
    assert {equation.name: latex_of(equation.expression) for equation in definition.equations} == LSTM_FORWARD


def test_the_lstm_backward() -> None:
    found = backward_formulas(read_cell("lstm"))
    assert {key: found[key] for key in LSTM_BACKWARD} == LSTM_BACKWARD


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h = 1 - x - (x - b)", r"1 - x_{t} - \left(x_{t} - b\right)"),
        ("h = x + -b", r"x_{t} - b"),
        ("h = x * -b", r"x_{t} \odot \left(-b\right)"),
        ("h = x * 2", r"2 \, x_{t}"),
        ("h = (x + b) * (x + b)", r"\left(x_{t} + b\right) \odot \left(x_{t} + b\right)"),
        ("h = h[-1] * h[-1]", r"h_{t-1}^{2}"),
        ("h = x ** 3 / b", r"\frac{x_{t}^{3}}{b}"),
        ("h = x * sum(x)", r"\left(\sum x_{t}\right) \, x_{t}"),
        ("h = x * b * (A @ x)", r"x_{t} \odot b \odot \left(A \, x_{t}\right)"),
        ("h = W @ [h[-1], x]", r"W \, \left[h_{t-1};\, x_{t}\right]"),
        ("h = A @ x[0:2]", r"A \, {x_{t}}_{[0:2]}"),
        ("h = transpose(A) @ (x * b)", r"A^{\top} \, \left(x_{t} \odot b\right)"),
        ("h = where(t % 2 == 0, x, b)", r"\mathrm{if}\left(t \,\mathrm{mod}\, 2 = 0;\, x_{t};\, b\right)"),
        ("h = relu(x) * step(x - b)", r"\mathrm{ReLU}\left(x_{t}\right) \odot \mathbf{1}_{x_{t} > b}"),
        ("h = leaky_relu(x)", r"\mathrm{LReLU}_{0.01}\left(x_{t}\right)"),
        ("h = layer_norm(x)", r"\mathrm{LN}\left(x_{t}\right)"),
        ("h = identity(x)", r"x_{t}"),
    ],
)
def test_notation(text: str, expected: str) -> None:
    (equation,) = parse_cell(f'equations = "{text}"\n[variables]\nh = "inputs"').equations
    assert latex_of(equation.expression) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("h", "h"),
        ("W_f", "W_{f}"),
        ("b_hn", r"b_{\mathrm{hn}}"),
        ("h_tilde", r"\tilde{h}"),
        ("alpha", r"\alpha"),
        ("x_alpha_2", r"x_{\alpha,2}"),
        ("target", r"\mathrm{target}"),
        ("h2", "h_{2}"),
        ("h2_hat", r"\hat{h}_{2}"),
        ("W__f", "W_{f}"),
        ("a_", "a"),
    ],
)
def test_names(name: str, expected: str) -> None:
    assert name_latex(name) == expected


def test_times_and_marks() -> None:
    assert with_time(name_latex("c"), -1) == "c_{t-1}"
    assert with_time(name_latex("h_1"), 0) == "h_{1,t}"
    h = leaf(VARIABLE, "h", (), delay=1)
    assert latex_of(h, Notation(lambda name: f"l0/{name}", shift=1)) == r"\href{l0/h}{h_{t}}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0314159, "0.0314"), (2.0, "2"), (1.2e-8, r"1.2 \times 10^{-8}"), (float("inf"), r"\infty"), (-3.0, "-3")],
)
def test_numbers(value: float, expected: str) -> None:
    assert number_latex(value) == expected


def test_equations_with_numbers() -> None:
    definition = read_cell("lstm")
    numbers = {"f": 0.5, "i": -0.25, "g": 2.0, "c": 4.0}
    found = numbers_latex(definition.equation("c").expression, lambda node: numbers.get(node.name))
    assert found == r"0.5 \cdot 4 + \left(-0.25\right) \cdot 2"


def all_formulas() -> list[str]:
    definitions = [read_cell(name) for name in CELLS]
    for head, losses in (("softmax", ("cross-entropy", "squared")), ("logistic", ("cross-entropy", "squared"))):
        definitions += [with_loss(read_cell(head, "heads"), loss) for loss in losses]
    definitions += [with_loss(read_cell(head, "heads"), "squared") for head in ("identity", "direct")]
    formulas = []
    for definition in definitions:
        formulas += [latex_of(equation.expression) for equation in definition.equations]
        formulas += backward_formulas(definition).values()
    return list(dict.fromkeys(formulas))


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_and_its_rule_typeset(name: str) -> None:
    ziamath = pytest.importorskip("ziamath")
    args = leaves_for(argument_shapes(name))
    result = apply(name, *args, attributes=attributes_of(name))
    rules = [rule for rule in gradients(result, leaf(VARIABLE, "g", result.shape)) if rule is not None]
    for expression in (result, *rules):
        latex = latex_of(expression)
        assert "{0}" not in latex
        assert latex.count("{") == latex.count("}")
        assert ziamath.Latex(latex).svg().startswith("<svg"), latex
