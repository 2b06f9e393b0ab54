"""Typeset formulas of expressions, in LaTeX, derived from the operator table's notation.

References are marked ``\\href{path}{...}`` where ``path_of`` gives a path, so that a drawing can make them clickable.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.operators import OPERATORS, Expression
from core.operators.expression import ADJOINT, INBOX, INPUT, NUMBER, PARAMETER, TIME, VARIABLE
from core.operators.operator import ATOM, PREFIX, PRODUCT, SUM

_GREEK = set(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega"
    " Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split()
)
_ACCENTS = {"tilde": "tilde", "hat": "hat", "bar": "bar"}

Text = tuple[str, int]  # LaTeX and how tightly it binds


def number_latex(value: float) -> str:
    """A number with the digits that mean something: 0.031, 1.9, 1.2 times 10 to the -8."""
    if value != value or value in (float("inf"), float("-inf")):
        return r"\mathrm{nan}" if value != value else (r"\infty" if value > 0 else r"-\infty")
    text = f"{value:.3g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return rf"{mantissa} \times 10^{{{int(exponent)}}}"
    return text


def name_latex(name: str) -> str:
    """A name as mathematicians write it: W_f, h_tilde with its accent, Greek letters."""
    head, *rest = name.split("_")
    base = "\\" + head if head in _GREEK else (head if len(head) == 1 else rf"\mathrm{{{head}}}")
    while rest and rest[0] in _ACCENTS:
        base = rf"\{_ACCENTS[rest.pop(0)]}{{{base}}}"
    if not rest:
        return base
    subscripts = ",".join("\\" + part if part in _GREEK else part for part in rest)
    return rf"{base}_{{{subscripts}}}"


@dataclass(frozen=True)
class Notation:
    """How leaves are written. ``path_of`` gives the path of a name for marking, or "" for no mark."""

    path_of: Callable[[str], str] = lambda name: ""
    shift: int = 0  # 1 writes everything one step later, as in a term that comes from t + 1

    def leaf(self, node: Expression) -> Text:
        """A leaf in LaTeX."""
        if node.operator == NUMBER:
            return number_latex(node.value), SUM if node.value < 0 else ATOM
        if node.operator == TIME:
            return "t", ATOM
        latex = name_latex(node.name)
        if node.operator != PARAMETER:
            latex = with_time(latex, self.shift - node.delay)
        if node.operator == ADJOINT:
            latex = rf"\delta {latex}"
        if node.operator == INBOX:
            latex = rf"\delta {latex}^{{+}}"
        path = self.path_of(node.name)
        marked = rf"\href{{{path}}}{{{latex}}}" if path else latex
        return marked, PREFIX if node.operator == ADJOINT else ATOM


def with_time(latex: str, offset: int) -> str:
    """The name with its time index: c becomes c_{t-1}; a subscript that is there already stays in front."""
    time = f"t{offset:+d}" if offset else "t"
    found = re.fullmatch(r"(.*)_\{(.*)\}", latex)
    return rf"{found[1]}_{{{found[2]},{time}}}" if found else rf"{latex}_{{{time}}}"


def latex_of(expression: Expression, notation: Notation | None = None) -> str:
    """The expression in symbols."""
    style = notation or Notation()
    return _write(expression, style.leaf)[0]


def numbers_latex(expression: Expression, number_of: Callable[[Expression], float | None]) -> str:
    """The expression with numbers in it: each part that ``number_of`` knows is written as its number."""

    def leaf(node: Expression) -> Text:
        value = number_of(node)
        return (number_latex(value), SUM if value < 0 else ATOM) if value is not None else Notation().leaf(node)

    return _write(expression, leaf, stop=lambda node: node.operator in _WHOLE and number_of(node) is not None)[0]


_WHOLE = {"matmul", "outer", "sum", "mean", "concat", "part", "slice", "pad", "softmax", "layer_norm", "count", "spread",
          "softmax_cross_entropy", "logistic_cross_entropy"}  # fmt: skip  # not element by element


def _write(
    node: Expression, leaf: Callable[[Expression], Text], stop: Callable[[Expression], bool] | None = None
) -> Text:
    if node.is_leaf or (stop and stop(node)):
        return leaf(node)
    operator = OPERATORS[node.operator]
    written = [_write(arg, leaf, stop) for arg in node.args]
    shown = [_wrap(text, need) for text, need in zip(written, (*operator.needs, *([0] * len(written))), strict=False)]
    if node.operator == "mul":
        return _product(node, shown), PRODUCT
    if node.operator == "concat":
        return r"\left[" + r";\, ".join(shown) + r"\right]", ATOM
    attributes = dict(zip("ab", (number_latex(value) for value in node.attributes), strict=False))
    piece = ""
    if node.operator == "part":
        piece = written[1 + int(node.attributes[0])][0]
    return operator.latex.format(*shown, **attributes, piece=piece), operator.binds


def _product(node: Expression, shown: list[str]) -> str:
    """Scalars stand in front of a vector without a sign, numbers are joined by a dot, vectors by the circled dot."""
    first, second = node.args
    if first is second:
        return rf"{shown[0]}^{{2}}" if first.is_leaf else rf"\left({shown[0]}\right)^{{2}}"
    if first.shape and second.shape:
        sign = r" \odot "
    else:
        sign = r" \cdot " if first.operator == NUMBER and second.operator == NUMBER else r" \, "
    return shown[0] + sign + shown[1]


def _wrap(text: Text, need: int) -> str:
    return text[0] if text[1] >= need else rf"\left({text[0]}\right)"
