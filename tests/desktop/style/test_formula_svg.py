from __future__ import annotations

import pytest

from core.language import backward_of, read_cell
from core.language.latex import latex_of
from desktop.style.formula_svg import REFERENCE_PX, Box, Mark, mark_fill, measured, recoloured, split_marks, typeset
from tests.core.language.test_latex import all_formulas

# Two glyphs of mark 0, one of mark 1 inside it, and a rule without a mark.
SVG = (
    '<svg viewBox="-1 -20 50 30"><path d="M 1 -5 L 3 -9 Z " fill="#000001" />'
    '<path d="M 5 2 Q 6 3 8 -1 Z " fill="#000002" /><rect x="0" y="4" width="9" height="1" fill="black" /></svg>'
)
LATEX = r"\href{l0/c}{c_{\href{t}{t-1}}} + 1"


def test_marks_are_found_with_nested_braces() -> None:
    text, marks = split_marks(LATEX)
    assert text == r"\textcolor{#000001}{c_{\textcolor{#000002}{t-1}}} + 1"
    assert marks == (Mark("l0/c", -1), Mark("t", 0))


def test_escaped_braces_do_not_count() -> None:
    assert split_marks(r"\href{a}{\{x\}} y")[0] == r"\textcolor{#000001}{\{x\}} y"


@pytest.mark.parametrize("latex", [r"\href{a}", r"\href", r"\href{a}{b", r"\href a"])
def test_a_mark_that_is_cut_off_is_an_error(latex: str) -> None:
    with pytest.raises(ValueError, match="character"):
        split_marks(latex)


def test_a_mark_is_as_large_as_what_it_holds() -> None:
    formula = measured(LATEX, SVG)
    assert formula.view == Box(-1, -20, 49, 10)
    assert formula.boxes == (Box(1, -9, 8, 3), Box(5, -1, 8, 3))


def test_colours_of_marks_reach_the_marks_inside() -> None:
    formula = measured(LATEX, SVG)
    plain = recoloured(formula, "#111111", {})
    assert plain.count('"#111111"') == 3
    both = recoloured(formula, "#111111", {"l0/c": "#222222"})
    assert both.count('"#222222"') == 2
    inner = recoloured(formula, "#111111", {"t": "#333333"})
    assert inner.count('"#333333"') == 1
    assert mark_fill(0) not in plain + both + inner


@pytest.mark.parametrize("svg", ["", "<svg></svg>", SVG[:60]])
def test_damaged_text_is_refused(svg: str) -> None:
    with pytest.raises(ValueError, match="extent"):
        measured(LATEX, svg)


SPACED = r"\href{l0/h}{\delta h_{t}} = \href{head/V}{V}^{\top} \, \href{head/z}{\delta z_{t}} + {x_{t}}_{[0:2]}"
SCRIPTS = (
    r"\mathbf{1}_{x_{t} > b} + \left(1 - \href{l0/g}{g_{t+1}}^{2}\right) + {\href{a}{-}} \href{b}{\sum} x^{{y^{z}}}_{i}"
)
typesetting = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")


def formulas_of(cell: str) -> list[str]:
    equations = read_cell(cell).equations
    forward = [latex_of(equation.expression) for equation in equations]
    return forward + [latex_of(part.expression) for one in equations for part in backward_of(one).contributions]


@typesetting
@pytest.mark.parametrize("latex", [SPACED, SCRIPTS, r"\frac{{x_{t}}^{3}}{\sqrt{b}}", "x", *formulas_of("gru")])
def test_nothing_looks_different_for_being_laid_out_sooner(latex: str) -> None:
    """Rows within rows are taken out before the typesetter goes through them."""
    import ziamath

    without_own_spaces = latex.replace(r"\odot", "+")
    plain = split_marks(without_own_spaces)[0]
    assert typeset(without_own_spaces) == ziamath.Latex(plain, size=REFERENCE_PX).svg()


@typesetting
def test_all_formulas_of_cells_and_readouts_typeset() -> None:
    for formula in all_formulas():
        assert typeset(formula).startswith("<svg"), formula
