from __future__ import annotations

import pytest

from desktop.style.plain_maths import plain_text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"c_{t} = f_{t} \odot c_{t-1} + i_{t} \odot g_{t}", "cₜ = fₜ ⊙ cₜ₋₁ + iₜ ⊙ gₜ"),
        (r"\href{l0/c}{c_{t-1}}", "cₜ₋₁"),
        (r"\href{a}{\frac{\href{b}{x}}{y+1}}", "x/(y+1)"),
        (r"\delta c_t", "δcₜ"),
        (r"\sigma\!\left(W_{f} x_{t} + b_{f}\right)", "σ(W_f xₜ + b_f)"),
        (r"W_{f}^{\top}\, \operatorname{softmax}(x)", "W_fᵀ softmax(x)"),
        (r"1 - \tanh^{2}(c_{t})", "1 − tanh²(cₜ)"),
        (r"0.214 \cdot 0.93", "0.214 · 0.93"),
        (r"\sqrt{a + b} \times 10^{-4}", "√(a + b) × 10⁻⁴"),
        (r"\unknown x", "unknownx"),
        (r"a_{", "a"),
        ("", ""),
        ("}{", ""),
    ],
)
def test_formulas_in_plain_text(latex: str, text: str) -> None:
    assert plain_text(latex) == text
